"""Questions about who is to leave: the list, one case with all that its page shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.codes import shipped
from custos.foundation.custody import queries as custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.documents import catalogue
from custos.foundation.documents import queries as documents
from custos.foundation.errors import Missing
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record import grounds
from custos.foundation.record import queries as entries
from custos.foundation.record.parties import Post
from custos.foundation.ui.wording import enumerated
from custos.management.reception.models import Release
from custos.management.reception.release import engine, gathered
from custos.management.reception.release.opening import way_of
from custos.management.reception.release.rules import Exit, Item
from custos.management.reception.release.services import InWords

PAGE = 20
_STATES: dict[str, tuple[str, Any]] = {
    "planned": ("waiting", _("planned")),
    "received": ("doing", _("document received")),
    "late": ("late", _("late, still here")),
    "left": ("done", _("has left")),
    "withdrawn": ("refused", _("withdrawn")),
}
_STANDINGS: dict[str, tuple[str, Any]] = {
    engine.HOLDS: ("refused", _("holds the person")),
    engine.RUNS: ("refused", _("not served yet")),
    engine.SPENT: ("refused", _("what took its place has ended; end it, too")),
    engine.NAMED: ("done", _("ended by the document")),
    engine.ENDED: ("done", _("ended or corrected in the file")),
    engine.FOLLOWED: ("done", _("another took its place")),
    engine.SERVED: ("done", _("served")),
    engine.OF_CASE: ("done", _("paper of the case")),
}


@dataclass(frozen=True, slots=True)
class CaseShown:
    """Somebody who is to leave, as a list shows them. `ready` of `asked` things are."""

    id: UUID
    person: PersonShown
    way: str
    way_title: Any
    opened_at: datetime
    document: str
    issuer: str
    planned_on: date | None
    received_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    receiver: str
    ready: int
    asked: int
    delay: str
    delay_by: str
    standing: str

    @property
    def state(self) -> tuple[str, Any]:
        """How it stands, as a status."""
        return _STATES[self.standing]


def _visible(organization: int) -> QuerySet[Release]:
    lowest, highest = range_of(organization)
    return Release.objects.visible_to(scope.current()).filter(
        organization_id__gte=lowest, organization_id__lte=highest, closed_at=None
    )


def _narrowed(cases: QuerySet[Release], to: str) -> QuerySet[Release]:
    now = clock.now()
    if to == "late":
        return cases.filter(due_at__lt=now)
    if to == "today":
        tomorrow = datetime.combine(clock.today(), datetime.min.time(), clock.LOCAL)
        return cases.filter(due_at__gte=now, due_at__lte=tomorrow + timedelta(days=1))
    return cases


def page(organization: int, number: str, to: str = "") -> Page[Any]:
    """A page of who is to leave, whoever is most pressing first; late or due today where asked.

    Four queries; people are noted.
    """
    found = _narrowed(_visible(organization), to).order_by(F("due_at").asc(nulls_last=True), "id")
    shown_page = Paginator(found, PAGE).get_page(number)
    rows: Any = shown(shown_page.object_list)
    shown_page.object_list = rows
    return shown_page


def after(organization: int, last: tuple[datetime, UUID] | None, limit: int) -> list[CaseShown]:
    """The same one after another, by when each case was opened. Three queries."""
    found = _visible(organization)
    if last is not None:
        at, release = last
        found = found.filter(Q(opened_at__gt=at) | Q(opened_at=at, id__gt=release))
    return shown(found.order_by("opened_at", "id")[:limit])


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who is to leave, by identifiers alone. `due_at` is None before their document came."""

    id: UUID
    custody_id: UUID
    way_title: Any
    planned_on: date | None
    received_at: datetime | None
    due_at: datetime | None


def leaving(organization: int, limit: int = 30) -> list[Leaving]:
    """Who of a facility is to leave, whoever is most pressing first; names nobody. One query."""
    rows = _visible(organization).order_by(F("due_at").asc(nulls_last=True), "planned_on", "id")
    named = rows.values_list("pk", "custody_id", "way", "planned_on", "received_at", "due_at")
    return [
        Leaving(pk, custody_id, InWords(way_of(way).title), planned_on, received_at, due_at)
        for pk, custody_id, way, planned_on, received_at, due_at in named[:limit]
    ]


def numbers(organization: int) -> dict[str, int]:
    """How many are to leave, are late, and are due by the end of today. One query."""
    found = _visible(organization)
    late, today = (Q(pk__in=_narrowed(found, to).values("pk")) for to in ("late", "today"))
    counted: dict[str, int] = found.aggregate(
        all=Count("pk"), late=Count("pk", filter=late), today=Count("pk", filter=today)
    )
    return counted


def shown(cases: Iterable[Release]) -> list[CaseShown]:
    """Cases to show; people and leaders in one query each. Whom the reader may not see is left out."""
    rows = list(cases)
    return _shown(rows, custody.named(row.custody_id for row in rows))


