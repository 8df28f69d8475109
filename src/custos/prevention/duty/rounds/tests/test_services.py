"""Rounds as services: a look in time, one that is late, one that nobody made, and offline ones."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from custos.foundation import clock
from custos.foundation.custody import separating
from custos.foundation.custody.models import Custody
from custos.foundation.custody.tests.worlds import gone
from custos.foundation.database import scope
from custos.foundation.database.scope import Scope
from custos.foundation.errors import Conflict, CustosError, Malformed, NotAllowed
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty import queries as tasks
from custos.prevention.duty import services as duty
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds import queries, services
from custos.prevention.duty.rounds.models import Look, WatchedCell
from tests import factories
from tests.factories import BY_SYSTEM, SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scoped() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def at(minutes: float) -> clock.set_to:
    return clock.set_to(TUESDAY_AT_TEN + timedelta(minutes=minutes))


class Kept(World):
    """A facility that has kept rounds since ten o'clock."""

    def __init__(self, text: str = "rounds: {}") -> None:
        with at(0):
            super().__init__()
            self.empty: Cell = factories.a_cell(facility=self.facility)
            self.patrol = self.on(Post.PATROL)
            self.leader = self.on(Post.LEADER)
            self.adopt(text)

    def adopt(self, text: str) -> None:
        information.adopt(
            text,
            facility=self.facility.pk,
            valid_from=clock.today(),
            reason="x",
            by=self.leader.actor,
        )

    def look(self, cell: Cell | None = None, **said: object) -> services.Taken:
        return services.look(
            (cell or self.cell).pk,
            facility=self.facility.pk,
            by=self.patrol.actor,
            **({"how": "door"} | said),  # type: ignore[arg-type]
        )

    def row(self, cell: Cell | None = None) -> WatchedCell:
        return WatchedCell.objects.get(cell=cell or self.cell)

    def due(self, cell: Cell | None = None) -> float | None:
        """In how many minutes from ten o'clock the next look is due."""
        found = self.row(cell).due_at
        return None if found is None else (found - TUESDAY_AT_TEN).total_seconds() / 60


