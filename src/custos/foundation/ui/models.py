"""What the shell keeps: read notices, saved views of lists, and drafts of wizards.

An account is named by its number only: accounts are a layer above.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager


class BellSeen(models.Model):
    """Which of the present notices an account has read while acting for an organization."""

    organization_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    keys = ArrayField(models.CharField(max_length=100), default=list)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "user_id"], name="ui_bell_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.organization_id}"


class SavedView(models.Model):
    """A list as an account likes to see it: filters, order and columns, under a name."""

    organization_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    listing = models.CharField(max_length=64)
    name = models.CharField(max_length=40)
    query = models.TextField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "user_id", "listing", "name"], name="ui_view_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="ui_view_named"),
        ]

    def __str__(self) -> str:
        return f"{self.listing}: {self.name}"


class Draft(models.Model):
    """What has been entered in a wizard that is not finished; any officer of the place goes on with it.

    `steps` holds, by step, what was typed, how often it was saved, by whom and when; what was typed in a
    step for an audience of its own stands apart, in `DraftApart`. A draft goes when the wizard is finished
    or given up: what counts is then on the record, and nowhere twice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.BigIntegerField()
    wizard = models.CharField(max_length=64)
    label = models.CharField(max_length=200, blank=True)
    steps = models.JSONField(default=dict)
    begun_by = models.CharField(max_length=100)
    begun_at = models.DateTimeField()
    saved_by = models.CharField(max_length=100)
    saved_at = models.DateTimeField()
    #: Who has had it open last, so that a second officer is told.
    open_user_id = models.BigIntegerField(null=True)
    open_by = models.CharField(max_length=100, blank=True)
    open_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "wizard", "-saved_at"], name="ui_draft_latest")
        ]

    def __str__(self) -> str:
        return f"{self.wizard} {self.label}"


class DraftApart(models.Model):
    """What was typed in a step of a draft that one audience of the record reads: row-level security shows
    it to nobody else, whatever a query forgets. It goes with its draft, by the database itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.BigIntegerField()
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, db_constraint=False)
    step = models.CharField(max_length=64)
    audience = models.SmallIntegerField()
    values = models.JSONField(default=dict)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "step"], name="ui_draft_apart_once"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.step}"
