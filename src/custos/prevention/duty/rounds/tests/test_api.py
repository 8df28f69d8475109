"""Rounds over the API, as a handheld's program uses it."""

from typing import Any
from uuid import uuid4

import pytest

from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.rounds.models import Look
from custos.prevention.duty.rounds.tests.worlds import KeptFor
from tests.factories import SYSTEM
from tests.programs import Program, a_program

pytestmark = pytest.mark.django_db


class Kept(KeptFor):
    """The same, with a program of its patrol."""

    def __init__(self, minutes: int = 10) -> None:
        super().__init__(minutes)
        self.patrol = self.program(Post.PATROL)

    def program(self, post: Post) -> Program:
        with scope.entered(SYSTEM):
            return a_program(post, at=self.facility)

    def look(self, **more: Any) -> Any:
        return self.patrol.post("/rounds", {"cell": str(self.cell.pk), "how": "door"} | more)


def test_the_list_says_which_cell_is_due_and_a_look_moves_it_on() -> None:
    world = Kept()
    (before,) = world.patrol.get("/rounds").json()
    assert (before["name"], before["people"], before["last_by"]) == (world.cell.name, 1, "")
    made = world.look()
    assert (made.status_code, made.json()["late_minutes"]) == (201, 0), made.content
    (after,) = world.patrol.get("/rounds").json()
    assert after["wanted_by"] > before["wanted_by"]
    assert after["last_by"] == world.patrol.acting.staff.name  # type: ignore[union-attr]


def test_a_tag_is_the_one_at_this_door() -> None:
    world = Kept()
    code = world.row.code
    wrong = world.look(how="tag", code="x")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/code"
    assert world.look(how="tag", code=code).status_code == 201


def test_a_late_look_says_why_and_what_is_sent_again_is_known() -> None:
    world = Kept(minutes=45)
    bare = world.look()
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/reason")
    given = {"reason": "Relief came late.", "client_id": str(uuid4())}
    first, again = world.look(**given), world.look(**given)
    assert first.json()["known"] is False
    assert again.json() == first.json() | {"known": True}
    with scope.entered(SYSTEM):
        assert Look.objects.get().late_minutes == first.json()["late_minutes"] == 15


def test_others_than_the_patrol_and_their_leaders_are_refused() -> None:
    world = Kept()
    doctor = world.program(Post.MEDICAL)
    assert doctor.get("/rounds").status_code == 403
    assert doctor.post("/rounds", {"cell": str(world.cell.pk), "how": "door"}).status_code == 403
    assert world.patrol.get("/rounds/signs").status_code == 403
    assert world.program(Post.LEADER).get("/rounds/signs").json() == []
