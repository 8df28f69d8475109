"""The ledger of duty by post and day (勤务台账): generated from the record, never typed.

Who stood on each post and when, which tasks were taken on or let lie and how they ended, rounds, handovers.
It names staff and cells only: what was said of a task is not in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Actor, Audience, Post
from custos.prevention.duty import queries as duty
from custos.prevention.duty.handover.models import Handover
from custos.prevention.duty.handover.plan import Standing
from custos.prevention.duty.kinds import RoundMissed
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds.models import Look
from custos.prevention.duty.shifts.models import SignOn

READERS = (Post.DUTY_LEADER, Post.LEADER, Post.RESIDENT_PROSECUTOR)
#: More than this on one day is no list that anybody reads.
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ledger: when, on which post, what, whose, in words, and how it ended."""

    at: datetime
    post: Post
    event: str
    officer: str
    text: str
    ended: str

    @property
    def post_title(self) -> Any:
        """The post in words."""
        return self.post.title


def rows(facility: int, day: date, reader: Actor, post: Post | None = None) -> list[Row]:
    """A day's ledger of a facility, of one post where named, in the order of time. Eight queries."""
    begins = datetime.combine(day, time(), clock.LOCAL)
    ends = begins + timedelta(days=1)
    stood = list(
        _of(SignOn, facility)
        .filter(_overlaps(begins, ends), since__lt=ends)
        .order_by("since")[:MOST]
    )
    tasks = list(_tasks(facility, begins, ends))
    walked = list(_walked(facility, begins, ends))
    handovers = list(_of(Handover, facility).filter(at__gte=begins, at__lt=ends))
    refs = {one.staff_ref for one in stood} | {one.accepted_by for one in tasks}
    refs |= {by for by, *_rest in walked}
    refs |= {ref for one in handovers for ref in (one.signed_by, one.taken_by)}
    names = accounts.names_of(refs - {""})
    found = [
        *(_stood(one, names) for one in stood),
        *_done(tasks, names, reader),
        *(_rounds(one, names) for one in walked),
        *_missed(facility, begins, ends),
        *(_handed_over(one, names) for one in handovers),
    ]
    kept = [row for row in found if post is None or row.post == post]
    return sorted(kept, key=lambda row: (row.at, row.post, row.event))[:MOST]


def _of(model: Any, facility: int) -> Any:
    return model.objects.visible_to(scope.current()).filter(organization_id=facility)


def _overlaps(begins: datetime, ends: datetime) -> Q:
    """On duty at some time of the day: nobody stays signed on for longer than three days."""
    recent = Q(since__gte=begins - timedelta(days=3), since__lt=ends)
    return recent & (Q(until__gt=begins) | Q(until__isnull=True, ends_at__gt=begins))


def _tasks(facility: int, begins: datetime, ends: datetime) -> Iterable[Task]:
    """What was taken on that day, and what was opened then and nobody took on; none under seal."""
    taken = Q(accepted_at__gte=begins, accepted_at__lt=ends)
    let_lie = Q(opened_at__gte=begins, opened_at__lt=ends, accepted_at__isnull=True)
    # Nothing is answered for longer than a month after it was asked.
    recent = Q(opened_at__gte=begins - timedelta(days=31), opened_at__lt=ends)
    unsealed = _of(Task, facility).exclude(
        audience__in=(Audience.SEALED_COMPLAINT, Audience.PROSECUTOR)
    )
    found: Iterable[Task] = (
        unsealed.filter(recent, taken | let_lie)
        .select_related("cell", "area", "reopened_by")
        .order_by("opened_at")[:MOST]
    )
    return found


def _walked(facility: int, begins: datetime, ends: datetime) -> Iterable[Any]:
    """Looks of each officer that day: how many, how many of them late, the first and the last."""
    looks = _of(Look, facility).filter(at__gte=begins, at__lt=ends).order_by()
    found: Iterable[Any] = looks.values_list("by_ref").annotate(
        count=Count("pk"),
        late=Count("pk", filter=Q(late_minutes__gt=0)),
        first=Min("at"),
        last=Max("at"),
    )
    return found


def _stood(one: SignOn, names: dict[str, str]) -> Row:
    until = (
        gettext("to %(time)s") % {"time": _clock(one.until)} if one.until else gettext("on duty")
    )
    return Row(
        one.since,
        Post(one.post),
        gettext("Stood on the post"),
        names.get(one.staff_ref, ""),
        "",
        until,
    )


def _done(tasks: list[Task], names: dict[str, str], reader: Actor) -> Iterable[Row]:
    for task, shown in zip(tasks, duty.as_shown(tasks, reader), strict=True):
        how = str(shown.state_title)
        if task.ended_at:
            how = f"{how} {_clock(task.ended_at)} {shown.ended_by}".strip()
        yield Row(
            task.accepted_at or task.opened_at,
            Post(task.accepted_post or task.rule["handler"]),
            gettext("Task taken on") if task.accepted_at else gettext("Task not taken on"),
            names.get(task.accepted_by, ""),
            shown.named,
            how,
        )


def _rounds(one: Any, names: dict[str, str]) -> Row:
    by, count, late, first, last = one
    said = gettext("Looks into cells: %(count)s, late: %(late)s") % {
        "count": count,
        "late": late,
    }
    until = gettext("to %(time)s") % {"time": _clock(last)}
    return Row(first, Post.PATROL, gettext("Rounds"), names.get(by, ""), said, until)


def _missed(facility: int, begins: datetime, ends: datetime) -> Iterable[Row]:
    entries = record.entries_of([RoundMissed.name], since=begins, until=ends)
    found = entries.filter(organization_id=facility).aggregate(
        count=Count("id"), first=Min("occurred_at")
    )
    if found["count"]:
        said = gettext("Looks missed: %(count)s") % {"count": found["count"]}
        yield Row(found["first"], Post.PATROL, gettext("Rounds missed"), "", said, "")


def _handed_over(one: Handover, names: dict[str, str]) -> Row:
    signers = [names.get(ref, "") for ref in (one.signed_by, one.taken_by) if ref]
    how = {
        Standing.PREPARED: gettext("not signed"),
        Standing.SIGNED: gettext("signed by the outgoing leader"),
        Standing.TAKEN: gettext("signed by both"),
    }[Standing(one.standing)]
    return Row(one.at, Post.DUTY_LEADER, gettext("Handover"), " → ".join(signers), "", how)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(clock.LOCAL):%H:%M}"
