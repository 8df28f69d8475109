"""The law as data: every rule of `rules/`, read, checked, and laid out for the engine.

A `Law` is immutable. `law.rule(id, day)` is the version in force on a day, or None; what is not in force
has no effect. `law.without(id)` is the same law with a rule switched off.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from custos.foundation import rulefiles

RULES = Path(__file__).parent / "rules"

_ARTICLE = re.compile(r"第(\d+)条")


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Words(_Plain):
    """A text in both languages."""

    zh: str
    en: str


class Length(_Plain):
    """A length of time in the units of the law: months first, then days, then hours."""

    months: int = 0
    days: int = 0
    hours: int = 0


class Rule(_Plain):
    """What every rule says of itself; `topics` are the subjects of the reference that it answers.

    `dated` is the confidence of `valid_from` where it isn't that of the rule: M for a text whose own words
    are known while the day on which it came into force is remembered only.
    """

    id: str
    topics: tuple[str, ...]
    title: Words
    source: str
    valid_from: date
    valid_to: date | None = None
    dated: Literal["E", "M"] | None = None
    confidence: Literal["V", "E", "M", "P"]
    effect: Literal["block", "warn", "record"]

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Reading(Rule):
    """How dates are counted."""

    reading: (
        Literal["days", "hours", "months", "chained", "term", "intake", "decision", "paper"]
        | Literal["inclusive"]
        | None
    ) = None


class Range(_Plain):
    """Days that a decision may impose."""

    most: int
    combined: int | None = None
    witness: int | None = None


class StageRule(Rule):
    """A stage of custody and how long it lasts; `limit` is None where the law names no length."""

    state: str
    limit: Length | None
    complex: Length | None = None
    range: Range | None = None
    times: int | None = None
    readings: tuple[str, ...]
    pauses: tuple[str, ...]
    custody: bool


class ExtensionRule(Rule):
    """A step by which a stage may be lengthened."""

    states: tuple[str, ...]
    opens: str | None = None
    needs: str | None = None
    most: Length | None = None
    total: Length | None = None
    taken: Length | None = Field(default=None, alias="from")
    beside: bool = False
    grounds: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    repeats: bool = False


class ClockRule(Rule):
    """What stops a clock, begins it anew or ends custody.

    `own_approvers` are those of the procuratorate's own cases.
    """

    limit: Length | None = None
    approved_within: Length | None = None
    approvers: tuple[str, ...] = ()
    own_approvers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()


class TotalRule(Rule):
    """The longest that a span of stages can lawfully last."""

    states: tuple[str, ...]
    most: Length


class Credit(_Plain):
    """Days taken off for days held: [days off, for days held]."""

    field: str
    control: tuple[int, int]
    others: tuple[int, int]


class SentenceRule(Rule):
    """What is taken off a sentence, how long it may be, who serves where."""

    credit: Credit | None = None
    months: dict[str, tuple[int, int, int]] = {}
    left: Length | None = None
    approvers: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


class WindowRule(Rule):
    """What must happen beside a clock."""

    kind: Literal[
        "review", "warning", "alarm", "paper", "permit", "release", "filing", "transfer", "measure"
    ]
    states: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    when: dict[str, tuple[str, ...]] = {}
    #: Not where a stage of this state follows the event: who serves the sentence here isn't delivered.
    unless: str | None = None
    longer_than: Length | None = None
    anchor: Literal["start", "due", "event", "intake"]
    at: tuple[Length, ...]
    before_due: tuple[Length, ...] = ()
    repeats: Length | None = None
    answered_by: str | None = None
    blocks: str | None = None
    rolls: bool = False
    #: Owed until it is done or custody ends, whatever stage comes in between.
    outlasts: bool = False
    who: str
    document: str | None = None


class EventKind(_Plain):
    """A kind of fact: after which stages it may come, what it opens or closes, what it carries.

    `begins` and `ends` name what has a beginning and an end on papers of their own: a pause, an escape.
    """

    zh: str
    en: str
    opens: str | None = None
    after: tuple[str, ...] | None = None
    basis: bool = False
    closes: bool = False
    begins: str | None = None
    ends: str | None = None
    fields: tuple[str, ...]


class ProblemKind(_Plain):
    """What can be wrong with facts, and how to mend it."""

    refused: bool
    zh: str
    en: str
    mend_zh: str
    mend_en: str


class Year(_Plain):
    """Working days of a year: weekdays off, weekends worked, as month-day."""

    free: tuple[str, ...]
    worked: tuple[str, ...]


_FAMILIES: dict[str, type[Rule]] = {
    "arithmetic": Reading,
    "stages": StageRule,
    "extensions": ExtensionRule,
    "clock": ClockRule,
    "totals": TotalRule,
    "sentences": SentenceRule,
    "windows": WindowRule,
}


@dataclass(frozen=True)
class InForce:
    """A rule with the version of its file and the days, as ordinals, on which it holds."""

    rule: Any
    version: int
    first: int
    last: int


class Law:
    """Rules laid out for the engine; never changed once made."""

    def __init__(self, held: Iterable[InForce]) -> None:
        self.held = tuple(held)
        self._versions: dict[str, list[InForce]] = {}
        self.stages: dict[str, list[InForce]] = {}
        self.extensions: dict[str, list[InForce]] = {}
        self.totals: list[InForce] = []
        self.credits: list[InForce] = []
        self.windows_of_state: dict[str, list[InForce]] = {}
        self.windows_of_event: dict[str, list[InForce]] = {}
        for one in self.held:
            self._versions.setdefault(one.rule.id, []).append(one)
            self._lay_out(one)

    def _lay_out(self, one: InForce) -> None:
        rule = one.rule
        if isinstance(rule, StageRule):
            self.stages.setdefault(rule.state, []).append(one)
        elif isinstance(rule, ExtensionRule):
            for state in rule.states:
                self.extensions.setdefault(state, []).append(one)
        elif isinstance(rule, TotalRule):
            self.totals.append(one)
        elif isinstance(rule, SentenceRule) and rule.credit:
            self.credits.append(one)
        elif isinstance(rule, WindowRule):
            for state in rule.states:
                self.windows_of_state.setdefault(state, []).append(one)
            for event in rule.events:
                self.windows_of_event.setdefault(event, []).append(one)

    def rule(self, name: str, day: int) -> InForce | None:
        """The version of a rule in force on a day (an ordinal), or None."""
        for one in self._versions.get(name, ()):
            if one.first <= day <= one.last:
                return one
        return None

    def named(self, name: str) -> Any:
        """The latest version of a rule, in force or not, for its words; None where there is none."""
        versions = self._versions.get(name)
        return versions[-1].rule if versions else None

    def stage(self, state: str, day: int) -> InForce | None:
        """The rule of a stage in force on a day, or None."""
        for one in self.stages.get(state, ()):
            if one.first <= day <= one.last:
                return one
        return None

    def steps(self, state: str, day: int) -> list[InForce]:
        """The extensions of a stage in force on a day, in their order."""
        return [one for one in self.extensions.get(state, ()) if one.first <= day <= one.last]

    def without(self, *names: str) -> "Law":
        """The same law with rules switched off."""
        return Law(one for one in self.held if one.rule.id not in names)


@cache
def english(source: str) -> str:
    """A source in English: "刑事诉讼法 第156条" is "Criminal Procedure Law art. 156"."""
    said = []
    for part in source.split("；"):
        name, _, articles = part.partition(" ")
        articles = _ARTICLE.sub(r"art. \1", articles).replace("、", ", ").replace("至", " to ")
        said.append(f"{instruments()[name]} {articles}".strip())
    return "; ".join(said)


def _file(name: str, folder: Path | None = None) -> Any:
    found = (folder or RULES) / f"{name}.yaml"
    return rulefiles.read(found if found.exists() else RULES / found.name)


def load(folder: Path | None = None) -> Law:
    """Read every file of rules. Raises `ValueError` for one that is wrong in itself or beside others.

    A draft's `folder` holds the files that it changes; the others are read as shipped.
    """
    held: list[InForce] = []
    names: dict[str, str] = _file("instruments", folder)["instruments"]
    for family, model in _FAMILIES.items():
        content = _file(family, folder)
        for row in content["rules"]:
            rule = model.model_validate(row)
            if rule.confidence == "M" and rule.effect == "block":
                raise ValueError(f"{rule.id}: a rule from memory never blocks")
            for part in rule.source.split("；"):
                if part.partition(" ")[0] not in names:
                    raise ValueError(f"{rule.id}: {part} is not in instruments.yaml")
            last = (rule.valid_to or date.max).toordinal()
            held.append(InForce(rule, content["version"], rule.valid_from.toordinal(), last))
    _beside_each_other(held)
    _event_file()
    _problem_file()
    _holiday_file()
    return Law(held)


def _beside_each_other(held: list[InForce]) -> None:
    seen: dict[str, int] = {}
    for one in sorted(held, key=lambda one: (one.rule.id, one.first)):
        if one.first <= seen.get(one.rule.id, 0):
            raise ValueError(f"{one.rule.id}: two versions are in force on one day")
        seen[one.rule.id] = one.last
    for one in held:
        if isinstance(one.rule, StageRule):
            wanted = one.rule.readings
        elif isinstance(one.rule, ExtensionRule):
            wanted = (one.rule.needs,) if one.rule.needs else ()
        else:
            continue
        for name in wanted:
            if name not in seen:
                raise ValueError(f"{one.rule.id}: there is no rule {name}")


def _event_file() -> tuple[dict[str, tuple[str, ...]], dict[str, EventKind]]:
    content = _file("events")
    codes = {name: tuple(values) for name, values in content["codes"].items()}
    return codes, {k: EventKind.model_validate(v) for k, v in content["events"].items()}


def _problem_file() -> dict[str, ProblemKind]:
    return {k: ProblemKind.model_validate(v) for k, v in _file("problems")["problems"].items()}


def _holiday_file() -> dict[int, Year]:
    return {k: Year.model_validate(v) for k, v in _file("holidays")["years"].items()}


@cache
def shipped() -> Law:
    """The law as shipped, read once."""
    return load()


@cache
def instruments() -> dict[str, str]:
    """English names of the instruments cited."""
    return dict(_file("instruments")["instruments"])


@cache
def events() -> dict[str, EventKind]:
    """The kinds of facts, by their codes."""
    return _event_file()[1]


@cache
def codes() -> dict[str, tuple[str, ...]]:
    """The values that coded fields may have."""
    return _event_file()[0]


@cache
def problems() -> dict[str, ProblemKind]:
    """What can be wrong, by code."""
    return _problem_file()


@cache
def _days_apart() -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    years = _holiday_file()

    def of(year: int, days: Iterable[str]) -> Iterable[int]:
        return (date.fromisoformat(f"{year}-{day}").toordinal() for day in days)

    off = frozenset(day for year, held in years.items() for day in of(year, held.free))
    worked = frozenset(day for year, held in years.items() for day in of(year, held.worked))
    return off, worked, frozenset(years)


def next_working_day(day: int) -> int | None:
    """The day itself if it is a working day, or the first one after; None where no table reaches.

    For filing only: an end of custody never moves.
    """
    off, worked, years = _days_apart()
    while True:
        if date.fromordinal(day).year not in years:
            return None
        if day in worked or ((day - 1) % 7 < 5 and day not in off):
            return day
        day += 1
