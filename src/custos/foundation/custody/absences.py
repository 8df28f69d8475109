"""Absences a person may have, and what each takes: rules as data.

`kind()` gives one by its code; taking somebody out in order to interrogate is none, and says why.
"""

from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.custody.engine import Ground, Titles
from custos.foundation.custody.words import in_words
from custos.foundation.errors import Malformed, NotAllowed

RULES = Path(__file__).parent / "rules" / "absences.yaml"


class AbsenceKind(Ground):
    """One sort of absence; the id is its code.

    `document`: what has to be shown at the gate, named by its number. `same_day`: who leaves comes
    back on the day. `overdue_after_minutes`: how long after the planned return somebody is missed.
    """

    document: Titles | None = None
    same_day: bool = False
    overdue_after_minutes: int = 30


class RuleFile(BaseModel):
    """The sorts of absence; those with effect `block` exist to be refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    kinds: tuple[AbsenceKind, ...]


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(rulefiles.read(RULES))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()


def offered() -> list[AbsenceKind]:
    """The sorts that can be planned."""
    return [kind for kind in rules().kinds if kind.effect != "block"]


def kind(code: str) -> AbsenceKind:
    """A sort of absence by its code.

    Raises `NotAllowed` for one that law forbids (taking out in order to interrogate: 人民检察院刑事诉讼规则
    第186条、第658条), `Malformed` for none.
    """
    found = next((one for one in rules().kinds if one.id == code), None)
    if found is None:
        raise Malformed("absence.kind", _("There is no such sort of absence."), field="kind")
    if found.effect == "block":
        raise NotAllowed(
            f"absence.{found.id}",
            _("%(rule)s (%(source)s)."),
            field="kind",
            rule=in_words(found.title),
            source=in_words(found.source),
        )
    return found
