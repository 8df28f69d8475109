"""The workbench of each post: what is to be done now, the task at hand, what comes next, and its people."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from custos.foundation import gate
from custos.foundation.accounts import access, breakglass
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose, shown_regardless
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import queries as record
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import navigation
from custos.foundation.ui.forms import ReasonForm
from custos.foundation.ui.methods import form_of
from custos.management.reception import queries as reception
from custos.management.timelimits import queries as limits
from custos.prevention.duty import orders, queries, services
from custos.prevention.duty.handover import queries as handover
from custos.prevention.duty.handover import services as handing_over
from custos.prevention.duty.information.types import KIND
from custos.prevention.duty.kinds import PostShort
from custos.prevention.duty.queries import TaskShown
from custos.prevention.duty.shifts import queries as shifts
from custos.web.workbenches import beside, doing, operations
from custos.web.workbenches.forms import AnswerForm

#: How much of what else happened in the cell stands beside a task.
_ELSE = 8
_LATEST_ECHOES = 5


def _at_workbench(task_id: UUID) -> str:
    """The address of the workbench with one task at hand."""
    return f"{reverse('duty')}?task={task_id}"


@require_GET
@gate.signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Where one's post works: the first place in the top bar."""
    acting = request.acting  # type: ignore[attr-defined]
    places = navigation.places_for(request, acting) if acting else []
    if not places:
        return render(request, "workbenches/no_post.html")
    return redirect(places[0].url)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
@shown_regardless
def duty(request: HttpRequest) -> HttpResponse:
    """The workbench. `?task=` chooses; without it the first of the list is at hand."""
    acting = acting_in(request)
    tasks = _tasks(acting)
    led = beside.led(acting)
    first = sorted(tasks, key=led.place) if led else tasks
    chosen = _chosen(request, first, acting)
    return render(request, "workbenches/duty.html", _page(acting, tasks, chosen))


def _page(
    acting: Acting,
    tasks: list[TaskShown],
    chosen: TaskShown | None,
    answer_form: AnswerForm | None = None,
    withdraw_form: ReasonForm | None = None,
    hand_back_form: ReasonForm | None = None,
    note_form: ReasonForm | None = None,
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "lists_calls": True,
        "withdraw_form": (withdraw_form or _withdrawing()) if acting.actor.is_officer else None,
        "hand_back_form": hand_back_form or _handing_back(),
        "note_form": note_form or _noting(),
        "deploys": acting.post in orders.GIVERS and acting.organization.tier is Tier.FACILITY,
        "organization": acting.organization,
        "signed_on": shifts.signed_on(acting.organization.pk, acting.actor),
        "signs_on": acting.organization.tier is Tier.FACILITY,
        "handover_since": handover.open_since(acting.organization.pk)
        if acting.post in handing_over.SIGNERS
        else None,
    }
    led = beside.led(acting)
    context |= _now(acting, tasks, led) | beside.of(acting, led)
    if chosen:
        context |= _item(chosen, acting, answer_form) | _around(chosen)
    elif acting.post in operations.READERS:
        context["tiles"] = _else_to_do(acting)
    return context | _area(acting)


def _tasks(acting: Acting) -> list[TaskShown]:
    """The list of now, each task with whom it is about, and of equal ones the limit that ends first."""
    ends = None if access.withheld() else limits.limit_of_a_task()
    return _by_the_limit(_with_whom(queries.now_list(acting.actor, ends)))


def _by_the_limit(tasks: list[TaskShown]) -> list[TaskShown]:
    """Tasks of one gravity and state that are about limits of custody, in the order of these ends.

    A midnight opens many of them at once, which wait equally long. Other tasks keep their places.
    """
    sorted_ = list(tasks)
    of_kind: dict[tuple[int, str], list[int]] = {}
    for place, task in enumerate(tasks):
        if task.limit_ends is not None:
            of_kind.setdefault((task.severity, task.tone), []).append(place)
    for places in of_kind.values():
        ordered = sorted((tasks[place] for place in places), key=_limit_end)
        for place, task in zip(places, ordered, strict=True):
            sorted_[place] = task
    return sorted_


