"""What officers answered to their figures, what leaders replied, and the months that are signed."""

from django.db import models

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class FigureAnswer(models.Model):
    """An officer's word on a figure of theirs, with the figure as it was then. Appended, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    month = models.DateField()
    staff_ref = models.TextField()
    measure = models.CharField(max_length=16)
    cases = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    text = models.TextField()
    at = models.DateTimeField()
    entry_id = models.UUIDField(unique=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "month"], name="duty_figureanswer_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.measure} {self.staff_ref}"


class FigureReply(models.Model):
    """What a leader replied to an officer's word, once. Appended, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    answer = models.OneToOneField(FigureAnswer, on_delete=models.PROTECT, related_name="reply")
    by_ref = models.TextField()
    text = models.TextField()
    at = models.DateTimeField()
    entry_id = models.UUIDField(unique=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.answer_id} {self.by_ref}"


class SignedMonth(models.Model):
    """A month's result as a leader signed it. Appended, never changed, whatever is recorded later."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    month = models.DateField()
    rules_version = models.PositiveIntegerField()
    figures = models.JSONField()
    digest = models.CharField(max_length=64)
    signed_by = models.TextField()
    signed_at = models.DateTimeField()
    entry_id = models.UUIDField(unique=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "month"], name="duty_signedmonth_once")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m}"
