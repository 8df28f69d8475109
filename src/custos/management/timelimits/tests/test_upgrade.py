"""What an upgrade makes of papers that came late before, on a database that has them."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.management.timelimits import services
from custos.management.timelimits.models import Clock, Paper, Warning
from tests.databases import current_name, superuser
from tests.factories import SYSTEM, a_cell, a_detainee, an_officer

pytestmark = pytest.mark.django_db(transaction=True)

OFFICER = an_officer(Post.CASE_OFFICER)
ARREST = {"type": "arrest", "at": "2026-03-05", "document": "D02"}
LATE = {
    "type": "extension",
    "at": "2026-05-02",
    "months": 1,
    "ground": "complex",
    "approver": "procuratorate_next_higher",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_late_papers_of_before_wait_from_now_on_where_no_leader_answered_for_them() -> None:
    """As they stood before: counted at once, the warning left to a leader who answered for one of two."""
    migration = import_module(
        "custos.management.timelimits.migrations.0009_papers_wait_for_a_leader"
    )
    with scope.entered(SYSTEM):
        with clock.set_to(at("2026-03-05T18:00")):
            stays = [a_detainee(in_cell=a_cell()) for _ in range(2)]
        papers = []
        for stay in stays:
            with clock.set_to(at("2026-03-06T09:00")):
                services.record_paper(stay.pk, ARREST, by=OFFICER)
            with clock.set_to(at("2026-05-07T09:00")):
                papers.append(services.record_paper(stay.pk, LATE, by=OFFICER, late_reason="迟到"))
        answered = Warning.objects.get(custody=stays[0], rule="AL-4")
        with clock.set_to(at("2026-05-07T10:00")):
            services.answer(answered.pk, "accepted", "已核对", by=an_officer(Post.LEADER))
    with superuser(current_name()) as connection:
        connection.execute("ALTER TABLE timelimits_paper DISABLE TRIGGER refuse_change")
        connection.execute("UPDATE timelimits_paper SET waits = false")
        connection.execute("ALTER TABLE timelimits_paper ENABLE TRIGGER refuse_change")
        connection.execute("UPDATE timelimits_clock SET paper_waits = false")
        connection.execute(migration.WAIT)
    with scope.entered(SYSTEM):
        assert [Paper.objects.get(pk=one.pk).waits for one in papers] == [False, True]
        clocks = [Clock.objects.get(pk=stay.pk) for stay in stays]
        assert [one.paper_waits for one in clocks] == [False, True]
        with clock.set_to(clock.now() + timedelta(minutes=1)):
            services.sweep()
        dues = [Clock.objects.get(pk=stay.pk).due_at for stay in stays]
        assert dues == [at("2026-06-06T00:00"), at("2026-05-06T00:00")]
