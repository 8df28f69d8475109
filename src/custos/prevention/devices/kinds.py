"""Entries about devices, and what devices report that concerns people."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers
from custos.prevention.devices.timing import Timing


class DeviceRegistered(Kind):
    """A device was made known: its messages count from now on."""

    name, version = "device.registered", 1
    title = _("Device registered")
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, system=True)
    readers = Readers.STAFF
    device: UUID
    device_kind: str
    device_name: str
    topic_prefix: str
    token: str

    def line(self) -> str:
        return self.device_name


class DeviceSwitched(Kind):
    """A device was switched off in Custos, so that its messages are refused, or on again."""

    name, version = "device.switched", 1
    title = _("Device switched on or off")
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, police_only=True)
    readers = Readers.STAFF
    device: UUID
    device_name: str
    enabled: bool
    reason: str

    def line(self) -> str:
        return f"{self.device_name}: {self.reason}"


class EmergencyButtonPressed(Kind):
    """Somebody pressed the emergency button of a cell.

    `device_time` is the time the device gave, which is when it happened unless its clock is wrong
    (the time of arrival where it gave none that can be read); `received_at` is when the message
    reached this installation.
    """

    name, version = "alarm.emergency_button", 1
    title = _("Emergency button pressed")
    writers = Writers.devices()
    readers, converges = Readers.STAFF, True
    device: UUID
    device_name: str
    device_time: datetime
    received_at: datetime
    timing: Timing

    def line(self) -> str:
        if self.timing is Timing.LATE:
            return gettext("%(device)s; the message arrived late") % {"device": self.device_name}
        if self.timing is Timing.NO_TIME:
            return gettext("%(device)s; it gave no time") % {"device": self.device_name}
        if not self.timing.believed:
            return gettext("%(device)s; the device's clock is wrong") % {"device": self.device_name}
        return self.device_name
