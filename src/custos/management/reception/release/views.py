"""Pages of leaving: who is to leave, the gate of one person, and what is recorded on the way there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Actor, Post
from custos.foundation.ui.methods import form_of
from custos.management.reception.models import Release
from custos.management.reception.release import opening, queries, services
from custos.management.reception.release.forms import PaperForm, PlanForm, RemarkForm
from custos.management.reception.release.kinds import LEADING, PREPARING, RELEASING
from custos.management.reception.release.rules import Exit, rules
from custos.management.timelimits import queries as timelimits

#: Who sees who is to leave, and why somebody doesn't.
LOOKING = (*PREPARING, Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT)


@require_GET
@gate.posts(*LOOKING)
@purpose("release.list")
def releases(request: HttpRequest) -> HttpResponse:
    """Who is to leave, whoever is most pressing first; who is late stands above all."""
    organization, to = acting_in(request).organization, request.GET.get("show", "")
    context = {
        "organization": organization,
        "page": queries.page(organization.pk, request.GET.get("page", "1"), to),
        "numbers": queries.numbers(organization.pk),
        "beyond": timelimits.figures(organization.pk).over,
        "tabs": [("", _("All")), ("late", _("Late")), ("today", _("By the end of today"))],
        "to": to,
    }
    part = "_" if request.headers.get("X-Live") == "true" else ""
    return render(request, f"reception/release/{part}list.html", context)


@require_GET
@gate.posts(*LOOKING)
@purpose("release.gate")
def release_of(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """From a person's file to their case; where there is none yet, to where one is opened."""
    custody.person(custody_id)
    found = queries.open_of(custody_id)
    if found:
        return redirect("release", release_id=found)
    if acting_in(request).post in RELEASING:
        return redirect("release_new", custody_id=custody_id)
    messages.info(request, _("No document of release and no last day soon."))
    return redirect("person", custody_id=custody_id)


@require_http_methods(["GET", "POST"])
@gate.posts(*RELEASING)
@purpose("release.receive")
def release_new(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Record a document on which somebody is to leave, or plan a day; a further one takes its place."""
    person, by = custody.person(custody_id), acting_in(request).actor
    exits = _exits(person.organization_id)
    planning = request.method == "POST" and "plan-way" in request.POST
    paper = PaperForm(
        request.POST if request.method == "POST" and not planning else None,
        exits=exits,
        initial=_first(custody_id),
    )
    plan = PlanForm(request.POST if planning else None, exits=exits)
    form = plan if planning else paper
    if form.is_bound and form.is_valid():
        do: Callable[..., Release] = opening.plan if planning else opening.receive
        try:
            case = do(custody_id, **form.cleaned_data, by=by)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Recorded. The entry is on the record."))
            return redirect("release", release_id=case.pk)
    context = {
        "person": person,
        "paper": paper,
        "plan": plan,
        "has_case": queries.open_of(custody_id) is not None,
    }
    status = Malformed.status if form.errors else 200
    return render(request, "reception/release/new.html", context, status=status)


def _first(custody_id: UUID) -> dict[str, Any]:
    """What stands in the form at first: the way of an open case, and now. A name is typed off the paper."""
    found = queries.open_of(custody_id)
    now = clock.now().astimezone(clock.LOCAL)
    return {"received_at": now} | ({"way": queries.case(found).way} if found else {})


def _exits(organization_id: int) -> list[Exit]:
    kind = organizations.organization(organization_id).kind
    return rules().exits_for(kind, clock.today())


@require_http_methods(["GET", "POST"])
@gate.posts(*LOOKING)
@purpose("release.gate")
def release(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """The gate: who leaves, which way, what forbids it, what is left, by when, who signs."""
    acting = acting_in(request)
    asked = confirmations.asked_for(acting, services.ACT, release=str(release_id))
    form = TwoPersonForm(request)
    why = RemarkForm(request.POST or None, initial=asked.content if asked else None)
    if request.method == "POST" and why.is_valid() and form.is_valid():
        try:
            answer = _decide(request, release_id, form, why.cleaned_data["reason"], asked)
        except Missing:
            raise
        except CustosError as error:
            _say(error, why, form)
        else:
            return answer
    shown = queries.gate(release_id, acting.post)
    wrong = bool(form.errors or why.errors)
    waits = asked is not None and asked.confirmed_at is None and asked.declined_at is None
    context = {
        "gate": shown,
        "case": shown.shown,
        "person": shown.shown.person,
        "act": confirmations.act_of(services.ACT),
        "form": form,
        "why": why,
        "asked": asked,
        "waits": waits,
        "second_here": waits or bool(form.data.get("second_name")),
        "wrong": wrong,
        "open": shown.row.closed_at is None,
        "releases": acting.post in RELEASING,
        "leads": acting.post in LEADING,
        "compares": acting.post in (*RELEASING, Post.CASE_OFFICER),
    }
    return render(request, "reception/release/gate.html", context, status=422 if wrong else 200)


def _say(error: CustosError, why: RemarkForm, form: TwoPersonForm) -> None:
    for found in error.findings:
        at = why if found.field in why.fields else form
        at.add_error(found.field if found.field in at.fields else None, found.words)


def _decide(
    request: HttpRequest, release_id: UUID, form: TwoPersonForm, remark: str, asked: Any
) -> HttpResponse:
    acting, row = acting_in(request), queries.case(release_id)
    if row.closed_at:
        raise Conflict("release.closed", _("This case is closed."))
    content = services.content_of(row, remark)
    confirmed = decided(
        form,
        services.ACT,
        content,
        organization_id=row.organization_id,
        asked=asked,
        by=acting,
        ground=services.ground_of(row, remark),
    )
    if confirmed:
        services.confirm(confirmed, content, by=acting)
    done = _("The stay has ended. Print what was issued below.")
    return answered(request, confirmed, done, "release", release_id=release_id)


def _page(release_id: UUID, step: str) -> str:
    del step
    return reverse("release", args=[release_id])


Step = Callable[[UUID, dict[str, str], Actor], Release]

_STEPS: dict[str, Step] = {
    "search": lambda case, said, by: services.search(case, words=said["words"], by=by),
    "compare": lambda case, said, by: services.compare(case, words=said["words"], by=by),
    "receiver": lambda case, said, by: services.name_receiver(case, receiver=said["words"], by=by),
    "ready": lambda case, said, by: services.make_ready(
        case, item=said["item"], words=said["words"], by=by
    ),
    "delay": lambda case, said, by: services.explain_delay(case, reason=said["reason"], by=by),
    "withdraw": lambda case, said, by: services.withdraw(case, reason=said["reason"], by=by),
}


@form_of(_page)
@gate.posts(*PREPARING)
@purpose("release.step")
def release_step(request: HttpRequest, release_id: UUID, step: str) -> HttpResponse:
    """Record one thing on the way out; what is refused is said on the page."""
    queries.case(release_id)
    said = {name: request.POST.get(name, "")[:400] for name in ("words", "item", "reason")}
    do = _STEPS.get(step)
    try:
        if do is None:
            raise Malformed("release.step", _("There is nothing like that to record."))
        do(release_id, said, acting_in(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Recorded. The entry is on the record."))
    return redirect("release", release_id=release_id)
