"""Leaving for good: cases, the gate that nobody comes around, what two officers do, and what is late."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.custody import going_out, leaving, roll
from custos.foundation.custody import services as stays
from custos.foundation.custody.models import CellStay, Custody
from custos.foundation.custody.people import ending, facts
from custos.foundation.custody.people import queries as people_queries
from custos.foundation.custody.people import services as people
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.documents.models import Issued
from custos.foundation.errors import Conflict, CustosError, Malformed, NotAllowed
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.management.reception import registers
from custos.management.reception.models import Release
from custos.management.reception.release import opening, services
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.tests import worlds as limits
from custos.prevention.duty.models import Task
from tests import leaving as ways
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
COUNTY, OTHER = "某县公安局", "邻县公安局"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM), clock.set_to(NOON):
        yield


def refused(deed: Callable[[], object]) -> list[str]:
    with pytest.raises(CustosError) as refusal:
        deed()
    return [one.code for one in refusal.value.findings]


def entries(stay: Custody) -> list[str]:
    return list(Entry.objects.filter(custody_id=stay.pk).values_list("kind", flat=True))


def tasks(facility: Organization, *, unfinished: bool = False) -> set[str]:
    found = Task.objects.filter(organization=facility)
    if unfinished:
        found = found.filter(ended_at=None)
    return set(found.values_list("source_kind", flat=True))


def a_warrant(stay: Custody, **other: Any) -> Any:
    said = {"kind": "arrest_warrant", "number": "邻捕1号", "issuer": OTHER, "seal": True}
    return people.record_fact(
        stay.pk, facts.Basis(**(said | other)), by=an_officer(Post.INTERROGATION)
    )


# ---------------------------------------------------------------------- the gate


def test_two_officers_let_somebody_leave_and_everything_follows_at_once(
    facility: Organization, cell: Cell, stay: Custody
) -> None:
    case = ways.checked(ways.received(stay))
    first, second = ways.two_officers(facility)
    left_at = NOON + timedelta(minutes=40)
    with clock.set_to(left_at):
        ways.confirmed(case, first, second)
    stay.refresh_from_db()
    case.refresh_from_db()
    assert (stay.ended_at, stay.cell_id) == (left_at, None)
    assert not CellStay.objects.filter(custody=stay, during__endswith__isnull=True).exists()
    assert (case.outcome, case.closed_at) == ("left", left_at)
    entry = Entry.objects.get(custody_id=stay.pk, kind="custody.released")
    assert (entry.by_ref, entry.second_ref) == (str(first.staff.pk), str(second.staff.pk))
    assert case.ended_entry_id == entry.pk
    paper = Issued.objects.get(custody_id=stay.pk)
    assert (paper.code, paper.mark) == ("D12-1", "释证")
    assert roll.at(facility.pk, left_at).adds_up
    assert (roll.at(facility.pk, NOON).held, roll.at(facility.pk, left_at).held) == (1, 0)
    assert "custody.ended" not in entries(stay)
    assert tasks(facility) == {"release.document_received"}
    assert tasks(facility, unfinished=True) == set(), "what asked for it is answered"


def test_the_certificate_names_the_measure_in_force_and_the_day_on_which_it_was_carried_out(
    facility: Organization, stay: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a paper of the case that was recorded since, which holds nobody."""
    said: list[Any] = []
    issue = documents.issue

    def noted(code: str, content: Any, **rest: Any) -> Any:
        said.append(content)
        return issue(code, content, **rest)

    limits.arrested(stay, days_ago=9)
    for kind in ("arrest_request", "transfer_of_custody"):
        a_warrant(stay, kind=kind, number=f"{kind} 1")
    monkeypatch.setattr(documents, "issue", noted)
    ways.confirmed(ways.checked(ways.received(stay)), *ways.two_officers(facility))
    (content,) = said
    assert (content.measure, content.measure_on) == ("逮捕", date(2026, 2, 21))


