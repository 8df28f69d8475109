"""Arrival and people in the top bar."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui import navigation
from custos.management.reception.views import ADMITTING


def _admits(acting: Any) -> bool:
    return acting.post in ADMITTING and acting.organization.tier is Tier.FACILITY


navigation.register("people", _("People"), icon="users", order=30)
navigation.register("admit", _("Admit"), icon="user-plus", order=25, shown=_admits)
