"""What a plan is made from and checked by, as it stands in the database: in the scope of whoever asks."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.limits import law
from custos.foundation.record.parties import DUTY_POSTS, Post, StaffKind
from custos.prevention.duty.information import adopted
from custos.prevention.duty.roster import plan, proposing
from custos.prevention.duty.roster.models import (
    RosterAbsence,
    RosterLine,
    RosterMark,
    RosterPlan,
    Standing,
    month_of,
)
from custos.prevention.duty.roster.plan import Away, Breach, Line, Person, Staffing
from custos.prevention.duty.roster.rules import Frame, frame_of
from custos.prevention.duty.shifts import plan as shifts

#: Posts whose holders a facility plans: the prosecutor and higher tiers plan themselves.
ROSTERED = frozenset(DUTY_POSTS) - {Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT}


def last_of(month: date) -> date:
    """The last day of a month."""
    return month_of(month + timedelta(days=31)) - timedelta(days=1)


def frame(facility: int, month: date) -> Frame:
    """The frame of a facility's roster by the file that holds at the end of a month. One query."""
    own = adopted.own_of(adopted.latest(facility, last_of(month)))
    return frame_of(own.shifts or shifts.shipped().shifts, own.strength, own.roster)


def staffing(facility: int, first: date, last: date) -> Staffing:
    """Who can be planned at a facility from a day to a day, and who is away. Three queries."""
    marks: dict[str, set[str]] = {}
    noted = RosterMark.objects.visible_to(scope.current()).filter(
        organization_id=facility, ended_at__isnull=True
    )
    for ref, mark in noted.values_list("staff_ref", "mark"):
        marks.setdefault(ref, set()).add(mark)
    people = {}
    for one in accounts.posted(facility, max(first, min(clock.today(), last))):
        if posts := tuple(Post(post) for post in one.posts if Post(post) in ROSTERED):
            known = frozenset(marks.get(one.ref, ()))
            people[one.ref] = Person(one.ref, one.name, StaffKind(one.kind), posts, one.crew, known)
    rows = absences(facility, first, last).values_list("staff_ref", "first", "last")
    return Staffing(people, [Away(*row) for row in rows])


def require_staff(facility: int, staff: str, day: date) -> None:
    """Raise `Missing` for who can't be planned at a facility on a day."""
    if staff not in staffing(facility, day, day).people:
        raise Missing("roster.nobody", _("There is no such member of staff here."))


def absences(facility: int, first: date, last: date) -> QuerySet[RosterAbsence]:
    """The absences of a facility that touch some days and weren't taken back."""
    return RosterAbsence.objects.visible_to(scope.current()).filter(
        organization_id=facility, ended_at__isnull=True, first__lte=last, last__gte=first
    )


def the_plan(facility: int, month: date, standing: Standing) -> RosterPlan | None:
    """The plan that holds, or that is being made. One query."""
    rows = RosterPlan.objects.visible_to(scope.current())
    return rows.filter(organization_id=facility, month=month, standing=standing.value).first()


def lines(of: RosterPlan) -> list[Line]:
    """The lines of a plan. One query."""
    rows = RosterLine.objects.visible_to(scope.current()).filter(plan=of)
    return sorted(row.said for row in rows)


def around(facility: int, month: date) -> list[Line]:
    """What is published for the days next to a month, by which its first and last days are judged."""
    first, last = proposing.looks_around(month, last_of(month))
    rows = RosterLine.objects.visible_to(scope.current()).filter(
        organization_id=facility,
        plan__standing=Standing.PUBLISHED.value,
        day__range=(first, last),
    )
    return [row.said for row in rows.exclude(plan__month=month)]


def breaches(
    facility: int, month: date, known: Iterable[Line], *, by: Frame | None = None
) -> list[Breach]:
    """What lines of a month break, judged with the days next to it. At most five queries."""
    first, last = proposing.looks_around(month, last_of(month))
    people = staffing(facility, first, last)
    found = [*known, *around(facility, month)]
    return plan.check(found, by or frame(facility, month), people, month, last_of(month))


def works(day: date) -> bool:
    """Whether a day is a working day; by its weekday where no table of holidays reaches it."""
    following = law.next_working_day(day.toordinal())
    return day.weekday() < 5 if following is None else following == day.toordinal()
