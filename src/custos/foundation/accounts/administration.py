"""What the security administrator does about accounts and postings; each is an entry.

What opens an account to somebody (making it, posting it, a new password, taking factors away) asks the
administrator to prove again who they are; where the account can confirm grave acts, a second person
confirms it (`acts`). Otherwise one human could be both persons of any grave act.

An administrator reads nothing of the record, so what they write is written in a scope that may write
for staff and leaders, opened for the deed alone.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import acts, confirmations, locking, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.kinds import AccountChanged, PostingEnded
from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Audience, Post, StaffKind, Subject
from custos.foundation.record.services import Deed

PAGE = 50


@dataclass(frozen=True, slots=True)
class Place:
    """A post to be held: where, which, and with which crew."""

    organization: Organization
    post: Post
    crew: int | None = None


@contextmanager
def _writing() -> Iterator[Deed]:
    own = scope.current()
    writes = replace(own, audiences=own.audiences | {int(Audience.STAFF), int(Audience.LEADERS)})
    with scope.entered(writes), record.deed() as deed:
        yield deed


def _told(
    deed: Deed, staff: Staff, what: Any, by: Acting, reason: str = "", second: Actor | None = None
) -> None:
    change = AccountChanged(account=staff.user_id, what=what, reason=reason)
    deed.append(change, about=Subject(staff.organization_id), by=by.actor, second=second)


@dataclass(frozen=True, slots=True)
class Proof:
    """When the administrator last proved who they are, and the confirmation where one is needed."""

    at: datetime | None
    confirmation: UUID | None = None


def confirms(post: Post) -> bool:
    """Whether whoever is on a post can be the second person of a grave act."""
    return post in confirmations.seconds()


def can_confirm(staff: Staff) -> bool:
    """Whether an account holds such a post now or later, in whatever organization."""
    today = clock.today()
    with scope.entered(scope.Scope.of_system("accounts.administration")):
        return (
            Posting.objects.filter(user_id=staff.user_id, post__in=confirmations.seconds())
            .filter(Q(until__isnull=True) | Q(until__gte=today))
            .exists()
        )


def content_of_new(
    username: str, name: str, number: str, kind: StaffKind, place: Place
) -> dict[str, Any]:
    """What is confirmed of a new account."""
    return {
        "username": username,
        "name": name,
        "number": number,
        "kind": kind.value,
        **_content_of(place),
    }


def content_of_post(staff_id: UUID, place: Place, number: str = "") -> dict[str, Any]:
    """What is confirmed of a posting, with the service number of somebody who had none."""
    return {"staff": str(staff_id), "number": number, **_content_of(place)}


def _content_of(place: Place) -> dict[str, Any]:
    return {
        "organization": place.organization.pk,
        "post": place.post.value,
        "crew": place.crew,
    }


def _proven(
    proof: Proof, act: str, content: dict[str, Any], *, needed: bool, by: Acting
) -> Actor | None:
    """The second person where one is needed, whose confirmation is used; within the deed."""
    confirmations.require_fresh(proof.at)
    if not needed:
        confirmations.act_of(act).check(content, by)
        return None
    if proof.confirmation is None:
        raise NotAllowed(
            "account.second_person",
            _("This account can confirm grave acts: opening it takes a second person."),
            mend=_("Ask for their confirmation."),
        )
    return confirmations.consume(proof.confirmation, act, content, by=by)


def make_account(
    username: str,
    *,
    name: str,
    number: str,
    kind: StaffKind,
    place: Place,
    by: Acting,
    proof: Proof,
    reason: str = "",
) -> tuple[Staff, str]:
    """A new account with its holder's first post; returns the password to hand over, once.

    Raises `Conflict` for a name or service number that is taken, `Malformed` without a number on a post
    that confirms, `NotAllowed` for an organization out of scope, an old proof or none confirmed.
    """
    password, needed = secrets.token_urlsafe(12), confirms(place.post)
    content = content_of_new(username, name, number, kind, place)
    with _writing() as deed:
        second = _proven(proof, acts.MAKE, content, needed=needed, by=by)
        user = services.make_account(username, password, handed_over=True)
        posting = _put(user, name, number, kind, place, by, second)
        _told(deed, posting.staff, "made", by, reason, second)
    return posting.staff, password


def put_on_post(
    staff_id: UUID, place: Place, *, number: str = "", by: Acting, proof: Proof
) -> Posting:
    """Give a member of staff one more post, and a service `number` where they have none.

    Raises as `make_account` does, and `Conflict` for a post that they hold already.
    """
    staff = _staff(staff_id)
    content, needed = content_of_post(staff_id, place, number), confirms(place.post)
    with _writing():
        second = _proven(proof, acts.POST, content, needed=needed, by=by)
        kind = StaffKind(staff.kind)
        return _put(staff.user, staff.name, staff.number or number, kind, place, by, second)


def _put(
    user: User,
    name: str,
    number: str,
    kind: StaffKind,
    place: Place,
    by: Acting,
    second: Actor | None,
) -> Posting:
    if not by.scope.covers(place.organization.pk):
        raise NotAllowed("entry.out_of_scope", _("This organization is outside your scope."))
    return services.post_staff(
        user,
        name=name,
        kind=kind,
        organization=place.organization,
        post=place.post,
        number=number,
        crew=place.crew,
        by=by.actor,
        second=second,
    )


def end_posting(staff_id: UUID, posting_id: int, until: date, *, reason: str, by: Acting) -> None:
    """Let a posting end with a day, which still counts."""
    with _writing() as deed:
        posting = (
            Posting.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=posting_id, staff_id=staff_id, until__isnull=True)
            .first()
        )
        if posting is None:
            raise Conflict("posting.ended", _("This posting has ended already."))
        if until < posting.since:
            raise Malformed(
                "posting.before_begin", _("It can't end before it began."), field="until"
            )
        posting.until = until
        posting.save(update_fields=["until"])
        ended = PostingEnded(staff=staff_id, post=posting.post, until=until, reason=reason)
        deed.append(ended, about=Subject(posting.organization_id), by=by.actor)


def close_account(staff_id: UUID, *, reason: str, by: Acting) -> None:
    """Nobody signs in by it any more; open sessions end with their next page, personal tokens for good."""
    _set_open(staff_id, False, "closed", reason, by)


def open_account(staff_id: UUID, *, reason: str, by: Acting) -> None:
    """Let a closed account sign in again."""
    _set_open(staff_id, True, "opened", reason, by)


def _set_open(staff_id: UUID, is_open: bool, what: str, reason: str, by: Acting) -> None:
    staff = _staff(staff_id)
    if staff.pk == by.staff.pk:
        raise NotAllowed("account.own", _("Nobody does this about their own account."))
    with _writing() as deed:
        User.objects.filter(pk=staff.user_id).update(is_active=is_open)
        if not is_open:
            services.credentials_ended(staff.user, by=by.actor)
        _told(deed, staff, what, by, reason)


def new_password(staff_id: UUID, *, reason: str, by: Acting, proof: Proof) -> str:
    """Another password to hand over, once; sessions and personal tokens by the old one end.

    Raises `NotAllowed` for an old proof, or where the account can confirm and nobody confirmed this.
    """
    password = secrets.token_urlsafe(12)
    with _opening(acts.PASSWORD, staff_id, by, proof) as (deed, staff, second):
        services.set_password(staff.user.username, password, handed_over=True, by=by.actor)
        _told(deed, staff, "new_password", by, reason, second)
    return password


def reset_factors(staff_id: UUID, *, reason: str, by: Acting, proof: Proof) -> None:
    """Take away authenticator app, passkeys and recovery codes, for somebody who lost them.

    Personal tokens end too. Raises as `new_password` does.
    """
    with _opening(acts.FACTORS, staff_id, by, proof) as (deed, staff, second):
        Authenticator.objects.filter(user_id=staff.user_id).delete()
        services.credentials_ended(staff.user, by=by.actor)
        _told(deed, staff, "factors_reset", by, reason, second)


@contextmanager
def _opening(
    act: str, staff_id: UUID, by: Acting, proof: Proof
) -> Iterator[tuple[Deed, Staff, Actor | None]]:
    staff = _staff(staff_id)
    with _writing() as deed:
        # Of a posting given in this moment one sees the other: the trigger on postings locks it too.
        User.objects.select_for_update().get(pk=staff.user_id)
        content = {"staff": str(staff_id)}
        yield deed, staff, _proven(proof, act, content, needed=can_confirm(staff), by=by)


def unlock(staff_id: UUID, *, reason: str, by: Acting) -> None:
    """Forget the wrong passwords that locked an account out."""
    staff = _staff(staff_id)
    with _writing() as deed:
        locking.unlock(staff.user.username)
        _told(deed, staff, "unlocked", by, reason)


# ---------------------------------------------------------------------- questions


def staff(search: str = "", *, offset: int = 0) -> tuple[list[Staff], int]:
    """Members of staff of the scope by name, and how many; with what they hold today."""
    rows = Staff.objects.visible_to(scope.current())
    if search:
        rows = rows.filter(
            Q(name__icontains=search) | Q(number=search) | Q(user__username__icontains=search)
        )
    today = clock.today()
    held = Posting.objects.filter(Q(until__isnull=True) | Q(until__gte=today))
    page = rows.select_related("user", "organization").prefetch_related(
        Prefetch("postings", held.select_related("organization").order_by("id"), "held")
    )
    return list(page.order_by("name", "id")[offset : offset + PAGE]), rows.count()


def member(staff_id: UUID) -> tuple[Staff, list[Posting], bool]:
    """One member of staff, all their postings, and whether they have a second factor."""
    found = _staff(staff_id)
    postings = Posting.objects.visible_to(scope.current()).filter(staff=found)
    return (
        found,
        list(postings.select_related("organization").order_by("-since", "-id")[:PAGE]),
        Authenticator.objects.filter(user_id=found.user_id).exists(),
    )


def _staff(staff_id: UUID) -> Staff:
    found = (
        Staff.objects.visible_to(scope.current())
        .select_related("user", "organization")
        .filter(pk=staff_id)
        .first()
    )
    if found is None:
        raise Missing("staff.no_such", _("There is no such member of staff."))
    return found
