"""Papers, clocks and warnings by the services that pages call, on a database."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custos.foundation import clock
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.management.timelimits import computing, permits, queries, services
from custos.management.timelimits.models import Clock, Decision, Paper, Warning
from custos.management.timelimits.services import GivenPaper
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task
from tests import leaving
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db

ARREST = {"type": "arrest", "at": "2024-03-05", "document": "D02"}
EXTENSION = {
    "type": "extension",
    "at": "2024-04-25",
    "months": 1,
    "ground": "complex",
    "approver": "procuratorate_next_higher",
    "document": "D05",
}
OFFICER = an_officer(Post.CASE_OFFICER)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture(autouse=True)
def _in_scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def stay() -> Custody:
    with clock.set_to(at("2024-03-05T18:00")):
        return a_detainee(in_cell=a_cell())


def entered(stay: Custody, event: dict[str, Any], now: str, **more: Any) -> Paper:
    with clock.set_to(at(now)):
        return services.record_paper(stay.pk, event, by=OFFICER, **more)


def swept(now: str) -> int:
    with clock.set_to(at(now)):
        return services.sweep()


def decided(stay: Custody, now: str, how: str = "accepted", words: str = "已核对原件") -> Warning:
    """A leader decides of the paper that waits, on the oldest warning that the limit has ended."""
    warning = Warning.objects.filter(custody=stay, rule="AL-4", closed_at=None).earliest(
        "raised_at"
    )
    with clock.set_to(at(now)):
        return services.answer(warning.pk, how, words, by=an_officer(Post.LEADER))


def clock_of(stay: Custody) -> Clock:
    return Clock.objects.get(pk=stay.pk)


def kinds_about(stay: Custody) -> list[str]:
    return list(
        Entry.objects.filter(custody_id=stay.pk, kind__startswith="limit.")
        .order_by("id")
        .values_list("kind", flat=True)
    )


def open_rules(stay: Custody) -> set[str]:
    return set(
        Warning.objects.filter(custody=stay, closed_at__isnull=True).values_list("rule", flat=True)
    )


# ---------------------------------------------------------------------- papers


def test_a_paper_moves_the_clock_and_stands_on_the_record_with_its_reasons(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00", number="甲公捕字〔2024〕9号")
    row = clock_of(stay)
    assert (row.state, row.authority, row.last_day) == ("S20", "police", date(2024, 5, 5))
    assert row.due_at == at("2024-05-06T00:00")
    assert kinds_about(stay) == ["limit.paper_recorded", "limit.computed"]
    last = record.timeline(detainee=stay.detainee_id, kinds=["limit.computed"])[0]
    assert "2024-05-06 00:00" in last.text


def test_everybody_admitted_has_a_clock_without_papers_at_first(stay: Custody) -> None:
    row = clock_of(stay)
    assert (row.standing, row.due_at, row.held) == ("no_basis", None, True)


def test_whoever_came_in_without_a_clock_gets_one(stay: Custody) -> None:
    other = Custody.objects.create(
        detainee=Detainee.objects.create(organization=stay.organization, name="Li Si", sex="1"),
        organization=stay.organization,
        number="S1",
        basis="逮捕证",
        basis_number="9",
        admitted_at=at("2024-03-05T18:00"),
    )
    assert services.adopt() == 1
    assert clock_of(other).next_at == at("2024-03-06T18:00")
    assert services.adopt() == 0


def test_a_paper_of_the_future_is_refused_at_its_date(stay: Custody) -> None:
    with pytest.raises(Malformed) as caught:
        entered(stay, ARREST | {"at": "2024-03-07"}, "2024-03-05T19:00")
    assert caught.value.code == "timelimits.FUTURE_EVENT"
    assert caught.value.field == "at"
    assert not Paper.objects.exists()


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        ({"type": "arrest", "at": "2024-02-30"}, "DATE_DOES_NOT_EXIST", "at"),
        ({"type": "arrest", "at": "2023-02-29"}, "NOT_A_LEAP_YEAR", "at"),
        ({"type": "permit_issued", "at": "2024-03-05"}, "FIELD_MISSING", "until"),
        ({"type": "nothing", "at": "2024-03-05"}, "TYPE_UNKNOWN", "at"),
    ],
)
def test_a_fact_that_is_none_is_refused_in_words(
    stay: Custody, event: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Malformed) as caught:
        entered(stay, event, "2024-03-05T19:00")
    assert (caught.value.code, caught.value.field) == (f"timelimits.{code}", field)
    assert caught.value.message


def test_a_paper_that_does_not_fit_is_kept_with_a_reason_and_moves_nothing(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    returned = {"type": "returned_for_investigation", "at": "2024-04-01"}
    with pytest.raises(Conflict) as caught:
        entered(stay, returned, "2024-04-01T19:00")
    assert caught.value.field == "reason"
    entered(stay, returned, "2024-04-01T19:00", reason="文书就是这样写的，已电话核实")
    assert clock_of(stay).last_day == date(2024, 5, 5)
    assert Paper.objects.filter(custody=stay).count() == 2


def test_a_correction_keeps_the_old_paper_and_the_old_result(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    with clock.set_to(at("2024-03-06T09:00")):
        services.correct_paper(
            paper.pk, ARREST | {"at": "2024-03-04"}, reason="日期看错了", by=OFFICER
        )
    assert clock_of(stay).last_day == date(2024, 5, 4)
    assert [one.counts for one in queries.papers_of(stay.pk)] == [True, False]
    computed = record.timeline(detainee=stay.detainee_id, kinds=["limit.computed"])
    assert ["2024-05-05 00:00" in one.text for one in computed] == [True, False]
    corrected = Entry.objects.get(kind="limit.paper_corrected")
    assert corrected.corrects_id == paper.entry_id
    with pytest.raises(Conflict, match="replaced_already"), clock.set_to(at("2024-03-06T10:00")):
        services.correct_paper(paper.pk, None, reason="再次更正", by=OFFICER)


def test_a_paper_taken_back_counts_no_more(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    with clock.set_to(at("2024-03-06T09:00")):
        services.correct_paper(paper.pk, None, reason="录到了别人的档案里", by=OFFICER)
    assert clock_of(stay).standing == "no_basis"


def test_a_paper_is_never_changed(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    with pytest.raises(DatabaseError), transaction.atomic():
        Paper.objects.filter(pk=paper.pk).update(happened_on=date(2024, 1, 1))


def test_papers_are_entered_by_police_on_their_posts(stay: Custody) -> None:
    for by in (an_officer(Post.PATROL), an_officer(Post.CASE_OFFICER, StaffKind.AUXILIARY)):
        with pytest.raises(NotAllowed):
            services.record_paper(stay.pk, ARREST, by=by)


def test_a_stay_out_of_scope_is_missing(stay: Custody) -> None:
    elsewhere = a_facility()
    with (
        scope.entered(scope.Scope(elsewhere.pk, elsewhere.pk, frozenset({1}))),
        pytest.raises(Missing),
    ):
        services.record_paper(stay.pk, ARREST, by=OFFICER)
    with pytest.raises(Missing):
        services.weigh(uuid4(), ARREST)


def test_what_a_paper_would_do_is_weighed_without_a_trace(stay: Custody) -> None:
    with clock.set_to(at("2024-03-05T19:00")):
        weighed = services.weigh(stay.pk, ARREST)
    assert weighed.before.current is None
    assert weighed.after.stages[0].last_day == date(2024, 5, 5).toordinal()
    assert not Paper.objects.exists()


def test_a_late_paper_never_moves_an_end_later(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    late = EXTENSION | {"at": "2024-05-07"}
    with pytest.raises(Conflict):
        entered(stay, late, "2024-05-07T10:00")
    entered(stay, late, "2024-05-07T10:00", reason="办案机关逾期送达")
    assert clock_of(stay).due_at == at("2024-05-06T00:00")


# ---------------------------------------------------------------------- the sweep and warnings


def test_the_sweep_says_each_step_once_and_opens_a_task(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    assert swept("2024-04-28T23:00") == 0
    assert swept("2024-04-29T00:00") == 1
    assert swept("2024-04-29T00:01") == 0
    assert swept("2024-05-01T00:00") == 1
    warning = Warning.objects.get(custody=stay, rule="AL-2")
    assert (warning.step, warning.due_at) == (2, at("2024-05-06T00:00"))
    tasks = Task.objects.filter(custody_id=stay.pk, rule_id="DUTY-LIMIT-NEAR")
    assert [task.post for task in tasks] == ["case_officer"] * 2


def test_a_sweep_that_comes_late_says_what_was_missed_in_one(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    assert open_rules(stay) == {"AL-4"}
    assert not Warning.objects.filter(rule="AL-2").exists(), "nothing is about to end any more"
    over = Task.objects.get(rule_id="DUTY-LIMIT-OVER")
    assert (over.severity, over.post) == (1, "leader")


def test_a_warning_ends_by_a_new_basis(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    paper = entered(stay, EXTENSION | {"at": "2024-05-01"}, "2024-05-01T10:00")
    warning = Warning.objects.get(rule="AL-2")
    assert (warning.closed_by, warning.closed_paper_id) == ("basis", paper.pk)
    assert clock_of(stay).last_day == date(2024, 6, 5)


def test_the_tasks_of_a_warning_end_with_it_and_say_so(stay: Custody) -> None:
    """All of them, also the one that somebody has accepted."""
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    with clock.set_to(at("2024-04-30T09:00")):
        duty.accept(Task.objects.get(custody_id=stay.pk).pk, by=OFFICER)
    swept("2024-05-01T00:00")
    entered(stay, EXTENSION | {"at": "2024-05-01"}, "2024-05-01T10:00")
    tasks = Task.objects.filter(custody_id=stay.pk, rule_id="DUTY-LIMIT-NEAR")
    assert [(one.state, one.withdrawn_reason) for one in tasks] == [
        ("withdrawn", "预警已解除：有新的依据。")
    ] * 2
    assert Entry.objects.filter(kind="task.withdrawn", custody_id=stay.pk).count() == 2


@pytest.mark.parametrize("how", ["release", "replaced"])
def test_tasks_about_a_limit_end_when_the_person_left_or_something_stronger_is_said(
    stay: Custody, how: str
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    near = Task.objects.get(custody_id=stay.pk, rule_id="DUTY-LIMIT-NEAR")
    if how == "release":
        with clock.set_to(at("2024-04-30T09:00")):
            leaving.left(stay)
    else:
        swept("2024-05-06T00:00")
        assert Task.objects.get(rule_id="DUTY-LIMIT-OVER").state == "open"
    near.refresh_from_db()
    assert near.state == "withdrawn"


def test_what_ends_a_warning_in_words_answers_its_task(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    event = {"type": "application_received", "at": "2024-03-10T09:00:00+08:00", "kind": "expired"}
    entered(stay, event, "2024-03-10T10:00")
    swept("2024-03-11T09:00")
    warning = Warning.objects.get(rule="AL-6")
    with clock.set_to(at("2024-03-11T10:00")):
        services.answer(warning.pk, "forwarded", "已转办案单位", by=OFFICER)
    task = Task.objects.get(source_kind="limit.application_waits")
    assert (task.state, task.answer) == ("answered", "已转办案单位")


def test_a_warning_does_not_end_by_a_correction(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    with clock.set_to(at("2024-05-06T08:00")):
        later = ARREST | {"at": "2024-03-20"}
        services.correct_paper(
            paper.pk, later, reason="实际执行日期为3月20日", late_reason="核对原件晚", by=OFFICER
        )
    assert clock_of(stay).last_day == date(2024, 5, 5)
    assert open_rules(stay) == {"AL-4"}
    decided(stay, "2024-05-06T09:00")
    assert clock_of(stay).last_day == date(2024, 5, 20)


def test_a_warning_does_not_end_by_a_paper_that_does_not_fit(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    late = EXTENSION | {"at": "2024-05-07"}
    entered(stay, late, "2024-05-07T10:00", reason="办案机关逾期送达")
    assert open_rules(stay) == {"AL-4"}


def test_a_warning_does_not_end_by_an_answer_or_a_finished_task(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    warning = Warning.objects.get(rule="AL-2")
    services.answer(warning.pk, "extend", "办案单位王警官电话答复：拟延长", by=OFFICER)
    assert open_rules(stay) == {"AL-2"}
    assert swept("2024-05-01T00:00") == 1
    assert Warning.objects.get(rule="AL-2").step == 2


def test_a_warning_that_asks_for_an_answer_alone_ends_by_it(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    application = {
        "type": "application_received",
        "at": "2024-03-06T10:00:00+08:00",
        "kind": "change_measure",
    }
    entered(stay, application, "2024-03-06T10:30")
    swept("2024-03-07T10:00")
    warning = Warning.objects.get(rule="AL-6")
    services.answer(warning.pk, "forwarded", "已于10:20交办案单位内勤签收", by=OFFICER)
    assert open_rules(stay) == set()


def test_a_warning_ends_by_release(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    with clock.set_to(at("2024-05-06T09:00")):
        leaving.left(stay)
    assert open_rules(stay) == set()
    assert (clock_of(stay).held, clock_of(stay).next_at) == (False, None)
    with pytest.raises(Conflict, match="stay_ended"):
        entered(stay, EXTENSION, "2024-05-07T09:00")


def test_the_database_closes_no_warning_without_a_basis(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    for by_what in ("basis", "click", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            Warning.objects.filter(rule="AL-2").update(closed_at=clock.now(), closed_by=by_what)


def test_custody_without_a_basis_is_said_after_a_day(stay: Custody) -> None:
    assert swept("2024-03-06T17:00") == 0
    assert swept("2024-03-06T18:00") == 1
    assert open_rules(stay) == {"NO-BASIS"}
    entered(stay, ARREST, "2024-03-06T19:00")
    assert open_rules(stay) == set()


def test_a_clock_that_stands_still_moves_each_midnight(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    exam = {"type": "psychiatric_exam_started", "at": "2024-04-01"}
    entered(stay, exam, "2024-04-01T10:00")
    swept("2024-04-11T00:00")
    assert clock_of(stay).paused
    first = clock_of(stay).last_day
    swept("2024-04-12T00:00")
    assert first is not None
    assert clock_of(stay).last_day == first + timedelta(days=1)


def test_the_whole_sweep_takes_the_same_queries_for_one_and_for_ten() -> None:
    facility = a_facility()
    counts = []
    for people in (1, 10):
        cell = a_cell(facility=facility)
        with clock.set_to(at("2024-03-05T18:00")):
            stays = [a_detainee(in_cell=cell, reason="临时") for _ in range(people)]
        for one in stays:
            exam = {"type": "psychiatric_exam_started", "at": "2024-03-10"}
            entered(one, ARREST, "2024-03-05T19:00")
            entered(one, exam, "2024-03-10T10:00")
        Clock.objects.exclude(pk__in=[one.pk for one in stays]).update(next_at=None)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert swept("2024-03-12T00:00") == people
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_custody_beyond_the_limit_takes_the_place_of_the_warning_that_it_nears(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    swept("2024-05-06T00:00")
    assert open_rules(stay) == {"AL-4"}
    near, over = Warning.objects.get(rule="AL-2"), Warning.objects.get(rule="AL-4")
    assert (near.closed_by, near.replaced_by_id) == ("replaced", over.pk)
    said = record.timeline(detainee=stay.detainee_id, kinds=["limit.warning_ended"])[0]
    assert getattr(said.payload, "replaced_by", None) == over.pk
    assert "replaced by a stronger one" in said.text or "更严重的预警取代" in said.text


def test_each_warning_takes_the_place_of_weaker_ones_about_the_same_limit_alone(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    entered(stay, EXTENSION | {"at": "2024-05-01"}, "2024-05-01T10:00")
    swept("2024-05-30T00:00")
    assert open_rules(stay) == {"AL-2"}
    swept("2024-06-06T00:00")
    assert [
        (one.closed_by, str(one.due_at.date()) if one.due_at else "")
        for one in Warning.objects.filter(rule="AL-2").order_by("due_at")
    ] == [("basis", "2024-05-05"), ("replaced", "2024-06-05")]


# ---------------------------------------------------------------------- papers that come late

IN_TIME = EXTENSION | {"at": "2024-05-02"}
LEADER = an_officer(Post.LEADER)


def late(stay: Custody, now: str = "2024-05-07T10:30", **more: Any) -> Paper:
    """An extension decided before the end of 5 May that is entered after it."""
    return entered(stay, IN_TIME, now, late_reason="办案单位5月7日才送达", **more)


def test_a_paper_entered_after_the_end_asks_why_it_came_late(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    for reason in ("", "  "):
        with pytest.raises(Conflict) as caught:
            entered(stay, IN_TIME, "2024-05-07T10:30", late_reason=reason)
        assert caught.value.code == "timelimits.recorded_late"
        assert caught.value.field == "late_reason"
        assert "35" in caught.value.message
        assert caught.value.mend
    assert clock_of(stay).last_day == date(2024, 5, 5)
    assert Paper.objects.count() == 1


def test_a_late_paper_bears_its_reason_and_how_late_it_was_and_ends_no_warning(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    paper = late(stay)
    assert (paper.limit_ended_at, paper.late_reason) == (
        at("2024-05-06T00:00"),
        "办案单位5月7日才送达",
    )
    said = record.timeline(detainee=stay.detainee_id, kinds=["limit.paper_recorded"])[0]
    assert "35" in said.text
    assert "办案单位5月7日才送达" in said.text
    assert "等待所领导决定" in said.text
    row = clock_of(stay)
    assert (row.last_day, row.paper_waits, paper.waits) == (date(2024, 5, 5), True, True)
    assert open_rules(stay) == {"AL-4"}
    warning = Warning.objects.get(rule="AL-4")
    assert warning.late_paper_id == paper.pk
    swept("2024-05-08T00:00")
    assert open_rules(stay) == {"AL-4"}


@pytest.mark.parametrize("via", ["prosecution_received", "bail"])
def test_a_passed_end_does_not_move_by_the_detour_of_a_paper_that_is_taken_back(
    stay: Custody, via: str
) -> None:
    """What was accepted was the way out, or another paper: it doesn't speak for the extension."""
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    event = {"type": via, "at": "2024-05-10"}
    detour = entered(stay, event, "2024-05-10T10:00", reason="试", late_reason="当日才送达")
    if via == "prosecution_received":
        decided(stay, "2024-05-10T11:00")
        assert "AL-4" not in open_rules(stay)
        entered(stay, EXTENSION, "2024-05-20T10:00", reason="试")
    else:
        assert "AL-4" in open_rules(stay)
        entered(stay, EXTENSION, "2024-05-20T10:00", reason="试")
    with clock.set_to(at("2024-05-20T11:00")):
        with pytest.raises(Conflict) as caught:
            services.correct_paper(detour.pk, None, reason="误录", by=OFFICER)
        assert caught.value.code == "timelimits.recorded_late"
        services.correct_paper(
            detour.pk, None, reason="误录", late_reason="延长决定书当日才到", by=OFFICER
        )
    assert "AL-4" in open_rules(stay)
    swept("2024-05-21T00:00")
    assert "AL-4" in open_rules(stay)
    due = clock_of(stay).due_at
    assert due is None or due <= at("2024-06-11T00:00"), "no later than what a leader accepted"


