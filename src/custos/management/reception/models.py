"""Who is expected or at the door, the photos of injuries of an admission that isn't closed, the sheets
by which people who are held already are brought in, and who is to leave.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization


class Arrival(models.Model):
    """One line of the reception board.

    `draft_id` is the admission that was begun for it, at most one: whoever comes second is led to the
    first's. `custody_id` is the stay of somebody who comes back, or that came of the arrival.
    """

    class Sort(models.TextChoices):
        """Why somebody comes."""

        NEW = "new", _("New arrival")
        TRANSFER = "transfer_in", _("Transfer in")
        COURT = "back_from_court", _("Back from court")
        HOSPITAL = "back_from_hospital", _("Back from hospital")
        UNEXPECTED = "unexpected", _("Unexpected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    sort = models.CharField(max_length=20, choices=Sort.choices)
    name = models.CharField(max_length=200, blank=True)
    brought_by = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    custody_id = models.UUIDField(null=True)
    draft_id = models.UUIDField(null=True, unique=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    #: The entry that told of them at the door, and what it asked of others.
    came_entry_id = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expected_at__isnull=False) | Q(arrived_at__isnull=False),
                name="reception_arrival_when",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""),
                name="reception_arrival_closed_as",
            ),
        ]
        indexes = [
            # the board: what is open, oldest first
            models.Index(
                fields=["organization", "since", "id"],
                condition=Q(closed_at__isnull=True),
                name="reception_board",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def comes_back(self) -> bool:
        """Whether this is somebody who is in custody already."""
        return self.sort in (self.Sort.COURT, self.Sort.HOSPITAL)


class InjuryPhoto(models.Model):
    """A photo taken during an admission that isn't closed yet; its entry names it once it is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    draft_id = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=40)
    size = models.IntegerField()
    taken_by = models.CharField(max_length=100)
    taken_at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft_id", "sha256"], name="reception_photo_once")
        ]

    def __str__(self) -> str:
        return self.name


class PeopleImport(models.Model):
    """A sheet that was sent, and what was found in it; brought in at most once.

    `digest` is of all that was found: whoever confirms it confirms that. `dropped` are columns that are
    never held here. `sent_ref` is who sent it, as entries name them.
    """

    CHECKED, BROUGHT, DROPPED = "checked", "brought", "dropped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.IntegerField()
    sent_by = models.CharField(max_length=100)
    sent_ref = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=CHECKED)
    digest = models.CharField(max_length=64)
    dropped = models.JSONField(default=list)
    new = models.IntegerField()
    known = models.IntegerField()
    changed = models.IntegerField()
    wrong = models.IntegerField()
    noted = models.IntegerField()
    entry_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["checked", "brought", "dropped"]),
                name="reception_import_state",
            ),
            models.CheckConstraint(
                condition=Q(state="checked") | Q(ended_at__isnull=False),
                name="reception_import_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state="brought") | Q(wrong=0, entry_id__isnull=False),
                name="reception_import_brought_whole",
            ),
            # The same file once more is the same import, while it isn't decided.
            models.UniqueConstraint(
                fields=["organization", "sha256"],
                condition=Q(state="checked"),
                name="reception_import_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-sent_at"], name="reception_imports_latest")
        ]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """One row of a sheet as it was found. `said` are findings: column, whether it must be mended, words in
    both languages.
    """

    upload = models.ForeignKey(PeopleImport, on_delete=models.PROTECT, related_name="rows")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    row = models.IntegerField()
    number = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8)
    said = models.JSONField(default=list)
    noted = models.BooleanField(default=False)
    custody_id = models.UUIDField(null=True)
    detainee_id = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "row"], name="reception_import_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.state}"


class BroughtRow(models.Model):
    """What each column of the row said by which somebody was brought in, as blind digests: the same row is
    known again, and nothing is read back.
    """

    custody_id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    says = models.JSONField()

    objects = ScopedManager()

    def __str__(self) -> str:
        return str(self.custody_id)


class Release(models.Model):
    """Somebody who is to leave for good: what was received and done for it until two officers let them go.

    `due_at` is by when they must have left; it never moves later. `paper` is the document of release as it
    was received, `searched` that others were looked for, `compared` which officers compared the person with
    photo and marks, `device` a device's verdict, `ready` what was made ready, `delay` why it takes longer.
    """

    class Outcome(models.TextChoices):
        """How a case closes."""

        LEFT = "left", _("Left")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody_id = models.UUIDField()
    way = models.CharField(max_length=24)
    opened_at = models.DateTimeField()
    planned_on = models.DateField(null=True)
    received_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    paper = models.JSONField(null=True)
    receiver = models.CharField(max_length=200, blank=True)
    searched = models.JSONField(null=True)
    compared = models.JSONField(default=list)
    device = models.JSONField(null=True)
    ready = models.JSONField(default=dict)
    prepare_at = models.DateTimeField(null=True)
    prepared_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)
    delay = models.JSONField(null=True)
    first_ref = models.CharField(max_length=64, blank=True)
    second_ref = models.CharField(max_length=64, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, choices=Outcome.choices)
    ended_entry_id = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["custody_id"],
                condition=Q(closed_at__isnull=True),
                name="reception_release_one_open",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""),
                name="reception_release_closed_as",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="left")
                | (
                    Q(confirmed_at__isnull=False)
                    & ~Q(second_ref="")
                    & ~Q(first_ref=F("second_ref"))
                ),
                name="reception_release_by_two",
            ),
        ]
        indexes = [
            # the list: what is open, by when it is due
            models.Index(
                fields=["organization", "due_at", "id"],
                condition=Q(closed_at__isnull=True),
                name="reception_releases",
            ),
            # the sweep: what is late and hasn't been told, and what is to be prepared
            models.Index(
                fields=["due_at"],
                condition=Q(closed_at__isnull=True, late_told_at__isnull=True),
                name="reception_release_late",
            ),
            models.Index(
                fields=["prepare_at"],
                condition=Q(closed_at__isnull=True, prepared_at__isnull=True),
                name="reception_release_prepare",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.custody_id}"
