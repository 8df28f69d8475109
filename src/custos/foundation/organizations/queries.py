"""Questions about organizations, in the scope of whoever asks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from custos.foundation.database import scope
from custos.foundation.organizations.models import Area, BaseRecord, Cell, Organization
from custos.foundation.organizations.numbers import range_of


def cells(facility: Organization) -> list[Cell]:
    """The cells of an organization's subtree within the scope, by facility, area and name. One query."""
    lowest, highest = range_of(facility.pk)
    return list(
        Cell.objects.visible_to(scope.current())
        .filter(organization_id__gte=lowest, organization_id__lte=highest)
        .select_related("area", "organization")
        .order_by("organization_id", "area__name", "name")
    )


def areas(facility: Organization) -> list[Area]:
    """The areas of a facility, by name. One query."""
    return list(
        Area.objects.visible_to(scope.current()).filter(organization=facility).order_by("name")
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
    if base is None:
        return None
    officers = sum(row.count for row in base.staff.all() if row.kind == "officer")
    tenth = Decimal("0.1")
    return Figures(
        people,
        base.capacity,
        round(100 * people / base.capacity),
        (base.square_metres / people).quantize(tenth) if people else None,
        (Decimal(people) / officers).quantize(tenth) if officers else None,
    )
