"""Several connections append to one chain at the same time."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from custos.foundation.database import scope
from custos.foundation.record import inspection, queries
from custos.foundation.record import services as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Subject
from custos.foundation.record.tests.worlds import (
    ABOUT,
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    Noted,
    note,
    notes,
    somebody,
)

pytestmark = pytest.mark.usefixtures("own_folders", "live_database")


def at_once(*works: Callable[[], object]) -> None:
    """Run each in a thread with a connection of its own; raise what any of them raised."""
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # shown by the test's own thread
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failed:
        raise failed[0]


def test_a_chain_has_no_gap_however_many_write() -> None:
    at_once(*[lambda: notes(15)] * 4)
    (verdict,) = inspection.installation()
    assert (verdict.sound, verdict.entries) == (True, 60)


def test_the_first_entries_of_a_chain_may_meet() -> None:
    together = threading.Barrier(4)

    def first() -> None:
        with scope.entered(SYSTEM):
            together.wait(10)
            note()

    at_once(*[first] * 4)
    (verdict,) = inspection.installation()
    assert (verdict.sound, verdict.entries) == (True, 4)


def test_deeds_across_two_facilities_do_not_lock_each_other_out() -> None:
    def both(order: tuple[int, int]) -> None:
        for _ in range(10):
            with scope.entered(SYSTEM), record.deed() as deed:
                for organization in order:
                    deed.append(Noted(text="x"), about=Subject(organization), by=somebody())

    at_once(
        lambda: both((FACILITY, NEIGHBOUR)),
        lambda: both((NEIGHBOUR, FACILITY)),
    )
    verdicts = inspection.installation()
    assert [(verdict.sound, verdict.entries) for verdict in verdicts] == [(True, 20)] * 2


def test_a_long_deed_holds_no_head_until_its_end() -> None:
    """The second deed begins after the first and ends before it; its entry comes first."""
    with scope.entered(SYSTEM):
        note("to begin with")
    appended, done = threading.Event(), threading.Event()

    def long() -> None:
        with scope.entered(SYSTEM), record.deed() as deed:
            deed.append(Noted(text="long"), about=ABOUT, by=somebody())
            appended.set()
            assert done.wait(20)

    def short() -> None:
        assert appended.wait(20)
        notes(1)
        done.set()

    at_once(long, short)
    with scope.entered(SYSTEM):
        newest = Entry.objects.order_by("-seq")[0].id
        assert queries.lines_of([newest])[newest].text == "long"
    assert inspection.installation()[0].sound


def test_a_deed_that_is_undone_leaves_no_gap() -> None:
    def undone() -> None:
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                fails()

    def fails() -> None:
        with scope.entered(SYSTEM):
            note()
            raise ZeroDivisionError

    at_once(undone, lambda: notes(10))
    (verdict,) = inspection.installation()
    assert (verdict.sound, verdict.entries) == (True, 10)


def test_two_workers_run_what_is_due_once() -> None:
    from custos.foundation.record.reactions import Event, on
    from custos.foundation.record.services import Deed

    ran: list[object] = []

    def react(event: Event, deed: Deed) -> None:
        ran.append(event.id)

    on(Noted, later=True)(react)
    made = notes(20)

    def work() -> None:
        for _ in range(10):
            with scope.entered(SYSTEM):
                record.run_due(limit=5)

    at_once(work, work)
    assert sorted(map(str, ran)) == sorted(map(str, made))
