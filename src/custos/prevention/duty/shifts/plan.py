"""Which shift it is, when it ends, and whether a post has enough people. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from custos.foundation import rulefiles
from custos.foundation.clock import LOCAL
from custos.foundation.record.parties import Post
from custos.prevention.duty.engine import Title
from custos.prevention.duty.faults import Fault

FILE = Path(__file__).parents[1] / "rules" / "shifts.yaml"

#: How many people each post needs on duty.
Strength = dict[Post, int]


class Shift(BaseModel):
    """A shift by local time. `strength` names the posts that need another number in it than usual."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Title
    begins: time
    ends: time
    strength: Strength = Field(default_factory=dict)

    @field_validator("begins", "ends", mode="before")
    @classmethod
    def _from_the_clock(cls, value: object) -> object:
        return time.fromisoformat(value) if isinstance(value, str) else value


class ShiftsFile(BaseModel):
    """The shipped shifts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    confidence: Literal["V", "E", "M", "P"]
    source: Title
    grace_minutes: int = Field(ge=0, le=60)
    shifts: tuple[Shift, ...]


def require_a_whole_day(shifts: Sequence[Shift]) -> None:
    """Raise `Fault` where the shifts leave a gap in the day or overlap."""
    minutes = [0] * 1440
    for shift in shifts:
        at, end = minutes_of(shift.begins), minutes_of(shift.ends)
        for _ in range((end - at - 1) % 1440 + 1):
            minutes[at % 1440] += 1
            at += 1
    if minutes != [1] * 1440:
        at = next(m for m, covered in enumerate(minutes) if covered != 1)
        code = "shifts.gap" if minutes[at] == 0 else "shifts.overlap"
        raise Fault(code, at=f"{at // 60:02}:{at % 60:02}")


def minutes_of(at: time) -> int:
    """A time of day in minutes after midnight."""
    return at.hour * 60 + at.minute


def load(file: Path = FILE) -> ShiftsFile:
    """Read and check the shipped shifts. Raises `ValueError` where they leave a gap."""
    found = ShiftsFile.model_validate(rulefiles.read(file))
    require_a_whole_day(found.shifts)
    return found


@cache
def shipped() -> ShiftsFile:
    """The shifts that come with the program."""
    return load()


@dataclass(frozen=True, slots=True)
class OnShift:
    """The shift of an instant: which, from when to when."""

    shift: Shift
    begins: datetime
    ends: datetime


def shift_at(shifts: Sequence[Shift], moment: datetime) -> OnShift:
    """The shift that a moment falls into."""
    local = moment.astimezone(LOCAL)
    for shift in shifts:
        length = timedelta(
            minutes=(minutes_of(shift.ends) - minutes_of(shift.begins) - 1) % 1440 + 1
        )
        for day in (local.date(), local.date() - timedelta(days=1)):
            begins = datetime.combine(day, shift.begins, LOCAL)
            if begins <= local < begins + length:
                return OnShift(shift, begins, begins + length)
    raise ValueError("no shift covers this moment")  # `require_a_whole_day` has seen to it


def begins(
    since: datetime, until: datetime, shifts: Sequence[Shift]
) -> list[tuple[datetime, Shift]]:
    """When which shift begins, in the order of time, from the one that runs at `since` to the last before
    `until`.
    """
    found = [shift_at(shifts, since)]
    while found[-1].ends < until:
        found.append(shift_at(shifts, found[-1].ends))
    return [(one.begins, one.shift) for one in found]


def short_of(strength: Mapping[Post, int], on_duty: Mapping[Post, int]) -> dict[Post, int]:
    """The posts below their required strength, and how many are missing on each."""
    missing = {post: needed - on_duty.get(post, 0) for post, needed in strength.items()}
    return {post: count for post, count in missing.items() if count > 0}
