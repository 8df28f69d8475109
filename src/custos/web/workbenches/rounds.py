"""Rounds: which cell is due next, looking into one at its door, the tags, and what stands out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import qrcode
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from qrcode.image.svg import SvgPathImage

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Missing
from custos.foundation.record.parties import Post
from custos.foundation.ui.charts import Chart, Series, Threshold
from custos.foundation.ui.forms import Form
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty.rounds import plan, queries, services
from custos.prevention.duty.rounds.plan import OwnRounds
from custos.prevention.duty.rounds.services import LEADING, LOOKING


class LookForm(Form):
    """What was seen on a look into a cell, and why it came late where it did."""

    text = forms.CharField(
        label=gettext_lazy("What you saw"),
        help_text=gettext_lazy("Nothing to write where all is as it should be."),
        required=False,
        max_length=services.LONGEST_TEXT,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it comes late"),
        required=False,
        max_length=services.LONGEST_TEXT,
    )


@require_GET
@gate.posts(*LOOKING)
def listed(request: HttpRequest) -> HttpResponse:
    """The cells of the facility, those first that nobody looked into for longest."""
    acting = acting_in(request)
    cells = queries.due_list(acting.organization.pk)
    _watched, late = queries.behind(acting.organization.pk)
    context = {
        "cells": cells,
        "late": late and queries.late_said(late),
        "kept": bool(cells) or services.kept_by(acting.organization.pk, clock.now()) is not None,
        "may_lead": acting.post in LEADING,
        "may_adopt": acting.post is Post.LEADER,
        "organization": acting.organization,
    }
    return render(request, "workbenches/rounds.html", context)


@require_http_methods(["GET", "POST"])
@gate.posts(*LOOKING)
@purpose("duty.round")
def cell(request: HttpRequest, cell_id: UUID) -> HttpResponse:
    """One cell, whose tag was not scanned: at the door without it, or by screen."""
    return _look(request, cell_id, code="")


@require_http_methods(["GET", "POST"])
@gate.posts(*LOOKING)
@purpose("duty.round")
def tag(request: HttpRequest, code: str) -> HttpResponse:
    """The cell whose tag was scanned at its door."""
    return _look(request, queries.cell_of(code), code=code)


def _look(request: HttpRequest, cell_id: UUID, *, code: str) -> HttpResponse:
    acting = acting_in(request)
    shown = queries.cell_due(cell_id)
    form = LookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        how = "tag" if code else request.POST.get("how", "door")
        try:
            services.look(
                cell_id,
                facility=acting.organization.pk,
                how=how,  # type: ignore[arg-type]
                by=acting.actor,
                code=code,
                text=form.cleaned_data["text"],
                reason=form.cleaned_data["reason"],
            )
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Noted: cell %(cell)s.") % {"cell": shown.name})
            return redirect("rounds")
    late = shown.missed_since is not None or "reason" in form.errors
    # The service asks for it, and says how late the look is; the form shows that it is asked for.
    form.fields["reason"].required = late
    context = {
        "cell": shown,
        "people": custody.occupants_of(cell_id),
        "form": form,
        "by_tag": bool(code),
        "late": late,
    }
    status = 422 if form.errors else 200
    return render(request, "workbenches/round.html", context, status=status)


@require_GET
@gate.posts(*LEADING)
def tags(request: HttpRequest) -> HttpResponse:
    """The tags of all cells, to print, cut out and hang up at the doors."""
    acting = acting_in(request)
    found = [
        (one, _drawn(request.build_absolute_uri(reverse("round_tag", args=[one.code]))))
        for one in queries.tags(acting.organization.pk)
    ]
    context = {"tags": found, "organization": acting.organization}
    return render(request, "workbenches/round_tags.html", context)


def _drawn(address: str) -> SafeString:
    """An address as a QR code (SVG, nothing but figures of ours)."""
    image, file = qrcode.make(address, image_factory=SvgPathImage, box_size=8), BytesIO()
    image.save(file)
    drawn = file.getvalue().decode().partition("?>")[2]
    return SafeString(drawn.replace(' id="qr-path"', ""))  # many stand on one page


@require_GET
@gate.posts(*LEADING)
def pattern(request: HttpRequest) -> HttpResponse:
    """The longest gaps of the last day by area and hour, and what stands out in the rounds."""
    acting, at = acting_in(request), clock.now()
    gaps = queries.longest_gaps(acting.organization.pk, at)
    own = services.kept_by(acting.organization.pk, at)
    context = {
        "chart": _chart(gaps, plan.gap_of(own or OwnRounds(), close=False)) if gaps else None,
        "signs": queries.signs(acting.organization.pk, at),
        "organization": acting.organization,
    }
    return render(request, "workbenches/round_pattern.html", context)


def _chart(gaps: Mapping[str, Sequence[queries.Hour]], bound: timedelta) -> Chart:
    hours = sorted({hour.begins for row in gaps.values() for hour in row})
    longest = {area: {hour.begins: hour.longest for hour in row} for area, row in gaps.items()}
    minutes = int(bound.total_seconds()) // 60
    beyond = [area for area, row in longest.items() if max(row.values()) > minutes]
    return Chart(
        name="rounds-gaps",
        title=_("Longest time between two looks into a cell"),
        says=_("Beyond the bound within the last day: %(areas)s.") % {"areas": enumerated(beyond)}
        if beyond
        else _("No area went beyond the bound within the last day."),
        unit=_("minutes"),
        labels=[f"{hour:%H:%M}" for hour in hours],
        series=[
            Series(area or _("no area"), [row.get(hour) for hour in hours])
            for area, row in longest.items()
        ],
        threshold=Threshold(minutes, _("At most"), _("a proposal; the law names no number")),
        label_title=_("Hour"),
    )
