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
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.custody.tests.test_places import entries, refused, tasks
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests import merging
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
    assert broken["rules"] == ["KR-14-CODEFENDANTS v3"]
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


@pytest.mark.parametrize(("paper", "name"), [("户建国", "戶建國"), ("戸 建国", "户建国")])
def test_kr_14_a_name_counts_in_whichever_form_of_a_character_it_is_written(
    cells: list[Cell], paper: str, name: str
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=name)
    worlds.named(one, paper)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]
    other.detainee.refresh_from_db()
    assert other.detainee.name == name
    late = a_detainee(in_cell=cells[2], name=paper)
    assert {one.pk, late.pk} in [pair for pair, _kind, _scope in _pairs()]


@pytest.mark.parametrize("whose", ["one", "other"])
def test_kr_14_a_number_of_the_case_that_told_two_apart_and_was_wrong_keeps_them_apart_once_it_ends(
    cells: list[Cell], whose: str
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.of_the_case(one, "A1")
    worlds.of_the_case(other, "B2")
    worlds.named(one, ZHAO)
    assert _pairs() == []
    wrong = one if whose == "one" else other
    fact = FactRow.objects.get(custody=wrong, sort="authority")
    people.end_fact(wrong.pk, fact.pk, reason="录错了人", by=an_officer(Post.CASE_OFFICER))
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


def test_an_other_name_that_is_found_out_later_counts_too(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="李四")
    worlds.named(one, ZHAO)
    assert _pairs() == []
    alias = facts.OtherName(kind="alias", text=ZHAO)
    people.record_fact(other.pk, alias, by=an_officer(Post.CASE_OFFICER))
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


@pytest.mark.parametrize(
    ("paper", "held"),
    [
        ("诺尔哈提•阿不都", "诺尔哈提·阿不都"),
        ("戴维．李", "戴维·李"),
        ("赵 铁山", "赵铁山"),
        ("ＬＩ Si", "LI SI"),
    ],
)
def test_kr_14_a_name_is_the_same_however_it_was_typed(
    cells: list[Cell], paper: str, held: str
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=held)
    worlds.named(one, paper)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


def test_kr_14_who_arrives_is_known_by_a_name_that_was_typed_otherwise(cells: list[Cell]) -> None:
    worlds.named(a_detainee(in_cell=cells[0]), "诺尔哈提•阿不都")
    assert refused(lambda: _arrives(cells[0], "诺尔哈提·阿不都")) == "custody.KR-14-CODEFENDANTS"


def test_an_other_name_counts_however_it_was_typed(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="李四")
    alias = facts.OtherName(kind="alias", text="戴维·李")
    people.record_fact(other.pk, alias, by=an_officer(Post.CASE_OFFICER))
    worlds.named(one, "戴维．李")
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


def test_a_number_of_the_case_is_the_same_with_other_brackets(cells: list[Cell]) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.of_the_case(other, "（2026）刑字7号")
    worlds.named(one, ZHAO, case="(2026)刑字７号")
    assert len(_pairs()) == 1


def test_a_number_of_the_case_that_is_put_right_makes_the_pair(cells: list[Cell]) -> None:
    """Of whoever is named."""
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.of_the_case(other, "B2")
    worlds.named(one, ZHAO, case="A1")
    assert _pairs() == []
    worlds.of_the_case(other, "A1")
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]
    assert refused(lambda: worlds.moved(one, cells[1])) == "custody.KR-14-CODEFENDANTS"
    told = Entry.objects.filter(kind="separation.pair")
    right = Entry.objects.filter(kind="custody.authority_recorded").latest("id")
    assert {entry.because_id for entry in told} == {right.pk}


def test_a_number_that_is_put_right_of_whose_paper_it_is_makes_the_pair_too(
    cells: list[Cell],
) -> None:
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name=ZHAO)
    worlds.of_the_case(one, "X9")
    worlds.of_the_case(other, "A1")
    worlds.named(one, ZHAO)
    assert _pairs() == []
    worlds.of_the_case(one, "A1")
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


