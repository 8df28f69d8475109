"""The transition period of new arrivals: how long it lasts, and that an assessment of two ends it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from custos.foundation import clock
from custos.foundation.custody import place_queries, separating
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, NotAllowed
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db

WORDS = "情绪平稳，知晓权利义务，体检无异常"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def officer() -> Actor:
    return an_officer(Post.CASE_OFFICER)


def doctor() -> Actor:
    return an_officer(Post.MEDICAL, StaffKind.CLINICIAN)


def a_stay(facility: Organization, *, days: int) -> Custody:
    cell = a_cell(facility=facility)
    Cell.objects.filter(pk=cell.pk).update(kind="transition")
    with clock.set_to(clock.now() - timedelta(days=days, minutes=1)):
        return a_detainee(in_cell=cell)


def against(stay: Custody) -> set[str]:
    return {
        rule.id
        for one in place_queries.proposals(stay.pk)
        for rule in one.against
        if rule.id == "TRANSITION-PERIOD"
    }


def test_an_ordinary_cell_is_warned_of_until_the_assessment_or_fifteen_days() -> None:
    facility = a_facility()
    stay = a_stay(facility, days=8)
    a_cell(facility=facility)
    assert against(stay) == {"TRANSITION-PERIOD"}
    assert place_queries.separation_of(stay.pk).in_transition
    separating.end_transition(stay.pk, assessment=WORDS, by=officer(), second=doctor())
    assert against(stay) == set()
    assert not place_queries.separation_of(stay.pk).in_transition
    assert against(a_stay(facility, days=15)) == set()


@pytest.mark.parametrize(("kind", "least"), [("KSS", 7), ("JLS", 7), ("QJS", 15)])
def test_no_assessment_ends_it_before_the_least_number_of_days(kind: str, least: int) -> None:
    facility = a_facility(kind)
    early, late = (a_stay(facility, days=days) for days in (least - 1, least))
    with pytest.raises(Conflict, match="too_early"):
        separating.end_transition(early.pk, assessment=WORDS, by=officer(), second=doctor())
    separating.end_transition(late.pk, assessment=WORDS, by=doctor(), second=officer())
    with pytest.raises(Conflict, match="settled"):
        separating.end_transition(late.pk, assessment=WORDS, by=officer(), second=doctor())


def test_it_takes_a_case_officer_and_a_doctor_and_their_words() -> None:
    stay = a_stay(a_facility(), days=8)
    with pytest.raises(NotAllowed):
        separating.end_transition(stay.pk, assessment=WORDS, by=officer(), second=officer())
    with pytest.raises(Malformed):
        separating.end_transition(stay.pk, assessment=" ", by=officer(), second=doctor())
    assert not Entry.objects.filter(kind="custody.settled").exists()


def test_the_assessment_is_asked_for_on_the_day_on_which_it_may_be_made() -> None:
    here, treatment = a_facility(), a_facility("QJS")
    due = a_stay(here, days=7)
    a_stay(here, days=6)
    a_stay(treatment, days=7)
    done = a_stay(here, days=7)
    separating.end_transition(done.pk, assessment=WORDS, by=officer(), second=doctor())
    assert separating.look_at_transitions(clock.today()) == 1
    task = Task.objects.get(rule_id="DUTY-TRANSITION")
    assert (task.custody_id, task.post) == (due.pk, "case_officer")
