"""A facility as it stands: areas and cells with their people, and what its base record says.

Whoever acts for a higher tier begins with the facilities below. Nobody is named here; a cell leads to
the list of its people, which is noted in the access log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.foundation.custody import queries as custody
from custos.foundation.errors import Missing
from custos.foundation.organizations import kinds_of_facility
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS, StaffKind
from custos.foundation.ui import listing
from custos.foundation.ui.plans import Room, Tone, Wing
from custos.management.timelimits import queries as timelimits

_MOST = 300

_SEXES = {"1": gettext_lazy("Men"), "2": gettext_lazy("Women")}
_KINDS = {
    "transition": gettext_lazy("Transition"),
    "ordinary": gettext_lazy("Ordinary"),
    "segregation": gettext_lazy("Held apart"),
    "medical": pgettext_lazy("kind of cell", "Medical"),
}
MEASURES = {
    "people": gettext_lazy("People per place"),
    "room": gettext_lazy("m² per person"),
    "sex": gettext_lazy("Sex"),
    "kind": gettext_lazy("Kind of cell"),
}
_TABS = {
    "plan": gettext_lazy("Floor plan"),
    "cells": gettext_lazy("Cells"),
    "base": gettext_lazy("Base record"),
}


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell as it is now."""

    id: Any
    name: str
    area: str
    sex: Any
    kind: Any
    people: int
    capacity: int
    square_metres_each: Decimal | None
    out_of_use: bool
    note: str

    @property
    def state(self) -> tuple[str, Any]:
        """How full it is, as a status."""
        tone, words = self.fullness
        return {"over": "late", "near": "waiting", "calm": "done", "none": "refused"}[tone], words

    @property
    def fullness(self) -> tuple[Tone, Any]:
        """How full it is, in a tone and in words."""
        if self.out_of_use:
            return "none", _("out of use")
        if self.people > self.capacity:
            return "over", _("more people than places")
        return ("near", _("full")) if self.people == self.capacity else ("calm", _("places free"))

    @property
    def url(self) -> str:
        """Who is in it."""
        return f"{reverse('people')}?cell={self.id}"


class CellTable(listing.Table):
    """The cells of a facility, by name."""

    name = listing.Column(verbose_name=gettext_lazy("Cell"))
    area = listing.Column(verbose_name=gettext_lazy("Area"))
    sex = listing.Column(verbose_name=gettext_lazy("Sex"))
    kind = listing.Column(verbose_name=gettext_lazy("Kind of cell"))
    people = listing.NumberColumn(verbose_name=pgettext_lazy("how many", "People"))
    capacity = listing.NumberColumn(verbose_name=pgettext_lazy("beds", "Places"))
    square_metres_each = listing.NumberColumn(verbose_name=gettext_lazy("m² per person"))
    state = listing.StateColumn(verbose_name=gettext_lazy("State"))
    note = listing.Column(verbose_name=gettext_lazy("Note"))


class InstallationTable(listing.Table):
    """What guards a facility, and how much of it works."""

    kind = listing.Column(verbose_name=gettext_lazy("Installation"))
    count = listing.NumberColumn(verbose_name=gettext_lazy("How many"))
    working = listing.NumberColumn(verbose_name=gettext_lazy("Of them working"))
    state = listing.StateColumn(verbose_name=gettext_lazy("State"))
    checked_on = listing.Column(verbose_name=gettext_lazy("Checked on"))


class FacilityTable(listing.Table):
    """The facilities below a higher tier."""

    name = listing.LinkColumn(route="facility", verbose_name=gettext_lazy("Facility"))
    kind = listing.Column(verbose_name=gettext_lazy("Kind"))
    people = listing.NumberColumn(verbose_name=pgettext_lazy("how many", "People"))
    over = listing.StateColumn(
        verbose_name=gettext_lazy("Beyond the limit of custody, or on no document")
    )
    capacity = listing.NumberColumn(verbose_name=gettext_lazy("Certified places"))
    occupancy = listing.NumberColumn(verbose_name=gettext_lazy("Occupancy, %"))
    state = listing.StateColumn(verbose_name=gettext_lazy("Room left"))


@require_GET
@gate.posts(*DUTY_POSTS)
def page(request: HttpRequest, facility_id: int = 0) -> HttpResponse:
    """The facility acted for, or one below; without a number, a higher tier sees its facilities."""
    acting = request.acting  # type: ignore[attr-defined]
    if not acting:
        raise Missing("posting.none", _("You hold no post today."))
    if not facility_id and acting.organization.tier is not Tier.FACILITY:
        rows = _facilities(acting.organization)
        table = FacilityTable(rows, orderable=False)
        context = {"table": table, "organization": acting.organization, "rows": rows}
        return render(request, "workbenches/facilities.html", context)
    facility = organizations.facility(facility_id) if facility_id else acting.organization
    here = request.GET.get("tab", "plan")
    cells = _cells(facility)
    context = {
        "facility": facility,
        "kind": _kind(facility),
        "here": here if here in _TABS else "plan",
        "tabs": [
            (name, words, len(cells) if name == "cells" else None) for name, words in _TABS.items()
        ],
        "cells": CellTable(cells, orderable=False) if cells else None,
    }
    context |= _plan(request, cells) | _figures(facility, cells)
    return render(request, "workbenches/facility.html", context)


