"""Questions about places: cells proposed for somebody, beds, who is out, counts.

Whoever is named is noted in the access log, as by `queries.shown()`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import absences, counting, engine, placing, queries, services
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as persons
from custos.foundation.custody.place_models import (
    Absence,
    CellCount,
    Classification,
    Count,
    KeepApart,
    PlacingOrder,
)
from custos.foundation.custody.placing import Considered
from custos.foundation.custody.queries import PersonShown
from custos.foundation.custody.separating import PAIR_KINDS, SCOPES
from custos.foundation.custody.words import in_words
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import range_of

#: What a risk of `placing.signs_of()` is called.
SIGNS = {
    "minor": _("minor"),
    "never_alone": queries.ORDERS[PlacingOrder.COMPANY],
    "isolation": queries.ORDERS[PlacingOrder.ISOLATION],
    "keep_apart": _("keep apart"),
    "violent": _("violent offence"),
    "convicted": _("convicted"),
    "new": _("new arrival"),
}
GOOD = {
    "transition": _("for new arrivals"),
    "medical": _("medical cell"),
    "company": _("not alone there"),
    "free": _("places free"),
}


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule found, in words."""

    id: str
    effect: str
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class ProposalShown:
    """A cell proposed for somebody: what it is, what speaks for it and against it."""

    cell_id: UUID
    name: str
    area: str
    people: int
    capacity: int
    square_metres_each: Decimal | None
    allowed: bool
    out_of_use: bool
    good: list[Any]
    against: list[RuleShown]


@dataclass(frozen=True, slots=True)
class InBed:
    """A person as a chip with the risks that others have to see, and whether they are out."""

    person: PersonShown
    needs: list[Any]

    @property
    def name(self) -> str:
        """The name."""
        return self.person.name

    @property
    def tail(self) -> str:
        """The last four of the number."""
        return self.person.tail

    @property
    def custody_id(self) -> UUID:
        """The stay."""
        return self.person.custody_id


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who arrives, as a chip: a name and the risks that others have to see."""

    name: str
    needs: list[Any]


@dataclass(frozen=True, slots=True)
class BothSides:
    """What has to be seen before somebody is put into a cell: rules, and the risks of both sides."""

    considered: Considered
    rules: list[RuleShown]
    person: InBed | Coming
    inside: list[InBed]

    @property
    def allowed(self) -> bool:
        """Whether no rule forbids it."""
        return not engine.blocks(self.considered.found)


def _rule_shown(found: engine.Found) -> RuleShown:
    rule = found.rule
    return RuleShown(rule.id, rule.effect, in_words(rule.title), in_words(rule.source))


def _stay(custody: UUID) -> Custody:
    found = Custody.objects.visible_to(scope.current()).select_related("detainee", "organization")
    stay = found.filter(pk=custody, ended_at=None).first()
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return stay


def proposals(custody: UUID) -> list[ProposalShown]:
    """The cells of the facility in the order in which they suit somebody; names nobody.

    Eight queries, however many cells and people there are. Raises `Missing` for a stay that isn't there.
    """
    stay = _stay(custody)
    return _proposed(stay.organization, stay=stay)


def proposals_for_arrival(facility: Organization, person: engine.Person) -> list[ProposalShown]:
    """The same for somebody who arrives (`services.arriving()`). Seven queries."""
    return _proposed(facility, person=person)


def _proposed(
    facility: Organization, *, person: engine.Person | None = None, stay: Custody | None = None
) -> list[ProposalShown]:
    at = clock.now()
    around = placing.around(
        organizations.cells(facility), facility.pk, at, *([stay] if stay else [])
    )
    left = stay.cell_id if stay else None
    behind = around.people.get(left, []) if left else []
    who = person or around.facts[stay.pk]  # type: ignore[union-attr]  # one of the two is given
    found = engine.propose(
        who,
        around.options(left=left),
        clock.day_of(at),
        behind=[around.facts[one.pk] for one in behind if stay is None or one.pk != stay.pk],
        arriving=stay is None,
    )
    return [_proposal_shown(one, around.cells) for one in found]


def _proposal_shown(one: engine.Proposal, cells: Mapping[UUID, Cell]) -> ProposalShown:
    facts = one.option.cell
    assert facts.id is not None  # every option here is a cell of the facility
    cell = cells[facts.id]
    return ProposalShown(
        cell.pk,
        cell.name,
        cell.area.name if cell.area else "",
        len(one.option.occupants),
        cell.capacity,
        one.square_metres_each,
        one.allowed,
        cell.out_of_use,
        [GOOD[code] for code in one.good],
        [_rule_shown(found) for found in one.found if found.rule.effect != "record"],
    )


def both_sides(custody: UUID, cell: UUID) -> BothSides:
    """What has to be seen before a person is put into a cell. Raises `Missing` for what isn't there."""
    stay, place = _stay(custody), organizations.cell(cell)
    considered = services.considered_move(stay, place, clock.now())
    people = in_beds(
        queries.with_needs(queries.present().filter(Q(pk=stay.pk) | Q(cell_id=cell))),
        considered.signs,
    )
    # Where nobody may be named now, the page goes on without people and nothing can be decided.
    if not any(one.custody_id == stay.pk for one in people):
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return BothSides(
        considered,
        [_rule_shown(found) for found in considered.found],
        next(one for one in people if one.custody_id == stay.pk),
        [one for one in people if one.custody_id != stay.pk],
    )