def test_a_stay_whose_papers_were_loaded_was_watched_all_along(stay: Custody) -> None:
    now = at("2024-05-07T10:00")
    with clock.set_to(now):
        services.load_papers([GivenPaper(stay, ARREST, OFFICER, now)])
    swept("2024-05-07T10:10")
    assert open_rules(stay) == {"AL-4"}
    with pytest.raises(Conflict) as caught:
        entered(stay, IN_TIME, "2024-05-07T10:30")
    assert caught.value.code == "timelimits.recorded_late"


def _from_a_sheet(arrived: str, imported: str) -> Custody:
    """Somebody arrested on 5 March who came to this house on a day, and whom a sheet brought later."""
    facility = a_facility()
    stay = Custody.objects.create(
        detainee=Detainee.objects.create(organization=facility, name="Li Si", sex="1"),
        organization=facility,
        number="S1",
        basis="逮捕证",
        basis_number="9号",
        admitted_at=at(arrived),
    )
    answers = {
        "basis": "逮捕证",
        "basis_number": "9号",
        "authority": "甲东市公安局",
        "seized_at": at("2024-03-05T09:30"),
        "arrived_at": at(arrived),
        "issued_on": date(2024, 3, 5),
    }
    with clock.set_to(at(imported)):
        assert services.first_papers({stay.pk: answers}, by=OFFICER) == 1
    return stay


