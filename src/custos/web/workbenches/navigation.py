"""The workbenches in the top bar."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import Post
from custos.foundation.ui import calls, navigation
from custos.foundation.ui.calls import Call
from custos.prevention.duty import queries
from custos.prevention.duty.assessment.ledger import READERS as LEDGER_READERS
from custos.prevention.duty.assessment.services import READERS
from custos.prevention.duty.handover.services import OVERSEEING, SIGNERS
from custos.prevention.duty.roster.facts import ROSTERED
from custos.prevention.duty.roster.services import PLANNING
from custos.prevention.duty.rounds.services import LOOKING

#: Posts that are asked only for what others let lie: they begin with what they oversee.
_OVERSEEING = (Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT)


def _on_duty(acting: Any) -> bool:
    return acting.post not in _OVERSEEING or queries.asks(acting.post)


def _after_own_work(order: int) -> Callable[[Any], int]:
    """First for posts that have a workbench of their own; behind their own pages for who oversees."""
    return lambda acting: order + 50 if acting.post in _OVERSEEING else order


navigation.register(
    "duty",
    pgettext_lazy("what to do", "Now"),
    icon="bell",
    order=_after_own_work(10),
    shown=_on_duty,
)
navigation.register(
    "duty_answers", _("Answers"), icon="checks", order=_after_own_work(20), shown=_on_duty
)
navigation.register(
    "duty_reported", _("Reported"), icon="report", order=_after_own_work(25), shown=_on_duty
)
navigation.register(
    "rounds",
    _("Rounds"),
    icon="walk",
    # Whoever walks them begins there; leaders look at them when they are told.
    order=lambda acting: 15 if acting.post is Post.PATROL else 60,
    shown=lambda acting: acting.post in LOOKING and acting.organization.tier is Tier.FACILITY,
)
navigation.register(
    "handover_now",
    _("Handover"),
    icon="switch-horizontal",
    order=46,
    shown=lambda acting: acting.post in SIGNERS and acting.organization.tier is Tier.FACILITY,
)
navigation.register(
    "roster",
    _("Roster"),
    icon="calendar",
    order=47,
    shown=lambda acting: acting.post in PLANNING and acting.organization.tier is Tier.FACILITY,
)
navigation.register(
    "my_duty",
    _("My shifts"),
    icon="clock",
    order=_after_own_work(55),
    shown=lambda acting: acting.post in ROSTERED and acting.organization.tier is Tier.FACILITY,
)
navigation.register(
    "handovers",
    _("Handovers"),
    icon="switch-horizontal",
    order=65,
    shown=lambda acting: acting.post in OVERSEEING,
)
navigation.register(
    "assessment",
    _("Assessment of duty"),
    icon="chart-bar",
    order=62,
    shown=lambda acting: acting.post in READERS,
)
navigation.register(
    "assessment_own",
    _("My duty"),
    icon="user-check",
    order=70,
    shown=lambda acting: (
        acting.post not in (*READERS, *_OVERSEEING) and acting.organization.tier is Tier.FACILITY
    ),
)
navigation.register(
    "duty_ledger",
    _("Ledger of duty"),
    icon="list-check",
    order=66,
    shown=lambda acting: (
        acting.post in LEDGER_READERS and acting.organization.tier is Tier.FACILITY
    ),
)
navigation.register(
    "facility_home",
    _("Facility"),
    icon="building-community",
    # Oversight and leaders ask how the facilities stand; whether the machines do comes last.
    order=lambda acting: {Post.OVERSIGHT: 5, Post.LEADER: 15}.get(acting.post, 40),
)
navigation.register(
    "operations",
    _("Operations"),
    icon="activity",
    # How the machines do is what this post is there for.
    order=lambda acting: 5 if acting.post is Post.SYSTEM_ADMIN else 90,
)


def _calls(acting: Any) -> list[Call]:
    return [
        Call(
            task.named,
            task.severity,
            task.wanted_by,
            f"{reverse('duty')}?task={task.id}#item",
            every=reverse("duty"),
        )
        for task in queries.calls(acting.actor)
    ]


calls.register("duty", _calls)
