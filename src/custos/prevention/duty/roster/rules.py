"""The rules of a roster as data, and what a facility makes stricter of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from custos.foundation import rulefiles
from custos.foundation.record.parties import Post
from custos.prevention.duty.engine import Title
from custos.prevention.duty.faults import Fault
from custos.prevention.duty.shifts.plan import Shift, Strength, minutes_of

FILE = Path(__file__).parents[1] / "rules" / "roster.yaml"

#: The key of the office hours among the turns of a day; those of shifts are the times at which they begin.
OFFICE = "office"
#: A turn that covers this hour is a night.
_SMALL_HOUR = 3 * 60
_DAY = 24 * 60

WOMAN, NEW = "woman", "new"
Check = Literal[
    "women", "police", "accompanied", "rest", "nights", "hours", "two", "own_two", "strength",
    "post", "away", "new",
]  # fmt: skip


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pattern(_Plain):
    """How crews turn: which shift of the day each part of the cycle works, 0 for none."""

    id: str
    title: Title
    shifts: int
    crews: int = Field(ge=1)
    cycle: tuple[int, ...]

    @model_validator(mode="after")
    def _covers_each_shift(self) -> "Pattern":
        if len(self.cycle) % self.crews:
            raise ValueError(f"{self.id}: the cycle is no whole number of crews")
        step = len(self.cycle) // self.crews
        for day in range(len(self.cycle)):
            at = [self.cycle[(day - step * crew) % len(self.cycle)] for crew in range(self.crews)]
            if not set(range(1, self.shifts + 1)) <= set(at):
                raise ValueError(f"{self.id}: on day {day + 1} of the cycle a shift has no crew")
        return self

    def shift_of(self, crew: int, day: date) -> int:
        """The shift that a crew (from 1) works on a day, counted from 1; 0 where it is off."""
        step = len(self.cycle) // self.crews
        return self.cycle[(day.toordinal() - step * (crew - 1)) % len(self.cycle)]


class Mark(_Plain):
    """What a leader notes of a person, so that they may hold what asks for it."""

    id: str
    title: Title


class Rule(_Plain):
    """One rule, with what it does and where it comes from; see `rules/roster.yaml`."""

    id: str
    checks: Check
    title: Title
    valid_from: date
    valid_to: date | None = None
    source: Title
    confidence: Literal["V", "E", "M", "P"]
    effect: Literal["block", "warn"]
    posts: tuple[Post, ...] = ()
    limit: int = 0
    at_least: int = 0
    at_most: int = 0

    @model_validator(mode="after")
    def _memory_never_blocks(self) -> "Rule":
        if self.confidence == "M" and self.effect == "block":
            raise ValueError(f"{self.id}: what is known from memory never blocks")
        return self

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class RosterFile(_Plain):
    """The shipped rules."""

    version: int
    office: Shift
    patterns: tuple[Pattern, ...]
    marks: tuple[Mark, ...]
    rules: tuple[Rule, ...]

    def rule(self, checks: Check) -> Rule:
        """The rule by which something is checked."""
        return next(rule for rule in self.rules if rule.checks == checks)


def load(file: Path = FILE) -> RosterFile:
    """Read and check the shipped rules. Raises pydantic's `ValidationError` for a file that is none."""
    return RosterFile.model_validate(rulefiles.read(file))


@cache
def shipped() -> RosterFile:
    """The rules that come with the program."""
    return load()


