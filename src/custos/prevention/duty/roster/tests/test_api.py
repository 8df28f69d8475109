"""The roster over the API: who is away, and a swap from its asking to the roster, as programs do it."""

from typing import Any
from uuid import uuid4

import pytest

from custos.foundation.accounts.acting import Acting
from custos.foundation.api import scopes, services
from custos.foundation.database import scope
from custos.prevention.duty.roster.plan import Line
from custos.prevention.duty.roster.tests.worlds import Planning
from tests.factories import SYSTEM
from tests.programs import Program

pytestmark = pytest.mark.django_db
REASON = "Parents' evening"


class Turning(Planning):
    """The same with its month published, and programs of its people."""

    def __init__(self) -> None:
        with scope.entered(SYSTEM):
            super().__init__()
            self.published()

    def program_of(self, acting: Acting) -> Program:
        with scope.entered(SYSTEM):
            _token, secret = services.make_personal(acting, "roster", wanted=tuple(scopes.SCOPES))
        return Program(secret, acting)

    def first_of(self, one: Acting) -> Line:
        with scope.entered(SYSTEM):
            return self.lines(one)[0]

    def works(self, one: Acting, line: Line) -> bool:
        with scope.entered(SYSTEM):
            return any((own.day, own.turn) == (line.day, line.turn) for own in self.lines(one))


@pytest.fixture
def world() -> Turning:
    return Turning()


def _free(asking: Program, line: Line) -> str:
    found = asking.get(f"/roster/colleagues?day={line.day}&turn={line.turn}").json()
    return next(one["staff_id"] for one in found if one["free"])


def _asked(asking: Program, line: Line, other: str, **more: Any) -> Any:
    body = {"day": str(line.day), "turn": line.turn, "other": other, "reason": REASON} | more
    return asking.post("/roster/swaps", body)


def test_a_swap_is_asked_agreed_and_approved_and_the_roster_has_it(world: Turning) -> None:
    one = world.crew(1)[1]
    asking, leading = world.program_of(one), world.program_of(world.leader)
    own = asking.get("/roster/mine").json()
    line = world.first_of(one)
    assert (own[0]["day"], own[0]["turn"]) == (str(line.day), line.turn)
    ref = _free(asking, line)
    other = next(each for each in world.patrol if each.actor.ref == ref)
    asked = _asked(asking, line, ref)
    assert (asked.status_code, asked.json()["state"]) == (201, "asked")
    path = f"/roster/swaps/{asked.json()['id']}"
    early = leading.post(f"{path}/decide", {"approve": True})
    assert (early.status_code, early.json()["code"]) == (409, "swap.not_agreed")
    not_theirs = asking.post(f"{path}/answer", {"answer": "agree"})
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "swap.not_yours")
    agreed = world.program_of(other).post(f"{path}/answer", {"answer": "agree"})
    assert (agreed.status_code, agreed.json()["state"]) == (200, "agreed")
    decided = leading.post(f"{path}/decide", {"approve": True})
    assert (decided.status_code, decided.json()["state"]) == (200, "approved")
    assert world.works(other, line)
    assert not world.works(one, line)
    again = asking.post(f"{path}/answer", {"answer": "withdraw"})
    assert (again.status_code, again.json()["code"]) == (409, "swap.over")


def test_a_shift_in_return_is_one_that_the_colleague_has(world: Turning) -> None:
    one = world.crew(1)[1]
    asking, line = world.program_of(one), world.first_of(one)
    ref = _free(asking, line)
    query = f"day={line.day}&turn={line.turn}&staff={ref}"
    theirs = asking.get(f"/roster/colleagues/shifts?{query}").json()
    assert theirs
    half = _asked(asking, line, ref, back_day=theirs[0]["day"])
    assert (half.status_code, half.json()["code"]) == (422, "swap.half_return")
    wrong = _asked(asking, line, ref, back_day=str(line.day), back_turn=line.turn)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "swap.no_shift")


def test_nobody_asks_about_a_shift_or_a_colleague_that_is_not_there(world: Turning) -> None:
    one = world.crew(1)[1]
    asking, line = world.program_of(one), world.first_of(one)
    nobody = _asked(asking, line, str(uuid4()))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "roster.nobody")
    query = f"day={line.day}&turn={line.turn}&staff={world.leader.actor.ref}"
    other_post = asking.get(f"/roster/colleagues/shifts?{query}")
    assert (other_post.status_code, other_post.json()["code"]) == (404, "roster.nobody")
    not_mine = asking.get(f"/roster/colleagues?day={line.day}&turn=03:00")
    assert (not_mine.status_code, not_mine.json()["code"]) == (404, "swap.no_shift")


def test_a_leader_refuses_with_a_reason_and_takes_nothing_back_from_the_roster(
    world: Turning,
) -> None:
    one = world.crew(1)[1]
    asking, line = world.program_of(one), world.first_of(one)
    asked = _asked(asking, line, _free(asking, line))
    path = f"/roster/swaps/{asked.json()['id']}/decide"
    leading = world.program_of(world.other_leader)
    bare = leading.post(path, {"approve": False})
    assert (bare.status_code, bare.json()["code"]) == (422, "roster.no_reason")
    refused = leading.post(path, {"approve": False, "reason": "Too few that night."})
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    assert world.works(one, line)


def test_who_is_away_is_noted_once_and_taken_back_with_a_reason(world: Turning) -> None:
    leading, ref = world.program_of(world.leader), world.patrol[0].actor.ref
    first, last = world.month.replace(day=3), world.month.replace(day=9)
    away = {"staff": ref, "sort": "training", "first": str(first), "last": str(last)}
    noted = leading.post("/roster/absences", away)
    assert noted.status_code == 201
    shown = noted.json()
    assert (shown["name"], shown["sort"]) == (world.patrol[0].staff.name, "training")
    assert shown["planned"] > 0, "the roster has them still, and says so"
    twice = leading.post("/roster/absences", away)
    assert (twice.status_code, twice.json()["code"]) == (409, "absence.noted")
    backwards = leading.post("/roster/absences", away | {"first": str(last), "last": str(first)})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "absence.days")
    path = f"/roster/absences/{shown['id']}/take-back"
    assert leading.post(path, {"reason": ""}).status_code == 422
    back = leading.post(path, {"reason": "The course was put off."})
    assert (back.status_code, back.json()["id"]) == (200, shown["id"])
    assert leading.get("/roster/absences").json() == []


def test_an_absence_that_is_sent_again_by_its_key_is_noted_once(world: Turning) -> None:
    leading, day = world.program_of(world.leader), str(world.month)
    away = {"staff": world.patrol[0].actor.ref, "sort": "sick", "first": day, "last": day}
    key = {"Idempotency-Key": str(uuid4())}
    one, again = (leading.post("/roster/absences", away, **key) for _ in range(2))
    assert one.json() == again.json()
    assert len(leading.get("/roster/absences").json()) == 1
