"""What to think of the time that a message bears. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from custos.foundation import rulefiles

FILE = Path(__file__).parent / "rules" / "messages.yaml"


class Timing(StrEnum):
    """How a message's own time compares with its arrival."""

    ON_TIME = "on_time"
    LATE = "late"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    NO_TIME = "no_time"

    @property
    def believed(self) -> bool:
        """Whether the device's own time counts."""
        return self in (Timing.ON_TIME, Timing.LATE)


class LifeSafety(BaseModel):
    """A kind of device whose message concerns life: how grave, and which entry it becomes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    severity: int = Field(ge=1, le=4)
    entry: str


class Rule(BaseModel):
    """See `rules/messages.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    late_after_seconds: int = Field(gt=0)
    ahead_seconds: int = Field(gt=0, le=300)
    behind_days: int = Field(gt=0)
    silent_after_minutes: dict[str, Annotated[int, Field(gt=0)]]
    life_safety: dict[str, LifeSafety]
    confidence: Literal["V", "E", "M", "P"]
    source: str
    valid_from: date
    valid_to: date | None = None


def load(file: Path = FILE) -> Rule:
    """Read and check the rule file, which has one rule. Raises `ValueError` where it isn't one."""
    rows = TypeAdapter(list[Rule]).validate_python(rulefiles.read(file))
    if len(rows) != 1:
        raise ValueError(f"{file.name} has {len(rows)} rules and should have one")
    return rows[0]


@cache
def rule() -> Rule:
    """The rule in use."""
    return load()


def judge(
    rule: Rule, device_time: datetime | None, received_at: datetime, *, retained: bool = False
) -> Timing:
    """Whether a message is on time, late, or from a clock that is not to be believed.

    `device_time` is None where the message bears none that can be read.
    """
    if device_time is None:
        return Timing.NO_TIME
    age = received_at - device_time
    if -age > timedelta(seconds=rule.ahead_seconds):
        return Timing.CLOCK_AHEAD
    if age > timedelta(days=rule.behind_days) and not retained:
        return Timing.CLOCK_BEHIND
    if age > timedelta(seconds=rule.late_after_seconds):
        return Timing.LATE
    return Timing.ON_TIME
