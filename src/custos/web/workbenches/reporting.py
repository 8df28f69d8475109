"""What one reported and what became of it, asking again, signing on and off, the catalogue."""

from datetime import timedelta
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
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.errors import CustosError, Missing
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.methods import form_of
from custos.prevention.duty import queries as duty
from custos.prevention.duty.information import queries, services
from custos.prevention.duty.shifts import services as shifts

#: A facility's own file is a list that people read; more than this is something else.
_LONGEST_FILE = 200_000


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("duty.reported")
def reported(request: HttpRequest) -> HttpResponse:
    """What the reader reported lately, each with what became of it: first what nobody has answered yet, the
    latest first in both.
    """
    acting = acting_in(request)
    found = sorted(queries.reported(acting.actor), key=lambda one: one.answered)
    context = {"reported": found, "organization": acting.organization}
    return render(request, "workbenches/reported.html", context)


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
def reopen(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Ask again, with a reason, for what an answered task was to do."""
    acting = acting_in(request)
    task = duty.task(task_id, acting.actor)
    form = ReasonForm(
        request.POST or None,
        help_text=_("What is missing, or what you saw since. Whoever handles it reads this."),
    )
    if request.method == "POST" and form.is_valid():
        try:
            again = services.reopen(task_id, form.cleaned_data["reason"], by=acting.actor)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Asked again. The task stands with its post."))
            return redirect("duty_task", again.pk)
    status = 422 if form.is_bound else 200
    return render(request, "workbenches/reopen.html", {"task": task, "form": form}, status=status)


def _home(**_arguments: object) -> str:
    return reverse("duty")


@form_of(_home)
@gate.posts(*DUTY_POSTS)
def sign_on(request: HttpRequest) -> HttpResponse:
    """Take up duty on one's post for this shift."""
    acting = acting_in(request)
    shifts.sign_on(acting.organization.pk, by=acting.actor)
    messages.success(request, _("You are on duty: %(post)s.") % {"post": acting.post.title})
    return redirect("duty")


@form_of(_home)
@gate.posts(*DUTY_POSTS)
def sign_off(request: HttpRequest) -> HttpResponse:
    """Leave duty on one's post."""
    acting = acting_in(request)
    try:
        shifts.sign_off(acting.organization.pk, by=acting.actor)
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("You are off duty."))
    return redirect("duty")


class FileForm(Form):
    """A facility's own file, as it is to be adopted."""

    text = forms.CharField(
        label=gettext_lazy("The facility's own file"),
        help_text=gettext_lazy(
            "Types of your own, stricter rows, shifts and required strength; YAML."
        ),
        max_length=_LONGEST_FILE,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )
    valid_from = DayField(label=gettext_lazy("Holds from"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=4,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
def catalogue(request: HttpRequest) -> HttpResponse:
    """The types of information that the facility uses; a leader adopts a file of the facility's own."""
    acting = acting_in(request)
    facility = acting.organization
    own = queries.adopted_by(facility.pk)
    may_adopt = acting.post is Post.LEADER and facility.tier is Tier.FACILITY
    form = None
    if may_adopt:
        tomorrow = clock.today() + timedelta(days=1)
        first = {"text": own.text if own else _EMPTY, "valid_from": tomorrow}
        form = FileForm(request.POST or None, initial=first)
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            services.adopt(
                given["text"],
                facility=facility.pk,
                valid_from=given["valid_from"],
                reason=given["reason"],
                by=acting.actor,
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Adopted. It holds from the day that you named."))
            return redirect("duty_catalogue")
    context = {
        "types": queries.types_of(facility.pk),
        "own": own,
        "adopted_by": accounts.names_of({own.adopted_by}).get(own.adopted_by, "") if own else "",
        "form": form,
        "example": _EXAMPLE,
        "organization": facility,
        "posts": {post.value: post.title for post in Post} | _OTHERS,
        "deadlines": _DEADLINES,
        "outside": duty.OUTSIDE,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "workbenches/catalogue.html", context, status=status)


_EMPTY = "types: []\nstricter: []\n"
_EXAMPLE = """\
shifts:
  - {name: {zh: 白班, en: Day}, begins: "08:00", ends: "20:00"}
  - {name: {zh: 夜班, en: Night}, begins: "20:00", ends: "08:00"}
strength: {patrol: 2, medical: 1, duty_leader: 1}
rounds: {longest_gap: 30, close_gap: 15}
roster: {women: {patrol: 1}, two: [patrol]}
"""
_OTHERS = {
    "anyone": gettext_lazy("anyone"),
    "system": gettext_lazy("the system"),
    "owner": gettext_lazy("the post that the record names"),
}
_DEADLINES = {
    "now": gettext_lazy("at once"),
    "round": gettext_lazy("next medicine round"),
    "shift_end": gettext_lazy("in this shift"),
    "day_end": gettext_lazy("on the same day"),
    "next_day_end": gettext_lazy("on the next day"),
    "next_working_day": gettext_lazy("on the next working day"),
    "morning": gettext_lazy("on that day at 09:00"),
    "due_date": gettext_lazy("on the due date"),
}
