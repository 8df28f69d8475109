"""What is said about clocks, who has a case at which stage, and what the first paper of a stay is: data."""

from collections.abc import Mapping
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import get_language
from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.limits import law as laws

RULES = Path(__file__).parent / "rules"


def english() -> bool:
    """Whether the reader's language is English."""
    return (get_language() or "").startswith("en")


class Title(BaseModel):
    """Words in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if english() else self.zh


class After(BaseModel):
    """How long nothing is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: int


class WarningRule(BaseModel):
    """One warning: by which entry it is said, whom it is for, and what ends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    windows: tuple[str, ...]
    kind: str
    title: Title
    todo: Title
    notice: str | None = None
    to: tuple[str, ...]
    ends_by: tuple[Literal["basis", "document", "release", "answer"], ...]
    #: Weaker warnings about the same limit, whose place this one takes.
    replaces: tuple[str, ...] = ()
    #: Whether a paper that was entered only after the end leaves it open until a leader has answered.
    late_paper_asks: bool = False
    after: After | None = None
    source: str
    confidence: Literal["V", "E", "M", "P"]
    valid_from: date
    valid_to: date | None = None
    effect: Literal["warn", "record"]

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class WarningFile(BaseModel):
    """The warnings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    warnings: tuple[WarningRule, ...]

    @cached_property
    def by_id(self) -> dict[str, WarningRule]:
        """The rules by their names."""
        return {rule.id: rule for rule in self.warnings}

    @cached_property
    def by_window(self) -> dict[str, WarningRule]:
        """The rules by the windows that bring them about."""
        return {name: rule for rule in self.warnings for name in rule.windows}

    def named(self, name: str) -> WarningRule:
        """The rule of a warning. Raises `KeyError` for one that the file doesn't know."""
        return self.by_id[name]

    def without(self, *names: str) -> "WarningFile":
        """The same warnings with some switched off."""
        kept = tuple(one for one in self.warnings if one.id not in names)
        return WarningFile(version=self.version, warnings=kept)


class Authority(Title):
    """An authority, and the stages in which it has the case."""

    states: tuple[str, ...]


class FirstPaper(BaseModel):
    """What the document of an admission is as a fact: fields of the fact by answers of the admission."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    at: str
    document: str | None = None
    until: str | None = None
    decided_on: str | None = None
    days_to: str | None = None


class AuthorityFile(BaseModel):
    """Authorities and first papers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    authorities: Mapping[str, Authority]
    first_papers: Mapping[str, FirstPaper]


def load() -> tuple[WarningFile, AuthorityFile]:
    """Read the rules. Raises pydantic's `ValidationError`, or `ValueError` for what isn't there."""
    warnings = checked(WarningFile.model_validate(_file("warnings")))
    known = {one.rule.id for one in laws.shipped().held}
    if strange := {name for rule in warnings.warnings for name in rule.windows} - known:
        raise ValueError(f"no such rule among the windows: {sorted(strange)}")
    return warnings, AuthorityFile.model_validate(_file("authorities"))


def checked(file: WarningFile) -> WarningFile:
    """The same, whose warnings replace none that it doesn't have. Raises `ValueError` for one that does."""
    named = {name for rule in file.warnings for name in rule.replaces}
    if strange := named - set(file.by_id):
        raise ValueError(f"no such warning to be replaced: {sorted(strange)}")
    return file


def _file(name: str) -> Any:
    return rulefiles.read(RULES / f"{name}.yaml")


@cache
def _read() -> tuple[WarningFile, AuthorityFile]:
    return load()


def rules() -> WarningFile:
    """The warnings as shipped, read once."""
    return _read()[0]


def authorities() -> Mapping[str, Authority]:
    """The authorities as shipped, by code."""
    return _read()[1].authorities


def first_paper_of(basis: str) -> FirstPaper | None:
    """What the document of an admission is as a fact, by its Chinese title; None where nobody knows."""
    return _read()[1].first_papers.get(basis)


@cache
def _authority_by_state() -> dict[str, str]:
    return {state: code for code, one in authorities().items() for state in one.states}


def authority_of(state: str) -> str:
    """The code of who has the case in a stage; empty for a stage that nobody knows."""
    return _authority_by_state().get(state, "")
