"""Devices, over the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    DeviceId,
    Line,
    Name,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    Translated,
    like,
    told,
)
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import Post
from custos.prevention.devices import kinds, queries, services
from custos.prevention.devices.models import DeviceKind

router = Router(_("Devices"))

_READ, _WRITE = "devices:read", "devices:write"
_DEVICE = "0198c5a2-7f00-7000-8000-0000000000d1"


class DeviceShown(Shape):
    """Something that reports over MQTT."""

    model_config = like(
        id=_DEVICE, organization_id=110101002, kind="emergency_button", name="Button A101",
        cell_id=_DEVICE, topic_prefix="110101002/io-1", token="1", enabled=True,  # noqa: S106 - an MQTT input
        last_heard="2026-03-02T01:30:00Z",
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    kind: DeviceKind = Field(description="What it is.")
    name: str = Field(description="Its name.")
    cell_id: UUID | None = Field(description="The cell it stands in.")
    topic_prefix: str = Field(description="The TopicPrefix that it publishes under.")
    token: str = Field(description="The InputToken; empty: all its other events.")
    enabled: bool = Field(description="Whether its messages are heard.")
    last_heard: datetime | None = Field(description="When it was last heard; null: never.")


class DeviceFilter(Paging):
    """Which devices."""

    organization: OrganizationNumber | None = told("Those of this subtree.", 110101002)
    kind: DeviceKind | None = told("Those of this kind.", "camera")
    enabled: bool | None = told("Those that are heard, or those that are not.", True)


@router.read("/devices", gives=Page[DeviceShown], scope=_READ, summary=_("List devices"))
def list_devices(call: Call, wanted: Query[DeviceFilter]) -> Any:
    """Devices of one's organizations, in the order in which they became known."""
    return paging.page(
        "list_devices",
        wanted,
        lambda after, limit: queries.listed(
            organization=wanted.organization,
            kind=wanted.kind or "",
            enabled=wanted.enabled,
            after=after[0] if after else None,
            limit=limit,
        ),
        lambda one: (one.pk,),
    )


@router.read("/devices/{device}", gives=DeviceShown, scope=_READ, summary=_("Show a device"))
def show_device(call: Call, device: DeviceId) -> Any:
    """One device."""
    return queries.device(device)


class NewDevice(Asked):
    """A device to make known."""

    model_config = like(
        organization=110101002, kind="emergency_button", name="Button A101", cell=_DEVICE,
        topic_prefix="110101002/io-1", token="1",  # noqa: S106 - an MQTT input
    )  # fmt: skip
    organization: OrganizationNumber = Field(description="The facility.")
    kind: DeviceKind = Field(description="What it is.")
    name: Annotated[Name, Field(max_length=100)] = Field(description="Its name.")
    cell: UUID | None = Field(None, description="The cell it stands in; a button has one.")
    topic_prefix: Annotated[Name, Field(pattern=r"^[^#+]+$")] = Field(
        description="The TopicPrefix that it publishes under."
    )
    token: Annotated[Line, Field(max_length=100)] = Field(
        "", description="The InputToken; a button has one."
    )


@router.write(
    "/devices",
    gives=DeviceShown,
    scope=_WRITE,
    posts=kinds.DeviceRegistered.writers.allowed_posts,
    integrations=True,
    made=True,
    summary=_("Register a device"),
)
def register_device(call: Call, new: NewDevice) -> Any:
    """Makes a device known; the listener hears of it within its next refresh."""
    return services.register(
        organizations.in_scope(new.organization),
        kind=new.kind,
        name=new.name,
        topic_prefix=new.topic_prefix,
        token=new.token,
        cell=organizations.cell(new.cell) if new.cell else None,
        by=call.actor,
    )


class Switch(Asked):
    """Whether a device is heard from now on, and why."""

    model_config = like(enabled=False, reason="Reports without end; repaired tomorrow.")
    enabled: bool = Field(description="Whether it is heard.")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")


@router.write(
    "/devices/{device}/switch",
    gives=DeviceShown,
    scope=_WRITE,
    posts=kinds.DeviceSwitched.writers.allowed_posts,
    summary=_("Switch a device on or off"),
)
def switch_device(call: Call, switch: Switch, device: DeviceId) -> Any:
    """Switches a device in Custos. Off, its messages are refused and kept."""
    return services.switch(device, enabled=switch.enabled, reason=switch.reason, by=call.actor)


class RefusedShown(Shape):
    """A message that was not acted on, with the reason."""

    model_config = like(
        id=_DEVICE, reason="unknown_device", title="No such device is registered", detail="",
        topic="110101002/io-9/onvif-ej/Device/Trigger/DigitalInput/&9", size=120, times=3,
        received_at="2026-03-02T01:30:00Z", last_received_at="2026-03-02T01:40:00Z",
        beginning="{}",
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    reason: str = Field(description="Why, as a code.")
    title: Translated = Field(description="Why, in the reader's language.")
    detail: str = Field(description="What exactly.")
    topic: str = Field(description="The topic it came under.")
    size: int = Field(description="Its size in bytes.")
    times: int = Field(description="How often it came.")
    received_at: datetime = Field(description="When it first came.")
    last_received_at: datetime = Field(description="When it last came.")
    beginning: str = Field(description="How it begins.")


@router.read(
    "/refused-messages",
    gives=Page[RefusedShown],
    scope=_READ,
    posts=(Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT),
    summary=_("List refused messages"),
)
def list_refused_messages(call: Call, wanted: Query[Paging]) -> Any:
    """Messages of devices that were not acted on, latest first."""
    return paging.page(
        "list_refused_messages",
        wanted,
        lambda after, limit: queries.refused_messages(
            limit, after=(after[0], after[1]) if after else None
        ),
        lambda one: (one.last_received_at, one.id),
    )