# ---------------------------------------------------------------------- who came back


def _came_back(cells: list[Cell], case: str = "A1") -> tuple[Custody, Custody]:
    """Somebody whose paper named Zhao and who left; and the same person once more, found to be them."""
    former = a_detainee(in_cell=cells[0], name="王小川")
    worlds.named(former, ZHAO, case=case)
    worlds.ended(former)
    now = a_detainee(in_cell=cells[0], name="王小川")
    merging.merged(now, former)
    return former, now


def test_kr_14_a_paper_of_an_earlier_stay_counts_once_its_person_is_back(
    cells: list[Cell],
) -> None:
    _former, now = _came_back(cells)
    assert refused(lambda: _arrives(cells[0], case="A1")) == "custody.KR-14-CODEFENDANTS"
    zhao = _arrives(cells[1], case="A1")
    assert _pairs() == [({now.pk, zhao.pk}, "codefendants", "area")]


def test_a_paper_of_whoever_has_left_for_good_keeps_nobody_apart(cells: list[Cell]) -> None:
    former = a_detainee(in_cell=cells[0], name="王小川")
    worlds.named(former, ZHAO, case="A1")
    worlds.ended(former)
    _arrives(cells[1], case="A1")
    assert _pairs() == []


def test_a_paper_of_an_earlier_stay_in_another_case_names_a_namesake(cells: list[Cell]) -> None:
    _former, now = _came_back(cells, case="")
    worlds.of_the_case(_former, "A1")
    worlds.of_the_case(now, "B2")
    _arrives(cells[0], case="B2")
    assert _pairs() == []


def test_a_paper_that_is_recorded_on_an_earlier_stay_counts_for_whoever_is_back(
    cells: list[Cell],
) -> None:
    former = a_detainee(in_cell=cells[0], name="王小川")
    worlds.ended(former)
    now, zhao = a_detainee(in_cell=cells[0], name="王小川"), a_detainee(in_cell=cells[1], name=ZHAO)
    merging.merged(now, former)
    worlds.named(former, ZHAO)
    assert _pairs() == [({now.pk, zhao.pk}, "codefendants", "area")]


def test_a_pair_that_a_leader_closed_stays_closed_when_one_of_the_two_comes_back(
    cells: list[Cell],
) -> None:
    former, zhao = (
        a_detainee(in_cell=cells[0], name="王小川"),
        a_detainee(in_cell=cells[1], name=ZHAO),
    )
    worlds.named(former, ZHAO)
    separating.close_pair(
        KeepApart.objects.get().pk, reason="A namesake", by=an_officer(Post.LEADER)
    )
    worlds.ended(former)
    merging.merged(a_detainee(in_cell=cells[0], name="王小川"), former)
    alias = facts.OtherName(kind="alias", text="老赵")
    people.record_fact(zhao.pk, alias, by=an_officer(Post.CASE_OFFICER))
    assert KeepApart.objects.filter(closed_at=None).count() == 0


def test_kr_14_a_merge_that_reveals_the_name_in_a_paper_makes_the_pair(cells: list[Cell]) -> None:
    former = a_detainee(in_cell=cells[2], name=ZHAO)
    worlds.ended(former)
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="李四")
    worlds.named(one, ZHAO)
    assert _pairs() == []
    merging.merged(other, former)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]
    assert refused(lambda: worlds.moved(one, cells[1])) == "custody.KR-14-CODEFENDANTS"
    told = Entry.objects.filter(kind="separation.pair")
    merge = Entry.objects.filter(kind="person.merged", detainee_id=other.detainee_id)
    assert {entry.because_id for entry in told} == {merge.get().pk}


def test_kr_14_a_merge_with_the_stay_that_a_paper_names_makes_the_pair(cells: list[Cell]) -> None:
    former, one = a_detainee(in_cell=cells[2], name=ZHAO), a_detainee(in_cell=cells[0])
    worlds.ended(former)
    worlds.named(one, ZHAO, stay=former, case="A1")
    other = a_detainee(in_cell=cells[1], name="李四")
    merging.merged(other, former)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


