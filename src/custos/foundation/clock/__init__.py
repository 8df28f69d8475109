"""The one source of "now".

Nothing else in Custos reads the system clock for a fact that it keeps. `now()` gives the time of the
current context; `set_to()` gives a block a clock of its own, which is how the demo's last week and
every test about deadlines is made. Engines never call this: they are given `now`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: Facilities keep Beijing time, whatever the machine's own zone is (ISO 8601, +08:00).
LOCAL = ZoneInfo("Asia/Shanghai")

_clock: ContextVar[Callable[[], datetime] | None] = ContextVar("custos_clock", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    clock = _clock.get()
    return clock() if clock else datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """The day on which a moment falls where the facilities are."""
    return moment.astimezone(LOCAL).date()


def today() -> date:
    """The present day where the facilities are."""
    return day_of(now())


@contextmanager
def set_to(at: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Run a block under a fixed instant, or under a clock of the caller's.

    Raises `ValueError` for an instant without a time zone.
    """
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware instant; add a time zone to it")
        instant = at
        token = _clock.set(lambda: instant)
    else:
        token = _clock.set(at)
    try:
        yield
    finally:
        _clock.reset(token)
