"""Time-ordered identifiers (UUIDv7, RFC 9562)."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from custos.foundation import clock


def new_id(at: datetime | None = None) -> UUID:
    """A new identifier whose first 48 bits are the milliseconds of `at` (default: the clock's now)."""
    moment = at or clock.now()
    return uuid7(nanoseconds=int(moment.timestamp() * 1_000_000) * 1_000)


def lower_bound(at: datetime) -> UUID:
    """The smallest identifier that could have been made at `at`: bounds a scan of partitions."""
    return UUID(int=int(at.timestamp() * 1_000) << 80)
