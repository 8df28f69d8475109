"""Papers of a stay, its clock as it stands, and the warnings that were raised."""

from django.db import models
from django.db.models import Q

from custos.foundation.custody.models import Custody
from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Subject


class Paper(models.Model):
    """One legal paper or event of a stay, as a dated fact. Appended, never changed.

    `event` is the fact as the engine takes it, dates as they stand on the paper. `replaces` names the
    paper that this one puts right; one without an `event` takes the other back. A paper that another
    replaces counts no more. `number_missing` says why it bears no number. `limit_ended_at` is the end that
    had passed, without a document, when a paper that moves it was entered, and `late_reason` why it comes
    late; of one dated after the end `basis_from` is when that time without a document was over. One that
    `waits` counts only from the `Decision` of a leader that accepts it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody = models.ForeignKey(Custody, on_delete=models.PROTECT, related_name="papers")
    type = models.CharField(max_length=48)
    happened_on = models.DateField()
    event = models.JSONField(null=True)
    number = models.CharField(max_length=100, blank=True)
    number_missing = models.CharField(max_length=200, blank=True)
    authority = models.CharField(max_length=200, blank=True)
    limit_ended_at = models.DateTimeField(null=True)
    late_reason = models.CharField(max_length=400, blank=True)
    basis_from = models.DateTimeField(null=True)
    waits = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.TextField()
    entry_id = models.UUIDField()
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=False) | Q(replaces__isnull=False),
                name="timelimits_paper_says_something",
            ),
            models.CheckConstraint(
                condition=Q(
                    limit_ended_at__isnull=True,
                    late_reason="",
                    basis_from__isnull=True,
                    waits=False,
                )
                | Q(limit_ended_at__isnull=False, basis_from__isnull=True) & ~Q(late_reason="")
                | Q(
                    limit_ended_at__isnull=False,
                    basis_from__isnull=False,
                    limit_ended_at__lte=models.F("basis_from"),
                )
                & (Q(waits=False) | ~Q(late_reason="")),
                name="timelimits_late_paper_says_why",
            ),
            # of several corrections of one paper at most one counted at once; others weren't accepted
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(waits=False), name="timelimits_corrected_once"
            ),
        ]
        indexes = [
            # the facts of one stay, in the order in which they were recorded
            models.Index(fields=["custody", "recorded_at", "id"], name="timelimits_papers_of")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.happened_on}"


class Decision(models.Model):
    """What a leader decided of a paper that waits: from then on it counts, or it never does. Appended."""

    paper = models.OneToOneField(
        Paper, primary_key=True, on_delete=models.PROTECT, related_name="decision"
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    accepted = models.BooleanField()
    words = models.TextField()
    decided_at = models.DateTimeField()
    decided_by = models.TextField()
    entry_id = models.UUIDField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(words=""), name="timelimits_decision_says_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.accepted}"


class FormerPapers(models.Model):
    """The papers that somebody brought from another facility, until an officer takes them over.

    `papers` are facts with number and authority, as they count there; the other facility keeps its own.
    """

    custody = models.OneToOneField(
        Custody, primary_key=True, on_delete=models.PROTECT, related_name="former_papers"
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    former_id = models.UUIDField()
    facility = models.CharField(max_length=200)
    number = models.CharField(max_length=32)
    papers = models.JSONField()
    offered_at = models.DateTimeField()
    entry_id = models.UUIDField()
    taken_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"{self.facility} {self.number}"


class Clock(models.Model):
    """What was computed last for a stay. Never edited: derived from the papers, and written anew.

    `standing` doesn't say whether the end is near or past: that is what `due_at` says at any moment.
    `next_at` is when something about this clock is to be done next; null when nothing is. What ended before
    `watched_since`, the admission, is history that the person brought along; what ended since then is not,
    also where it was entered here only later, from a sheet. `unheld_since` is since when no document of the
    file holds the person; null where one does, whatever the papers of the clock come to. `paper_waits`:
    papers of the stay wait for a leader's decision, and aren't in the result. `leaves_since` is when the
    document was received on which the person is to leave, `leaves_by` until when that may take.
    `failing_since` is since when the sweep can't do what is due, through a defect; null where it can.
    """

    class Standing(models.TextChoices):
        """What the papers say of custody."""

        RUNNING = "running"
        NO_BASIS = "no_basis"
        NO_LIMIT = "no_limit"
        ENDED = "ended"
        ESCAPED = "escaped"

    custody = models.OneToOneField(
        Custody, primary_key=True, on_delete=models.PROTECT, related_name="clock"
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    held = models.BooleanField(default=True)
    watched_since = models.DateTimeField()
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.NO_BASIS)
    state = models.CharField(max_length=24, blank=True)
    authority = models.CharField(max_length=24, blank=True)
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    last_day = models.DateField(null=True)
    differs = models.BooleanField(default=False)
    paused = models.BooleanField(default=False)
    problems = models.SmallIntegerField(default=0)
    permit_until = models.DateField(null=True)
    next_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField()
    unheld_since = models.DateTimeField(null=True)
    paper_waits = models.BooleanField(default=False)
    leaves_since = models.DateTimeField(null=True)
    leaves_by = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held=True) | Q(next_at__isnull=True), name="timelimits_clock_at_rest"
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(standing="running"),
                name="timelimits_clock_due",
            ),
            models.CheckConstraint(
                condition=Q(leaves_by__isnull=True) | Q(leaves_since__isnull=False),
                name="timelimits_clock_leaves",
            ),
        ]
        indexes = [
            # the sweep: the one index of deadlines
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="timelimits_next"
            ),
            # the board of a facility: whom no document holds, then by the end of the limit
            models.Index(
                fields=["organization", "unheld_since", "due_at", "custody"],
                condition=Q(held=True),
                name="timelimits_board",
            ),
            # those that the sweep has to leave; nearly always none
            models.Index(
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False),
                name="timelimits_failing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.custody_id} {self.state} {self.due_at}"


class Warning(models.Model):
    """Something about a clock that was said to those who must act. Ends by a new basis or release, or where
    a stronger one about the same limit takes its place (`replaced_by_id`). One that no document of the file
    holds somebody ends by such a document, which `closed_paper_id` then names.

    `key` names what it is about (the stage with its end, or the paper), so that nothing is raised twice;
    what a paper ended is raised anew where that paper is taken back.
    `step` counts how often it was said. `document_id` is the notice that went out, `answer` what came
    back; neither ends it. `late_paper_id` is the paper that would have ended it, had it come in time: then
    a leader has to answer, and decides of it where it waits. `unheld_since` is since when no document of
    the file held the person, of one that says so; null where that was when it was raised.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody = models.ForeignKey(Custody, on_delete=models.PROTECT, related_name="limit_warnings")
    rule = models.CharField(max_length=24)
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=48)
    state = models.CharField(max_length=24, blank=True)
    due_at = models.DateTimeField(null=True)
    step = models.SmallIntegerField(default=1)
    raised_at = models.DateTimeField()
    entry_id = models.UUIDField()
    document_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(null=True)
    intention = models.CharField(max_length=24, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=24, blank=True)
    closed_paper_id = models.UUIDField(null=True)
    replaced_by_id = models.UUIDField(null=True)
    late_paper_id = models.UUIDField(null=True)
    unheld_since = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["custody", "key"],
                condition=Q(closed_at__isnull=True),
                name="timelimits_open_warned_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by="")
                | Q(closed_at__isnull=False, closed_by__in=["release", "answer"])
                | Q(
                    closed_at__isnull=False,
                    closed_by__in=["basis", "document"],
                    closed_paper_id__isnull=False,
                )
                | Q(closed_at__isnull=False, closed_by="replaced", replaced_by_id__isnull=False),
                name="timelimits_closed_by_a_basis",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-raised_at"],
                condition=Q(closed_at__isnull=True),
                name="timelimits_warnings_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.step}"

    def record_subject(self) -> Subject:
        """What entries about it name: the stay and its person."""
        return self.custody.record_subject()
