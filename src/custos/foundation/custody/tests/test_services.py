"""Admission and moving: what is refused, what is written, where people are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from custos.foundation import clock
from custos.foundation.custody import engine, services
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, NotAllowed
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell
from custos.foundation.record import queries
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import BY_SYSTEM, SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def admission(cell: Cell, **changed: object) -> dict[str, object]:
    return {
        "name": "Li Wei",
        "sex": "1",
        "born": date(1990, 5, 1),
        "basis": "拘留证",
        "basis_number": "7",
        "number": "A-1",
        "arrived_at": clock.now(),
        "cell": cell.pk,
        "by": an_officer(Post.ADMISSION),
    } | changed


def refused(error: type[CustosError], cell: Cell, **changed: object) -> str:
    """The code of the refusal, which left nothing behind."""
    before = (Custody.objects.count(), Detainee.objects.count(), Entry.objects.count())
    with pytest.raises(error) as refusal:
        services.admit(**admission(cell, **changed))  # type: ignore[arg-type]
    assert (Custody.objects.count(), Detainee.objects.count(), Entry.objects.count()) == before
    return refusal.value.code


@pytest.mark.parametrize("field", ["basis", "basis_number", "name", "number"])
@pytest.mark.parametrize("value", ["", "  "])
def test_kr_9_nobody_is_admitted_without_a_document_that_names_them(field: str, value: str) -> None:
    assert refused(Malformed, a_cell(), **{field: value}) == "custody.required"


@pytest.mark.parametrize("field", ["basis", "basis_number"])
def test_kr_9_the_database_too_refuses_a_stay_without_a_document(field: str) -> None:
    stay = a_detainee(in_cell=a_cell())
    with pytest.raises(IntegrityError, match="custody_has_legal_basis"), transaction.atomic():
        Custody.objects.filter(pk=stay.pk).update(**{field: ""})


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("born", date(2030, 1, 1), "custody.born"),
        ("born", date(1850, 1, 1), "custody.born"),
        ("arrived_at", NOON + timedelta(minutes=1), "custody.arrival"),
        ("arrived_at", datetime(1900, 1, 1, tzinfo=UTC), "custody.arrival_before_birth"),
    ],
)
def test_impossible_days_are_refused(field: str, value: object, code: str) -> None:
    with clock.set_to(NOON):
        assert refused(Malformed, a_cell(), **{field: value}) == code


def test_cl_17_a_child_is_not_admitted_even_into_an_empty_cell() -> None:
    with clock.set_to(NOON):
        code = refused(NotAllowed, a_cell(), born=date(2020, 6, 1), reason="ordered")
    assert code == "custody.CL-17-CHILD"


def test_an_arrival_of_a_year_ago_is_refused_and_one_of_a_week_ago_asks_why() -> None:
    cell = a_cell()
    with clock.set_to(NOON):
        long_ago = NOON - timedelta(days=400)
        code = refused(NotAllowed, cell, arrived_at=long_ago, born=None, reason="outage")
        assert code == "custody.ARRIVAL-LONG-AGO"
        late = NOON - timedelta(days=9)
        assert refused(Conflict, cell, arrived_at=late) == "custody.ARRIVAL-LATE"
        stay = services.admit(**admission(cell, arrived_at=late, reason="Power was out"))  # type: ignore[arg-type]
    entry = Entry.objects.get(custody_id=stay.pk)
    said = queries.lines_of([entry.pk])[entry.pk].payload
    assert said is not None
    assert said.model_dump()["shown"] == ["ARRIVAL-LATE v1"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "李\u202e伟"), ("name", "李😀"), ("number", "A\u200b1"), ("basis_number", "7\u202e")],
)
def test_what_turns_or_hides_characters_is_refused(field: str, value: str) -> None:
    assert refused(Malformed, a_cell(), **{field: value}) == "custody.stray_sign"


def test_everything_that_is_wrong_with_an_admission_is_said_at_once() -> None:
    men = a_cell(capacity=1)
    a_detainee(in_cell=men)
    with clock.set_to(NOON), pytest.raises(Malformed) as refusal:
        services.admit(
            **admission(  # type: ignore[arg-type]
                men, sex="2", born=date(2020, 1, 1), arrived_at=NOON + timedelta(days=1), name=""
            )
        )
    assert [(found.code, found.field) for found in refusal.value.findings] == [
        ("custody.required", "name"),
        ("custody.arrival", "arrived_at"),
        ("custody.CL-17-CHILD", "born"),
        ("custody.KR-14-SEX", "cell"),
        ("custody.CPL-280-MINORS", "cell"),
    ]
    assert not Custody.objects.filter(detainee__sex="2").exists()


@pytest.mark.parametrize("post", [Post.ADMISSION, Post.DUTY_LEADER])
def test_kr_14_no_post_can_put_a_man_into_a_womens_cell(post: Post) -> None:
    with pytest.raises(NotAllowed) as refusal:
        a_detainee(in_cell=a_cell("2"), sex="1", reason="ordered", by=an_officer(post))
    assert refusal.value.code == "custody.KR-14-SEX"


@pytest.mark.parametrize("post", list(Post))
def test_kr_14_no_post_can_move_a_woman_to_men(post: Post) -> None:
    facility = a_facility()
    woman = a_detainee(in_cell=a_cell("2", facility=facility), sex="2")
    with pytest.raises(NotAllowed) as refusal:
        services.move_to_cell(
            woman.pk, a_cell("1", facility=facility).pk, reason="ordered", by=an_officer(post)
        )
    may_move = post in (Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)
    assert refusal.value.code == ("custody.KR-14-SEX" if may_move else "writer.post")


def test_kr_14_without_the_rule_a_man_would_get_into_a_womens_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = engine.load()
    without = file.model_copy(
        update={"rules": tuple(rule for rule in file.rules if rule.id != "KR-14-SEX")}
    )
    monkeypatch.setattr(engine, "rules", lambda: without)
    assert a_detainee(in_cell=a_cell("2"), sex="1").cell_id


def test_cpl_280_a_minor_is_not_admitted_among_adults_until_the_birthday() -> None:
    cell = a_cell()
    a_detainee(in_cell=cell)
    with clock.set_to(datetime(2026, 3, 5, 15, 59, tzinfo=UTC)):  # 23:59 on the eve, Beijing time
        assert refused(NotAllowed, cell, born=date(2008, 3, 6)) == "custody.CPL-280-MINORS"
    with clock.set_to(datetime(2026, 3, 5, 16, 1, tzinfo=UTC)):
        assert a_detainee(in_cell=cell, born=date(2008, 3, 6)).cell_id == cell.pk


def test_ki_27_one_more_than_certified_needs_a_reason_which_is_recorded() -> None:
    cell = a_cell(capacity=1)
    a_detainee(in_cell=cell)
    assert refused(Conflict, cell, reason=" ") == "custody.KI-27-CAPACITY"
    stay = a_detainee(in_cell=cell, reason="No other cell tonight")
    entry = Entry.objects.get(custody_id=stay.pk)
    assert entry.kind == "custody.admitted"
    said = queries.lines_of([entry.pk])[entry.pk].payload
    assert said is not None
    assert said.model_dump()["reason"] == "No other cell tonight"
    assert said.model_dump()["shown"] == ["KI-27-CAPACITY v3"]


@pytest.mark.parametrize("kind", [StaffKind.AUXILIARY, StaffKind.CLINICIAN, StaffKind.OTHER])
def test_what_law_reserves_to_police_is_refused_to_everybody_else(kind: StaffKind) -> None:
    by = an_officer(Post.ADMISSION, kind)
    assert refused(NotAllowed, a_cell(), by=by) == "writer.police_only"


def test_a_post_that_admits_nobody_is_refused() -> None:
    assert refused(NotAllowed, a_cell(), by=an_officer(Post.PATROL)) == "writer.post"


def test_a_number_belongs_to_one_stay() -> None:
    cell = a_cell()
    services.admit(**admission(cell))  # type: ignore[arg-type]
    assert refused(Conflict, cell) == "custody.number_taken"


def test_a_cell_out_of_use_takes_nobody() -> None:
    cell = a_cell()
    organizations.take_cell_out_of_use(
        cell.pk, reason="Flooded", expected_return=None, by=BY_SYSTEM
    )
    assert refused(Conflict, cell) == "custody.cell_out_of_use"


def test_a_cell_out_of_scope_does_not_exist() -> None:
    cell = a_cell()
    with scope.entered(scope.Scope(102_000_000, 102_999_999, frozenset({1}))):
        assert refused(Missing, cell) == "custody.no_such_cell"


def test_an_admission_is_one_entry_and_one_stay_in_the_cell() -> None:
    cell = a_cell()
    with clock.set_to(NOON):
        stay = a_detainee(in_cell=cell)
    place = CellStay.objects.get(custody=stay)
    assert (place.cell_id, place.during.lower, place.during.upper) == (cell.pk, NOON, None)
    entry = Entry.objects.get(custody_id=stay.pk)
    assert (entry.kind, entry.cell_id, entry.detainee_id) == (
        "custody.admitted",
        cell.pk,
        stay.detainee_id,
    )


def test_a_move_ends_one_stay_in_a_cell_and_begins_the_next_at_the_same_moment() -> None:
    facility = a_facility()
    left, entered = a_cell(facility=facility), a_cell(facility=facility)
    with clock.set_to(NOON):
        stay = a_detainee(in_cell=left)
    later = NOON + timedelta(hours=3)
    with clock.set_to(later):
        services.move_to_cell(
            stay.pk, entered.pk, reason="Quarrel", by=an_officer(Post.CASE_OFFICER)
        )
    places = [
        (place.cell_id, place.during.lower, place.during.upper)
        for place in CellStay.objects.filter(custody=stay).order_by("during")
    ]
    assert places == [(left.pk, NOON, later), (entered.pk, later, None)]
    assert Custody.objects.get(pk=stay.pk).cell_id == entered.pk
    assert list(
        Entry.objects.filter(custody_id=stay.pk).order_by("seq").values_list("kind", "cell_id")
    ) == [("custody.admitted", left.pk), ("cell.moved", entered.pk)]


def test_a_move_without_a_reason_to_the_same_cell_or_elsewhere_is_refused() -> None:
    cell = a_cell()
    stay = a_detainee(in_cell=cell)
    by = an_officer(Post.CASE_OFFICER)
    for place, reason, error, code in (
        (cell, " ", Malformed, "custody.reason"),
        (cell, "x", Conflict, "custody.there_already"),
        (a_cell(), "x", NotAllowed, "custody.other_facility"),
    ):
        with pytest.raises(error) as refusal:
            services.move_to_cell(stay.pk, place.pk, reason=reason, by=by)
        assert refusal.value.code == code
    assert CellStay.objects.filter(custody=stay).count() == 1


def test_an_auxiliary_moves_nobody() -> None:
    facility = a_facility()
    stay = a_detainee(in_cell=a_cell(facility=facility))
    with pytest.raises(NotAllowed) as refusal:
        services.move_to_cell(
            stay.pk,
            a_cell(facility=facility).pk,
            reason="x",
            by=an_officer(Post.CASE_OFFICER, StaffKind.AUXILIARY),
        )
    assert refusal.value.code == "writer.police_only"


def test_the_database_refuses_somebody_in_two_places_at_once() -> None:
    facility = a_facility()
    stay = a_detainee(in_cell=a_cell(facility=facility))
    with (
        pytest.raises(IntegrityError, match="custody_one_place_at_a_time"),
        transaction.atomic(),
    ):
        CellStay.objects.create(
            custody=stay,
            organization_id=facility.pk,
            cell=a_cell(facility=facility),
            during=DateTimeTZRange(clock.now(), None),
        )


def test_the_database_refuses_a_second_open_stay_of_one_person() -> None:
    stay = a_detainee(in_cell=a_cell())
    with pytest.raises(IntegrityError, match="custody_one_at_a_time"), transaction.atomic():
        Custody.objects.create(
            detainee=stay.detainee,
            organization_id=stay.organization_id,
            number="B-2",
            basis="拘留证",
            basis_number="2",
            admitted_at=clock.now(),
        )
