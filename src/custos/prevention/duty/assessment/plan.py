"""What is measured, and how groups of cases add up to figures. Pure.

What happened is cut into `Leaf`s by the database, each case in exactly one of them; a figure of a post, a
shift, an officer or a kind of staff is a sum of leaves, so that the parts of each add up to the whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from statistics import median_low
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from custos.foundation import rulefiles
from custos.foundation.clock import LOCAL
from custos.prevention.duty.engine import Title

FILE = Path(__file__).parents[1] / "rules" / "assessment.yaml"

MeasureId = Literal["first_action", "closing", "rounds", "answers", "taken_over", "reported"]
#: By what the figures of a facility are told apart; `facility` is the whole.
By = Literal["facility", "post", "shift", "officer", "kind"]
#: Why a case that wasn't kept is not laid on one officer.
Cause = Literal["short", "nobody", "several"]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Plain):
    """One thing that is measured, defined in words."""

    id: MeasureId
    kind: Literal["share", "count"]
    title: Title
    definition: Title


class AssessmentFile(_Plain):
    """The rules; see `rules/assessment.yaml` for what its fields mean."""

    version: int
    confidence: Literal["V", "E", "M", "P"]
    source: Title
    fewest: int = Field(ge=2, le=50)
    measures: tuple[Measure, ...]


def load(file: Path = FILE) -> AssessmentFile:
    """Read and check the rules. Raises `ValueError` where a measure stands twice."""
    found = AssessmentFile.model_validate(rulefiles.read(file))
    if len({measure.id for measure in found.measures}) != len(found.measures):
        raise ValueError("a measure stands twice")
    return found


@cache
def rules() -> AssessmentFile:
    """The rules that come with the program."""
    return load()


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month where the facilities are."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        """The month of a day."""
        return cls(day.replace(day=1))

    @property
    def before(self) -> "Month":
        """The month before."""
        first = self.first
        return Month(
            date(first.year - 1, 12, 1)
            if first.month == 1
            else first.replace(month=first.month - 1)
        )

    @property
    def after(self) -> "Month":
        """The month after."""
        first = self.first
        return Month(
            date(first.year + 1, 1, 1)
            if first.month == 12
            else first.replace(month=first.month + 1)
        )

    @property
    def begins(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, time(), LOCAL)

    @property
    def ends(self) -> datetime:
        """The first instant that isn't in it any more."""
        return self.after.begins

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """Cases that are alike: where, on which post and shift, whose, and why on nobody where it is nobody's.

    `officer` is empty for those that weren't kept and are laid on nobody. `seconds` is how long each took
    of those that took a time.
    """

    measure: MeasureId
    facility: int
    post: str
    shift: str
    officer: str
    cause: str
    cases: int
    kept: int
    seconds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """How many cases, how many of them were kept, and of the others how many are laid on nobody, and why.

    `median` is how long the middle one took, in seconds.
    """

    cases: int
    kept: int
    median: int | None = None
    short: int = 0
    nobody: int = 0
    several: int = 0

    @property
    def missed(self) -> int:
        """Those that were not kept."""
        return self.cases - self.kept

    @property
    def laid(self) -> int:
        """Those of them that one officer answers for."""
        return self.missed - self.short - self.nobody - self.several

    @property
    def is_few(self) -> bool:
        """Whether there are too few cases for a share to mean anything."""
        return self.cases < rules().fewest

    @property
    def percent(self) -> int | None:
        """The share that was kept, rounded down: nothing short of all is a hundred. None for too few."""
        return None if self.is_few else 100 * self.kept // self.cases


#: The figures of one post, shift, officer, kind of staff or facility.
Figures = Mapping[MeasureId, Figure]
#: All figures of a month, by what they are of. An empty key is what nobody is charged with.
Sheet = Mapping[tuple[By, str], Figures]


def sheet_of(leaves: Iterable[Leaf], kinds: Mapping[str, str]) -> Sheet:
    """The figures of leaves, in all the ways that they are told apart; `kinds` says what officers are."""
    groups: dict[tuple[By, str], dict[MeasureId, list[Leaf]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for leaf in leaves:
        kind = kinds.get(leaf.officer, "other") if leaf.officer else ""
        keys: tuple[tuple[By, str], ...] = (
            ("facility", str(leaf.facility)),
            ("post", leaf.post),
            ("shift", leaf.shift),
            ("officer", leaf.officer),
            ("kind", kind),
        )
        for key in keys:
            groups[key][leaf.measure].append(leaf)
    return {
        key: {measure: _sum(found) for measure, found in by_measure.items()}
        for key, by_measure in groups.items()
    }


def _sum(leaves: Sequence[Leaf]) -> Figure:
    causes: dict[str, int] = defaultdict(int)
    for leaf in leaves:
        if leaf.cause:
            causes[leaf.cause] += leaf.cases - leaf.kept
    seconds = [one for leaf in leaves for one in leaf.seconds]
    return Figure(
        cases=sum(leaf.cases for leaf in leaves),
        kept=sum(leaf.kept for leaf in leaves),
        median=median_low(seconds) if seconds else None,
        **causes,
    )


class FigureSaid(_Plain):
    """A figure as it is signed."""

    by: By
    key: str
    measure: MeasureId
    cases: int
    kept: int
    median: int | None
    short: int
    nobody: int
    several: int


def said(sheet: Sheet) -> list[FigureSaid]:
    """A sheet as it is signed, always in the same order."""
    return [
        FigureSaid(
            by=by,
            key=key,
            measure=measure,
            cases=one.cases,
            kept=one.kept,
            median=one.median,
            short=one.short,
            nobody=one.nobody,
            several=one.several,
        )
        for (by, key), figures in sorted(sheet.items())
        for measure, one in sorted(figures.items())
    ]


def read(rows: Iterable[FigureSaid]) -> Sheet:
    """The sheet that was signed."""
    found: dict[tuple[By, str], dict[MeasureId, Figure]] = defaultdict(dict)
    for row in rows:
        found[row.by, row.key][row.measure] = Figure(
            row.cases, row.kept, row.median, row.short, row.nobody, row.several
        )
    return dict(found)


def digest_of(facility: int, month: Month, sheet: Sheet, answers: Iterable[object]) -> str:
    """What a signature is about: the figures, and what was answered to them and replied."""
    content = [
        facility,
        str(month),
        rules().version,
        [row.model_dump() for row in said(sheet)],
        [str(answer) for answer in answers],
    ]
    return sha256(dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that the record of now gives otherwise than was signed; None where there was or is none."""

    by: By
    key: str
    measure: MeasureId
    signed: Figure | None
    now: Figure | None


def differences(signed: Sheet, now: Sheet) -> list[Difference]:
    """What has come to be different since a sheet was signed, in its order."""
    keys = sorted({(key, m) for sheet in (signed, now) for key, row in sheet.items() for m in row})
    return [
        Difference(*key, measure, before, after)
        for key, measure in keys
        if (before := signed.get(key, {}).get(measure)) != (after := now.get(key, {}).get(measure))
    ]