def test_an_end_that_passed_here_before_a_sheet_brought_the_stay_is_not_moved_without_a_reason() -> (
    None
):
    """The person was held here beyond the end: that the record began later makes no history of it."""
    stay = _from_a_sheet("2024-03-05T18:00", "2024-05-20T10:00")
    swept("2024-05-20T10:10")
    assert open_rules(stay) == {"AL-4"}
    with pytest.raises(Conflict) as caught:
        entered(stay, IN_TIME, "2024-05-20T10:30")
    assert caught.value.code == "timelimits.recorded_late"
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    paper = entered(stay, IN_TIME, "2024-05-20T10:31", late_reason="导入前已送达，当时未录入")
    assert paper.limit_ended_at == at("2024-05-06T00:00")
    assert open_rules(stay) >= {"AL-4"}
    assert Warning.objects.get(rule="AL-4").late_paper_id == paper.pk


def test_an_end_of_before_the_arrival_here_is_history_also_where_a_sheet_brought_the_stay() -> None:
    stay = _from_a_sheet("2024-05-10T18:00", "2024-05-20T10:00")
    assert entered(stay, IN_TIME, "2024-05-20T10:30").limit_ended_at is None
    assert clock_of(stay).last_day == date(2024, 6, 5)


def test_a_late_paper_is_answered_for_by_a_leader_and_by_nobody_else(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    paper = late(stay)
    warning = Warning.objects.get(rule="AL-4")
    with clock.set_to(at("2024-05-07T11:00")):
        services.answer(warning.pk, "late_paper", "办案单位说明已收", by=OFFICER)
        for post in (Post.CASE_OFFICER, Post.ADMISSION):
            with pytest.raises(NotAllowed, match="leaders_decide"):
                services.answer(warning.pk, "accepted", "属实", by=an_officer(post))
        services.answer(warning.pk, "late_paper", "已约谈办案单位", by=LEADER)
        assert clock_of(stay).due_at == at("2024-05-06T00:00"), "that is no decision"
        assert open_rules(stay) == {"AL-4"}
        services.answer(warning.pk, "accepted", "已约谈办案单位并报检察院", by=LEADER)
    assert clock_of(stay).due_at == at("2024-06-06T00:00")
    assert not clock_of(stay).paper_waits
    (said,) = Entry.objects.filter(kind="limit.computed").order_by("-id")[:1]
    assert Entry.objects.get(pk=said.because_id).kind == "limit.notice_answered"
    warning.refresh_from_db()
    assert (warning.closed_by, warning.closed_paper_id) == ("answer", paper.pk)
    task = Task.objects.get(custody_id=stay.pk, rule_id="DUTY-LIMIT-OVER")
    assert (task.state, task.answer) == ("answered", "已约谈办案单位并报检察院")


def test_custody_beyond_the_limit_is_said_again_when_the_paper_that_answered_for_it_is_taken_back(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    paper = late(stay)
    first = Warning.objects.get(rule="AL-4")
    with clock.set_to(at("2024-05-07T11:00")):
        services.answer(first.pk, "accepted", "已约谈办案单位并报检察院", by=LEADER)
    assert open_rules(stay) == set()
    swept("2024-05-08T00:00")
    assert open_rules(stay) == set(), "an end that was answered for is not said for ever"
    with clock.set_to(at("2024-05-08T09:00")):
        services.correct_paper(paper.pk, None, reason="录到了别人的档案里", by=OFFICER)
    assert open_rules(stay) == {"AL-4"}
    again = Warning.objects.get(rule="AL-4", closed_at=None)
    assert (again.key, again.due_at) == (first.key, first.due_at)
    states = Task.objects.filter(custody_id=stay.pk, rule_id="DUTY-LIMIT-OVER").order_by("id")
    assert [task.state for task in states] == ["answered", "open"]
    swept("2024-05-09T00:00")
    assert Warning.objects.filter(rule="AL-4", closed_at=None).count() == 1


def test_a_warning_that_a_paper_ended_in_time_is_said_again_when_it_is_taken_back(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-04-29T00:00")
    said = open_rules(stay)
    assert said == {"AL-2"}
    paper = entered(stay, IN_TIME, "2024-05-02T10:00")
    assert open_rules(stay) == set()
    with clock.set_to(at("2024-05-02T11:00")):
        services.correct_paper(paper.pk, None, reason="录到了别人的档案里", by=OFFICER)
    assert open_rules(stay) == said


def test_a_leaders_answer_ends_nothing_while_the_limit_is_past(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    warning = Warning.objects.get(rule="AL-4")
    with clock.set_to(at("2024-05-06T11:00")):
        services.answer(warning.pk, "extend", "说是已批准", by=LEADER)
    assert open_rules(stay) == {"AL-4"}
    paper = late(stay)
    with clock.set_to(at("2024-05-07T11:00")):
        services.correct_paper(paper.pk, None, reason="录到了别人的档案里", by=OFFICER)
        services.answer(warning.pk, "late_paper", "已核实", by=LEADER)
        with pytest.raises(Conflict, match="nothing_waits"):
            services.answer(warning.pk, "accepted", "已核实", by=LEADER)
    assert open_rules(stay) == {"AL-4"}
    assert not clock_of(stay).paper_waits


def test_a_later_paper_that_comes_in_time_answers_for_no_late_one(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    paper = late(stay)
    event = {"type": "prosecution_received", "at": "2024-05-20"}
    entered(stay, event, "2024-05-20T10:00", late_reason="当日才送达")
    warning = Warning.objects.get(rule="AL-4")
    assert (warning.closed_at, warning.late_paper_id) == (None, paper.pk)
    assert clock_of(stay).due_at == at("2024-05-06T00:00")


def test_an_end_that_no_sweep_has_seen_yet_is_said_before_a_late_paper_moves_it(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    late(stay, "2024-05-06T00:00")
    assert open_rules(stay) == {"AL-4"}
    assert Warning.objects.get(rule="AL-4").late_paper_id


@pytest.mark.parametrize(
    "event",
    [
        {"type": "prosecution_received", "at": "2024-05-05"},
        {"type": "released", "at": "2024-05-04"},
    ],
)
def test_whatever_ends_a_limit_asks_the_same_when_it_is_entered_late(
    stay: Custody, event: dict[str, Any]
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    with pytest.raises(Conflict, match="recorded_late"):
        entered(stay, event, "2024-05-07T10:30")
    entered(stay, event, "2024-05-07T10:30", late_reason="漏登")
    assert "AL-4" in open_rules(stay)


def test_a_paper_that_moves_no_end_is_never_late(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    permit = {"type": "permit_issued", "at": "2024-05-02", "until": "2024-05-05"}
    assert entered(stay, permit, "2024-05-07T10:00").limit_ended_at is None
    assert entered(stay, IN_TIME, "2024-05-07T10:00", late_reason="迟到").limit_ended_at


def test_a_paper_dated_after_the_end_says_why_and_waits_too_and_is_said_to_be_past_it(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    event = {"type": "prosecution_received", "at": "2024-05-07"}
    with pytest.raises(Conflict, match="recorded_late"):
        entered(stay, event, "2024-05-07T10:00")
    entered(stay, event, "2024-05-07T10:00", late_reason="当日才移送")
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    assert "AL-4" in open_rules(stay)
    decided(stay, "2024-05-07T11:00")
    assert clock_of(stay).state == "S30"
    assert "AL-4" not in open_rules(stay)
    assert clock_of(stay).problems


@pytest.mark.parametrize(
    ("event", "until"),
    [
        ({"type": "prosecution_received", "at": "2024-05-07"}, "2024-05-07T10:00"),
        ({"type": "prosecution_received", "at": "2024-05-06"}, "2024-05-07T00:00"),
        ({"type": "prosecution_received", "at": "2024-05-07T09:00:00+08:00"}, "2024-05-07T09:00"),
        ({"type": "released", "at": "2024-05-06"}, "2024-05-07T00:00"),
    ],
)
def test_the_time_from_an_end_to_a_paper_dated_after_it_is_shown_as_without_a_document(
    stay: Custody, event: dict[str, Any], until: str
) -> None:
    """A paper without its time counts to the end of its day, at most to its entry."""
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    goes_on = event["type"] != "released"
    why = "当日才移送" if goes_on else ""
    paper = entered(stay, event, "2024-05-07T10:00", late_reason=why)
    assert (paper.limit_ended_at, paper.late_reason) == (at("2024-05-06T00:00"), why)
    assert paper.waits == goes_on
    if goes_on:
        decided(stay, "2024-05-07T10:30")
    assert ("AL-4" in open_rules(stay)) != goes_on, "whoever is to be let go is still here"
    _corrected(paper, event | {"at": "2024-05-04"}, "2024-05-07T11:00")
    with clock.set_to(at("2024-05-07T12:00")):
        (gap,) = queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk))
    assert (gap.since, gap.until, gap.reason) == (at("2024-05-06T00:00"), at(until), why)


def test_a_paper_that_follows_the_end_at_its_very_moment_leaves_no_time_without_a_document(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    event = {"type": "prosecution_received", "at": "2024-05-06T00:00:00+08:00"}
    assert entered(stay, event, "2024-05-06T09:00", late_reason="零点移送").waits
    decided(stay, "2024-05-06T10:00")
    with clock.set_to(at("2024-05-06T12:00")):
        assert queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk)) == []


def test_the_time_without_a_document_until_a_release_stays_shown(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    with clock.set_to(at("2024-05-06T09:00")):
        leaving.left(stay)
    stay.refresh_from_db()
    with clock.set_to(at("2024-06-06T09:00")):
        (gap,) = queries.gaps_of([], queries.clock_of(stay.pk), stay.ended_at)
    assert (gap.since, gap.until) == (at("2024-05-06T00:00"), stay.ended_at)


def test_what_ended_before_somebody_came_is_history_and_not_late() -> None:
    """The whole case is entered at admission: arrested, extended, sent on, all before this house."""
    with clock.set_to(at("2024-06-20T09:00")):
        stay = a_detainee(in_cell=a_cell())
    entered(stay, ARREST, "2024-06-20T10:00")
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    assert entered(stay, IN_TIME, "2024-06-20T10:05").limit_ended_at is None
    entered(stay, {"type": "prosecution_received", "at": "2024-06-01"}, "2024-06-20T10:10")
    assert clock_of(stay).last_day == date(2024, 7, 1)
    assert open_rules(stay) == {"AL-3"}
    with clock.set_to(at("2024-06-20T11:00")):
        assert queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk)) == []


@pytest.mark.parametrize("from_a_sheet", [False, True])
def test_an_end_of_before_the_arrival_that_is_said_here_is_not_moved_without_a_reason(
    from_a_sheet: bool,
) -> None:
    """The warning stood open here for more than the day on which the papers that came along are entered."""
    if from_a_sheet:
        stay = _from_a_sheet("2024-05-10T18:00", "2024-05-12T09:00")
    else:
        with clock.set_to(at("2024-05-10T18:00")):
            stay = a_detainee(in_cell=a_cell())
        entered(stay, ARREST, "2024-05-10T19:00")
    swept("2024-05-12T09:10")
    warning = Warning.objects.get(custody=stay, rule="AL-4")
    assert warning.due_at == at("2024-05-06T00:00")
    with pytest.raises(Conflict) as caught:
        entered(stay, IN_TIME, "2024-05-12T10:00")
    assert (caught.value.code, caught.value.field) == ("timelimits.recorded_late", "late_reason")
    paper = entered(stay, IN_TIME, "2024-05-12T10:00", late_reason="随案材料5月12日才补齐")
    assert paper.limit_ended_at == at("2024-05-06T00:00")
    warning.refresh_from_db()
    assert (warning.closed_at, warning.late_paper_id) == (None, paper.pk)
    with clock.set_to(at("2024-05-12T11:00")):
        services.answer(warning.pk, "accepted", "已核实随案材料", by=LEADER)
    assert open_rules(stay) == set()


def test_a_clock_that_was_begun_after_the_arrival_is_watched_since_the_arrival(
    stay: Custody,
) -> None:
    others = [Clock.objects.get(pk=a_detainee(in_cell=a_cell()).pk)]
    Clock.objects.filter(pk=stay.pk).update(watched_since=at("2024-05-20T10:00"))
    migration = import_module("custos.management.timelimits.migrations.0006_watched_since_arrival")
    with connection.cursor() as cursor:
        cursor.execute(migration.SINCE_ARRIVAL)
        assert cursor.rowcount == 1
    assert clock_of(stay).watched_since == stay.admitted_at == at("2024-03-05T18:00")
    assert others == list(
        Clock.objects.filter(pk=others[0].pk, watched_since=others[0].watched_since)
    )


def test_papers_that_an_import_brings_are_history(stay: Custody) -> None:
    given = [
        GivenPaper(stay, ARREST, OFFICER, at("2024-05-10T19:00")),
        GivenPaper(stay, IN_TIME, OFFICER, at("2024-05-10T19:00")),
    ]
    with clock.set_to(at("2024-05-10T19:00")):
        services.load_papers(given)
    assert clock_of(stay).last_day == date(2024, 6, 5)
    assert not Paper.objects.filter(limit_ended_at__isnull=False).exists()


def test_the_time_without_a_document_stays_shown_whatever_is_corrected(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    with clock.set_to(at("2024-05-06T08:00")):
        (open_,) = queries.gaps_of([], queries.clock_of(stay.pk))
        assert (open_.since, open_.until, open_.length) == (at("2024-05-06T00:00"), None, (0, 8))
    paper = late(stay)
    with clock.set_to(at("2024-05-07T11:00")):
        (gap,) = queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk))
        assert (gap.since, gap.until) == (at("2024-05-06T00:00"), None)
    decided(stay, "2024-05-07T11:00")
    with clock.set_to(at("2024-05-07T12:00")):
        services.correct_paper(
            paper.pk, IN_TIME | {"at": "2024-05-03"}, reason="日期看错", by=OFFICER
        )
        (gap,) = queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk))
    assert (gap.since, gap.until) == (at("2024-05-06T00:00"), at("2024-05-07T11:00"))
    assert gap.length == (1, 11)
    assert gap.reason == "办案单位5月7日才送达"


def _corrected(paper: Paper, event: dict[str, Any] | None, now: str, **more: Any) -> Paper:
    with clock.set_to(at(now)):
        return services.correct_paper(paper.pk, event, reason="更正", by=OFFICER, **more)


WRONG_AT_FIRST: list[dict[str, Any]] = [
    EXTENSION | {"at": "2024-05-07"},
    {"type": "permit_issued", "at": "2024-05-02", "until": "2024-05-05"},
]


@pytest.mark.parametrize("swept_before", [True, False])
@pytest.mark.parametrize("wrong", [*WRONG_AT_FIRST, None])
def test_a_correction_that_moves_a_passed_end_later_is_asked_what_a_late_paper_is_asked(
    stay: Custody, wrong: dict[str, Any] | None, swept_before: bool
) -> None:
    """A paper that moved nothing becomes an extension; or the arrest itself gets a later date (None)."""
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    right: dict[str, Any] = ARREST | {"at": "2024-04-05"}
    if swept_before:
        swept("2024-05-06T00:00")
    if wrong is not None:
        paper = entered(stay, wrong, "2024-05-07T10:00", reason="逾期送达")
        right = IN_TIME
    with pytest.raises(Conflict) as caught:
        _corrected(paper, right, "2024-05-07T10:30")
    assert (caught.value.code, caught.value.field) == ("timelimits.recorded_late", "late_reason")
    new = _corrected(paper, right, "2024-05-07T10:30", late_reason="原件5月7日才核对")
    assert clock_of(stay).last_day == date(2024, 5, 5)
    with pytest.raises(Conflict, match="correction_waits"):
        _corrected(paper, right, "2024-05-07T10:40", late_reason="再改")
    warning = Warning.objects.get(rule="AL-4")
    assert (warning.closed_at, warning.late_paper_id) == (None, new.pk)
    said = record.timeline(detainee=stay.detainee_id, kinds=["limit.paper_corrected"])[0]
    assert "原件5月7日才核对" in said.text
    event = {"type": "prosecution_received", "at": "2024-05-20"}
    entered(stay, event, "2024-05-20T10:00", late_reason="当日移送")
    assert "AL-4" in open_rules(stay), "the next paper answers for no correction"
    decided(stay, "2024-05-20T11:00")
    assert (clock_of(stay).last_day, clock_of(stay).paper_waits) == (date(2024, 6, 5), True)
    assert "AL-4" in open_rules(stay), "another paper waits"
    decided(stay, "2024-05-20T11:10")
    assert clock_of(stay).last_day == date(2024, 6, 20)
    assert "AL-4" not in open_rules(stay)
    with clock.set_to(at("2024-05-20T12:00")):
        gaps = queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk))
    assert (at("2024-05-06T00:00"), at("2024-05-20T11:00")) in [(g.since, g.until) for g in gaps]