@pytest.mark.parametrize(
    ("ready", "left"),
    [
        ((), "随身财物、现金和账户余额"),
        (("property",), "现金和账户余额"),
        (("property", "money"), ""),
    ],
)
def test_the_receipt_says_that_property_was_counted_out_only_where_it_was(
    facility: Organization,
    stay: Custody,
    monkeypatch: pytest.MonkeyPatch,
    ready: tuple[str, ...],
    left: str,
) -> None:
    said: list[Any] = []
    issue = documents.issue

    def noted(code: str, content: Any, **rest: Any) -> Any:
        said.append(content)
        return issue(code, content, **rest)

    monkeypatch.setattr(documents, "issue", noted)
    case = ways.checked(ways.received(stay))
    for item in ready:
        services.make_ready(case.pk, item=item, by=an_officer(Post.ADMISSION))
    ways.confirmed(case, *ways.two_officers(facility))
    assert [content.left for content in said] == [left]


def test_the_register_of_releases_has_one_row_for_whoever_left(stay: Custody) -> None:
    ways.left(stay)
    register = registers.of_kind("custody.released")
    assert register is not None
    found = Entry.objects.filter(custody_id=stay.pk, kind__in=register.kinds)
    (row,) = registers.shown(found)
    assert (row.name, row.business) == ("王小川", str(register.title))
    assert row.text == "释放（未决） · 释字1号 · 随后寄送"


def test_no_caller_and_no_post_ends_a_stay_around_the_gate(
    facility: Organization, stay: Custody
) -> None:
    by, second = an_officer(Post.LEADER), an_officer(Post.DUTY_LEADER)

    def around(way: str = "RELEASE") -> object:
        return stays.end_stay(stay.pk, way=way, document="释字1号", by=by, second=second)

    assert refused(around) == ["release.not_confirmed"]
    case = ways.checked(ways.received(stay))
    assert refused(around) == ["release.not_confirmed"]
    assert refused(lambda: around("TRANSFER")) == ["release.not_confirmed"]
    Release.objects.filter(pk=case.pk).update(
        first_ref="somebody", second_ref="else", confirmed_at=NOON
    )
    assert refused(around) == ["release.other_officers"]
    stay.refresh_from_db()
    assert stay.ended_at is None


def test_where_no_gate_stands_nobody_leaves(stay: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_gates", [])
    by, second = an_officer(Post.LEADER), an_officer(Post.DUTY_LEADER)
    ended = lambda: stays.end_stay(stay.pk, way="RELEASE", document="1", by=by, second=second)  # noqa: E731
    assert refused(ended) == ["custody.no_gate"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": "李四"}, "REL-NAME"),
        ({"matches": False}, "REL-PERSON"),
        ({"seal": False}, "REL-SEAL"),
        ({"ends": ["1", "9"]}, "REL-NUMBER"),
        ({"ends": []}, "REL-HOLD"),
        ({"way": "TRANSFER"}, "REL-RECEIVER"),
    ],
)
def test_a_paper_that_does_not_fit_is_recorded_and_lets_nobody_go(
    facility: Organization, stay: Custody, wrong: dict[str, Any], rule: str
) -> None:
    case = ways.checked(ways.received(stay, **wrong))
    assert case.due_at is not None
    let = lambda: ways.confirmed(case, *ways.two_officers(facility))  # noqa: E731
    assert refused(let) == [f"release.{rule}"]
    stay.refresh_from_db()
    assert stay.ended_at is None
    assert not Issued.objects.filter(custody_id=stay.pk).exists()


def test_all_that_forbids_it_is_said_at_once(facility: Organization, stay: Custody) -> None:
    a_warrant(stay)
    case = ways.received(stay, seal=False)
    let = lambda: ways.confirmed(case, *ways.two_officers(facility))  # noqa: E731
    assert refused(let) == [
        "release.REL-SEAL", "release.REL-HOLD", "release.REL-SEARCHED", "release.REL-IDENTITY",
    ]  # fmt: skip


