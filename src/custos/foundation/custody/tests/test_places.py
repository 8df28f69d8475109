"""Separation, absences and counts as officers meet them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from custos.foundation import clock
from custos.foundation.custody import counting, going_out, placing, roll, separating, services
from custos.foundation.custody.models import CellStay, Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.place_models import Absence, CellCount, Count, KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import SYSTEM, a_cell, a_detainee, an_officer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_scope() -> Iterator[None]:
    with scope.entered(SYSTEM), clock.set_to(NOON):
        yield


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(CustosError) as refusal:
        deed()
    return refusal.value.code


def entries(kind: str, facility: Organization) -> list[dict[str, object]]:
    found = Entry.objects.filter(kind=kind, organization_id=facility.pk).order_by("id")
    lines = record.lines_of([entry.pk for entry in found])
    return [lines[entry.pk].payload.model_dump() for entry in found]  # type: ignore[union-attr]


def tasks(facility: Organization) -> list[tuple[object, object]]:
    """What duty made of it: which kind of entry became a task, and of what severity."""
    opened = entries("task.opened", facility)
    return [(task["source_kind"], task["severity"]) for task in opened]


@pytest.fixture
def cells(facility: Organization) -> list[Cell]:
    return [a_cell(facility=facility) for _ in range(3)]


# ---------------------------------------------------------------------- separation


def test_kr_14_a_move_to_a_codefendant_is_refused_until_the_pair_is_closed(
    cells: list[Cell],
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1])
    pair = worlds.apart(one, other)
    for who, cell in ((one, cells[1]), (other, cells[0])):
        assert refused(lambda: worlds.moved(who, cell)) == "custody.KR-14-CODEFENDANTS"  # noqa: B023
    separating.close_pair(pair.pk, reason="Case split", by=an_officer(Post.LEADER))
    worlds.moved(one, cells[1])
    assert KeepApart.objects.get(pk=pair.pk).closed_at == NOON


def test_kr_14_a_codefendant_named_at_the_door_is_kept_apart_from_the_first_cell_on(
    cells: list[Cell],
) -> None:
    inside = a_detainee(in_cell=cells[0])
    pairing = separating.Pairing(inside.pk, "codefendants", "cell", "从犯", "主犯", "同案")

    def arrive(cell: Cell) -> Custody:
        return services.admit(
            name="李伟",
            sex="1",
            born=date(1991, 1, 1),
            basis="拘留证",
            basis_number="1",
            number=f"N{cell.pk.hex[-20:]}",
            arrived_at=NOON,
            cell=cell.pk,
            by=an_officer(Post.ADMISSION),
            apart=[pairing],
        )

    assert refused(lambda: arrive(cells[0])) == "custody.KR-14-CODEFENDANTS"
    stay = arrive(cells[1])
    pair = KeepApart.objects.get()
    assert {pair.one_id, pair.other_id} == {inside.pk, stay.pk}
    told = Entry.objects.filter(kind="separation.pair").values_list("custody_id", flat=True)
    assert set(told) == {inside.pk, stay.pk}


def test_a_pair_found_in_one_cell_is_told_at_once_and_becomes_a_task(
    facility: Organization, cells: list[Cell]
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[0])
    worlds.apart(one, other, "threat")
    (broken,) = entries("separation.broken", facility)
    assert broken["rules"] == ["NMR-12-KEEP-APART v3"]
    assert set(broken["stays"]) == {one.pk, other.pk}  # type: ignore[call-overload]
    assert tasks(facility) == [("separation.broken", 2)]
    worlds.moved(other, cells[1])


def test_a_pair_is_two_people_of_one_place_once_and_says_why(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1])
    elsewhere = a_detainee(in_cell=a_cell())
    worlds.apart(one, other)
    assert refused(lambda: worlds.apart(other, one)) == "separation.known"
    assert refused(lambda: worlds.apart(one, one)) == "separation.oneself"
    assert refused(lambda: worlds.apart(one, elsewhere)) == "separation.elsewhere"
    assert refused(lambda: worlds.apart(one, other, "envy")) == "separation.pair"
    with pytest.raises(IntegrityError, match="custody_apart_once"), transaction.atomic():
        KeepApart.objects.create(
            **{
                field.attname: getattr(KeepApart.objects.get(), field.attname)
                for field in KeepApart._meta.fields
                if field.name != "id"
            }
        )


def test_spp_659_somebody_sentenced_among_the_unconvicted_is_told_and_can_only_leave(
    facility: Organization, cells: list[Cell]
) -> None:
    one = a_detainee(in_cell=cells[0])
    a_detainee(in_cell=cells[0])
    a_detainee(in_cell=cells[1])
    separating.classify(
        one.pk,
        "convicted",
        repeat=False,
        violent=None,
        reason="Judgment in force",
        by=an_officer(Post.CASE_OFFICER),
    )
    assert entries("separation.broken", facility)[0]["rules"] == ["SPP-659-CONVICTED v3"]
    assert refused(lambda: worlds.moved(one, cells[1])) == "custody.SPP-659-CONVICTED"
    worlds.moved(one, cells[2])


def test_a_full_cell_takes_one_more_with_a_reason_and_then_nobody(facility: Organization) -> None:
    cell, other = a_cell(capacity=1, facility=facility), a_cell(facility=facility)
    a_detainee(in_cell=cell)
    a_detainee(in_cell=cell, reason="No other cell tonight")
    beside = a_detainee(in_cell=other)
    assert refused(lambda: worlds.moved(beside, cell)) == "custody.CELL-HARD-LIMIT"
    assert refused(lambda: a_detainee(in_cell=cell, reason="x")) == "custody.CELL-HARD-LIMIT"


def test_cpl_280_a_coming_of_age_among_minors_is_told_on_the_day(
    facility: Organization, cells: list[Cell]
) -> None:
    for born in (date(2008, 3, 3), date(2010, 1, 1)):
        a_detainee(in_cell=cells[0], born=born)
    a_detainee(in_cell=cells[1], born=date(2008, 3, 3))
    with clock.set_to(NOON + timedelta(days=1)):
        assert separating.look_at_birthdays(date(2026, 3, 2)) == 0
        assert separating.look_at_birthdays(date(2026, 3, 3)) == 2
    (broken,) = entries("separation.broken", facility)
    assert (broken["cell"], broken["rules"]) == (cells[0].pk, ["CPL-280-MINORS v3"])


def test_dr_18_only_a_clinician_orders_isolation_and_it_holds_until_ended(
    cells: list[Cell],
) -> None:
    ill, well = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1])
    with pytest.raises(NotAllowed):
        separating.isolate(
            ill.pk,
            group="",
            review_by=NOON + timedelta(days=1),
            instruction="Mask",
            by=an_officer(Post.MEDICAL, StaffKind.OFFICER),
        )
    worlds.isolated(ill)
    assert refused(lambda: worlds.isolated(ill)) == "separation.ordered"
    assert refused(lambda: worlds.moved(well, cells[0])) == "custody.DR-18-MEDICAL"
    separating.end_isolation(
        ill.pk, reason="Tests negative", by=an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    )
    worlds.moved(well, cells[0])


def test_an_order_without_a_review_ahead_is_refused(cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    with pytest.raises(Malformed, match="review"):
        separating.never_alone(
            stay.pk, attended=False, review_by=NOON, reason="x", by=an_officer(Post.PATROL)
        )


def test_anybody_begins_never_alone_and_two_posts_end_it(cells: list[Cell]) -> None:
    kept = a_detainee(in_cell=cells[0])
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[0])
    separating.never_alone(
        kept.pk,
        attended=False,
        review_by=NOON + timedelta(days=1),
        reason="Says goodbye",
        by=an_officer(Post.LOGISTICS, StaffKind.OTHER),
    )
    worlds.moved(one, cells[1])
    assert refused(lambda: worlds.moved(other, cells[1])) == "custody.RISK-NEVER-ALONE"
    assert refused(lambda: worlds.moved(kept, cells[2])) == "custody.RISK-NEVER-ALONE"
    doctor = an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    officer = an_officer(Post.CASE_OFFICER)

    def ended(by: object, second: object) -> object:
        return separating.end_never_alone(kept.pk, reason="Better", by=by, second=second)  # type: ignore[arg-type]

    assert refused(lambda: ended(doctor, an_officer(Post.MEDICAL))) == "separation.two_posts"
    assert refused(lambda: ended(officer, an_officer(Post.PATROL))) == "separation.two_posts"
    ended(doctor, officer)
    worlds.moved(other, cells[1])


def test_going_to_court_is_never_refused_but_who_is_left_alone_is_called_for(
    facility: Organization, cells: list[Cell]
) -> None:
    kept, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[0])
    worlds.watched(kept)
    absence = worlds.gone(other)
    assert tasks(facility) == [("separation.left_alone", 1)]
    worlds.back(absence)
    assert len(entries("separation.left_alone", facility)) == 1


def test_somebody_attended_by_staff_may_be_in_a_cell_without_others(cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    worlds.watched(stay, attended=True)
    worlds.moved(stay, cells[1])


@pytest.mark.parametrize(("kind", "aided"), [("mobility", True), ("aid", True), ("diet", False)])
def test_a_need_of_help_with_moving_is_weighed_where_cells_are_proposed(
    cells: list[Cell], kind: str, aided: bool
) -> None:
    stay = a_detainee(in_cell=cells[0])
    people.record_fact(stay.pk, facts.Need(kind=kind), by=an_officer(Post.CASE_OFFICER))
    assert placing.facts_of([stay], NOON)[stay.pk].aid is aided


# ---------------------------------------------------------------------- what was shown


def test_a_choice_is_logged_with_what_was_shown(facility: Organization, cells: list[Cell]) -> None:
    stay, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1])
    a_detainee(in_cell=cells[1])
    worlds.watched(other)
    shown = services.considered_move(stay, cells[1], NOON)
    assert shown.signs[str(other.pk)] == ["never_alone", "new"]
    services.move_to_cell(
        stay.pk,
        cells[1].pk,
        reason="Company",
        by=an_officer(Post.CASE_OFFICER),
        seen=shown.token,
        offered=[cells[1].pk, cells[2].pk],
    )
    (logged,) = entries("placing.considered", facility)
    assert (logged["chosen"], logged["offered"]) == (cells[1].pk, [cells[1].pk, cells[2].pk])
    assert logged["signs"][str(other.pk)] == ["never_alone", "new"]  # type: ignore[index]


def test_a_cell_that_changed_since_it_was_looked_at_has_to_be_looked_at_again(
    cells: list[Cell],
) -> None:
    stay = a_detainee(in_cell=cells[0])
    seen = services.considered_move(stay, cells[1], NOON).token
    a_detainee(in_cell=cells[1])
    with pytest.raises(Conflict) as refusal:
        services.move_to_cell(
            stay.pk, cells[1].pk, reason="x", by=an_officer(Post.CASE_OFFICER), seen=seen
        )
    assert refusal.value.code == "custody.changed_since"


# ---------------------------------------------------------------------- out and back


def test_nobody_is_taken_out_in_order_to_be_interrogated(cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    assert refused(lambda: worlds.planned(stay, "interrogation")) == "absence.interrogation"
    assert refused(lambda: worlds.planned(stay, "shopping")) == "absence.kind"


def test_a_plan_is_no_movement(facility: Organization, cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    absence = worlds.planned(stay)
    assert roll.at(facility.pk, NOON).out == 0
    by = an_officer(Post.INTERROGATION)
    going_out.leave(absence.pk, escort="two", condition="well", by=by)
    now = roll.at(facility.pk, NOON)
    assert (now.held, now.out, now.present, now.placed) == (1, 1, 0, 1)
    assert refused(lambda: going_out.cancel(absence.pk, reason="x", by=by)) == "absence.not_waiting"
    with clock.set_to(NOON + timedelta(hours=2)):
        worlds.back(absence)
    assert roll.at(facility.pk, NOON + timedelta(hours=3)).out == 0
    assert roll.at(facility.pk, NOON + timedelta(hours=1)).out == 1


def test_nobody_is_out_twice_and_the_database_says_so_too(cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    worlds.gone(stay)
    second = worlds.planned(stay)
    by = an_officer(Post.INTERROGATION)
    assert (
        refused(lambda: going_out.leave(second.pk, escort="x", condition="x", by=by))
        == "absence.out_already"
    )
    with pytest.raises(IntegrityError, match="custody_out_once_at_a_time"), transaction.atomic():
        Absence.objects.filter(pk=second.pk).update(left_at=NOON)


def test_an_identification_that_lasts_overnight_needs_a_reason(cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0])
    with pytest.raises(Conflict) as refusal:
        worlds.planned(stay, "identification", hours=20)
    assert refusal.value.code == "absence.same_day"


def test_codefendants_never_share_a_transport(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1])
    worlds.apart(one, other)
    worlds.planned(one, trip="Van 1")
    assert refused(lambda: worlds.planned(other, trip="Van 1")) == "absence.shared_trip"
    worlds.planned(other, trip="Van 2")


def test_who_should_be_back_and_is_not_becomes_a_task_once(
    facility: Organization, cells: list[Cell]
) -> None:
    worlds.gone(a_detainee(in_cell=cells[0]))  # back planned at NOON + 4 h, missed 30 minutes later
    with clock.set_to(NOON + timedelta(hours=4, minutes=30)):
        assert going_out.sweep() == 0
    with clock.set_to(NOON + timedelta(hours=4, minutes=31)):
        assert (going_out.sweep(), going_out.sweep()) == (1, 0)
    assert tasks(facility) == [("absence.overdue", 2)]


def test_a_stay_that_ends_outside_ends_the_absence_and_what_was_planned(
    facility: Organization, cells: list[Cell]
) -> None:
    stay = a_detainee(in_cell=cells[0])
    gone, later = worlds.gone(stay), worlds.planned(stay, "hospital")
    with clock.set_to(NOON + timedelta(hours=1)):
        worlds.ended(stay)
        assert roll.at(facility.pk, clock.now()).adds_up
        assert roll.at(facility.pk, clock.now()).held == 0
    gone.refresh_from_db()
    later.refresh_from_db()
    assert (gone.back_at, later.cancelled_at) == (NOON + timedelta(hours=1),) * 2
    assert refused(lambda: worlds.back(gone)) == "custody.ended"
    assert not CellStay.objects.filter(custody=stay, during__endswith__isnull=True).exists()


def test_no_stay_is_ended_by_one_person(cells: list[Cell]) -> None:
    stay, by = a_detainee(in_cell=cells[0]), an_officer(Post.ADMISSION)
    with pytest.raises(NotAllowed) as refusal:
        services.end_stay(stay.pk, way="release", document="1", by=by, second=by)
    assert refusal.value.code == "writer.two_persons"


# ---------------------------------------------------------------------- the roll


def test_the_roll_of_the_past_is_what_it_was(facility: Organization, cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[0])
    with clock.set_to(NOON + timedelta(hours=1)):
        worlds.moved(one, cells[1])
    with clock.set_to(NOON + timedelta(hours=2)):
        worlds.ended(other)

    def by_cell(hours: float) -> dict[object, int]:
        then = roll.at(facility.pk, NOON + timedelta(hours=hours))
        assert then.adds_up
        return {cell.cell: cell.present for cell in then.cells}

    assert by_cell(-0.5) == {}
    assert by_cell(0.5) == {cells[0].pk: 2}
    assert by_cell(1.5) == {cells[0].pk: 1, cells[1].pk: 1}
    assert by_cell(2.5) == {cells[1].pk: 1}
    areas = roll.at(facility.pk, NOON + timedelta(hours=1.5)).by_area()
    assert areas == {cells[0].area_id: (1, 1), cells[1].area_id: (1, 1)}


INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    "lasts",
    [timedelta(days=days) + off for days in (1, 2, 64, 4_096) for off in (-INSTANT, 0 * INSTANT)],
    ids=str,
)
def test_a_stay_of_any_length_is_on_the_roll_from_its_first_instant_to_its_last(
    lasts: timedelta, facility: Organization, cells: list[Cell]
) -> None:
    """At the borders of the classes by which the database finds stays."""
    stay = a_detainee(in_cell=cells[0])
    Custody.objects.filter(pk=stay.pk).update(ended_at=NOON + lasts, cell=None)
    CellStay.objects.filter(custody=stay).update(during=(NOON, NOON + lasts))
    held = {
        after: (found.held, found.placed)
        for after in (-INSTANT, 0 * INSTANT, lasts - INSTANT, lasts)
        if (found := roll.at(facility.pk, NOON + after))
    }
    assert list(held.values()) == [(0, 0), (1, 1), (1, 1), (0, 0)]


def test_a_stay_that_never_ended_is_on_the_roll_however_long_ago_it_began(
    facility: Organization, cells: list[Cell]
) -> None:
    a_detainee(in_cell=cells[0])
    found = roll.at(facility.pk, NOON + timedelta(days=20_000))
    assert (found.held, found.placed) == (1, 1)


def test_the_roll_asks_once_however_many_there_are(
    facility: Organization,
    cells: list[Cell],
    django_assert_num_queries: Callable[[int], object],
) -> None:
    for _ in range(5):
        a_detainee(in_cell=cells[0])
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        roll.at(facility.pk, NOON)


def test_the_roll_ends_where_the_scope_does(facility: Organization, cells: list[Cell]) -> None:
    a_detainee(in_cell=cells[0])
    with scope.entered(scope.Scope(102_000_000, 102_999_999, frozenset({1}))):
        assert roll.at(facility.pk, NOON).held == 0


# ---------------------------------------------------------------------- counts


@pytest.fixture
def count(facility: Organization, cells: list[Cell]) -> Count:
    a_detainee(in_cell=cells[0])
    a_detainee(in_cell=cells[0])
    worlds.gone(a_detainee(in_cell=cells[1]))
    return counting.begin(facility, "shift", by=an_officer(Post.PATROL))


def _say(count: Count, cells: list[Cell], *numbers: int, by: object) -> Count:
    said = {cell.pk: number for cell, number in zip(cells, numbers, strict=False)}
    return counting.enter(count.pk, said, by=by)  # type: ignore[arg-type]


def test_a_count_by_two_that_meets_the_roll_agrees(
    facility: Organization, cells: list[Cell], count: Count
) -> None:
    one, other = an_officer(Post.PATROL), an_officer(Post.DUTY_LEADER)
    assert _say(count, cells, 2, 0, 0, by=one).state == "open"
    assert _say(count, cells, 2, 0, 0, by=other).state == "agreed"
    assert entries("count.agreed", facility) == [
        {"count": count.pk, "people": 2, "recounted": False}
    ]
    assert tasks(facility) == []


def test_a_count_takes_two_people(cells: list[Cell], count: Count) -> None:
    one, other = an_officer(Post.PATROL), an_officer(Post.PATROL)
    _say(count, cells, 2, 0, 0, by=one)
    assert refused(lambda: _say(count, cells, 2, 0, 0, by=one)) == "count.twice"
    _say(count, cells, 1, 0, 0, by=other)
    third = an_officer(Post.PATROL)
    assert refused(lambda: _say(count, cells[:1], 2, by=third)) == "count.third"


def test_what_differs_is_counted_again_and_may_then_agree(
    facility: Organization, cells: list[Cell], count: Count
) -> None:
    one, other = an_officer(Post.PATROL), an_officer(Post.PATROL)
    _say(count, cells, 2, 0, 0, by=one)
    assert _say(count, cells, 1, 0, 0, by=other).state == "recount"
    assert refused(lambda: _say(count, cells, 2, 0, 0, by=one)) == "count.numbers"
    _say(count, cells[:1], 2, by=one)
    assert _say(count, cells[:1], 2, by=other).state == "agreed"
    assert entries("count.agreed", facility)[0]["recounted"] is True
    assert tasks(facility) == []


def test_a_mismatch_that_stays_is_a_severity_1_task_about_its_cell(
    facility: Organization, cells: list[Cell], count: Count
) -> None:
    one, other = an_officer(Post.PATROL), an_officer(Post.PATROL)
    for who in (one, other):
        _say(count, cells, 1, 0, 0, by=who)
    for who in (one, other):
        ended = _say(count, cells[:1], 1, by=who)
    assert ended.state == "mismatch"
    (told,) = entries("count.mismatch", facility)
    assert (told["cell"], told["expected"], told["first"], told["second"]) == (
        cells[0].pk, 2, 1, 1,
    )  # fmt: skip
    assert tasks(facility) == [("count.mismatch", 1)]
    leader = an_officer(Post.DUTY_LEADER)
    assert counting.explain(count.pk, "At the doctor's", by=leader).state == "explained"


def test_a_recount_that_nobody_makes_calls_after_five_minutes(
    facility: Organization, cells: list[Cell], count: Count
) -> None:
    for who in (an_officer(Post.PATROL), an_officer(Post.PATROL)):
        _say(count, cells, 1, 0, 0, by=who)
    with clock.set_to(NOON + timedelta(minutes=5)):
        assert counting.sweep() == 0
    with clock.set_to(NOON + timedelta(minutes=5, seconds=1)):
        assert (counting.sweep(), counting.sweep()) == (1, 0)
    assert tasks(facility) == [("count.mismatch", 1)]


def test_of_the_same_people_one_count_goes_on_at_a_time(
    facility: Organization, cells: list[Cell], count: Count
) -> None:
    patrol = an_officer(Post.PATROL)
    assert refused(lambda: counting.begin(facility, "night", by=patrol)) == "count.going_on"
    part = counting.begin(facility, "yard", by=patrol, area=cells[0].area_id)
    assert CellCount.objects.filter(count=part).count() == 1
    other_area = a_cell().area_id
    with pytest.raises(Missing):
        counting.begin(facility, "yard", by=patrol, area=other_area)
    assert refused(lambda: counting.begin(facility, "tea", by=patrol)) == "count.occasion"
