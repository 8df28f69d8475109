"""A shift that is played against the real API, under a clock that is set."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import Client as Browser

from custos.config.shift.client import Answer, Client
from custos.config.shift.crew import Crew, Player
from custos.config.shift.playing import Playing, crew_of
from custos.foundation import clock
from custos.foundation.api import services as tokens
from custos.foundation.api.models import Token
from custos.foundation.database import scope
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty import services as duty
from custos.prevention.duty.handover import services as handover
from custos.prevention.duty.handover.models import Handover, HandoverReading
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.services import About
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster import facts
from custos.prevention.duty.roster import services as roster
from custos.prevention.duty.rounds import services as rounds
from custos.prevention.duty.rounds.models import Look, WatchedCell
from custos.prevention.duty.shifts.models import SignOn
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
PASSWORD = "quiet-river-4417"
#: A Tuesday, twenty minutes before its day shift ends.
BEGINS = datetime(2026, 3, 3, 19, 40, tzinfo=clock.LOCAL)
FILE = "strength: {patrol: 1, duty_leader: 1}\nrounds: {longest_gap: 30}\n"
_POSTS = (Post.PATROL, Post.DUTY_LEADER, Post.LOGISTICS)


class Demo:
    """A facility with an area that is walked and one that is left, and a crew for the day and the night."""

    def __init__(self) -> None:
        self.now = BEGINS
        with scope.entered(SYSTEM), clock.set_to(BEGINS - timedelta(minutes=10)):
            self.facility = factories.a_facility()
            self.left, self.walked = (factories.a_cell(facility=self.facility) for _ in range(2))
            for cell in (self.left, self.walked):
                factories.a_detainee(in_cell=cell)
            information.adopt(
                FILE,
                facility=self.facility.pk,
                valid_from=clock.today(),
                reason="x",
                by=self._leader(),
            )
            assert self.left.area is not None
            assert self.walked.area is not None
            players = tuple(self._player(post, crew) for crew in (0, 1) for post in _POSTS)
            codes = WatchedCell.objects.values_list("cell_id", "code")
            tags = {str(cell): code for cell, code in codes}
        self.crew = Crew(
            facility="x",
            left=self.left.area.name,
            areas=(self.walked.area.name,),
            womens=(),
            password=PASSWORD,
            players=players,
            tags=tags,
        )
        self.said: list[str] = []
        self.playing = self.a_play()

    def _player(self, post: Post, crew: int | None, turns: int | None = None) -> Player:
        acting = factories.somebody(post, StaffKind.OFFICER, at=self.facility)
        acting.posting.crew = turns
        acting.posting.save(update_fields=["crew"])
        acting.user.set_password(PASSWORD)
        acting.user.save()
        acting.staff.name = f"{post} {crew} {turns}"
        acting.staff.save()
        scopes = ("duty:read", "duty:write", "people:read")
        _token, secret = tokens.make_personal(acting, "x", wanted=scopes, days=2)
        return Player(post, acting.staff.name, secret, acting.actor.ref, crew)

    def rostered(self) -> str:
        """Publish the month with four more patrols who turn; returns whom it names for the coming night."""
        with scope.entered(SYSTEM), clock.set_to(BEGINS - timedelta(minutes=10)):
            turning = [self._player(Post.PATROL, None, turns) for turns in (1, 2, 3, 4)]
            month, leader = BEGINS.date().replace(day=1), self._leader()
            draft = roster.begin(self.facility.pk, month, by=leader)
            plan = roster.publish(self.facility.pk, month, seen=draft.revision, by=leader)
            lines = [one for one in facts.lines(plan) if one.day == BEGINS.date()]
        self.crew = replace(self.crew, players=(*self.crew.players, *turning))
        self.playing = self.a_play()
        (named,) = (one.staff for one in lines if one.turn == "20:00")
        return named

    def _leader(self) -> Actor:
        return factories.somebody(Post.LEADER, at=self.facility).actor

    def on_duty(self, post: Post) -> set[str]:
        """Who is signed on to a post."""
        with scope.entered(SYSTEM):
            on = SignOn.objects.filter(until=None, post=post)
            return set(on.values_list("staff_ref", flat=True))

    def revoke(self, player: Player) -> None:
        """Take somebody's token back."""
        with scope.entered(SYSTEM), clock.set_to(self.now):
            token = Token.objects.get(posting__staff_id=player.staff)
            tokens.revoke(token.pk, by=self._leader())

    def a_play(self) -> Playing:
        """A program that begins to play, knowing nothing of what another has done."""
        return Playing(
            self.crew,
            Client(self.send, self._never_waits),
            7,
            self.said.append,
            lambda at: at.astimezone(clock.LOCAL),
        )

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        data = b"" if body is None else orjson.dumps(body)
        sent = Browser().generic(
            method, f"/api/v1{path}", data=data, content_type="application/json", headers=headers
        )
        return Answer(sent.status_code, orjson.loads(sent.content))

    @staticmethod
    def _never_waits(_seconds: float) -> None:
        raise AssertionError("the site is there")

    def play(self, minutes: float, every: int = 15) -> None:
        """Let time pass."""
        until = self.now + timedelta(minutes=minutes)
        while self.now < until:
            with clock.set_to(self.now):
                self.playing.play(self.now)
            self.now += timedelta(seconds=every)

    def press(self, cell: Any) -> Task:
        """Somebody presses the button of a cell."""
        with scope.entered(SYSTEM), clock.set_to(self.now):
            intake.take([a_press(a_button(cell))])
            return Task.objects.get(cell=cell, rule_id="DUTY-EMERGENCY-BUTTON")

    def again(self, task: Task) -> Task:
        """The task as it stands now."""
        with scope.entered(SYSTEM):
            return Task.objects.get(pk=task.pk)


