"""Facts of people and stays, the tokens they are found by, and records found to be of one person."""

from django.db import models
from django.db.models import F, Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class FactRow(models.Model):
    """One fact of a sort of `facts`, from when to when it holds. Closed, never deleted.

    One table for all sorts, so that a person's file asks once. `says` is what may stand in the clear,
    `sealed` the envelope of the rest. `ended_how` is how a document that held somebody ended
    (`ending.HOW`); empty for every other fact, and where no entry tells it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    detainee = models.ForeignKey(
        "custody.Detainee", on_delete=models.PROTECT, related_name="fact_rows"
    )
    custody = models.ForeignKey(
        "custody.Custody", null=True, blank=True, on_delete=models.PROTECT, related_name="fact_rows"
    )
    sort = models.CharField(max_length=32)
    says = models.JSONField()
    sealed = models.BinaryField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    ended_how = models.CharField(max_length=12, blank=True)

    objects = ScopedManager()

    class Meta:
        db_table = "custody_fact"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="custody_fact_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sort} {self.id}"


class Token(models.Model):
    """One way by which a person is found: see `names`. Derived from the facts, rewritten with them.

    The primary key is the index that search walks. It names the person without a constraint: there
    are some thirty rows a person, and no detainee is ever deleted.
    """

    pk = models.CompositePrimaryKey("token", "organization_id", "detainee_id")
    token = models.CharField(max_length=255, db_collation="C")
    organization_id = models.IntegerField()
    detainee_id = models.UUIDField()

    objects = ScopedManager()

    class Meta:
        db_table = "custody_token"
        indexes = [models.Index(fields=["detainee_id"], name="custody_tokens_of")]

    def __str__(self) -> str:
        return self.token


class Merge(models.Model):
    """Two records that two officers found to be of one person, until two officers undo it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    kept = models.ForeignKey("custody.Detainee", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("custody.Detainee", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        db_table = "custody_merge"
        constraints = [
            models.UniqueConstraint(
                fields=["other"], condition=Q(undone_at__isnull=True), name="custody_merged_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("other")), name="custody_merges_two"),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} → {self.kept_id}"