def test_a_paper_taken_back_and_entered_anew_with_a_later_date_is_asked_the_same(
    stay: Custody,
) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    _corrected(paper, None, "2024-05-07T10:00")
    later = ARREST | {"at": "2024-04-05"}
    with pytest.raises(Conflict, match="recorded_late"):
        entered(stay, later, "2024-05-07T10:30")
    new = entered(stay, later, "2024-05-07T10:30", late_reason="登记错误")
    assert Warning.objects.get(rule="AL-4").late_paper_id == new.pk
    assert new.limit_ended_at == at("2024-05-06T00:00")


def test_taking_a_paper_back_asks_why_it_comes_late_where_that_moves_a_passed_end(
    stay: Custody,
) -> None:
    """An arrest of a later day was entered, too: without the first the months count from it."""
    first = entered(stay, ARREST, "2024-03-05T19:00")
    second = entered(stay, ARREST | {"at": "2024-04-05"}, "2024-04-05T19:00", reason="照录")
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    with pytest.raises(Conflict, match="recorded_late"):
        _corrected(first, None, "2024-05-07T10:00")
    back = _corrected(first, None, "2024-05-07T10:00", late_reason="录到了别人的档案里")
    assert Warning.objects.get(rule="AL-4").late_paper_id == back.pk
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    decided(stay, "2024-05-07T11:00")
    assert clock_of(stay).due_at == at("2024-06-06T00:00")
    assert second.pk != back.pk


