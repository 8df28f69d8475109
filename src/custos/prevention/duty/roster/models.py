"""Plans of a month, who is away when, swaps, and what leaders noted of people."""

from datetime import date
from enum import StrEnum

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Post
from custos.prevention.duty.roster.plan import Line


class Standing(StrEnum):
    """Whether a plan is being made or holds."""

    DRAFT = "draft"
    PUBLISHED = "published"


class RosterPlan(models.Model):
    """The plan of a facility for a month: at most one that holds, and at most one that is being made.

    `revision` grows with every change. A draft keeps as `base_revision` which published plan it was begun
    from: 0 where there was none. `asked_at` is when a proposal was asked for that hasn't come yet, `told`
    what the last proposal found (`proposals.run`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    month = models.DateField()
    standing = models.CharField(max_length=9)
    revision = models.PositiveIntegerField(default=1)
    base_revision = models.PositiveIntegerField(default=0)
    changed_by = models.TextField()
    changed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    told = models.JSONField(null=True)
    published_by = models.TextField(blank=True, default="")
    published_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "month", "standing"], name="duty_rosterplan_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    standing=Standing.DRAFT.value, published_at__isnull=True, published_by=""
                )
                | (
                    Q(standing=Standing.PUBLISHED.value, published_at__isnull=False)
                    & Q(asked_at__isnull=True)
                    & ~Q(published_by="")
                ),
                name="duty_rosterplan_standing",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="duty_rosterplan_month"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m} {self.standing} {self.revision}"


class RosterLine(models.Model):
    """One line of a plan; see `plan.Line`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    plan = models.ForeignKey(RosterPlan, on_delete=models.CASCADE, related_name="lines")
    day = models.DateField()
    turn = models.CharField(max_length=8)
    post = models.CharField(max_length=32)
    staff_ref = models.TextField()
    women = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "staff_ref", "day", "turn"], name="duty_rosterline_once"
            )
        ]
        indexes = [
            # what somebody works next, and who is expected on a day
            models.Index(fields=["organization", "day", "staff_ref"], name="duty_rosterline_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.turn} {self.post} {self.staff_ref}"

    @property
    def said(self) -> Line:
        """The line as rules see it."""
        return Line(self.day, self.turn, Post(self.post), self.staff_ref, self.women)


class Sort(StrEnum):
    """Why somebody isn't there."""

    LEAVE = "leave"
    SICK = "sick"
    TRAINING = "training"

    @property
    def title(self) -> object:  # type: ignore[override]  # a word for people, not str.title
        """The word for it, translated lazily."""
        return _SORTS[self]


_SORTS = {Sort.LEAVE: _("Leave"), Sort.SICK: _("Sick leave"), Sort.TRAINING: _("Training")}


class RosterAbsence(models.Model):
    """Somebody isn't there from a day to a day, both included; `noted_by` answers for it.

    An absence that was taken back stays, with who did so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    staff_ref = models.TextField()
    sort = models.CharField(max_length=8)
    first = models.DateField()
    last = models.DateField()
    noted_by = models.TextField()
    noted_at = models.DateTimeField()
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")), name="duty_rosterabsence_order"
            ),
            models.CheckConstraint(
                condition=Q(sort__in=[one.value for one in Sort]), name="duty_rosterabsence_sort"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="duty_rosterabsence_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "last"],
                condition=Q(ended_at__isnull=True),
                name="duty_rosterabsence_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff_ref} {self.first} {self.last}"


class RosterMark(models.Model):
    """What a leader noted of somebody, so that they may hold what asks for it (`rules.Mark`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    staff_ref = models.TextField()
    mark = models.CharField(max_length=16)
    noted_by = models.TextField()
    noted_at = models.DateTimeField()
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "staff_ref", "mark"],
                condition=Q(ended_at__isnull=True),
                name="duty_rostermark_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff_ref} {self.mark}"


class CellLed(models.Model):
    """A cell whose people a case officer looks after (包监), as a leader noted it; until `ended_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    staff_ref = models.TextField()
    cell = models.ForeignKey(Cell, on_delete=models.PROTECT)
    noted_by = models.TextField()
    noted_at = models.DateTimeField()
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "staff_ref", "cell"],
                condition=Q(ended_at__isnull=True),
                name="duty_cellled_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff_ref} {self.cell_id}"


class SwapState(StrEnum):
    """Where a swap stands."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    REFUSED = "refused"


#: A swap that waits for somebody.
WAITING = (SwapState.ASKED.value, SwapState.AGREED.value)


class RosterSwap(models.Model):
    """One officer asks another to take a shift of theirs, for one of the other's or for none.

    The other agrees, then a leader approves; each may say no. `back_day` and `back_turn` name what the one
    who asked takes in return.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    reason = models.TextField()
    day = models.DateField()
    turn = models.CharField(max_length=8)
    other = models.TextField()
    back_day = models.DateField(null=True)
    back_turn = models.CharField(max_length=8, blank=True, default="")
    state = models.CharField(max_length=9, default=SwapState.ASKED.value)
    answered_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True, default="")

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("other")), name="duty_rosterswap_two"),
            models.CheckConstraint(
                condition=Q(back_day__isnull=True, back_turn="")
                | (Q(back_day__isnull=False) & ~Q(back_turn="")),
                name="duty_rosterswap_back",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in SwapState]),
                name="duty_rosterswap_state",
            ),
            # Nobody decides on a swap of their own.
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by__in=[F("asked_by"), F("other")]),
                name="duty_rosterswap_leader",
            ),
            models.UniqueConstraint(
                fields=["organization", "asked_by", "day", "turn"],
                condition=Q(state__in=WAITING),
                name="duty_rosterswap_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "asked_at"],
                condition=Q(state__in=WAITING),
                name="duty_rosterswap_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_by} {self.day} {self.state}"


class News(StrEnum):
    """What somebody is told about their shifts."""

    PUBLISHED = "published"
    CHANGED = "changed"


class RosterNews(models.Model):
    """Somebody is told that the plan of a month with shifts of theirs was published, or that a day of
    theirs was changed. Kept for the bell; what happened stands in the record.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    staff_ref = models.TextField()
    sort = models.CharField(max_length=9)
    day = models.DateField()
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["staff_ref", "-at"], name="duty_rosternews_latest")]

    def __str__(self) -> str:
        return f"{self.staff_ref} {self.sort} {self.day}"


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)
