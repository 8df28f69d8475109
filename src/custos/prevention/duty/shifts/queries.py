"""Who is on duty now, in the scope of whoever asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.record.parties import Actor, Post
from custos.prevention.duty.information import adopted
from custos.prevention.duty.information.catalogue import FacilityFile
from custos.prevention.duty.shifts import plan
from custos.prevention.duty.shifts.models import SignOn
from custos.prevention.duty.shifts.plan import OnShift, Shift, Strength

#: Who signs on so long before a change of shifts signs on to the one that begins.
EARLY = timedelta(hours=1)
#: How long after the end of their shift somebody who didn't sign off still holds the post.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OnPost:
    """Somebody on duty on a post."""

    name: str
    staff_ref: str
    post_title: Any
    since: datetime
    post: str = ""


def on_post(organization: int, posts: Sequence[str] | None = None) -> list[OnPost]:
    """Who is signed on at a facility, by post and then by when; to some posts where named. Two queries."""
    rows = _on().filter(organization_id=organization)
    if posts is not None:
        rows = rows.filter(post__in=list(posts))
    found = list(rows.order_by("post", "since")[:200])
    names = accounts.names_of({row.staff_ref for row in found})
    return [
        OnPost(
            names.get(row.staff_ref, ""), row.staff_ref, Post(row.post).title, row.since, row.post
        )
        for row in found
    ]


def signed_on(organization: int, by: Actor) -> SignOn | None:
    """The sign-on of somebody to the post they act on; None where they are not on duty on it."""
    found = _on().filter(organization_id=organization, staff_ref=by.ref, post=by.post)
    return found.first()


def shifts_of(organization: int, at: datetime) -> tuple[Shift, ...]:
    """The shifts of a facility on a day: its own, else the shipped ones. One query."""
    own = adopted.own_of(adopted.latest(organization, clock.day_of(at)))
    return own.shifts or plan.shipped().shifts


def shift_of(organization: int, at: datetime) -> OnShift:
    """The shift of a facility at a moment. One query."""
    return plan.shift_at(shifts_of(organization, at), at)


def named(shift: OnShift) -> str:
    """What a shift is called, in the active language."""
    name = shift.shift.name
    return name.zh if (get_language() or "").startswith("zh") else name.en


def strengths(at: datetime) -> dict[int, Strength]:
    """The facilities of the scope that keep a roster, and how many each of their posts needs. One query."""
    files = adopted.by_facility(clock.day_of(at))
    found = {number: _needed(adopted.own_of(row), at) for number, row in files.items()}
    return {number: strength for number, strength in found.items() if strength}


def strength_of(organization: int, at: datetime) -> Strength:
    """How many people each post of a facility needs; empty where it keeps no roster. One query."""
    return _needed(adopted.own_of(adopted.latest(organization, clock.day_of(at))), at)


def _needed(own: FacilityFile, at: datetime) -> Strength:
    """The facility's strength, with what its shift of the moment needs otherwise."""
    if not own.strength:
        return {}
    shift = plan.shift_at(own.shifts or plan.shipped().shifts, at).shift
    return own.strength | shift.strength


@dataclass(frozen=True, slots=True)
class PostNow:
    """How many are on duty on a post, and how many its roster needs; None where it says nothing of it."""

    title: Any
    brief: Any
    on: int
    needed: int | None

    @property
    def is_short(self) -> bool:
        """Whether fewer are there than are needed."""
        return self.needed is not None and self.on < self.needed


def posts_now(organization: int) -> list[PostNow]:
    """The posts of a facility that somebody is on or that its roster needs; those that are short first.
    Names nobody. Two queries.
    """
    needed = strength_of(organization, clock.now())
    rows = _on().filter(organization_id=organization).values_list("post")
    on = {Post(post): count for post, count in rows.annotate(Count("staff_ref", distinct=True))}
    found = [PostNow(p.title, p.brief, on.get(p, 0), needed.get(p)) for p in sorted({*on, *needed})]
    return sorted(found, key=lambda post: (not post.is_short, post.needed is None))


def staffed(at: datetime) -> dict[int, Mapping[Post, frozenset[str]]]:
    """Of facilities that keep a roster, the posts that are held and by whom. At most two queries."""
    keeping = strengths(at)
    if not keeping:
        return {}
    held: dict[int, dict[Post, set[str]]] = {number: {} for number in keeping}
    rows = _on(at).filter(organization_id__in=list(keeping))
    for number, post, ref in rows.values_list("organization_id", "post", "staff_ref"):
        held[number].setdefault(Post(post), set()).add(ref)
    return {
        number: {post: frozenset(refs) for post, refs in posts.items()}
        for number, posts in held.items()
    }


def whose_shift_ended(organization: int, post: Post, at: datetime) -> list[str]:
    """Who was on a post in the shift that ended then, and not gone an hour before its end; as entries name
    them. Among them is who holds over from the shift before. One query.
    """
    last = Q(until__isnull=True) | Q(until__gt=at - EARLY)
    rows = SignOn.objects.visible_to(scope.current()).filter(
        last, organization_id=organization, post=post, since__lt=at
    )
    ended = rows.filter(ends_at__gt=at, ends_at__lte=at + LATE)
    return sorted(set(ended.values_list("staff_ref", flat=True)))


def _on(at: datetime | None = None) -> QuerySet[SignOn]:
    on = SignOn.objects.visible_to(scope.current()).filter(until__isnull=True)
    return on.filter(ends_at__gt=at or clock.now())
