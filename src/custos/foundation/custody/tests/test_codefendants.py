"""KR 14: whom papers name as co-defendants are kept apart by themselves, whoever comes first."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from custos.foundation import clock
from custos.foundation.custody import separating, services
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.custody.tests.test_places import entries, refused, tasks
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db
ZHAO = "赵铁山"


@pytest.fixture(autouse=True)
def _in_scope(request: pytest.FixtureRequest) -> Iterator[None]:
    if "superuser_sql" in request.fixturenames:
        yield  # what two do at once enters the scope for itself
        return
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def cells(facility: Organization) -> list[Cell]:
    return [a_cell(facility=facility) for _ in range(3)]


def _pairs() -> list[tuple[set[object], str, str]]:
    rows = KeepApart.objects.order_by("pk")
    return [({row.one_id, row.other_id}, row.kind, row.scope) for row in rows]


def test_kr_14_whom_a_paper_names_by_the_stay_is_kept_apart_at_once(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.named(one, ZHAO, stay=other, case="A1101")
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]
    assert "A1101" in KeepApart.objects.get().reason
    assert refused(lambda: worlds.moved(one, cells[1])) == "custody.KR-14-CODEFENDANTS"
    assert refused(lambda: worlds.moved(other, cells[0])) == "custody.KR-14-CODEFENDANTS"
    worlds.moved(one, cells[2])


def test_the_pair_is_written_by_the_software_because_of_the_paper(cells: list[Cell]) -> None:
    """An interrogating officer records the paper and may not write a pair of their own."""
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.named(one, ZHAO, stay=other, by=an_officer(Post.INTERROGATION))
    paper = Entry.objects.get(kind="custody.co_defendant_recorded")
    told = Entry.objects.filter(kind="separation.pair")
    assert {entry.custody_id for entry in told} == {one.pk, other.pk}
    assert {(entry.by_ref, entry.because_id) for entry in told} == {
        ("custody.separation", paper.pk)
    }


def test_two_of_one_case_found_in_one_cell_are_told_and_become_a_task(
    facility: Organization, cells: list[Cell]
) -> None:
    one, other = (a_detainee(in_cell=cells[0], name=name) for name in ("王小川", ZHAO))
    worlds.named(one, ZHAO)
    (broken,) = entries("separation.broken", facility)
    assert broken["rules"] == ["KR-14-CODEFENDANTS v2"]
    assert set(broken["stays"]) == {one.pk, other.pk}  # type: ignore[call-overload]
    assert ("separation.broken", 2) in tasks(facility)


@pytest.mark.parametrize(
    ("papers", "theirs", "kept"),
    [("A1", "A1", True), ("A1", "", True), ("", "A1", True), ("A1", "B2", False)],
)
def test_a_name_counts_unless_both_numbers_of_the_case_are_known_and_differ(
    cells: list[Cell], papers: str, theirs: str, kept: bool
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    if theirs:
        worlds.of_the_case(other, theirs)
    worlds.named(one, ZHAO, case=papers)
    assert bool(_pairs()) is kept


def test_an_other_name_that_is_found_out_later_counts_too(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="李四")
    worlds.named(one, ZHAO)
    assert _pairs() == []
    alias = facts.OtherName(kind="alias", text=ZHAO)
    people.record_fact(other.pk, alias, by=an_officer(Post.CASE_OFFICER))
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


def _arrives(cell: Cell, name: str = ZHAO, case: str = "") -> Custody:
    return services.admit(
        name=name,
        sex="1",
        born=date(1991, 1, 1),
        basis="拘留证",
        basis_number="1",
        number=f"N{cell.pk.hex[-20:]}",
        arrived_at=clock.now(),
        cell=cell.pk,
        by=an_officer(Post.ADMISSION),
        case_number=case,
    )


def test_kr_14_who_arrives_and_was_named_before_gets_no_cell_beside_them(cells: list[Cell]) -> None:
    inside = a_detainee(in_cell=cells[0])
    worlds.named(inside, ZHAO, case="A1")
    assert refused(lambda: _arrives(cells[0])) == "custody.KR-14-CODEFENDANTS"
    stay = _arrives(cells[1])
    assert _pairs() == [({inside.pk, stay.pk}, "codefendants", "area")]
    admitted = Entry.objects.get(kind="custody.admitted", custody_id=stay.pk)
    told = Entry.objects.filter(kind="separation.pair")
    assert {(entry.by_ref, entry.because_id) for entry in told} == {
        ("custody.separation", admitted.pk)
    }


def test_a_namesake_of_another_case_arrives_as_anybody(cells: list[Cell]) -> None:
    worlds.named(a_detainee(in_cell=cells[0]), ZHAO, case="A1")
    _arrives(cells[0], case="B2")
    assert _pairs() == []


def test_a_pair_that_a_leader_closed_is_not_opened_by_the_same_paper(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.named(one, ZHAO)
    separating.close_pair(
        KeepApart.objects.get().pk, reason="A namesake", by=an_officer(Post.LEADER)
    )
    alias = facts.OtherName(kind="alias", text="老赵")
    people.record_fact(other.pk, alias, by=an_officer(Post.CASE_OFFICER))
    assert KeepApart.objects.filter(closed_at=None).count() == 0


def test_where_the_sex_has_one_area_the_cell_is_kept_apart_and_the_yard_takes_a_reason(
    facility: Organization,
) -> None:
    """Nobody stands at the door without a place: where no other area is left, the cell has to do."""
    first = a_cell("2", facility=facility)
    beside = Cell.objects.create(
        organization=facility, area=first.area, name="beside", sex="2", capacity=4
    )
    a_cell("1", facility=facility)
    one = a_detainee(in_cell=first, sex="2")
    other = a_detainee(in_cell=beside, sex="2", name=ZHAO)
    worlds.named(one, ZHAO)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "cell")]
    assert refused(lambda: worlds.moved(one, beside)) == "custody.KR-14-CODEFENDANTS"
    assert entries("separation.broken", facility) == []


def test_kr_14_the_same_area_is_closed_to_two_of_one_case_where_another_is_left(
    facility: Organization, cells: list[Cell]
) -> None:
    beside = Cell.objects.create(
        organization=facility, area=cells[1].area, name="beside", sex="1", capacity=4
    )
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.named(one, ZHAO, stay=other)
    assert refused(lambda: worlds.moved(one, beside)) == "custody.KR-14-CODEFENDANTS"


# ---------------------------------------------------------------------- at once


@pytest.mark.django_db(transaction=True)
def test_a_paper_that_names_somebody_who_arrives_at_that_moment_is_never_overlooked(
    superuser_sql: psycopg.Connection,
) -> None:
    for paper_first in (True, False):
        with scope.entered(SYSTEM):
            facility = a_facility()
            cells = [a_cell(facility=facility) for _ in range(2)]
            inside = a_detainee(in_cell=cells[0])
        deeds = [
            lambda stay=inside: worlds.named(stay, ZHAO),  # type: ignore[misc]
            lambda cell=cells[1]: _arrives(cell),  # type: ignore[misc]
        ]
        first, second = deeds if paper_first else reversed(deeds)
        assert both(superuser_sql, first, second) == ["done", "done"]
        with scope.entered(SYSTEM):
            assert KeepApart.objects.filter(organization=facility, closed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_papers_that_name_each_other_at_once_make_one_pair(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        cells = [a_cell(facility=facility) for _ in range(2)]
        one = a_detainee(in_cell=cells[0], name="王小川")
        other = a_detainee(in_cell=cells[1], name=ZHAO)
    told = both(
        superuser_sql,
        lambda: worlds.named(one, ZHAO, stay=other),
        lambda: worlds.named(other, "王小川", stay=one),
    )
    assert told == ["done", "done"]
    with scope.entered(SYSTEM):
        assert KeepApart.objects.count() == 1
