"""Two connections that end, record and compute at the same moment: the alarm says what holds afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.models import Release
from custos.management.reception.tests.grounds import COUNTY, OTHER, a_document, agree
from custos.management.timelimits import computing
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.models import Clock, Warning
from custos.management.timelimits.tests import worlds
from tests import leaving as ways
from tests.at_once import both, both_if_they_meet, both_midway
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


def a_stay_with(*numbers: str) -> tuple[Custody, list[UUID], tuple[Acting, Acting]]:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell(facility=a_facility()), name="王小川")
        first = a_document(stay)
        rest = [a_document(stay, number=number, issuer=OTHER) for number in numbers]
        worlds.arrested(stay, days_ago=9)
        return stay, [first, *rest], ways.two_officers(stay.organization)


def an_end(
    stay: Custody, fact: UUID, officers: tuple[Acting, Acting], **other: str
) -> Callable[[], None]:
    """Two officers' end of a document, confirmed; what they then do."""
    with scope.entered(SYSTEM):
        return ways.document_ended(stay, fact, *officers, **other)


def test_of_two_who_end_the_last_two_documents_at_once_the_later_says_it_once(
    superuser_sql: psycopg.Connection,
) -> None:
    stay, found, officers = a_stay_with("邻拘2号")
    ends: list[Callable[[], None]] = [
        an_end(stay, fact, officers, paper=f"撤字{place}号") for place, fact in enumerate(found, 3)
    ]
    assert both(superuser_sql, *ends) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert not agree(stay)
        assert Entry.objects.filter(custody_id=stay.pk, kind="limit.unheld").count() == 1


def test_a_document_that_comes_in_while_the_last_one_ends_leaves_no_alarm(
    superuser_sql: psycopg.Connection,
) -> None:
    stay, (fact,), officers = a_stay_with()
    end = an_end(stay, fact, officers, how="replaced")
    record = lambda: a_document(stay, kind="arrest_warrant", number="捕2号")  # noqa: E731
    assert both(superuser_sql, end, record) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert agree(stay)


def test_a_paper_of_the_clock_and_an_end_in_the_file_wait_for_each_other(
    superuser_sql: psycopg.Connection,
) -> None:
    stay, (fact,), officers = a_stay_with()
    end = an_end(stay, fact, officers)
    event = {"type": "released", "at": clock.today().isoformat()}
    by = an_officer(Post.CASE_OFFICER)
    release = lambda: timelimits.record_paper(stay.pk, event, by=by, number="释7", authority=COUNTY)  # noqa: E731
    assert both(superuser_sql, release, end) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert not agree(stay)
        assert Release.objects.filter(custody_id=stay.pk, closed_at=None).count() == 1
        assert Entry.objects.filter(custody_id=stay.pk, kind="release.ordered").count() == 1


# ---------------------------------------------------------------------- beside the sweep


def served_today() -> tuple[Custody, UUID, tuple[Acting, Acting]]:
    """Somebody whose administrative detention of five days ends tonight: by its end they should be out."""
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell(facility=a_facility("JLS")), name="王小川")
        fact = a_document(stay)
        day = clock.today() - timedelta(days=5)
        event = {"type": "administrative_detention", "at": day.isoformat(), "days": 5}
        by = an_officer(Post.CASE_OFFICER)
        timelimits.record_paper(stay.pk, event, by=by, number="行1", authority=COUNTY)
        return stay, fact, ways.two_officers(stay.organization)


def a_sweep_that_stands_still(
    monkeypatch: pytest.MonkeyPatch, stay: Custody
) -> Callable[[Callable[[], None]], None]:
    """The sweep of a day later, which stands still once it holds what it works on."""
    read, stopped = computing.facts_of, []

    def sweep(stand_still: Callable[[], None]) -> None:
        def facts_of(stays: Any) -> Any:
            if not stopped:
                stopped.append(stays)
                stand_still()
            return read(stays)

        monkeypatch.setattr(computing, "facts_of", facts_of)
        with clock.set_to(clock.now() + timedelta(days=1, hours=12)):
            assert timelimits.sweep() == 1

    return sweep


def said_out(stay: Custody) -> bool:
    """Whether the sweep has said that they should be out, and asked for them to be let go."""
    case = Release.objects.filter(custody_id=stay.pk, closed_at=None)
    return Warning.objects.filter(custody=stay, rule="OUT").exists() and case.count() == 1


def test_a_paper_that_comes_while_the_sweep_works_waits_for_it(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep opens the case of leaving, which holds the stay: before the clock, as papers do."""
    stay, _fact, _officers = served_today()
    event = {"type": "leave_started", "at": clock.today().isoformat()}
    by = an_officer(Post.CASE_OFFICER)

    def record() -> None:
        timelimits.record_paper(
            stay.pk, event, by=by, number="假1", authority=COUNTY, reason="补录"
        )

    sweep = a_sweep_that_stands_still(monkeypatch, stay)
    assert both_midway(superuser_sql, sweep, record) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert said_out(stay)
        assert Entry.objects.filter(custody_id=stay.pk, kind="limit.paper_recorded").count() == 2


def test_a_document_that_ends_while_the_sweep_works_is_said_at_once(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stay, fact, officers = served_today()
    end = an_end(stay, fact, officers)
    sweep = a_sweep_that_stands_still(monkeypatch, stay)
    assert both_midway(superuser_sql, sweep, end) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert said_out(stay)
        assert not agree(stay)


def test_an_answer_that_comes_while_the_sweep_works_waits_for_it(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stay, _fact, _officers = served_today()
    with scope.entered(SYSTEM), clock.set_to(clock.now() + timedelta(days=1, hours=1)):
        timelimits.sweep()
        Clock.objects.filter(pk=stay.pk).update(next_at=clock.now())
        warning = Warning.objects.get(custody=stay, closed_at=None)
    leader = an_officer(Post.LEADER)

    def answer() -> None:
        timelimits.answer(warning.pk, "release", "今日释放", by=leader)

    sweep = a_sweep_that_stands_still(monkeypatch, stay)
    assert both_midway(superuser_sql, sweep, answer) == ["done", "done"]
    with scope.entered(SYSTEM):
        assert Warning.objects.get(pk=warning.pk).answer == "今日释放"


def test_the_sweep_passes_over_whom_a_deed_holds_and_comes_back(
    superuser_sql: psycopg.Connection,
) -> None:
    stay, _fact, _officers = served_today()
    event = {"type": "leave_started", "at": clock.today().isoformat()}
    by = an_officer(Post.CASE_OFFICER)
    swept = []

    def record() -> None:
        timelimits.record_paper(
            stay.pk, event, by=by, number="假1", authority=COUNTY, reason="补录"
        )

    def sweep() -> None:
        with clock.set_to(clock.now() + timedelta(days=1, hours=12)):
            swept.append(timelimits.sweep())

    assert both_if_they_meet(superuser_sql, record, sweep) == ["done", "done"]
    sweep()
    assert swept == [0, 1]
