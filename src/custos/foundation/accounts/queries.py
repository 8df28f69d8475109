"""Questions about accounts and postings."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Q

from custos.foundation import clock, rulefiles
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access, Posting, Staff, User
from custos.foundation.database import scope
from custos.foundation.record.queries import Line


def acting_of(user: User, posting_id: int | None = None) -> Acting | None:
    """As what an account acts: the posting named, or the first it holds today; None without any.

    Opens its own scope, that of the account's own rows. Two queries.
    """
    today = clock.today()
    with scope.entered(scope.Scope.of_nobody(user.pk)):
        postings = tuple(
            Posting.objects.filter(user=user, since__lte=today)
            .filter(Q(until__isnull=True) | Q(until__gte=today))
            .select_related("organization", "staff")
            .order_by("organization_id", "id")
        )
    if not postings:
        return None
    chosen = next((p for p in postings if p.pk == posting_id), postings[0])
    return Acting(user, chosen.staff, chosen, postings)


def lacks_second_factor(user: User, post: str) -> bool:
    """Whether this post needs a second factor and the account has none; a demo asks for none. One query."""
    if settings.DEMO or post not in settings.SECOND_FACTOR_POSTS:
        return False
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not is_mfa_enabled(user, factors)


def acting_by(user_id: int, posting_id: int) -> Acting | None:
    """As what an account acts on one posting, which it holds today; None where it or that is over.

    For programs that act on the posting of their token. Opens its own scope; one query.
    """
    today = clock.today()
    with scope.entered(scope.Scope.of_nobody(user_id)):
        posting = (
            Posting.objects.filter(pk=posting_id, user=user_id, since__lte=today)
            .filter(Q(until__isnull=True) | Q(until__gte=today), user__is_active=True)
            .select_related("organization", "staff", "user")
            .first()
        )
    return Acting(posting.user, posting.staff, posting, (posting,)) if posting else None


def names_of(refs: set[str]) -> dict[str, str]:
    """Names of staff by id, as far as the current scope covers them. One query.

    What acted and is no member of staff, such as a part of the system, has no name here.
    """
    ids = {ref for ref in refs if _is_id(ref)}
    rows = Staff.objects.visible_to(scope.current()).filter(id__in=ids)
    return {str(pk): name for pk, name in rows.values_list("id", "name")}


def writers_of(lines: Iterable[Line]) -> dict[str, str]:
    """Names of who wrote some entries, and of the second person of each act of two, by id. One query."""
    written = [line for line in lines if line.by_kind == "staff"]
    return names_of({ref for line in written for ref in (line.by_ref, line.second_ref) if ref})


class Colleague(NamedTuple):
    """A member of staff: their name, and what they are by law."""

    name: str
    kind: str


def colleagues(refs: Iterable[str]) -> dict[str, Colleague]:
    """Members of staff by id, as `names_of` gives their names. One query."""
    ids = {ref for ref in refs if _is_id(ref)}
    rows = Staff.objects.visible_to(scope.current()).filter(id__in=ids)
    return {
        str(pk): Colleague(name, kind) for pk, name, kind in rows.values_list("id", "name", "kind")
    }


def staff_of_kind(organization: int, kind: str) -> list[str]:
    """Who is or was posted to an organization and is of a kind of staff, by id. One query."""
    rows = Posting.objects.visible_to(scope.current()).filter(
        organization_id=organization, staff__kind=kind
    )
    return [str(ref) for ref in rows.values_list("staff_id", flat=True).distinct()]


def _is_id(ref: str) -> bool:
    try:
        UUID(ref)
    except ValueError:
        return False
    return True


class Holder(NamedTuple):
    """Somebody who holds a post today."""

    ref: str
    name: str
    post: str


def holders(organization: int, posts: Iterable[str]) -> list[Holder]:
    """Who holds some posts of an organization today, by post and then by name. One query."""
    today = clock.today()
    rows = (
        Posting.objects.visible_to(scope.current())
        .filter(organization_id=organization, post__in=list(posts), since__lte=today)
        .filter(Q(until__isnull=True) | Q(until__gte=today), user__is_active=True)
        .order_by("post", "staff__name", "staff_id")
    )
    found = rows.values_list("staff_id", "staff__name", "post")
    return [Holder(str(ref), name, post) for ref, name, post in found]


class Posted(NamedTuple):
    """Somebody's posts at an organization, in the order in which they were put on them, and their crew."""

    ref: str
    name: str
    number: str
    kind: str
    posts: tuple[str, ...]
    crew: int | None


def posted(organization: int, day: date) -> list[Posted]:
    """Who holds posts of an organization on a day, by their first post, crew and name. One query."""
    rows = (
        Posting.objects.visible_to(scope.current())
        .filter(organization_id=organization, since__lte=day, user__is_active=True)
        .filter(Q(until__isnull=True) | Q(until__gte=day))
        .select_related("staff")
        .order_by("staff_id", "id")
    )
    found: dict[UUID, list[Posting]] = {}
    for row in rows:
        found.setdefault(row.staff_id, []).append(row)
    people = [
        Posted(
            str(ref),
            held[0].staff.name,
            held[0].staff.number,
            held[0].staff.kind,
            tuple(one.post for one in held),
            next((one.crew for one in held if one.crew is not None), None),
        )
        for ref, held in found.items()
    ]
    return sorted(people, key=lambda one: (one.posts[0], one.crew or 0, one.name, one.ref))


def accesses(
    *,
    detainee: UUID | None = None,
    staff: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Access]:
    """Who saw whose data in the scope, latest first; about one person or by one reader. One query."""
    found = Access.objects.visible_to(scope.current())
    if detainee is not None:
        found = found.filter(detainees__contains=[detainee])
    if staff is not None:
        found = found.filter(staff_id=staff)
    if after is not None:
        at, last = after
        found = found.filter(at__lte=at).exclude(at=at, id__gte=last)
    return list(found.order_by("-at", "-id")[:limit])


class DemoRole(NamedTuple):
    """A card of the demo's sign-in page; `at` is the kind of facility, where it isn't the main one."""

    username: str
    post: str
    name: dict[str, str]
    sees: dict[str, str]
    at: str = ""


def demo_roles() -> list[DemoRole]:
    """The roles that the demo's sign-in page offers, in the order of its cards."""
    file = Path(__file__).parent / "rules" / "demo_roles.yaml"
    return [DemoRole(**row) for row in rulefiles.read(file)]