def test_a_merge_that_finds_two_of_one_case_in_one_cell_is_told_once(
    facility: Organization, cells: list[Cell]
) -> None:
    former = a_detainee(in_cell=cells[2], name=ZHAO)
    worlds.ended(former)
    one, other = (a_detainee(in_cell=cells[0], name=name) for name in ("王小川", "李四"))
    worlds.named(one, ZHAO)
    merging.merged(other, former)
    (broken,) = entries("separation.broken", facility)
    assert set(broken["stays"]) == {one.pk, other.pk}  # type: ignore[call-overload]


def test_a_name_of_a_record_that_was_merged_counts_for_a_paper_that_comes_later(
    cells: list[Cell],
) -> None:
    former = a_detainee(in_cell=cells[2], name=ZHAO)
    worlds.ended(former)
    one, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="李四")
    merging.merged(other, former)
    worlds.named(one, ZHAO)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "area")]


# ---------------------------------------------------------------------- who arrives


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


def test_where_the_other_area_is_full_the_pair_is_of_the_cell_and_the_yard_is_forbidden_still(
    facility: Organization,
) -> None:
    """看守所条例 第14条; decision 0064: room is made in the other area first."""
    first = a_cell("2", facility=facility)
    cells = [
        Cell.objects.create(organization=facility, area=first.area, name=name, sex="2", capacity=4)
        for name in ("beside", "third")
    ]
    full = a_cell("2", 1, facility=facility)
    for _more in range(2):
        a_detainee(in_cell=full, sex="2", reason="ordered")
    one = a_detainee(in_cell=first, sex="2")
    other = a_detainee(in_cell=cells[0], sex="2", name=ZHAO)
    worlds.named(one, ZHAO)
    assert _pairs() == [({one.pk, other.pk}, "codefendants", "cell")]
    assert refused(lambda: worlds.moved(one, cells[1])) == "custody.KR-14-CODEFENDANTS-YARD"


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


@pytest.mark.django_db(transaction=True)
def test_a_paper_and_the_merge_that_shows_whom_it_means_never_overlook_each_other(
    superuser_sql: psycopg.Connection,
) -> None:
    for merge_first in (True, False):
        with scope.entered(SYSTEM):
            facility = a_facility()
            cells = [a_cell(facility=facility) for _ in range(3)]
            former = a_detainee(in_cell=cells[2], name="旧名")
            worlds.ended(former)
            one = a_detainee(in_cell=cells[0], name="王小川")
            other = a_detainee(in_cell=cells[1], name="李四")
        deeds = [
            lambda a=other, b=former: merging.merged(a, b),  # type: ignore[misc]
            lambda stay=one: worlds.named(stay, "旧名"),  # type: ignore[misc]
        ]
        first, second = deeds if merge_first else reversed(deeds)
        assert both(superuser_sql, first, second) == ["done", "done"]
        with scope.entered(SYSTEM):
            assert KeepApart.objects.filter(organization=facility, closed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_paper_and_the_number_of_the_case_never_overlook_each_other(
    superuser_sql: psycopg.Connection,
) -> None:
    for paper_first in (True, False):
        with scope.entered(SYSTEM):
            facility = a_facility()
            cells = [a_cell(facility=facility) for _ in range(2)]
            one = a_detainee(in_cell=cells[0], name="王小川")
            other = a_detainee(in_cell=cells[1], name=ZHAO)
            worlds.of_the_case(other, "B2")
        deeds = [
            lambda stay=one: worlds.named(stay, ZHAO, case="A1"),  # type: ignore[misc]
            lambda stay=other: worlds.of_the_case(stay, "A1"),  # type: ignore[misc]
        ]
        first, second = deeds if paper_first else reversed(deeds)
        assert both(superuser_sql, first, second) == ["done", "done"]
        with scope.entered(SYSTEM):
            assert KeepApart.objects.filter(organization=facility, closed_at=None).count() == 1
