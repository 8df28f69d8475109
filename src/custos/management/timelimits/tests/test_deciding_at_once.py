"""Two people at the same moment about a paper that waits for a leader, on two connections."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from custos.foundation import clock
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.management.timelimits import services
from custos.management.timelimits.models import Clock, Decision, Paper, Warning
from custos.management.timelimits.tests import worlds
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


def longer() -> dict[str, Any]:
    day = clock.today() - timedelta(days=20)
    return {
        "type": "extension",
        "at": day.isoformat(),
        "months": 1,
        "ground": "complex",
        "approver": "procuratorate_next_higher",
    }


def entering(stay: Custody, event: dict[str, Any]) -> Callable[[], object]:
    by = an_officer(Post.CASE_OFFICER)
    return lambda: services.record_paper(stay.pk, event, by=by, reason="照录", late_reason="迟到")


def waiting() -> tuple[Custody, Warning]:
    """Somebody whose limit ended three days ago, and an extension that came after it."""
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell())
        worlds.ended_here(stay, days_ago=3)
        entering(stay, longer())()
        return stay, Warning.objects.get(custody=stay, rule="AL-4", closed_at=None)


def deciding(warning: Warning, how: str) -> Callable[[], object]:
    by = an_officer(Post.LEADER)
    return lambda: services.answer(warning.pk, how, "已核对原件", by=by)


@pytest.mark.parametrize("first", ["accepted", "not_accepted"])
def test_of_two_leaders_who_decide_at_once_one_decides(
    superuser_sql: psycopg.Connection, first: str
) -> None:
    stay, warning = waiting()
    second = "not_accepted" if first == "accepted" else "accepted"
    told = both(superuser_sql, deciding(warning, first), deciding(warning, second))
    assert told[0] == "done"
    assert told[1] in ("timelimits.warning_ended", "timelimits.nothing_waits")
    with scope.entered(SYSTEM):
        decision = Decision.objects.get(paper__custody_id=stay.pk)
        assert decision.accepted == (first == "accepted")
        due = Clock.objects.get(pk=stay.pk).due_at
        assert due is not None
        assert (due > clock.now()) == decision.accepted


def test_a_paper_that_is_entered_while_a_leader_decides_is_weighed_with_what_was_decided(
    superuser_sql: psycopg.Connection,
) -> None:
    """By what was accepted the limit runs: what comes then has come in time."""
    stay, warning = waiting()
    event = {"type": "prosecution_received", "at": clock.today().isoformat()}
    assert both(superuser_sql, deciding(warning, "accepted"), entering(stay, event)) == ["done"] * 2
    with scope.entered(SYSTEM):
        row = Clock.objects.get(pk=stay.pk)
        assert (row.state, row.paper_waits) == ("S30", False)
        assert not Paper.objects.get(custody=stay, type="prosecution_received").waits


def test_a_paper_that_comes_first_waits_too_and_the_leader_decides_of_the_former(
    superuser_sql: psycopg.Connection,
) -> None:
    stay, warning = waiting()
    event = {"type": "prosecution_received", "at": clock.today().isoformat()}
    assert both(superuser_sql, entering(stay, event), deciding(warning, "accepted")) == ["done"] * 2
    with scope.entered(SYSTEM):
        row = Clock.objects.get(pk=stay.pk)
        assert (row.state, row.paper_waits) == ("S20", True)
        assert Decision.objects.get(paper__custody_id=stay.pk).paper.type == "extension"
        assert Warning.objects.get(pk=warning.pk).closed_at is None
