"""Who comes, leaves, is out or watched, and counts: on the workbenches of who sees to it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from custos.foundation import clock
from custos.foundation.custody import place_queries
from custos.foundation.custody.place_queries import Trip
from custos.foundation.record.parties import Post
from custos.foundation.ui import workbench
from custos.foundation.ui.workbench import Coming, Theirs, Todo
from custos.management.reception.admission import board
from custos.management.reception.release import queries as releases
from custos.management.reception.release.kinds import PREPARING
from custos.management.reception.release.views import LOOKING

#: How many of one sort have room among what comes next, and among the people.
_MOST = 8
#: Nobody of the first day is left out for a case officer whose people they are.
_MOST_NEW = 100
#: How many admissions are gone through step by step.
_ADMISSIONS = 6
#: How far ahead a plan is of use to who stands on a post now.
_AHEAD = timedelta(days=2)
#: The first day is the most dangerous one, and the time of the first examination and talk.
_NEW = timedelta(hours=24)

_AT_THE_DOOR = (Post.ADMISSION, Post.MEDICAL)
_LEADING = (Post.DUTY_LEADER, Post.LEADER)
#: Relatives of who leaves come to reception.
_SEEING_OFF = (*PREPARING, Post.RECEPTION)
_HOSPITAL = "hospital"


# ---------------------------------------------------------------------- who comes


def at_the_door(acting: Any) -> Iterator[Todo]:
    """Admissions that aren't complete, with the first step that isn't; to a doctor those with a step of
    theirs. Where more are at the door than are gone through, a last row says how many. Five queries.
    """
    lines = board.at_hand(acting, _ADMISSIONS)
    for line in lines:
        arrival = line.arrival
        if acting.post is not Post.ADMISSION and not line.mine:
            continue
        yield Todo(
            f"arrival:{arrival.pk}",
            line.mine or line.lacking or _begin_or_finish(line),
            line.url or reverse("reception_board"),
            3,
            _how_far(line),
            since=arrival.arrived_at,
            note=arrival.get_sort_display(),
            whom=arrival.name or _("not named yet"),
        )
    more = board.beyond(acting.organization.pk, _ADMISSIONS) if len(lines) == _ADMISSIONS else []
    if more:
        yield Todo(
            "arrivals",
            ngettext(
                "And %(number)s more at the door", "And %(number)s more at the door", len(more)
            )
            % {"number": len(more)},
            reverse("reception_board"),
            3,
            ("todo", _("at the door")),
            since=more[0],
            note=_("all of them stand on the board"),
        )


def _begin_or_finish(line: board.Line) -> str:
    return _("Finish admission") if line.steps else _("Begin the admission")


def _how_far(line: board.Line) -> tuple[str, str]:
    """The place of the step that is named beside it, among all."""
    if not line.steps:
        return "todo", _("at the door")
    if not line.lacking:
        return "done", _("every step is complete")
    at = line.mine_at or line.at
    return "doing", _("step %(at)s of %(steps)s") % {"at": at, "steps": line.steps}


def expected(acting: Any) -> Iterator[Coming]:
    """Who is announced. One query."""
    for arrival in board.expected(acting.organization.pk, _MOST):
        assert arrival.expected_at is not None  # the query asks for those
        yield Coming(
            _("Expected: %(sort)s") % {"sort": arrival.get_sort_display()},
            arrival.expected_at,
            note=arrival.brought_by,
            url=reverse("reception_board"),
            whom=arrival.name or _("not named yet"),
        )


def new_ones(acting: Any) -> Iterator[Theirs]:
    """Who came within the last day. One query."""
    since = clock.now() - _NEW
    for custody, at in place_queries.arrived_since(acting.organization.pk, since, _MOST_NEW):
        yield Theirs(custody, 1, _("new arrival"), at)


# ---------------------------------------------------------------------- who leaves


def late(acting: Any) -> Iterator[Todo]:
    """Who should have left by now. One query."""
    now = clock.now()
    for one in releases.leaving(acting.organization.pk):
        if one.due_at and one.due_at < now:
            yield Todo(
                f"release:{one.id}",
                _("Let leave: %(way)s") % {"way": one.way_title},
                reverse("release", args=[one.id]),
                1,
                ("late", _("late, still here")),
                by=one.due_at,
                custody=one.custody_id,
            )


def leave_next(acting: Any) -> Iterator[Coming]:
    """Whose time to leave runs, and who is to leave today or tomorrow. One query."""
    now = clock.now()
    found = releases.leaving(acting.organization.pk)
    for one in [one for one in found if now <= _leaves(one) <= now + _AHEAD]:
        url = (
            reverse("release", args=[one.id])
            if acting.post in LOOKING
            else reverse("person", args=[one.custody_id])
        )
        words = _("To leave by then: %(way)s") if one.due_at else _("Planned to leave: %(way)s")
        yield Coming(
            words % {"way": one.way_title}, _leaves(one), due=True, url=url, custody=one.custody_id
        )


def to_leave(acting: Any) -> Iterator[Theirs]:
    """Who should have left, and who leaves next. One query."""
    now = clock.now()
    for one in releases.leaving(acting.organization.pk, _MOST):
        if _leaves(one) <= now + _AHEAD:
            rank = 0 if one.due_at and one.due_at < now else 1
            yield Theirs(one.custody_id, rank, _("leaves"), _leaves(one), due=True)


def _leaves(one: releases.Leaving) -> datetime:
    """By when somebody has left: by their document, else by the end of the planned day."""
    if one.due_at:
        return one.due_at
    if one.planned_on is None:
        return datetime.max.replace(tzinfo=clock.LOCAL)
    return datetime.combine(one.planned_on, time(23, 59), clock.LOCAL)


# ---------------------------------------------------------------------- out and back


def _trips(acting: Any) -> list[Trip]:
    """The absences that concern a post: a doctor sees to those in hospital."""
    found = place_queries.trips(acting.organization.pk)
    hospital = acting.post is Post.MEDICAL
    return [one for one in found if not hospital or one.kind == _HOSPITAL]


def behind(acting: Any) -> Iterator[Todo]:
    """Who should be back, and who should have left for where they are awaited. One query."""
    now = clock.now()
    for one in _trips(acting):
        until = one.planned_until if one.left_at else one.planned_from
        if until < now:
            yield Todo(
                f"absence:{one.id}",
                one.kind_title,
                reverse("absence", args=[one.id]),
                2 if one.left_at else 3,
                ("late", _("should be back") if one.left_at else _("should have left")),
                by=until,
                note=one.destination,
                custody=one.custody_id,
            )


def out_and_back(acting: Any) -> Iterator[Coming]:
    """Who goes out next, and who is due back. One query."""
    now = clock.now()
    coming = [
        Coming(
            (_("Back from: %(what)s") if one.left_at else _("Goes out: %(what)s"))
            % {"what": one.kind_title},
            one.planned_until if one.left_at else one.planned_from,
            note=one.destination,
            url=reverse("absence", args=[one.id]),
            custody=one.custody_id,
        )
        for one in _trips(acting)
    ]
    yield from sorted(
        (one for one in coming if now <= one.at <= now + _AHEAD), key=lambda one: one.at
    )


def outside(acting: Any) -> Iterator[Theirs]:
    """Who is outside now; their chip says where and until when. One query."""
    now = clock.now()
    for one in _trips(acting):
        if one.left_at:
            yield Theirs(one.custody_id, 0 if one.planned_until < now else 1)


# ---------------------------------------------------------------------- watch and counts


def watched(acting: Any) -> Iterator[Theirs]:
    """Who must not be alone or is apart by medical order; their chip says which. One query."""
    for one in place_queries.under_orders(acting.organization.pk):
        yield Theirs(one.custody_id, 0)


def reviews(acting: Any) -> Iterator[Coming]:
    """Whose order about their company is to be looked at. One query."""
    until = clock.now() + _AHEAD
    due = [
        one for one in place_queries.under_orders(acting.organization.pk) if one.review_by < until
    ]
    for one in due:
        yield Coming(
            _("Look again at: %(order)s") % {"order": one.title},
            one.review_by,
            due=True,
            url=reverse("person_apart", args=[one.custody_id]),
            custody=one.custody_id,
        )


def counts(acting: Any) -> Iterator[Todo]:
    """Counts that go on and in which the reader may still say their numbers. One query."""
    ref = acting.actor.ref
    for one in place_queries.counts(acting.organization.pk, _MOST):
        both = one.first_ref and one.second_ref
        if one.ended or (both and ref not in (one.first_ref, one.second_ref)):
            continue
        yield Todo(
            f"count:{one.id}",
            _("Count: %(occasion)s") % {"occasion": one.occasion_title},
            reverse("count", args=[one.id]),
            2 if one.recount_by else 3,
            one.state,
            by=one.recount_by,
            since=one.at,
            note=one.area,
        )


_ESCORT = (Post.INTERROGATION,)
_LOOKING_AFTER = (Post.PATROL, Post.CASE_OFFICER, Post.MEDICAL)
_COUNTING = (Post.PATROL, Post.DUTY_LEADER)
_REVIEWING = (Post.CASE_OFFICER, Post.MEDICAL, *_LEADING)

workbench.register(workbench.NOW, "arrivals", at_the_door, posts=_AT_THE_DOOR)
workbench.register(workbench.NEXT, "arrivals", expected, posts=(*_AT_THE_DOOR, Post.DUTY_LEADER))
workbench.register(workbench.PEOPLE, "arrivals", new_ones, posts=(*_LOOKING_AFTER, Post.ADMISSION))
workbench.register(workbench.NOW, "releases", late, posts=(Post.ADMISSION, *_LEADING))
workbench.register(workbench.NEXT, "releases", leave_next, posts=_SEEING_OFF)
workbench.register(workbench.PEOPLE, "releases", to_leave, posts=_SEEING_OFF)
workbench.register(workbench.NOW, "absences", behind, posts=_ESCORT)
workbench.register(
    workbench.NEXT, "absences", out_and_back, posts=(*_ESCORT, *_LOOKING_AFTER, Post.DUTY_LEADER)
)
workbench.register(workbench.PEOPLE, "absences", outside, posts=(*_ESCORT, Post.MEDICAL, *_LEADING))
workbench.register(
    workbench.PEOPLE, "watch", watched, posts=(*_LOOKING_AFTER, Post.PSYCHOLOGIST, *_LEADING)
)
workbench.register(workbench.NEXT, "watch", reviews, posts=_REVIEWING)
workbench.register(workbench.NOW, "counts", counts, posts=_COUNTING)
