"""The workbenches in the top bar."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.record.parties import Post
from custos.foundation.ui import navigation
from custos.web.workbenches.operations import READERS

#: Posts that no rule of the duty catalogue asks yet still have answers to read.
_WITHOUT_DUTY = (Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT)


def _on_duty(acting: Any) -> bool:
    return acting.post not in _WITHOUT_DUTY


navigation.register("duty", _("Now"), icon="bell", order=10, shown=_on_duty)
navigation.register("duty_answers", _("Answers"), icon="checks", order=20, shown=_on_duty)
navigation.register(
    "operations",
    _("Operations"),
    icon="activity",
    order=90,
    shown=lambda acting: acting.post in READERS,
)
