"""Who is signed on to which post, and which posts were below their strength."""

from django.db import models
from django.db.models import F, Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization

_ON = Q(until__isnull=True)


class SignOn(models.Model):
    """Somebody is on duty on a post, from signing on to signing off, at the longest to `ends_at`.

    So who forgot to sign off doesn't hold the post in the next shift.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    staff_ref = models.TextField()
    post = models.CharField(max_length=32)
    since = models.DateTimeField()
    ends_at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "staff_ref", "post"], condition=_ON, name="duty_signon_once"
            ),
            models.CheckConstraint(
                condition=_ON | Q(until__gte=F("since")), name="duty_signon_order"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "post"], condition=_ON, name="duty_signon_now"),
            # who stood on a post at some time
            models.Index(fields=["organization", "post", "since"], name="duty_signon_then"),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.staff_ref}"


class Shortfall(models.Model):
    """How many people a post lacked of its required strength in a shift, from then on until it changed.

    Appended, never changed: `number` counts the changes within the shift, and the last says how it is.
    `missing` is 0 where the post was full again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    post = models.CharField(max_length=32)
    shift_began = models.DateTimeField()
    number = models.PositiveIntegerField(default=0)
    missing = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "post", "shift_began", "number"], name="duty_shortfall_once"
            )
        ]
        indexes = [
            # what is missing in the shifts that run
            models.Index(fields=["shift_began"], name="duty_shortfall_now"),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.shift_began}"
