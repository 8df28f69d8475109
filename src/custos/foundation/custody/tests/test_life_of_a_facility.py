"""A facility lives, by chance: whatever its officers do, what must never be never is, and the roll adds up.

What is asked here knows nothing of the engine: it reads the tables and compares by the words of the law.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from custos.foundation import clock
from custos.foundation.custody import engine, roll, separating
from custos.foundation.custody.models import CellStay, Custody
from custos.foundation.custody.place_models import Absence, Classification, KeepApart
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.errors import CustosError
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.at_once import both, both_if_they_meet
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

BEGAN = datetime(2026, 3, 2, 1, tzinfo=clock.LOCAL)
ADULT, MINOR = date(1990, 5, 1), date(2012, 1, 1)
#: (sex of the cell, certified places), each in an area of its own
CELLS = (("1", 1), ("1", 2), ("1", 3), ("2", 2))


def _cells(facility: Organization) -> list[Cell]:
    """Those cells, and one for two men that shares its yard with the one for three."""
    cells = [a_cell(sex, places, facility=facility) for sex, places in CELLS]
    beside = Cell.objects.create(
        organization=facility, area=cells[2].area, name="beside", sex="1", capacity=2
    )
    return [*cells, beside]


def _told(cell: Cell, came: dict[UUID, datetime]) -> bool:
    """Whether what is wrong in a cell was found after the last of its people came, and was told.

    A sentence, or a sex or a birth that turns out to be another, is said and not undone: nobody put them
    there, and an officer has to move them.
    """
    broken = Entry.objects.filter(kind="separation.broken", cell_id=cell.pk)
    return bool(came) and broken.filter(recorded_at__gte=max(came.values())).exists()


def wrongs(facility: Organization) -> list[str]:
    """What must never be and is, at this moment; empty where all is right."""
    stays = list(
        Custody.objects.filter(organization=facility, ended_at=None).select_related("detainee")
    )
    today = clock.now().astimezone(clock.LOCAL).date()
    found = []
    ids = {stay.pk for stay in stays}
    categories = dict(
        Classification.objects.filter(custody__in=ids).values_list("custody_id", "category")
    )
    places = list(CellStay.objects.filter(custody__in=ids, during__endswith__isnull=True))
    pairs = list(
        KeepApart.objects.filter(one__in=ids, other__in=ids, closed_at=None).select_related(
            "one", "other"
        )
    )
    cells = list(Cell.objects.filter(organization=facility))
    ever_shut = set(Entry.objects.filter(kind="cell.out_of_use").values_list("cell_id", flat=True))
    for pair in pairs:
        where = [cell for cell in cells if cell.pk in (pair.one.cell_id, pair.other.cell_id)]
        areas = {cell.area_id for cell in where}
        free = any(
            cell.sex == where[0].sex and cell.area_id not in areas and cell.pk not in ever_shut
            for cell in cells
        )
        moved = {place.during.lower for place in places if place.custody_id in pair_of(pair)}
        if len(where) == 2 and len(areas) == 1 and free and max(moved) > pair.since:
            found.append("co-defendants in one yard")
    for cell in cells:
        inside = [stay for stay in stays if stay.cell_id == cell.pk]
        came = {
            place.custody_id: place.during.lower for place in places if place.cell_id == cell.pk
        }
        if len({stay.detainee.sex for stay in inside} | {cell.sex}) > 1 and not _told(cell, came):
            found.append("men with women")
        grown = {
            stay.detainee.born + timedelta(days=18 * 366) <= today
            for stay in inside
            if stay.detainee.born
        }
        if len(grown) > 1 and not _told(cell, came):
            found.append("adults with minors")
        convicted = {categories.get(stay.pk) == "convicted" for stay in inside}
        if len(convicted) > 1 and not _told(cell, came):
            found.append("convicted with unconvicted")
        if cell.out_of_use:
            shut = Entry.objects.filter(kind="cell.out_of_use", cell_id=cell.pk).latest("id")
            if any(moment > shut.recorded_at for moment in came.values()):
                found.append("put into a closed cell")
        if len(inside) > {1: 2, 2: 3, 3: 5}[cell.capacity]:
            found.append("over the hard limit")
        there = {stay.pk for stay in inside}
        for pair in pairs:
            # A pair found while the two share a cell is told, not undone: nobody put them there.
            two = pair_of(pair)
            if two <= there and any(came[one] > pair.since for one in two if one in came):
                found.append("co-defendants together")
    for stay in stays:
        held = [place.cell_id for place in places if place.custody_id == stay.pk]
        if held != [stay.cell_id]:
            found.append("in two places, or in none")
    out = Absence.objects.filter(organization=facility, left_at__isnull=False, back_at=None)
    if out.count() != len({absence.custody_id for absence in out}):
        found.append("out twice")
    return found


def pair_of(pair: KeepApart) -> set[UUID]:
    """The two stays of a pair."""
    return {pair.one_id, pair.other_id}


def closed(cell: Cell) -> Cell:
    """A cell that may hold nobody from now on."""
    return organizations.take_cell_out_of_use(
        cell.pk, reason="No water", expected_return=None, by=an_officer(Post.LEADER)
    )


def opened(cell: Cell) -> Cell:
    """A cell that may hold people again."""
    return organizations.return_cell_to_use(cell.pk, by=an_officer(Post.LEADER))


class Life(RuleBasedStateMachine):
    """Officers admit, move, pair, send out, take back and release, one after the other."""

    now = BEGAN

    @initialize()
    def build(self) -> None:
        """A facility of its own with five small cells."""
        self.scope = scope.entered(SYSTEM)
        self.scope.__enter__()
        self.stays: list[Custody] = []
        self.absences: list[Absence] = []
        self.past: list[tuple[datetime, int, int]] = []
        self.facility = a_facility()
        self.cells = _cells(self.facility)
        # Somebody is there from the start: most runs leave some sorts of deed out, arrivals too.
        there = [
            (0, "1", ADULT),
            (0, "1", ADULT),
            (1, "1", ADULT),
            (2, "1", MINOR),
            (3, "2", ADULT),
        ]
        with clock.set_to(self.now):
            self.stays = [
                a_detainee(in_cell=self.cells[cell], sex=sex, born=born, reason="ordered")
                for cell, sex, born in there
            ]

    def teardown(self) -> None:
        """Leave the scope."""
        if hasattr(self, "scope"):
            self.scope.__exit__(None, None, None)

    def _try(self, deed: Any) -> Any:
        before = self._roll()
        self.now += timedelta(minutes=7)
        with clock.set_to(self.now):
            try:
                done = deed()
            except CustosError:
                done = None
        after = self._roll()
        flow = roll.between(self.facility.pk, before.at, self.now)
        assert after.held == before.held + flow.held
        assert after.present == before.present + flow.present
        return done

    def _roll(self) -> roll.Roll:
        return roll.at(self.facility.pk, self.now)

    @rule(
        sex=st.sampled_from("12"),
        born=st.sampled_from([ADULT, MINOR]),
        into=st.integers(0, 4),
        reason=st.sampled_from(["", "ordered"]),
    )
    def admit(self, sex: str, born: date, into: int, reason: str) -> None:
        """Somebody arrives."""
        made = self._try(
            lambda: a_detainee(in_cell=self.cells[into], sex=sex, born=born, reason=reason)
        )
        if made:
            self.stays.append(made)

    @rule(into=st.integers(0, 2), people=st.integers(2, 5))
    def crowd(self, into: int, people: int) -> None:
        """Many arrive at once, and somebody in need of places has a reason for every cell."""
        for _one in range(people):
            self.admit(sex="1", born=ADULT, into=into, reason="ordered")

    @rule(who=st.integers(0, 50), to=st.integers(0, 4))
    def move(self, who: int, to: int) -> None:
        """Somebody is moved."""
        if self.stays:
            stay = self.stays[who % len(self.stays)]
            self._try(lambda: worlds.moved(stay, self.cells[to]))

    @rule(pair=st.tuples(st.integers(0, 50), st.integers(0, 50)))
    def find_codefendants(self, pair: tuple[int, int]) -> None:
        """Two turn out to be co-defendants."""
        if self.stays:
            one, other = (self.stays[at % len(self.stays)] for at in pair)
            self._try(lambda: worlds.apart(one, other))

    @rule(who=st.integers(0, 50))
    def send_out(self, who: int) -> None:
        """Somebody goes to court."""
        if self.stays:
            stay = self.stays[who % len(self.stays)]
            gone = self._try(lambda: worlds.gone(stay))
            if gone:
                self.absences.append(gone)

    @rule(which=st.integers(0, 50))
    def take_back(self, which: int) -> None:
        """Somebody comes back."""
        if self.absences:
            absence = self.absences[which % len(self.absences)]
            self._try(lambda: worlds.back(absence))

    @rule(who=st.integers(0, 50), sex=st.sampled_from("12"), born=st.sampled_from([ADULT, MINOR]))
    def correct(self, who: int, sex: str, born: date) -> None:
        """Somebody's sex or birth turns out to be another."""
        if self.stays:
            stay = self.stays[who % len(self.stays)]
            self._try(lambda: worlds.corrected(stay, sex=sex, born=born))

    @rule(who=st.integers(0, 50))
    def sentence(self, who: int) -> None:
        """A judgment comes into force."""
        if self.stays:
            stay = self.stays[who % len(self.stays)]
            self._try(lambda: worlds.sentenced(stay))

    @rule(which=st.integers(0, 4), opens=st.booleans())
    def close(self, which: int, opens: bool) -> None:
        """A cell is taken out of use, or returned to it."""
        cell = self.cells[which]
        self._try(lambda: opened(cell) if opens else closed(cell))

    @rule(who=st.integers(0, 50))
    def release(self, who: int) -> None:
        """A stay ends, in the cell or outside."""
        if self.stays:
            stay = self.stays[who % len(self.stays)]
            self._try(lambda: worlds.ended(stay))

    @invariant()
    def nothing_is_wrong(self) -> None:
        """What must never be isn't."""
        if hasattr(self, "facility"):
            with clock.set_to(self.now):
                assert wrongs(self.facility) == []

    @invariant()
    def the_roll_adds_up_now_and_in_the_past(self) -> None:
        """Stays, places and movements agree, and what was the roll stays it."""
        if not hasattr(self, "facility"):
            return
        now = self._roll()
        assert now.adds_up, now
        stays = Custody.objects.filter(organization=self.facility, ended_at=None)
        out = Absence.objects.filter(
            organization=self.facility, left_at__isnull=False, back_at=None
        )
        assert (now.held, now.out) == (stays.count(), out.count())
        self.past.append((self.now, now.held, now.present))
        for moment, held, present in self.past[-4:]:
            then = roll.at(self.facility.pk, moment)
            assert (then.held, then.present) == (held, present)
            assert then.adds_up


