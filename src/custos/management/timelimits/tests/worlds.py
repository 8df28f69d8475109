"""Clocks for tests, made by the services that pages call; call them within a scope."""

from datetime import timedelta
from typing import Any

from custos.foundation import clock
from custos.foundation.custody.models import Custody
from custos.foundation.database.ids import new_id
from custos.foundation.record.parties import Post
from custos.management.timelimits import services
from custos.management.timelimits.models import Clock, FormerPapers, Paper, Warning
from tests import factories


def arrested(stay: Custody, *, days_ago: int) -> Paper:
    """A stay whose person was arrested so many days ago; two months are the limit (CPL 156)."""
    day = clock.today() - timedelta(days=days_ago)
    event: dict[str, Any] = {"type": "arrest", "at": day.isoformat(), "document": "D02"}
    return services.record_paper(
        stay.pk,
        event,
        by=factories.an_officer(Post.CASE_OFFICER),
        number="甲公捕字〔2026〕9号",
        authority="甲东市公安局城关分局",
    )


def overdue(stay: Custody) -> tuple[Paper, Warning]:
    """Somebody held a month beyond the limit, and the warning that says so."""
    paper = arrested(stay, days_ago=92)
    return paper, Warning.objects.get(custody=stay, rule="AL-4")


def ended_here(stay: Custody, *, days_ago: int) -> Paper:
    """Somebody who was arrested and watched here all along, and whose limit ended so many days ago."""
    paper = arrested(stay, days_ago=62 + days_ago)
    Clock.objects.filter(custody=stay).update(watched_since=clock.now() - timedelta(days=90))
    return paper


def brought(stay: Custody) -> FormerPapers:
    """A stay to which the worker offered the detention warrant of another facility."""
    day = clock.today() - timedelta(days=12)
    return FormerPapers.objects.create(
        custody=stay,
        organization_id=stay.organization_id,
        former_id=new_id(),
        facility="甲西市看守所",
        number="S9",
        papers=[
            {
                "event": {"type": "criminal_detention", "at": day.isoformat()},
                "number": "甲公拘字〔2026〕3号",
                "authority": "甲西市公安局",
            }
        ],
        offered_at=clock.now(),
        entry_id=new_id(),
    )
