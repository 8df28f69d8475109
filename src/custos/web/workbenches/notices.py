"""What duty puts into the bell: tasks that wait for somebody of the post, and answers that came back."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui import bell
from custos.foundation.ui.bell import Notice
from custos.prevention.duty import queries
from custos.prevention.duty.roster import queries as roster
from custos.prevention.duty.roster.models import SwapState
from custos.prevention.duty.roster.services import PLANNING

_LATEST_ANSWERS = 10


def _duty(acting: Any) -> Iterator[Notice]:
    for task in queries.now_list(acting.actor):
        if task.may_accept:
            yield Notice(
                # What climbs to another post of the same account is news to that post.
                f"task:{task.id}:{acting.post}",
                task.named,
                f"{reverse('duty')}?task={task.id}#item",
                task.opened_at,
                line=_("To accept"),
                severity=task.severity,
                due_at=task.wanted_by,
            )
    for task in queries.echoes(acting.actor, _LATEST_ANSWERS):
        assert task.ended_at is not None  # what came back has ended
        yield Notice(
            f"answer:{task.id}",
            task.named,
            reverse("duty_task", args=[task.id]),
            task.ended_at,
            line=task.result,
            tone=task.tone,
            state=task.ended_by or task.state_title,
        )


def _roster(acting: Any) -> Iterator[Notice]:
    """Shifts of one's own that were published or changed, and swaps that wait for one's word."""
    ref, facility = acting.actor.ref, acting.organization.pk
    for one in roster.news(ref):
        title = (
            _("Your shifts are published") if one.sort == "published" else _("A shift was changed")
        )
        shown = f"{one.day:%Y-%m}" if one.sort == "published" else f"{one.day:%Y-%m-%d}"
        yield Notice(
            f"roster:{one.pk}",
            title,
            reverse("my_duty"),
            one.at,
            line=" · ".join(part for part in (shown, one.reason) if part),
            tone="doing",
            state=_("Roster"),
        )
    decides = acting.post in PLANNING
    for swap in roster.swaps(facility, of="" if decides else ref):
        mine = swap.other_ref == ref and swap.state == SwapState.ASKED
        leads = decides and swap.waits_for_leader and ref not in (swap.asked_by_ref, swap.other_ref)
        if mine or leads:
            yield Notice(
                f"swap:{swap.id}:{swap.state}",
                _("Swap of shifts to approve") if leads else _("A colleague asks to swap a shift"),
                reverse("roster_swaps" if leads else "my_duty"),
                swap.asked_at,
                line=f"{swap.asked_by} · {swap.day:%Y-%m-%d} {swap.turn}",
                tone="waiting",
                state=_("To answer"),
            )


bell.register("duty", _duty)
bell.register("roster", _roster)
