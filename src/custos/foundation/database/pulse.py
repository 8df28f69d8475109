"""Signs of life of what runs in the background, so that its silence can be seen."""

from collections.abc import Iterable
from datetime import datetime

from custos.foundation import clock
from custos.foundation.database import wakes
from custos.foundation.database.models import Pulse

#: Beats after every round of sweeps in which what is open climbed.
SWEEPS = "sweeps"
#: Before a sweep's name: since when it fails; gone once it succeeds.
FAILING = "failing:"
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


def say_failing(names: Iterable[str]) -> None:
    """Note which sweeps failed in the round that just ended. One query where nothing changed."""
    now_failing = {f"{FAILING}{name}" for name in names}
    known = set(Pulse.objects.filter(name__startswith=FAILING).values_list("name", flat=True))
    if new := now_failing - known:
        Pulse.objects.bulk_create(
            [Pulse(name=name, at=clock.now()) for name in new], ignore_conflicts=True
        )
    if mended := known - now_failing:
        Pulse.objects.filter(name__in=mended).delete()


def failing() -> dict[str, datetime]:
    """The sweeps that fail, each with since when. One query."""
    rows = Pulse.objects.filter(name__startswith=FAILING).order_by("name")
    return {name.removeprefix(FAILING): at for name, at in rows.values_list("name", "at")}


def beats() -> dict[str, datetime]:
    """When each part last did its work. One query."""
    parts = Pulse.objects.exclude(name__startswith=STIRRED).exclude(name__startswith=FAILING)
    return dict(parts.order_by("name").values_list("name", "at"))


def last_beat(name: str) -> datetime | None:
    """When `name` last did its work; None if never."""
    return Pulse.objects.filter(pk=name).values_list("at", flat=True).first()