def told(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def refused(do: Callable[[], object], error: type[CustosError]) -> str:
    with pytest.raises(error) as found:
        do()
    return found.value.code


def test_rounds_begin_with_the_file_that_names_them_where_somebody_is() -> None:
    world = Kept()
    assert world.due() == 30
    assert world.due(world.empty) is None


def test_without_it_nothing_is_kept() -> None:
    world = Kept("types: []")
    with at(60):
        assert services.sweep() == 0
        assert refused(world.look, Conflict) == "round.not_kept"


def test_a_look_begins_the_time_anew() -> None:
    world = Kept()
    with at(20):
        taken = world.look(text="都在睡")
        assert (taken.late_minutes, taken.known) == (0, False)
    assert world.due() == 50
    entry = Entry.objects.get(pk=taken.entry_id)
    assert (entry.kind, entry.cell_id) == ("round.made", world.cell.pk)
    with at(49):
        assert services.sweep() == 0


def test_nobody_looks_and_a_leader_is_told_once() -> None:
    world = Kept()
    with at(30):
        assert services.sweep() == 1
        assert services.sweep() == 0
    assert (told("round.missed"), told("round.behind")) == (1, 1)
    task = Task.objects.get(rule_id="DUTY-ROUNDS-BEHIND")
    assert (task.post, task.severity) == (Post.DUTY_LEADER, 3)
    assert task.wanted_by == TUESDAY_AT_TEN + timedelta(minutes=45)
    with at(60):
        services.sweep()
    assert (told("round.missed"), told("round.behind")) == (2, 1)
    assert world.row().missed_since == TUESDAY_AT_TEN + timedelta(minutes=30)


def test_a_late_look_says_why_and_the_next_one_need_not() -> None:
    world = Kept()
    with at(30):
        services.sweep()
    with at(42):
        assert refused(world.look, Malformed) == "round.late"
        assert world.look(reason="正在处置101监室报警").late_minutes == 12
    assert (world.due(), world.row().missed_since) == (72, None)
    with at(60):
        assert world.look(reason="x").late_minutes == 0
    assert Entry.objects.filter(kind="round.made").count() == 2


def test_after_a_pause_of_the_program_one_miss_is_told_not_many() -> None:
    world = Kept()
    with at(600):
        assert services.sweep() == 1
        assert services.sweep() == 0
    assert told("round.missed") == 1
    assert world.due() == 630


def answered(world: Kept) -> None:
    leader = world.on(Post.DUTY_LEADER).actor
    task = Task.objects.get(rule_id="DUTY-ROUNDS-BEHIND", state="open")
    duty.accept(task.pk, by=leader)
    duty.answer(task.pk, "已提醒", by=leader)


def test_who_is_behind_again_is_told_of_again() -> None:
    world = Kept()
    with at(30):
        services.sweep()
    with at(40):
        world.look(reason="x")
        answered(world)
    with at(70):
        services.sweep()
    assert told("round.behind") == 2


def test_an_answer_without_a_look_ends_nothing() -> None:
    world = Kept()
    with at(30):
        services.sweep()
    with at(35):
        answered(world)
    with at(59):
        services.sweep()
    assert told("round.behind") == 1
    with at(60):
        services.sweep()
    assert told("round.behind") == 2


def test_another_cell_of_the_area_is_told_of_though_the_first_stays_missed() -> None:
    world = Kept()
    with at(0):
        second = organizations.add_cell(world.area, "x2", sex="1", capacity=12, by=BY_SYSTEM)
    with at(20):
        factories.a_detainee(in_cell=second)
    with at(30):
        services.sweep()
        answered(world)
    with at(50):
        services.sweep()
    assert told("round.behind") == 2


def test_the_task_names_the_cells_that_are_late_now_as_every_page_counts_them() -> None:
    world = Kept()
    leader = world.on(Post.DUTY_LEADER)

    def shown() -> str:
        with scope.entered(leader.scope), translation.override("en"):
            (task,) = tasks.now_list(leader.actor)
            (passed_on,) = tasks.unfinished(world.facility.pk, clock.now(), 3)
            assert task.title in tasks.said_of(passed_on)
            return task.title

    with at(0):
        second = organizations.add_cell(world.area, "x2", sex="1", capacity=12, by=BY_SYSTEM)
    with at(20):
        factories.a_detainee(in_cell=second)
    with at(30):
        services.sweep()
        assert shown() == f"Rounds are behind: {world.cell.name}; 1 cell now"
        assert queries.behind(world.facility.pk) == (2, 1)
    with at(50):
        services.sweep()
        assert told("round.behind") == 1, "the task of the area waits still"
        assert shown() == f"Rounds are behind: {world.cell.name}, x2; 2 cells now"
        assert queries.behind(world.facility.pk) == (2, 2)
        assert len(queries.late(world.facility.pk)) == 2
    with at(51):
        world.look(reason="x")
        assert shown() == "Rounds are behind: x2; 1 cell now"
        world.look(second, reason="x")
        assert shown() == "Rounds are behind: all looked into by now"


def test_a_cell_whose_people_are_all_outside_is_not_missed() -> None:
    world = Kept()
    with at(10):
        gone(world.stay)
    with at(31):
        services.sweep()
    assert (told("round.missed"), world.due()) == (0, None)


def test_the_longest_gaps_count_from_when_somebody_was_there_and_until_now() -> None:
    world = Kept()
    with at(5):
        world.look(world.empty)
    with at(300):
        factories.a_detainee(in_cell=world.empty)
    with at(305):
        world.look(world.empty)
    with at(306):
        gaps = queries.longest_gaps(world.facility.pk, clock.now())
    areas = {name: max(hour.longest for hour in hours) for name, hours in gaps.items()}
    assert areas[world.empty.area.name] == 5  # type: ignore[union-attr]
    assert areas[world.area.name] == 306, "nobody ever looked"
    with at(40 * 60):
        gaps = queries.longest_gaps(world.facility.pk, clock.now())
    assert max(hour.longest for hour in gaps[world.area.name]) == 24 * 60


def test_a_cell_sleeps_while_nobody_is_in_it_and_wakes_with_the_first() -> None:
    world = Kept()
    with at(10):
        factories.a_detainee(in_cell=world.empty)
    assert world.due(world.empty) == 40
    Custody.objects.filter(cell=world.empty).update(ended_at=clock.now(), cell=None)
    with at(41):
        world.look(reason="x")
        services.sweep()
    assert world.due(world.empty) is None
    assert told("round.missed") == 0


def test_close_watch_begins_at_once_and_a_screen_does_not_do() -> None:
    world = Kept()
    with at(10):
        separating.never_alone(
            world.stay.pk,
            attended=False,
            review_by=clock.now() + timedelta(days=1),
            reason="x",
            by=world.on(Post.DUTY_LEADER).actor,
        )
    assert world.due() == 25
    with at(20):
        world.look(how="screen")
        assert world.due() == 25
        world.look(how="door")
    assert world.due() == 35
    assert Look.objects.count() == 2


def test_the_tag_proves_who_was_at_the_door() -> None:
    world = Kept()
    with at(5):
        assert refused(lambda: world.look(how="tag", code="x"), Malformed) == "round.wrong_tag"
        other = world.row(world.empty).code
        assert refused(lambda: world.look(how="tag", code=other), Malformed) == "round.wrong_tag"
        world.look(how="tag", code=world.row().code)
    assert world.row().last_how == "tag"


def test_what_is_sent_again_is_known() -> None:
    world, client = Kept(), uuid4()
    with at(5):
        first = world.look(client_id=client)
        again = world.look(client_id=client)
        factories.a_detainee(in_cell=world.empty)
        code = refused(lambda: world.look(world.empty, client_id=client), Conflict)
    assert again == services.Taken(first.entry_id, client, 0, known=True)
    assert code == "round.other_cell"
    assert Look.objects.count() == 1


def test_what_was_made_in_time_and_sent_late_is_not_late() -> None:
    """A handheld without a network: the look at 10:25 reaches us at 10:50, told as missed at 10:30."""
    world = Kept()
    with at(30):
        services.sweep()
    with at(50):
        seen = TUESDAY_AT_TEN + timedelta(minutes=25)
        taken = world.look(observed_at=seen, sent_at=clock.now())
    assert taken.late_minutes == 0
    assert (world.due(), world.row().missed_since) == (55, None)
    with at(51):
        world.look(observed_at=TUESDAY_AT_TEN + timedelta(minutes=10), sent_at=clock.now())
    assert world.due() == 55, "an older look puts nothing back"


def test_rounds_are_for_the_patrol_and_their_leaders() -> None:
    world = Kept()
    world.patrol = world.on(Post.MEDICAL)
    with at(5):
        assert refused(world.look, NotAllowed) == "writer.post"


def test_another_facility_has_no_such_cell() -> None:
    world, other = Kept(), Kept()
    number = other.facility.pk
    with (
        scope.entered(Scope(number, number, frozenset({1}))),
        at(5),
        pytest.raises(CustosError) as found,
    ):
        services.look(world.cell.pk, facility=number, how="door", by=other.patrol.actor)
    assert found.value.code == "round.no_cell"


def test_a_facility_may_stop() -> None:
    world = Kept()
    with at(1):
        world.adopt("types: []")
    with at(90):
        assert services.sweep() == 0
    assert world.due() is None


def test_a_sweep_asks_as_much_of_many_late_cells_of_an_area_as_of_one() -> None:
    asked = []
    for count in (1, 12):
        world = Kept()
        with at(0):
            for number in range(count):
                cell = organizations.add_cell(
                    world.area, f"x{number}", sex="1", capacity=12, by=BY_SYSTEM
                )
                factories.a_detainee(in_cell=cell)
        with at(45), CaptureQueriesContext(connection) as seen:
            assert services.sweep() == count + 1
        asked.append(len(seen))
        WatchedCell.objects.update(due_at=None, missed_since=None)
    assert asked[0] == asked[1]