def test_a_correction_that_moves_nothing_later_asks_nothing_new(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    for day in ("2024-03-05", "2024-03-04"):
        paper = _corrected(paper, ARREST | {"at": day}, "2024-05-07T10:00", number="9号")
        assert (paper.limit_ended_at, paper.late_reason) == (None, "")
    assert open_rules(stay) == {"AL-4"}


#: Papers of before an end that has passed, and others: what fits, what doesn't, and what moves nothing.
LATE_PAPERS = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.just("extension"),
            "months": st.sampled_from([1, 2]),
            "ground": st.sampled_from(["complex", "gang"]),
            "approver": st.sampled_from(["procuratorate_next_higher", "procuratorate_province"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                [
                    "prosecution_received",
                    "psychiatric_exam_started",
                    "new_major_crime",
                    "arrest",
                    "released",
                    "bail",
                ]
            )
        }
    ),
)
DAYS = st.dates(date(2024, 3, 5), date(2024, 5, 8)).map(date.isoformat)


@pytest.mark.parametrize("corrects", [False, True])
def test_no_late_paper_whatever_it_says_makes_a_clock_lose_that_its_limit_had_ended(
    stay: Custody, corrects: bool
) -> None:
    """Entered, or put in the place of a permit that moved nothing; without a reason and with one."""
    entered(stay, ARREST, "2024-03-05T19:00")
    wrong = {"type": "permit_issued", "at": "2024-05-02", "until": "2024-05-05"}
    permit = entered(stay, wrong, "2024-05-02T10:00")
    swept("2024-05-06T00:00")

    def tried(event: dict[str, Any], **more: Any) -> None:
        if corrects:
            _corrected(permit, event, "2024-05-08T10:00", **more)
        else:
            entered(stay, event, "2024-05-08T10:00", reason="照录", **more)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(LATE_PAPERS, DAYS, st.booleans())
    def holds(event: dict[str, Any], day: str, says_why: bool) -> None:
        with transaction.atomic():
            try:
                tried(event | {"at": day}, **({"late_reason": "迟到"} if says_why else {}))
                refused = ""
            except Conflict as error:
                refused = error.code
            assert refused in ({""} if says_why else {"", "timelimits.recorded_late"})
            with clock.set_to(at("2024-05-08T11:00")):
                gaps = queries.gaps_of(queries.papers_of(stay.pk), queries.clock_of(stay.pk))
            end = at("2024-05-06T00:00")
            assert any(gap.since <= end and (not gap.until or gap.until > end) for gap in gaps)
            after_the_end = Paper.objects.filter(basis_from__isnull=False).exists()
            assert after_the_end or open_rules(stay) & {"AL-4", "OUT"}
            transaction.set_rollback(True)

    holds()


