"""Arrival and people in the top bar."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui import navigation
from custos.management.reception.release.views import LOOKING
from custos.management.reception.wizards import takes_part


def _holds(acting: Any) -> bool:
    return acting.post in DUTY_POSTS and acting.organization.tier is Tier.FACILITY


def _looks_at_leaving(acting: Any) -> bool:
    return acting.post in LOOKING


navigation.register("people", _("People"), icon="users", order=30)
navigation.register("registers", _("Registers"), icon="clipboard-list", order=45)
navigation.register("beds", _("Beds"), icon="bed", order=40, shown=_holds)
navigation.register("roll", _("Roll and counts"), icon="list-check", order=42, shown=_holds)
navigation.register("movements", _("Out and back"), icon="walk", order=44, shown=_holds)
navigation.register(
    "reception_board",
    _("Reception board"),
    icon="user-plus",
    # Whoever stands at the desk works here, and is asked for tasks besides.
    order=lambda acting: 5 if acting.post is Post.ADMISSION else 31,
    shown=takes_part,
)
navigation.register("releases", _("Leaving"), icon="door", order=32, shown=_looks_at_leaving)
