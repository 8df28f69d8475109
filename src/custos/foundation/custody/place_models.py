"""What decides with whom and where somebody may be held, who is out, and counts of who is in."""

from django.db import models
from django.db.models import F, Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Area, Cell, Organization
from custos.foundation.record.parties import Subject


class Classification(models.Model):
    """As what a stay counts in separation (分押依据), where somebody recorded more than its document says.

    `repeat` and `violent` are None while nobody knows, `settled_at` until an assessment ended the
    transition period. Earlier values stand on the record.
    """

    custody = models.OneToOneField("custody.Custody", primary_key=True, on_delete=models.PROTECT)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    category = models.CharField(max_length=16)
    repeat = models.BooleanField(null=True)
    violent = models.BooleanField(null=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(category=""), name="custody_classified_as")
        ]

    def __str__(self) -> str:
        return f"{self.custody_id} {self.category}"


class KeepApart(models.Model):
    """Two people who don't meet within a place of some size; closed when lifted, never deleted.

    The two stays stand in the order of their ids, so that a pair is one row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    one = models.ForeignKey("custody.Custody", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("custody.Custody", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    scope = models.CharField(max_length=8)
    role_of_one = models.CharField(max_length=50)
    role_of_other = models.CharField(max_length=50)
    reason = models.CharField(max_length=400)
    since = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="custody_apart_in_order"),
            models.CheckConstraint(
                condition=Q(scope__in=["cell", "area", "facility"]), name="custody_apart_scope"
            ),
            models.UniqueConstraint(
                fields=["one", "other", "kind"],
                condition=Q(closed_at__isnull=True),
                name="custody_apart_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id} ({self.kind})"


class PlacingOrder(models.Model):
    """An order about with whom somebody is held: apart for their health, or never alone.

    `group`: with whom an order of isolation lets them share, empty for nobody. `attended`: a member of
    staff sits with somebody who is never alone, so that a cell without others is no solitude.
    """

    ISOLATION, COMPANY = "isolation", "company"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody = models.ForeignKey("custody.Custody", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    group = models.CharField(max_length=32, blank=True)
    attended = models.BooleanField(default=False)
    since = models.DateTimeField()
    review_by = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["isolation", "company"]), name="custody_order_kind"
            ),
            models.CheckConstraint(
                condition=Q(review_by__gt=F("since")), name="custody_order_is_reviewed"
            ),
            models.UniqueConstraint(
                fields=["custody", "kind"],
                condition=Q(ended_at__isnull=True),
                name="custody_order_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.custody_id} {self.kind}"


class Absence(models.Model):
    """A planned absence, and how it went: when the person left the gate and came back through it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody = models.ForeignKey("custody.Custody", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    destination = models.CharField(max_length=200)
    document = models.CharField(max_length=100, blank=True)
    trip = models.CharField(max_length=50, blank=True)
    planned_from = models.DateTimeField()
    planned_until = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    overdue_told_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_until__gt=F("planned_from")), name="custody_absence_planned"
            ),
            models.CheckConstraint(
                condition=Q(back_at__isnull=True) | Q(back_at__gte=F("left_at")),
                name="custody_absence_back_after_left",
            ),
            models.CheckConstraint(
                condition=Q(back_at__isnull=True) | Q(left_at__isnull=False),
                name="custody_absence_left_before_back",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(left_at__isnull=True),
                name="custody_absence_cancelled_before",
            ),
        ]
        indexes = [
            # who was out at an instant
            models.Index(
                fields=["organization", "left_at", "back_at"],
                condition=Q(left_at__isnull=False),
                name="custody_absence_out",
            ),
            # the movements board: what is still open
            models.Index(
                fields=["organization", "planned_from"],
                condition=Q(back_at__isnull=True, cancelled_at__isnull=True),
                name="custody_absence_open",
            ),
            # the sweep for those who should be back
            models.Index(
                fields=["planned_until"],
                condition=Q(
                    left_at__isnull=False, back_at__isnull=True, overdue_told_at__isnull=True
                ),
                name="custody_absence_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.custody_id} {self.kind}"


class Count(models.Model):
    """A count of people by two (点名), of a facility or an area, at an instant of the roll.

    `first_ref` and `second_ref` are who counted, as entries name them; `explained_entry_id` is the entry in
    which a leader says what became of a count that didn't agree.
    """

    STATES = ("open", "recount", "mismatch", "agreed", "explained")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    occasion = models.CharField(max_length=16)
    at = models.DateTimeField()
    state = models.CharField(max_length=16, default="open")
    first_ref = models.CharField(max_length=64, blank=True)
    second_ref = models.CharField(max_length=64, blank=True)
    recount_by = models.DateTimeField(null=True, blank=True)
    explained_entry_id = models.UUIDField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "recount", "mismatch", "agreed", "explained"]),
                name="custody_count_state",
            ),
            models.CheckConstraint(
                condition=Q(first_ref="") | ~Q(first_ref=F("second_ref")),
                name="custody_count_by_two",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-at"], name="custody_counts_latest"),
            models.Index(
                fields=["recount_by"],
                condition=Q(state="recount"),
                name="custody_count_recounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at:%Y-%m-%d %H:%M}"

    def record_subject(self) -> Subject:
        """Entries about a count as a whole."""
        return Subject(self.organization_id)


class CellCount(models.Model):
    """One cell of a count: how many the roll has present there, and how many each of the two counted."""

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="cells")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT)
    expected = models.PositiveSmallIntegerField()
    first = models.PositiveSmallIntegerField(null=True, blank=True)
    second = models.PositiveSmallIntegerField(null=True, blank=True)
    recounted = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "cell"], name="custody_counted_once")
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.expected}"