def test_a_paper_that_a_leader_does_not_accept_stays_on_the_record_and_never_counts(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    paper = late(stay)
    decided(stay, "2024-05-07T11:00", "not_accepted", "文书落款日期与送达回证不符")
    row = clock_of(stay)
    assert (row.due_at, row.paper_waits) == (at("2024-05-06T00:00"), False)
    assert Warning.objects.get(rule="AL-4").late_paper_id is None
    assert open_rules(stay) == {"AL-4"}
    (_arrest, shown) = queries.papers_of(stay.pk)
    assert (shown.id, shown.counts, shown.accepted) == (paper.pk, False, False)
    assert shown.words == "文书落款日期与送达回证不符"
    with pytest.raises(Conflict, match="nothing_waits"):
        decided(stay, "2024-05-07T12:00")
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.filter(paper=paper).update(accepted=True)
    again = late(stay, "2024-05-08T09:00")
    decided(stay, "2024-05-08T10:00")
    assert clock_of(stay).due_at == at("2024-06-06T00:00")
    assert [one.counts for one in queries.papers_of(stay.pk) if one.type == "extension"] == [
        one.id == again.pk for one in queries.papers_of(stay.pk) if one.type == "extension"
    ]


def test_a_correction_that_is_not_accepted_leaves_the_paper_and_another_may_follow(
    stay: Custody,
) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    later = ARREST | {"at": "2024-04-05"}
    _corrected(paper, later, "2024-05-07T10:00", late_reason="核对原件晚")
    decided(stay, "2024-05-07T11:00", "not_accepted")
    assert clock_of(stay).due_at == at("2024-05-06T00:00")
    _corrected(paper, ARREST | {"at": "2024-03-04"}, "2024-05-07T12:00")
    assert clock_of(stay).due_at == at("2024-05-05T00:00")
    with pytest.raises(Conflict, match="replaced_already"):
        _corrected(paper, later, "2024-05-07T13:00", late_reason="核对原件晚")


def test_a_paper_that_waits_may_be_put_right_and_is_asked_about_once(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    wrong = late(stay)
    right = _corrected(
        wrong, IN_TIME | {"at": "2024-05-03"}, "2024-05-07T11:00", late_reason="迟到"
    )
    assert Warning.objects.get(rule="AL-4").late_paper_id == right.pk
    decided(stay, "2024-05-07T12:00")
    assert [one.id for one in queries.papers_of(stay.pk) if one.counts][1:] == [right.pk]
    assert clock_of(stay).due_at == at("2024-06-06T00:00")
    assert open_rules(stay) == set()


def test_the_way_out_counts_at_once_and_no_paper_undoes_it_behind_a_leaders_back(
    stay: Custody,
) -> None:
    """Bail after the end: the person leaves. Until they have, the end that passed is told."""
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-06T00:00")
    entered(stay, {"type": "bail", "at": "2024-05-07"}, "2024-05-07T10:00")
    assert clock_of(stay).standing == "ended"
    assert open_rules(stay) >= {"AL-4"}
    held_again = ARREST | {"at": "2024-05-08"}
    with pytest.raises(Conflict, match="recorded_late"):
        entered(stay, held_again, "2024-05-08T10:00", reason="照录")
    entered(stay, held_again, "2024-05-08T10:00", reason="照录", late_reason="另案逮捕")
    assert clock_of(stay).standing == "ended"
    decided(stay, "2024-05-08T11:00")
    assert clock_of(stay).standing == "running"


#: Whatever may be entered after an end, of whatever day, and may move it.
ANY_PAPER = st.one_of(
    LATE_PAPERS,
    st.sampled_from(
        [
            {"type": "trial_accepted", "instance": "first", "procedure": "ordinary"},
            {"type": "trial_suspended"},
            {"type": "trial_resumed"},
            {"type": "supplementary_investigation_started"},
            {"type": "supplementary_investigation_ended"},
            {"type": "returned_for_investigation"},
            {"type": "psychiatric_exam_ended"},
            {"type": "judgment_received"},
            {"type": "criminal_detention"},
            {"type": "administrative_detention", "days": 10},
        ]
    ),
)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "enter", "correct", "take back", "refuse", "sweep"]),
        ANY_PAPER,
        st.dates(date(2024, 3, 5), date(2024, 5, 30)).map(date.isoformat),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=6,
)


