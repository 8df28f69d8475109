"""Questions about organizations, in the scope of whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _

from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations.models import (
    Area,
    BaseRecord,
    Cell,
    Organization,
    OrganizationCode,
    Room,
)
from custos.foundation.organizations.numbers import range_of


def organization(number: int) -> Organization:
    """An organization of the tree, which everybody sees. Raises `Missing`. One query."""
    found = Organization.objects.filter(pk=number).first()
    if found is None:
        raise Missing("organization.no_such", _("There is no such organization."))
    return found


def in_scope(number: int) -> Organization:
    """An organization that the scope covers. Raises `Missing` for another. One query."""
    if not scope.current().covers(number):
        raise Missing("organization.no_such", _("There is no such organization."))
    return organization(number)


def code_of(number: int, scheme: str) -> str:
    """The code that an organization has under a scheme; empty without one. One query."""
    found = OrganizationCode.objects.filter(
        organization_id=number, scheme=scheme, valid_to__isnull=True
    )
    return found.values_list("code", flat=True).first() or ""


def listed(
    *, parent: int | None = None, kind: str = "", after: int | None = None, limit: int = 50
) -> list[Organization]:
    """Organizations by number, those below a parent or of a kind where named. One query."""
    found = Organization.objects.order_by("id")
    if parent is not None:
        found = found.filter(parent_id=parent)
    if kind:
        found = found.filter(kind=kind)
    if after is not None:
        found = found.filter(id__gt=after)
    return list(found[:limit])


def cells_listed(
    number: int,
    *,
    area: UUID | None = None,
    out_of_use: bool | None = None,
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[Cell]:
    """Cells of an organization's subtree within the scope, by facility and name. One query."""
    lowest, highest = range_of(number)
    found = Cell.objects.visible_to(scope.current()).filter(
        organization_id__gte=lowest, organization_id__lte=highest
    )
    if area is not None:
        found = found.filter(area_id=area)
    if out_of_use is not None:
        found = found.filter(out_of_use=out_of_use)
    if after is not None:
        place, name = after
        found = found.filter(Q(organization_id__gt=place) | Q(organization_id=place, name__gt=name))
    return list(found.select_related("area").order_by("organization_id", "name")[:limit])


def cell(cell_id: UUID) -> Cell:
    """One cell. Raises `Missing` where the scope has no such cell. One query."""
    found = Cell.objects.visible_to(scope.current()).select_related("area").filter(pk=cell_id)
    if (one := found.first()) is None:
        raise Missing("cell.missing", _("There is no such cell."))
    return one


def area(area_id: UUID) -> Area:
    """One area with its facility. Raises `Missing` where the scope has no such area. One query."""
    found = Area.objects.visible_to(scope.current()).select_related("organization")
    if (one := found.filter(pk=area_id).first()) is None:
        raise Missing("area.missing", _("There is no such area."), field="area")
    return one


def rooms(facility: Organization) -> list[Room]:
    """The rooms of a facility, by name. One query."""
    return list(
        Room.objects.visible_to(scope.current()).filter(organization=facility).order_by("name")
    )


def cells(facility: Organization) -> list[Cell]:
    """The cells of an organization's subtree within the scope, in the order of facilities,
    areas and names. One query.
    """
    lowest, highest = range_of(facility.pk)
    return list(
        Cell.objects.visible_to(scope.current())
        .filter(organization_id__gte=lowest, organization_id__lte=highest)
        .select_related("area", "organization")
        .order_by("organization_id", "area__position", "name")
    )


def cell_choices(facility: Organization) -> list[tuple[str, str]]:
    """Id and name of each cell of a facility within the scope, in the order of areas. One query."""
    found = Cell.objects.visible_to(scope.current()).filter(organization=facility)
    named = found.order_by("area__position", "name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in named]


def cells_named(words: str, limit: int) -> list[Cell]:
    """Cells of the scope whose name contains the words, those that it is first, then by facility and
    name. One query.
    """
    return list(
        Cell.objects.visible_to(scope.current())
        .filter(name__icontains=words)
        .select_related("area", "organization")
        .order_by(Case(When(name=words, then=0), default=1), "organization_id", "name")[:limit]
    )


def cell_name(cell: str) -> str:
    """The name of a cell of the scope by its id; empty where there is none. One query."""
    found = Cell.objects.visible_to(scope.current()).filter(pk=cell).values_list("name", flat=True)
    return found.first() or ""


def cell_names(cells: Iterable[UUID]) -> dict[UUID, str]:
    """The names of some cells of the scope by their ids. One query."""
    found = Cell.objects.visible_to(scope.current()).filter(pk__in=set(cells))
    return dict(found.values_list("pk", "name"))


def facilities(above: Organization, limit: int) -> list[Organization]:
    """The open facilities below an organization, by number. One query."""
    lowest, highest = range_of(above.pk)
    return list(
        Organization.objects.filter(id__gte=lowest, id__lte=highest, closed_on__isnull=True)
        .exclude(kind="")
        .order_by("id")[:limit]
    )


def facility(number: int) -> Organization:
    """A facility within the scope. Raises `Missing` for what isn't one or isn't in it. One query."""
    found = Organization.objects.filter(pk=number).exclude(kind="").first()
    if found is None or not scope.current().covers(number):
        raise Missing("organization.no_such", _("There is no such facility in your range."))
    return found


def capacities_at(day: date) -> dict[int, int]:
    """The certified places of each facility of the scope by its base record of a day. One query."""
    return dict(
        BaseRecord.objects.visible_to(scope.current())
        .filter(during__contains=day)
        .values_list("organization_id", "capacity")
    )


def areas(facility: Organization) -> list[Area]:
    """The areas of a facility, in their order. One query."""
    return list(
        Area.objects.visible_to(scope.current())
        .filter(organization=facility)
        .order_by("position", "name")
    )


def children(parent: Organization) -> list[Organization]:
    """The organizations right below one that are open, by number. One query."""
    return list(Organization.objects.filter(parent=parent, closed_on__isnull=True).order_by("id"))


def base_record_at(facility: Organization, day: date) -> BaseRecord | None:
    """The base record that held on a day, with staff and installations; None without. Three queries."""
    return (
        BaseRecord.objects.visible_to(scope.current())
        .filter(organization=facility, during__contains=day)
        .prefetch_related("staff", "installations")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Occupancy (people per certified place), m² and officers per person; None where unknown."""

    people: int
    capacity: int
    occupancy_percent: int
    square_metres_each: Decimal | None
    people_per_officer: Decimal | None


def figures_at(facility: Organization, day: date, people: int) -> Figures | None:
    """A facility's figures on a day for a head count; None where no base record holds."""
    base = base_record_at(facility, day)
    return None if base is None else figures_of(base, people)


def figures_of(base: BaseRecord, people: int) -> Figures:
    """The figures of a base record for a head count."""
    officers = sum(row.count for row in base.staff.all() if row.kind == "officer")
    tenth = Decimal("0.1")
    return Figures(
        people,
        base.capacity,
        round(100 * people / base.capacity),
        (base.square_metres / people).quantize(tenth) if people else None,
        (Decimal(people) / officers).quantize(tenth) if officers else None,
    )
