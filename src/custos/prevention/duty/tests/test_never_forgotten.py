"""Every item is accepted in time or climbs, and is never forgotten, whatever happens meanwhile.

A simulated clock and a facility whose officers sign on and off, accept, answer, hand back, withdraw, ask
again or do nothing, while the sweep runs late, stands still over a restart, or meets a clock that jumps.
The rules are those of both catalogues; the world is played by the pure engine, and in fewer, slower games
by the database, with information of every kind of readers.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.prevention.duty import catalogue, engine, services
from custos.prevention.duty.engine import Facts, Rule, State
from custos.prevention.duty.information import catalogue as information
from custos.prevention.duty.information import services as collecting
from custos.prevention.duty.information import types
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.information.types import Calendar
from custos.prevention.duty.kinds import TaskEscalated
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import queries as on_duty
from custos.prevention.duty.shifts import services as shifts
from tests import factories

START = datetime(2026, 3, 3, 2, tzinfo=UTC)


def rules() -> list[Rule]:
    """Every rule that opens a task, as it stands at the start of a game."""
    calendar = Calendar(START + timedelta(hours=10), clock.day_of(START) + timedelta(days=1))
    made = [
        wanted.rule
        for row in information.shipped().types
        for wanted in types.tasks_for(
            information.shipped(),
            row,
            audience=Audience.STAFF,
            opened_at=START,
            calendar=calendar,
            details={},
        )
    ]
    return [*catalogue.rules(), *made]


RULES = rules()


@dataclass
class Game:
    """One task in a world that goes on around it; `told` is when which post was asked."""

    rule: Rule
    chance: random.Random
    now: datetime = START
    step: int = 0
    state: State = State.OPEN

    def __post_init__(self) -> None:
        self.told: list[tuple[datetime, Post]] = []
        self.held: dict[Post, frozenset[str]] = {}
        self.accepted_on = 0
        self.open()
        self.change_shift()

    def open(self) -> None:
        """It is asked for: the first time, or again by a task of its own."""
        self.opened_at = self.since = self.now
        self.step, self.state = 0, State.OPEN
        self.due_at: datetime | None = self.now + self.rule.accept_within.length
        self.told.append((self.now, self.rule.handler))

    def change_shift(self) -> None:
        """Other people are on duty; some posts are empty, and some people hold two."""
        people = [f"p{self.chance.randrange(6)}" for _ in Post]
        posts = [post for post in self.rule.posts if self.chance.random() < 0.7]
        self.held = {post: frozenset({people[at]}) for at, post in enumerate(posts)}

    def facts(self) -> Facts:
        assert self.due_at is not None
        return Facts(self.state, self.step, self.opened_at, self.since, self.due_at)

    def sweep(self, *, roster: bool) -> None:
        if self.due_at is None:
            return
        held = self.held if roster else None
        climb = engine.climb(self.rule, self.facts(), self.now, held)
        if climb is None and held is not None:
            climb = engine.pass_over(self.rule, self.facts(), self.now, held)
        if climb is None:
            return
        assert climb.step >= self.step, "nobody who was asked is forgotten"
        assert climb.due_at > self.now, "it is looked at again"
        self.told += [(self.now, p) for p in engine.told_now(self.rule, self.step, climb)]
        self.step, self.due_at = climb.step, climb.due_at

    def accept(self) -> None:
        self.state, self.since = State.ACCEPTED, self.now
        self.due_at = engine.answer_due(self.rule, self.now)
        self.accepted_on = self.step

    def hand_back(self) -> None:
        self.state, self.since = State.OPEN, self.now
        self.due_at = engine.accept_due(self.rule, self.opened_at, self.step, self.now)

    def end(self, state: State) -> None:
        self.state, self.due_at = state, None

    def act(self, diligence: float) -> None:
        """What an officer does with it in passing, if anything."""
        if self.chance.random() >= diligence:
            return
        if self.state is State.OPEN:
            self.end(State.WITHDRAWN) if self.chance.random() < 0.05 else self.accept()
        elif self.state is State.ACCEPTED:
            self.chance.choice([self.hand_back, lambda: self.end(State.ANSWERED)])()
        elif self.state is State.ANSWERED:
            self.open()


def played(rule: Rule, seed: int) -> Game:
    """Up to three days of a task: officers who may or may not act, and a sweep that may come late."""
    chance = random.Random(seed)
    game, roster = Game(rule, chance), chance.random() < 0.5
    diligence = chance.choice([0.0, 0.0, 0.02, 0.3])
    for _ in range(120):
        # A sweep a minute; now and then the worker stands still, or the machine's clock jumps ahead.
        gap = timedelta(minutes=chance.choice([1, 1, 1, 2, 5, 30, 240]))
        game.now += gap
        if chance.random() < 0.05:
            game.change_shift()
        game.act(diligence)
        before = game.now
        if chance.random() < 0.02:
            game.now -= timedelta(minutes=20)  # and back
            game.sweep(roster=roster)
            game.now = before
        game.sweep(roster=roster)
        require_not_forgotten(game)
    return game


def promised(rule: Rule, accepted_at: datetime) -> datetime:
    """By when the result of what was accepted then is due, as the catalogue's fields say it."""
    if rule.close_by is None:
        return accepted_at + rule.answer_within.length
    return rule.close_by if rule.close_by > accepted_at else accepted_at + rule.remind_every.length


