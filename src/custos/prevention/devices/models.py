"""Devices, what they measured, and what they said that could not be acted on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Actor, Subject


class DeviceKind(models.TextChoices):
    """What a device is."""

    EMERGENCY_BUTTON = "emergency_button", _("Emergency button")
    CONTACT = "contact", pgettext_lazy("kind of sensor", "Contact")
    CAMERA = "camera", _("Camera")
    DOOR = "door", _("Door controller")


class Device(models.Model):
    """Something that reports over MQTT.

    `topic_prefix` is the TopicPrefix that the device publishes under and `token` the InputToken of
    the one input that this row is about (empty: all its other events). A controller with eight
    buttons is eight devices of one prefix.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    kind = models.CharField(max_length=32, choices=DeviceKind.choices)
    name = models.CharField(max_length=100)
    cell = models.ForeignKey(Cell, null=True, blank=True, on_delete=models.PROTECT)
    topic_prefix = models.CharField(max_length=200)
    token = models.CharField(max_length=100, blank=True, default="")
    enabled = models.BooleanField(default=True)
    last_heard = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic_prefix", "token"], name="devices_address_once"),
            models.CheckConstraint(condition=~Q(topic_prefix=""), name="devices_has_prefix"),
            models.CheckConstraint(
                condition=~Q(kind=DeviceKind.EMERGENCY_BUTTON)
                | (Q(cell__isnull=False) & ~Q(token="")),
                name="devices_button_has_cell_and_token",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def actor(self) -> Actor:
        """The device as the writer of an entry."""
        return Actor.device(self.pk)

    def record_subject(self) -> Subject:
        """Where entries about this device belong."""
        return Subject(self.organization_id, cell_id=self.cell_id)


class Telemetry(models.Model):
    """What a device reported, once. Partitioned by month of `reported_at`; made by SQL.

    `reported_at` is the device's own time where it is believed (or the message is a retained one),
    else the time of arrival. With device, topic and digest it tells a repetition from what is new.
    """

    pk = models.CompositePrimaryKey("device_id", "reported_at", "topic", "digest")
    device_id = models.UUIDField()
    organization_id = models.BigIntegerField()
    topic = models.TextField()
    source = models.TextField()
    data = models.JSONField()
    digest = models.BinaryField()
    device_time = models.DateTimeField()
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()
    timing = models.TextField()

    objects = ScopedManager()

    class Meta:
        managed = False
        db_table = "devices_telemetry"

    def __str__(self) -> str:
        return f"{self.topic} {self.reported_at}"


class RefusedMessage(models.Model):
    """A message that was not acted on, with the reason: kept, counted and shown to leaders.

    The same message for the same reason is one row with a count, so that a device stuck in a fault
    cannot fill the table. `sha256` is of the topic, a zero byte and the payload.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.BigIntegerField()
    reason = models.CharField(max_length=32)
    detail = models.CharField(max_length=200, blank=True, default="")
    topic = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    beginning = models.BinaryField()
    times = models.IntegerField(default=1)
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "reason", "sha256"], name="devices_refused_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["organization_id", "-last_received_at"], name="devices_refused_recent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.topic[:60]}"
