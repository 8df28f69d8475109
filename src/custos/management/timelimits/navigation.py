"""Limits of custody in the top bar."""

from django.utils.translation import gettext_lazy as _

from custos.foundation.ui import navigation

navigation.register("limits", _("Limits of custody"), icon="hourglass", order=32)