@pytest.mark.django_db
def test_whatever_officers_do_one_after_the_other_nothing_is_wrong_and_the_roll_adds_up() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _overfill(cells: list[Cell]) -> None:
    for _more in range(3):
        a_detainee(in_cell=cells[0], reason="ordered")


#: What each rule alone keeps from happening, and what the oracle calls it.
KEPT: dict[str, tuple[Any, str]] = {
    "KR-14-SEX": (
        lambda cells: a_detainee(in_cell=cells[3], sex="1", reason="ordered"),
        "men with women",
    ),
    "CPL-280-MINORS": (
        lambda cells: [
            a_detainee(in_cell=cells[2], born=born, reason="ordered") for born in (ADULT, MINOR)
        ],
        "adults with minors",
    ),
    "KR-14-CODEFENDANTS": (
        lambda cells: _codefendants_meet(cells),
        "co-defendants together",
    ),
    "KR-14-CODEFENDANTS-YARD": (
        lambda cells: _codefendants_meet(cells, cells[4]),
        "co-defendants in one yard",
    ),
    "CELL-HARD-LIMIT": (_overfill, "over the hard limit"),
    "SPP-659-CONVICTED": (
        lambda cells: _a_convict_comes(cells),
        "convicted with unconvicted",
    ),
}


def _a_convict_comes(cells: list[Cell]) -> None:
    one, _other = a_detainee(in_cell=cells[1]), a_detainee(in_cell=cells[2])
    worlds.sentenced(one)
    worlds.moved(one, cells[2])


