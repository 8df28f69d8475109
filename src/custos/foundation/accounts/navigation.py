"""What waits for a second person, and the administrators' pages, in the top bar."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import confirmations
from custos.foundation.ui import navigation


def _may_confirm(acting: Any) -> bool:
    return acting.post in confirmations.seconds()


navigation.register("confirmations", _("Confirm"), icon="user-check", order=60, shown=_may_confirm)
navigation.register("accounts", _("Staff accounts"), icon="users", order=30)
navigation.register("access_log", _("Access log"), icon="eye", order=30)
navigation.register("sign_ins", _("Sign-ins"), icon="login", order=31)
navigation.register("boards", _("Wall boards"), icon="layout-grid", order=80)
navigation.register("glass", _("Emergency openings"), icon="eye", order=70)
