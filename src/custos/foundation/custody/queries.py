"""Questions about people and places, in the scope of whoever asks.

Whatever names people is noted in the access log; see `accounts.access`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import access
from custos.foundation.custody.models import CellStay, Custody
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.record import queries as record
from custos.foundation.record.queries import Line, Stay


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as a chip shows them."""

    custody_id: UUID
    detainee_id: UUID
    name: str
    sex: str
    number: str
    cell_id: UUID | None
    cell_name: str
    organization_id: int
    admitted_at: datetime
    basis: str
    basis_number: str

    @property
    def tail(self) -> str:
        """The last four characters of the custody number."""
        return self.number[-4:]


def _shown(custodies: Iterable[Custody]) -> list[PersonShown]:
    shown = [
        PersonShown(
            c.pk,
            c.detainee_id,
            c.detainee.name,
            c.detainee.sex,
            c.number,
            c.cell_id,
            c.cell.name if c.cell else "",
            c.organization_id,
            c.admitted_at,
            c.basis,
            c.basis_number,
        )
        for c in custodies
    ]
    access.note(person.detainee_id for person in shown)
    return shown


def occupants_of(cell: UUID) -> list[PersonShown]:
    """Who is in a cell now, by number. One query."""
    return _shown(
        Custody.objects.visible_to(scope.current())
        .filter(cell_id=cell, ended_at__isnull=True)
        .select_related("detainee", "cell")
        .order_by("number")
    )


def head_counts() -> dict[UUID, int]:
    """How many people are in each cell of the scope now; names nobody. One query."""
    rows = (
        Custody.objects.visible_to(scope.current())
        .filter(ended_at__isnull=True, cell__isnull=False)
        .values("cell_id")
        .annotate(people=Count("id"))
    )
    return {row["cell_id"]: row["people"] for row in rows}


def in_custody(limit: int = 50, offset: int = 0) -> tuple[list[PersonShown], int]:
    """People in custody now, latest arrival first, and how many there are in all. Two queries."""
    present = Custody.objects.visible_to(scope.current()).filter(ended_at__isnull=True)
    page = present.select_related("detainee", "cell").order_by("-admitted_at", "-id")
    return _shown(page[offset : offset + limit]), present.count()


def person(custody: UUID) -> PersonShown:
    """One stay and its person. Raises `Missing` where the scope has no such stay. One query."""
    found = _shown(
        Custody.objects.visible_to(scope.current())
        .filter(pk=custody)
        .select_related("detainee", "cell")
    )
    if not found:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return found[0]


def timeline_of(custody: UUID, *, before: UUID | None = None, limit: int = 50) -> list[Line]:
    """Everything on the record about a stay: what names the person, and what happened in their cells
    while they were there. Latest first; five queries.
    """
    shown = person(custody)
    stays = [
        Stay(stay.cell_id, stay.during.lower, stay.during.upper)
        for stay in CellStay.objects.visible_to(scope.current()).filter(custody_id=custody)
    ]
    return record.timeline(
        detainee=shown.detainee_id,
        stays=stays,
        since=shown.admitted_at,
        before=before,
        limit=limit,
    )
