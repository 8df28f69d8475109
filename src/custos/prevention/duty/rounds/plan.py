"""When a cell has to be looked into again, and what about a series of rounds is strange. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from custos.foundation import rulefiles
from custos.prevention.duty.engine import Title
from custos.prevention.duty.faults import Fault

FILE = Path(__file__).parents[1] / "rules" / "rounds.yaml"

#: So many cells are named in the title of a task.
_NAMED = 6

#: How somebody looked: at the door with its tag, at the door without, or by screen.
How = Literal["tag", "door", "screen"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(_Part):
    """Minutes that hold where a facility says nothing, and between which it may choose."""

    usual: int
    least: int
    most: int


class Even(_Part):
    """So many gaps in a row that differ by no more than a share of their mean."""

    gaps: int = Field(ge=3)
    within_percent: int


class Hurried(_Part):
    """So many cells in a row, each within so few seconds of the last."""

    cells: int = Field(ge=2)
    seconds: int


class SameWords(_Part):
    """The same words over so many cells in a row."""

    cells: int = Field(ge=2)


class RoundsFile(_Part):
    """The shipped rules of rounds."""

    version: int
    confidence: Literal["V", "E", "M", "P"]
    source: Title
    longest_gap: Bounds
    close_gap: Bounds
    even: Even
    hurried: Hurried
    same_words: SameWords


def load(file: Path = FILE) -> RoundsFile:
    """Read and check the shipped rules. Raises pydantic's `ValidationError` for a file that is none."""
    return RoundsFile.model_validate(rulefiles.read(file))


@cache
def shipped() -> RoundsFile:
    """The rules that come with the program."""
    return load()


class OwnRounds(_Part):
    """What a facility says of its rounds, in minutes. Naming it has the facility keep rounds."""

    longest_gap: int | None = None
    close_gap: int | None = None

    @model_validator(mode="after")
    def _within_bounds(self) -> "OwnRounds":
        for name in ("longest_gap", "close_gap"):
            given, bounds = getattr(self, name), getattr(shipped(), name)
            if given is not None and not bounds.least <= given <= bounds.most:
                raise Fault("rounds.gap", field=name, least=bounds.least, most=bounds.most)
        return self


def gap_of(own: OwnRounds, *, close: bool) -> timedelta:
    """The longest time between two looks into a cell; `close` where somebody there is on close watch."""
    usual = own.longest_gap or shipped().longest_gap.usual
    if not close:
        return timedelta(minutes=usual)
    return timedelta(minutes=min(usual, own.close_gap or shipped().close_gap.usual))


def behind(title: Title, cells: Sequence[str]) -> Title:
    """What the task about missed rounds is called: the first cells by name, and how many there are.

    Whoever reads it in a list or is called by it knows at once where to go.
    """
    zh, en = _first_of(cells)
    of = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return Title(zh=f"{title.zh}：{zh}，共 {len(cells)} 间", en=f"{title.en}: {en}; {of}")


def behind_now(title: Title, cells: Sequence[str]) -> Title:
    """What it is called while it waits, by the cells that are late now; none where all were looked into."""
    if not cells:
        return Title(zh=f"{title.zh}：现已全部补巡", en=f"{title.en}: all looked into by now")
    zh, en = _first_of(cells)
    of = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    return Title(zh=f"{title.zh}：{zh}，现漏巡 {len(cells)} 间", en=f"{title.en}: {en}; {of} now")


def _first_of(cells: Sequence[str]) -> tuple[str, str]:
    more = len(cells) > _NAMED
    first = cells[:_NAMED]
    return "、".join(first) + ("等" if more else ""), ", ".join(first) + (
        " and more" if more else ""
    )


def late_by(due_at: datetime, at: datetime) -> timedelta:
    """By how much a look at `at` came after it was due; nothing where it was in time."""
    return max(at - due_at, timedelta())


def counts(how: How, *, close: bool) -> bool:
    """Whether a look starts the time anew: a screen doesn't, where somebody is on close watch."""
    return not (how == "screen" and close)


@dataclass(frozen=True, slots=True)
class Looked:
    """One look into a cell, as the signs below ask about it."""

    cell: UUID
    by: str
    at: datetime
    how: How
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something strange about a series of looks: which, whose, where, how many, from when to when."""

    sort: Literal["even", "hurried", "same_words"]
    by: str
    cell: UUID | None
    count: int
    since: datetime
    until: datetime


def signs(looks: Iterable[Looked]) -> list[Sign]:
    """What is strange about some looks, latest first. A leader judges it; nothing follows by itself."""
    in_order = sorted(looks, key=lambda one: one.at)
    by_cell: dict[UUID, list[Looked]] = defaultdict(list)
    by_officer: dict[str, list[Looked]] = defaultdict(list)
    for one in in_order:
        by_cell[one.cell].append(one)
        if one.how != "screen":
            by_officer[one.by].append(one)
    found = [sign for series in by_cell.values() for sign in _even(series)]
    for series in by_officer.values():
        found += _hurried(series)
        found += _same_words(series)
    return sorted(found, key=lambda sign: sign.until, reverse=True)


def _even(series: Sequence[Looked]) -> list[Sign]:
    rule = shipped().even
    last = series[-rule.gaps - 1 :]
    if len(last) <= rule.gaps:
        return []
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(last)]
    mean = sum(gaps) / len(gaps)
    if max(gaps) - min(gaps) > mean * rule.within_percent / 100:
        return []
    return [Sign("even", last[-1].by, last[-1].cell, len(gaps), last[0].at, last[-1].at)]


def _hurried(series: Sequence[Looked]) -> list[Sign]:
    rule = shipped().hurried

    def follows(earlier: Looked, later: Looked) -> bool:
        apart = (later.at - earlier.at).total_seconds()
        return later.cell != earlier.cell and apart < rule.seconds

    runs = _runs(series, follows)
    return [_of_officer("hurried", run) for run in runs if len(run) >= rule.cells]


def _same_words(series: Sequence[Looked]) -> list[Sign]:
    def follows(earlier: Looked, later: Looked) -> bool:
        return bool(later.text) and later.text == earlier.text and later.cell != earlier.cell

    runs = _runs(series, follows)
    return [
        _of_officer("same_words", run) for run in runs if len(run) >= shipped().same_words.cells
    ]


def _runs(
    series: Sequence[Looked], follows: Callable[[Looked, Looked], bool]
) -> list[list[Looked]]:
    runs: list[list[Looked]] = []
    for one in series:
        if runs and follows(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _of_officer(sort: Literal["hurried", "same_words"], run: Sequence[Looked]) -> Sign:
    return Sign(sort, run[0].by, None, len(run), run[0].at, run[-1].at)