def sides_for_arrival(
    person: engine.Person, name: str, facility: Organization, cell: UUID
) -> BothSides:
    """The same for somebody who arrives. Raises `Missing` for a cell that isn't the facility's."""
    place = organizations.cell(cell)
    if place.organization_id != facility.pk:
        raise Missing("custody.no_such_cell", _("There is no such cell."), field="cell")
    considered = services.considered_arrival(person, place, clock.now())
    there = queries.with_needs(queries.present().filter(cell_id=cell))
    inside = in_beds(there, considered.signs)
    return BothSides(
        considered,
        [_rule_shown(found) for found in considered.found],
        Coming(name, [SIGNS[code] for code in considered.signs.get("", ())]),
        inside,
    )


def in_beds(stays: Iterable[Custody], signs: Mapping[str, Sequence[str]]) -> list[InBed]:
    """People with their risks by stay, and where they are while they are out; noted in the access log."""
    return [
        InBed(
            one,
            [
                *([one.outside.words] if one.outside else []),
                *(SIGNS[code] for code in signs.get(str(one.custody_id), ())),
            ],
        )
        for one in queries.shown(stays)
    ]


def beds(facility: Organization, area: UUID | None = None) -> dict[UUID, list[InBed]]:
    """Who has a place in each cell of a facility or of one of its areas, by number, with risks.

    Six queries. Everybody shown is noted in the access log.
    """
    stays = queries.with_needs(queries.present()).filter(organization=facility, cell__isnull=False)
    if area is not None:
        stays = stays.filter(cell__area_id=area)
    people, now = list(stays.order_by("number")), clock.now()
    facts = placing.facts_of(people, now)
    signs = {str(stay.pk): placing.signs_of(facts[stay.pk], clock.day_of(now)) for stay in people}
    found: dict[UUID, list[InBed]] = {}
    for one in in_beds(people, signs):
        if one.person.cell_id:
            found.setdefault(one.person.cell_id, []).append(one)
    return found


# ---------------------------------------------------------------------- kept apart


@dataclass(frozen=True, slots=True)
class PairShown:
    """Somebody from whom a person is kept apart, with the role of each, and within what."""

    id: UUID
    other: PersonShown
    kind: Any
    scope: Any
    role: str
    role_of_other: str
    reason: str
    since: datetime