def require_not_forgotten(game: Game) -> None:
    """What must hold after each sweep."""
    if game.state not in engine.UNFINISHED:
        return
    assert game.due_at is not None
    assert game.due_at > game.now, "an unfinished task is always looked at again"
    longest = max(
        [rung.after.length for rung in game.rule.ladder]
        + [game.rule.remind_every.length, game.rule.answer_within.length]
    )
    assert game.due_at <= max(game.now, game.since) + longest
    last = len(game.rule.ladder) - 1
    if game.state is State.OPEN:
        waited = game.now - game.opened_at
        due = [at for at, rung in enumerate(game.rule.ladder) if rung.after.length <= waited]
        assert game.step >= max(due), "every rung whose time has come was asked"
    elif game.now >= promised(game.rule, game.since):
        assert game.step > game.accepted_on or game.accepted_on == last, (
            "late, and nobody above asked"
        )
        post = game.rule.ladder[game.step].post
        assert any(to is post and at > game.since for at, to in game.told), "late, and nobody told"


def test_every_item_is_accepted_in_time_or_climbs_and_none_is_forgotten() -> None:
    for seed in range(3 * len(RULES)):
        played(RULES[seed % len(RULES)], seed)


@pytest.mark.proof
def test_none_is_forgotten_in_many_thousand_games() -> None:
    for seed in range(60 * len(RULES)):
        played(RULES[seed % len(RULES)], seed)


def test_what_nobody_ever_accepts_reaches_the_top_and_keeps_ringing_there() -> None:
    for rule in RULES:
        game = Game(rule, random.Random(1))
        top = rule.ladder[-1]
        for _ in range(100):
            game.now += timedelta(hours=2)
            game.sweep(roster=False)
        asked = [at for at, post in game.told if post is top.post]
        assert asked, rule.id
        if game.now - START > top.after.length + rule.remind_every.length:
            assert len(asked) >= 2, rule.id


def test_a_climb_goes_to_somebody_who_did_not_miss_it() -> None:
    rule = next(one for one in RULES if one.id == "DUTY-EMERGENCY-BUTTON")
    facts = Facts(State.OPEN, 0, START, START, START + timedelta(minutes=5))
    now = START + timedelta(minutes=5)
    same = {Post.PATROL: frozenset({"zhao"}), Post.DUTY_LEADER: frozenset({"zhao"})}
    climb = engine.climb(rule, facts, now, same)
    assert climb is not None
    assert climb.post is Post.LEADER, "the duty leader is the patrol officer who missed it"
    two = same | {Post.DUTY_LEADER: frozenset({"zhao", "li"})}
    climb = engine.climb(rule, facts, now, two)
    assert climb is not None
    assert climb.post is Post.DUTY_LEADER


def test_what_only_an_empty_post_was_asked_is_asked_of_the_next_at_once() -> None:
    rule = next(one for one in RULES if one.id == "DUTY-EMERGENCY-BUTTON")
    facts = Facts(State.OPEN, 0, START, START, START + timedelta(minutes=5))
    now = START + timedelta(seconds=1)
    leader = {Post.LEADER: frozenset({"li"})}
    climb = engine.pass_over(rule, facts, now, leader)
    assert climb is not None
    assert (climb.post, climb.cause) == (Post.LEADER, engine.Cause.NOBODY_THERE)
    assert engine.pass_over(rule, facts, now, {Post.PATROL: frozenset({"li"})}) is None
    nobody = engine.pass_over(rule, facts, now, {})
    assert nobody is not None
    assert engine.asked_posts(rule, nobody.step) == rule.posts, "nobody is there: all are asked"
    assert engine.pass_over(rule, replace(facts, step=2), now, {}) is None


