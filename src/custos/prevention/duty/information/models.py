"""What was reported by whom, and the files by which facilities changed the catalogue."""

from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class Observation(models.Model):
    """One piece of information as it was taken in. `client_id` is made where it was typed.

    The row is how a device's repetition is known, and how whoever reported it finds what became of it.
    What was said stands in the entry alone; of what is sealed, so does whom it is about.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    client_id = models.UUIDField()
    by_ref = models.TextField()
    #: The post on which it was reported; empty for what was taken in before this was kept.
    by_post = models.CharField(max_length=32, blank=True, default="")
    digest = models.CharField(max_length=64)
    type_id = models.CharField(max_length=32)
    title = models.JSONField()
    severity = models.SmallIntegerField()
    entry_id = models.UUIDField(unique=True)
    custody_id = models.UUIDField(null=True)
    place = models.CharField(max_length=100, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "by_ref", "client_id"], name="duty_observation_once"
            ),
            models.CheckConstraint(
                condition=Q(severity__range=(1, 4)), name="duty_observation_severity"
            ),
        ]
        indexes = [
            # what became of what one reported, latest first
            models.Index(fields=["by_ref", "-recorded_at"], name="duty_observation_mine"),
            # what was reported in a facility's month
            models.Index(fields=["organization", "occurred_at"], name="duty_observation_when"),
        ]

    def __str__(self) -> str:
        return f"{self.type_id} {self.client_id}"


class FacilityCatalogue(models.Model):
    """A file by which a facility added types, made shipped ones stricter, or set its shifts; see
    `catalogue.FacilityFile`. Appended, never changed: the latest that holds on a day is the one in use.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    version = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    valid_from = models.DateField()
    reason = models.TextField()
    adopted_by = models.TextField()
    adopted_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "version"], name="duty_facilitycatalogue_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} v{self.version}"
