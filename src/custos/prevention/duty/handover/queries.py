"""Questions about handovers, in the scope of whoever asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import queries as accounts
from custos.foundation.custody import queries as custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Missing
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record.parties import Actor, Post
from custos.prevention.duty.handover import plan, services
from custos.prevention.duty.handover.models import Handover, HandoverItem, HandoverReading
from custos.prevention.duty.handover.plan import Standing
from custos.prevention.duty.shifts import queries as shifts

A_PAGE = 30

_STANDINGS: Mapping[str, tuple[str, Any]] = {
    Standing.PREPARED: ("late", _("waits for the outgoing leader")),
    Standing.SIGNED: ("waiting", _("waits for the incoming leader")),
    Standing.TAKEN: ("done", _("signed by both")),
}


@dataclass(frozen=True, slots=True)
class HandoverShown:
    """A handover without its items, as lists show it."""

    id: UUID
    organization_id: int
    organization_name: str
    at: datetime
    prepared_at: datetime
    outgoing_shift: str
    incoming_shift: str
    on_duty: tuple[str, ...]
    standing: str
    signed_by: str
    signed_at: datetime | None
    taken_by: str
    taken_at: datetime | None
    keys_expected: int | None
    keys_counted: int | None
    digest: str

    @property
    def state(self) -> tuple[str, Any]:
        """How it stands, as a status."""
        return _STANDINGS[self.standing]

    @property
    def is_open(self) -> bool:
        """Whether not both have signed."""
        return self.standing != Standing.TAKEN


def latest(organization: int, page: object = 1) -> Page[HandoverShown]:
    """The handovers of the scope within a subtree, latest change first. Three queries."""
    lowest, highest = range_of(organization)
    rows = _rows().filter(organization_id__gte=lowest, organization_id__lte=highest)
    found: Page[Any] = Paginator(rows.order_by("-at", "pk"), A_PAGE).get_page(page)  # type: ignore[arg-type]
    found.object_list = _shown(found.object_list)
    return found


def listed(
    organization: int,
    *,
    waiting: bool | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[HandoverShown]:
    """The same by a cursor; `waiting`: those that not both have signed, or the others. Two queries."""
    lowest, highest = range_of(organization)
    rows = _rows().filter(organization_id__gte=lowest, organization_id__lte=highest)
    if waiting is not None:
        taken = Q(standing=Standing.TAKEN)
        rows = rows.filter(~taken if waiting else taken)
    if after is not None:
        at, pk = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__gt=pk))
    return _shown(rows.order_by("-at", "pk")[:limit])


def open_ones(facility: int) -> list[HandoverShown]:
    """What both have not signed yet at a facility, oldest first. Two queries."""
    rows = _rows().filter(organization_id=facility).exclude(standing=Standing.TAKEN)
    return _shown(rows.order_by("at")[:A_PAGE])


def keys_of_before(facility: int) -> int | None:
    """How many keys the last signed handover of a facility expected. One query."""
    rows = _rows().filter(organization_id=facility, keys_expected__isnull=False)
    found: int | None = rows.order_by("-at").values_list("keys_expected", flat=True).first()
    return found


def open_since(facility: int) -> datetime | None:
    """Since when a handover of a facility is open; names nobody. One query."""
    rows = _rows().filter(organization_id=facility).exclude(standing=Standing.TAKEN)
    found: datetime | None = rows.order_by("at").values_list("at", flat=True).first()
    return found


@dataclass(frozen=True, slots=True)
class Answerable:
    """A leader who answers for the facility now, and from which side of the last change."""

    name: str
    outgoing: bool
    since: datetime


def answerable(facility: int) -> list[Answerable]:
    """Who leads a facility now: whoever is on duty as its duty leader, and until a handover is signed by
    both also whoever led the shift before, also where they signed off. Four queries at most.
    """
    there = shifts.on_post(facility, [Post.DUTY_LEADER])
    rows = _rows().filter(organization_id=facility).exclude(standing=Standing.TAKEN)
    before: dict[str, datetime] = {}
    for refs, began in rows.order_by("-at").values_list("on_duty", "began"):
        before |= dict.fromkeys(refs, began)
    names = accounts.names_of(set(before)) if before else {}
    found = [Answerable(names.get(ref, ""), True, began) for ref, began in before.items()]
    found += [
        Answerable(one.name, False, one.since) for one in there if one.staff_ref not in before
    ]
    return found


class Remark(NamedTuple):
    """What somebody asked or said about an item."""

    by: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item as it was shown then. `person` is who it is about, where the reader may see them now;
    `sealed` where law has sealed them since. `mine` says that the reader has read it, `remarks` what
    whoever took over asked or said.
    """

    id: UUID
    text: str
    severity: int | None
    due_at: datetime | None
    person: PersonShown | None
    sealed: bool
    task_id: UUID | None
    mine: bool
    remarks: tuple[Remark, ...]


