"""Organizations and what a facility is made of."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations import numbers
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import Subject


class Organization(models.Model):
    """A node of the tree ministry → province → city → facility. Its id says its place; see `numbers`.

    The tree itself is not personal data and is seen by everybody, so that names can be shown.
    """

    id = models.BigIntegerField(primary_key=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=50, blank=True)
    kind = models.CharField(max_length=8, blank=True)
    region = models.CharField(max_length=12, blank=True)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    succeeded_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(id__gte=100_000_000) & Q(id__lte=199_999_999),
                name="organizations_numbered",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def tier(self) -> Tier:
        """The tier that the number says."""
        return numbers.tier_of(self.pk)

    def record_subject(self) -> Subject:
        """Entries about an organization as a whole."""
        return Subject(self.pk)


class OrganizationCode(models.Model):
    """A code of an organization under some scheme: opaque text, never taken apart."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="codes")
    scheme = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "code"],
                condition=Q(valid_to__isnull=True),
                name="organizations_code_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scheme}: {self.code}"


class Area(models.Model):
    """A wing of a facility (监区). `position` is its place in every list: names of areas are numbered
    in Chinese, whose order of characters is another.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="areas")
    name = models.CharField(max_length=50)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="organizations_area_once")
        ]

    def __str__(self) -> str:
        return self.name


class Cell(models.Model):
    """A room in which people are held (监室). Sex is a code of GB/T 2261.1."""

    KINDS = ("transition", "ordinary", "segregation", "medical")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cells")
    area = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.PROTECT, related_name="cells"
    )
    name = models.CharField(max_length=50)
    sex = models.CharField(max_length=1, default="1")
    kind = models.CharField(max_length=16, default="ordinary")
    capacity = models.PositiveSmallIntegerField()
    square_metres = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    out_of_use = models.BooleanField(default=False)
    out_of_use_reason = models.CharField(max_length=200, blank=True)
    expected_return = models.DateField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="organizations_cell_once"
            ),
            models.CheckConstraint(condition=Q(sex__in=["1", "2"]), name="organizations_cell_sex"),
            models.CheckConstraint(
                condition=Q(kind__in=["transition", "ordinary", "segregation", "medical"]),
                name="organizations_cell_kind",
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=1) & Q(capacity__lte=200),
                name="organizations_cell_capacity",
            ),
            models.CheckConstraint(
                condition=Q(out_of_use=False) | ~Q(out_of_use_reason=""),
                name="organizations_cell_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def record_subject(self) -> Subject:
        """Entries about a cell."""
        return Subject(self.organization_id, cell_id=self.pk)


class Room(models.Model):
    """Any other room, with its purpose (用房): interrogation, lawyer, visit, talk, clinic …"""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=50)
    purpose = models.CharField(max_length=32)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="organizations_room_once")
        ]

    def __str__(self) -> str:
        return self.name


class BaseRecord(models.Model):
    """The dated facts of a facility; the only source of occupancy and staff-ratio figures.

    Never edited: a newer one ends the older one's validity, and no two hold on one day.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="base_records"
    )
    during = DateRangeField()
    grade = models.CharField(max_length=32, blank=True)
    capacity = models.PositiveIntegerField()
    square_metres = models.DecimalField(max_digits=10, decimal_places=2)
    last_inspected_on = models.DateField(null=True, blank=True)
    last_inspection_result = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.organization_id} {self.during}"


class StaffCount(models.Model):
    """How many staff of a kind a facility has by its base record."""

    base = models.ForeignKey(BaseRecord, on_delete=models.CASCADE, related_name="staff")
    organization_id = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    count = models.PositiveIntegerField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "kind"], name="organizations_staff_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"


class Installation(models.Model):
    """A kind of security installation by the base record: how many, and how many of them work."""

    base = models.ForeignKey(BaseRecord, on_delete=models.CASCADE, related_name="installations")
    organization_id = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    working = models.PositiveIntegerField()
    checked_on = models.DateField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "kind"], name="organizations_installed_once"),
            models.CheckConstraint(
                condition=Q(working__lte=models.F("count")), name="organizations_working_of_count"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.working}/{self.count}"
