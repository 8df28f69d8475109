"""Tokens, the answers kept for `Idempotency-Key`, and files sent that no entry names yet."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from custos.foundation.accounts.models import Posting, User
from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class Token(models.Model):
    """What a program signs in by. Kept is only the digest; `prefix` is what people see of it.

    With a posting it is personal: its holder acts by it on that post. Without one it is an
    integration: a system that acts as itself for the organization.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    posting = models.ForeignKey(Posting, null=True, blank=True, on_delete=models.PROTECT)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32))
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(posting__isnull=True, user__isnull=True)
                | Q(posting__isnull=False, user__isnull=False),
                name="api_token_of_one_sort",
            ),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_token_has_scopes"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class Answer(models.Model):
    """What a write with an `Idempotency-Key` answered, for its repetitions within a day.

    `request` is the digest of what was asked, `detainees` whom the answer shows. A row without a
    status is never seen by others: it is filled in the transaction that made it.
    """

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    organization_id = models.BigIntegerField()
    request = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    detainees = ArrayField(models.UUIDField(), default=list)
    at = models.DateTimeField(db_index=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="api_answer_once")]

    def __str__(self) -> str:
        return f"{self.caller} {self.status}"


class Upload(models.Model):
    """A file that was sent and that no entry names yet; gone after a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.BigIntegerField()
    caller = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    name = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return self.name
