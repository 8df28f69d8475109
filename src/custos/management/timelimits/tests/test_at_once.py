"""Two connections that write one clock: what is computed in bulk waits for papers and for the sweep."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from custos.foundation import clock
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.management.timelimits import computing, services
from custos.management.timelimits.models import Clock, Warning
from custos.management.timelimits.services import GivenPaper
from custos.management.timelimits.tests import worlds
from tests.at_once import both_midway
from tests.factories import SYSTEM, a_cell, a_detainee, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


def a_stay() -> Custody:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell())
        worlds.arrested(stay, days_ago=58)
        Clock.objects.filter(pk=stay.pk).update(next_at=clock.now())
        return stay


def an_extension() -> dict[str, Any]:
    return {
        "type": "extension",
        "at": clock.today().isoformat(),
        "months": 1,
        "ground": "complex",
        "approver": "procuratorate_next_higher",
        "document": "D05",
    }


def midway(
    monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]
) -> Callable[[Callable[[], None]], None]:
    """A deed that stands still where it has read the facts and not yet written what they come to."""
    read, stopped = computing.facts_of, []

    def run(stand_still: Callable[[], None]) -> None:
        def facts_of(stays: Any) -> Any:
            found = read(stays)
            if not stopped:
                stopped.append(stays)
                stand_still()
            return found

        monkeypatch.setattr(computing, "facts_of", facts_of)
        deed()

    return run


def agrees(stay: Custody) -> bool:
    """Whether the clock ends when its papers say, and the extension by a month is among them."""
    with scope.entered(SYSTEM):
        due_at = Clock.objects.get(pk=stay.pk).due_at
        computing.recompute([stay.pk])
        assert due_at == Clock.objects.get(pk=stay.pk).due_at
        return due_at is not None and due_at > clock.now() + timedelta(days=20)


def test_a_paper_that_comes_while_clocks_are_computed_anew_is_not_written_over(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stay = a_stay()
    Clock.objects.filter(pk=stay.pk).update(state="")
    by = an_officer(Post.CASE_OFFICER)
    recompute = midway(monkeypatch, lambda: computing.recompute([stay.pk]))
    record = lambda: services.record_paper(stay.pk, an_extension(), by=by, number="延1")  # noqa: E731
    assert both_midway(superuser_sql, recompute, record) == ["done", "done"]
    assert agrees(stay)


def test_papers_that_are_brought_in_while_the_sweep_works_wait_for_it_and_not_it_for_them(
    superuser_sql: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stay, clock, head of the chain: in another order the two would wait for each other."""
    stay = a_stay()
    with scope.entered(
        SYSTEM
    ):  # so that the sweep has to say it, and to take the head of the chain
        Warning.objects.filter(custody=stay).update(
            key="AL-2", closed_at=clock.now(), closed_by="release"
        )
    given = GivenPaper(stay, an_extension(), an_officer(Post.CASE_OFFICER), clock.now(), "延1")

    def sweep() -> None:
        with clock.set_to(clock.now() + timedelta(minutes=1)):
            assert services.sweep() == 1

    load = lambda: services.load_papers([given])  # noqa: E731
    assert both_midway(superuser_sql, midway(monkeypatch, sweep), load) == ["done", "done"]
    assert agrees(stay)
