"""The pages of every wizard; the steps are their modules'."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from custos.foundation import gate
from custos.foundation.errors import Conflict, CustosError, Missing
from custos.foundation.ui import refusals, wizard
from custos.foundation.ui.models import Draft
from custos.foundation.ui.views import acting_of
from custos.foundation.ui.wizard import Stand, Wizard
from custos.foundation.ui.wording import enumerated


def _allowed(request: HttpRequest, name: str) -> tuple[Wizard, Any]:
    acting, found = acting_of(request), wizard.wizard(name)
    if not found.may(acting):
        raise PermissionDenied
    return found, acting


@require_http_methods(["GET", "POST"])
@gate.signed_in
def drafts(request: HttpRequest, name: str) -> HttpResponse:
    """What is begun and not finished; a post begins another."""
    found, acting = _allowed(request, name)
    if request.method == "POST":
        return redirect("wizard", name=name, draft_id=found.start(acting).pk)
    begun = wizard.drafts_of(name, acting)
    stands = wizard.stands_of(begun, acting)
    rows = [(draft, sum(not stand.done for stand in stands[draft.pk])) for draft in begun]
    return render(request, "ui/wizard_drafts.html", {"wizard": found, "drafts": rows})


@require_GET
@gate.signed_in
def go_on(request: HttpRequest, name: str, draft_id: UUID) -> HttpResponse:
    """The first step that lacks something and is the reader's to fill in, or the review."""
    _found, acting = _allowed(request, name)
    draft = wizard.draft_of(name, draft_id, acting)
    lacking = next((s for s in wizard.stands(draft, acting) if s.open and not s.done), None)
    step = lacking.step.name if lacking else "review"
    return redirect("wizard_step", name=name, draft_id=draft_id, step=step)


@require_http_methods(["GET", "POST"])
@gate.signed_in
def step(request: HttpRequest, name: str, draft_id: UUID, step: str) -> HttpResponse:
    """One step. What is sent is kept whether it is right or not; only a right one leads on.

    A post is answered by the way to a page, also where something is wrong: the draft has what was
    typed, and the browser's way back leads to pages rather than to "send the form again?".
    """
    found, acting = _allowed(request, name)
    draft = wizard.draft_of(name, draft_id, acting)
    known = next((one for one in found.ordered() if one.name == step), None)
    if known is None:
        raise Missing("wizard.no_such_step", _("There is no such step."))
    if request.method == "GET":
        return _page(request, draft, step, other=wizard.opened(draft, acting))
    try:
        version = int(request.POST.get("version", "0") or 0)
    except ValueError:
        version = 0
    typing = refusals.wants_data(request)
    try:
        draft = wizard.save(
            draft, known, request.POST, version=version, acting=acting, done=not typing
        )
    except Conflict as error:
        if typing:
            raise
        return _page(request, draft, step, typed=request, overtaken=error, status=error.status)
    stands = wizard.stands(draft, acting)
    at = _place_of(step, stands)
    if typing:
        context = {"wizard": found, "draft": draft, "stand": stands[at], "stands": stands}
        return render(request, "ui/_saved.html", context)
    if request.POST.get("go") == "back":
        return _to(draft, stands[max(0, at - 1)].step.name)
    if not stands[at].done:
        return _to(draft, step)
    return _to(draft, stands[at + 1].step.name if at + 1 < len(stands) else "review")


def _place_of(step: str, stands: list[Stand]) -> int:
    """Where a step stands. Raises `Missing` for one that isn't asked on these answers."""
    at = next((i for i, stand in enumerate(stands) if stand.step.name == step), None)
    if at is None:
        raise Missing("wizard.not_asked", _("This step is not asked here, by what was answered."))
    return at


def _to(draft: Draft, step: str) -> HttpResponse:
    return redirect("wizard_step", name=draft.wizard, draft_id=draft.pk, step=step)


def _page(
    request: HttpRequest,
    draft: Draft,
    name: str,
    *,
    other: str = "",
    typed: HttpRequest | None = None,
    overtaken: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    acting = acting_of(request)
    draft = wizard.draft_of(draft.wizard, draft.pk, acting)
    stands = wizard.stands(draft, acting)
    at = _place_of(name, stands)
    stand = stands[at]
    form = stand.form
    if typed is not None:
        form = stand.step.bound(typed.POST, acting, wizard.answers_of(stands))
    elif not stand.touched:
        # Nobody is told of mistakes before they have typed.
        form = stand.step.bound(None, acting, wizard.answers_of(stands))
        form.initial.update({name: values[0] for name, values in stand.values.items()})
    context = {
        "wizard": wizard.wizard(draft.wizard),
        "draft": draft,
        "stands": stands,
        "stand": stand,
        "number": at + 1,
        "form": form,
        "first": at == 0,
        "following": stands[at + 1].step.name if at + 1 < len(stands) else "review",
        "other": other,
        "overtaken": overtaken,
    }
    return render(request, "ui/wizard.html", context, status=status)


@require_GET
@gate.signed_in
def review(request: HttpRequest, name: str, draft_id: UUID) -> HttpResponse:
    """Everything that was answered, and what is missing, before it counts."""
    found, acting = _allowed(request, name)
    draft = wizard.draft_of(name, draft_id, acting)
    stands = wizard.stands(draft, acting)
    context = {
        "wizard": found,
        "draft": draft,
        "stands": stands,
        "answers": [(stand, _answered(stand) if stand.open else []) for stand in stands],
        "ready": all(stand.done for stand in stands),
    }
    return render(request, "ui/wizard_review.html", context)


def _answered(stand: Stand) -> list[tuple[Any, Any]]:
    """What was typed, in words: the title of a choice rather than its code. What may stay empty and does
    is left out.
    """
    pairs = []
    for bound in stand.form:
        value = bound.value()
        if not value and not bound.field.required and not bound.errors:
            continue
        clean = getattr(stand.form, "cleaned_data", {}).get(bound.name)
        choices = {str(code): title for code, title in getattr(bound.field, "choices", ())}
        unticked = value is False and bound.field.required
        if not stand.touched or unticked or value in (None, "", []):
            value = _("not filled in")
        elif isinstance(clean, datetime):
            value = clean
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        elif isinstance(value, list):
            value = enumerated(choices.get(str(one), one) for one in value)
        elif isinstance(bound.field, forms.DateTimeField):
            value = value.replace("T", " ")
        elif (
            choices and str(value) not in choices
        ):  # it could be chosen before another step changed
            value = _("to be chosen again")
        pairs.append((bound.label, choices.get(str(value), value) if value else value))
    return pairs


@require_POST
@gate.signed_in
def finish(request: HttpRequest, name: str, draft_id: UUID) -> HttpResponse:
    """Make of the draft what it is for."""
    _found, acting = _allowed(request, name)
    try:
        with transaction.atomic():
            where = wizard.finish(name, draft_id, acting)
    except Missing:
        raise
    except CustosError as error:
        kept = _("Everything that was typed is kept.")
        messages.error(request, f"{error.words} {kept}")
        return redirect("wizard_review", name=name, draft_id=draft_id)
    return redirect(where)


@require_POST
@gate.signed_in
def give_up(request: HttpRequest, name: str, draft_id: UUID) -> HttpResponse:
    """Throw the draft away."""
    _found, acting = _allowed(request, name)
    wizard.give_up(name, draft_id, acting)
    messages.success(request, _("The draft is deleted. Nothing of it was on the record."))
    return redirect("wizard_drafts", name=name)
