"""When a task is due, who is asked next, and which step may follow which. Pure.

Facts and `now` go in; a deadline, the next step and the reasons come out. Nothing here reads the
clock, the database or settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from custos.foundation.record.parties import Actor, Post


class State(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


#: Which state may follow which. A task that is answered or withdrawn is over; one that was accepted may
#: be handed back.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.ACCEPTED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset({State.ANSWERED, State.WITHDRAWN, State.OPEN}),
    State.ANSWERED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
UNFINISHED = frozenset({State.OPEN, State.ACCEPTED})


def may_become(state: State, following: State) -> bool:
    """Whether a task in `state` may become `following`."""
    return following in TRANSITIONS[state]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Plain):
    """A length of time, as people write it."""

    minutes: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)

    @property
    def length(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(hours=self.hours, minutes=self.minutes)

    @classmethod
    def of(cls, length: timedelta) -> Self:
        """A length in whole minutes: rounded down, but never to none."""
        return cls(minutes=max(1, length // timedelta(minutes=1)))


class Title(_Plain):
    """Words in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Rung(_Plain):
    """A post, and how long after the opening it is asked when nobody has accepted."""

    post: Post
    after: Span


class Rule(_Plain):
    """One row of the catalogue; see `rules/catalogue.yaml` for what its fields mean."""

    id: str = Field(pattern=r"^DUTY-[A-Z0-9-]+$")
    version: int = Field(ge=1)
    title: Title
    when: str
    handler: Post
    severity: int = Field(ge=1, le=4)
    alert_within: Span
    accept_within: Span
    answer_within: Span
    remind_every: Span
    ladder: tuple[Rung, ...] = Field(min_length=1)
    feedback: tuple[Literal["finder", "handler"], ...]
    join: Literal["cell", "none"]
    #: Posts that may take the task beside the handler, from the beginning.
    beside: tuple[Post, ...] = ()
    #: What it is called for those who may not read what opened it.
    plain: Title | None = None
    #: By when the result must stand, where that is an instant and not a length from the acceptance.
    close_by: datetime | None = None
    #: When its result comes too late; see `hurried()`.
    before: datetime | None = None
    #: Posts that read the result besides whoever found it and whoever was asked.
    tells: tuple[Post, ...] = ()
    #: Whom, outside of the program, the post that handles it tells of the result.
    outside: tuple[str, ...] = ()
    #: What is to be done first, in words.
    act: Title | None = None
    #: Whether whoever wrote the entry may handle the task; no where it looks at what they did.
    finder_handles: bool = True
    confidence: Literal["V", "E", "M", "P"]
    source: Title
    valid_from: date
    valid_to: date | None = None

    @field_validator("source", mode="before")
    @classmethod
    def _of_an_earlier_catalogue(cls, source: Any) -> Any:
        """A task opened by an earlier catalogue bears its source in Chinese alone."""
        return {"zh": source, "en": source} if isinstance(source, str) else source

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        waits = [rung.after.length for rung in self.ladder]
        if self.ladder[0].post != self.handler or waits[0] != self.alert_within.length:
            raise ValueError(f"{self.id}: the ladder begins with the handler, when it is alerted")
        if waits[1:2] == [waits[0]] or any(b < a for a, b in pairwise(waits)):
            raise ValueError(f"{self.id}: no rung comes before the one below it")
        if len(waits) > 1 and waits[1] != self.accept_within.length:
            raise ValueError(f"{self.id}: the second rung is asked when the time to accept is over")
        if not (
            self.accept_within.length and self.answer_within.length and self.remind_every.length
        ):
            raise ValueError(f"{self.id}: times to accept, to answer and to remind are more than 0")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts of the ladder, lowest first, after those beside the lowest."""
        return (*self.beside, *(rung.post for rung in self.ladder))


def is_own(rule: Rule, finder_ref: str, by: Actor) -> bool:
    """Whether a task looks at what `by` did, who then never handles it, on whatever post."""
    return not rule.finder_handles and by.ref == finder_ref


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule, its version, source and confidence, and what it was applied to."""

    rule: str
    version: int
    source: str
    confidence: str
    fact: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a piece of information: a task for a post, with its first deadline."""

    rule: Rule
    post: Post
    due_at: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine needs to know of a task. `since` is when its present state began."""

    state: State
    step: int
    opened_at: datetime
    since: datetime
    due_at: datetime


