"""The reception board: who is expected or at the door, and how far each admission is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.ui import wizard
from custos.management.reception.admission import services
from custos.management.reception.models import Arrival

#: How many arrivals one page shows; each begun admission is gone through step by step.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One arrival: the first step that isn't complete, by its number among all and its title, and the
    first of those that is the reader's own, by both as well. A number is 0 where there is no such step.
    """

    arrival: Arrival
    at: int
    steps: int
    lacking: str
    mine: str
    mine_at: int
    url: str


def page(acting: Any, number: str, sort: str = "") -> Page[Any]:
    """A page of the open arrivals of a facility, of one sort where named, oldest first. Three queries."""
    found = Arrival.objects.visible_to(scope.current()).filter(
        organization_id=acting.organization.pk, closed_at__isnull=True
    )
    if sort in Arrival.Sort.values:
        found = found.filter(sort=sort)
    shown = Paginator(found.order_by("since", "id"), PAGE).get_page(number)
    lines: Any = _lines(list(shown.object_list), acting)
    shown.object_list = lines
    return shown


#: How admissions stood for whom, within the minute that the key ends in: a live page asks for the same
#: ones again with each entry of the facility, and their forms cost more than all else on it.
_stood: dict[tuple[Any, ...], Line] = {}
_MOST_STOOD = 1000


def at_hand(acting: Any, limit: int) -> list[Line]:
    """The arrivals of a facility that stand at the door or whose admission has begun, oldest first.

    How far each is may be a minute old where nobody has saved a step since. Three queries.
    """
    arrivals = list(_at_hand(acting.organization.pk)[:limit])
    begun = [one.draft_id for one in arrivals if one.draft_id]
    drafts = {one.pk: one for one in wizard.drafts_named(services.NAME, begun, acting)}
    reader = (acting.post, acting.staff.kind, get_language(), int(clock.now().timestamp()) // 60)
    keys = {pk: (pk, draft.saved_at, *reader) for pk, draft in drafts.items()}
    # Another thread may forget all of them at any moment.
    stood = {pk: line for pk, key in keys.items() if (line := _stood.get(key))}
    if len(_stood) > _MOST_STOOD:
        _stood.clear()
    stands = wizard.stands_of([one for pk, one in drafts.items() if pk not in stood], acting)
    for one in arrivals:
        if one.draft_id in stands:
            stood[one.draft_id] = _stood[keys[one.draft_id]] = _line(one, stands[one.draft_id])
    return [
        replace(stood[one.draft_id], arrival=one) if one.draft_id in stood else _line(one, None)
        for one in arrivals
    ]


def beyond(organization_id: int, limit: int) -> list[datetime]:
    """Since when those stand at the door whom `at_hand` leaves out, oldest first. One query."""
    found = _at_hand(organization_id).values_list("arrived_at", flat=True)
    return [at for at in found[limit : limit + PAGE] if at]


def _at_hand(organization_id: int) -> QuerySet[Arrival]:
    found = Arrival.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, closed_at__isnull=True, arrived_at__isnull=False
    )
    return found.order_by("since", "id")


def expected(organization_id: int, limit: int) -> list[Arrival]:
    """Who is announced and hasn't come, by when they are expected. One query."""
    found = Arrival.objects.visible_to(scope.current()).filter(
        organization_id=organization_id,
        closed_at__isnull=True,
        arrived_at__isnull=True,
        expected_at__isnull=False,
    )
    return list(found.order_by("expected_at", "id")[:limit])


def listed(
    organization_id: int, *, after: tuple[datetime, UUID] | None = None, limit: int = PAGE
) -> list[Arrival]:
    """The open arrivals of a facility, oldest first. One query."""
    found = Arrival.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, closed_at__isnull=True
    )
    if after is not None:
        since, last = after
        found = found.filter(since__gte=since).exclude(since=since, id__lte=last)
    return list(found.order_by("since", "id")[:limit])


def closed(arrival_id: UUID) -> Arrival:
    """An arrival that has left the board. Raises `Missing` where the scope has no such. One query."""
    one = Arrival.objects.visible_to(scope.current()).filter(pk=arrival_id).first()
    if one is None:
        raise Missing("arrival.gone", _("This arrival isn't on the board any more."))
    return one


def arrival(arrival_id: UUID) -> Arrival:
    """An open arrival. Raises `Missing` where the scope has no such. One query."""
    found = Arrival.objects.visible_to(scope.current()).filter(pk=arrival_id)
    one = found.filter(closed_at__isnull=True).first()
    if one is None:
        raise Missing("arrival.gone", _("This arrival isn't on the board any more."))
    return one


def _lines(arrivals: Sequence[Arrival], acting: Any) -> list[Line]:
    drafts = wizard.drafts_named(
        services.NAME, [one.draft_id for one in arrivals if one.draft_id], acting
    )
    stands = wizard.stands_of(drafts, acting)
    return [_line(one, stands.get(one.draft_id) if one.draft_id else None) for one in arrivals]


def _line(arrival: Arrival, stands: Sequence[wizard.Stand] | None) -> Line:
    if stands is None:
        return Line(arrival, 0, 0, "", "", 0, "")
    numbered = list(enumerate(stands, 1))
    at, first = next(((at, one) for at, one in numbered if not one.done), (0, None))
    own = ((at, one) for at, one in numbered if one.open and not one.done)
    mine_at, mine = next(own, (0, None))
    return Line(
        arrival,
        at,
        len(stands),
        str(first.step.title) if first else "",
        str(mine.step.title) if mine else "",
        mine_at,
        reverse("wizard", args=[services.NAME, arrival.draft_id]),
    )
