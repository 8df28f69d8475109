"""What limits bring to a handover: whose custody ends soon, or has no basis any more."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from custos.management.timelimits import queries
from custos.management.timelimits.queries import ClockShown
from custos.prevention.duty.handover import plan, registry
from custos.prevention.duty.handover.plan import Draft


def ends_soon(facility: int, at: datetime) -> Iterator[Draft]:
    """Limits that have ended or end within the hours that the rules of handovers name. One query."""
    for detainee, shown in queries.pressing(facility, at + plan.rules().limits_within):
        over = shown.unheld_since is not None or shown.due_at is None or shown.due_at <= at
        yield Draft(
            "limits",
            partial(_words, shown),
            severity=1 if over else 2,
            custody=shown.custody_id,
            detainee=detainee,
            due_at=shown.due_at,
        )


def _words(shown: ClockShown) -> str:
    stage = shown.state_title if shown.state else ""
    return " · ".join(part for part in (stage, str(shown.sign[1])) if part)


registry.register("limits", ends_soon)
