"""Two connections that end, record and compute at the same moment: the alarm says what holds afterwards."""

from collections.abc import Callable
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
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.tests import worlds
from tests import leaving as ways
from tests.at_once import both
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
