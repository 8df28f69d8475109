"""What duty itself brings to the workbenches: rounds, orders, the next shift, people with tasks, posts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from custos.foundation import clock
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import queries as record
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui import workbench
from custos.foundation.ui.wording import enumerated
from custos.foundation.ui.workbench import Coming, Manned, OnIt, Theirs, Todo
from custos.prevention.duty import orders, queries
from custos.prevention.duty.roster.facts import ROSTERED
from custos.prevention.duty.rounds import queries as rounds
from custos.prevention.duty.shifts import plan
from custos.prevention.duty.shifts import queries as shifts

#: A missed round is of the level of its task.
_MISSED = 3
#: So many cells are named in its row.
_NAMED = 12
#: The next cells to be looked into; the rest stand on their page.
_ROUNDS = 3


def missed_rounds(acting: Any) -> Iterator[Todo]:
    """The cells that nobody looked into in time, as one row that names them. One query."""
    late = rounds.late(acting.organization.pk)
    if late:
        cell, _name, since = late[0]
        alone = len(late) == 1
        yield Todo(
            "rounds",
            rounds.late_said(len(late)),
            reverse("round_cell", args=[cell]) if alone else reverse("rounds"),
            _MISSED,
            ("late", _("missed")),
            by=since,
            note=enumerated(name for _cell, name, _since in late[:_NAMED])
            + ("…" if len(late) > _NAMED else ""),
        )


def rounds_next(acting: Any) -> Iterator[Coming]:
    """The cells to be looked into next. One query."""
    for cell, name, at in rounds.next_due(acting.organization.pk, _ROUNDS):
        yield Coming(
            _("Look into cell %(cell)s") % {"cell": name},
            at,
            due=True,
            url=reverse("round_cell", args=[cell]),
        )


def change_of_shifts(acting: Any) -> Iterator[Coming]:
    """When the next shift begins, which is counted at too. One query."""
    if acting.organization.tier is not Tier.FACILITY:
        return
    known = shifts.shifts_of(acting.organization.pk, clock.now())
    ends = plan.shift_at(known, clock.now()).ends
    following = shifts.named(plan.shift_at(known, ends + timedelta(minutes=1)))
    hands_over, counts = acting.post is Post.DUTY_LEADER, acting.post is Post.PATROL
    yield Coming(
        _("%(shift)s begins") % {"shift": following},
        ends,
        note=_("hand over, both sign") if hands_over else _("count the people") if counts else "",
        url=reverse("handover_now") if hands_over else reverse("roll") if counts else "",
    )


def orders_out(acting: Any) -> Iterator[Coming]:
    """Orders of the facility whose result is to come. Two queries."""
    for one in orders.without_result(acting.actor):
        yield Coming(
            one.title,
            one.wanted_by,
            due=True,
            note=" · ".join(filter(None, [str(one.post_title), str(one.state_title), one.holder])),
            url=f"{reverse('duty')}?task={one.id}",
            custody=one.custody_id,
        )


def with_tasks(acting: Any) -> Iterator[Theirs]:
    """Whom the tasks of the reader's post are about. One query."""
    for one in queries.concerned(acting.actor):
        words = ngettext("%(number)s task", "%(number)s tasks", one.tasks) % {"number": one.tasks}
        rank = 0 if one.severity == 1 else 1
        yield Theirs(one.custody_id, rank, words, one.wanted_by, due=True)


def posts_now(acting: Any) -> Iterator[Manned]:
    """Who is on each post, since when, when they last wrote anything, and what is late there; from
    sign-ons and entries alone. Five queries.
    """
    facility = acting.organization
    if facility.tier is not Tier.FACILITY:
        return
    on = shifts.on_post(facility.pk)
    needed, late = (
        shifts.strength_of(facility.pk, clock.now()),
        queries.overdue_by_post(facility.pk),
    )
    acts = record.last_acts(facility.pk, {one.staff_ref for one in on})
    for post in Post:
        people = [one for one in on if one.post == post]
        wrong = []
        if short := max(needed.get(post, 0) - len({one.staff_ref for one in people}), 0):
            wrong.append(
                ngettext("%(number)s short", "%(number)s short", short) % {"number": short}
            )
        if overdue := late.get(post, 0):
            words = ngettext("%(number)s task late", "%(number)s tasks late", overdue)
            wrong.append(words % {"number": overdue})
        if people or wrong:
            yield Manned(
                post.title,
                tuple(wrong),
                tuple(OnIt(one.name, one.since, acts.get(one.staff_ref)) for one in people),
            )


workbench.register(workbench.NOW, "rounds", missed_rounds, posts=(Post.PATROL,))
workbench.register(workbench.NEXT, "rounds", rounds_next, posts=(Post.PATROL,))
workbench.register(workbench.NEXT, "shifts", change_of_shifts, posts=ROSTERED)
workbench.register(workbench.NEXT, "orders", orders_out, posts=orders.GIVERS)
workbench.register(workbench.PEOPLE, "tasks", with_tasks, posts=DUTY_POSTS)
workbench.register(workbench.POSTS, "posts", posts_now, posts=orders.GIVERS)
