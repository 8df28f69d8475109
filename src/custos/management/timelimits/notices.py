"""What limits put into the bell: warnings that name the reader's post and open no task for it."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from custos.foundation.ui import bell
from custos.foundation.ui.bell import Notice
from custos.management.timelimits import queries

_LATEST = 10


def warnings(acting: Any) -> Iterator[Notice]:
    """Open warnings for the post on which somebody acts. One query."""
    for one in queries.warnings_for(acting.post, acting.organization.pk, _LATEST):
        tone, state = one.sign
        yield Notice(
            # A warning that is said again is news again.
            f"limit:{one.id}:{one.step}",
            one.title,
            reverse("limit_warning", args=[one.id]),
            one.raised_at,
            line=one.state_title,
            tone=tone,
            state=state,
            place=reverse("limits"),
        )


bell.register("limits", warnings)