def test_an_empty_post_that_is_noticed_late_holds_up_no_rung_whose_time_has_come() -> None:
    rule = next(one for one in RULES if one.id == "DUTY-EMERGENCY-BUTTON")
    facts = Facts(State.OPEN, 0, START, START, START + timedelta(minutes=5))
    both = {Post.DUTY_LEADER: frozenset({"li"}), Post.LEADER: frozenset({"wang"})}
    climb = engine.pass_over(rule, facts, START + timedelta(minutes=20), both)
    assert climb is not None
    assert engine.asked_posts(rule, climb.step) == (Post.PATROL, Post.DUTY_LEADER, Post.LEADER)


# ------------------------------------------------------------------ with the database

ROSTER = "strength: {patrol: 2, medical: 1, duty_leader: 1}"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        world = World()
        collecting.adopt(
            ROSTER,
            facility=world.facility.pk,
            valid_from=clock.today(),
            reason="The roster of the shifts.",
            by=world.on(Post.LEADER).actor,
        )
        yield world


def a_meal(world: World, by: Any) -> Task:
    taken = collecting.observe(
        "I14",
        "Pushed the tray back.",
        facility=world.facility.pk,
        about=About(custody=world.stay.pk),
        by=by.actor,
    )
    return Task.objects.get(source_entry_id=taken.entry_id)


def test_an_empty_post_is_passed_over_within_the_second(world: World) -> None:
    patrol, leader = world.on(Post.PATROL), world.on(Post.DUTY_LEADER)
    shifts.sign_on(world.facility.pk, by=leader.actor)
    task = a_meal(world, patrol)
    assert services.sweep_unstaffed() == 1
    assert services.sweep_unstaffed() == 0
    task.refresh_from_db()
    assert (task.post, task.asked) == ("duty_leader", ["medical", "duty_leader"])
    line = record.following(task.source_entry_id)[-1]
    assert "无人在岗" in line.text or "Nobody was on duty" in line.text


def test_a_post_that_somebody_holds_is_asked_first(world: World) -> None:
    shifts.sign_on(world.facility.pk, by=world.on(Post.MEDICAL).actor)
    a_meal(world, world.on(Post.PATROL))
    assert services.sweep_unstaffed() == 0


def test_who_leaves_the_post_empty_leaves_no_task_behind(world: World) -> None:
    doctor, leader = world.on(Post.MEDICAL), world.on(Post.DUTY_LEADER)
    for one in (doctor, leader):
        shifts.sign_on(world.facility.pk, by=one.actor)
    task = a_meal(world, world.on(Post.PATROL))
    shifts.sign_off(world.facility.pk, by=doctor.actor)
    assert services.sweep_unstaffed() == 1
    task.refresh_from_db()
    assert task.post == "duty_leader"


@pytest.mark.django_db
def test_a_facility_without_a_roster_is_not_taken_for_empty() -> None:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        world = World()
        a_meal(world, world.on(Post.PATROL))
        assert services.sweep_unstaffed() == 0


def test_across_a_change_of_shifts_and_a_restart_the_ladder_goes_on(world: World) -> None:
    patrol, doctor, leader = (world.on(p) for p in (Post.PATROL, Post.MEDICAL, Post.DUTY_LEADER))
    for one in (doctor, leader):
        shifts.sign_on(world.facility.pk, by=one.actor)
    task = a_meal(world, patrol)
    # Nobody acts, and the worker stands still over the change of shifts at 20:00.
    with clock.set_to(TUESDAY_AT_TEN + timedelta(hours=12)):
        shifts.sweep()
        services.sweep()
        task.refresh_from_db()
        assert task.state == "open"
        assert set(task.asked) >= {"medical", "duty_leader"}
        assert task.due_at is not None
        assert task.due_at > clock.now()


@dataclass(frozen=True)
class Item:
    """Something that is collected in a game: its type, who collects it, and who reads what it says."""

    type_id: str
    by: Post
    readers: Audience


#: One of each kind of readers: whoever sweeps must see them all.
ITEMS = [
    Item("I14", Post.PATROL, Audience.STAFF),
    Item("I04", Post.PATROL, Audience.SEALED_COMPLAINT),
    Item("I06", Post.MEDICAL, Audience.CLINICAL),
    Item("I10", Post.MEDICAL, Audience.CLINICAL),
]
#: Who does something in a game; on the ladder of each item stands one of them.
PLAYERS = (Post.MEDICAL, Post.DUTY_LEADER, Post.LEADER, Post.RESIDENT_PROSECUTOR, Post.PATROL)


