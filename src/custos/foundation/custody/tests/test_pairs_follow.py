"""A pair is between two people: it outlives a stay, and follows them through what is found of records."""

from collections.abc import Iterator

import psycopg
import pytest

from custos.foundation.custody import going_out, place_queries, separating
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Absence, KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.custody.tests.test_places import entries, refused
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Post
from tests import leaving, merging
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db
THREAT = "custody.NMR-12-KEEP-APART"


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


def _left_and_back(cells: list[Cell]) -> tuple[Custody, Custody, Custody]:
    """Somebody who threatened another and left; the other; and the first once more, under a new record."""
    former, other = a_detainee(in_cell=cells[0], name="王小川"), a_detainee(in_cell=cells[1])
    worlds.apart(former, other, "threat")
    worlds.ended(former)
    return former, other, a_detainee(in_cell=cells[2], name="王晓川")


def test_a_pair_holds_again_when_somebody_comes_back_and_is_known(cells: list[Cell]) -> None:
    former, other, now = _left_and_back(cells)
    assert place_queries.pairs_of(other.pk) == []
    merging.merged(now, former)
    assert refused(lambda: worlds.moved(now, cells[1])) == THREAT
    assert refused(lambda: worlds.moved(other, cells[2])) == THREAT
    assert [one.other.custody_id for one in place_queries.pairs_of(other.pk)] == [now.pk]
    assert [one.other.custody_id for one in place_queries.pairs_of(now.pk)] == [other.pk]


def test_a_pair_goes_when_the_two_records_are_parted_again(cells: list[Cell]) -> None:
    former, other, now = _left_and_back(cells)
    merging.merged(now, former)
    merging.parted(now, former)
    assert place_queries.pairs_of(now.pk) == []
    worlds.moved(now, cells[1])
    assert other.cell_id == cells[1].pk


def test_a_pair_of_the_record_that_reads_as_another_is_a_pair_of_both(cells: list[Cell]) -> None:
    """The other way round: the record with the running stay is the one that reads as the former."""
    former, other, now = _left_and_back(cells)
    merging.merged(former, now)
    assert refused(lambda: worlds.moved(now, cells[1])) == THREAT
    assert [one.other.custody_id for one in place_queries.pairs_of(now.pk)] == [other.pk]
    assert other.ended_at is None


def test_a_merge_that_finds_two_in_one_cell_who_must_not_be_is_told(
    facility: Organization, cells: list[Cell]
) -> None:
    former, other, now = _left_and_back(cells)
    worlds.moved(now, cells[1])
    assert entries("separation.broken", facility) == []
    merging.merged(now, former)
    (broken,) = entries("separation.broken", facility)
    assert set(broken["stays"]) == {now.pk, other.pk}  # type: ignore[call-overload]


def test_two_who_are_kept_apart_already_under_another_record_are_not_so_twice(
    cells: list[Cell],
) -> None:
    former, other, now = _left_and_back(cells)
    merging.merged(now, former)
    assert refused(lambda: worlds.apart(now, other, "threat")) == "separation.known"
    separating.close_pair(KeepApart.objects.get().pk, reason="Made up", by=an_officer(Post.LEADER))
    worlds.moved(now, cells[1])


def test_who_came_back_shares_no_transport_with_whom_they_threatened(cells: list[Cell]) -> None:
    former, other, now = _left_and_back(cells)
    merging.merged(now, former)
    worlds.planned(other, trip="京A")
    assert refused(lambda: worlds.planned(now, trip="京A")) == "absence.shared_trip"


def test_who_is_found_to_be_of_one_case_after_both_trips_were_planned_shares_none(
    cells: list[Cell],
) -> None:
    one, other = (
        a_detainee(in_cell=cell, name=name) for cell, name in zip(cells, "甲乙", strict=False)
    )
    trips = [worlds.planned(one, trip="京A 123"), worlds.planned(other, trip="京Ａ123")]
    worlds.named(one, "乙")

    def leaves(absence: Absence) -> None:
        officer = an_officer(Post.INTERROGATION)
        going_out.leave(absence.pk, escort="两名民警", condition="无异常", by=officer)

    assert refused(lambda: leaves(trips[0])) == "absence.shared_trip"
    going_out.cancel(trips[1].pk, reason="另行安排车辆", by=an_officer(Post.INTERROGATION))
    leaves(trips[0])


def test_two_records_that_part_are_asked_anew_whom_papers_mean(cells: list[Cell]) -> None:
    """A paper that meant the record which goes may mean a namesake beside its holder."""
    holder = a_detainee(in_cell=cells[0], name="王小川")
    former = a_detainee(in_cell=cells[1], name="赵铁山")
    leaving.left(former)
    now = a_detainee(in_cell=cells[1], name="钱大海")
    merging.merged(now, former)
    worlds.named(holder, "赵铁山", stay=former)
    namesake = a_detainee(in_cell=cells[2], name="赵铁山")
    apart = {
        row.other_id if row.one_id == holder.pk else row.one_id for row in KeepApart.objects.all()
    }
    assert apart == {now.pk}
    merging.parted(now, former)
    rows = KeepApart.objects.filter(closed_at=None)
    apart = {row.other_id if row.one_id == holder.pk else row.one_id for row in rows}
    assert namesake.pk in apart


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_found_while_its_person_moves_in_is_never_overlooked(
    superuser_sql: psycopg.Connection,
) -> None:
    for merge_first in (True, False):
        with scope.entered(SYSTEM):
            facility = a_facility()
            former, other, now = _left_and_back([a_cell(facility=facility) for _ in range(3)])
            beside = Cell.objects.get(pk=other.cell_id)
        deeds = [
            lambda a=now, b=former: merging.merged(a, b),  # type: ignore[misc]
            lambda a=now, cell=beside: worlds.moved(a, cell),  # type: ignore[misc]
        ]
        told = both(superuser_sql, *(deeds if merge_first else deeds[::-1]))
        with scope.entered(SYSTEM):
            broken = entries("separation.broken", facility)
        assert told == (["done", THREAT] if merge_first else ["done", "done"])
        assert len(broken) == (0 if merge_first else 1)
