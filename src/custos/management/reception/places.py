"""Pages about places: moving somebody, beds, the roll and counts, and who is out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import absences, counting, going_out, roll, services, women
from custos.foundation.custody import place_queries as places
from custos.foundation.custody import queries as custody
from custos.foundation.custody.place_kinds import (
    AbsencePlanned,
    CountBegun,
    CountExplained,
    WentOut,
)
from custos.foundation.custody.words import in_words
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import queries as entries
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui import listing
from custos.foundation.ui.dates import MomentField
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.methods import form_of
from custos.foundation.ui.wording import enumerated
from custos.management.reception.forms import SEXES

MOVING = (Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)
PLANNING = tuple(sorted(AbsencePlanned.writers.allowed_posts))
AT_THE_GATE = tuple(sorted(WentOut.writers.allowed_posts))
COUNTING = tuple(sorted(CountBegun.writers.allowed_posts))
EXPLAINING = tuple(sorted(CountExplained.writers.allowed_posts))


def _facility(request: HttpRequest) -> Organization:
    """The facility acted for. Higher tiers hold nobody: for them there is none of these pages."""
    organization = acting_in(request).organization
    if organization.tier is not Tier.FACILITY:
        raise Missing("organization.no_such", _("There is no such facility in your range."))
    return organization


def _live(request: HttpRequest, page: str) -> str:
    """The template of a page, or of its live part where that alone is fetched."""
    part = "_" if request.headers.get("X-Live") == "true" else ""
    return f"reception/{part}{page}.html"


def _status(form: forms.Form | None) -> int:
    return Malformed.status if form is not None and form.errors else 200


# ---------------------------------------------------------------------- moving


class AttendedForm(Form):
    """Of a woman: the woman officer who is there. Of a man nothing is asked."""

    attended_by = forms.CharField(
        label=gettext_lazy("Woman officer who is there"),
        max_length=100,
        help_text=gettext_lazy("By name; yourself, if you are one."),
    )

    def __init__(self, *args: Any, sex: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not women.asks(sex, clock.today()):
            del self.fields["attended_by"]


class MoveForm(AttendedForm):
    """Why somebody goes to the chosen cell, and what was seen when it was chosen."""

    cell = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(
        widget=forms.HiddenInput,
        max_length=64,
        error_messages={
            "required": gettext_lazy("Look at both sides' risks first, and then decide.")
        },
    )
    offered = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )


@require_http_methods(["GET", "POST"])
@gate.posts(*MOVING)
@purpose("custody.file")
def move(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Cells proposed with their reasons; then both sides' risks; then the decision."""
    person = custody.person(custody_id)
    form = MoveForm(request.POST, sex=person.sex) if request.method == "POST" else None
    if form and form.is_valid():
        facts = form.cleaned_data
        try:
            services.move_to_cell(
                custody_id,
                facts["cell"],
                reason=facts["reason"],
                by=acting_in(request).actor,
                seen=facts["seen"],
                offered=_ids(facts["offered"]),
                attended_by=facts.get("attended_by", ""),
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Moved. The entry is on the record."))
            return redirect("person", custody_id=custody_id)
    proposed = places.proposals(custody_id)
    chosen = _chosen_cell(request, form)
    sides = places.both_sides(custody_id, chosen) if chosen else None
    if sides:
        # What is decided now is what is shown now, not what a refused attempt had seen.
        typed = form.data if form else {}
        shown = MoveForm(
            sex=person.sex,
            initial={
                "cell": chosen,
                "seen": sides.considered.token,
                "offered": ",".join(str(one.cell_id) for one in proposed if one.allowed),
                "reason": typed.get("reason", ""),
                "attended_by": typed.get("attended_by", ""),
            },
        )
    context = {
        "person": person,
        "proposed": proposed,
        "chosen": next((one for one in proposed if one.cell_id == chosen), None),
        "sides": sides,
        "form": shown if sides else None,
        "refused": form if form and form.errors else None,
        "pairs": places.pairs_of(custody_id),
    }
    return render(request, "reception/move.html", context, status=_status(form))


def _chosen_cell(request: HttpRequest, form: MoveForm | None) -> UUID | None:
    wanted = request.POST.get("cell", "") if form else request.GET.get("cell", "")
    found = _ids(wanted)
    return found[0] if found else None


def _ids(text: str) -> list[UUID]:
    """Identifiers of a list with commas; what is none is left out."""
    found = []
    for part in text.split(","):
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


# ---------------------------------------------------------------------- beds


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.beds")
def beds(request: HttpRequest) -> HttpResponse:
    """The bed map of one area: who has a place in each cell, with what others have to know of them."""
    facility = _facility(request)
    areas = organizations.areas(facility)
    wanted = request.GET.get("area", "")
    area = next((one for one in areas if str(one.pk) == wanted), areas[0] if areas else None)
    people = places.beds(facility, area.pk) if area else {}
    cells = [
        {
            "cell": cell,
            "people": people.get(cell.pk, []),
            "free": max(0, cell.capacity - len(people.get(cell.pk, []))),
            "each": _each(cell, len(people.get(cell.pk, []))),
            "sex": SEXES[cell.sex],
            "kind": _KINDS[cell.kind],
        }
        for cell in organizations.cells(facility)
        if area and cell.area_id == area.pk
    ]
    context = {
        "organization": facility,
        "areas": areas,
        "area": area,
        "cells": cells,
    }
    return render(request, _live(request, "beds"), context)


_KINDS = {
    "transition": gettext_lazy("Transition"),
    "ordinary": gettext_lazy("Ordinary"),
    "segregation": gettext_lazy("Held apart"),
    "medical": pgettext_lazy("kind of cell", "Medical"),
}


def _each(cell: Any, people: int) -> Any:
    return round(cell.square_metres / people, 1) if cell.square_metres and people else None


# ---------------------------------------------------------------------- roll and counts


class RollTable(listing.Table):
    """The roll by cell."""

    cell = listing.Column(verbose_name=gettext_lazy("Cell"))
    placed = listing.NumberColumn(verbose_name=gettext_lazy("Held"))
    out = listing.NumberColumn(verbose_name=gettext_lazy("Outside"))
    present = listing.NumberColumn(verbose_name=gettext_lazy("Present"))


class CountTable(listing.Table):
    """The latest counts."""

    at = listing.MomentColumn(verbose_name=gettext_lazy("When"))
    occasion_title = listing.LinkColumn(route="count", verbose_name=gettext_lazy("Occasion"))
    area = listing.Column(verbose_name=gettext_lazy("Area"))
    state = listing.StateColumn(verbose_name=gettext_lazy("State"))


class InstantForm(forms.Form):
    """Of which instant the roll is asked."""

    at = MomentField(label=gettext_lazy("Roll of"), required=False)


class CountForm(Form):
    """On what occasion is counted, and where."""

    occasion = forms.ChoiceField(
        label=gettext_lazy("Occasion"), choices=list(counting.OCCASIONS.items())
    )
    area = forms.ChoiceField(label=gettext_lazy("Area"), required=False)

    def __init__(self, *args: Any, areas: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = ("", _("The whole facility"))
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [whole, *((str(area.pk), area.name) for area in areas)]


@require_GET
@gate.posts(*DUTY_POSTS)
def roll_page(request: HttpRequest) -> HttpResponse:
    """The roll of now or of any instant, and the counts; names nobody."""
    return _roll(request)


def _roll(request: HttpRequest, form: CountForm | None = None) -> HttpResponse:
    facility, acting = _facility(request), acting_in(request)
    areas = organizations.areas(facility)
    now = clock.now().astimezone(clock.LOCAL)
    asked = InstantForm(request.GET if request.GET.get("at") else None, initial={"at": now})
    at: datetime | None = asked.cleaned_data["at"] if asked.is_bound and asked.is_valid() else None
    then = roll.at(facility.pk, at or clock.now())
    names = {cell.pk: cell.name for cell in organizations.cells(facility)}
    titles = {area.pk: area.name for area in areas}
    rows: dict[UUID | None, list[dict[str, Any]]] = {}
    for cell in then.cells:
        rows.setdefault(cell.area, []).append(
            {
                "id": cell.cell,
                "cell": names[cell.cell],
                "placed": cell.placed,
                "out": cell.out,
                "present": cell.present,
            }
        )
    by_area = [
        (
            titles.get(area, "—") if area else "—",
            _("%(present)s present of %(placed)s") % {"present": present, "placed": placed},
            RollTable(rows[area], orderable=False),
        )
        for area, (placed, present) in then.by_area().items()
    ]
    counts = places.counts(facility.pk)
    may = acting.post in COUNTING
    context = {
        "organization": facility,
        "asked": asked,
        "past": at,
        "roll": then,
        "outside": _outside_now(facility) if at is None else "",
        "areas": by_area,
        "going_on": [one for one in counts if not one.ended],
        "counts": CountTable(counts, orderable=False) if counts else None,
        "counting": may,
        "form": (form or CountForm(areas=areas)) if may else None,
    }
    return render(request, "reception/roll.html", context, status=_status(form))


def _outside_now(facility: Any) -> str:
    """What those who are out are out for, in words, and how many of them should be back."""
    by_kind, late = places.outside_now(facility.pk)
    words = [f"{title} {people}" for title, people in by_kind.items()]
    if late:
        words.append(ngettext("%(late)s overdue", "%(late)s overdue", late) % {"late": late})
    return " · ".join(words)


@form_of(lambda: reverse("roll"))
@gate.posts(*COUNTING)
def count_begin(request: HttpRequest) -> HttpResponse:
    """Begin a count."""
    facility = _facility(request)
    form = CountForm(request.POST, areas=organizations.areas(facility))
    if form.is_valid():
        area = _ids(form.cleaned_data["area"])
        try:
            begun = counting.begin(
                facility,
                form.cleaned_data["occasion"],
                area=area[0] if area else None,
                by=acting_in(request).actor,
            )
        except CustosError as error:
            form.say(error)
        else:
            return redirect("count", count_id=begun.pk)
    return _roll(request, form)


class NumbersForm(forms.Form):
    """How many are in each cell."""

    def __init__(self, *args: Any, cells: list[places.CellCounted], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for cell in cells:
            label = _("Cell %(cell)s") % {"cell": cell.name}
            self.fields[str(cell.cell_id)] = forms.IntegerField(
                label=label, min_value=0, max_value=999
            )


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
def count(request: HttpRequest, count_id: UUID) -> HttpResponse:
    """One count: where one says one's numbers, blind to the roll and to the other's."""
    acting, shown = acting_in(request), places.count(count_id)
    asked = shown.asked_of(acting.actor.ref) if acting.post in COUNTING else []
    form = NumbersForm(request.POST or None, cells=asked) if asked else None
    if request.method == "POST" and (form is None or form.is_valid()):
        numbers = {UUID(cell): n for cell, n in form.cleaned_data.items()} if form else {}
        try:
            counting.enter(count_id, numbers, by=acting.actor)
        except CustosError as error:
            messages.error(request, error.words)
        else:
            messages.success(request, _("Your numbers are on the record."))
        return redirect("count", count_id=count_id)
    explain = shown.standing == "mismatch" and acting.post in EXPLAINING
    context = {
        "organization": acting.organization,
        "count": shown,
        "form": form,
        "explain": ReasonForm() if explain else None,
        "here": acting.actor.ref in (shown.first_ref, shown.second_ref),
        "wrong": [c for c in shown.cells if shown.ended and not c.expected == c.first == c.second],
        "left_out": _left_out(shown) if shown.ended else [],
        **_told_of(shown),
    }
    return render(request, "reception/count.html", context, status=_status(form))


def _told_of(shown: places.CountShown) -> dict[str, Any]:
    """Who counted, and what a leader said of it; two queries at most, three where it was explained."""
    line = None
    if shown.explained_entry:
        line = entries.lines_of([shown.explained_entry]).get(shown.explained_entry)
    counted = [ref for ref in (shown.first_ref, shown.second_ref) if ref]
    names = accounts.names_of({*counted, *([line.by_ref] if line else [])})
    return {
        "counted_by": enumerated(names.get(ref, "—") for ref in counted),
        "explained": line,
        "explained_by": names.get(line.by_ref, "—") if line else "",
    }


def _left_out(shown: places.CountShown) -> list[str]:
    """Who was to be counted and who wasn't, in words; only once nobody counts any more."""
    then = roll.at(shown.organization_id, shown.at)
    counted = {cell.cell_id for cell in shown.cells}
    due = sum(cell.expected or 0 for cell in shown.cells)
    out = sum(cell.out for cell in then.cells if cell.cell in counted)
    nowhere = 0 if shown.area else then.unplaced - then.out_unplaced
    elsewhere = 0 if shown.area else then.out_unplaced
    said = [
        ngettext("%(n)s person was to be counted.", "%(n)s people were to be counted.", due)
        % {"n": due}
    ]
    if away := out + elsewhere:
        words = ngettext(
            "%(n)s person was outside then, such as at court or in hospital, and was left out.",
            "%(n)s people were outside then, such as at court or in hospital, and were left out.",
            away,
        )
        said.append(words % {"n": away})
    if nowhere > 0:
        words = ngettext(
            "%(n)s person was here without a cell and was left out.",
            "%(n)s people were here without a cell and were left out.",
            nowhere,
        )
        said.append(words % {"n": nowhere})
    return said


@form_of(lambda count_id: reverse("count", args=[count_id]))
@gate.posts(*EXPLAINING)
def count_explain(request: HttpRequest, count_id: UUID) -> HttpResponse:
    """A leader says what became of a count that didn't agree."""
    form = ReasonForm(request.POST)
    try:
        if not form.is_valid():
            raise Malformed("custody.reason", _("Say why."), field="reason")
        counting.explain(count_id, form.cleaned_data["reason"], by=acting_in(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    return redirect("count", count_id=count_id)


# ---------------------------------------------------------------------- out and back


class AbsenceForm(Form):
    """For what somebody goes out, where to, on what document, and when they come back."""

    kind = forms.ChoiceField(label=gettext_lazy("For what"))
    destination = forms.CharField(label=gettext_lazy("Where to"), max_length=200)
    document = forms.CharField(
        label=gettext_lazy("Document and its number"), max_length=100, required=False
    )
    trip = forms.CharField(
        label=gettext_lazy("Transport"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("The same name for all who go in one vehicle."),
    )
    planned_from = MomentField(label=gettext_lazy("Leaves"))
    planned_until = MomentField(label=gettext_lazy("Back by"))
    reason = forms.CharField(
        label=gettext_lazy("Reason for a return on another day"), max_length=400, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.id, in_words(kind.title)) for kind in absences.offered()]


class LeaveForm(AttendedForm):
    """With whom somebody leaves, and in what condition."""

    escort = forms.CharField(label=gettext_lazy("With whom"), max_length=200)
    condition = forms.CharField(
        label=gettext_lazy("Condition, injuries"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BackForm(Form):
    """In what condition somebody comes back, and whether an injury is new."""

    injured = forms.ChoiceField(
        label=gettext_lazy("New injuries"),
        choices=[("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes"))],
        widget=forms.RadioSelect,
    )
    condition = forms.CharField(
        label=gettext_lazy("Condition, injuries"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.movements")
def movements(request: HttpRequest) -> HttpResponse:
    """The movements board: who is out, who should be back, who is going."""
    facility = _facility(request)
    # Whoever is missed stands first, the others in the order of their departure.
    rows = sorted(places.movements(facility.pk), key=lambda row: row.standing != "overdue")
    numbers = {
        name: sum(row.standing in of for row in rows)
        for name, of in (
            ("out", ("out", "overdue")),
            ("overdue", ("overdue",)),
            ("planned", ("planned", "late")),
        )
    }
    context = {"organization": facility, "rows": rows, "numbers": numbers}
    return render(request, _live(request, "movements"), context)


@require_http_methods(["GET", "POST"])
@gate.posts(*PLANNING)
@purpose("custody.file")
def absence_plan(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Plan that somebody goes out and comes back."""
    person = custody.person(custody_id)
    begin = clock.now().astimezone(clock.LOCAL) + timedelta(hours=1)
    initial = {"planned_from": begin, "planned_until": begin + timedelta(hours=4)}
    form = AbsenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            planned = going_out.plan(
                custody_id, facts.pop("kind"), **facts, by=acting_in(request).actor
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Planned. The entry is on the record."))
            return redirect("absence", absence_id=planned.pk)
    context = {"person": person, "form": form, "before": places.absences_of(custody_id)}
    return render(request, "reception/absence_plan.html", context, status=_status(form))


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.file")
def absence(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """One absence, and what the gate can do about it."""
    return _absence_page(request, absence_id)


def _absence_page(
    request: HttpRequest,
    absence_id: UUID,
    refused: forms.Form | None = None,
) -> HttpResponse:
    shown, post = places.absence(absence_id), acting_in(request).post
    waits, out = shown.standing in ("planned", "late"), shown.standing in ("out", "overdue")
    gate_ = post in AT_THE_GATE
    context = {
        "absence": shown,
        "leave": (refused if isinstance(refused, LeaveForm) else LeaveForm(sex=shown.person.sex))
        if waits and gate_
        else None,
        "back": (refused if isinstance(refused, BackForm) else BackForm())
        if out and gate_
        else None,
        "cancel": ReasonForm() if waits and post in PLANNING else None,
    }
    return render(request, "reception/absence.html", context, status=_status(refused))


def _of_absence(absence_id: UUID) -> str:
    return reverse("absence", args=[absence_id])


@form_of(_of_absence)
@gate.posts(*AT_THE_GATE)
@purpose("custody.file")
def absence_leave(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """The person goes out through the gate."""
    form = LeaveForm(request.POST, sex=places.absence(absence_id).person.sex)
    return _at_gate(
        request,
        absence_id,
        form,
        lambda by: going_out.leave(absence_id, **form.cleaned_data, by=by),
        _("Left. The entry is on the record."),
    )


@form_of(_of_absence)
@gate.posts(*AT_THE_GATE)
@purpose("custody.file")
def absence_back(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """The person comes back through the gate."""
    form = BackForm(request.POST)
    return _at_gate(
        request,
        absence_id,
        form,
        lambda by: going_out.come_back(
            absence_id,
            condition=form.cleaned_data["condition"],
            injured=form.cleaned_data["injured"] == "yes",
            by=by,
        ),
        _("Back. The entry is on the record."),
    )


@form_of(_of_absence)
@gate.posts(*PLANNING)
@purpose("custody.file")
def absence_cancel(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    """The absence doesn't take place."""
    form = ReasonForm(request.POST)
    return _at_gate(
        request,
        absence_id,
        form,
        lambda by: going_out.cancel(absence_id, reason=form.cleaned_data["reason"], by=by),
        _("Cancelled. The reason is on the record."),
    )


def _at_gate(
    request: HttpRequest, absence_id: UUID, form: Form, deed: Any, done: str
) -> HttpResponse:
    if form.is_valid():
        try:
            deed(acting_in(request).actor)
        except Missing:
            raise
        except CustosError as error:
            if error.field in form.fields:
                form.say(error)
            else:
                messages.error(request, error.words)
                return redirect("absence", absence_id=absence_id)
        else:
            messages.success(request, done)
            return redirect("movements")
    return _absence_page(request, absence_id, form)
