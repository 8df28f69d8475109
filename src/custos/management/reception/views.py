"""Admitting a person, the list of people in custody, and a person's page."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.custody import services
from custos.foundation.errors import CustosError
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Post
from custos.management.reception.forms import AdmissionForm, MoveForm

PAGE = 50
ADMITTING = (Post.ADMISSION, Post.DUTY_LEADER)
MOVING = (Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)


def _acting(request: HttpRequest) -> Acting:
    acting = request.acting  # type: ignore[attr-defined]
    if not acting:
        raise PermissionDenied
    return acting  # type: ignore[no-any-return]


def _cells(acting: Acting, *, sex: str = "") -> list[tuple[str, str]]:
    """Cells that may hold people, with how many they hold of how many."""
    counts = custody.head_counts()
    sexes = {"1": _("Male"), "2": _("Female")}
    return [
        (
            str(cell.pk),
            f"{cell.name} · {sexes[cell.sex]} · {counts.get(cell.pk, 0)}/{cell.capacity}",
        )
        for cell in organizations.cells(acting.organization)
        if not cell.out_of_use and sex in ("", cell.sex)
    ]


def _say(form: forms.Form, error: CustosError) -> None:
    """Put a refusal at the field that it is about."""
    field = error.field if error.field in form.fields else None
    form.add_error(field, f"{error.message} {error.mend}".strip())


@login_required
@require_http_methods(["GET", "POST"])
@purpose("reception.admit")
def admit(request: HttpRequest) -> HttpResponse:
    """The short form of admission; what was typed is kept where it is refused."""
    acting = _acting(request)
    if acting.post not in ADMITTING:
        raise PermissionDenied
    setting: dict[str, Any] = {
        "facility_kind": acting.organization.kind,
        "cells": _cells(acting),
    }
    now = clock.now().astimezone(clock.LOCAL)
    form = AdmissionForm(request.POST or None, initial={"arrived_at": now}, **setting)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data | {"cell": UUID(form.cleaned_data["cell"])}
        try:
            stay = services.admit(**facts, by=acting.actor)
        except CustosError as error:
            _say(form, error)
        else:
            messages.success(request, _("Admitted. The entry is on the record."))
            return redirect("person", custody_id=stay.pk)
    return render(
        request, "reception/admit.html", {"form": form}, status=422 if form.errors else 200
    )


@login_required
@require_GET
@purpose("custody.list")
def people(request: HttpRequest) -> HttpResponse:
    """People in custody in the scope, latest arrival first."""
    wanted = request.GET.get("page", "1")
    number = max(1, int(wanted)) if wanted.isdecimal() and len(wanted) < 7 else 1
    shown, total = custody.in_custody(limit=PAGE, offset=(number - 1) * PAGE)
    page = Paginator(range(total), PAGE).get_page(number)
    return render(request, "reception/people.html", {"people": shown, "total": total, "page": page})


def _person_page(
    request: HttpRequest, custody_id: UUID, form: MoveForm | None = None, status: int = 200
) -> HttpResponse:
    acting = _acting(request)
    shown = custody.person(custody_id)
    before = request.GET.get("before", "")
    try:
        older = UUID(before) if before else None
    except ValueError:
        older = None
    lines = custody.timeline_of(custody_id, before=older)
    may_move = acting.post in MOVING
    context = {
        "person": shown,
        "lines": lines,
        "names": accounts.names_of({line.by_ref for line in lines if line.by_kind == "staff"}),
        "older": lines[-1].id if len(lines) == PAGE else None,
        "form": (form or MoveForm(cells=_cells(acting, sex=shown.sex))) if may_move else None,
    }
    return render(request, "reception/person.html", context, status=status)


@login_required
@require_GET
@purpose("custody.file")
def person(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """One stay: who, where, on what ground, and everything on the record about it."""
    return _person_page(request, custody_id)


@login_required
@require_POST
@purpose("custody.file")
def move(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Move the person to another cell."""
    acting = _acting(request)
    if acting.post not in MOVING:
        raise PermissionDenied
    shown = custody.person(custody_id)
    form = MoveForm(request.POST, cells=_cells(acting, sex=shown.sex))
    if form.is_valid():
        try:
            services.move_to_cell(
                custody_id,
                UUID(form.cleaned_data["cell"]),
                reason=form.cleaned_data["reason"],
                by=acting.actor,
            )
        except CustosError as error:
            _say(form, error)
        else:
            messages.success(request, _("Moved. The entry is on the record."))
            return redirect("person", custody_id=custody_id)
    return _person_page(request, custody_id, form, status=422)
