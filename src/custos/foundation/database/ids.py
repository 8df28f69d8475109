"""Time-ordered identifiers (UUIDv7, RFC 9562)."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from custos.foundation import clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62

#: Taken from once an identifier, and never set back, so that several deeds which run side by side,
#: each with its own time, don't disturb each other's order. `next()` of it is one step to threads.
_turns = count()


def _begin() -> None:
    """Begin at chance in the lower half, so that 42 bits are never used up."""
    global _turns
    _turns = count(secrets.randbits(41))


_begin()
os.register_at_fork(after_in_child=_begin)


def new_id(at: datetime | None = None) -> UUID:
    """A new identifier whose first 48 bits are the milliseconds of `at` (default: the clock's now).

    Of those that one process makes for one millisecond the later is the greater: the entries of a
    deed, which have one time, stand in the order in which they were appended. The rest, 42 bits of a
    counter that began at chance and 32 bits of chance, tells processes apart.
    """
    moment = at or clock.now()
    turn, chance = next(_turns), secrets.randbits(32)
    return UUID(
        int=_millisecond(moment) << 80
        | _VERSION_AND_VARIANT
        | turn >> 30 << 64
        | (turn & 0x3FFF_FFFF) << 32
        | chance
    )


def lower_bound(at: datetime) -> UUID:
    """The smallest identifier that could have been made at `at`: bounds a scan of partitions."""
    return UUID(int=_millisecond(at) << 80)


def _millisecond(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
