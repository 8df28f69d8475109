"""Tasks, over the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation.api import paging, uploads
from custos.foundation.api.routes.record import EntryShown, shown
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    Moment,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    TaskId,
    Translated,
    Words,
    example_of,
    like,
    told,
)
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.prevention.duty import orders, queries, services
from custos.prevention.duty.engine import State
from custos.prevention.duty.information import queries as information
from custos.prevention.duty.information import services as collecting
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.types import ANYONE

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
        repeats=0, repeated_at=None, climbed=False, note="", noted_at=None,
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
    note: str = Field(description="How far its holder said to be, last.")
    noted_at: datetime | None = Field(description="When that was said.")
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


class HandingBack(Asked):
    """Why somebody else has to do a task."""

    model_config = like(reason="Called to the gate; cell 0102 is the farther one.")
    reason: Words = Field(description="In words.")


@router.write(
    "/tasks/{task}/hand-back",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Hand a task back"),
)
def hand_back_task(call: Call, handing: HandingBack, task: TaskId) -> Any:
    """Gives a task that one accepted back to the posts that were asked; they are asked again."""
    services.hand_back(task, handing.reason, by=call.actor)
    return queries.task(task, call.actor)


class Progress(Asked):
    """How far somebody is."""

    model_config = like(text="Two windows done, the third needs the workshop.")
    text: Words = Field(description="In words; the result is still to come.")


@router.write(
    "/tasks/{task}/notes",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Say how far a task is"),
)
def note_task(call: Call, progress: Progress, task: TaskId) -> Any:
    """Says how far an accepted task is; moves no deadline. For whoever accepted it, or a post above."""
    services.note(task, progress.text, by=call.actor)
    return queries.task(task, call.actor)


# ---------------------------------------------------------------------- orders


class OrderAsked(Asked):
    """What a leader orders of a post: about one person, one cell, or what a task is about."""

    model_config = like(
        text="Check the window bars of the whole corridor.", post="patrol",
        due_at="2026-03-02T04:00:00Z", severity=3, officer=None, custody=None, cell=_TASK, task=None,
    )  # fmt: skip
    text: Words = Field(description="What is to be done.")
    post: Post = Field(description="The post that is deployed.")
    due_at: Moment = Field(description="By when the result must stand.")
    severity: int = Field(3, ge=1, le=4, description="1 gravest to 4.")
    officer: UUID | None = Field(None, description="Whom of the post it names first.")
    custody: UUID | None = Field(None, description="The stay it is about.")
    cell: UUID | None = Field(None, description="Or the cell.")
    task: UUID | None = Field(None, description="The task that it follows from.")


class OrderShown(Shape):
    """An order, and its task, in which receipt, progress and result stand."""

    model_config = like(
        given_at="2026-03-02T01:30:00Z", by="Li Min", post_title="Patrol and control room", officer="",
        text="Check the window bars of the whole corridor.", due_at="2026-03-02T04:00:00Z",
        task=example_of(TaskShown),
    )  # fmt: skip
    given_at: datetime = Field(description="When it was given.")
    by: str = Field(description="Who gave it.")
    post_title: Translated = Field(
        description="The post that it deploys, in the reader's language."
    )
    officer: str = Field(description="Whom of the post it names first; empty for none.")
    text: str = Field(description="What is to be done.")
    due_at: datetime = Field(description="By when the result must stand.")
    task: TaskShown = Field(description="Its task.")


@router.read(
    "/orders",
    gives=Page[OrderShown],
    scope=_READ,
    posts=orders.GIVERS,
    integrations=False,
    purpose="duty.orders",
    summary=_("List orders"),
)
def list_orders(call: Call, wanted: Query[Paging]) -> Any:
    """Orders of one's facility, the latest first, each with what came of it."""
    return paging.page(
        "list_orders",
        wanted,
        lambda after, limit: orders.listed(
            call.actor, after=after[0] if after else None, limit=limit
        ),
        lambda one: (one.task.id,),
    )


@router.write(
    "/orders",
    gives=TaskShown,
    scope=_WRITE,
    posts=orders.GIVERS,
    summary=_("Give an order"),
    made=True,
)
def give_order(call: Call, asked: OrderAsked) -> Any:
    """Deploys a post; its task says who received it, how far it is, and what came of it."""
    given = orders.Given(
        text=asked.text,
        post=asked.post,
        due_at=asked.due_at,
        severity=asked.severity,
        officer=asked.officer,
        custody=asked.custody,
        cell=asked.cell,
        after=asked.task,
    )
    task = orders.give(given, facility=call.caller.organization_id, by=call.actor)
    return queries.task(task.pk, call.actor)


# ---------------------------------------------------------------------- information


class FieldShown(Shape):
    """A typed field that a type of information asks besides a sentence."""

    model_config = like(name="meals", title="Meals refused in a row", sort="number", unit="meals")
    name: str = Field(description="Its name in `details`.")
    title: str = Field(description="What it is called, in the reader's language.")
    sort: str = Field(description="text, number, choice, yes_no, time, date or post.")
    choices: list[tuple[str, str]] = Field(
        description="Values and their words, where it is a choice."
    )
    unit: str = Field(description="Its unit; empty where it has none.")


