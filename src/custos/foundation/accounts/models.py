"""Accounts, staff and postings; the access log."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

from custos.foundation.database.ids import new_id
from custos.foundation.database.managers import ScopedManager
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind


class UserManager(BaseUserManager["User"]):
    """Makes accounts."""

    def create_user(self, username: str, password: str | None = None) -> "User":
        """A new account; with no password it cannot sign in by one."""
        user = self.model(username=self.model.normalize_username(username))
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account: who may sign in. What it may do follows from its postings, never from itself."""

    username = models.CharField(max_length=64, unique=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    #: Somebody else knows the password: it was handed over, and opens nothing but the page to change it.
    must_change_password = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username


class Session(AbstractBaseSession):
    """A session of a browser; with its account, so that its holder can list and end it."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)


def key_of_number(number: str) -> str:
    """A service number in one form, whatever its case, width, spaces and dashes."""
    folded = unicodedata.normalize("NFKC", number).casefold()
    return "".join(sign for sign in folded if sign.isalnum())[:32]


class Tries(models.Model):
    """How often a secret was tried, by account, address or session (`accounts.tries`)."""

    key = models.CharField(primary_key=True, max_length=128)
    count = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Staff(models.Model):
    """A member of staff: what they are by law, and the account by which they sign in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="staff")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    number = models.CharField(max_length=32, blank=True)
    #: The number without what hands write in many ways: nobody has two accounts by `a-1` and `Ａ１`.
    number_key = models.CharField(max_length=32, blank=True, editable=False)
    kind = models.CharField(max_length=16, choices=[(k.value, k.title) for k in StaffKind])

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in StaffKind]), name="accounts_staff_kind"
            ),
            models.UniqueConstraint(
                fields=["number_key"], condition=~Q(number_key=""), name="accounts_staff_number"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the number's key with it."""
        self.number_key = key_of_number(self.number)
        super().save(*args, **kwargs)

    def actor(self, post: Post | None = None) -> Actor:
        """This person as the writer of an entry, on a post."""
        return Actor(ActorKind.STAFF, str(self.id), post, StaffKind(self.kind))


class Posting(models.Model):
    """A post that a member of staff holds at an organization, from a day to a day."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="postings")
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    post = models.CharField(max_length=32, choices=[(p.value, p.title) for p in Post])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    #: The crew (班组) whose shifts this person works; None for those who work by day.
    crew = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "organization", "post", "since"], name="accounts_posting_once"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="accounts_posting_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.post} {self.organization_id}"


class Access(models.Model):
    """One row for each page or answer that showed personal data of people in custody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    organization_id = models.BigIntegerField()
    staff_id = models.UUIDField()
    post = models.CharField(max_length=32)
    purpose = models.CharField(max_length=64)
    route = models.CharField(max_length=128)
    detainees = ArrayField(models.UUIDField())

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "-at"], name="accounts_access_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.at} {self.purpose}"


class Confirmation(models.Model):
    """A grave act that somebody means to do, and the second person who agreed; good for one use.

    `content` is what exactly will be done, by identifiers and words without names; `digest` covers it.
    A trigger keeps what was asked from changing and lets each later fact be written once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    act = models.CharField(max_length=64)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    ground = models.TextField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    first = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="+")
    first_staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Posting, null=True, on_delete=models.PROTECT, related_name="+")
    second_staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(second_staff__isnull=True) | ~Q(second_staff=models.F("first_staff")),
                name="accounts_confirmation_two_people",
            ),
            models.CheckConstraint(
                condition=Q(second__isnull=True, second_staff__isnull=True)
                | Q(second__isnull=False, second_staff__isnull=False),
                name="accounts_confirmation_second_whole",
            ),
            # Answered by somebody, and in time; one answer only.
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, declined_at__isnull=True)
                | Q(
                    second__isnull=False,
                    confirmed_at__isnull=False,
                    confirmed_at__lte=models.F("expires_at"),
                    declined_at__isnull=True,
                )
                | Q(second__isnull=False, declined_at__isnull=False, confirmed_at__isnull=True),
                name="accounts_confirmation_answer",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True)
                | Q(
                    confirmed_at__isnull=False,
                    used_at__gte=models.F("confirmed_at"),
                    used_at__lte=models.F("expires_at"),
                ),
                name="accounts_confirmation_used_after_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-asked_at"], name="accounts_confirmation_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.asked_at}"


class SignIn(models.Model):
    """Somebody signed in or out, proved again who they are, or tried to. Of a failed attempt the
    account is kept, never what was typed: people type passwords where names belong.

    `by` says by what, as codes with spaces: `password totp`; empty where nothing was asked or known.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    organization_id = models.BigIntegerField()
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    what = models.CharField(max_length=16)
    by = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    what__in=[
                        "in",
                        "out",
                        "failed",
                        "locked_out",
                        "proved",
                        "unlocked",
                        "ended",
                        "wrong_code",
                        "wrong_passkey",
                        "wrong_pin",
                        "wrong_token",
                    ]
                ),
                name="accounts_signin_what",
            )
        ]
        indexes = [models.Index(fields=["organization_id", "-at"], name="accounts_signin_recent")]

    def __str__(self) -> str:
        return f"{self.at} {self.what}"


class BoardState(StrEnum):
    """How a wall board stands."""

    WAITING = "waiting"
    EXPIRED = "expired"
    IN_USE = "in_use"
    REVOKED = "revoked"


class Board(models.Model):
    """A wall board: a screen with a session of its own that only receives.

    Of the one-time code and of the token that the screen keeps, only digests are stored.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    made_at = models.DateTimeField()
    code = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField()
    token = models.CharField(max_length=64, blank=True)
    enrolled_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token"], condition=~Q(token=""), name="accounts_board_token"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def state_at(self, at: datetime) -> BoardState:
        """Whether a screen shows it, waits for its code, or never will by this code."""
        if self.revoked_at:
            return BoardState.REVOKED
        if self.enrolled_at:
            return BoardState.IN_USE
        return BoardState.WAITING if at <= self.code_until else BoardState.EXPIRED


class BreakGlass(models.Model):
    """Somebody opened what their post doesn't read about one person, for a reason and a short time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    custody_id = models.UUIDField()
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    post = models.CharField(max_length=32)
    reason = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=models.F("at")) & ~Q(reason=""), name="accounts_breakglass"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-at"], name="accounts_breakglass_recent"),
            models.Index(fields=["staff", "custody_id"], name="accounts_breakglass_whose"),
        ]

    def __str__(self) -> str:
        return f"{self.at} {self.staff_id}"