def _limit_end(task: TaskShown) -> datetime:
    assert task.limit_ends is not None
    return task.limit_ends


def _now(acting: Acting, tasks: list[TaskShown], led: beside.Led | None) -> dict[str, Any]:
    """The list of now: tasks and what else there is to do, and the answers that came back below it."""
    full = len(tasks) == queries.MOST_NOW
    rows = beside.merged(tasks, beside.todos(acting))
    return {
        "rows": sorted(rows, key=led.place_of) if led else rows,
        "more_tasks": queries.now_count(acting.actor) - len(tasks) if full else 0,
        "echoes": queries.echoes(acting.actor, _LATEST_ECHOES),
    }


def _with_whom(tasks: list[TaskShown]) -> list[TaskShown]:
    """The tasks, each with whom it is about: who is held, who stands at the door, which post is short. Six
    queries.
    """
    if access.withheld():
        return tasks
    short = [task.source_entry_id for task in tasks if task.source_kind == PostShort.name]
    posts = record.lines_of(short) if short else {}
    held = {task.custody_id for task in tasks if task.custody_id}
    people = custody.named(held) if held else {}
    other = [task.source_entry_id for task in tasks if not (task.custody_id or task.cell_id)]
    arrivals = reception.arrivals_of(other) if other else {}

    def whom(task: TaskShown) -> str:
        if task.custody_id in people:
            return people[task.custody_id].name
        if task.source_entry_id in posts:
            return posts[task.source_entry_id].text
        at_the_door = arrivals.get(task.source_entry_id)
        return at_the_door.words if at_the_door else ""

    return [replace(task, whom=whom(task)) for task in tasks]


def _else_to_do(acting: Acting) -> list[operations.Tile]:
    """What a leader may look at while no task waits: what is amiss."""
    found = operations.to_look_at()
    if acting.post in breakglass.LISTED_FOR and (opened := breakglass.open_now()):
        title, url = _("Open in an emergency now"), reverse("glass")
        found.append(operations.Tile(title, "near", "todo", _("to look at"), opened, url=url))
    return found


def _withdrawing(typed: QueryDict | None = None) -> ReasonForm:
    return ReasonForm(
        typed,
        help_text=_(
            "For example: pressed by mistake, seen on the screen and asked over the intercom."
        ),
    )


def _handing_back(typed: QueryDict | None = None) -> ReasonForm:
    return ReasonForm(
        typed,
        auto_id="hand_back_%s",  # the page has two dialogs that ask for a reason
        help_text=_("For example: called to another cell, or the door needs a second person."),
    )


def _noting(typed: QueryDict | None = None) -> ReasonForm:
    form = ReasonForm(
        typed,
        auto_id="note_%s",  # the page has three dialogs that ask for words
        help_text=_("For example: two windows done, the third needs the workshop."),
    )
    form.fields["reason"].label = _("How far it is")
    return form


def _item(
    chosen: TaskShown, acting: Acting, answer_form: AnswerForm | None = None
) -> dict[str, Any]:
    return {
        "chosen": chosen,
        "doing": doing.of(chosen, acting.post),
        "climbs": queries.climbs(chosen),
        "on_shift": shifts.on_post(chosen.organization_id, chosen.asked)
        if not chosen.ended_at
        else [],
        "answer_form": answer_form or AnswerForm(),
    }


def _chosen(request: HttpRequest, tasks: list[TaskShown], acting: Acting) -> TaskShown | None:
    wanted = request.GET.get("task")
    if not wanted:
        return tasks[0] if tasks else None
    listed = next((shown for shown in tasks if str(shown.id) == wanted), None)
    return listed or queries.task(_id(wanted), acting.actor)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Missing("task.no_such", _("There is no such task.")) from None


