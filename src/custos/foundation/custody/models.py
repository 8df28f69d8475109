"""Persons, stays and where they were."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q

from custos.foundation.custody import engine
from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Subject


class Detainee(models.Model):
    """A person who is or was held. The organization is the one that holds or last held them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    sex = models.CharField(max_length=1)
    born = models.DateField(null=True, blank=True)
    #: The record of the same person that this one reads as; see `people.models.Merge`.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=["0", "1", "2", "9"]), name="custody_sex"),
            models.CheckConstraint(condition=~Q(name=""), name="custody_named"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def known_as(self) -> "Detainee":
        """The record by which this person is known, within the reader's scope; mostly itself."""
        return self.merged_into or self

    def facts(self) -> engine.Person:
        """What separation asks about this person."""
        return engine.Person(self.sex, self.born)


class Custody(models.Model):
    """One stay of one person, from admission to release, on a legal basis."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    detainee = models.ForeignKey(Detainee, on_delete=models.PROTECT, related_name="custodies")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    number = models.CharField(max_length=32)
    basis = models.CharField(max_length=32)
    basis_number = models.CharField(max_length=100)
    admitted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    cell = models.ForeignKey(Cell, null=True, blank=True, on_delete=models.PROTECT)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="custody_number_once"),
            models.UniqueConstraint(
                fields=["detainee"],
                condition=Q(ended_at__isnull=True),
                name="custody_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("admitted_at")),
                name="custody_ends_after_admission",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(cell__isnull=True),
                name="custody_ended_leaves_cell",
            ),
            models.CheckConstraint(
                condition=~Q(basis="") & ~Q(basis_number=""), name="custody_has_legal_basis"
            ),
        ]
        indexes = [
            models.Index(
                fields=["cell"], condition=Q(ended_at__isnull=True), name="custody_in_cell"
            ),
            # the list of people of one facility, and of all of them
            models.Index(
                fields=["organization", "-admitted_at", "-id"],
                condition=Q(ended_at__isnull=True),
                name="custody_present",
            ),
            models.Index(
                fields=["-admitted_at", "-id"],
                condition=Q(ended_at__isnull=True),
                name="custody_latest",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def record_subject(self) -> Subject:
        """The person, stay and place that entries about this custody name."""
        return Subject(self.organization_id, self.detainee_id, self.pk, self.cell_id)


class CellStay(models.Model):
    """Where a custody was, from when to when. No custody is in two places: the database refuses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    custody = models.ForeignKey(Custody, on_delete=models.PROTECT, related_name="cell_stays")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT)
    during = DateTimeRangeField()

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.custody_id} {self.during}"


# Django knows the tables of an app by its `models` module. These refer to the ones above.
from custos.foundation.custody import place_models as place_models  # noqa: E402
from custos.foundation.custody.people import models as people_models  # noqa: E402, F401
