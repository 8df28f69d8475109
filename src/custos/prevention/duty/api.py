"""Tasks, over the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation.api import paging
from custos.foundation.api.routes.record import EntryShown, shown
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    TaskId,
    Translated,
    Words,
    like,
    told,
)
from custos.foundation.record.parties import DUTY_POSTS
from custos.prevention.duty import queries, services
from custos.prevention.duty.engine import State

router = Router(_("Duty"))

_READ, _WRITE = "duty:read", "duty:write"
_TASK = "0198c5a2-7f00-7000-8000-0000000000f1"


class TaskShown(Shape):
    """A duty that an entry created for a post."""

    model_config = like(
        id=_TASK, organization_id=110101002, title="Answer the emergency button", severity=1,
        cell_id=_TASK, cell_name="A101", state="open", state_title="To accept",
        post_title="Patrol and control room", source_entry_id=_TASK,
        occurred_at="2026-03-02T01:30:00Z", opened_at="2026-03-02T01:30:00Z",
        wanted_by="2026-03-02T01:35:00Z", next_at="2026-03-02T01:35:00Z",
        ended_at=None, holder="", ended_by="", result="",
        repeats=0, repeated_at=None, climbed=False,
        why=[{"rule": "emergency-button", "version": 1, "source": "", "fact": "pressed"}],
        may_accept=True, may_answer=False, may_withdraw=True,
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    title: str = Field(description="What is to be done.")
    severity: int = Field(description="1 gravest to 4.")
    cell_id: UUID | None = Field(description="The cell it is about.")
    cell_name: str = Field(description="That cell's name.")
    state: str = Field(description="open, accepted, answered or withdrawn.")
    state_title: Translated = Field(description="The state in the reader's language.")
    post_title: Translated = Field(description="The post that was asked last.")
    source_entry_id: UUID = Field(description="The entry that opened it.")
    occurred_at: datetime = Field(description="When that happened.")
    opened_at: datetime = Field(description="When the task was opened.")
    wanted_by: datetime = Field(
        description="By when it was to be accepted, or answered once it is accepted."
    )
    next_at: datetime | None = Field(
        description="When the next post is asked, or the last one again; null when it is over."
    )
    ended_at: datetime | None = Field(description="When it was answered or withdrawn.")
    holder: str = Field(description="Who accepted it.")
    ended_by: str = Field(description="Who answered or withdrew it.")
    result: str = Field(description="The answer, or why it was withdrawn.")
    repeats: int = Field(description="How often the same came in again.")
    repeated_at: datetime | None = Field(description="When it last did.")
    climbed: bool = Field(description="Whether a post above had to be asked.")
    why: list[dict[str, Any]] = Field(description="The rules that opened it, with their sources.")
    may_accept: bool = Field(description="Whether the caller may accept it.")
    may_answer: bool = Field(description="Whether the caller may answer it.")
    may_withdraw: bool = Field(description="Whether the caller may withdraw it.")


class TaskFilter(Paging):
    """Which tasks."""

    state: list[State] = Field(
        default_factory=list,
        max_length=4,
        description="Those in these states.",
        json_schema_extra={"example": ["open"]},
    )
    organization: OrganizationNumber | None = told("Those of this subtree.", 110101002)
    cell: UUID | None = told("Those of this cell.", _TASK)


@router.read("/tasks", gives=Page[TaskShown], scope=_READ, summary=_("List tasks"))
def list_tasks(call: Call, wanted: Query[TaskFilter]) -> Any:
    """Tasks of one's organizations, latest first."""
    return paging.page(
        "list_tasks",
        wanted,
        lambda after, limit: queries.listed(
            call.actor,
            states=wanted.state,
            organization=wanted.organization,
            cell=wanted.cell,
            after=after[0] if after else None,
            limit=limit,
        ),
        lambda one: (one.id,),
    )


@router.read("/tasks/{task}", gives=TaskShown, scope=_READ, summary=_("Show a task"))
def show_task(call: Call, task: TaskId) -> Any:
    """One task, and what the caller may do with it."""
    return queries.task(task, call.actor)


@router.read(
    "/tasks/{task}/history",
    gives=list[EntryShown],
    scope=_READ,
    purpose="duty",
    summary=_("List a task's history"),
)
def list_history(call: Call, task: TaskId) -> Any:
    """What opened a task and what followed, latest first."""
    return shown(queries.history(queries.task(task, call.actor)))


@router.write(
    "/tasks/{task}/accept",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Accept a task"),
)
def accept_task(call: Call, task: TaskId) -> Any:
    """Takes a task on. For the posts on its ladder; accepting again what one holds is nothing."""
    services.accept(task, by=call.actor)
    return queries.task(task, call.actor)


class TaskAnswer(Asked):
    """What was found and done."""

    model_config = like(text="Went there; pressed by mistake, calmed down.")
    text: Words = Field(description="In words; whoever found it reads this.")


@router.write(
    "/tasks/{task}/answer",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Answer a task"),
)
def answer_task(call: Call, answer: TaskAnswer, task: TaskId) -> Any:
    """Answers an accepted task; for whoever accepted it, or a post above."""
    services.answer(task, answer.text, by=call.actor)
    return queries.task(task, call.actor)


class Withdrawal(Asked):
    """Why a task is not to be done."""

    model_config = like(
        reason="Pressed by mistake, seen on the screen and asked over the intercom."
    )
    reason: Words = Field(description="In words.")


@router.write(
    "/tasks/{task}/withdraw",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Withdraw a task"),
)
def withdraw_task(call: Call, withdrawal: Withdrawal, task: TaskId) -> Any:
    """Takes back a task that is not to be done; for police officers."""
    services.withdraw(task, withdrawal.reason, by=call.actor)
    return queries.task(task, call.actor)
