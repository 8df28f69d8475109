"""The handheld in the top bar, for posts that collect information."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui import navigation
from custos.prevention.duty.information.types import ANYONE


def _collects(acting: Any) -> bool:
    return acting.post in ANYONE and acting.organization.tier is Tier.FACILITY


navigation.register("handheld", _("Collect"), icon="plus", order=35, shown=_collects)
