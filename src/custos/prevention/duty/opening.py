"""Opening a task: its SQL, which joins what is being handled or adds a row in one statement, and its entry.

An emergency button waits for this, so it is one round trip and no more.
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from custos.foundation.database import prepared, scope
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, Post
from custos.foundation.record.services import Deed
from custos.foundation.record.wire import Header
from custos.prevention.duty.engine import State
from custos.prevention.duty.kinds import TaskOpened, Why
from custos.prevention.duty.models import Task

_FIELDS = Task._meta.concrete_fields

#: `joined` sees no row where the task has no join key: null equals nothing.
_JOIN_OR_ADD = f"""
WITH joined AS (
    UPDATE duty_task SET repeats = repeats + 1, repeated_at = %s, repeated_entry_id = %s
    WHERE join_key = %s AND source_entry_id <> %s AND repeated_entry_id IS DISTINCT FROM %s
        AND (state = '{State.OPEN}' OR (state = '{State.ACCEPTED}' AND since > %s))
    RETURNING 1
), added AS (
    INSERT INTO duty_task ({", ".join(f'"{field.column}"' for field in _FIELDS)})
    SELECT {", ".join(f"%s::{field.db_type(connection)}" for field in _FIELDS)}
    WHERE NOT EXISTS (SELECT FROM joined)
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT EXISTS (SELECT FROM joined), EXISTS (SELECT FROM added)
"""  # noqa: S608 - built from the model's own column names


def join_or_add(task: Task, *, handled_since: datetime) -> bool:
    """Count `task` as a repetition of one that is being handled, or add it; whether it was added.

    What is being handled shares the join key, and is open or was accepted after `handled_since`.
    One entry counts once and opens one task, however often this is called for it.
    """
    joined, added = _run(task, handled_since)
    if not (joined or added):
        # Another transaction opened a task between our look and our insert, and has committed by
        # now: its task is seen this time. The same entry again finds nothing to do.
        _joined, added = _run(task, handled_since)
    if added:
        task._state.adding = False
    return added


def return_to_list(task: Task) -> None:
    """Save a task that is open again.

    Where another of its join key was opened meanwhile, repetitions go on joining that one.
    """
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError:
        task.join_key = None
        task.save()


def _run(task: Task, handled_since: datetime) -> tuple[bool, bool]:
    entry: UUID = task.source_entry_id
    values = [field.get_db_prep_save(getattr(task, field.attname), connection) for field in _FIELDS]
    with prepared.cursor() as cursor:
        cursor.execute(
            _JOIN_OR_ADD,
            [task.occurred_at, entry, task.join_key, entry, entry, handled_since, *values],
        )
        joined, added = cursor.fetchone()
    return joined, added


def tell_opened(task: Task, because: UUID, deed: Deed, *, by: Actor) -> None:
    """Write down that a task was opened, and by which part of the system, after what it follows from."""
    deed.append(
        TaskOpened(
            task=task.pk,
            source_kind=task.source_kind,
            severity=task.severity,
            post=Post(task.post),
            due_at=task.wanted_by,
            reasons=[Why(**reason) for reason in task.reasons],
        ),
        about=task,
        by=by,
        because=because,
    )


def tell(deed: Deed, task: Task, payload: Kind, *, by: Actor) -> Header:
    """Write down what somebody said about a task, for those alone who read what the task is about.

    Whoever says it need not be among them: whoever reported what is sealed may ask for it again.
    """
    own = scope.current()
    with ExitStack() as stack:
        if task.audience not in own.audiences:
            wider = replace(own, audiences=own.audiences | {task.audience})
            stack.enter_context(scope.entered(wider))
        return deed.append(
            payload, about=task, by=by, because=task.source_entry_id, audience=task.audience
        )
