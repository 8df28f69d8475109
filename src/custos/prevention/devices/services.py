"""What may be done about devices."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor
from custos.prevention.devices.kinds import DeviceRegistered, DeviceSwitched
from custos.prevention.devices.models import Device, DeviceKind


def register(
    organization: Organization,
    *,
    kind: DeviceKind,
    name: str,
    topic_prefix: str,
    token: str = "",
    cell: Cell | None = None,
    by: Actor,
) -> Device:
    """Make a device known. The listener hears of it within its next refresh.

    Raises `Malformed` for a prefix that MQTT could not carry, a cell of another facility or a button
    without cell and input,
    `Conflict` where another device has the same address.
    """
    if not topic_prefix or any(sign in topic_prefix for sign in "#+\x00"):
        raise Malformed(
            "device.prefix",
            _("A topic prefix has at least one character and none of # and +."),
            field="topic_prefix",
        )
    if cell and cell.organization_id != organization.pk:
        raise Malformed(
            "device.cell_elsewhere", _("That cell belongs to another facility."), field="cell"
        )
    if kind is DeviceKind.EMERGENCY_BUTTON and not (cell and token):
        raise Malformed(
            "device.button_place",
            _("An emergency button belongs to a cell and has an input token."),
            field="cell",
        )
    with record.deed() as deed:
        if Device.objects.filter(topic_prefix=topic_prefix, token=token).exists():
            raise Conflict(
                "device.address_taken",
                _("Another device has this topic prefix and input token."),
                field="topic_prefix",
            )
        device = Device.objects.create(
            organization=organization,
            kind=kind,
            name=name,
            topic_prefix=topic_prefix,
            token=token,
            cell=cell,
        )
        deed.append(
            DeviceRegistered(
                device=device.pk,
                device_kind=kind,
                device_name=name,
                topic_prefix=topic_prefix,
                token=token,
            ),
            about=device,
            by=by,
        )
    return device


def switch(device_id: UUID, *, enabled: bool, reason: str, by: Actor) -> Device:
    """Switch a device on or off in Custos, with the reason. Off, its messages are refused and kept.

    Raises `Malformed` without a reason, `Missing` out of scope, `NotAllowed` for who may not.
    """
    if not reason.strip():
        raise Malformed("device.no_reason", _("This cannot be empty."), field="reason")
    with record.deed() as deed:
        device = (
            Device.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=device_id)
            .first()
        )
        if device is None:
            raise Missing("device.no_such", _("There is no such device."))
        if device.enabled == enabled:
            return device
        device.enabled = enabled
        device.save(update_fields=["enabled"])
        deed.append(
            DeviceSwitched(
                device=device.pk, device_name=device.name, enabled=enabled, reason=reason.strip()
            ),
            about=device,
            by=by,
        )
    return device
