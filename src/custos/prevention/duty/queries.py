"""Questions about tasks, in the scope of whoever asks. They name staff and cells only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Actor, ActorKind, Post
from custos.foundation.record.queries import Line
from custos.prevention.duty import engine
from custos.prevention.duty.engine import State
from custos.prevention.duty.models import Task

#: For how long an answer stands in the list of what came back.
ECHO_DAYS = 7

_STATES: dict[State, tuple[str, Any]] = {
    State.OPEN: ("todo", _("To accept")),
    State.ACCEPTED: ("doing", _("Accepted")),
    State.ANSWERED: ("done", _("Answered")),
    State.WITHDRAWN: ("refused", _("Withdrawn")),
}


@dataclass(frozen=True, slots=True)
class TaskShown:
    """A task ready to show. `may_*` say what the reader may do with it, as the services decide."""

    id: UUID
    organization_id: int
    title: str
    severity: int
    cell_id: UUID | None
    cell_name: str
    state: str
    tone: str
    state_title: Any
    post_title: Any
    source_entry_id: UUID
    occurred_at: datetime
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    holder: str
    ended_by: str
    result: str
    repeats: int
    repeated_at: datetime | None
    climbed: bool
    why: Sequence[dict[str, Any]]
    may_accept: bool
    may_answer: bool
    may_withdraw: bool


def now_list(by: Actor) -> list[TaskShown]:
    """What the reader's post has been asked to do and is not done: gravest first, then by deadline.

    At most two queries.
    """
    return _shown(
        _tasks()
        .filter(state__in=engine.UNFINISHED, asked__contains=[by.post])
        .order_by("severity", "due_at", "id"),
        by,
    )


def echoes(by: Actor, limit: int = 50) -> list[TaskShown]:
    """Answers that came back to the reader, latest first: to what they found themselves, to what
    devices found for their post, and to what their post was asked. At most two queries.
    """
    since = clock.now() - timedelta(days=ECHO_DAYS)
    mine = Q(finder_kind=ActorKind.STAFF, finder_ref=by.ref) | Q(asked__contains=[by.post])
    return _shown(
        _tasks()
        .filter(mine, ended_at__gte=since, state=State.ANSWERED)
        .order_by("-ended_at")[:limit],
        by,
    )


def task(task_id: UUID, by: Actor) -> TaskShown:
    """One task. Raises `Missing` where the scope has no such task. At most two queries."""
    found = _shown(_tasks().filter(pk=task_id), by)
    if not found:
        raise Missing("task.no_such", _("There is no such task."))
    return found[0]


def history(shown: TaskShown) -> list[Line]:
    """What opened a task and what followed, latest first. Six queries."""
    opened_by = record.lines_of([shown.source_entry_id])
    return [*reversed(record.following(shown.source_entry_id)), *opened_by.values()]


def _tasks() -> Any:
    return Task.objects.visible_to(scope.current()).select_related("cell")


def _shown(tasks: Iterable[Task], by: Actor) -> list[TaskShown]:
    rows = list(tasks)
    refs = {ref for row in rows for ref in (row.accepted_by, row.ended_by) if ref}
    names = accounts.names_of(refs) if refs else {}
    return [_one(row, names, by) for row in rows]


def _one(row: Task, names: dict[str, str], by: Actor) -> TaskShown:
    rule = row.rule_then()
    tone, title = _STATES[State(row.state)]
    on_ladder = by.post in rule.posts
    holds = row.state == State.ACCEPTED and (
        row.accepted_by == by.ref or engine.stands_above(rule, by.post, Post(row.accepted_post))
    )
    zh = (get_language() or "").startswith("zh")
    return TaskShown(
        id=row.pk,
        organization_id=row.organization_id,
        title=rule.title.zh if zh else rule.title.en,
        severity=row.severity,
        cell_id=row.cell_id,
        cell_name=row.cell.name if row.cell else "",
        state=row.state,
        tone=tone,
        state_title=title,
        post_title=Post(row.post).title,
        source_entry_id=row.source_entry_id,
        occurred_at=row.occurred_at,
        opened_at=row.opened_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        holder=names.get(row.accepted_by, ""),
        ended_by=names.get(row.ended_by, ""),
        result=row.answer or row.withdrawn_reason,
        repeats=row.repeats,
        repeated_at=row.repeated_at,
        climbed=row.step > 0,
        why=row.reasons,
        may_accept=row.state == State.OPEN and on_ladder,
        may_answer=holds,
        may_withdraw=by.is_officer and (holds or (row.state == State.OPEN and on_ladder)),
    )