class InformationTypeShown(Shape):
    """A type of information: who collects it, who handles it, and by when."""

    model_config = like(
        id="I14", number=14, title="Meals refused", severity=3, places=["person"], fields=[],
        collected_by=["patrol", "case_officer"], handled_by=[["medical"]], deadline="round",
        at_most="", act="", own=False, readers="staff", tells=["case_officer"], outside=[],
        source="Guiding opinion (2018)",
    )  # fmt: skip
    id: str = Field(description="Its identifier; that of a facility's own begins with L-.")
    number: int | None = Field(description="Its number in the information table.")
    title: str = Field(description="What it is called, in the reader's language.")
    severity: int = Field(description="1 gravest to 4.")
    places: list[str] = Field(description="What it may be about: person, cell, area, facility.")
    fields: list[FieldShown] = Field(description="What it may ask besides a sentence.")
    collected_by: list[str] = Field(description="Posts; anyone, or system.")
    handled_by: list[list[str]] = Field(
        description="One task a line; any post of a line may take it."
    )
    deadline: str = Field(description="Minutes to the first action, or a code of the calendar.")
    at_most: str = Field(
        description="Minutes, where a facility made a calendar's deadline stricter."
    )
    act: str = Field(description="What is to be done first, in words.")
    own: bool = Field(description="Whether the facility added it.")
    readers: str = Field(description="staff, clinical or sealed.")
    tells: list[str] = Field(description="Posts that read the result besides the collector.")
    outside: list[str] = Field(description="Whom else the handling post tells.")
    source: str = Field(description="The laws and texts that it rests on.")


class TypesOf(Asked):
    """Of which facility."""

    organization: OrganizationNumber | None = told("Another facility than one's own.", 110101002)


@router.read(
    "/information-types",
    gives=list[InformationTypeShown],
    scope=_READ,
    summary=_("List types of information"),
    may_miss=True,
)
def list_information_types(call: Call, wanted: Query[TypesOf]) -> Any:
    """The catalogue of a facility, with what it added and made stricter."""
    facility = wanted.organization or call.caller.organization_id
    organizations.in_scope(facility)
    return information.types_of(facility)


class ReportShown(Shape):
    """What somebody reported, and the tasks that came of it."""

    model_config = like(
        client_id=_TASK, entry_id=_TASK, title="Meals refused", severity=3, place="A101",
        custody_id=_TASK, occurred_at="2026-03-02T01:30:00Z", recorded_at="2026-03-02T01:31:00Z",
        tasks=[],
    )  # fmt: skip
    client_id: UUID = Field(description="The identifier that the sender made.")
    entry_id: UUID = Field(description="The entry that records it.")
    title: str = Field(description="The type's title, in the reader's language.")
    severity: int = Field(description="1 gravest to 4.")
    place: str = Field(description="The cell or area; empty where sealed.")
    custody_id: UUID | None = Field(description="The stay it is about; null where sealed.")
    occurred_at: datetime = Field(description="When it was observed.")
    recorded_at: datetime = Field(description="When it was recorded.")
    tasks: list[TaskShown] = Field(description="What was asked of whom, and what came of it.")


@router.read(
    "/observations",
    gives=Page[ReportShown],
    scope=_READ,
    integrations=False,
    purpose="duty.reported",
    summary=_("List what one reported"),
)
def list_observations(call: Call, wanted: Query[Paging]) -> Any:
    """What the caller reported, latest first, and what became of it."""
    return paging.page(
        "list_observations",
        wanted,
        lambda after, limit: information.reported(
            call.actor, after=after[0] if after else None, limit=limit
        ),
        lambda one: (one.id,),
    )


class Observed(Asked):
    """A piece of information, about one person or one place; about neither: the facility."""

    model_config = like(
        type="I14", text="Pushed the tray back, says nothing.", custody=_TASK,
        details={"meals": "2"}, client_id=_TASK,
    )  # fmt: skip
    type: str = Field(max_length=32, description="A type of the catalogue.")
    text: Words = Field(description="What was seen, in a sentence.")
    custody: UUID | None = Field(None, description="The stay it is about.")
    cell: UUID | None = Field(None, description="Or the cell.")
    area: UUID | None = Field(None, description="Or the area.")
    details: dict[str, Annotated[str, Field(max_length=400)]] = Field(
        default_factory=dict, max_length=20, description="Typed fields, by name."
    )
    observed_at: Moment | None = Field(None, description="When, by the sender's clock.")
    sent_at: Moment | None = Field(None, description="The sender's clock now.")
    client_id: UUID | None = Field(
        None, description="Made by the sender: what is sent again is known again."
    )
    files: list[UUID] = Field(
        default_factory=list, max_length=4, description="Photos that were sent before."
    )


class TakenShown(Shape):
    """What became of a piece of information that was sent."""

    model_config = like(entry_id=_TASK, client_id=_TASK, known=False)
    entry_id: UUID = Field(description="The entry that records it.")
    client_id: UUID = Field(description="The identifier that it is known by.")
    known: bool = Field(description="Whether it had been sent before; nothing was done then.")


@router.write(
    "/observations",
    gives=TakenShown,
    scope=_WRITE,
    posts=ANYONE,
    summary=_("Record information"),
    made=True,
)
def record_observation(call: Call, observed: Observed) -> Any:
    """Records a piece of information and opens the tasks that the catalogue asks for."""
    return collecting.observe(
        observed.type,
        observed.text,
        facility=call.caller.organization_id,
        about=About(observed.custody, observed.cell, observed.area),
        by=call.actor,
        client_id=observed.client_id,
        details=observed.details,
        observed_at=observed.observed_at,
        sent_at=observed.sent_at,
        photos=uploads.taken(observed.files, call.caller) if observed.files else (),
    )


class Reopening(Asked):
    """Why the answer doesn't hold."""

    model_config = like(reason="Refused supper too; nobody has looked at him.")
    reason: Words = Field(description="In words; whoever handles it reads this.")


@router.write(
    "/tasks/{task}/reopen",
    gives=TaskShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    summary=_("Ask again for an answered task"),
)
def reopen_task(call: Call, reopening: Reopening, task: TaskId) -> Any:
    """Asks again, by a task of its own, for what an answered one was to do."""
    again = collecting.reopen(task, reopening.reason, by=call.actor)
    return queries.task(again.pk, call.actor)