def pairs_of(custody: UUID) -> list[PairShown]:
    """From whom of those held here somebody is kept apart now, the latest first; the people are noted.

    A pair of an earlier stay, or of another record of the person, is among them. Four queries at most.
    """
    found = Custody.objects.visible_to(scope.current()).select_related("detainee")
    stay = found.filter(pk=custody).first()
    kept = placing.kept_apart([stay])[stay.pk] if stay else []
    others = {one.other.pk for one in kept if one.other}
    people = {
        one.custody_id: one
        for one in queries.shown(queries.with_needs(queries.present()).filter(pk__in=others))
    }
    return [
        PairShown(
            one.pair.pk,
            people[one.other.pk],
            PAIR_KINDS[one.pair.kind],
            SCOPES[one.pair.scope],
            one.pair.role_of_one if one.first else one.pair.role_of_other,
            one.pair.role_of_other if one.first else one.pair.role_of_one,
            one.pair.reason,
            one.pair.since,
        )
        for one in sorted(kept, key=lambda one: one.pair.since, reverse=True)
        if one.other and one.other.pk in people
    ]


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order about with whom somebody is held, while it holds."""

    id: UUID
    group: str
    attended: bool
    since: datetime
    review_by: datetime


@dataclass(frozen=True, slots=True)
class Separation:
    """As what a stay counts in separation, and the orders that hold of it."""

    category: str
    category_title: str
    repeat: bool | None
    violent: bool | None
    isolation: OrderShown | None
    company: OrderShown | None
    in_transition: bool


def separation_of(custody: UUID) -> Separation:
    """What holds of somebody in custody. Three queries. Raises `Missing` for a stay that isn't there."""
    stay = _stay(custody)
    classified = Classification.objects.visible_to(scope.current()).filter(custody=stay).first()
    orders = {
        row.kind: OrderShown(row.pk, row.group, row.attended, row.since, row.review_by)
        for row in PlacingOrder.objects.visible_to(scope.current()).filter(
            custody=stay, ended_at=None
        )
    }
    file = engine.rules()
    category = classified.category if classified else file.category_by(stay.basis)
    titles = {one.code: in_words(one.title) for one in file.categories}
    return Separation(
        category,
        titles[category],
        classified.repeat if classified else None,
        classified.violent if classified else None,
        orders.get(PlacingOrder.ISOLATION),
        orders.get(PlacingOrder.COMPANY),
        engine.in_transition(
            (clock.now() - stay.admitted_at).days,
            settled=classified is not None and classified.settled_at is not None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Watched:
    """Somebody whom whoever opens the door has to know about; it names them by identifiers alone.

    `review_by` is the next time at which an order of theirs is looked at.
    """

    custody_id: UUID
    detainee_id: UUID
    cell_id: UUID | None
    cell_name: str
    orders: tuple[str, ...]
    review_by: datetime | None
    out: bool
    told: tuple[Mapping[str, Any], ...]
    apart: int

    def words(self) -> str:
        """What there is to know, in the active language: where they are, orders, care and needs, from how
        many they are kept apart.
        """
        said = [self.cell_name] if self.cell_name else []
        said += [str(SIGNS[_SIGN_OF_ORDER[kind]]) for kind in self.orders]
        said += dict.fromkeys(persons.care_of(self.told))
        if self.apart:
            said.append(gettext("kept apart from %(count)s") % {"count": self.apart})
        if self.out:
            said.append(gettext("outside now"))
        return " · ".join(said)


_SIGN_OF_ORDER = {PlacingOrder.COMPANY: "never_alone", PlacingOrder.ISOLATION: "isolation"}


def watched(organization: int) -> list[Watched]:
    """People of a facility with an order about their company, a care instruction, or somebody from whom
    they are kept apart though no case has it so; orders first, then by cell.

    Other needs (glasses, diet) stand on each page of the person: beside two hundred of them nobody sees
    who may die. Names nobody. Two queries.
    """
    seen = scope.current()
    stays: QuerySet[Any] = queries.with_needs(queries.present())
    orders = PlacingOrder.objects.visible_to(seen).filter(
        custody=OuterRef("pk"), ended_at__isnull=True
    )
    pairs = KeepApart.objects.visible_to(seen).filter(closed_at__isnull=True)
    pairs = pairs.exclude(kind=engine.CODEFENDANTS)
    apart: dict[UUID, int] = {}
    for pair in pairs.filter(organization_id=organization).values_list("one_id", "other_id"):
        for one in pair:
            apart[one] = apart.get(one, 0) + 1
    reviewed = orders.order_by("review_by").values("review_by")[:1]
    found = [
        Watched(
            stay.pk,
            stay.detainee_id,
            stay.cell_id,
            stay.cell.name if stay.cell else "",
            tuple(sorted(stay.orders)),
            stay.review_by,
            bool(stay.out),
            tuple(one for one in stay.told if persons.is_care(one)),
            apart.get(stay.pk, 0),
        )
        for stay in stays.filter(organization_id=organization)
        .annotate(review_by=Subquery(reviewed))
        .order_by("cell__name", "number")
    ]
    kept = [one for one in found if one.orders or one.apart or one.told]
    return sorted(kept, key=lambda one: not one.orders)


def categories() -> list[tuple[str, str]]:
    """The legal categories of separation: code and title."""
    return [(one.code, in_words(one.title)) for one in engine.rules().categories]


# ---------------------------------------------------------------------- out and back


@dataclass(frozen=True, slots=True)
class AbsenceShown:
    """One absence with its person and how it stands."""

    id: UUID
    person: PersonShown
    kind: str
    kind_title: str
    destination: str
    document: str
    trip: str
    planned_from: datetime
    planned_until: datetime
    left_at: datetime | None
    back_at: datetime | None
    cancelled_at: datetime | None

    @property
    def standing(self) -> str:
        """planned, late (should have left), out, overdue, back or cancelled."""
        now = clock.now()
        if self.cancelled_at:
            return "cancelled"
        if self.back_at:
            return "back"
        if self.left_at:
            return "overdue" if self.planned_until < now else "out"
        return "late" if self.planned_from < now else "planned"

    @property
    def state(self) -> tuple[str, Any]:
        """How it stands, as a status."""
        return _STANDINGS[self.standing]


_STANDINGS: dict[str, tuple[str, Any]] = {
    "planned": ("waiting", _("planned")),
    "late": ("late", _("should have left")),
    "out": ("doing", _("outside")),
    "overdue": ("late", _("should be back")),
    "back": ("done", _("back")),
    "cancelled": ("refused", _("cancelled")),
}


def movements(
    organization: int, *, after: tuple[datetime, UUID] | None = None, limit: int = 100
) -> list[AbsenceShown]:
    """What is planned or going on in a subtree, by the planned departure. Two queries; people are noted.

    Who is out comes first by itself: they left before those who are still to leave.
    """
    lowest, highest = range_of(organization)
    rows = Absence.objects.visible_to(scope.current()).filter(
        organization_id__gte=lowest,
        organization_id__lte=highest,
        back_at__isnull=True,
        cancelled_at__isnull=True,
    )
    if after is not None:
        begin, last = after
        rows = rows.filter(Q(planned_from__gt=begin) | Q(planned_from=begin, pk__gt=last))
    return _absences_shown(rows.order_by("planned_from", "pk")[:limit])


def absences_of(custody: UUID, limit: int = 20) -> list[AbsenceShown]:
    """The absences of one stay, the latest plan first. Two queries."""
    rows = Absence.objects.visible_to(scope.current()).filter(custody_id=custody)
    return _absences_shown(rows.order_by("-planned_from", "pk")[:limit])


def outside_now(organization: int) -> tuple[dict[str, int], int]:
    """How many of a subtree are out now, by what for, and how many should be back; names nobody.

    One query.
    """
    lowest, highest = range_of(organization)
    rows = Absence.objects.visible_to(scope.current()).filter(
        organization_id__gte=lowest,
        organization_id__lte=highest,
        left_at__isnull=False,
        back_at__isnull=True,
    )
    now, late, found = clock.now(), 0, dict[str, int]()
    titles = {kind.id: in_words(kind.title) for kind in absences.rules().kinds}
    for kind, until in rows.values_list("kind", "planned_until"):
        title = titles.get(kind, kind)
        found[title] = found.get(title, 0) + 1
        late += until < now
    return found, late


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is outside just now, by identifiers alone."""

    custody_id: UUID
    detainee_id: UUID
    kind: str
    destination: str
    due_back: datetime

    def words(self) -> str:
        """What for and where, in the active language."""
        titles = {kind.id: in_words(kind.title) for kind in absences.rules().kinds}
        what = titles.get(self.kind, self.kind)
        return f"{what} · {self.destination}" if self.destination else what


def away(organization: int) -> list[Away]:
    """Who of a facility is outside now, by when they are due back; names nobody. One query."""
    rows = Absence.objects.visible_to(scope.current()).filter(
        organization_id=organization, left_at__isnull=False, back_at__isnull=True
    )
    listed = rows.order_by("planned_until", "pk").values_list(
        "custody_id", "custody__detainee_id", "kind", "destination", "planned_until"
    )
    return [Away(*row) for row in listed]


@dataclass(frozen=True, slots=True)
class Trip:
    """An absence that is planned or goes on, by identifiers alone."""

    id: UUID
    custody_id: UUID
    kind: str
    kind_title: str
    destination: str
    planned_from: datetime
    planned_until: datetime
    left_at: datetime | None


def trips(organization: int, limit: int = 50) -> list[Trip]:
    """Who of a facility is to leave for a while, or is out, by the planned departure; names nobody.

    One query.
    """
    rows = Absence.objects.visible_to(scope.current()).filter(
        organization_id=organization, back_at__isnull=True, cancelled_at__isnull=True
    )
    titles = {kind.id: in_words(kind.title) for kind in absences.rules().kinds}
    listed = rows.order_by("planned_from", "pk").values_list(
        "pk", "custody_id", "kind", "destination", "planned_from", "planned_until", "left_at"
    )
    return [
        Trip(pk, custody, kind, titles.get(kind, kind), where, begins, until, left_at)
        for pk, custody, kind, where, begins, until, left_at in listed[:limit]
    ]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Somebody in custody under an order about their company, by the stay; `review_by` is when it is to
    be looked at.
    """

    custody_id: UUID
    title: Any
    review_by: datetime


def under_orders(organization: int) -> list[Ordered]:
    """Who of a facility must not be alone or is apart by medical order, by the order's review; names
    nobody. One query.
    """
    rows = PlacingOrder.objects.visible_to(scope.current()).filter(
        organization_id=organization, ended_at=None, custody__ended_at=None
    )
    listed = rows.order_by("review_by", "pk").values_list("custody_id", "kind", "review_by")
    return [Ordered(custody, queries.ORDERS[kind], review) for custody, kind, review in listed]


def arrived_since(
    organization: int, since: datetime, limit: int = 50
) -> list[tuple[UUID, datetime]]:
    """Whom a facility took in since then, the latest first, by the stay; names nobody. One query."""
    rows = Custody.objects.visible_to(scope.current()).filter(
        organization_id=organization, ended_at=None, admitted_at__gte=since
    )
    return list(rows.order_by("-admitted_at", "-pk").values_list("pk", "admitted_at")[:limit])


def last_back(custody: UUID, kind: str) -> datetime | None:
    """When somebody last came back from an absence of one sort; None where they never did. One query."""
    rows = Absence.objects.visible_to(scope.current()).filter(
        custody_id=custody, kind=kind, back_at__isnull=False
    )
    return rows.order_by("-back_at").values_list("back_at", flat=True).first()


def absence(absence_id: UUID) -> AbsenceShown:
    """One absence. Raises `Missing` where the scope has none. Two queries."""
    rows = Absence.objects.visible_to(scope.current()).filter(pk=absence_id)
    found = _absences_shown(rows)
    if not found:
        raise Missing("absence.no_such", _("There is no such absence."))
    return found[0]


def _absences_shown(rows: Iterable[Absence]) -> list[AbsenceShown]:
    listed = list(rows)
    people = queries.named(row.custody_id for row in listed)
    titles = {kind.id: in_words(kind.title) for kind in absences.rules().kinds}
    return [
        AbsenceShown(
            row.pk,
            people[row.custody_id],
            row.kind,
            titles.get(row.kind, row.kind),
            row.destination,
            row.document,
            row.trip,
            row.planned_from,
            row.planned_until,
            row.left_at,
            row.back_at,
            row.cancelled_at,
        )
        for row in listed
        if row.custody_id in people
    ]


# ---------------------------------------------------------------------- counts


@dataclass(frozen=True, slots=True)
class CellCounted:
    """One cell of a count, as far as a reader may know: no number before the count has ended.

    `said` are those who have counted it in this round, `first` and `second`.
    """

    cell_id: UUID
    name: str
    expected: int | None
    first: int | None
    second: int | None
    again: bool
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class CountShown:
    """A count, and who the reader is in it."""

    id: UUID
    organization_id: int
    occasion: str
    occasion_title: Any
    area: str
    at: datetime
    standing: str
    recount_by: datetime | None
    first_ref: str
    second_ref: str
    explained_entry: UUID | None
    cells: list[CellCounted]

    @property
    def state(self) -> tuple[str, Any]:
        """How it stands, as a status."""
        return _COUNTS[self.standing]

    @property
    def ended(self) -> bool:
        """Whether nobody counts any more, so that numbers may be seen."""
        return self.standing in ("agreed", "mismatch", "explained")

    def asked_of(self, ref: str) -> list[CellCounted]:
        """The cells whose numbers this person still has to say."""
        if self.ended:
            return []
        mine = "first" if ref == self.first_ref else "second" if ref == self.second_ref else ""
        if not mine and self.first_ref and self.second_ref:
            return []
        cells = [cell for cell in self.cells if cell.again or self.standing == "open"]
        return [cell for cell in cells if mine not in cell.said]


_COUNTS: dict[str, tuple[str, Any]] = {
    "open": ("doing", _("being counted")),
    "recount": ("late", _("to be counted again")),
    "mismatch": ("late", _("doesn't agree")),
    "agreed": ("done", _("agrees")),
    "explained": ("done", _("explained")),
}


def counts(organization: int, limit: int = 20) -> list[CountShown]:
    """The latest counts of a facility without their cells, those that are going on first. One query."""
    rows = Count.objects.visible_to(scope.current()).filter(organization_id=organization)
    going_on = Case(When(state__in=("open", "recount"), then=0), default=1)
    latest = rows.select_related("area").order_by(going_on, "-at", "-pk")
    return [_count_shown(row, []) for row in latest[:limit]]


def count(count_id: UUID) -> CountShown:
    """One count with its cells by name. Raises `Missing` where the scope has none. Two queries."""
    row = (
        Count.objects.visible_to(scope.current()).select_related("area").filter(pk=count_id).first()
    )
    if row is None:
        raise Missing("count.no_such", _("There is no such count."))
    cells = CellCount.objects.filter(count=row, organization_id=row.organization_id)
    return _count_shown(row, cells.select_related("cell").order_by("cell__name"))


def _count_shown(row: Count, cells: Iterable[CellCount]) -> CountShown:
    ended = row.state in ("agreed", "mismatch", "explained")
    return CountShown(
        row.pk,
        row.organization_id,
        row.occasion,
        counting.OCCASIONS[row.occasion],
        row.area.name if row.area else "",
        row.at,
        row.state,
        row.recount_by,
        row.first_ref,
        row.second_ref,
        row.explained_entry_id,
        [
            CellCounted(
                cell.cell_id,
                cell.cell.name,
                cell.expected if ended else None,
                cell.first if ended else None,
                cell.second if ended else None,
                cell.recounted,
                frozenset(who for who in ("first", "second") if getattr(cell, who) is not None),
            )
            for cell in cells
        ],
    )
