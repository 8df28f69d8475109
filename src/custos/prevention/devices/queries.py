"""Questions about devices, in the scope of whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import range_of
from custos.prevention.devices import timing
from custos.prevention.devices.models import Device, RefusedMessage, Telemetry
from custos.prevention.devices.refusals import TITLES, in_words


@dataclass(frozen=True, slots=True)
class Known:
    """What the intake needs to know of a device."""

    id: UUID
    organization_id: int
    kind: str
    name: str
    cell_id: UUID | None
    enabled: bool


Addresses = dict[tuple[str, str], Known]


def addresses(prefixes: Iterable[str] | None = None) -> Addresses:
    """Devices by topic prefix and token: those of some prefixes, or all. One query."""
    devices = Device.objects.visible_to(scope.current())
    if prefixes is not None:
        devices = devices.filter(topic_prefix__in=list(prefixes))
    wanted = devices.only(
        "topic_prefix", "token", "organization_id", "kind", "name", "cell_id", "enabled"
    )
    return {
        (d.topic_prefix, d.token): Known(
            d.pk, d.organization_id, d.kind, d.name, d.cell_id, d.enabled
        )
        for d in wanted
    }


def organizations_of(prefixes: Iterable[str]) -> dict[str, int]:
    """To whom messages under prefixes without a device belong: the organization whose number the
    prefix begins with, or else the top of this node. Two queries.
    """
    claimed = {
        prefix: int(head)
        for prefix in prefixes
        if (head := prefix.split("/", 1)[0]).isdecimal() and len(head) == 9
    }
    known = set(
        Organization.objects.filter(id__in=set(claimed.values())).values_list("id", flat=True)
    )
    top = Organization.objects.order_by("id").values_list("id", flat=True).first() or scope.LOWEST
    return {
        prefix: number if (number := claimed.get(prefix, 0)) in known else top
        for prefix in prefixes
    }


def listed(
    *,
    organization: int | None = None,
    kind: str = "",
    enabled: bool | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Device]:
    """Devices of the scope in the order in which they became known. One query."""
    found = Device.objects.visible_to(scope.current()).select_related("cell").order_by("id")
    if organization is not None:
        lowest, highest = range_of(organization)
        found = found.filter(organization_id__gte=lowest, organization_id__lte=highest)
    if kind:
        found = found.filter(kind=kind)
    if enabled is not None:
        found = found.filter(enabled=enabled)
    if after is not None:
        found = found.filter(id__gt=after)
    return list(found[:limit])


def device(device_id: UUID) -> Device:
    """One device. Raises `Missing` where the scope has no such device. One query."""
    found = Device.objects.visible_to(scope.current()).select_related("cell").filter(pk=device_id)
    if (one := found.first()) is None:
        raise Missing("device.no_such", _("There is no such device."))
    return one


@dataclass(frozen=True, slots=True)
class RefusedShown:
    """A refused message as the operations page shows it."""

    id: UUID
    reason: str
    title: Any
    detail: str
    topic: str
    size: int
    times: int
    received_at: datetime
    last_received_at: datetime
    beginning: str


def refused_messages(
    limit: int = 50, *, after: tuple[datetime, UUID] | None = None
) -> list[RefusedShown]:
    """The latest refused messages of the scope. One query."""
    found = RefusedMessage.objects.visible_to(scope.current())
    if after is not None:
        at, last = after
        found = found.filter(last_received_at__lte=at).exclude(last_received_at=at, id__gte=last)
    rows = found.order_by("-last_received_at", "-id")[:limit]
    return [
        RefusedShown(
            row.pk,
            row.reason,
            TITLES.get(row.reason, row.reason),
            in_words(row.reason, row.detail),
            row.topic,
            row.size,
            row.times,
            row.received_at,
            row.last_received_at,
            bytes(row.beginning)[:200].decode(errors="replace"),
        )
        for row in rows
    ]


def silent(now: datetime | None = None, limit: int = 50) -> list[Device]:
    """Devices in use that speak by themselves and weren't heard for longer than the rule allows, or
    never; by facility, longest first. One query.
    """
    return list(
        _silent(now)
        .select_related("cell", "organization")
        .order_by("organization_id", F("last_heard").asc(nulls_first=True), "name")[:limit]
    )


def silent_counts(now: datetime | None = None) -> list[tuple[str, int]]:
    """How many devices are silent in each facility that has any, most first. One query."""
    rows = _silent(now).values("organization__name").annotate(devices=Count("id"))
    ordered = rows.order_by("-devices", "organization__name")
    return [(row["organization__name"], row["devices"]) for row in ordered]


def _silent(now: datetime | None) -> Any:
    moment = now or clock.now()
    quiet = Q()
    for kind, minutes in timing.rule().silent_after_minutes.items():
        since = moment - timedelta(minutes=minutes)
        quiet |= Q(kind=kind) & (Q(last_heard__lt=since) | Q(last_heard__isnull=True))
    return Device.objects.visible_to(scope.current()).filter(quiet, enabled=True)


def wrong_clocks(now: datetime | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Devices whose clock was not believed during the last day; the latest case. Two queries."""
    moment = now or clock.now()
    rows = (
        Telemetry.objects.visible_to(scope.current())
        .filter(
            reported_at__gte=moment - timedelta(days=1),
            timing__in=[one for one in timing.Timing if not one.believed],
        )
        .order_by("device_id", "-reported_at")
        .distinct("device_id")
        .values("device_id", "device_time", "received_at", "timing")[:limit]
    )
    found = list(rows)
    names = dict(
        Device.objects.visible_to(scope.current())
        .filter(pk__in=[row["device_id"] for row in found])
        .values_list("id", "name")
    )
    return [row | {"name": names.get(row["device_id"], "")} for row in found]
