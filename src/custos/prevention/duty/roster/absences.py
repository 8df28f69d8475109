"""Who is away when, and what leaders note of people. Whoever notes it answers for it."""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from custos.foundation.database import pulse, scope
from custos.foundation.errors import Conflict, Malformed, Missing
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.prevention.duty.kinds import RosterAbsenceEnded, RosterAbsenceNoted, RosterMarkNoted
from custos.prevention.duty.roster import facts, rules
from custos.prevention.duty.roster.models import RosterAbsence, RosterMark, Sort

#: Nobody is away longer than that by one line.
LONGEST = timedelta(days=366)


def note(
    facility: int, staff: str, *, sort: str, first: date, last: date, by: Actor
) -> RosterAbsence:
    """Note that somebody will not be there. The plans that have them are changed by hand or proposal.

    Raises `Malformed` for days that aren't in order, `Conflict` where some of them are noted already,
    `Missing` for who isn't staff here.
    """
    record.require_writer(RosterAbsenceNoted, by)
    if sort not in set(Sort):
        raise Malformed("absence.sort", _("Leave, sick leave or training."), field="sort")
    if not first <= last <= first + LONGEST:
        raise Malformed(
            "absence.days",
            _("The last day is the first one or a later one, at most a year later."),
            field="last",
        )
    facts.require_staff(facility, staff, first)
    with record.deed() as deed:
        one_at_a_time(facility)
        if facts.absences(facility, first, last).filter(staff_ref=staff).exists():
            raise Conflict(
                "absence.noted",
                _("An absence on some of these days is noted already."),
                field="first",
                mend=_("Take that one back first."),
            )
        row = RosterAbsence.objects.create(
            organization_id=facility,
            staff_ref=staff,
            sort=sort,
            first=first,
            last=last,
            noted_by=by.ref,
            noted_at=deed.at,
        )
        noted = RosterAbsenceNoted(
            absence=row.pk,
            staff=staff,
            sort=sort,
            first=first,
            last=last,
        )
        deed.append(noted, about=Subject(facility), by=by)
    return row


def take_back(absence: UUID, *, reason: str, by: Actor) -> RosterAbsence:
    """Somebody is there after all. Raises `Conflict` where it is taken back, `Missing` out of scope."""
    record.require_writer(RosterAbsenceEnded, by)
    if len(reason.strip()) < 2:
        raise Malformed("roster.no_reason", _("Say why."), field="reason")
    with record.deed() as deed:
        row = (
            RosterAbsence.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=absence)
            .first()
        )
        if row is None:
            raise Missing("absence.no_such", _("There is no such absence of staff."))
        if row.ended_at is not None:
            raise Conflict("absence.ended", _("This absence has been taken back already."))
        row.ended_by, row.ended_at = by.ref, deed.at
        row.save(update_fields=["ended_by", "ended_at"])
        deed.append(
            RosterAbsenceEnded(absence=row.pk, staff=row.staff_ref, reason=reason.strip()),
            about=Subject(row.organization_id),
            by=by,
        )
    return row


def mark(facility: int, staff: str, what: str, *, holds: bool, by: Actor, day: date) -> None:
    """Note that somebody holds a mark, or holds it no more; what stands already changes nothing.

    Raises `Malformed` for a mark that isn't known, `Missing` for who isn't staff here.
    """
    record.require_writer(RosterMarkNoted, by)
    if what not in {one.id for one in rules.shipped().marks}:
        raise Malformed("roster.no_mark", _("There is no such note."), field="mark")
    facts.require_staff(facility, staff, day)
    with record.deed() as deed:
        one_at_a_time(facility)
        row = (
            RosterMark.objects.visible_to(scope.current())
            .filter(organization_id=facility, staff_ref=staff, mark=what, ended_at__isnull=True)
            .first()
        )
        if (row is not None) == holds:
            return
        if row is None:
            RosterMark.objects.create(
                organization_id=facility,
                staff_ref=staff,
                mark=what,
                noted_by=by.ref,
                noted_at=deed.at,
            )
        else:
            row.ended_by, row.ended_at = by.ref, deed.at
            row.save(update_fields=["ended_by", "ended_at"])
        deed.append(
            RosterMarkNoted(staff=staff, mark=what, holds=holds), about=Subject(facility), by=by
        )
        pulse.stir(facility)


def one_at_a_time(facility: int) -> None:
    """Who is away, and who holds what, is written by one at a time at a facility."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"duty.roster:{facility}",))