class Section(NamedTuple):
    """A part of a handover."""

    title: str
    items: tuple[ItemShown, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole handover: its sections with items, what the reader may do, and whether it is as signed."""

    handover: HandoverShown
    sections: tuple[Section, ...]
    unread: int
    items: int
    may_sign: bool
    may_read: bool
    intact: bool


def document(handover: UUID, by: Actor) -> Document:
    """One handover for a reader; whom it names is noted. Raises `Missing` out of scope. Seven queries."""
    row = _rows().filter(pk=handover).first()
    if row is None:
        raise Missing("handover.no_such", _("There is no such handover."))
    rows = HandoverItem.objects.visible_to(scope.current()).filter(handover=row)
    items = list(rows.order_by("position"))
    readings = list(
        HandoverReading.objects.visible_to(scope.current())
        .filter(item__handover=row)
        .order_by("at", "pk")
    )
    mine = {one.item_id for one in readings if one.by_ref == by.ref}
    shown = _items_shown(items, readings, mine)
    signs = by.post in services.SIGNERS and by.is_officer
    may_sign = (
        signs
        and row.standing == Standing.PREPARED
        and (by.post is Post.LEADER or not row.on_duty or by.ref in row.on_duty)
    )
    return Document(
        _shown([row])[0],
        tuple(
            Section(_named(section.title.model_dump()), tuple(shown.get(section.id, ())))
            for section in plan.rules().sections
            if section.by == "system" or section.id in shown
        ),
        sum(item.pk not in mine for item in items),
        len(items),
        may_sign,
        signs and not may_sign and row.standing != Standing.TAKEN and row.signed_by != by.ref,
        row.standing == Standing.PREPARED or services.digest_of(row, items) == row.digest,
    )


@dataclass(frozen=True, slots=True)
class Ahead:
    """The handover that a change will bring, as it would be now."""

    at: datetime
    outgoing_shift: str
    incoming_shift: str
    sections: tuple[Section, ...]


def ahead(facility: int, change: plan.Change) -> Ahead:
    """What would be handed over now, for who prepares it; whom it names is noted."""
    drafts = services.drafts_now(facility)
    stays = {draft.custody for draft in drafts if draft.custody}
    people = custody.named(stays) if stays else {}
    shown: dict[str, list[ItemShown]] = {}
    for draft in drafts:
        person = people.get(draft.custody) if draft.custody else None
        shown.setdefault(draft.section, []).append(
            ItemShown(
                new_id(),
                draft.words(),
                draft.severity,
                draft.due_at,
                replace(person, cell_name="", needs=(), outside=None) if person else None,
                draft.custody is not None and person is None,
                draft.task,
                mine=False,
                remarks=(),
            )
        )
    return Ahead(
        change.at,
        _named(change.outgoing.shift.name.model_dump()),
        _named(change.incoming.shift.name.model_dump()),
        tuple(
            Section(_named(section.title.model_dump()), tuple(shown.get(section.id, ())))
            for section in plan.rules().sections
            if section.by == "system"
        ),
    )


def _items_shown(
    items: Iterable[HandoverItem], readings: Iterable[HandoverReading], mine: set[UUID]
) -> dict[str, list[ItemShown]]:
    listed, said = list(items), [one for one in readings if one.remark]
    stays = {item.custody_id for item in listed if item.custody_id}
    people = custody.named(stays) if stays else {}
    names = accounts.names_of({one.by_ref for one in said}) if said else {}
    remarks: dict[UUID, list[Remark]] = {}
    for one in said:
        remarks.setdefault(one.item_id, []).append(Remark(names.get(one.by_ref, ""), one.remark))
    found: dict[str, list[ItemShown]] = {}
    for item in listed:
        person = people.get(item.custody_id) if item.custody_id else None
        found.setdefault(item.section, []).append(
            ItemShown(
                item.pk,
                _named(item.text),
                item.severity,
                item.due_at,
                # Where they are and what they need now is no matter of a document of then.
                replace(person, cell_name="", needs=(), outside=None) if person else None,
                item.custody_id is not None and person is None,
                item.task_id,
                item.pk in mine,
                tuple(remarks.get(item.pk, ())),
            )
        )
    return found


def _rows() -> QuerySet[Handover]:
    return Handover.objects.visible_to(scope.current()).select_related("organization")


def _shown(rows: Iterable[Handover]) -> list[HandoverShown]:
    found = list(rows)
    refs = {ref for row in found for ref in (row.signed_by, row.taken_by, *row.on_duty) if ref}
    names = accounts.names_of(refs) if refs else {}
    return [
        HandoverShown(
            row.pk,
            row.organization_id,
            row.organization.name,
            row.at,
            row.prepared_at,
            _named(row.outgoing_shift),
            _named(row.incoming_shift),
            tuple(names.get(ref, "") for ref in row.on_duty),
            row.standing,
            names.get(row.signed_by, ""),
            row.signed_at,
            names.get(row.taken_by, ""),
            row.taken_at,
            row.keys_expected,
            row.keys_counted,
            row.digest,
        )
        for row in found
    ]


def _named(words: Mapping[str, str]) -> str:
    return words["zh"] if (get_language() or "").startswith("zh") else words["en"]