#: The posts that are held just now, each with who holds it.
Held = Mapping[Post, frozenset[str]]


class Cause(StrEnum):
    """Why a task climbs."""

    NOT_ACCEPTED = "not_accepted"
    NOT_ANSWERED = "not_answered"
    NOBODY_THERE = "nobody_there"


@dataclass(frozen=True, slots=True)
class Climb:
    """The step that a task takes when its deadline passed."""

    step: int
    post: Post
    due_at: datetime
    cause: Cause
    waited: timedelta
    reasons: tuple[Reason, ...]


def plan_for(
    rules: Sequence[Rule],
    kind: str,
    day: date,
    *,
    opened_at: datetime,
    before: datetime | None = None,
) -> Plan | None:
    """The task that an entry of `kind` opens, or None where no rule in force asks for one.

    `before` is when it is too late for what it asks; see `hurried()`.
    """
    rule = next((rule for rule in rules if rule.when == kind and rule.holds_on(day)), None)
    if rule is None:
        return None
    if before is not None:
        rule = hurried(rule, opened_at, before)
    due = opened_at + rule.accept_within.length
    return Plan(rule, rule.handler, due, (_reason(rule, kind),))


def hurried(rule: Rule, opened_at: datetime, before: datetime) -> Rule:
    """The rule for a task whose result comes too late from `before` on.

    It is to be accepted within half of the time that is left, as an order is, the posts above are asked in
    proportion, but all while a quarter of it is left, and so is its result asked for, whenever it is
    accepted. As it is where its own times are shorter, and where `before` has passed: that is told by
    whatever says so.
    """
    left = before - opened_at
    if left <= timedelta(0):
        return rule
    changes: dict[str, Any] = {"before": before}
    if (share := left / 2 / rule.accept_within.length) < 1:
        changes["accept_within"] = Span.of(rule.accept_within.length * share)
        changes["ladder"] = tuple(
            Rung(post=rung.post, after=Span.of(min(rung.after.length * share, left * 3 / 4)))
            if rung.after.length
            else rung
            for rung in rule.ladder
        )
    return rule.model_copy(update=changes)


def answer_due(rule: Rule, accepted_at: datetime) -> datetime:
    """By when the result of an accepted task is due; what was accepted too late is asked for soon.

    Where a result comes too late from an instant on, it is due while a quarter of the time is left.
    """
    if rule.close_by is None:
        due = accepted_at + rule.answer_within.length
    elif rule.close_by > accepted_at:
        due = rule.close_by
    else:
        due = accepted_at + rule.remind_every.length
    if rule.before is not None and rule.before > accepted_at:
        due = min(due, accepted_at + (rule.before - accepted_at) * 3 / 4)
    return due


def accept_due(rule: Rule, opened_at: datetime, step: int, now: datetime) -> datetime:
    """When the next post is asked about what is open again on a rung; that may be past already."""
    if step < len(rule.ladder) - 1:
        return opened_at + rule.ladder[step + 1].after.length
    return max(now + rule.remind_every.length, opened_at)


def climb(rule: Rule, facts: Facts, now: datetime, held: Held | None = None) -> Climb | None:
    """What happens to an unfinished task at `now`; None while its deadline has not come.

    A sweep that comes late skips the rungs whose time has passed as well, and says so in one step. Where
    it is known who holds which post (`held`), a rung that nobody holds is skipped too, or only people
    who have missed it on a rung below.
    """
    if facts.state not in UNFINISHED or now < facts.due_at:
        return None
    if facts.state is State.OPEN:
        return _nobody_accepted(rule, facts, now, held)
    step = _to_others(rule, facts.step, min(facts.step + 1, len(rule.ladder) - 1), held)
    return Climb(
        step,
        rule.ladder[step].post,
        _after_opening(facts, now + rule.remind_every.length),
        Cause.NOT_ANSWERED,
        now - facts.since,
        (_reason(rule, f"answer_within={_iso(rule.answer_within)}"),),
    )


