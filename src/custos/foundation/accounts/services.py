"""What may be done about accounts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.kinds import StaffPosted
from custos.foundation.accounts.models import Posting, Staff, User, key_of_number
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, NotAllowed, raise_all
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import ADMINISTRATORS, Actor, Post, StaffKind, Subject

#: The command line on the machine, which is the root of trust.
_PROGRAM = Actor.system("custos program")

_ending_with_credentials: list[Callable[[int, Actor], None]] = []


def end_with_credentials(end: Callable[[int, Actor], None]) -> None:
    """Have something ended, by `end(user_id, by)`, with the password or factors by which it was made.

    For modules above, at start-up: what an account left with a program ends in the same transaction.
    """
    _ending_with_credentials.append(end)


def credentials_ended(user: User, *, by: Actor) -> None:
    """A password, the factors or the account itself opens nothing any more; nor does what it made."""
    for end in _ending_with_credentials:
        end(user.pk, by)


def make_account(username: str, password: str | None, *, handed_over: bool = False) -> User:
    """A new account. A password that is `handed_over` opens nothing until its holder has changed it.

    Raises `Conflict` for a name that is taken, `Malformed` for a weak password.
    """
    raise_all(faults_of_username(username))
    if password is not None:
        _require_strong(password)
    user = User.objects.create_user(username, password)
    if handed_over:
        user.must_change_password = True
        user.save(update_fields=["must_change_password"])
    return user


def faults_of_username(username: str) -> list[CustosError]:
    """What is wrong with a name for a new account: nothing, or that another one has it. One query."""
    known = User.objects.filter(username=User.normalize_username(username))
    if not known.exists():
        return []
    return [
        Conflict(
            "account.taken", _("An account named %(name)s exists."), field="username", name=username
        )
    ]


def faults_of_number(number: str, *, needed: bool, own: UUID | None = None) -> list[CustosError]:
    """What is wrong with a service number: that there is none where it is `needed`, or that somebody else
    than `own` has it. One query, over the whole installation: a number is one person wherever they serve.
    """
    key = key_of_number(number)
    if not key:
        if not needed:
            return []
        return [
            Malformed(
                "staff.number_needed",
                _("Whoever confirms grave acts has a service number."),
                field="number",
            )
        ]
    with scope.entered(scope.Scope.of_system("accounts.services")):
        holder = Staff.objects.filter(number_key=key).values_list("pk", flat=True).first()
    return [_number_taken()] if holder not in (None, own) else []


def faults_of_posting(staff: Staff, organization_id: int, post: Post) -> list[CustosError]:
    """What is wrong with a posting from today on: that it is held already, or that an administrator's role
    would be combined with another. One query; the database refuses the latter whoever asks.
    """
    today = clock.today()
    with scope.entered(scope.Scope.of_system("accounts.services")):
        held = list(
            Posting.objects.filter(staff=staff)
            .filter(Q(until__isnull=True) | Q(until__gte=today))
            .values_list("post", "organization_id")
        )
    others = {Post(one) for one, _place in held} - {post}
    found: list[CustosError] = []
    if (post.value, organization_id) in held:
        found.append(Conflict("posting.held", _("This post is held already."), field="post"))
    if others and (post in ADMINISTRATORS or others & ADMINISTRATORS):
        found.append(_administrators_apart())
    return found


def _number_taken() -> Conflict:
    return Conflict(
        "staff.number_taken",
        _("This service number belongs to another account."),
        field="number",
        mend=_("One person has one account: look for it, and put it on the post."),
    )


def _administrators_apart() -> NotAllowed:
    return NotAllowed(
        "posting.administrators_apart",
        _("System, security and audit administrator stand apart from each other and from duty."),
        field="post",
        mend=_("Use another account for this post, or end the other posting first."),
    )


def set_password(
    username: str,
    password: str,
    *,
    handed_over: bool = False,
    by: Actor = _PROGRAM,
) -> None:
    """Give an account another password, which opens nothing until it is changed where `handed_over`.

    Personal tokens end with the old one. Raises `Malformed` for a weak one or an unknown account.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Malformed(
            "account.unknown",
            _("There is no account named %(name)s."),
            field="username",
            name=username,
        )
    _require_strong(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.must_change_password = handed_over
        user.save(update_fields=["password", "must_change_password"])
        credentials_ended(user, by=by)


def _require_strong(password: str, user: User | None = None) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Malformed(
            "account.weak_password", " ".join(error.messages), field="password"
        ) from None


@contextmanager
def _apart() -> Iterator[None]:
    """Say in words what the trigger on postings, and the one number of a person, refuse."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "accounts_staff_number" in str(error):
            raise _number_taken() from None
        if getattr(error.__cause__, "sqlstate", "") != "23P01":
            raise
        raise _administrators_apart() from None


def post_staff(
    user: User,
    *,
    name: str,
    kind: StaffKind,
    organization: Organization,
    post: Post,
    by: Actor,
    number: str = "",
    crew: int | None = None,
    since: date | None = None,
    second: Actor | None = None,
) -> Posting:
    """Put a person on a post of an organization, making their staff record where there is none.
    `number` is kept where they had none yet.

    `second` is who confirmed it, where that is needed. Raises `NotAllowed` where an account would
    combine an administrator's role with another or with a duty post, and `Conflict` for a service
    number that another account has: the database refuses both.
    """
    with _apart(), record.deed() as deed:
        staff = Staff.objects.filter(user=user).first() or Staff.objects.create(
            user=user, organization=organization, name=name, kind=kind.value, number=number
        )
        if number and not staff.number_key:
            staff.number = number
            staff.save(update_fields=["number", "number_key"])
        posting = Posting.objects.create(
            staff=staff,
            user=user,
            organization=organization,
            post=post.value,
            crew=crew,
            since=since or clock.today(),
        )
        deed.append(
            StaffPosted(staff=staff.pk, post=post.value, since=posting.since),
            about=Subject(organization.pk),
            by=by,
            second=second,
        )
    return posting


def post_by_codes(
    username: str,
    *,
    name: str,
    kind: str,
    organization: int,
    post: str,
    number: str = "",
    crew: int | None = None,
) -> Posting:
    """Put an account's holder on a post, all named by codes, as the command line does.

    Raises `Malformed` for a code or number that is unknown.
    """
    user = User.objects.filter(username=username).first()
    place = Organization.objects.filter(pk=organization).first()
    for known, what, said in (
        (user, "username", username),
        (place, "organization", organization),
        (post in set(Post), "post", post),
        (kind in set(StaffKind), "kind", kind),
    ):
        if not known:
            raise Malformed(
                "posting.unknown",
                _("Unknown %(what)s: %(said)s."),
                field=what,
                what=what,
                said=said,
            )
    assert user is not None
    assert place is not None
    return post_staff(
        user,
        name=name,
        kind=StaffKind(kind),
        organization=place,
        post=Post(post),
        number=number,
        crew=crew,
        by=_PROGRAM,
    )
