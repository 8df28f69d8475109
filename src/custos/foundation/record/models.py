"""Tables of the record.

`Entry` and `Payload` are partitioned by month on their UUIDv7 id, which Django cannot declare, so
they are unmanaged here and made by SQL in the migrations; everything else is ordinary.
"""

from django.db import models

from custos.foundation.record.digests import Suite


class Head(models.Model):
    """The end of one organization's chain. Locked for the last moment of a deed."""

    organization_id = models.BigIntegerField(primary_key=True)
    suite = models.SmallIntegerField(default=Suite.SHA256)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField()

    class Meta:
        db_table = "record_head"

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.seq}"


class Entry(models.Model):
    """The header of one immutable line of the record; see `wire.HEADER` for what is hashed."""

    id = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    suite = models.SmallIntegerField()
    kind = models.TextField()
    version = models.SmallIntegerField()
    audience = models.SmallIntegerField()
    organization_id = models.BigIntegerField()
    detainee_id = models.UUIDField(null=True)
    custody_id = models.UUIDField(null=True)
    cell_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by_kind = models.TextField()
    by_ref = models.TextField()
    by_post = models.TextField()
    second_ref = models.TextField()
    ground = models.TextField()
    corrects_id = models.UUIDField(null=True)
    because_id = models.UUIDField(null=True)
    payload_digest = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        managed = False
        db_table = "record_entry"

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.seq} {self.kind}"


class Payload(models.Model):
    """What an entry says: canonical JSON with a random salt. Goes by lawful erasure only."""

    id = models.UUIDField(primary_key=True)
    organization_id = models.BigIntegerField()
    audience = models.SmallIntegerField()
    salt = models.BinaryField()
    body = models.BinaryField()

    class Meta:
        managed = False
        db_table = "record_payload"

    def __str__(self) -> str:
        return str(self.id)


class Attachment(models.Model):
    """A file that belongs to an entry, named by the digest of its content."""

    entry_id = models.UUIDField(db_index=True)
    organization_id = models.BigIntegerField()
    audience = models.SmallIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class ReactionDue(models.Model):
    """A reaction that is still to run: a later one, or an immediate one that failed."""

    entry_id = models.UUIDField()
    organization_id = models.BigIntegerField()
    reaction = models.TextField()
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry_id", "reaction"], name="record_reaction_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(done_at__isnull=True),
                name="record_reaction_due_next",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reaction} of {self.entry_id}"


class Checkpoint(models.Model):
    """The Merkle root (RFC 6962) over one organization's entries of one stretch, a day as a rule."""

    organization_id = models.BigIntegerField()
    day = models.DateField()
    suite = models.SmallIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    root = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "first_seq"], name="record_checkpoint_contiguous"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.first_seq} to {self.last_seq}"


class Witnessed(models.Model):
    """How far the witness file had got when heads were signed last, so that its loss is noticed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    lines = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="record_witnessed_one_row")
        ]

    def __str__(self) -> str:
        return f"{self.lines} lines"
