"""My duty: one's next shifts, a swap asked of a colleague, and what colleagues ask."""

from datetime import date
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

from custos.foundation import gate
from custos.foundation.accounts.acting import acting_in
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.ui.forms import Form
from custos.foundation.ui.methods import form_of
from custos.prevention.duty.roster import queries, services, swaps
from custos.prevention.duty.roster.facts import ROSTERED
from custos.web.workbenches.roster import a_day

#: How far ahead one's own shifts are shown and swapped.
_DAYS = 62


@require_GET
@gate.posts(*ROSTERED)
def page(request: HttpRequest) -> HttpResponse:
    """What I work next, and which swaps wait for me or for others."""
    acting = acting_in(request)
    facility, ref = acting.organization.pk, acting.actor.ref
    found = queries.swaps(facility, of=ref, waiting=False)
    asked = {(one.day, one.turn) for one in found if one.waits and one.asked_by_ref == ref}
    shifts = queries.mine(facility, ref, days=_DAYS)
    context = {
        "shifts": [(one, (one.day, one.title) in asked) for one in shifts],
        "next": shifts[0] if shifts else None,
        "for_me": [one for one in found if one.state == "asked" and one.other_ref == ref],
        "others": [one for one in found if not (one.state == "asked" and one.other_ref == ref)][
            :10
        ],
        "own": ref,
        "news": queries.news(ref),
        "organization": acting.organization,
    }
    return render(request, "workbenches/my_duty.html", context)


class SwapForm(Form):
    """Which shift is taken in return, and why."""

    back = forms.ChoiceField(label=gettext_lazy("In return you take"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Your colleague and the leader read it."),
        min_length=2,
        max_length=services.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
@gate.posts(*ROSTERED)
def ask(request: HttpRequest, day: str, turn: str) -> HttpResponse:
    """Ask a colleague to take one of my shifts: who first, then for which of theirs and why."""
    acting = acting_in(request)
    facility, ref = acting.organization.pk, acting.actor.ref
    shift = queries.mine_at(facility, ref, a_day(day), turn, days=_DAYS)
    people = queries.colleagues(facility, shift, ref)
    chosen = next((one for one, _free in people if one.ref == request.GET.get("with")), None)
    form = None
    if chosen:
        form = SwapForm(request.POST or None)
        theirs = queries.mine(facility, chosen.ref, days=_DAYS)
        nothing = ("", _("Nothing: they take it for me"))
        form.fields["back"].choices = [  # type: ignore[attr-defined]
            nothing,
            *(
                (f"{one.day.isoformat()} {one.turn}", f"{one.day.isoformat()} {one.title}")
                for one in theirs
                if not one.has_begun
            ),
        ]
    if request.method == "POST" and chosen and form and form.is_valid():
        given = form.cleaned_data
        back_day, _space, back_turn = given["back"].partition(" ")
        try:
            swaps.ask(
                facility,
                day=shift.day,
                turn=shift.turn,
                other=chosen.ref,
                back=(date.fromisoformat(back_day), back_turn) if back_day else None,
                reason=given["reason"],
                by=acting.actor,
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Asked. It is in the roster once a leader has approved."))
            return redirect("my_duty")
    context: dict[str, Any] = {
        "shift": shift,
        "people": people,
        "chosen": chosen,
        "form": form,
        "organization": acting.organization,
    }
    status = Malformed.status if form and form.is_bound else 200
    return render(request, "workbenches/my_swap.html", context, status=status)


def _mine(**_arguments: object) -> str:
    return reverse("my_duty")


@form_of(_mine)
@gate.posts(*ROSTERED)
def answer(request: HttpRequest, swap_id: UUID) -> HttpResponse:
    """Agree to what a colleague asks, decline it, or take back what I asked."""
    acts = {"agree": swaps.agree, "decline": swaps.decline, "withdraw": swaps.withdraw}
    act = acts.get(request.POST.get("answer", ""))
    if act is None:
        raise Malformed("swap.answer", _("Agree, decline or take back."), field="answer")
    try:
        act(swap_id, by=acting_in(request).actor)
    except Missing as error:
        if error.code == "swap.no_such":
            raise
        messages.error(request, error.words)
    except CustosError as error:
        for found in error.findings:
            messages.error(request, found.words)
    else:
        messages.success(request, _("Answered."))
    return redirect("my_duty")
