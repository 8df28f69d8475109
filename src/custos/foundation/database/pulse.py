"""Signs of life of what runs in the background, so that its silence can be seen."""

from datetime import datetime

from custos.foundation import clock
from custos.foundation.database import wakes
from custos.foundation.database.models import Pulse

#: Beats after every round in which each sweep has done its work.
SWEEPS = "sweeps"
#: Before an organization's number: when something that screens show and no entry tells of last changed.
STIRRED = "stirred:"


def beat(name: str) -> None:
    """Note that `name` has just done its work."""
    Pulse.objects.bulk_create(
        [Pulse(name=name, at=clock.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def stir(organization_id: int) -> None:
    """Let open screens look again at what concerns an organization, once the transaction is committed.

    For changes that write no entry, such as a request for a second person; entries are seen by themselves.
    """
    beat(f"{STIRRED}{organization_id}")
    wakes.once_committed()


def beats() -> dict[str, datetime]:
    """When each part last did its work. One query."""
    parts = Pulse.objects.exclude(name__startswith=STIRRED).order_by("name")
    return dict(parts.values_list("name", "at"))


def last_beat(name: str) -> datetime | None:
    """When `name` last did its work; None if never."""
    return Pulse.objects.filter(pk=name).values_list("at", flat=True).first()
