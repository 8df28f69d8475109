"""Handovers, what stands in each, and who has read which item."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization
from custos.prevention.duty.handover.plan import Standing


class Handover(models.Model):
    """What is passed on at one change of shifts of a facility.

    `began` is when the outgoing shift began, `ends_at` when the incoming one ends. `on_duty` are the duty
    leaders whose shift ended, as entries name them. `told_entry` is the entry by which leaders were told
    last that it waits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    at = models.DateTimeField()
    began = models.DateTimeField()
    ends_at = models.DateTimeField()
    outgoing_shift = models.JSONField()
    incoming_shift = models.JSONField()
    on_duty = ArrayField(models.TextField(), default=list)
    prepared_at = models.DateTimeField()
    standing = models.CharField(max_length=8, default=Standing.PREPARED.value)
    told_entry = models.UUIDField(null=True)
    told_at = models.DateTimeField(null=True)

    keys_expected = models.PositiveSmallIntegerField(null=True)
    keys_counted = models.PositiveSmallIntegerField(null=True)
    signed_by = models.TextField(blank=True, default="")
    signed_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    taken_by = models.TextField(blank=True, default="")
    taken_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "at"], name="duty_handover_once"),
            # Each standing has exactly the facts that belong to it; nobody hands over to themselves.
            models.CheckConstraint(
                condition=(
                    Q(
                        standing=Standing.PREPARED.value,
                        signed_at__isnull=True,
                        taken_at__isnull=True,
                    )
                    & Q(signed_by="", taken_by="", digest="")
                    & Q(keys_expected__isnull=True, keys_counted__isnull=True)
                )
                | (
                    Q(
                        standing=Standing.SIGNED.value,
                        signed_at__isnull=False,
                        taken_at__isnull=True,
                    )
                    & Q(taken_by="", keys_expected__isnull=False, keys_counted__isnull=False)
                    & ~Q(signed_by="")
                    & ~Q(digest="")
                )
                | (
                    Q(standing=Standing.TAKEN.value, signed_at__isnull=False)
                    & Q(taken_at__gte=F("signed_at"))
                    & Q(keys_expected__isnull=False, keys_counted__isnull=False)
                    & ~Q(signed_by="")
                    & ~Q(taken_by="")
                    & ~Q(digest="")
                    & ~Q(taken_by=F("signed_by"))
                ),
                name="duty_handover_standing",
            ),
        ]
        indexes = [
            # what is not signed by both: the sweep and every page that says so
            models.Index(
                fields=["organization", "at"],
                condition=~Q(standing=Standing.TAKEN.value),
                name="duty_handover_open",
            ),
            models.Index(fields=["organization", "-at"], name="duty_handover_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at:%Y-%m-%d %H:%M} {self.standing}"


class HandoverAhead(models.Model):
    """What an outgoing leader wrote down before the change, for the handover that is prepared then.

    Nothing of it is said until they sign; the last one who kept it stands in `by_ref`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    at = models.DateTimeField()
    said = models.JSONField()
    by_ref = models.TextField()
    kept_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "at"], name="duty_handoverahead_once")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at:%Y-%m-%d %H:%M}"


class HandoverItem(models.Model):
    """One item as it was shown when it was prepared or said, in both languages. Appended, never changed.

    It names nobody in custody: `custody_id` does, to whoever may see them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="items")
    section = models.CharField(max_length=16)
    position = models.PositiveIntegerField()
    text = models.JSONField()
    severity = models.SmallIntegerField(null=True)
    custody_id = models.UUIDField(null=True)
    detainee_id = models.UUIDField(null=True)
    cell_id = models.UUIDField(null=True)
    task_id = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "position"], name="duty_handoveritem_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.handover_id} {self.position}"

    def said(self) -> list[object]:
        """What a signature is about."""
        refs = (self.custody_id, self.detainee_id, self.cell_id, self.task_id)
        due = self.due_at.timestamp() if self.due_at else None
        text = (self.text["zh"], self.text["en"])
        return [self.position, self.section, *text, self.severity, *refs, due]


class HandoverReading(models.Model):
    """Somebody read an item, with a question or remark where they had one. Appended, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    item = models.ForeignKey(HandoverItem, on_delete=models.PROTECT, related_name="readings")
    by_ref = models.TextField()
    at = models.DateTimeField()
    remark = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "by_ref"], name="duty_handoverreading_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.by_ref}"
