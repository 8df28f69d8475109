"""Questions about devices, in the scope of whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.prevention.devices import timing
from custos.prevention.devices.models import Device, RefusedMessage, Telemetry
from custos.prevention.devices.refusals import TITLES


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


@dataclass(frozen=True, slots=True)
class RefusedShown:
    """A refused message as the operations page shows it."""

    reason: str
    title: Any
    detail: str
    topic: str
    size: int
    times: int
    received_at: datetime
    last_received_at: datetime
    beginning: str


def refused_messages(limit: int = 50) -> list[RefusedShown]:
    """The latest refused messages of the scope. One query."""
    rows = RefusedMessage.objects.visible_to(scope.current()).order_by("-last_received_at")[:limit]
    return [
        RefusedShown(
            row.reason,
            TITLES.get(row.reason, row.reason),
            row.detail,
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
    """Devices in use that were not heard for longer than the rule allows, or never. One query."""
    moment = now or clock.now()
    since = moment - timedelta(minutes=timing.rule().silent_after_minutes)
    return list(
        Device.objects.visible_to(scope.current())
        .filter(Q(last_heard__lt=since) | Q(last_heard__isnull=True), enabled=True)
        .select_related("cell", "organization")
        .order_by(F("last_heard").asc(nulls_first=True), "name")[:limit]
    )


def wrong_clocks(now: datetime | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Devices whose clock was not believed during the last day; the latest case. Two queries."""
    moment = now or clock.now()
    rows = (
        Telemetry.objects.visible_to(scope.current())
        .filter(
            reported_at__gte=moment - timedelta(days=1),
            timing__in=[timing.Timing.CLOCK_AHEAD, timing.Timing.CLOCK_BEHIND],
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
