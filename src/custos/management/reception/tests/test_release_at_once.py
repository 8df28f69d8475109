"""Two connections at the gate at the same moment: the second sees what the first did."""

from collections.abc import Callable

import psycopg
import pytest

from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.database import scope
from custos.foundation.documents.models import Issued
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.models import Release
from tests import leaving as ways
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case() -> Release:
    with scope.entered(SYSTEM):
        facility = a_facility()
        stay = a_detainee(in_cell=a_cell(facility=facility), name="王小川")
        return ways.checked(ways.received(stay))


def ready_to_confirm(case: Release) -> Callable[[], object]:
    """Two officers at a desk whose confirmation is given; what they then do."""
    with scope.entered(SYSTEM):
        facility = Organization.objects.get(pk=case.organization_id)
        return ways.ready(case, *ways.two_officers(facility))


def a_warrant(case: Release) -> object:
    warrant = facts.Basis(kind="arrest_warrant", number="邻捕1号", issuer="邻县公安局", seal=True)
    return people.record_fact(case.custody_id, warrant, by=an_officer(Post.INTERROGATION))


def test_two_gates_at_once_end_a_stay_once(
    case: Release, superuser_sql: psycopg.Connection
) -> None:
    one, other = ready_to_confirm(case), ready_to_confirm(case)
    assert both(superuser_sql, one, other) == ["done", "custody.ended"]
    with scope.entered(SYSTEM):
        found = Entry.objects.filter(custody_id=case.custody_id, kind="custody.released")
        assert found.count() == 1
        assert Issued.objects.filter(custody_id=case.custody_id).count() == 1


def test_a_hold_that_is_recorded_a_moment_before_the_confirmation_refuses_it(
    case: Release, superuser_sql: psycopg.Connection
) -> None:
    told = both(superuser_sql, lambda: a_warrant(case), ready_to_confirm(case))
    assert told == ["done", "release.REL-HOLD"]
    with scope.entered(SYSTEM):
        assert Custody.objects.get(pk=case.custody_id).ended_at is None


def test_a_hold_that_comes_while_somebody_is_leaving_waits_for_that(
    case: Release, superuser_sql: psycopg.Connection
) -> None:
    told = both(superuser_sql, ready_to_confirm(case), lambda: a_warrant(case))
    assert told == ["done", "done"]
    with scope.entered(SYSTEM):
        assert Custody.objects.get(pk=case.custody_id).ended_at is not None


def test_of_two_who_receive_a_document_at_once_both_come_to_one_case(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=a_cell(), name="王小川")
    told = both(
        superuser_sql,
        lambda: ways.received(stay),
        lambda: ways.received(stay, number="释字2号"),
    )
    assert told == ["done", "done"]
    with scope.entered(SYSTEM):
        assert Release.objects.filter(custody_id=stay.pk).count() == 1
