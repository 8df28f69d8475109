"""Information of before and what was done about it, many at once: rows and entries in one load.

`services.observe` asks what has to hold of what is noticed now. Here it is told what has been, so no
reaction runs and nobody is asked; the tasks are those that the catalogue wants of each, with its ladder,
and every entry's writer is checked. Whoever loads answers for the rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from custos.foundation import clock
from custos.foundation.database.ids import new_id
from custos.foundation.database.loading import load
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post, Subject
from custos.foundation.record.reactions import Event
from custos.foundation.record.services import Draft
from custos.prevention.duty import engine
from custos.prevention.duty.engine import State
from custos.prevention.duty.information import adopted, services, types
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.information.services import About
from custos.prevention.duty.kinds import (
    Detail,
    InformationCollected,
    TaskAccepted,
    TaskAnswered,
    TaskEscalated,
    TaskOpened,
    TaskReopened,
    Why,
)
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan
from custos.prevention.duty.shifts.plan import Shift

_SYSTEM = Actor.system("duty")


@dataclass(frozen=True, slots=True)
class Done:
    """Who took a task on, how long after it was opened, and how long after that they said what."""

    by: Actor
    after: timedelta
    took: timedelta
    answer: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Whoever found it asked for it again: how long after the answer, why, and what was done then."""

    after: timedelta
    reason: str
    done: Done


@dataclass(frozen=True, slots=True)
class Handled:
    """What somebody noticed, of whom or what, and what was done about it."""

    type: str
    text: str
    about: Subject
    place: str
    at: datetime
    by: Actor
    done: Done
    details: Mapping[str, str] = field(default_factory=dict)
    returned: Returned | None = None


def receive(facility: int, handled: Iterable[Handled]) -> int:
    """Write what was noticed at a facility and handled; returns how many tasks that came to."""
    loading = _Loading(facility)
    for one in handled:
        loading.take(one)
    with transaction.atomic():
        load(loading.observations)
        load(loading.tasks)
        record.append_many(sorted(loading.drafts, key=lambda draft: draft.header.recorded_at))
    return len(loading.tasks)


class _Loading:
    """Rows and entries as they gather. The facility's file is asked for once a day."""

    def __init__(self, facility: int) -> None:
        self.facility = facility
        self.observations: list[Observation] = []
        self.tasks: list[Task] = []
        self.drafts: list[Draft] = []
        self._files: dict[object, tuple[types.Catalogue, Sequence[Shift]]] = {}

    def take(self, one: Handled) -> None:
        """One piece of information, its tasks, and what followed."""
        known, shifts = self._file_at(one.at)
        kind = known.type(one.type)
        if kind is None or kind.audience(one.by.post) is not Audience.STAFF:
            raise ValueError(f"history holds what staff read: {one.type}")
        payload = InformationCollected(
            type=kind.id,
            type_version=kind.version,
            title_zh=kind.title.zh,
            title_en=kind.title.en,
            severity=kind.severity,
            text=one.text,
            details=[Detail(name=name, value=value) for name, value in one.details.items()],
            client=new_id(one.at),
        )
        entry = self._say(payload, one.about, one.by, one.at)
        about = About(one.about.custody_id, None if one.about.custody_id else one.about.cell_id)
        self.observations.append(
            Observation(
                id=new_id(one.at),
                organization_id=self.facility,
                client_id=payload.client,
                by_ref=one.by.ref,
                by_post=one.by.post.value if one.by.post else "",
                digest=services.digest_of(payload, about, None, ()),
                type_id=kind.id,
                title=kind.title.model_dump(),
                severity=kind.severity,
                entry_id=entry,
                custody_id=one.about.custody_id,
                place=one.place,
                occurred_at=one.at,
                recorded_at=one.at,
            )
        )
        event = Event(entry, payload, one.about, one.by, one.at, one.at)
        audience = Audience.STAFF
        for wanted in types.tasks_for(
            known,
            kind,
            audience=audience,
            opened_at=one.at,
            calendar=services.calendar_at(shifts, one.at),
            details=one.details,
        ):
            task = services.task_of(event, wanted, kind, audience, None, one.at)
            self._carry_out(task, one.done)
            if one.returned is not None:
                self._again(task, one.returned, one.by)

    def _file_at(self, at: datetime) -> tuple[types.Catalogue, Sequence[Shift]]:
        day = clock.day_of(at)
        if day not in self._files:
            row = adopted.latest(self.facility, day)
            shifts = adopted.own_of(row).shifts or plan.shipped().shifts
            self._files[day] = (adopted.catalogue_of(row), shifts)
        return self._files[day]

    def _say(
        self, payload: Kind, about: Subject, by: Actor, at: datetime, because: UUID | None = None
    ) -> UUID:
        made = record.draft(payload, about=about, by=by, at=at, because=because)
        self.drafts.append(made)
        return made.header.id

    def _again(self, task: Task, returned: Returned, by: Actor) -> None:
        assert task.ended_at is not None  # it was carried out
        at = task.ended_at + returned.after
        payload = TaskReopened(task=task.pk, reason=returned.reason)
        entry = self._say(payload, task.record_subject(), by, at, task.source_entry_id)
        self._carry_out(services.task_again(task, entry, at), returned.done)

    def _carry_out(self, task: Task, done: Done) -> None:
        about, because, rule = task.record_subject(), task.source_entry_id, task.rule_then()
        opened = TaskOpened(
            task=task.pk,
            source_kind=task.source_kind,
            severity=task.severity,
            post=Post(task.post),
            due_at=task.wanted_by,
            reasons=[Why(**reason) for reason in task.reasons],
        )
        self._say(opened, about, _SYSTEM, task.opened_at, because)
        accepted_at = task.opened_at + done.after
        for at, said in _climbs(task, accepted_at):
            self._say(said, about, _SYSTEM, at, because)
        task.accepted_by, task.accepted_at = done.by.ref, accepted_at
        task.accepted_post = done.by.post.value if done.by.post else ""
        task.wanted_by = engine.answer_due(rule, accepted_at)
        accepted = TaskAccepted(task=task.pk, due_at=task.wanted_by)
        self._say(accepted, about, done.by, accepted_at, because)
        task.state, task.due_at, task.answer = State.ANSWERED, None, done.answer
        task.since = task.ended_at = accepted_at + done.took
        task.ended_by = done.by.ref
        answered = TaskAnswered(
            task=task.pk,
            answer=done.answer,
            finder_kind=ActorKind(task.finder_kind),
            finder_ref=task.finder_ref,
        )
        self._say(answered, about, done.by, task.ended_at, because)
        self.tasks.append(task)


def _climbs(task: Task, until: datetime) -> Iterator[tuple[datetime, TaskEscalated]]:
    """The rungs that a task climbed before somebody accepted it; moves it there."""
    rule = task.rule_then()
    while task.due_at is not None and (at := task.due_at) <= until:
        climb = engine.climb(rule, task.facts(), at)
        if climb is None:
            return
        for post in engine.told_now(rule, task.step, climb):
            yield (
                at,
                TaskEscalated(
                    task=task.pk,
                    cause=climb.cause.value,
                    step=climb.step,
                    post=post,
                    waited_minutes=int(climb.waited.total_seconds()) // 60,
                    due_at=climb.due_at,
                    reasons=[Why(**asdict(reason)) for reason in climb.reasons],
                ),
            )
        task.step, task.post, task.due_at = climb.step, climb.post.value, climb.due_at
        task.asked = [asked.value for asked in engine.asked_posts(rule, climb.step)]