def _kind(facility: Organization) -> str:
    return next(
        (str(k.title) for k in kinds_of_facility.read().kinds if k.code == facility.kind), ""
    )


def _facilities(above: Organization) -> list[dict[str, Any]]:
    people = custody.head_counts_of_organizations()
    capacity = organizations.capacities_at(clock.today())
    too_long = timelimits.over_by_facility(above.pk)
    rows = []
    for one in organizations.facilities(above, _MOST):
        held, places = people.get(one.pk, 0), capacity.get(one.pk)
        over = places is not None and held > places
        late = too_long.get(one.pk, 0)
        rows.append(
            {
                "id": one.pk,
                "name": one.name,
                "kind": _kind(one),
                "people": held,
                "late": late,
                "over": (
                    "late",
                    ngettext("%(number)s person", "%(number)s people", late) % {"number": late},
                )
                if late
                else ("done", _("nobody")),
                "capacity": places,
                "occupancy": round(100 * held / places) if places else None,
                "state": ("late", _("more people than places"))
                if over
                else ("done", _("places free"))
                if places
                else ("waiting", _("no base record")),
            }
        )
    # What needs looking at stands first: people who should be out, then too many of them.
    return sorted(rows, key=lambda row: (-row["late"], -(row["occupancy"] or 0)))


def _cells(facility: Organization) -> list[CellShown]:
    counts = custody.head_counts()
    # By their numbers, which follow the building; names of areas don't sort as they count.
    cells = sorted(organizations.cells(facility), key=lambda cell: cell.name)
    return [_cell(cell, counts.get(cell.pk, 0)) for cell in cells]


def _cell(cell: Cell, people: int) -> CellShown:
    metres = cell.square_metres
    back = cell.expected_return
    note = cell.out_of_use_reason
    if cell.out_of_use and back:
        note = _("%(reason)s; back in use on %(day)s") % {"reason": note, "day": back}
    return CellShown(
        id=cell.pk,
        name=cell.name,
        area=cell.area.name if cell.area else "",
        sex=_SEXES[cell.sex],
        kind=_KINDS[cell.kind],
        people=people,
        capacity=cell.capacity,
        square_metres_each=(metres / people).quantize(Decimal("0.1"))
        if metres and people
        else None,
        out_of_use=cell.out_of_use,
        note=note,
    )


def _plan(request: HttpRequest, cells: Sequence[CellShown]) -> dict[str, Any]:
    measure = request.GET.get("measure", "people")
    measure = measure if measure in MEASURES else "people"
    wings: dict[str, list[Room]] = {}
    for cell in cells:
        wings.setdefault(cell.area, []).append(_room(cell, measure))
    return {
        "wings": [Wing(name or _("Without an area"), rooms) for name, rooms in wings.items()],
        "measure": MEASURES[measure],
        "measures": [
            (f"?measure={name}", title, name == measure) for name, title in MEASURES.items()
        ],
    }


def _room(cell: CellShown, measure: str) -> Room:
    tone, meaning = cell.fullness
    label: Any = f"{cell.people}/{cell.capacity}"
    if cell.out_of_use:
        label = "—"
    elif measure == "room":
        label = cell.square_metres_each or "—"
    elif measure == "sex":
        tone, label = ("calm" if cell.sex is _SEXES["1"] else "low"), cell.sex
        meaning = label
    elif measure == "kind":
        tone, label = ("calm" if cell.kind is _KINDS["ordinary"] else "low"), cell.kind
        meaning = label if tone == "calm" else _("other than ordinary")
    return Room(cell.name, label, tone, meaning, cell.url, cell.note)


def _figures(facility: Organization, cells: Sequence[CellShown]) -> dict[str, Any]:
    people = sum(cell.people for cell in cells)
    base = organizations.base_record_at(facility, clock.today())
    if base is None:
        return {"people": people, "figures": None}
    titles = {kind.value: kind.title for kind in StaffKind}
    broken = [row for row in base.installations.all() if row.working < row.count]
    rows = [
        {
            "kind": row.kind,
            "count": row.count,
            "working": row.working,
            "checked_on": row.checked_on,
            "state": ("late", _("%(number)s broken") % {"number": row.count - row.working})
            if row.working < row.count
            else ("done", _("all work")),
        }
        for row in base.installations.all()
    ]
    facts = [
        (_("Grade"), base.grade),
        (_("Valid from"), base.during.lower),
        (_("Certified places"), base.capacity),
        (_("Floor space"), f"{base.square_metres} m²"),
        (_("Last inspection"), base.last_inspected_on),
        (_("Its result"), base.last_inspection_result),
        *((titles.get(row.kind, row.kind), row.count) for row in base.staff.all()),
    ]
    return {
        "people": people,
        "base": base,
        "figures": organizations.figures_of(base, people),
        "facts": facts,
        "broken": len(broken),
        "installations": InstallationTable(rows, orderable=False) if rows else None,
    }
