"""What leaders see of the system itself: what failed, what was refused, who has fallen silent."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from procrastinate.contrib.django.models import ProcrastinateJob

from custos.foundation import clock
from custos.foundation.database import pulse
from custos.foundation.errors import NotAllowed
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.prevention.devices import queries as devices

READERS = (Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT)
_LIMIT = 50

#: What beats as long as it works, about once a second each.
_SIGNS = (
    (pulse.SWEEPS, _("Deadlines and due reactions")),
    ("devices", _("Listening to devices")),
)
_SILENT_AFTER = timedelta(minutes=2)


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """One page; each part says what it would show where there is nothing."""
    acting = request.acting  # type: ignore[attr-defined]
    if not acting or acting.post not in READERS:
        raise NotAllowed(
            "operations.post",
            _("This page is for leaders."),
            mend=_("Ask the duty leader to look."),
        )
    context = {
        "reactions": _failed_reactions(),
        "jobs": _failed_jobs(),
        "refused": devices.refused_messages(_LIMIT),
        "silent": devices.silent(limit=_LIMIT),
        "clocks": devices.wrong_clocks(limit=_LIMIT),
        "signs": [(title, *_sign(name)) for name, title in _SIGNS],
        "organization": acting.organization,
    }
    live = request.headers.get("X-Live") == "true"
    template = "workbenches/_operations.html" if live else "workbenches/operations.html"
    return render(request, template, context)


def _sign(name: str) -> tuple[datetime | None, bool]:
    """When a part last did its work, and whether that is too long ago."""
    at = pulse.last_beat(name)
    return at, at is None or clock.now() - at > _SILENT_AFTER


def _failed_reactions() -> list[dict[str, Any]]:
    rows = record.failed_reactions(_LIMIT)
    lines = record.lines_of({row.entry_id for row in rows}) if rows else {}
    return [
        {
            "reaction": row.reaction,
            "entry": lines[row.entry_id].title if row.entry_id in lines else "",
            "error": row.error,
            "attempts": row.attempts,
            "next_at": row.next_at,
        }
        for row in rows
    ]


def _failed_jobs() -> list[ProcrastinateJob]:
    """Jobs that gave up, latest first. They are the node's and name no person."""
    return list(ProcrastinateJob.objects.filter(status="failed").order_by("-id")[:_LIMIT])
