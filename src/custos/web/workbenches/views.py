"""The patrol's workbench: tasks of now, the one at hand, and the area."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import queries as record
from custos.foundation.ui import navigation
from custos.prevention.duty import queries, services
from custos.prevention.duty.queries import TaskShown
from custos.web.workbenches.forms import AnswerForm, WithdrawForm

#: How much of what else happened in the cell stands beside a task.
_ELSE = 8
_LATEST_ECHOES = 5


def _acting(request: HttpRequest) -> Acting:
    acting: Acting = request.acting  # type: ignore[attr-defined]
    if not acting:
        raise Missing("posting.none", _("You hold no post today."))
    return acting


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Where one's post works: the first place in the top bar."""
    acting = request.acting  # type: ignore[attr-defined]
    places = navigation.places_for(request, acting) if acting else []
    if not places:
        return render(request, "workbenches/no_post.html")
    return redirect(places[0].url)


@login_required
@require_GET
@purpose("duty")
def duty(request: HttpRequest) -> HttpResponse:
    """The workbench. `?task=` chooses; without it the first of the list is at hand."""
    acting = _acting(request)
    tasks = queries.now_list(acting.actor)
    chosen = _chosen(request, tasks, acting)
    return render(request, "workbenches/duty.html", _page(acting, tasks, chosen))


def _page(
    acting: Acting,
    tasks: list[TaskShown],
    chosen: TaskShown | None,
    answer_form: AnswerForm | None = None,
) -> dict[str, Any]:
    context = {
        "tasks": tasks,
        "chosen": chosen,
        "echoes": queries.echoes(acting.actor, _LATEST_ECHOES),
        "answer_form": answer_form or AnswerForm(),
        "withdraw_form": WithdrawForm(),
        "organization": acting.organization,
    }
    return context | _area(acting) | (_around(chosen) if chosen else {})


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
    """The people who are in the cell now, and what else happened there."""
    if shown.cell_id is None:
        return {"people": [], "before": [], "names": {}}
    source = shown.source_entry_id
    lines = record.timeline(cell=shown.cell_id, limit=2 * _ELSE)
    before = [line for line in lines if source not in (line.id, line.because_id)][:_ELSE]
    return {
        "people": custody.occupants_of(shown.cell_id),
        "before": before,
        "names": accounts.names_of({line.by_ref for line in before if line.by_kind == "staff"}),
    }


def _area(acting: Acting) -> dict[str, Any]:
    counts = custody.head_counts()
    return {
        "cells": [
            (cell, counts.get(cell.pk, 0)) for cell in organizations.cells(acting.organization)
        ]
    }


@login_required
@require_GET
@purpose("duty")
def now(request: HttpRequest) -> HttpResponse:
    """The list of now, as the live part fetches it."""
    acting = _acting(request)
    tasks = queries.now_list(acting.actor)
    wanted = request.GET.get("task", "")
    chosen = next((shown for shown in tasks if str(shown.id) == wanted), None)
    context = {
        "tasks": tasks,
        "chosen": chosen,
        "echoes": queries.echoes(acting.actor, _LATEST_ECHOES),
    }
    return render(request, "workbenches/_now.html", context)


@login_required
@require_GET
@purpose("duty")
def area(request: HttpRequest) -> HttpResponse:
    """Cells with their head counts, as the live part fetches them."""
    return render(request, "workbenches/_area.html", _area(_acting(request)))


@login_required
@require_GET
def item(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """How one task stands, as the live part fetches it."""
    chosen = queries.task(task_id, _acting(request).actor)
    return render(request, "workbenches/_item.html", {"chosen": chosen})


@login_required
@require_GET
@purpose("duty")
def around(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The cell of one task, its people and what happened there, as the live part fetches them."""
    chosen = queries.task(task_id, _acting(request).actor)
    return render(request, "workbenches/_around.html", {"chosen": chosen} | _around(chosen))


@login_required
@require_GET
@purpose("duty")
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task and everything that belongs to it."""
    chosen = queries.task(task_id, _acting(request).actor)
    lines = queries.history(chosen)
    context = {
        "chosen": chosen,
        "lines": lines,
        "names": accounts.names_of({line.by_ref for line in lines if line.by_kind == "staff"}),
        "people": custody.occupants_of(chosen.cell_id) if chosen.cell_id else [],
    }
    return render(request, "workbenches/task.html", context)


@login_required
@require_GET
def answers(request: HttpRequest) -> HttpResponse:
    """What came back of what one's post found or was asked."""
    acting = _acting(request)
    context = {"echoes": queries.echoes(acting.actor), "organization": acting.organization}
    return render(request, "workbenches/answers.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take the task on."""
    try:
        services.accept(task_id, by=_acting(request).actor)
    except CustosError as error:
        _tell(request, error)
    return _back_to(task_id)


@login_required
@require_POST
@purpose("duty")
def answer(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Answer the task in words. What was typed is kept where it cannot be taken."""
    acting, form = _acting(request), AnswerForm(request.POST)
    if not form.is_valid():
        tasks, chosen = queries.now_list(acting.actor), queries.task(task_id, acting.actor)
        context = _page(acting, tasks, chosen, form)
        return render(request, "workbenches/duty.html", context, status=Malformed.status)
    try:
        services.answer(task_id, form.cleaned_data["text"], by=acting.actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    messages.success(request, _("Answered. Whoever found it sees the result."))
    return redirect("duty")


@login_required
@require_POST
def withdraw(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Take the task back, with the reason."""
    try:
        services.withdraw(task_id, request.POST.get("reason", ""), by=_acting(request).actor)
    except CustosError as error:
        _tell(request, error)
        return _back_to(task_id)
    messages.success(request, _("Withdrawn. The reason is on the record."))
    return redirect("duty")


def _tell(request: HttpRequest, error: CustosError) -> None:
    messages.error(request, f"{error.message} {error.mend}".strip())


def _back_to(task_id: UUID) -> HttpResponse:
    response = redirect("duty")
    response["Location"] += f"?task={task_id}#item"
    return response
