"""A clock drawn as a line of stages: where each bar stands. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from custos.foundation.limits.dates import DAY
from custos.foundation.limits.walk import Stage

#: Widths of the drawing on a desk and on a handheld, in units of its view box.
WIDE, NARROW = 960, 340
HEIGHT, TOP, BAR = 92, 22, 34
#: A bar is never thinner than this, or nobody would see a stage of a day.
_THINNEST = 7.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage: its number in the list beside, and how it stands."""

    number: int
    x: float
    width: float
    tone: str
    title: str

    @property
    def middle(self) -> float:
        """Where its number stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on the line."""

    x: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole line in one width."""

    width: int
    bars: Sequence[Bar]
    days: Sequence[Mark]
    now: float
    due: float | None
    height: int = HEIGHT
    top: int = TOP
    bar: int = BAR

    @property
    def now_anchor(self) -> str:
        """How the word of today is set, so that it stays within the drawing."""
        if self.now > self.width - 30:
            return "end"
        return "start" if self.now < 30 else "middle"


def drawn(
    stages: Sequence[Stage], titles: Sequence[str], current: int | None, now: int, width: int
) -> Drawing | None:
    """The line of some stages at an instant, or None where there are none."""
    if not stages:
        return None
    first = stages[0].at
    ends = [_end(stage, now) for stage in stages]
    last = max([*ends, now])
    span = max(last - first, DAY)

    def x_of(at: int) -> float:
        return round(8 + (at - first) / span * (width - 16), 1)

    bars = []
    for place, (stage, end, title) in enumerate(zip(stages, ends, titles, strict=True)):
        x = x_of(stage.at)
        wide = max(_THINNEST, round(x_of(end) - x - 2, 1))
        bars.append(Bar(place + 1, x, wide, _tone(stage, place, current, now), title))
        if place == current and stage.due is not None and now > stage.due:
            begun = x_of(stage.due)
            late = max(_THINNEST, round(x_of(now) - begun - 2, 1))
            bars.append(Bar(place + 1, begun, late, "over", title))
    due = stages[-1].due if stages[-1].ended is None else None
    return Drawing(width, bars, _days(first, last, width), x_of(now), x_of(due) if due else None)


def _end(stage: Stage, now: int) -> int:
    if stage.ended is not None:
        return stage.ended
    return stage.due if stage.due is not None else max(now, stage.at + DAY)


def _tone(stage: Stage, place: int, current: int | None, now: int) -> str:
    """How a stage stands; what lies beyond its end is a bar of its own."""
    if place == current:
        return "calm"
    return "none" if stage.ended is not None and stage.ended <= now else "low"


def _days(first: int, last: int, width: int) -> list[Mark]:
    """The first and the last day, at the ends of the line."""
    begin, end = date.fromordinal(first // DAY), date.fromordinal(max(first, last - 1) // DAY)
    return [
        Mark(8, begin.isoformat(), "start"),
        Mark(width - 8, end.isoformat(), "end"),
    ]
