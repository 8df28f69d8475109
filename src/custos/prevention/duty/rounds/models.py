"""Cells that are looked into on rounds, and each look."""

from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Cell, Organization


class WatchedCell(models.Model):
    """A cell of a facility that keeps rounds: when it is due, and who looked last.

    `due_at` is empty while nobody is in the cell, `held_since` since when somebody is. `missed_since` is
    when the oldest look was due that is still missing, `told_entry` the entry by which a leader was told of
    it. `code` is what the tag at the door says.
    """

    cell = models.OneToOneField(Cell, primary_key=True, on_delete=models.PROTECT)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    code = models.CharField(max_length=32, unique=True)
    due_at = models.DateTimeField(null=True)
    gap_minutes = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField(null=True)
    last_by = models.TextField(blank=True)
    last_how = models.CharField(max_length=8, blank=True)
    missed_since = models.DateTimeField(null=True)
    held_since = models.DateTimeField(null=True)
    told_entry = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(missed_since__isnull=True) | Q(due_at__isnull=False),
                name="duty_watchedcell_missed_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="duty_watchedcell_due"
            ),
            models.Index(fields=["organization", "due_at"], name="duty_watchedcell_list"),
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.due_at}"


class Look(models.Model):
    """Somebody looked into a cell, once; `client_id` is made where it was noted down."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT)
    client_id = models.UUIDField()
    by_ref = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    how = models.CharField(max_length=8)
    text = models.TextField(blank=True)
    late_minutes = models.PositiveIntegerField(default=0)
    people = models.PositiveSmallIntegerField()
    entry_id = models.UUIDField(unique=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "by_ref", "client_id"], name="duty_look_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "at"], name="duty_look_when"),
            models.Index(fields=["cell", "at"], name="duty_look_where"),
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.at}"
