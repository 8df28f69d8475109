"""Which cells a case officer looks after (包监): theirs are the people in them."""

import re
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.database import scope
from custos.foundation.errors import Malformed
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, Subject
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty.kinds import RosterCellsNoted
from custos.prevention.duty.roster import facts
from custos.prevention.duty.roster.absences import one_at_a_time
from custos.prevention.duty.roster.models import CellLed


def note(facility: int, staff: str, said: str, *, by: Actor) -> list[str]:
    """Note the cells that a case officer looks after, by name with spaces or commas between.

    Nothing means none in particular. Returns their names. What stands already changes nothing.

    Raises `Malformed` for names that are no cells here and for who is no case officer, `Missing` for who
    isn't staff here.
    """
    record.require_writer(RosterCellsNoted, by)
    people = facts.staffing(facility, clock.today(), clock.today()).people
    facts.require_staff(facility, staff, clock.today())
    if Post.CASE_OFFICER not in people[staff].posts:
        raise Malformed("lead.post", _("Case officers look after cells."), field="staff")
    cells = {one.name: one.pk for one in organizations.cells(organizations.facility(facility))}
    names = list(dict.fromkeys(re.split(r"[\s,，、;；]+", said.strip()))) if said.strip() else []
    if unknown := [name for name in names if name not in cells]:
        raise Malformed(
            "lead.no_cell",
            _("There is no such cell here: %(names)s."),
            field="cells",
            mend=_("Write the names of cells as on the floor plan, with spaces between."),
            names=enumerated(unknown),
        )
    with record.deed() as deed:
        one_at_a_time(facility)
        held = {row.cell_id: row for row in _led(facility).filter(staff_ref=staff)}
        wanted = {cells[name] for name in names}
        if wanted == held.keys():
            return names
        for row in (row for cell, row in held.items() if cell not in wanted):
            row.ended_by, row.ended_at = by.ref, deed.at
            row.save(update_fields=["ended_by", "ended_at"])
        CellLed.objects.bulk_create(
            CellLed(
                organization_id=facility,
                staff_ref=staff,
                cell_id=cell,
                noted_by=by.ref,
                noted_at=deed.at,
            )
            for cell in sorted(wanted - held.keys())
        )
        noted = RosterCellsNoted(staff=staff, cells=names)
        deed.append(noted, about=Subject(facility), by=by)
    return names


def cells_of(facility: int, staff: str) -> dict[UUID, str]:
    """The cells that somebody looks after, by id, with their names. One query."""
    rows = _led(facility).filter(staff_ref=staff).order_by("cell__name")
    return dict(rows.values_list("cell_id", "cell__name"))


def of_everybody(facility: int) -> dict[str, list[str]]:
    """The names of the cells that each case officer of a facility looks after. One query."""
    found: dict[str, list[str]] = {}
    rows = _led(facility).order_by("cell__name")
    for staff, name in rows.values_list("staff_ref", "cell__name"):
        found.setdefault(staff, []).append(name)
    return found


def people_in(cells: Collection[UUID]) -> list[UUID]:
    """The stays of whose people cells are the place, also while they are outside. One query."""
    return list(custody.present().filter(cell_id__in=cells).values_list("pk", flat=True))


def _led(facility: int) -> QuerySet[CellLed]:
    rows = CellLed.objects.visible_to(scope.current())
    return rows.filter(organization_id=facility, ended_at__isnull=True)