def _around(shown: TaskShown) -> dict[str, Any]:
    """Whom the task is about, or the people who are in the cell now; and what else happened there."""
    if access.withheld():
        return {"people": [], "before": [], "names": {}, "withheld": True}
    about = _about(shown)
    if shown.cell_id is None:
        return about | {"people": [], "before": []}
    source = shown.source_entry_id
    lines = record.timeline(cell=shown.cell_id, limit=2 * _ELSE)
    before = [line for line in lines if source not in (line.id, line.because_id)][:_ELSE]
    whom = custody.named(line.custody_id for line in before if line.custody_id)
    return about | {
        "people": [] if about.get("person") else custody.occupants_of(shown.cell_id),
        # In a cell's lines it isn't the page that says of whom they are.
        "before": [
            replace(line, title=f"{line.title} · {whom[line.custody_id].name}")
            if line.custody_id in whom
            else line
            for line in before
        ],
        "names": accounts.writers_of((*before, *about.get("opened", ()))),
    }


def _about(shown: TaskShown) -> dict[str, Any]:
    """The one person that a task is about, and the entry that opened it; else whoever stands at the door.

    Of what is sealed the entry alone says whom it is about, to those who read it.
    """
    collected = shown.source_kind == KIND
    if shown.custody_id is None and not collected:
        return {"at_the_door": _at_the_door(shown)}
    opened = list(record.lines_of([shown.source_entry_id]).values())
    about = shown.custody_id or next((line.custody_id for line in opened if line.custody_id), None)
    return {
        # Nobody where the reader may not see the stay; the task itself is shown all the same.
        "person": custody.named([about]).get(about) if about else None,
        "opened": opened,
        "names": accounts.writers_of(opened),
    }


def _at_the_door(shown: TaskShown) -> reception.AtTheDoor | None:
    """Who stands at the door and is what a task is about; None for a cell."""
    if shown.cell_id is not None:
        return None
    source = shown.source_entry_id
    return reception.arrivals_of([source]).get(source)


def _area(acting: Acting) -> dict[str, Any]:
    """Cells with their head counts, by area; above one facility its name stands with the area's."""
    counts, areas = custody.head_counts(), dict[str, list[Any]]()
    for cell in organizations.cells(acting.organization):
        names = [cell.area.name] if cell.area else []
        if cell.organization_id != acting.organization.pk:
            names.insert(0, cell.organization.name)
        areas.setdefault(" · ".join(names), []).append((cell, counts.get(cell.pk, 0)))
    return {"areas": list(areas.items())}


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
@shown_regardless
def now(request: HttpRequest) -> HttpResponse:
    """The list of now, as the live part fetches it."""
    acting = acting_in(request)
    tasks = _tasks(acting)
    wanted = request.GET.get("task", "")
    chosen = next((shown for shown in tasks if str(shown.id) == wanted), None)
    context = {"chosen": chosen} | _now(acting, tasks, beside.led(acting))
    return render(request, "workbenches/_now.html", context)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
@shown_regardless
def ahead(request: HttpRequest) -> HttpResponse:
    """What comes next, the posts and the post's people, as the live part fetches them."""
    acting = acting_in(request)
    return render(request, "workbenches/_ahead.html", beside.of(acting, beside.led(acting)))


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
def area(request: HttpRequest) -> HttpResponse:
    """Cells with their head counts, as the live part fetches them."""
    return render(request, "workbenches/_area.html", _area(acting_in(request)))


