"""Pages of the roster: a month, a day, one person's day, absences, notes, swaps, one's own shifts."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from python_calamine import CalamineWorkbook

from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.roster import swaps
from custos.prevention.duty.roster.models import RosterAbsence, RosterMark, RosterSwap, Standing
from custos.prevention.duty.roster.services import shown_as
from custos.prevention.duty.roster.tests.worlds import DAY, Planning
from tests.factories import SYSTEM, a_facility, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Planning:
    with scope.entered(SYSTEM), translation.override("en"):
        found = Planning()
        found.published()
        return found


def at_desk(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    return client


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def the_month(world: Planning, more: str = "") -> str:
    return f"{reverse('roster')}?month={world.month:%Y-%m}{more}"


def a_day_of(world: Planning, one: Acting) -> tuple[Any, str]:
    with scope.entered(SYSTEM):
        line = world.lines(one)[0]
    return line, reverse("roster_day_of", args=[one.actor.ref, line.day.isoformat()])


def test_a_month_shows_people_by_days_in_a_bounded_number_of_queries(
    world: Planning, django_assert_max_num_queries: Any
) -> None:
    client = at_desk(world.leader)
    shown(client, the_month(world))
    with scope.entered(SYSTEM):
        for at in range(12):
            world.on(Post.PATROL, crew=at % 4 + 1)
    with django_assert_max_num_queries(45):
        text = shown(client, the_month(world, "&post=patrol"))
    assert text.count('scope="row"') == 24
    assert "Day shift" in text
    assert "published by Zhao Min" in text


def test_a_month_that_is_not_planned_says_how_it_begins(world: Planning) -> None:
    client = at_desk(world.leader)
    assert "This month is not planned yet" in shown(client, reverse("roster"))
    assert client.get(f"{reverse('roster')}?month=x").status_code == 404


def test_what_stops_a_plan_is_said_on_its_page_and_when_it_is_published(world: Planning) -> None:
    client = at_desk(world.leader)
    client.post(reverse("roster_begin"), {"month": f"{world.month:%Y-%m}"})
    one = world.crew(1)[1]
    line, address = a_day_of(world, one)
    sent = {"turn": line.turn, "post": "patrol", "women": "on", "seen": shown_as([line])}
    answer = client.post(f"{address}?as=draft", sent)
    assert answer.status_code == 302
    text = shown(client, the_month(world))
    assert "breaches stop it" in text or "breach stops it" in text
    assert "is-blocking" in text
    with scope.entered(SYSTEM):
        seen = world.draft().revision
    sent = {"month": f"{world.month:%Y-%m}", "seen": str(seen), "reason": "增开二监区"}
    answer = client.post(reverse("roster_publish"), sent, follow=True)
    assert "held by a woman officer" in answer.content.decode()
    with scope.entered(SYSTEM):
        assert world.draft() is not None


def test_a_published_day_is_changed_with_a_reason_and_what_was_typed_is_kept(
    world: Planning,
) -> None:
    client, one = at_desk(world.leader), world.crew(1)[2]
    line, address = a_day_of(world, one)
    sent = {"turn": "", "post": "patrol", "seen": shown_as([line])}
    answer = client.post(f"{address}?as=published", sent)
    assert answer.status_code == 422
    answer = client.post(f"{address}?as=published", sent | {"reason": "护送就医", "seen": "x"})
    assert answer.status_code == 422
    assert "has changed this plan since you saw it" in answer.content.decode()
    assert "护送就医" in answer.content.decode()
    answer = client.post(f"{address}?as=published", sent | {"reason": "护送就医"})
    assert answer.status_code == 302
    text = shown(at_desk(one), reverse("my_duty"))
    assert "护送就医" in text


def test_the_spreadsheet_has_everybody_and_every_day(world: Planning) -> None:
    address = f"{reverse('roster_sheet')}?month={world.month:%Y-%m}&as=published"
    answer = at_desk(world.leader).get(address)
    (sheet,) = CalamineWorkbook.from_filelike(BytesIO(answer.content)).sheet_names
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_name(sheet)
    people = [row for row in rows.to_python() if row[0] == "Zhao Min"]
    assert len(people) == 14


def test_absences_and_notes_are_a_leaders(world: Planning) -> None:
    client, one = at_desk(world.leader), world.crew(1)[2]
    sent = {
        "staff": one.actor.ref,
        "sort": "sick",
        "first": world.month.isoformat(),
        "last": world.month.isoformat(),
    }
    assert client.post(reverse("roster_absences"), sent).status_code == 302
    assert client.post(reverse("roster_absences"), sent).status_code == 422
    with scope.entered(SYSTEM):
        absence = RosterAbsence.objects.get()
    assert "Sick leave" in shown(client, reverse("roster_absences"))
    assert at_desk(one).get(reverse("roster_absences")).status_code == 403
    back = reverse("roster_absence_back", args=[absence.pk])
    client.post(back, {"reason": "提前返岗"})
    assert "Nobody is away" in shown(client, reverse("roster_absences"))
    noted = {"staff": one.actor.ref, "mark": "woman", "holds": "yes", "post": "patrol"}
    client.post(reverse("roster_people"), noted)
    with scope.entered(SYSTEM):
        assert RosterMark.objects.filter(staff_ref=one.actor.ref, ended_at=None).count() == 1


def test_another_facility_neither_reads_nor_answers(world: Planning) -> None:
    with scope.entered(SYSTEM):
        stranger = somebody(Post.LEADER, at=a_facility())
        line = next(one for one in world.lines(world.crew(1)[1]) if one.turn == DAY)
        swap = swaps.ask(
            world.facility.pk,
            day=line.day,
            turn=line.turn,
            other=world.crew(2)[1].actor.ref,
            reason="x1",
            by=world.crew(1)[1].actor,
        )
    client = at_desk(stranger)
    assert "This month is not planned yet" in shown(client, the_month(world))
    address = reverse("roster_swap_decide", args=[swap.pk])
    assert client.post(address, {"answer": "approve"}).status_code == 404


def test_a_swap_is_shown_to_the_two_and_to_the_leader_who_decides(world: Planning) -> None:
    asks, takes = world.crew(1)[1], world.crew(2)[1]
    with scope.entered(SYSTEM):
        line = next(one for one in world.lines(asks) if one.turn == DAY)
    ask = reverse("my_duty_swap", args=[line.day.isoformat(), line.turn])
    client = at_desk(asks)
    assert takes.actor.ref in shown(client, ask)
    answer = client.post(f"{ask}?with={takes.actor.ref}", {"back": "", "reason": "家长会"})
    assert answer.status_code == 302
    with scope.entered(SYSTEM):
        swap = RosterSwap.objects.get()
    assert "Agree to the swap" in shown(at_desk(takes), reverse("my_duty"))
    assert "A colleague asks to swap a shift" in shown(at_desk(takes), reverse("bell"))
    at_desk(takes).post(reverse("my_duty_answer", args=[swap.pk]), {"answer": "agree"})
    leader = at_desk(world.leader)
    assert "Swap of shifts to approve" in shown(leader, reverse("bell"))
    assert "Approve the swap" in shown(leader, reverse("roster_swaps"))
    decide = reverse("roster_swap_decide", args=[swap.pk])
    answer = leader.post(decide, {"answer": "refuse", "reason": ""}, follow=True)
    assert "Say why." in answer.content.decode()
    leader.post(decide, {"answer": "approve"})
    with scope.entered(SYSTEM):
        assert line not in world.lines(asks, Standing.PUBLISHED)


def test_a_day_is_shown_by_shift_and_post(world: Planning) -> None:
    text = shown(at_desk(world.leader), f"{reverse('roster_day')}?day={world.month.isoformat()}")
    assert "Night shift" in text
    assert "Patrol and control room" in text
    assert at_desk(world.patrol[0]).get(reverse("roster_day")).status_code == 403
