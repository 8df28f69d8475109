"""Whose custody ends soon and whose permit has ended, on the workbenches of who sees to it."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from custos.foundation import clock
from custos.foundation.record.parties import Post
from custos.foundation.ui import workbench
from custos.foundation.ui.workbench import Coming, Theirs
from custos.management.timelimits import queries

#: Who talks with the person, leads, or answers for custody here.
_SEEING_TO_IT = (Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)
_MOST = 8


def ends_next(acting: Any) -> Iterator[Coming]:
    """The limits that end within the days in which the notice has to go out. One query."""
    now = clock.now()
    pressing = queries.pressing(acting.organization.pk, now + queries.SOON)
    ahead = [shown for _detainee, shown in pressing if shown.due_at and shown.due_at > now]
    for shown in ahead:
        assert shown.due_at is not None  # those ahead have an end
        yield Coming(
            _("Limit of custody ends"),
            shown.due_at,
            due=True,
            note=shown.state_title,
            url=reverse("person_limits", args=[shown.custody_id]),
            custody=shown.custody_id,
        )


def held_near_their_limit(acting: Any) -> Iterator[Theirs]:
    """Who is held beyond their limit or without one, and whose ends within a week. One query."""
    now = clock.now()
    for _detainee, shown in queries.pressing(acting.organization.pk, now + queries.SOON):
        over = shown.due_at is None or shown.due_at <= now
        near = shown.due_at is not None and shown.due_at <= now + queries.NEAR
        rank = 0 if over else 1 if near else 2
        yield Theirs(shown.custody_id, rank, shown.sign[1], shown.due_at, due=True)


def without_permit(acting: Any) -> Iterator[Theirs]:
    """Whose interrogation permit has ended: nobody interrogates them on it. One query."""
    for custody, until in queries.permits_ended(acting.organization.pk, _MOST):
        yield Theirs(custody, 2, _("permit ended on %(day)s") % {"day": f"{until:%Y-%m-%d}"})


workbench.register(workbench.NEXT, "limits", ends_next, posts=_SEEING_TO_IT)
workbench.register(workbench.PEOPLE, "limits", held_near_their_limit, posts=_SEEING_TO_IT)
workbench.register(workbench.PEOPLE, "permits", without_permit, posts=(Post.INTERROGATION,))
