"""Papers that were issued, and the number that each facility has come to in a year."""

from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class Issued(models.Model):
    """A paper as it left: which template, its number, and the entry whose attachment it is.

    Appended and never changed. Who reads it is who reads that entry.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    year = models.SmallIntegerField()
    number = models.IntegerField()
    mark = models.CharField(max_length=16)
    code = models.CharField(max_length=16)
    version = models.SmallIntegerField()
    entry_id = models.UUIDField()
    audience = models.SmallIntegerField()
    detainee_id = models.UUIDField(null=True, blank=True)
    custody_id = models.UUIDField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "year", "number"], name="documents_number_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="documents_number_from_one"),
        ]
        indexes = [
            models.Index(fields=["custody_id", "-id"], name="documents_of_custody"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.year}/{self.number}"


class Series(models.Model):
    """How far a facility's numbers have come in a year. Locked until the paper is committed, so that a
    paper that isn't issued after all leaves no gap.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    year = models.SmallIntegerField()
    last = models.IntegerField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "year"], name="documents_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.year}: {self.last}"
