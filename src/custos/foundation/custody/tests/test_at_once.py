"""Two officers on two connections at the same moment: the second sees the first's."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from custos.foundation.custody import services
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import CustosError
from custos.foundation.record.parties import Post
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


def _until_somebody_waits(sql: psycopg.Connection) -> None:
    """Return as soon as a connection of the test's database waits for another's lock."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        waiting = sql.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        if waiting != (0,):
            return
        time.sleep(0.02)
    raise AssertionError("nobody waits: the two don't meet")


def _both(sql: psycopg.Connection, first: object, second: object) -> list[str]:
    """Do the second while the first is done and not yet committed; what each was told."""
    done, go_on = threading.Event(), threading.Event()

    def run(deed: object, *, holds: bool) -> str:
        try:
            with scope.entered(SYSTEM):
                deed()  # type: ignore[operator]
                if holds:
                    done.set()
                    assert go_on.wait(15)
            return "done"
        except CustosError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as officers:
        one = officers.submit(run, first, holds=True)
        try:
            assert done.wait(10)
            other = officers.submit(run, second, holds=False)
            _until_somebody_waits(sql)
        finally:
            go_on.set()
        return [one.result(15), other.result(15)]


def _in(cell: UUID) -> list[str]:
    with scope.entered(SYSTEM):
        return sorted(
            stay.detainee.sex
            for stay in Custody.objects.filter(cell_id=cell).select_related("detainee")
        )


def test_of_two_who_fill_the_last_place_the_second_is_warned(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell(capacity=1)
    told = _both(superuser_sql, lambda: a_detainee(in_cell=cell), lambda: a_detainee(in_cell=cell))
    assert told == ["done", "custody.KI-27-CAPACITY"]
    assert _in(cell.pk) == ["1"]


def test_of_a_minor_and_an_adult_put_into_one_cell_at_once_only_the_first_gets_in(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell()
    told = _both(
        superuser_sql,
        lambda: a_detainee(in_cell=cell, born=date(2012, 1, 1)),
        lambda: a_detainee(in_cell=cell, born=date(1980, 1, 1)),
    )
    assert told == ["done", "custody.CPL-280-MINORS"]
    assert _in(cell.pk) == ["1"]


def test_a_man_and_a_woman_put_into_one_cell_at_once_never_share_it(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell("1")
    told = _both(
        superuser_sql,
        lambda: a_detainee(in_cell=cell, sex="1"),
        lambda: a_detainee(in_cell=cell, sex="2"),
    )
    assert told == ["done", "custody.KR-14-SEX"]
    assert _in(cell.pk) == ["1"]


def test_of_two_who_move_one_person_both_are_heard_one_after_the_other(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        stay = a_detainee(in_cell=a_cell(facility=facility))
        one, other = a_cell(facility=facility), a_cell(facility=facility)

    def moved_to(cell: UUID) -> object:
        return lambda: services.move_to_cell(
            stay.pk, cell, reason="Quarrel", by=an_officer(Post.CASE_OFFICER)
        )

    told = _both(superuser_sql, moved_to(one.pk), moved_to(other.pk))
    assert told == ["done", "done"]
    assert (_in(one.pk), _in(other.pk)) == ([], ["1"])
