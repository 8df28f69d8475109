"""The papers of a stay follow the person to another facility, where an officer takes them over."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from custos.foundation import clock
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import Conflict
from custos.foundation.record import services as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.timelimits import former, queries, services
from custos.management.timelimits.models import Clock, FormerPapers, Paper, Warning
from custos.prevention.duty.models import Task
from tests import leaving
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db(transaction=True)

OFFICER = an_officer(Post.CASE_OFFICER)
BORN = date(1990, 5, 5)
ARREST = {"type": "arrest", "at": "2026-03-05", "document": "D02"}
LONGER = {
    "type": "extension",
    "at": "2026-04-25",
    "months": 1,
    "ground": "complex",
    "approver": "procuratorate_next_higher",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture(autouse=True)
def _in_scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def held(name: str = "王小川") -> Custody:
    return a_detainee(in_cell=a_cell(facility=a_facility()), name=name, born=BORN)


def brought(*, name: str = "王小川", way: str = "TRANSFER") -> tuple[Custody, Custody]:
    """A stay with two papers that ended at one facility, and the one that began at another."""
    with clock.set_to(at("2026-03-05T18:00")):
        old = held()
    for event, now in ((ARREST, "2026-03-06T09:00"), (LONGER, "2026-04-26T09:00")):
        with clock.set_to(at(now)):
            services.record_paper(old.pk, event, by=OFFICER, number="甲字1号", authority="城关分局")
    with clock.set_to(at("2026-05-01T09:00")):
        leaving.handed_over(old, way)
    with clock.set_to(at("2026-05-01T15:00")):
        new = held(name)
        record.run_due()
    return old, new


def test_the_papers_of_a_transfer_are_offered_and_the_clock_runs_on_once_they_are_taken_over() -> (
    None
):
    old, new = brought()
    with clock.set_to(at("2026-05-01T16:00")):
        waiting = former.waiting(new.pk)
        assert waiting is not None
        assert [one.title for one in waiting.papers] == ["执行逮捕", "延长期限"]
        assert Task.objects.filter(custody_id=new.pk, source_kind="limit.papers_offered").exists()
        assert not Paper.objects.filter(custody=new).exists(), "nothing follows by itself"
        assert former.take_over(new.pk, by=OFFICER) == 2
        row = Clock.objects.get(pk=new.pk)
        assert (row.standing, row.last_day) == ("running", date(2026, 6, 5))
        assert former.waiting(new.pk) is None
        task = Task.objects.get(custody_id=new.pk, source_kind="limit.papers_offered")
        assert task.ended_at is not None
        with pytest.raises(Conflict):
            former.take_over(new.pk, by=OFFICER)
    # The former facility keeps what it had, and its clock stands still.
    assert Paper.objects.filter(custody=old).count() == 2
    assert not Clock.objects.get(pk=old.pk).held
    entered = Entry.objects.filter(custody_id=new.pk, kind="limit.paper_recorded")
    assert {row.organization_id for row in entered} == {new.organization_id}


def test_the_document_of_the_admission_is_not_entered_twice() -> None:
    _old, new = brought()
    with clock.set_to(at("2026-05-01T16:00")):
        services.record_paper(new.pk, ARREST, by=OFFICER)
        assert former.take_over(new.pk, by=OFFICER) == 1
        assert [one.type for one in queries.papers_of(new.pk)] == ["arrest", "extension"]
        assert Clock.objects.get(pk=new.pk).last_day == date(2026, 6, 5)


@pytest.mark.parametrize(
    ("here", "there", "kept"),
    [
        # The former facility knew an earlier last day, or the hour.
        ({"until": "2026-05-08"}, {"until": "2026-05-06"}, {"until": "2026-05-06"}),
        ({}, {"until": "2026-05-06"}, {"until": "2026-05-06"}),
        ({}, {"at": "2026-03-05T15:00:00+08:00"}, {"at": "2026-03-05T15:00:00+08:00"}),
        (
            {"at": "2026-03-05T16:30:00+08:00"},
            {"at": "2026-03-05T15:00:00+08:00"},
            {"at": "2026-03-05T15:00:00+08:00"},
        ),
        # What it has is no earlier, or says less: the paper here stays.
        ({"until": "2026-05-06"}, {"until": "2026-05-08"}, {"until": "2026-05-06"}),
        ({"until": "2026-05-06"}, {}, {"until": "2026-05-06"}),
        (
            {"at": "2026-03-05T15:00:00+08:00"},
            {"at": "2026-03-05T16:30:00+08:00"},
            {"at": "2026-03-05T15:00:00+08:00"},
        ),
    ],
)
def test_of_one_paper_on_two_records_the_earlier_limit_and_hour_are_kept(
    here: dict[str, str], there: dict[str, str], kept: dict[str, str]
) -> None:
    with clock.set_to(at("2026-03-05T18:00")):
        old = held()
    with clock.set_to(at("2026-03-06T09:00")):
        services.record_paper(old.pk, ARREST | there, by=OFFICER, number="甲字1号", authority="x")
    with clock.set_to(at("2026-04-01T09:00")):
        leaving.handed_over(old)
    with clock.set_to(at("2026-04-01T15:00")):
        new = held()
        record.run_due()
        services.record_paper(new.pk, ARREST | here, by=OFFICER, number="甲字1号", authority="x")
        before = Clock.objects.get(pk=new.pk).due_at
        former.take_over(new.pk, by=OFFICER)
        counts = Paper.objects.get(custody=new, event__isnull=False, replaced_by=None)
        after = Clock.objects.get(pk=new.pk).due_at
    assert counts.event == ARREST | kept
    assert counts.number == "甲字1号"
    assert before is not None
    assert after is not None
    assert after <= before, "nothing ever moves later"
    assert former.waiting(new.pk) is None


def test_an_hour_by_which_an_end_would_come_later_is_not_taken_over() -> None:
    """Twelve hours from the day as it stands end before twelve hours from its afternoon (CPL 119)."""
    here, there = (
        {"type": "summons", "at": f"2026-03-05{hour}"} for hour in ("", "T15:00:00+08:00")
    )
    with clock.set_to(at("2026-03-05T18:00")):
        stay = held()
        paper = services.record_paper(stay.pk, here, by=OFFICER, number="1", authority="x")
        assert former._sooner(paper.pk, stay.pk, here, there) == here


def test_what_is_taken_over_after_an_end_is_history_and_not_late() -> None:
    """The limit of the arrest ends on 5 May, in the days that the file waits; the extension was there."""
    _old, new = brought()
    with clock.set_to(at("2026-05-01T16:00")):
        services.record_paper(new.pk, ARREST, by=OFFICER)
    with clock.set_to(at("2026-05-07T09:00")):
        assert former.take_over(new.pk, by=OFFICER) == 1
        assert Clock.objects.get(pk=new.pk).last_day == date(2026, 6, 5)
    assert not Paper.objects.filter(limit_ended_at__isnull=False).exists()


def test_what_was_said_here_to_be_past_is_no_history_for_papers_that_are_taken_over() -> None:
    """The same, and the warning of 5 May was raised here: the reason is asked, and a leader answers."""
    _old, new = brought()
    with clock.set_to(at("2026-05-01T16:00")):
        services.record_paper(new.pk, ARREST, by=OFFICER)
    with clock.set_to(at("2026-05-06T00:00")):
        services.sweep()
    with clock.set_to(at("2026-05-07T09:00")):
        with pytest.raises(Conflict) as caught:
            former.take_over(new.pk, by=OFFICER)
        assert (caught.value.code, caught.value.field) == (
            "timelimits.recorded_late",
            "late_reason",
        )
        assert former.waiting(new.pk) is not None
        assert former.take_over(new.pk, by=OFFICER, late_reason="档案5月7日才送到") == 1
        assert Clock.objects.get(pk=new.pk).last_day == date(2026, 5, 5)
        longer = Paper.objects.get(custody=new, type="extension")
        warning = Warning.objects.get(custody=new, rule="AL-4")
        assert (warning.closed_at, warning.late_paper_id) == (None, longer.pk)
    with clock.set_to(at("2026-05-07T10:00")):
        services.answer(warning.pk, "accepted", "档案已核对", by=an_officer(Post.LEADER))
        assert Clock.objects.get(pk=new.pk).last_day == date(2026, 6, 5)
        (gap,) = queries.gaps_of(queries.papers_of(new.pk), queries.clock_of(new.pk))
    assert (gap.since, gap.until) == (at("2026-05-06T00:00"), at("2026-05-07T10:00"))


def test_a_whole_case_that_is_taken_over_late_asks_nothing() -> None:
    """Ends that pass only while the papers are entered one by one never were any."""
    _old, new = brought()
    with clock.set_to(at("2026-05-06T00:00")):
        services.sweep()
    with clock.set_to(at("2026-05-07T09:00")):
        assert former.take_over(new.pk, by=OFFICER) == 2
    assert not Warning.objects.filter(custody=new, rule="AL-4", closed_at=None).exists()


def test_whoever_arrived_before_the_former_facility_closed_the_stay_gets_them_then() -> None:
    with clock.set_to(at("2026-03-05T18:00")):
        old = held()
    with clock.set_to(at("2026-03-06T09:00")):
        services.record_paper(old.pk, ARREST, by=OFFICER)
    with clock.set_to(at("2026-05-01T07:00")):
        new = held()
        record.run_due()
        assert former.waiting(new.pk) is None
    with clock.set_to(at("2026-05-01T09:00")):
        leaving.handed_over(old)
        record.run_due()
        assert former.waiting(new.pk) is not None


@pytest.mark.parametrize("other", [{"name": "李四"}, {"way": "PRISON"}])
def test_the_papers_of_another_person_or_another_way_out_are_offered_to_nobody(
    other: dict[str, Any],
) -> None:
    _old, new = brought(**other)
    assert former.waiting(new.pk) is None
    with pytest.raises(Conflict):
        former.take_over(new.pk, by=OFFICER)


def test_where_two_people_might_be_meant_nothing_is_offered() -> None:
    with clock.set_to(at("2026-03-05T18:00")):
        twins = [held(), held()]
    for stay in twins:
        with clock.set_to(at("2026-03-06T09:00")):
            services.record_paper(stay.pk, ARREST, by=OFFICER)
        with clock.set_to(at("2026-05-01T09:00")):
            leaving.handed_over(stay)
    with clock.set_to(at("2026-05-01T15:00")):
        new = held()
        record.run_due()
    assert not FormerPapers.objects.filter(custody=new).exists()
