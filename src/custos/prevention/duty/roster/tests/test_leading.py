"""Which cells a case officer looks after."""

from collections.abc import Iterator

import pytest

from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import Malformed, Missing, NotAllowed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.roster import leading
from custos.prevention.duty.roster.models import CellLed
from tests import factories

pytestmark = pytest.mark.django_db


class Led(World):
    """A facility of two cells, a leader, and two case officers."""

    def __init__(self) -> None:
        super().__init__()
        self.other = factories.a_cell(facility=self.facility)
        self.leader = self.on(Post.LEADER)
        self.zhao, self.li = (self.on(Post.CASE_OFFICER) for _ in range(2))

    def note(self, who: Acting, said: str, by: Acting | None = None) -> list[str]:
        return leading.note(self.facility.pk, who.actor.ref, said, by=(by or self.leader).actor)

    def cells(self, who: Acting) -> set[str]:
        return set(leading.cells_of(self.facility.pk, who.actor.ref).values())


@pytest.fixture
def world() -> Iterator[Led]:
    with scope.entered(factories.SYSTEM):
        yield Led()


def test_a_leader_notes_the_cells_of_a_case_officer_by_their_names(world: Led) -> None:
    one, other = world.cell.name, world.other.name
    world.note(world.zhao, f" {one}、{other} ")
    assert world.cells(world.zhao) == {one, other}
    assert world.cells(world.li) == set()
    world.note(world.zhao, other)
    assert world.cells(world.zhao) == {other}
    world.note(world.li, other)
    assert leading.of_everybody(world.facility.pk) == {
        world.zhao.actor.ref: [other],
        world.li.actor.ref: [other],
    }
    world.note(world.zhao, "")
    assert world.cells(world.zhao) == set()
    assert CellLed.objects.filter(staff_ref=world.zhao.actor.ref).count() == 2, "who did is kept"


def test_what_stands_already_is_noted_once(world: Led) -> None:
    for _ in range(2):
        world.note(world.zhao, world.cell.name)
    assert Entry.objects.filter(kind="roster.cells_noted").count() == 1


def test_their_people_are_who_is_in_their_cells(world: Led) -> None:
    elsewhere = factories.a_detainee(in_cell=world.other)
    world.note(world.zhao, world.cell.name)
    cells = leading.cells_of(world.facility.pk, world.zhao.actor.ref)
    assert leading.people_in(cells.keys()) == [world.stay.pk]
    assert elsewhere.pk not in leading.people_in(cells.keys())


def test_who_may_note_what_of_whom(world: Led) -> None:
    with pytest.raises(Malformed, match=r"lead\.no_cell"):
        world.note(world.zhao, f"{world.cell.name} x99")
    assert world.cells(world.zhao) == set(), "a name that is wrong changes nothing"
    with pytest.raises(Malformed, match=r"lead\.post"):
        world.note(world.leader, world.cell.name)
    with pytest.raises(NotAllowed, match=r"writer\."):
        world.note(world.zhao, world.cell.name, by=world.li)
    with pytest.raises(Missing, match=r"roster\.nobody"):
        leading.note(world.facility.pk, "nobody", "", by=world.leader.actor)