@require_GET
@gate.posts(*DUTY_POSTS)
@shown_regardless
def item(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """How one task stands, as the live part fetches it."""
    acting = acting_in(request)
    chosen = queries.task(task_id, acting.actor)
    return render(request, "workbenches/_item.html", _item(chosen, acting))


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
@shown_regardless
def around(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The cell of one task, its people and what happened there, as the live part fetches them."""
    chosen = queries.task(task_id, acting_in(request).actor)
    return render(request, "workbenches/_around.html", {"chosen": chosen} | _around(chosen))


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty")
@shown_regardless
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task and everything that belongs to it."""
    chosen = queries.task(task_id, acting_in(request).actor)
    withheld = access.withheld()
    lines = [] if withheld else queries.history(chosen)
    about = None if withheld else chosen.custody_id
    alone = custody.named([about]).get(about) if about else None
    context = {
        "chosen": chosen,
        "lines": lines,
        "names": accounts.writers_of(lines),
        "person": alone,
        "at_the_door": None if withheld or about else _at_the_door(chosen),
        "people": custody.occupants_of(chosen.cell_id) if chosen.cell_id and not about else [],
        "withheld": withheld,
    }
    return render(request, "workbenches/task.html", context)


@require_GET
@gate.posts(*DUTY_POSTS)
def answers(request: HttpRequest) -> HttpResponse:
    """What came back of what one's post found or was asked."""
    acting = acting_in(request)
    context = {"echoes": queries.echoes(acting.actor), "organization": acting.organization}
    return render(request, "workbenches/answers.html", context)


@form_of(_at_workbench)
@gate.posts(*DUTY_POSTS)
def accept(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take the task on."""
    try:
        services.accept(task_id, by=acting_in(request).actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    return _back_to(task_id, at="#item")


@form_of(_at_workbench)
@gate.posts(*DUTY_POSTS)
@purpose("duty")
def answer(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Answer the task in words. What was typed is kept where it cannot be taken."""
    acting, form = acting_in(request), AnswerForm(request.POST)
    if form.is_valid():
        try:
            services.answer(task_id, form.cleaned_data["text"], by=acting.actor)
        except CustosError as error:
            _tell(request, error)
        else:
            messages.success(request, _("Answered. Whoever found it sees the result."))
            return redirect("duty")
    tasks, chosen = _tasks(acting), queries.task(task_id, acting.actor)
    context = _page(acting, tasks, chosen, form)
    return render(request, "workbenches/duty.html", context, status=Malformed.status)


@form_of(_at_workbench)
@gate.posts(*DUTY_POSTS)
@purpose("duty")
def withdraw(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take the task back, with the reason, which is asked for once more where there is none."""
    acting, form = acting_in(request), _withdrawing(request.POST)
    if not form.is_valid() and acting.actor.is_officer:
        tasks, chosen = _tasks(acting), queries.task(task_id, acting.actor)
        context = _page(acting, tasks, chosen, withdraw_form=form)
        return render(request, "workbenches/duty.html", context, status=Malformed.status)
    try:
        services.withdraw(task_id, request.POST.get("reason", ""), by=acting.actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    messages.success(request, _("Withdrawn. The reason is on the record."))
    return redirect("duty")


@form_of(_at_workbench)
@gate.posts(*DUTY_POSTS)
@purpose("duty")
def hand_back(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Give the task back to its posts, with the reason, which is asked for again where there is none."""
    acting, form = acting_in(request), _handing_back(request.POST)
    if not form.is_valid():
        tasks, chosen = _tasks(acting), queries.task(task_id, acting.actor)
        context = _page(acting, tasks, chosen, hand_back_form=form)
        return render(request, "workbenches/duty.html", context, status=Malformed.status)
    try:
        services.hand_back(task_id, form.cleaned_data["reason"], by=acting.actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    messages.success(request, _("Handed back. It is open again, and its posts are asked."))
    return redirect("duty")


@form_of(_at_workbench)
@gate.posts(*DUTY_POSTS)
@purpose("duty")
def note(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Say how far the task is; asked for again where nothing was said."""
    acting, form = acting_in(request), _noting(request.POST)
    if not form.is_valid():
        tasks, chosen = _tasks(acting), queries.task(task_id, acting.actor)
        context = _page(acting, tasks, chosen, note_form=form)
        return render(request, "workbenches/duty.html", context, status=Malformed.status)
    try:
        services.note(task_id, form.cleaned_data["reason"], by=acting.actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    messages.success(request, _("Said. The result is still to come."))
    return _back_to(task_id)


def _tell(request: HttpRequest, error: CustosError) -> None:
    """Say above the next page why nothing was done; what isn't there has no next page."""
    if isinstance(error, Missing):
        raise error
    messages.error(request, error.words)


def _back_to(task_id: UUID, *, at: str = "") -> HttpResponse:
    """To the workbench with the task at hand; `at` leaves out the head of the page and its messages."""
    return redirect(f"{_at_workbench(task_id)}{at}")
