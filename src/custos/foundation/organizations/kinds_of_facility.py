"""Kinds of facility: data of `rules/kinds.yaml`, checked when it is read."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.errors import Malformed

RULES = Path(__file__).parent / "rules" / "kinds.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(_Strict):
    """A title in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


class FacilityKind(_Strict):
    """A kind of facility and its regime."""

    code: str
    title: Title
    scope: Literal["in", "receiving", "out"]
    custody: bool
    holds: str
    decided_by: str
    source: str
    confidence: Literal["V", "V/E", "E", "M", "P"]


class Abolished(_Strict):
    """A kind that law has abolished: never offered, and refused by name."""

    title: Title
    since: date
    source: str
    confidence: Literal["V", "E", "M", "P"]


class KindsFile(_Strict):
    """The file of kinds."""

    version: int
    kinds: tuple[FacilityKind, ...]
    abolished: tuple[Abolished, ...]


def load() -> KindsFile:
    """Read the kinds as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return KindsFile.model_validate(rulefiles.read(RULES))


@cache
def read() -> KindsFile:
    """The kinds as shipped, read once."""
    return load()


def offered() -> list[FacilityKind]:
    """The kinds that a facility of Custos can be."""
    return [kind for kind in read().kinds if kind.scope == "in"]


def require(code: str) -> FacilityKind:
    """The kind of a code or Chinese name. Raises `Malformed` for one abolished, out of scope or unknown."""
    for gone in read().abolished:
        if code in (gone.title.zh, gone.title.en):
            raise Malformed(
                "organization.kind_abolished",
                _("%(kind)s was abolished on %(since)s (%(source)s)."),
                field="kind",
                mend=_("Choose a kind of facility that exists in law."),
                kind=gone.title,
                since=gone.since.isoformat(),
                source=gone.source,
            )
    for kind in offered():
        if code in (kind.code, kind.title.zh):
            return kind
    raise Malformed(
        "organization.kind_unknown",
        _("There is no kind of facility %(kind)s here."),
        field="kind",
        mend=_("Choose one of: %(known)s."),
        kind=code,
        known="、".join(str(kind.title) for kind in offered()),
    )
