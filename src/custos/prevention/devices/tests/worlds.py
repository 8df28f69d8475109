"""Small worlds for the tests of the duty loop."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind
from custos.prevention.devices import services
from custos.prevention.devices.intake import Received
from custos.prevention.devices.models import Device, DeviceKind

FACILITY = 101_001_001
SYSTEM = scope.Scope.of_system("tests")


def a_facility(number: int = FACILITY) -> Organization:
    """A detention centre."""
    found, _made = Organization.objects.get_or_create(
        id=number, defaults={"name": f"Centre {number}"}
    )
    return found


def a_cell(name: str = "", number: int = FACILITY) -> Cell:
    """A cell of a facility."""
    return Cell.objects.create(
        organization=a_facility(number), name=name or f"A{uuid4().hex[:6]}", capacity=12
    )


def a_button(cell: Cell) -> Device:
    """An emergency button in a cell."""
    return services.register(
        cell.organization,
        kind=DeviceKind.EMERGENCY_BUTTON,
        name=f"{cell.name} button",
        topic_prefix=f"{cell.organization_id}/{cell.name}",
        token="button",
        cell=cell,
        by=Actor.system("tests"),
    )


def somebody(post: Post, kind: StaffKind = StaffKind.OFFICER) -> Actor:
    """A member of staff on a post."""
    return Actor(ActorKind.STAFF, str(uuid4()), post, kind)


def topic_of(device: Device) -> str:
    """Where the button publishes."""
    return f"{device.topic_prefix}/onvif-ej/Device/Trigger/DigitalInput/&{device.token}"


def payload_of(device: Device, at: datetime | None = None, *, state: str = "true") -> bytes:
    """What the button publishes."""
    body = {
        "UtcTime": (at or clock.now()).isoformat(),
        "Source": {"InputToken": device.token},
        "Data": {"LogicalState": state},
    }
    return json.dumps(body).encode()


def a_press(
    device: Device,
    *,
    ago: timedelta = timedelta(0),
    state: str = "true",
    retained: bool = False,
    repeated: bool = False,
) -> Received:
    """A message of the button as it arrives now; it was sent `ago`."""
    now = clock.now()
    return Received.of(
        topic_of(device),
        payload_of(device, now - ago, state=state),
        now,
        retained=retained,
        repeated=repeated,
    )
