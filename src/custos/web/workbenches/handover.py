"""Handovers: the one of now for both leaders, the document that is signed, and those of before."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.deciding import ProofForm
from custos.foundation.accounts.middleware import purpose
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.ui.forms import Form
from custos.foundation.ui.methods import form_of
from custos.prevention.duty.handover import queries, services
from custos.prevention.duty.handover.queries import Document
from custos.prevention.duty.handover.services import READERS, SIGNERS, Said


class SayForm(Form):
    """What the outgoing leader alone can know."""

    keys_expected = forms.IntegerField(
        label=gettext_lazy("Keys that should be there"), min_value=0, max_value=services.MOST_KEYS
    )
    keys_counted = forms.IntegerField(
        label=gettext_lazy("Keys counted and handed over"),
        min_value=0,
        max_value=services.MOST_KEYS,
    )
    keys_words = forms.CharField(
        label=gettext_lazy("Where the keys are that differ"),
        required=False,
        max_length=services.LONGEST_WORDS,
    )
    defects = forms.CharField(
        label=gettext_lazy("Defects"),
        help_text=gettext_lazy("What is broken and who knows of it. Empty means nothing."),
        required=False,
        max_length=services.LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    words = forms.CharField(
        label=gettext_lazy("What the next shift should know"),
        help_text=gettext_lazy("What no list says. Empty means nothing."),
        required=False,
        max_length=services.LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def said(self) -> Said:
        """What was said, once it is valid."""
        return Said(**self.cleaned_data)


def _address(handover_id: UUID) -> str:
    return reverse("handover", args=[handover_id])


@require_http_methods(["GET", "POST"])
@gate.posts(*SIGNERS)
@purpose("duty.handover")
def now(request: HttpRequest) -> HttpResponse:
    """What both leaders have before them: the oldest that is open, else the last one.

    Where none is open, in the last hour of a shift the coming one, to prepare.
    """
    acting = acting_in(request)
    facility = acting.organization.pk
    if request.method == "POST":
        return _ahead(request, acting, SayForm(request.POST))
    last = services.prepare(facility)
    waiting = queries.open_ones(facility)
    if not waiting and services.change_ahead(facility, clock.now()):
        return _ahead(request, acting)
    if not waiting and last is None:
        return render(
            request, "workbenches/handover_none.html", {"organization": acting.organization}
        )
    chosen = waiting[0].id if waiting else last.pk  # type: ignore[union-attr]  # one of the two is there
    return _page(request, acting, chosen)


def _ahead(request: HttpRequest, acting: Acting, form: SayForm | None = None) -> HttpResponse:
    """The coming handover as it would be now, and what its leader keeps for it."""
    facility = acting.organization.pk
    if form and form.is_valid():
        try:
            services.keep_ahead(facility, form.said(), by=acting.actor)
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Kept for the change. You sign once it has come."))
            return redirect("handover_now")
    change = services.change_ahead(facility, clock.now())
    if change is None:  # it came while this was typed: what was typed stands in the handover's form
        last = services.prepare(facility)
        messages.error(request, _("The change has come: complete the handover itself."))
        return _page(request, acting, last.pk, say_form=form) if last else redirect("handovers")
    context = {
        "ahead": queries.ahead(facility, change),
        "say_form": form or SayForm(initial=_initial(facility, change.at)),
        "organization": acting.organization,
    }
    status = Malformed.status if form else 200
    return render(request, "workbenches/handover_ahead.html", context, status=status)


def _initial(facility: int, at: datetime) -> dict[str, Any]:
    """What stands in the form: what was kept ahead of that change, else how many keys there were before."""
    kept = services.kept_ahead(facility, at)
    return asdict(kept) if kept else {"keys_expected": queries.keys_of_before(facility)}


@require_GET
@gate.posts(*READERS)
@purpose("duty.handover")
def document(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    """One handover as it was prepared, said, read and signed."""
    return _page(request, acting_in(request), handover_id)


def _page(
    request: HttpRequest,
    acting: Acting,
    handover_id: UUID,
    *,
    say_form: SayForm | None = None,
    own: ProofForm | None = None,
) -> HttpResponse:
    found = queries.document(handover_id, acting.actor)
    shown = found.handover
    context: dict[str, Any] = {
        "document": found,
        "handover": shown,
        "others": [
            one for one in queries.open_ones(shown.organization_id) if one.id != handover_id
        ],
        "answerable": queries.answerable(shown.organization_id) if shown.is_open else [],
        "lists": acting.post in READERS,
        "takes": _takes(found),
    }
    if found.may_sign:
        initial = _initial(shown.organization_id, shown.at)
        context["say_form"] = say_form or SayForm(initial=initial)
    if found.may_sign or context["takes"]:
        context["own"] = own or ProofForm(request, sent=False)
    status = 200 if own is None else 422
    return render(request, "workbenches/handover.html", context, status=status)


def _takes(found: Document) -> bool:
    """Whether the reader has nothing left to do but to sign."""
    return found.may_read and found.handover.signed_at is not None and not found.unread


@form_of(_address)
@gate.posts(*SIGNERS)
@purpose("duty.handover")
def sign(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    """The outgoing leader completes and signs. What was typed is kept where it can't be taken."""
    acting, form, own = acting_in(request), SayForm(request.POST), ProofForm(request)
    if form.is_valid() and own.is_valid():
        try:
            services.sign(handover_id, form.said(), by=acting.actor, proven_at=own.proven_at)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
            messages.error(request, error.words)
        else:
            messages.success(
                request, _("Signed. Until the incoming leader has signed too, you stay answerable.")
            )
            return redirect("handover", handover_id)
    return _page(request, acting, handover_id, say_form=form, own=own)


@form_of(_address)
@gate.posts(*SIGNERS)
@purpose("duty.handover")
def read(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    """Note which items the incoming leader has read, and what they ask."""
    acting = acting_in(request)
    remarks = {
        name.removeprefix("remark-"): words
        for name, words in request.POST.items()
        if name.startswith("remark-") and str(words).strip()
    }
    try:
        ticked = {UUID(item) for item in (*request.POST.getlist("read"), *remarks)}
    except ValueError as error:
        raise Missing("handover.no_item", _("There is no such item in this handover.")) from error
    said = {item: str(remarks.get(str(item), "")) for item in ticked}
    try:
        new = services.read(handover_id, said, by=acting.actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Noted: %(count)s items read.") % {"count": new})
    return redirect(f"{_address(handover_id)}#next")


@form_of(_address)
@gate.posts(*SIGNERS)
@purpose("duty.handover")
def take(request: HttpRequest, handover_id: UUID) -> HttpResponse:
    """The incoming leader signs; from then on they alone are answerable."""
    acting, own = acting_in(request), ProofForm(request)
    if own.is_valid():
        try:
            services.take(handover_id, by=acting.actor, proven_at=own.proven_at)
        except Missing:
            raise
        except CustosError as error:
            messages.error(request, error.words)
            return _page(request, acting, handover_id, own=own)
        messages.success(request, _("Signed by both. The shift is yours."))
        return redirect("handover", handover_id)
    return _page(request, acting, handover_id, own=own)


@require_GET
@gate.posts(*READERS)
def listed(request: HttpRequest) -> HttpResponse:
    """The handovers of the scope, latest first."""
    acting = acting_in(request)
    context = {
        "page": queries.latest(acting.organization.pk, request.GET.get("page")),
        "several": acting.scope.lowest != acting.scope.highest,
        "organization": acting.organization,
        "signs": acting.post in SIGNERS,
    }
    return render(request, "workbenches/handovers.html", context)