def test_a_second_warrant_keeps_somebody_until_it_is_ended_in_the_file(
    facility: Organization, stay: Custody
) -> None:
    warrant = a_warrant(stay)
    case = ways.checked(ways.received(stay))
    officers = ways.two_officers(facility)
    assert refused(lambda: ways.confirmed(case, *officers)) == ["release.REL-HOLD"]
    alone = lambda: people.end_fact(  # noqa: E731
        stay.pk, warrant, reason="已电话问过", by=an_officer(Post.INTERROGATION)
    )
    assert refused(alone) == ["fact.holds"]
    assert refused(lambda: ways.confirmed(case, *officers)) == ["release.REL-HOLD"]
    ways.document_ended(stay, warrant, *officers)()
    ways.confirmed(case, *officers)
    stay.refresh_from_db()
    assert stay.ended_at == NOON


def test_a_comparison_counts_for_four_hours_and_takes_two_different_officers(
    facility: Organization, stay: Custody
) -> None:
    case, officer = ways.received(stay), an_officer(Post.ADMISSION)
    services.search(case.pk, words="无", by=officer)
    services.compare(case.pk, words="照片", by=officer)
    again = lambda: services.compare(case.pk, words="照片", by=officer)  # noqa: E731
    assert refused(again) == ["release.compared"]
    services.compare(case.pk, words="照片", by=an_officer(Post.CASE_OFFICER))
    officers = ways.two_officers(facility)
    with clock.set_to(NOON + timedelta(hours=4, minutes=1)):
        assert refused(lambda: ways.confirmed(case, *officers)) == ["release.REL-IDENTITY"]
        services.take_verdict(case.pk, verdict="match", device="人证核验仪 3", by=officer)
        ways.confirmed(case, *officers)


def test_somebody_with_two_records_is_not_let_go_while_the_other_stay_runs(
    facility: Organization, stay: Custody, cell: Cell
) -> None:
    other = a_detainee(in_cell=cell, name="王小川", reason="x")
    other.detainee.merged_into = stay.detainee
    other.detainee.save()
    case = ways.checked(ways.received(stay))
    let = lambda: ways.confirmed(case, *ways.two_officers(facility))  # noqa: E731
    assert refused(let) == ["release.REL-ELSEWHERE"]


# ---------------------------------------------------------------------- two officers


def test_one_officer_is_not_two_and_an_old_proof_is_none(
    facility: Organization, stay: Custody
) -> None:
    case = ways.checked(ways.received(stay))
    first, second = ways.two_officers(facility)
    content = services.content_of(case, "随后寄送")

    def ask(proven_at: datetime) -> Any:
        return confirmations.ask(
            services.ACT,
            content,
            organization_id=facility.pk,
            ground="x",
            by=first,
            proven_at=proven_at,
        )

    old = NOON - timedelta(minutes=6)
    assert refused(lambda: ask(old)) == ["confirmation.not_proven"]
    asked = ask(NOON)
    assert refused(lambda: services.confirm(asked.pk, content, by=first)) == ["confirmation.waits"]
    alone = lambda: confirmations.confirm(asked.pk, by=first, proven_at=NOON)  # noqa: E731
    assert refused(alone) == ["confirmation.same_person"]
    stale = lambda: confirmations.confirm(asked.pk, by=second, proven_at=old)  # noqa: E731
    assert refused(stale) == ["confirmation.not_proven"]
    doctor = somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=facility)
    by_doctor = lambda: confirmations.confirm(asked.pk, by=doctor, proven_at=NOON)  # noqa: E731
    assert refused(by_doctor) == ["confirmation.post"]
    stay.refresh_from_db()
    assert stay.ended_at is None


def test_what_was_confirmed_is_what_is_done(facility: Organization, stay: Custody) -> None:
    case = ways.checked(ways.received(stay))
    first, second = ways.two_officers(facility)
    content = services.content_of(case, "随后寄送")
    asked = confirmations.ask(
        services.ACT, content, organization_id=facility.pk, ground="x", by=first, proven_at=NOON
    )
    confirmations.confirm(asked.pk, by=second, proven_at=NOON)
    ways.received(stay, number="释字2号")
    assert refused(lambda: services.confirm(asked.pk, content, by=first)) == ["release.changed"]


