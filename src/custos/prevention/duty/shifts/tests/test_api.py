"""Signing on and off over the API."""

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from tests.factories import SYSTEM
from tests.programs import a_program

pytestmark = pytest.mark.django_db


def test_somebody_signs_on_and_off_and_sees_which_posts_are_short() -> None:
    with clock.set_to(TUESDAY_AT_TEN):
        with scope.entered(SYSTEM):
            world = World()
            information.adopt(
                "strength: {patrol: 1}",
                facility=world.facility.pk,
                valid_from=clock.today(),
                reason="x",
                by=world.on(Post.LEADER).actor,
            )
            patrol = a_program(Post.PATROL, at=world.facility)
        before = patrol.get("/shift").json()
        assert (before["name"], before["on_since"]) == ("Day shift", None)
        short = {"title": "Patrol and control room", "on": 0, "needed": 1}
        assert before["posts"] == [short]
        on = patrol.post("/shift/sign-on", {})
        assert on.status_code == 200, on.content
        assert on.json()["on_since"] is not None
        assert on.json()["posts"] == [short | {"on": 1}]
        assert patrol.post("/shift/sign-on", {}).json() == on.json()
        assert patrol.post("/shift/sign-off", {}).json()["posts"] == [short]
        off = patrol.post("/shift/sign-off", {})
        assert (off.status_code, off.json()["code"]) == (409, "shift.not_on")
