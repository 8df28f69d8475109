"""Admitting a person, the list of people in custody, and a person's page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate, rates
from custos.foundation.accounts import breakglass
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import lists, services
from custos.foundation.custody import place_queries as cell_queries
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui.listing import Listing
from custos.foundation.ui.methods import form_of
from custos.management.reception import copies, documents, file, known, places, tables
from custos.management.reception.forms import SEXES, AdmissionForm, Cells
from custos.management.reception.kinds import UNSEALING
from custos.management.reception.release.views import LOOKING

PAGE = 50
ADMITTING = (Post.ADMISSION, Post.DUTY_LEADER)


def _cells(acting: Acting) -> Cells:
    """Cells that may hold people by the sex they are for, with how many they hold of how many."""
    counts = custody.head_counts()
    usable = [cell for cell in organizations.cells(acting.organization) if not cell.out_of_use]
    return [
        (
            code,
            [
                (str(cell.pk), f"{cell.name} · {counts.get(cell.pk, 0)}/{cell.capacity}")
                for cell in usable
                if cell.sex == code
            ],
        )
        for code in ("1", "2")
    ]


@require_http_methods(["GET", "POST"])
@gate.posts(*ADMITTING)
@purpose("reception.admit")
def admit(request: HttpRequest) -> HttpResponse:
    """The short form of admission: what was typed is reviewed before it is recorded, and kept where it is
    refused.
    """
    acting = acting_in(request)
    setting: dict[str, Any] = {
        "facility_kind": acting.organization.kind,
        "cells": _cells(acting),
    }
    now = clock.now().astimezone(clock.LOCAL)
    form = AdmissionForm(request.POST or None, initial={"arrived_at": now}, **setting)
    go, seen = request.POST.get("go", ""), request.POST.get("seen", "")
    if request.method == "POST" and go != "change" and form.is_valid():
        facts = form.cleaned_data | {"cell": UUID(form.cleaned_data["cell"])}
        somebody_else = facts.pop("same_name")
        try:
            if not (go == "record" and seen):
                return _admission_review(request, form, facts, somebody_else)
            place = acting.organization.pk
            stay = known.admit(
                place, somebody_else=somebody_else, **facts, by=acting.actor, seen=seen
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Admitted. The entry is on the record."))
            return redirect("person", custody_id=stay.pk)
    wrong = go != "change" and bool(form.errors)
    return render(request, "reception/admit.html", {"form": form}, status=422 if wrong else 200)


def _admission_review(
    request: HttpRequest, form: AdmissionForm, facts: dict[str, Any], somebody_else: str
) -> HttpResponse:
    """What will be recorded, what speaks against the cell, and who is in it. Raises as admitting does."""
    acting = acting_in(request)
    services.examine(**facts, by=acting.actor)
    born = {name: facts[name] for name in ("sex", "born")}
    known.require_new(
        acting.organization.pk, name=facts["name"], **born, somebody_else=somebody_else
    )
    said = born | {"basis": facts["basis"]}
    apart = services.of_one_case(acting.organization.pk, name=facts["name"], **said)
    person = services.arriving(**said, apart=apart)
    sides = cell_queries.sides_for_arrival(
        person, facts["name"], acting.organization, facts["cell"]
    )
    told = facts | {
        "sex": SEXES[facts["sex"]],
        "basis": documents.title_of(facts["basis"]),
        "cell": organizations.cell(facts["cell"]).name,
        "same_name": somebody_else,
    }
    pairs = [
        (bound.label, told[bound.name])
        for bound in form
        if bound.name not in ("reason", "same_name") or told[bound.name]
    ]
    context = {"form": form, "pairs": pairs, "sides": sides, "seen": sides.considered.token}
    return render(request, "reception/admit_review.html", context)


def _people(request: HttpRequest) -> Listing:
    acting = acting_in(request)
    one = acting.organization.tier is Tier.FACILITY
    return Listing(
        request,
        tables.PeopleInFacility if one else tables.PeopleBelow,
        custody.present(),
        name="people",
        title=_("People in custody"),
        noun=lists.people,
        present=tables.shown,
        filters=tables.PeopleFilters(request.GET, acting=acting),
        export="people_export",
        nothing=_("Nobody is in custody here"),
        hint=_("People stand here from their admission on."),
    )


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.list")
def people(request: HttpRequest) -> HttpResponse:
    """People in custody in the scope, latest arrival first."""
    acting = acting_in(request)
    may_import = acting.post in ADMITTING and acting.organization.tier is Tier.FACILITY
    context = {
        "listing": _people(request),
        "may_import": may_import,
        "may_unseal": acting.post in UNSEALING,
    }
    return render(request, "reception/people.html", context)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.export")
@rates.limited("export")
def people_export(request: HttpRequest) -> HttpResponse:
    """The list as a spreadsheet; everybody in it stands in the access log."""
    return _people(request).workbook()


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.file")
def person(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """One stay: who, where, on what ground, and everything on the record about it."""
    acting = acting_in(request)
    context = file.context(request, custody_id)
    person = context["person"]
    here = person.ended_at is None and person.cell_id
    context |= {
        "may_copy": acting.post in copies.COPYING,
        "may_move": acting.post in places.MOVING and here,
        "may_plan": acting.post in places.PLANNING and here,
        "may_see_release": acting.post in LOOKING and person.ended_at is None,
    }
    return render(request, "reception/person.html", context)


@form_of(lambda custody_id: reverse("person", args=[custody_id]))
@gate.posts(*breakglass.OPENING)
@purpose("custody.glass")
def break_glass(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Open what one's post doesn't read about this person, for half an hour."""
    custody.person(custody_id)
    try:
        breakglass.open_for(
            custody.subject_of(custody_id), request.POST.get("reason", ""), by=acting_in(request)
        )
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Open for 30 minutes. The facility leader has been told."))
    return redirect("person", custody_id=custody_id)
