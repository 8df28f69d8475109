"""The cell of somebody who arrives: what is proposed and why, both sides' risks, and what was seen of them.

It proposes; an officer decides. The cell that is chosen is confirmed on sight of who is there; the
confirmation names what was shown, and holds only as long as that is true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import codefendants
from custos.foundation.custody import engine as separation
from custos.foundation.custody import place_queries as places
from custos.foundation.custody import queries as custody
from custos.foundation.custody import services as stays
from custos.foundation.custody.codefendants import Named
from custos.foundation.custody.people.queries import AIDS
from custos.foundation.custody.place_queries import ProposalShown
from custos.foundation.custody.separating import Pairing
from custos.foundation.errors import Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.management.reception.admission.engine import Facts

#: How many of the allowed cells stand open; the others are a click away.
BEST = 6


def words_in(text: Any) -> list[str]:
    """What was typed with commas between, each once."""
    plain = str(text or "")
    for sign in "，、；;\n":
        plain = plain.replace(sign, ",")
    return list(dict.fromkeys(part.strip() for part in plain.split(",") if part.strip()))


def is_number(text: str) -> bool:
    """Whether this is meant as a custody number: mostly digits, as no name is."""
    return sum(sign.isdigit() for sign in text) * 2 > len(text)


@dataclass(frozen=True, slots=True)
class CoDefendants:
    """Those named in the papers: who is here, with names, and what names nobody here."""

    here: dict[UUID, str]
    elsewhere: tuple[str, ...]


def co_defendants(facts: Facts) -> CoDefendants:
    """Who was named as co-defendant, those here by their number. One query where a number is named."""
    said = words_in(facts.get("documents", {}).get("co_defendants"))
    numbers = [one for one in said if is_number(one)]
    stays_ = custody.present().filter(number__in=numbers) if numbers else []
    rows = [(stay.number, stay.pk, stay.detainee.name) for stay in stays_]
    known = {number for number, _stay, _name in rows}
    return CoDefendants(
        {stay: name for _number, stay, name in rows}, tuple(one for one in said if one not in known)
    )


def pairings(facts: Facts, facility: Organization) -> list[Pairing]:
    """The pairs that follow from co-defendants who are here: whom the papers name, by number or by name,
    and whose own papers name the person.
    """
    others = codefendants.of_arrival(
        facility.pk,
        str(facts.get("identity", {}).get("name") or ""),
        str(facts.get("documents", {}).get("case_number") or ""),
        [
            *(Named(name, custody=stay) for stay, name in co_defendants(facts).here.items()),
            *(Named(name) for name in co_defendants(facts).elsewhere),
        ],
    )
    if not others:
        return []
    person = _arriving(facts, ())
    return codefendants.pairings(others, person, organizations.cells(facility), clock.now())


def arriving(facts: Facts, facility: Organization) -> separation.Person:
    """What separation has to know of somebody of whom the steps before say this."""
    return _arriving(facts, pairings(facts, facility))


def _arriving(facts: Facts, apart: Sequence[Pairing]) -> separation.Person:
    identity, papers = facts.get("identity", {}), facts.get("documents", {})
    return stays.arriving(
        sex=str(identity.get("sex") or ""),
        born=identity.get("born"),
        basis=str(papers.get("basis") or ""),
        apart=apart,
        never_alone=facts.get("screening", {}).get("never_alone") == "yes",
        aid=identity.get("accommodation_kind") in AIDS,
    )


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was confirmed: the cell, the token of what was shown of it, and the cells that were offered."""

    cell: UUID
    token: str
    offered: tuple[UUID, ...]


def confirmed(text: str) -> Confirmed | None:
    """What a value of `SidesField` says; None for what says nothing."""
    cell, _dot, rest = text.partition(".")
    token, _dot, offered = rest.partition(".")
    try:
        return Confirmed(UUID(cell), token, tuple(UUID(one) for one in offered.split(",") if one))
    except ValueError:
        return None


def mark_of(cell: UUID | str, token: str) -> str:
    """What the box of `Sides` confirms: that this was looked at of this cell."""
    return f"{cell}.{token}"