def test_whatever_arrives_after_an_end_in_whatever_order_no_due_instant_gets_later_unless_accepted(
    stay: Custody,
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    permit = {"type": "permit_issued", "at": "2024-05-02", "until": "2024-05-05"}
    entered(stay, permit, "2024-05-02T10:00")
    end = at("2024-05-06T00:00")
    moved = 0

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(DEEDS, st.booleans())
    def holds(deeds: list[tuple[str, dict[str, Any], str, int]], swept_before: bool) -> None:
        nonlocal moved
        with transaction.atomic():
            if swept_before:
                swept("2024-05-06T00:00")
            for hour, (deed, event, day, which) in enumerate(deeds):
                now = f"2024-05-30T{hour + 9:02}:00"
                said = {"reason": "照录", "late_reason": "迟到"}
                mine = list(Paper.objects.filter(custody=stay).order_by("recorded_at", "id"))
                try:
                    if deed == "enter":
                        entered(stay, event | {"at": day}, now, **said)
                    elif deed == "sweep":
                        swept(now)
                    elif deed == "refuse":
                        decided(stay, now, "not_accepted")
                    else:
                        right = event | {"at": day} if deed == "correct" else None
                        _corrected(mine[which % len(mine)], right, now, late_reason="迟到")
                except (Conflict, Missing, Warning.DoesNotExist):
                    continue
                moved += Paper.objects.filter(custody=stay, waits=True).exists()
                row = clock_of(stay)
                assert row.standing in ("no_basis", "ended") or (row.due_at and row.due_at <= end)
            transaction.set_rollback(True)

    holds()
    assert moved > 10, "much of what is tried would have moved the end"


def test_the_database_keeps_no_late_paper_without_its_reason(stay: Custody) -> None:
    paper = entered(stay, ARREST, "2024-03-05T19:00")
    paper.pk, paper.limit_ended_at = uuid4(), at("2024-05-06T00:00")
    with pytest.raises(IntegrityError), transaction.atomic():
        paper.save(force_insert=True)


# ---------------------------------------------------------------------- permits


PERMIT = {"type": "permit_issued", "at": "2024-03-06", "until": "2024-05-05", "document": "D08"}


def test_a_permit_is_valid_until_its_day_and_ends_with_the_limit(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    assert permits.standing(stay.pk, at("2024-03-06T09:00")).against[0][0] == "no_permit"
    entered(stay, PERMIT, "2024-03-06T10:00")
    with clock.set_to(at("2024-05-05T23:00")):
        assert permits.require(stay.pk).until == date(2024, 5, 5)
    with clock.set_to(at("2024-05-06T00:00")), pytest.raises(NotAllowed, match="permit"):
        permits.require(stay.pk)


def test_a_permit_ends_with_the_transfer_and_there_is_none_without_the_form(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    entered(stay, PERMIT, "2024-03-06T10:00")
    entered(stay, {"type": "prosecution_received", "at": "2024-04-20"}, "2024-04-20T10:00")
    with clock.set_to(at("2024-04-21T09:00")):
        assert [code for code, _ in permits.standing(stay.pk).against] == ["AL-3"]
    transfer = {"type": "transfer_of_custody", "at": "2024-04-21", "half": "both"}
    entered(stay, transfer, "2024-04-21T10:00")
    with clock.set_to(at("2024-04-21T11:00")):
        assert [code for code, _ in permits.standing(stay.pk).against] == ["no_permit"]
    entered(stay, PERMIT | {"at": "2024-04-21", "until": "2024-05-20"}, "2024-04-21T12:00")
    with clock.set_to(at("2024-04-21T13:00")):
        assert permits.standing(stay.pk).valid


# ---------------------------------------------------------------------- first papers, bulk


@pytest.mark.parametrize(
    ("basis", "event"),
    [
        ("拘留证", {"type": "criminal_detention", "at": "2024-03-05T09:30:00+08:00", "document": "D01"}),
        ("逮捕证", {"type": "arrest", "at": "2024-03-05T09:30:00+08:00", "document": "D02"}),
        ("行政拘留决定书", {"type": "administrative_detention", "at": "2024-03-05", "days": 10,
                      "document": "D21"}),
        ("强制隔离戒毒决定书", {"type": "compulsory_treatment", "at": "2024-03-05", "document": "D22",
                        "decided_on": "2024-03-04", "until": "2024-03-15"}),
        ("收监执行决定书", None),
    ],
)  # fmt: skip
def test_the_document_of_an_admission_is_the_first_fact(
    basis: str, event: dict[str, Any] | None
) -> None:
    answers = {
        "basis": basis,
        "seized_at": at("2024-03-05T09:30"),
        "arrived_at": at("2024-03-05T17:00"),
        "issued_on": date(2024, 3, 4),
        "expires_on": date(2024, 3, 15),
    }
    assert services.first_event(answers) == event


def test_papers_in_bulk_give_the_same_clocks_and_entries(stay: Custody) -> None:
    given = [
        GivenPaper(stay, ARREST, OFFICER, at("2024-03-05T19:00"), "9号", "甲东市公安局"),
        GivenPaper(stay, EXTENSION, OFFICER, at("2024-04-25T19:00")),
    ]
    with clock.set_to(at("2024-04-28T10:00")):
        assert services.load_papers(given) == 2
    row = clock_of(stay)
    assert (row.state, row.last_day) == ("S20", date(2024, 6, 5))
    assert kinds_about(stay) == ["limit.paper_recorded"] * 2
    assert row.next_at == at("2024-04-28T10:00")
    assert swept("2024-04-28T10:01") == 1
    assert clock_of(stay).next_at == at("2024-05-30T00:00")


def test_computing_anew_writes_only_what_changed(stay: Custody) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    with clock.set_to(at("2024-03-06T10:00")):
        assert computing.recompute([stay.pk]) == 0
        Clock.objects.filter(pk=stay.pk).update(due_at=at("2024-07-01T00:00"))
        assert computing.recompute([stay.pk]) == 1
    assert clock_of(stay).due_at == at("2024-05-06T00:00")


@pytest.mark.parametrize("anew", ["2024-05-05T10:00:00", "2024-05-06T00:00:20"])
def test_an_end_is_said_where_the_clock_is_computed_anew_before_the_sweep_saw_it(
    stay: Custody, anew: str
) -> None:
    entered(stay, ARREST, "2024-03-05T19:00")
    swept("2024-05-05T00:00")
    with clock.set_to(at(anew)):
        computing.recompute([stay.pk])
    swept("2024-05-06T00:01")
    assert open_rules(stay) == {"AL-4"}


@pytest.mark.parametrize("anew", ["2024-03-05T20:00:00", "2024-03-06T18:00:20"])
def test_a_missing_basis_is_said_where_the_clock_is_computed_anew_before_it_is_due(
    stay: Custody, anew: str
) -> None:
    with clock.set_to(at(anew)):
        computing.recompute([stay.pk])
    for now in ("2024-03-05T20:01", "2024-03-06T18:01"):
        swept(now)
    assert open_rules(stay) == {"NO-BASIS"}


def test_a_clock_that_fails_keeps_no_other_from_being_said_and_is_named(stay: Custody) -> None:
    with clock.set_to(at("2024-03-05T18:00")):
        others = [a_detainee(in_cell=a_cell()) for _ in range(2)]
    for one in (stay, *others):
        entered(one, ARREST, "2024-03-05T19:00")
    broken = Paper.objects.create(
        organization_id=stay.organization_id,
        custody=stay,
        type="arrest",
        happened_on=date(2024, 3, 6),
        event=["no fact"],
        recorded_at=at("2024-03-06T10:00"),
        recorded_by="system:test",
        entry_id=uuid4(),
    )
    now = at("2024-05-07T00:00")
    with structlog.testing.capture_logs() as logged:
        assert swept("2024-05-07T00:00") == 3
    assert [(one["event"], one["custody"]) for one in logged] == [
        ("timelimits.clock_failed", str(stay.pk))
    ]
    for one in others:
        assert "limit.over" in kinds_about(one)
    assert "limit.over" not in kinds_about(stay)
    assert [one.pk for one in queries.failing(10)] == [stay.pk]
    row = clock_of(stay)
    assert (row.failing_since, row.next_at) == (now, now + timedelta(minutes=10))
    assert swept("2024-05-07T00:01") == 0
    assert swept("2024-05-07T00:11") == 1, "tried again"
    assert clock_of(stay).failing_since == now, "since the first time"
    Paper.objects.create(
        organization_id=stay.organization_id,
        custody=stay,
        type="arrest",
        happened_on=date(2024, 3, 6),
        event=None,
        replaces=broken,
        recorded_at=at("2024-05-07T00:12"),
        recorded_by="system:test",
        entry_id=uuid4(),
    )
    assert swept("2024-05-07T00:22") == 1
    assert "limit.over" in kinds_about(stay)
    assert queries.failing(10) == []