def test_nobody_is_held_back_for_what_is_not_ready_but_it_is_said_what_becomes_of_it(
    facility: Organization, stay: Custody
) -> None:
    case = ways.checked(ways.received(stay))
    officers = ways.two_officers(facility)
    assert refused(lambda: ways.confirmed(case, *officers, remark=" ")) == ["release.unready"]
    services.make_ready(case.pk, item="property", by=an_officer(Post.FINANCE))
    ways.confirmed(case, *officers, remark="药品由家属明日来取")
    (line,) = registers.shown(Entry.objects.filter(custody_id=stay.pk, kind="custody.released"))
    assert "药品由家属明日来取" in line.text


# ---------------------------------------------------------------------- other ways out


def test_a_term_that_ends_is_planned_prepared_and_left_on_its_last_day() -> None:
    house = a_facility("JLS")
    cell = a_cell(facility=house)
    stay = stays.admit(
        name="赵一", sex="1", born=date(1990, 1, 1), basis="行政拘留决定书", basis_number="行罚决字5号",
        number="0001", arrived_at=NOON, cell=cell.pk, by=an_officer(Post.ADMISSION),
    )  # fmt: skip
    a_warrant(
        stay, kind="administrative_detention", number="行罚决字5号", valid_to=date(2026, 3, 4)
    )
    case = Release.objects.get(custody_id=stay.pk)
    assert (case.way, case.planned_on) == ("DETENTION-ENDED", date(2026, 3, 4))
    assert case.due_at == datetime(2026, 3, 5, tzinfo=clock.LOCAL)
    assert opening.sweep() == 1
    assert opening.sweep() == 0
    wanted = {"release.property_due", "release.medicine_due", "release.papers_due"}
    assert tasks(house) == wanted
    for item in ("property", "money"):
        services.make_ready(case.pk, item=item, by=an_officer(Post.FINANCE))
    assert tasks(house, unfinished=True) == wanted - {"release.property_due"}
    officers = ways.two_officers(house)
    with clock.set_to(NOON + timedelta(days=1)):
        ways.checked(case)
        assert refused(lambda: ways.confirmed(case, *officers)) == ["release.REL-UNSERVED"]
    with clock.set_to(NOON + timedelta(days=2)):
        ways.checked(case)
        ways.confirmed(case, *officers)
    paper = Issued.objects.get(custody_id=stay.pk)
    assert paper.code == "D21-1"


def test_a_last_day_that_is_recorded_anew_moves_the_case() -> None:
    house = a_facility("JLS")
    stay = a_detainee(in_cell=a_cell(facility=house))
    first = a_warrant(stay, kind="administrative_detention", number="5", valid_to=date(2026, 3, 3))
    held = people_queries.ever(stay.pk, "basis")[0]
    later = held.fact.model_copy(update={"valid_to": date(2026, 3, 4)})
    officer = an_officer(Post.INTERROGATION)
    ending.correct(stay.pk, first, later, reason="请假一日，顺延一日", by=officer)
    case = Release.objects.get(custody_id=stay.pk)
    assert case.planned_on == date(2026, 3, 4)
    assert opening.follow_terms() == 0