def _codefendants_meet(cells: list[Cell], where: Cell | None = None) -> None:
    with clock.set_to(clock.now() - timedelta(minutes=9)):
        one, other = a_detainee(in_cell=cells[1]), a_detainee(in_cell=cells[2])
        worlds.apart(one, other)
    worlds.moved(one, where or cells[2])


@pytest.mark.django_db
@pytest.mark.parametrize("off", KEPT)
def test_with_a_rule_switched_off_what_it_keeps_happens_and_the_oracle_sees_it(
    off: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    do, wrong = KEPT[off]
    with scope.entered(SYSTEM):
        facility = a_facility()
        with pytest.raises(CustosError, match=rf"custody\.{off}"):
            do(_cells(facility))
        assert wrongs(facility) == []
        file = engine.load()
        left = file.model_copy(update={"rules": tuple(r for r in file.rules if r.id != off)})
        monkeypatch.setattr(engine, "rules", lambda: left)
        other = a_facility()
        do(_cells(other))
        assert wrong in wrongs(other)


@dataclass(frozen=True)
class Small:
    """A man, one who is out, a boy and a woman, each in a small cell, and an empty cell for men."""

    cells: list[Cell]
    people: list[Custody]
    out: Absence


def _small() -> Small:
    facility = a_facility()
    cells = _cells(facility)
    people = [
        a_detainee(in_cell=cells[0], name="王小川"),
        a_detainee(in_cell=cells[1], name="李四"),
        a_detainee(in_cell=cells[2], born=MINOR, name="小宝"),
        a_detainee(in_cell=cells[3], sex="2", name="王秀英"),
    ]
    return Small(cells, people, worlds.gone(people[1]))


#: What two officers do at the same moment, to one of the people, another, and a cell.
DEEDS: dict[str, Callable[[Small, Custody, Custody, Cell], Any]] = {
    "admit a man": lambda _s, _a, _b, cell: a_detainee(in_cell=cell, reason="ordered"),
    "admit a boy": lambda _s, _a, _b, cell: a_detainee(in_cell=cell, born=MINOR, reason="ordered"),
    "admit a woman": lambda _s, _a, _b, cell: a_detainee(in_cell=cell, sex="2", reason="ordered"),
    "move": lambda _s, who, _b, cell: worlds.moved(who, cell),
    "pair": lambda _s, who, other, _cell: worlds.apart(who, other),
    "name a co-defendant": lambda _s, who, other, _cell: worlds.named(who, other.detainee.name),
    "correct the sex": lambda _s, who, _b, cell: worlds.corrected(who, sex=cell.sex),
    "correct to a minor": lambda _s, who, _b, _cell: worlds.corrected(who, born=MINOR),
    "correct to an adult": lambda _s, who, _b, _cell: worlds.corrected(who, born=ADULT),
    "sentence": lambda _s, who, _b, _cell: worlds.sentenced(who),
    "release": lambda _s, who, _b, _cell: worlds.ended(who),
    "send out": lambda _s, who, _b, _cell: worlds.gone(who),
    "come back": lambda small, _a, _b, _cell: worlds.back(small.out),
    "close the cell": lambda _s, _a, _b, cell: closed(cell),
}


@pytest.mark.django_db(transaction=True)
def test_whatever_two_officers_do_at_once_nothing_is_wrong_and_the_roll_adds_up(
    superuser_sql: psycopg.Connection,
) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(DEEDS)),
                st.integers(0, 3),
                st.integers(0, 3),
                st.integers(0, 4),
            ),
            min_size=2,
            max_size=6,
        )
    )
    def lives(deeds: list[tuple[str, int, int, int]]) -> None:
        with scope.entered(SYSTEM):
            small = _small()
            facility = small.cells[0].organization
        made = [
            partial(DEEDS[name], small, small.people[a], small.people[b], small.cells[c])
            for name, a, b, c in deeds
        ]
        for first, second in itertools.pairwise(made):
            both_if_they_meet(superuser_sql, first, second)
            with scope.entered(SYSTEM):
                assert wrongs(facility) == []
                assert roll.at(facility.pk, clock.now()).adds_up

    lives()