def _shown(rows: list[Release], people: Mapping[UUID, PersonShown]) -> list[CaseShown]:
    names = accounts.names_of({row.delay["ref"] for row in rows if row.delay})
    now = clock.now()
    return [
        CaseShown(
            row.pk,
            people[row.custody_id],
            row.way,
            InWords(way_of(row.way).title),
            row.opened_at,
            row.paper["number"] if row.paper else "",
            row.paper["issuer"] if row.paper else "",
            row.planned_on,
            row.received_at,
            row.due_at,
            row.closed_at,
            row.receiver,
            len(row.ready),
            len(engine.items_of(row.way)),
            row.delay["reason"] if row.delay else "",
            names.get(row.delay["ref"], "") if row.delay else "",
            _standing(row, now),
        )
        for row in rows
        if row.custody_id in people
    ]


def _standing(row: Release, now: datetime) -> str:
    if row.outcome:
        return row.outcome
    if row.due_at and row.due_at < now:
        return "late"
    return "received" if row.paper else "planned"


def case(release_id: UUID) -> Release:
    """One case, open or closed. Raises `Missing` where the scope has none. One query."""
    found = Release.objects.visible_to(scope.current()).filter(pk=release_id).first()
    if found is None:
        raise Missing("release.no_such", _("There is no such release."))
    return found


def open_of(custody_id: UUID) -> UUID | None:
    """The open case of a stay. One query; names nobody."""
    found = Release.objects.visible_to(scope.current()).filter(
        custody_id=custody_id, closed_at=None
    )
    return found.values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class BasisShown:
    """A document of custody and how it stands."""

    title: str
    number: str
    issuer: str
    valid_to: date | None
    state: tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Forbids:
    """A rule that forbids the way out, in the reader's words."""

    id: str
    version: int
    title: Any
    about: tuple[str, ...]
    source: str
    mend: Any

    @property
    def code(self) -> str:
        """The rule and its version, as entries name it."""
        return f"{self.id} v{self.version}"


@dataclass(frozen=True, slots=True)
class ItemShown:
    """Something to be made ready: whether it is, who said so and when, whether the reader may, and the
    posts that may, in words.
    """

    id: str
    title: Any
    source: str
    done: bool
    words: str
    by: str
    at: datetime | None
    may: bool
    posts: str


@dataclass(frozen=True, slots=True)
class GateShown:
    """All that the page of a case shows."""

    row: Release
    shown: CaseShown
    way: Exit
    forbids: list[Forbids]
    bases: list[BasisShown]
    items: list[ItemShown]
    compared: list[tuple[str, datetime]]
    papers: list[Any]
    issued: list[Any]
    #: Of a closed one: the two officers who signed, and what they said of what wasn't ready.
    signed: tuple[str, ...] = ()
    remark: str = ""

    @property
    def unready(self) -> list[ItemShown]:
        """What isn't ready."""
        return [item for item in self.items if not item.done]


def gate(release_id: UUID, post: Post | None) -> GateShown:
    """A case with what forbids it and what is left; twelve queries at most, of a closed one fifteen.

    Raises `Missing`. A closed one can be read while its papers are printed and handed over, even where law
    seals the stay.
    """
    row = case(release_id)
    person = custody.person(row.custody_id, finishing=row.closed_at is not None)
    found = _shown([row], {person.custody_id: person})
    way = way_of(row.way)
    facts = gathered.facts_of(row, person, clock.now())
    signers = tuple(ref for ref in (row.first_ref, row.second_ref) if ref and row.closed_at)
    refs = {one["ref"] for one in (*row.compared, *row.ready.values())} | set(signers)
    names = accounts.names_of(refs)
    return GateShown(
        row,
        found[0],
        way,
        [] if row.closed_at else _forbids(facts),
        [_basis(one, facts) for one in facts.bases],
        [_item(item, row, names, post) for item in engine.items_of(row.way)],
        [(names.get(one["ref"], ""), datetime.fromisoformat(one["at"])) for one in row.compared],
        [InWords(out.title) if out.title else catalogue.title_of(out.code) for out in way.out],
        documents.issued(custody=row.custody_id) if row.closed_at else [],
        tuple(names.get(ref, "—") for ref in signers) if row.ended_entry_id else (),
        _remark(row.ended_entry_id) if row.ended_entry_id else "",
    )


def _remark(entry: UUID) -> str:
    """What was said of what wasn't ready when somebody left; three queries."""
    line = entries.lines_of([entry]).get(entry)
    return str(getattr(line.payload, "remark", "")) if line else ""


def _forbids(facts: engine.Facts) -> list[Forbids]:
    return [
        Forbids(
            one.rule.id,
            one.version,
            InWords(one.rule.title),
            one.about,
            grounds.in_words(one.rule.source),
            InWords(one.rule.mend),
        )
        for one in engine.blockers(facts)
    ]


def _basis(one: engine.Basis, facts: engine.Facts) -> BasisShown:
    return BasisShown(
        shipped.title("custos.basis", one.kind),
        one.number,
        one.issuer,
        one.valid_to,
        _STANDINGS[engine.standing(one, facts)],
    )


def _item(item: Item, row: Release, names: dict[str, str], post: Post | None) -> ItemShown:
    said = row.ready.get(item.id)
    return ItemShown(
        item.id,
        InWords(item.title),
        grounds.in_words(item.source),
        said is not None,
        said["words"] if said else "",
        names.get(said["ref"], "") if said else "",
        datetime.fromisoformat(said["at"]) if said else None,
        not row.closed_at and post in item.posts,
        enumerated(one.title for one in item.posts),
    )
