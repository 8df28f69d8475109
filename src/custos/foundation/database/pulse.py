"""Signs of life of what runs in the background, so that its silence can be seen."""

from datetime import datetime

from custos.foundation import clock
from custos.foundation.database.models import Pulse

#: Beats after every round in which each sweep has done its work.
SWEEPS = "sweeps"


def beat(name: str) -> None:
    """Note that `name` has just done its work."""
    Pulse.objects.bulk_create(
        [Pulse(name=name, at=clock.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last_beat(name: str) -> datetime | None:
    """When `name` last did its work; None if never."""
    return Pulse.objects.filter(pk=name).values_list("at", flat=True).first()
