"""What may be done about accounts."""

from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.kinds import StaffPosted
from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.errors import Conflict, Malformed
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, StaffKind, Subject


def make_account(username: str, password: str | None) -> User:
    """A new account. Raises `Conflict` for a name that is taken, `Malformed` for a weak password."""
    if User.objects.filter(username=username).exists():
        raise Conflict(
            "account.taken", _("An account named %(name)s exists."), field="username", name=username
        )
    if password is not None:
        _require_strong(password)
    return User.objects.create_user(username, password)


def set_password(username: str, password: str) -> None:
    """Give an account another password. Raises `Malformed` for a weak one or an unknown account."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Malformed(
            "account.unknown",
            _("There is no account named %(name)s."),
            field="username",
            name=username,
        )
    _require_strong(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])


def _require_strong(password: str, user: User | None = None) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Malformed(
            "account.weak_password", " ".join(error.messages), field="password"
        ) from None


def post_staff(
    user: User,
    *,
    name: str,
    kind: StaffKind,
    organization: Organization,
    post: Post,
    by: Actor,
    number: str = "",
    since: date | None = None,
) -> Posting:
    """Put a person on a post of an organization, making their staff record where there is none."""
    with record.deed() as deed:
        staff = Staff.objects.filter(user=user).first() or Staff.objects.create(
            user=user, organization=organization, name=name, kind=kind.value, number=number
        )
        posting = Posting.objects.create(
            staff=staff,
            user=user,
            organization=organization,
            post=post.value,
            since=since or clock.now().astimezone(clock.LOCAL).date(),
        )
        deed.append(
            StaffPosted(staff=staff.pk, post=post.value, since=posting.since),
            about=Subject(organization.pk),
            by=by,
        )
    return posting