def test_the_cases_of_many_are_opened_and_moved_at_once(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    house = a_facility("JLS")
    cell = a_cell(facility=house)
    stays = [a_detainee(in_cell=cell, name=f"王{at}") for at in range(5)]
    for stay in stays:
        a_warrant(stay, kind="administrative_detention", number="5", valid_to=date(2026, 3, 4))
    moved, other, *rest = stays
    Release.objects.filter(custody_id__in=[one.pk for one in rest]).delete()
    Release.objects.filter(custody_id=moved.pk).update(planned_on=date(2026, 3, 1))
    Release.objects.filter(custody_id=other.pk).update(way="DETENTION-STOPPED", planned_on=None)
    with django_assert_max_num_queries(16):
        assert opening.follow_terms() == 4
    assert opening.follow_terms() == 0
    days = dict(Release.objects.filter(closed_at=None).values_list("custody_id", "planned_on"))
    assert days == {one.pk: date(2026, 3, 4) for one in (moved, *rest)} | {other.pk: None}
    assert Release.objects.get(custody_id=rest[0].pk).due_at == datetime(
        2026, 3, 5, tzinfo=clock.LOCAL
    )


def test_a_delivery_to_prison_ends_the_stay_and_is_no_release(
    facility: Organization, stay: Custody
) -> None:
    case = ways.checked(ways.received(stay, way="PRISON", number="执行通知书3号"))
    services.name_receiver(case.pk, receiver="省第一监狱 李警官", by=an_officer(Post.ADMISSION))
    ways.confirmed(case, *ways.two_officers(facility))
    assert "custody.ended" in entries(stay)
    assert "custody.released" not in entries(stay)
    (line,) = registers.shown(Entry.objects.filter(custody_id=stay.pk, kind="custody.ended"))
    assert "省第一监狱 李警官" in line.text


def test_a_death_has_its_own_way_and_is_never_a_release(
    facility: Organization, stay: Custody
) -> None:
    case = ways.received(stay, way="DEATH", number="死亡医学证明1号", issuer="县医院", ends=[])
    assert tasks(facility) == {"custody.died"}
    assert case.due_at is None
    ways.confirmed(case, *ways.two_officers(facility), remark="")
    stay.refresh_from_db()
    assert stay.ended_at == NOON
    assert {"custody.died", "custody.ended"} <= set(entries(stay))
    assert not {"custody.released", "release.document_received"} & set(entries(stay))


def test_nobody_plans_a_death_and_no_escape_ends_a_stay(stay: Custody) -> None:
    by = an_officer(Post.LEADER)
    plan = lambda way: opening.plan(stay.pk, way=way, planned_on=date(2026, 3, 9), by=by)  # noqa: E731
    assert refused(lambda: plan("DEATH")) == ["release.way"]
    assert refused(lambda: plan("ESCAPE")) == ["release.way"]


def test_dr_27_leave_moves_the_last_day_of_a_detention() -> None:
    house = a_facility("JLS")
    stay = a_detainee(in_cell=a_cell(facility=house))
    a_warrant(stay, kind="administrative_detention", number="5", valid_to=date(2026, 3, 4))
    absence = worlds.gone(stay, "leave")
    with clock.set_to(NOON + timedelta(hours=3)):
        going_out.come_back(absence.pk, condition="无异常", by=an_officer(Post.INTERROGATION))
    case = Release.objects.get(custody_id=stay.pk)
    with clock.set_to(NOON + timedelta(days=2)):
        ways.checked(case)
        found = refused(lambda: ways.confirmed(case, *ways.two_officers(house)))
    assert "release.REL-LEAVE" in found


# ---------------------------------------------------------------------- what is late


def test_the_clock_starts_at_receipt_and_a_leader_hears_once_that_it_is_late(
    facility: Organization, stay: Custody
) -> None:
    with clock.set_to(NOON - timedelta(minutes=30)):
        arrived = clock.now()
    stay.admitted_at = arrived - timedelta(days=1)
    stay.save()
    case = ways.received(stay, received_at=arrived)
    assert case.due_at == arrived + timedelta(hours=2)
    assert tasks(facility) == {"release.document_received"}
    again = ways.received(stay, number="释字2号", name="李四")
    assert (again.pk, again.due_at) == (case.pk, case.due_at), (
        "a further paper moves no bound later"
    )
    assert opening.sweep() == 0
    with clock.set_to(arrived + timedelta(hours=2, seconds=1)):
        assert (opening.sweep(), opening.sweep()) == (1, 0)
        assert "release.late" in tasks(facility)
        services.explain_delay(case.pk, reason="等待办案机关更正姓名", by=an_officer(Post.LEADER))
    assert tasks(facility, unfinished=True) == {"release.document_received"}
    case.refresh_from_db()
    assert case.delay is not None
    assert case.due_at == arrived + timedelta(hours=2)
    by_desk = lambda: services.explain_delay(case.pk, reason="x", by=an_officer(Post.ADMISSION))  # noqa: E731
    assert refused(by_desk) == ["writer.post"]


SIX_MONTHS = {
    "type": "sentence",
    "at": "2025-09-10",
    "kind": "fixed_term",
    "from": "2025-09-01",
    "months": 6,
}


def test_whom_the_clock_says_to_be_out_is_late_at_the_gate_and_asked_for_by_one_task(
    facility: Organization, stay: Custody
) -> None:
    # Six months from 1 September end with 28 February; it is 2 March.
    timelimits.record_paper(stay.pk, SIX_MONTHS, by=an_officer(Post.ADMISSION))
    case = Release.objects.get(custody_id=stay.pk, closed_at=None)
    assert (case.way, case.planned_on) == ("TERM-SERVED", date(2026, 2, 28))
    assert case.due_at == datetime(2026, 2, 28, 16, tzinfo=UTC)
    opening.sweep()
    found = tasks(facility)
    assert "release.late" in found
    assert "limit.out_and_here" not in found
    assert "limit.out_and_here" in entries(stay), "the clock has said so"


def test_the_clock_moves_the_bound_of_an_open_case_earlier_and_never_later(stay: Custody) -> None:
    case = ways.received(stay)
    opening.follow_clock(stay.pk, "S81", NOON - timedelta(hours=3))
    case.refresh_from_db()
    assert case.due_at == NOON - timedelta(hours=3)
    opening.follow_clock(stay.pk, "S81", NOON + timedelta(hours=3))
    case.refresh_from_db()
    assert case.due_at == NOON - timedelta(hours=3)
    assert Release.objects.filter(custody_id=stay.pk).count() == 1


def test_a_case_is_withdrawn_by_a_leader_with_a_reason_and_another_looks_at_it(
    facility: Organization, stay: Custody
) -> None:
    case = ways.received(stay)
    by_desk = lambda: services.withdraw(case.pk, reason="x", by=an_officer(Post.ADMISSION))  # noqa: E731
    assert refused(by_desk) == ["writer.post"]
    silent = lambda: services.withdraw(case.pk, reason=" ", by=an_officer(Post.LEADER))  # noqa: E731
    assert refused(silent) == ["custody.required"]
    services.withdraw(case.pk, reason="文书系同名他人", by=an_officer(Post.LEADER))
    assert "release.withdrawn" in tasks(facility)
    assert ways.received(stay).pk != case.pk


def test_only_who_has_a_say_in_it_says_that_something_is_ready(stay: Custody) -> None:
    case = ways.received(stay)
    by_finance = lambda: services.make_ready(  # noqa: E731
        case.pk, item="medicine", by=an_officer(Post.FINANCE)
    )
    assert refused(by_finance) == ["release.item_post"]
    strange = lambda: services.make_ready(case.pk, item="x", by=an_officer(Post.FINANCE))  # noqa: E731
    assert refused(strange) == ["release.item"]


def test_a_receipt_in_the_future_or_before_the_admission_is_refused(stay: Custody) -> None:
    for at in (NOON + timedelta(hours=1), NOON - timedelta(days=400)):
        with pytest.raises(Malformed):
            ways.received(stay, received_at=at)
    with clock.set_to(NOON + timedelta(seconds=40)):
        later = a_detainee(in_cell=stay.cell_id, name="李四")
        assert ways.received(later, received_at=NOON).received_at == NOON, "typed in minutes"
    with pytest.raises(Malformed):
        ways.received(stay, way="DETENTION-ENDED")
    with pytest.raises(NotAllowed):
        ways.received(stay, by=an_officer(Post.PATROL))


def test_of_somebody_who_left_nothing_is_received_any_more(stay: Custody) -> None:
    ways.left(stay)
    with pytest.raises(Conflict):
        ways.received(stay)