class OwnRoster(_Plain):
    """What a facility says of its roster: never looser than what is shipped.

    `women` are the places of a post that lie in the women's area, as many of its strength in each shift;
    `two` are posts that two hold. The limits may be made stricter within what the rules allow.
    """

    women: Strength = Field(default_factory=dict)
    two: tuple[Post, ...] = ()
    rest_hours: int | None = None
    nights_in_a_row: int | None = None
    hours_in_seven_days: int | None = None

    @field_validator("women")
    @classmethod
    def _are_places(cls, value: Strength) -> Strength:
        for post, places in value.items():
            if not 0 <= places <= 99:
                raise Fault("roster.women", post=post.value)
        return value

    @model_validator(mode="after")
    def _is_stricter(self) -> "OwnRoster":
        for name, checks in _LIMITS:
            given, rule = getattr(self, name), shipped().rule(checks)
            if given is not None and not rule.at_least <= given <= rule.at_most:
                raise Fault("roster.limit", field=name, least=rule.at_least, most=rule.at_most)
        return self

    def limit(self, checks: Check) -> int:
        """What holds at the facility: its own number, else the shipped one."""
        own = next((getattr(self, name) for name, of in _LIMITS if of == checks), None)
        return int(own) if own is not None else shipped().rule(checks).limit


_LIMITS: tuple[tuple[str, Check], ...] = (
    ("rest_hours", "rest"),
    ("nights_in_a_row", "nights"),
    ("hours_in_seven_days", "hours"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A shift of the day or the office hours, as the roster plans it. `begins`: minutes after midnight."""

    key: str
    name: Title
    begins: int
    minutes: int

    @property
    def is_office(self) -> bool:
        """Whether it is no shift, and no part of any strength."""
        return self.key == OFFICE

    @property
    def is_night(self) -> bool:
        """Whether it covers the small hours."""
        return any(
            self.begins <= at < self.begins + self.minutes
            for at in (_SMALL_HOUR, _SMALL_HOUR + _DAY)
        )

    @property
    def until(self) -> time:
        """When it ends, by the clock."""
        return _clock(self.begins + self.minutes)

    @property
    def since(self) -> time:
        """When it begins, by the clock."""
        return _clock(self.begins)


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def turn_of(shift: Shift, key: str = "") -> Turn:
    """A shift as the roster plans it."""
    begins, ends = minutes_of(shift.begins), minutes_of(shift.ends)
    return Turn(key or f"{shift.begins:%H:%M}", shift.name, begins, (ends - begins - 1) % _DAY + 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a facility's roster is planned and checked by: its turns in the order of the clock, how many
    each post needs in each of them, and its own rules.
    """

    turns: tuple[Turn, ...]
    needs: dict[tuple[str, Post], int]
    own: OwnRoster = field(default_factory=OwnRoster)
    file: RosterFile = field(default_factory=shipped)

    @property
    def shifts(self) -> tuple[Turn, ...]:
        """The turns that are shifts."""
        return tuple(turn for turn in self.turns if not turn.is_office)

    def turn(self, key: str) -> Turn | None:
        """A turn by its key; None where the facility has none such."""
        return next((turn for turn in self.turns if turn.key == key), None)

    def women_needed(self, key: str, post: Post) -> int:
        """How many places of a post in a turn are in the women's area: no more than its strength."""
        return min(self.own.women.get(post, 0), self.needs.get((key, post), 0))

    def pattern(self) -> Pattern | None:
        """How crews turn here; None where no pattern knows so many shifts."""
        count = len(self.shifts)
        return next((one for one in self.file.patterns if one.shifts == count), None)


def frame_of(shifts: Sequence[Shift], strength: Strength, own: OwnRoster | None) -> Frame:
    """The frame of a facility with these shifts, this strength and these rules of its own."""
    needs = {
        (turn_of(shift).key, post): needed
        for shift in shifts
        for post, needed in (strength | shift.strength).items()
        if needed
    }
    turns = sorted((turn_of(shift) for shift in shifts), key=lambda turn: turn.begins)
    office = turn_of(shipped().office, OFFICE)
    return Frame((*turns, office), needs, own or OwnRoster())


def span_of(day: date, turn: Turn) -> tuple[int, int]:
    """When a turn of a day begins and ends, in minutes that go on through the days."""
    begins = day.toordinal() * _DAY + turn.begins
    return begins, begins + turn.minutes


WEEK = timedelta(days=7)