def test_its_people_sign_on_and_walk_their_area_alone() -> None:
    demo = Demo()
    demo.play(8, every=30)
    with scope.entered(SYSTEM):
        assert set(SignOn.objects.values_list("post", flat=True)) == set(_POSTS)
        looks = list(Look.objects.values_list("cell_id", "how", "late_minutes"))
    assert looks
    assert set(looks) == {(demo.walked.pk, "tag", 0)}
    assert not [line for line in demo.said if "has the shift" not in line]


def test_a_button_is_answered_where_it_is_played_and_left_where_it_isnt() -> None:
    demo = Demo()
    ours, left = demo.press(demo.walked), demo.press(demo.left)
    demo.play(14)
    ours, left = demo.again(ours), demo.again(left)
    assert ours.state == "answered"
    assert ours.accepted_at is not None
    assert timedelta(seconds=20) <= ours.accepted_at - ours.opened_at <= timedelta(seconds=150)
    assert ours.answer
    assert left.state == "open"


def test_what_was_in_hand_is_answered_after_a_restart() -> None:
    demo = Demo()
    task = demo.press(demo.walked)
    demo.play(3)
    assert demo.again(task).state == "accepted"
    demo.playing = demo.a_play()
    demo.play(13, every=60)
    assert demo.again(task).state == "answered"


def test_what_the_duty_leader_decides_is_left_and_what_fell_behind_here_is_not() -> None:
    demo = Demo()
    with scope.entered(SYSTEM), clock.set_to(demo.now):
        information.observe(
            "I31",
            "x",
            facility=demo.facility.pk,
            about=About(cell=demo.walked.pk),
            by=factories.somebody(Post.PATROL, at=demo.facility).actor,
        )
    demo.now = BEGINS + timedelta(minutes=25)
    with clock.set_to(demo.now):
        rounds.sweep()
    with scope.entered(SYSTEM):
        assert Task.objects.filter(rule_id="DUTY-ROUNDS-BEHIND").count() == 2
    demo.play(60, every=60)
    with scope.entered(SYSTEM):
        behind = Task.objects.filter(rule_id="DUTY-ROUNDS-BEHIND")
        assert sorted(behind.values_list("state", flat=True)) == ["answered", "open"]
        assert Task.objects.get(rule_id="DUTY-INFO-31").state == "open"


def test_a_defect_is_seen_to_by_whom_it_is_for() -> None:
    demo = Demo()
    with scope.entered(SYSTEM), clock.set_to(demo.now):
        information.observe(
            "I42b",
            "x",
            facility=demo.facility.pk,
            about=About(cell=demo.left.pk),
            by=factories.somebody(Post.PATROL, at=demo.facility).actor,
        )
    demo.play(60, every=60)
    with scope.entered(SYSTEM):
        found = Task.objects.filter(rule_id="DUTY-INFO-42B").order_by("opened_at").first()
    assert found is not None
    assert (found.state, found.accepted_post) == ("answered", "logistics")


def test_a_shift_is_handed_over_at_its_change() -> None:
    demo = Demo()
    demo.play(20, every=60)
    with clock.set_to(demo.now):
        handover.sweep()
    demo.play(25, every=60)
    with scope.entered(SYSTEM):
        row = Handover.objects.get()
        assert row.standing == "taken"
        assert HandoverReading.objects.count() == row.items.count()
        on = SignOn.objects.filter(until=None).values_list("staff_ref", flat=True)
        night = {one.name for one in demo.crew.players if one.crew == 1}
        assert len(on) == len(night)
        assert not Task.objects.filter(rule_id="DUTY-HANDOVER").exclude(state="answered").exists()


def test_whom_the_roster_names_comes_and_goes_on_after_a_restart() -> None:
    demo = Demo()
    named = demo.rostered()
    demo.play(35, every=60)
    assert demo.on_duty(Post.PATROL) == {named}
    before = len(demo.said)
    demo.playing = demo.a_play()
    demo.play(2, every=30)
    assert demo.on_duty(Post.PATROL) == {named}
    assert len(demo.said) == before + 1, "whose shift it is, and nothing that was refused"


def test_who_is_refused_is_stood_in_for_and_holds_nobody_up() -> None:
    demo = Demo()
    first, *_others, last = demo.crew.players[:3]
    with scope.entered(SYSTEM):
        stand_in = demo._player(Post.PATROL, None)
    demo.crew = replace(demo.crew, players=(*demo.crew.players, stand_in))
    demo.playing = demo.a_play()
    demo.revoke(first)
    demo.play(1)
    assert demo.on_duty(Post.LOGISTICS) == {last.staff}
    assert demo.on_duty(Post.PATROL) - {first.staff}
    assert len([line for line in demo.said if "doesn't sign on" in line]) == 1


def test_who_was_killed_at_a_door_goes_on_to_the_next() -> None:
    demo = Demo()
    demo.play(2)
    with scope.entered(SYSTEM):
        assert Look.objects.count() == 1
    demo.playing = demo.a_play()
    demo.play(2)
    with scope.entered(SYSTEM):
        assert Look.objects.count() == 1


def test_it_leaves_to_people_what_they_were_first_with() -> None:
    demo = Demo()
    task = demo.press(demo.walked)
    with scope.entered(SYSTEM), clock.set_to(demo.now):
        duty.accept(task.pk, by=factories.somebody(Post.PATROL, at=demo.facility).actor)
    demo.play(14, every=60)
    assert demo.again(task).state == "accepted"


def test_a_shift_that_begins_in_the_morning_is_the_day_crews() -> None:
    assert crew_of(BEGINS.replace(hour=8, minute=0)) == 0
    assert crew_of(BEGINS.replace(hour=20, minute=0)) == 1
