"""Two officers on two connections at the same moment: the second sees the first's."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from custos.foundation import clock
from custos.foundation.custody import bringing, engine, placing, roll, services
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.at_once import both, both_midway
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


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
    told = both(superuser_sql, lambda: a_detainee(in_cell=cell), lambda: a_detainee(in_cell=cell))
    assert told == ["done", "custody.KI-27-CAPACITY"]
    assert _in(cell.pk) == ["1"]


def test_of_a_minor_and_an_adult_put_into_one_cell_at_once_only_the_first_gets_in(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell()
    told = both(
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
    told = both(
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

    told = both(superuser_sql, moved_to(one.pk), moved_to(other.pk))
    assert told == ["done", "done"]
    assert (_in(one.pk), _in(other.pk)) == ([], ["1"])


def test_who_are_brought_in_and_somebody_who_moves_wait_for_each_other_in_one_order(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet keeps a newcomer apart from somebody here, who is being moved into the newcomer's cell."""
    with scope.entered(SYSTEM):
        facility = a_facility()
        here = a_detainee(in_cell=a_cell(facility=facility))
        cell, officer = a_cell(facility=facility), an_officer(Post.ADMISSION)
        because = Entry.objects.filter(custody_id=here.pk).latest("id").pk
    newcomer = bringing.Newcomer(
        name="李后来", sex="1", born=date(1991, 1, 1), number="101001001202603020099",
        basis="拘留证", basis_number="7", admitted_at=clock.now(), cell=cell.pk,
    )  # fmt: skip
    pair = bringing.Pair(newcomer.id, here.pk, engine.CODEFENDANTS, "同案")
    lock_cells = placing.lock_cells

    def brought_in(stand_still: Callable[[], None]) -> None:
        mine = threading.get_ident()

        def locked(cells: Iterable[UUID]) -> dict[UUID, Cell]:
            found = lock_cells(cells)
            if threading.get_ident() == mine:
                stand_still()
            return found

        monkeypatch.setattr(placing, "lock_cells", locked)
        bringing.bring([newcomer], [pair], facility.pk, by=officer, reason="迁入", because=because)

    told = both_midway(
        superuser_sql,
        brought_in,
        lambda: services.move_to_cell(
            here.pk, cell.pk, reason="调整", by=an_officer(Post.CASE_OFFICER)
        ),
    )
    assert told == ["done", "custody.KR-14-CODEFENDANTS"]


def test_the_roll_is_of_one_moment_whatever_is_recorded_while_it_is_asked() -> None:
    """Somebody is admitted on another connection after each statement that the roll asks."""
    at = clock.now()
    with scope.entered(SYSTEM), clock.set_to(at):
        facility = a_facility()
        cell = a_cell(facility=facility)
        a_detainee(in_cell=cell)

    def admitted() -> None:
        with scope.entered(SYSTEM), clock.set_to(at):
            a_detainee(in_cell=cell)
        connection.close()

    def then(execute: Callable[..., object], *asked: object) -> object:
        answer = execute(*asked)
        with ThreadPoolExecutor(1) as other:
            other.submit(admitted).result(20)
        return answer

    with scope.entered(SYSTEM):
        with connection.execute_wrapper(then):
            found = roll.at(facility.pk, at)
        assert found.adds_up, found
        assert roll.at(facility.pk, at).held == 2
