"""A handover over the API, as a leader's program uses it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from custos.foundation import clock
from custos.foundation.accounts import locking
from custos.foundation.api import scopes, services
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.handover.models import Handover
from custos.prevention.duty.handover.tests.worlds import Changing, at
from tests.factories import SYSTEM
from tests.programs import Program, a_program

pytestmark = pytest.mark.django_db
PASSWORD = "quiet-river-4417"
SAID = {"keys_expected": 42, "keys_counted": 42, "own_password": PASSWORD}


class Passing(Changing):
    """The same, with a program of each of the two leaders, and its handover prepared."""

    def __init__(self) -> None:
        with scope.entered(SYSTEM):
            super().__init__()
            with at(1):
                self.handover = self.prepared()
            self.out, self.into = self.program_of(self.day), self.program_of(self.night)

    def program_of(self, acting: Any) -> Program:
        acting.user.set_password(PASSWORD)
        acting.user.save()
        with at(0):
            _token, secret = services.make_personal(acting, "roster", wanted=tuple(scopes.SCOPES))
        return Program(secret, acting)

    def do(self, by: Program, deed: str, body: Any, **headers: str) -> Any:
        return by.post(f"/handovers/{self.handover.pk}/{deed}", body, **headers)

    def read_all(self) -> list[dict[str, Any]]:
        shown = self.into.get(f"/handovers/{self.handover.pk}").json()
        return [item for part in shown["sections"] for item in part["items"]]


def test_a_shift_is_passed_on_and_signed_by_both() -> None:
    world = Passing()
    with at(3):
        (waiting,) = world.out.get("/handovers?waiting=true").json()["items"]
        assert (waiting["standing"], waiting["on_duty"]) == ("prepared", [world.day.staff.name])
        said = world.do(world.out, "sign", SAID | {"defects": "Lamp 2", "words": "Cell 101."})
        assert (said.status_code, said.json()["handover"]["standing"]) == (200, "signed")
        early = world.do(world.into, "take", {"own_password": PASSWORD})
        assert (early.status_code, early.json()["code"]) == (409, "handover.unread")
        items = world.read_all()
        assert {"Lamp 2", "Cell 101."} <= {item["text"] for item in items}
        asked = [{"item": item["id"], "remark": "Since when?"} for item in items[:1]]
        asked += [{"item": item["id"]} for item in items[1:]]
        read = world.do(world.into, "read", {"items": asked}).json()
        assert read["unread"] == 0
        remarks = [item["remarks"] for part in read["sections"] for item in part["items"]]
        assert [{"by": world.night.staff.name, "text": "Since when?"}] in remarks
        taken = world.do(world.into, "take", {"own_password": PASSWORD}).json()
        assert (taken["handover"]["standing"], taken["intact"]) == ("taken", True)
        assert world.out.get("/handovers?waiting=true").json()["items"] == []
        assert len(world.out.get("/handovers").json()["items"]) == 1


def test_a_signature_asks_for_ones_own_password_and_counts_a_wrong_one() -> None:
    world = Passing()
    with at(3):
        bare = world.do(world.out, "sign", SAID | {"own_password": ""})
        assert (bare.status_code, bare.json()["code"]) == (403, "confirmation.not_proven")
        for _try in range(locking.BY_ACCOUNT):
            wrong = world.do(world.out, "sign", SAID | {"own_password": "another-river"})
            assert (wrong.status_code, wrong.json()["code"]) == (403, "proof.wrong")
            assert wrong.json()["errors"][0]["pointer"] == "/own_password"
        locked = world.do(world.out, "sign", SAID)
        assert (locked.status_code, locked.json()["code"]) == (403, "proof.wrong")
    with scope.entered(SYSTEM):
        assert Handover.objects.get().signed_by == ""


def test_what_is_sent_again_is_done_once() -> None:
    world, key = Passing(), str(uuid4())
    with at(3):
        first = world.do(world.out, "sign", SAID, Idempotency_Key=key)
        again = world.do(world.out, "sign", SAID, Idempotency_Key=key)
        assert again.content == first.content
        assert again.headers["Idempotent-Replayed"] == "true"
        other = world.do(world.out, "sign", SAID | {"words": "x"}, Idempotency_Key=key)
        assert (other.status_code, other.json()["code"]) == (
            422,
            "idempotency.other_request",
        )


def test_keys_that_differ_need_a_word_and_the_same_person_doesnt_take_over() -> None:
    world = Passing()
    with at(3):
        short = world.do(world.out, "sign", SAID | {"keys_counted": 41})
        assert short.json()["errors"][0]["pointer"] == "/keys_words"
        assert world.do(world.out, "sign", SAID).status_code == 200
        own = world.do(world.out, "take", {"own_password": PASSWORD})
        assert (own.status_code, own.json()["code"]) == (403, "handover.same_person")
        unknown = world.do(world.into, "read", {"items": [{"item": str(uuid4())}]})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "handover.no_item")


def test_others_than_leaders_are_refused() -> None:
    world = Passing()
    with scope.entered(SYSTEM), at(0):
        patrol, prosecutor = (
            a_program(post, at=world.facility) for post in (Post.PATROL, Post.RESIDENT_PROSECUTOR)
        )
    with at(3):
        assert patrol.get("/handovers").status_code == 403
        assert patrol.get(f"/handovers/{world.handover.pk}").status_code == 403
        assert len(prosecutor.get("/handovers").json()["items"]) == 1
        assert world.do(prosecutor, "sign", SAID).status_code == 403


def test_lists_go_on_where_they_ended() -> None:
    world = Passing()
    with scope.entered(SYSTEM):
        with at(3):
            world.sign()
        with clock.set_to(world.handover.at + timedelta(hours=12, minutes=1)):
            later = world.prepared()
    with at(12 * 60 + 2):
        first = world.out.get("/handovers?limit=1").json()
        assert [one["id"] for one in first["items"]] == [str(later.pk)]
        rest = world.out.get(f"/handovers?limit=1&cursor={first['next']}").json()
        assert [one["id"] for one in rest["items"]] == [str(world.handover.pk)]
        assert rest["next"] is None