def _after_opening(facts: Facts, due: datetime) -> datetime:
    """A deadline that isn't before the opening, also where the clock was put back since."""
    return max(due, facts.opened_at)


def _to_others(rule: Rule, before: int, step: int, held: Held | None) -> int:
    """The first rung from `step` on with somebody who didn't miss it below, else the last."""
    if held is None or step == before:
        return step
    none = frozenset[str]()
    missed = none.union(*(held.get(post, none) for post in asked_posts(rule, before)))
    while step < len(rule.ladder) - 1 and not held.get(rule.ladder[step].post, none) - missed:
        step += 1
    return step


def _nobody_accepted(rule: Rule, facts: Facts, now: datetime, held: Held | None) -> Climb:
    waited = now - facts.opened_at
    last = len(rule.ladder) - 1
    step = _to_others(rule, facts.step, max(facts.step, _come(rule, waited)), held)
    due = facts.opened_at + rule.ladder[step + 1].after.length if step < last else now
    if due <= now:
        due = _after_opening(facts, now + rule.remind_every.length)
    fact = f"accept_within={_iso(rule.accept_within)}"
    return Climb(
        step, rule.ladder[step].post, due, Cause.NOT_ACCEPTED, waited, (_reason(rule, fact),)
    )


def _come(rule: Rule, waited: timedelta) -> int:
    """The highest rung whose time has come; the lowest where the clock went back."""
    return max([0, *(at for at, rung in enumerate(rule.ladder) if rung.after.length <= waited)])


def pass_over(rule: Rule, facts: Facts, now: datetime, held: Held) -> Climb | None:
    """The climb of what only posts were asked that nobody holds; None where somebody was, or is last.

    The next rung is the first that somebody holds, none lower than the highest whose time has come; where
    nobody holds any, all of them are asked.
    """
    if facts.state is not State.OPEN or any(p in held for p in asked_posts(rule, facts.step)):
        return None
    last = len(rule.ladder) - 1
    if facts.step == last:
        return None
    rungs = range(max(facts.step + 1, _come(rule, now - facts.opened_at)), last + 1)
    step = next((at for at in rungs if rule.ladder[at].post in held), last)
    following = rule.ladder[step + 1].after.length if step < last else None
    due = facts.opened_at + following if following is not None else now
    if due <= now:
        due = _after_opening(facts, now + rule.remind_every.length)
    fact = "nobody on " + ", ".join(asked_posts(rule, step - 1))
    return Climb(
        step,
        rule.ladder[step].post,
        due,
        Cause.NOBODY_THERE,
        now - facts.opened_at,
        (_reason(rule, fact),),
    )


def told_now(rule: Rule, before: int, climb: Climb) -> tuple[Post, ...]:
    """The posts of which a climb tells: those of rungs that come at one time are told together."""
    rungs = rule.ladder[before + 1 : climb.step]
    at = rule.ladder[climb.step].after
    return (*(rung.post for rung in rungs if rung.after == at), climb.post)


def asked_posts(rule: Rule, step: int) -> tuple[Post, ...]:
    """The posts that have been asked when a task stands on `step`: once asked, always asked."""
    return rule.posts[: len(rule.beside) + step + 1]


def stands_above(rule: Rule, post: Post | None, held: Post) -> bool:
    """Whether `post` is on a higher rung than the post that holds a task.

    Above whoever has done it from outside of the ladder, as with the admission that it was part of, stands
    everybody on it.
    """
    lowest = (*rule.beside, rule.handler)
    if held not in (*lowest, *rule.posts):
        return post in rule.posts
    above = len(lowest) if held in lowest else rule.posts.index(held) + 1
    return post in rule.posts[above:]


def _reason(rule: Rule, fact: str) -> Reason:
    return Reason(rule.id, rule.version, rule.source.zh, rule.confidence, fact)


def _iso(span: Span) -> str:
    minutes = int(span.length.total_seconds()) // 60
    return f"PT{minutes}M"