#: Two deeds (what, to whom, in which cell) of which each alone is lawful: what the second is told, and
#: whether what they do together is said instead, since a truth can't be refused.
MEETING: dict[str, tuple[tuple[str, int, int], tuple[str, int, int], str, bool]] = {
    "a man moves in where a boy comes": (
        ("admit a boy", 0, 4), ("move", 0, 4), "custody.CPL-280-MINORS", False,
    ),
    "a man moves in where one turns out to be a boy": (
        ("correct to a minor", 1, 1), ("move", 0, 1), "custody.CPL-280-MINORS", False,
    ),
    "one turns out to be a boy where a man moves in": (
        ("move", 0, 1), ("correct to a minor", 1, 1), "done", True,
    ),
    "a woman comes where one turns out to be a man": (
        ("correct the sex", 3, 0), ("admit a woman", 0, 3), "custody.KR-14-SEX", True,
    ),
    "a man moves in where one is sentenced": (
        ("sentence", 1, 1), ("move", 0, 1), "custody.SPP-659-CONVICTED", False,
    ),
    "one is sentenced where a man moves in": (
        ("move", 0, 1), ("sentence", 1, 1), "done", True,
    ),
    "a man moves into a cell that is closed": (
        ("close the cell", 0, 4), ("move", 0, 4), "custody.cell_out_of_use", False,
    ),
    "a man comes into a cell that is closed": (
        ("close the cell", 0, 4), ("admit a man", 0, 4), "custody.cell_out_of_use", False,
    ),
    "somebody comes back who is released": (
        ("release", 1, 1), ("come back", 1, 1), "custody.ended", False,
    ),
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", MEETING)
def test_of_two_deeds_at_once_the_second_sees_the_first(
    case: str, superuser_sql: psycopg.Connection
) -> None:
    first, second, said, told = MEETING[case]
    with scope.entered(SYSTEM):
        small = _small()
        facility = small.cells[0].organization
    one, other = (
        partial(DEEDS[name], small, small.people[who], small.people[0], small.cells[cell])
        for name, who, cell in (first, second)
    )
    assert both(superuser_sql, one, other) == ["done", said]
    with scope.entered(SYSTEM):
        assert wrongs(facility) == []
        broken = Entry.objects.filter(kind="separation.broken", organization_id=facility.pk)
        assert broken.exists() is told


@pytest.mark.django_db(transaction=True)
def test_of_two_codefendants_moved_into_one_area_at_once_the_second_is_stopped(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        one, other, target = (a_cell(facility=facility) for _ in range(3))
        beside = Cell.objects.create(
            organization=facility, area=target.area, name="beside", sex="1", capacity=4
        )
        people = [a_detainee(in_cell=one), a_detainee(in_cell=other)]
        worlds.apart(people[0], people[1], within="area")
    told = both_if_they_meet(
        superuser_sql,
        lambda: worlds.moved(people[0], target),
        lambda: worlds.moved(people[1], beside),
    )
    assert told == ["done", "custody.KR-14-CODEFENDANTS"]


@pytest.mark.django_db(transaction=True)
def test_a_codefendant_found_while_the_other_moves_in_is_never_overlooked(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        cells = [a_cell(facility=facility) for _ in range(2)]
        one, other = (a_detainee(in_cell=cell) for cell in cells)
    told = both_if_they_meet(
        superuser_sql, lambda: worlds.apart(one, other), lambda: worlds.moved(one, cells[1])
    )
    assert told == ["done", "custody.KR-14-CODEFENDANTS"]


@pytest.mark.django_db(transaction=True)
def test_two_who_leave_the_cell_of_somebody_never_alone_at_once_do_not_both_go(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        cells = [a_cell(facility=facility) for _ in range(2)]
        kept, one, other = (a_detainee(in_cell=cells[0]) for _ in range(3))
        worlds.watched(kept)
    told = both_if_they_meet(
        superuser_sql, lambda: worlds.moved(one, cells[1]), lambda: worlds.moved(other, cells[1])
    )
    assert told == ["done", "custody.RISK-NEVER-ALONE"]


def test_the_oracle_of_these_tests_sees_what_is_wrong(db: None) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
        cells = _cells(facility)
        one = a_detainee(in_cell=cells[1])
        boy = a_detainee(in_cell=cells[2], born=MINOR)
        worlds.apart(one, boy)
        separating.classify(
            one.pk,
            "convicted",
            repeat=None,
            violent=None,
            reason="Judgment in force",
            by=an_officer(Post.CASE_OFFICER),
        )
        assert wrongs(facility) == []
        Custody.objects.filter(pk=boy.pk).update(cell=cells[1])
        place = CellStay.objects.get(custody=boy)
        assert wrongs(facility) == [
            "adults with minors",
            "convicted with unconvicted",
            "in two places, or in none",
        ]
        CellStay.objects.filter(pk=place.pk).update(
            cell=cells[1], during=(clock.now() + timedelta(minutes=1), None)
        )
        assert wrongs(facility) == [
            "adults with minors",
            "convicted with unconvicted",
            "co-defendants together",
        ]
        assert Custody.objects.filter(~Q(cell=None), organization=facility).count() == 2
