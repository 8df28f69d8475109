"""Which door a patrol goes to next, and when. Pure: it is told what time it is.

The cells of an area are walked in an order drawn anew each time, with rests of uneven length between the
walks. A cell whose time runs out goes before all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

#: A cell that is due within so long is gone to at once.
SOON = timedelta(minutes=4)
#: Seconds from one door to the next, and minutes of rest between two walks: the longest of both over the
#: cells of an area stays below the longest gap of a cell.
_STRIDE, _REST = (12, 34), (3.0, 9.0)
#: The list may be a little old: who was there just now isn't sent again.
_JUST_NOW = timedelta(seconds=90)
#: What was looked into so lately belongs to the walk that a restart broke off.
_SAME_WALK = timedelta(minutes=9)


class Door(NamedTuple):
    """A cell with people in it, by when somebody is to look in, and when somebody did last."""

    cell: str
    name: str
    wanted_by: datetime
    last_at: datetime | None = None


@dataclass(slots=True)
class Walk:
    """The walks of one patrol through one area; `free_at` is when they reach the next door.

    It knows nothing of the walk before it. That goes on where the doors say it was broken off.
    """

    chance: Random
    free_at: datetime
    _begun: bool = False
    _ahead: list[str] = field(default_factory=list)
    _seen: dict[str, datetime] = field(default_factory=dict)

    def next_door(self, doors: Sequence[Door], now: datetime) -> Door | None:
        """The door that the patrol stands at now; None on the way, and while they rest."""
        long_ago = now - _JUST_NOW
        waiting = [one for one in doors if self._seen.get(one.cell, long_ago) <= long_ago]
        if now < self.free_at and not self._resting(waiting, now):
            return None
        urgent = min(waiting, key=lambda one: (one.wanted_by, one.name), default=None)
        if urgent is not None and urgent.wanted_by - now <= SOON:
            return self._at(urgent, now)
        by_cell = {one.cell: one for one in waiting}
        while self._ahead:
            if (door := by_cell.get(self._ahead.pop())) is not None:
                return self._at(door, now)
        left = [one.cell for one in doors if self._begun or not _was_seen(one, now)]
        rests = self._begun or (bool(doors) and not left)
        self._begun = self._begun or bool(doors)
        self._ahead = sorted(left)
        self.chance.shuffle(self._ahead)
        rest = timedelta(minutes=self.chance.uniform(*_REST))
        self.free_at = now + (rest if rests else timedelta(seconds=_STRIDE[0]))
        return None

    def _resting(self, waiting: Sequence[Door], now: datetime) -> bool:
        """Whether the time to `free_at` is a rest, which a cell that is due ends."""
        rests = self.free_at - now > timedelta(seconds=_STRIDE[1])
        return rests and any(one.wanted_by - now <= SOON for one in waiting)

    def _at(self, door: Door, now: datetime) -> Door:
        self._seen[door.cell] = now
        self.free_at = now + timedelta(seconds=self.chance.uniform(*_STRIDE))
        return door


def _was_seen(door: Door, now: datetime) -> bool:
    """Whether the walk that was broken off has been at a door."""
    return door.last_at is not None and now - door.last_at < _SAME_WALK