def confirming(cell: UUID, token: str, offered: Sequence[UUID]) -> dict[str, list[str]]:
    """What the step of the cell takes from whoever has looked at both sides of it; see `Sides`."""
    return {
        "cell": [str(cell)],
        "cell_seen": [mark_of(cell, token)],
        "cell_seen-offered": [",".join(map(str, offered))],
    }


class Door:
    """Somebody who arrives and the cells of the facility; asks the database where a page shows it."""

    def __init__(self, facility: Organization, facts: Facts) -> None:
        self.facility, self.facts = facility, facts
        self.name = str(facts.get("identity", {}).get("name", ""))

    @cached_property
    def person(self) -> separation.Person:
        """What separation has to know of them."""
        return arriving(self.facts, self.facility)

    @cached_property
    def proposed(self) -> list[ProposalShown]:
        """The cells, in the order in which they suit."""
        return places.proposals_for_arrival(self.facility, self.person)

    def reasons(self, seen: "Confirmed") -> list[str]:
        """For what a reason is asked before they come into the cell that was looked at, in words."""
        identity, papers = self.facts.get("identity", {}), self.facts.get("documents", {})
        born, arrived_at = identity.get("born"), papers.get("arrived_at")
        try:
            asked = stays.reasons_asked(
                self.person, seen.cell, born=born, arrived_at=arrived_at, seen=seen.token
            )
        except Missing:
            return []
        return [one.words for one in asked]

    def sides(self, cell: UUID) -> places.BothSides | None:
        """Both sides' risks of one cell; None where it isn't there or nobody may be named now."""
        try:
            return places.sides_for_arrival(self.person, self.name, self.facility, cell)
        except Missing:
            return None


class CellTable(forms.Widget):
    """The proposed cells, one to be chosen, with what speaks for and against each."""

    door: Door

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """A row for each cell; those that suit best stand first, the others are opened."""
        rows = [(str(one.cell_id), one) for one in self.door.proposed]
        best = [row for row in rows if row[1].allowed][:BEST]
        others = [row for row in rows if row not in best]
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "described": (attrs or {}).get("aria-describedby", ""),
            "value": str(value or ""),
            "door": self.door,
            "best": best,
            "others": others,
            "far": any(code == str(value) for code, _one in others),
        }
        return render_to_string("reception/admission/_cells.html", context)


class CellField(forms.UUIDField):
    """A cell of the facility. The list is read only where it is shown: a page of drafts reads none."""

    widget = CellTable

    def __init__(self, door: Door, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._door = self.widget.door = door

    @cached_property
    def choices(self) -> list[tuple[str, str]]:
        """The cells by name, for the review."""
        return [
            (str(one.cell_id), f"{one.name} · {one.people}/{one.capacity}")
            for one in self._door.proposed
        ]


def _confirmation(data: Any, name: str) -> str:
    ticked = str(data.get(name) or "")
    return f"{ticked}.{data.get(f'{name}-offered') or ''}" if ticked else ""


class Sides(forms.Widget):
    """Who comes and who is there, with what others have to know, and a box to confirm it."""

    door: Door
    chosen: str

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """The confirmation with what was offered; empty without one."""
        return _confirmation(data, name)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """Both sides of the chosen cell. The box is ticked while what it confirmed is what is shown."""
        cell = self.chosen
        try:
            sides = self.door.sides(UUID(cell)) if cell else None
        except ValueError:
            sides = None
        mark = mark_of(cell, sides.considered.token) if sides else ""
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "described": (attrs or {}).get("aria-describedby", ""),
            "cell": next((one for one in self.door.proposed if str(one.cell_id) == cell), None),
            "sides": sides,
            "mark": mark,
            "ticked": bool(mark) and str(value or "").startswith(f"{mark}."),
            "offered": ",".join(str(one.cell_id) for one in self.door.proposed if one.allowed),
        }
        return render_to_string("reception/admission/_sides.html", context)


class SidesField(forms.CharField):
    """That both sides' risks of the chosen cell were seen; see `confirmed()`. `data` is what was typed."""

    widget = Sides

    def __init__(self, door: Door, data: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._data = data
        self.widget.door, self.widget.chosen = door, str(data.get("cell") or "")

    @property
    def choices(self) -> list[tuple[str, Any]]:
        """What was confirmed in words, for the review."""
        return [(_confirmation(self._data, "cell_seen"), _("Seen"))]