class Shift:
    """Officers who come and go, and who accept, answer, hand back, withdraw and ask again, or don't."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.staff = {post: world.on(post) for post in PLAYERS}
        self.accepted_on: dict[Any, int] = {}
        self.made = 0

    def collect(self) -> None:
        item = self.chance.choice(ITEMS)
        taken = collecting.observe(
            item.type_id,
            "Seen at the door.",
            facility=self.world.facility.pk,
            about=About(custody=self.world.stay.pk),
            by=self.staff[item.by].actor,
        )
        assert Task.objects.get(source_entry_id=taken.entry_id).audience == item.readers
        self.made += 1

    def change(self) -> None:
        for one in self.staff.values():
            if self.chance.random() < 0.3:
                shifts.sign_on(self.world.facility.pk, by=one.actor)

    def act(self) -> None:
        for task in Task.objects.filter(state__in=[*engine.UNFINISHED, State.ANSWERED]):
            if self.chance.random() < 0.2:
                self._deal_with(task)

    def _deal_with(self, task: Task) -> None:
        able = [one.actor for post, one in self.staff.items() if post in task.rule_then().posts]
        by = self.chance.choice(able)
        police = [one for one in able if one.staff_kind is not StaffKind.CLINICIAN]
        holder = [one for one in able if one.ref == task.accepted_by]
        if task.state == State.ANSWERED:
            if not Task.objects.filter(reopens=task).exists():
                finder = [o.actor for o in self.staff.values() if o.actor.ref == task.finder_ref]
                collecting.reopen(task.pk, "It is still so.", by=finder[0])
                self.made += 1
        elif task.state == State.OPEN and police and self.chance.random() < 0.1:
            services.withdraw(task.pk, "It was another person.", by=police[0])
        elif task.state == State.OPEN:
            services.accept(task.pk, by=by)
            self.accepted_on[task.pk] = task.step
        elif self.chance.random() < 0.5:
            services.hand_back(task.pk, "Called to another cell.", by=holder[0])
        else:
            services.answer(task.pk, "Seen and treated.", by=holder[0])


def play(world: World, seed: int) -> None:
    """Two days of information for all kinds of readers, checked after every sweep; nothing of it stays."""
    with transaction.atomic():
        shift, now = Shift(world, seed), TUESDAY_AT_TEN
        for _ in range(10):
            now += timedelta(minutes=shift.chance.choice([1, 20, 130, 400]))
            with clock.set_to(now):
                for _ in range(shift.chance.choice([0, 1, 2])):
                    shift.collect()
                shift.change()
                shift.act()
                services.sweep_unstaffed()
                services.sweep()
                require_none_forgotten(shift, now)
        transaction.set_rollback(True)


def require_none_forgotten(shift: Shift, now: datetime) -> None:
    """Every item has its task; each waits for a post that knows of it, or has ended in words."""
    assert Task.objects.exclude(rule_id="DUTY-POST-SHORT").count() == shift.made
    held = on_duty.staffed(now)[shift.world.facility.pk]
    for task in Task.objects.all():
        if task.state not in engine.UNFINISHED:
            assert task.answer or task.withdrawn_reason
            continue
        assert task.due_at is not None
        assert task.due_at > now
        ladder = task.rule_then().ladder
        climbs = [
            line
            for line in record.following(task.source_entry_id)
            if isinstance(line.payload, TaskEscalated) and line.payload.task == task.pk
        ]
        if task.state == State.OPEN:
            there = {post.value for post in held}
            assert there & set(task.asked) or task.step == len(ladder) - 1, "only empty posts know"
            late = {r.post.value for r in ladder if r.after.length <= now - task.opened_at}
            assert late <= set(task.asked), "every post whose time has come was asked"
            assert climbs or late == {ladder[0].post.value}, "and was told"
        elif task.wanted_by <= now:
            on = shift.accepted_on[task.pk]
            assert task.step > on or on == len(ladder) - 1, "late, and nobody above was asked"
            assert any(line.recorded_at > task.since for line in climbs), (
                "late, and nobody was told"
            )


def test_a_shift_of_the_database_forgets_nothing(world: World) -> None:
    for seed in range(4):
        play(world, seed)


@pytest.mark.proof
def test_many_shifts_of_the_database_forget_nothing(world: World) -> None:
    for seed in range(100):
        play(world, seed)
