"""Accounts, staff and postings; the access log."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
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

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username


class Staff(models.Model):
    """A member of staff: what they are by law, and the account by which they sign in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="staff")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    number = models.CharField(max_length=32, blank=True)
    kind = models.CharField(max_length=16, choices=[(k.value, k.title) for k in StaffKind])

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in StaffKind]), name="accounts_staff_kind"
            )
        ]

    def __str__(self) -> str:
        return self.name

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
