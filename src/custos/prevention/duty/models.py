"""Tasks."""

from functools import lru_cache

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Area, Cell, Organization
from custos.foundation.record.parties import Audience, Subject
from custos.prevention.duty.engine import UNFINISHED, Facts, Rule, State

#: The kind of entry by which a leader deploys somebody.
ORDER = "duty.order_given"
_UNFINISHED = Q(state__in=sorted(UNFINISHED))


@lru_cache(maxsize=1024)
def _read(rule: bytes) -> Rule:
    """A rule as a task keeps it. Hundreds of tasks of a list have the same few."""
    return Rule.model_validate_json(rule)


class Task(models.Model):
    """A duty that an entry created for a post, with a deadline and a result.

    `rule` is the row of the catalogue as it was when the task was opened: a change of the catalogue
    never moves the deadline of a task that is running. `asked` are the posts that have been asked
    so far, `post` the last of them. `since` is when the present state began. `wanted_by` is the
    promise of that state: by when it was to be accepted, then answered; it stands however late it
    gets. `due_at` is when the sweep looks next, and moves with each rung. `join_key` is what a
    repetition must share to become part of this task.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    cell = models.ForeignKey(Cell, null=True, on_delete=models.PROTECT)
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT)
    custody_id = models.UUIDField(null=True)
    detainee_id = models.UUIDField(null=True)

    source_entry_id = models.UUIDField()
    source_kind = models.TextField()
    occurred_at = models.DateTimeField()
    finder_kind = models.CharField(max_length=16)
    finder_ref = models.TextField()

    rule_id = models.CharField(max_length=64)
    rule = models.JSONField()
    reasons = models.JSONField()
    severity = models.SmallIntegerField()
    #: Who reads what opened it; others read the rule's plain title, and no more.
    audience = models.SmallIntegerField(default=Audience.STAFF)
    #: Posts that read the result besides whoever found it and whoever was asked.
    tells = ArrayField(models.CharField(max_length=32), default=list)
    #: The answered task that somebody found not to be done, and asks for again by this one.
    reopens = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reopened_by"
    )

    post = models.CharField(max_length=32)
    asked = ArrayField(models.CharField(max_length=32))
    step = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=16, default=State.OPEN)
    opened_at = models.DateTimeField()
    since = models.DateTimeField()
    wanted_by = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    accepted_by = models.TextField(blank=True, default="")
    accepted_post = models.CharField(max_length=32, blank=True, default="")
    accepted_at = models.DateTimeField(null=True)
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")
    withdrawn_reason = models.TextField(blank=True, default="")
    #: How far its holder said to be, last.
    note = models.TextField(blank=True, default="")
    noted_at = models.DateTimeField(null=True)

    join_key = models.TextField(null=True)  # noqa: DJ001 - null, not "", lies outside the unique index
    repeats = models.IntegerField(default=0)
    repeated_at = models.DateTimeField(null=True)
    repeated_entry_id = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(severity__range=(1, 4)), name="duty_task_severity"),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("opened_at")) | Q(due_at__isnull=True),
                name="duty_task_due_after_opening",
            ),
            # Each state has exactly the facts that belong to it.
            models.CheckConstraint(
                condition=(
                    Q(state=State.OPEN, due_at__isnull=False, ended_at__isnull=True)
                    & Q(accepted_by="", accepted_at__isnull=True, answer="", withdrawn_reason="")
                )
                | (
                    Q(state=State.ACCEPTED, due_at__isnull=False, ended_at__isnull=True)
                    & Q(accepted_at__isnull=False, answer="", withdrawn_reason="")
                    & ~Q(accepted_by="")
                )
                | (
                    Q(state=State.ANSWERED, due_at__isnull=True, ended_at__isnull=False)
                    & Q(accepted_at__isnull=False, withdrawn_reason="")
                    & ~Q(accepted_by="")
                    & ~Q(ended_by="")
                    & ~Q(answer="")
                )
                | (
                    Q(state=State.WITHDRAWN, due_at__isnull=True, ended_at__isnull=False, answer="")
                    & ~Q(ended_by="")
                    & ~Q(withdrawn_reason="")
                ),
                name="duty_task_state",
            ),
            models.UniqueConstraint(
                fields=["source_entry_id", "rule_id"], name="duty_task_once_an_entry"
            ),
            models.UniqueConstraint(
                fields=["join_key"], condition=Q(state=State.OPEN), name="duty_task_joined"
            ),
        ]
        indexes = [
            # the sweep: the one index of deadlines
            models.Index(fields=["due_at"], condition=_UNFINISHED, name="duty_task_due"),
            # the list of now of one facility
            models.Index(
                fields=["organization", "severity", "-state", "wanted_by"],
                condition=_UNFINISHED,
                name="duty_task_now",
            ),
            # what a repetition may join; without it each press would look through all tasks
            models.Index(
                fields=["join_key"],
                condition=_UNFINISHED & Q(join_key__isnull=False),
                name="duty_task_joins",
            ),
            # the orders of a facility, latest first
            models.Index(
                fields=["organization", "-id"],
                condition=Q(source_kind=ORDER),
                name="duty_task_orders",
            ),
            # answers that came back, and what was withdrawn, latest first
            models.Index(
                fields=["organization", "-ended_at"],
                condition=Q(ended_at__isnull=False),
                name="duty_task_ended",
            ),
            # the tasks of a facility's month
            models.Index(fields=["organization", "opened_at"], name="duty_task_opened"),
            # what was asked for again
            models.Index(
                fields=["organization", "reopens"],
                condition=Q(reopens__isnull=False),
                name="duty_task_again",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.state}"

    def record_subject(self) -> Subject:
        """What the entries about this task name: what the entry that opened it named."""
        return Subject(self.organization_id, self.detainee_id, self.custody_id, self.cell_id)

    def rule_then(self) -> Rule:
        """The catalogue's row as it was when the task was opened."""
        return _read(orjson.dumps(self.rule))

    def facts(self) -> Facts:
        """What the engine asks about an unfinished task."""
        assert self.due_at is not None  # the state constraint: unfinished tasks have a deadline
        return Facts(State(self.state), self.step, self.opened_at, self.since, self.due_at)


# Django knows the tables of an app by its `models` module.
from custos.prevention.duty.assessment import models as assessment_models  # noqa: E402, F401
from custos.prevention.duty.handover import models as handover_models  # noqa: E402, F401
from custos.prevention.duty.information import models as information_models  # noqa: E402, F401
from custos.prevention.duty.roster import models as roster_models  # noqa: E402, F401
from custos.prevention.duty.rounds import models as round_models  # noqa: E402, F401
from custos.prevention.duty.shifts import models as shift_models  # noqa: E402, F401
