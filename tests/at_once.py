"""Two people at the same moment, on two connections."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
from django.db import connection

from custos.foundation.database import scope
from custos.foundation.errors import CustosError
from tests.factories import SYSTEM


def _somebody_waits(sql: psycopg.Connection, other: "Future[str]", patience: float = 10.0) -> bool:
    """Whether a connection of the test's database comes to wait for another's lock before `other` ends."""
    until = time.monotonic() + patience
    while time.monotonic() < until and not other.done():
        waiting = sql.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        if waiting != (0,):
            return True
        time.sleep(0.02)
    return False


def both(
    sql: psycopg.Connection, first: Callable[[], object], second: Callable[[], object]
) -> list[str]:
    """Do the second while the first is done and not yet committed; what each was told.

    The second has to wait for the first: where it doesn't, the two don't meet and the test is none.
    """
    told, met = _side_by_side(sql, first, second)
    assert met, "nobody waits: the two don't meet"
    return told


def both_if_they_meet(
    sql: psycopg.Connection, first: Callable[[], object], second: Callable[[], object]
) -> list[str]:
    """The same for two deeds made by chance, which may have nothing to do with each other."""
    return _side_by_side(sql, first, second)[0]


def both_midway(
    sql: psycopg.Connection,
    first: Callable[[Callable[[], None]], object],
    second: Callable[[], object],
) -> list[str]:
    """Do the second while the first stands still in its midst, where it calls what it is given; what each
    was told. A circle of locks between them is an error of the database.
    """
    told, met = _side_by_side(sql, lambda: None, second, midway=first)
    assert met, "nobody waits: the two don't meet"
    return told


def _side_by_side(
    sql: psycopg.Connection,
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    midway: Callable[[Callable[[], None]], object] | None = None,
) -> tuple[list[str], bool]:
    done, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        done.set()
        assert go_on.wait(15)

    def run(deed: Callable[[], object], *, holds: bool) -> str:
        try:
            with scope.entered(SYSTEM):
                if holds and midway:
                    midway(stand_still)
                else:
                    deed()
                    if holds:
                        stand_still()
            return "done"
        except CustosError as refusal:
            return refusal.code
        finally:
            if holds:
                done.set()  # refused: there is nothing to hold
            connection.close()

    with ThreadPoolExecutor(2) as officers:
        one = officers.submit(run, first, holds=True)
        try:
            assert done.wait(10)
            other = officers.submit(run, second, holds=False)
            met = _somebody_waits(sql, other)
        finally:
            go_on.set()
        return [one.result(15), other.result(15)], met
