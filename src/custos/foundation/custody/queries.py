"""Questions about people and places, in the scope of whoever asks.

Whatever names people is noted in the access log; see `accounts.access`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.custody import absences, engine
from custos.foundation.custody.kinds import Admitted
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people import queries as persons
from custos.foundation.custody.place_models import Absence, PlacingOrder
from custos.foundation.custody.words import in_words
from custos.foundation.database import scope
from custos.foundation.database.planning import along_the_index
from custos.foundation.errors import Missing
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Subject
from custos.foundation.record.queries import Line, Stay

#: What `shown()` wants of each stay besides itself.
SHOWN = ("detainee__merged_into", "cell", "organization")

#: GB/T 2261.1.
SEXES = {"1": _("Male"), "2": _("Female")}


@dataclass(frozen=True, slots=True)
class Outside:
    """That somebody is outside the facility just now: what for, where, since when, and due back when."""

    kind: str
    kind_title: str
    destination: str
    since: datetime
    due_back: datetime

    @property
    def overdue(self) -> bool:
        """Whether they should be back by now."""
        return self.due_back < clock.now()

    @property
    def words(self) -> str:
        """As a chip has it: what for, and by when they are due back."""
        local = self.due_back.astimezone(clock.LOCAL)
        far = clock.day_of(self.due_back) != clock.today()
        values = {
            "what": self.kind_title,
            "when": f"{local:%m-%d %H:%M}" if far else f"{local:%H:%M}",
        }
        if self.overdue:
            return gettext("outside: %(what)s, overdue since %(when)s") % values
        return gettext("outside: %(what)s, back by %(when)s") % values


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as a chip shows them."""

    custody_id: UUID
    detainee_id: UUID
    name: str
    sex: str
    number: str
    cell_id: UUID | None
    cell_name: str
    organization_id: int
    organization_name: str
    admitted_at: datetime
    basis: str
    basis_number: str
    born: date | None
    facility: str
    #: The facility for a reader who sees several; empty for one whose people are all of one.
    facility_name: str
    #: The record by which the person is known; another one where officers found two to be of one person.
    root_id: UUID
    ended_at: datetime | None
    #: All records of the person, where the query brought them.
    records: tuple[UUID, ...] = ()
    #: Short words for whoever opens the door: never alone first, then what is needed.
    needs: tuple[Any, ...] = ()
    #: Where they are while they are out; None within the walls, and where the query didn't ask.
    outside: Outside | None = None

    @property
    def age(self) -> int | None:
        """Completed years today, if the date of birth is known."""
        today = clock.today()
        return engine.years_old(self.born, today) if self.born else None

    @property
    def sex_title(self) -> Any:
        """The sex in words."""
        return SEXES.get(self.sex, _("not known"))

    @property
    def tail(self) -> str:
        """The last four characters of the custody number."""
        return self.number[-4:]


def shown(custodies: Iterable[Custody]) -> list[PersonShown]:
    """Stays as people to show, noted in the access log. The query brings what `present()` does.

    Nobody where the access log can't be written and the page goes on without people.
    """
    if access.withheld():
        return []
    seen = scope.current()
    several = seen.lowest != seen.highest
    people = [
        PersonShown(
            c.pk,
            c.detainee_id,
            c.detainee.known_as.name,
            c.detainee.known_as.sex,
            c.number,
            c.cell_id,
            c.cell.name if c.cell else "",
            c.organization_id,
            c.organization.name,
            c.admitted_at,
            c.basis,
            c.basis_number,
            c.detainee.known_as.born,
            c.organization.name,
            c.organization.name if several else "",
            c.detainee.known_as.pk,
            c.ended_at,
            tuple(getattr(c, "records", ())),
            _needs(
                getattr(c, "orders", ()),
                getattr(c, "told", ()),
                outside := _outside(getattr(c, "out", ())),
            ),
            outside,
        )
        for c in custodies
    ]
    access.note(person.detainee_id for person in people)
    return people


def _needs(
    orders: Collection[str], told: Iterable[Any], outside: Outside | None
) -> tuple[Any, ...]:
    """The words on a chip: that somebody isn't here, then orders, then all else that was told of them."""
    first: list[Any] = [outside.words] if outside else []
    first += [title for kind, title in ORDERS.items() if kind in orders]
    return (*first, *dict.fromkeys(persons.needs_of(told)))


def _outside(rows: Iterable[Mapping[str, Any]]) -> Outside | None:
    titles = {kind.id: in_words(kind.title) for kind in absences.rules().kinds}
    for row in rows:
        since, due = (datetime.fromisoformat(row[name]) for name in ("left_at", "planned_until"))
        kind = row["kind"]
        return Outside(kind, titles.get(kind, kind), row["destination"], since, due)
    return None


#: What an order about with whom somebody is held is called on a chip.
ORDERS = {
    PlacingOrder.COMPANY: _("never alone"),
    PlacingOrder.ISOLATION: _("apart by medical order"),
}


def with_needs(stays: QuerySet[Custody]) -> QuerySet[Custody]:
    """Stays with what a chip says of each, in the query that reads them."""
    seen = scope.current()
    orders = PlacingOrder.objects.visible_to(seen).filter(custody=OuterRef("pk"), ended_at=None)
    told = persons.needing(OuterRef("detainee_id"))
    out = Absence.objects.visible_to(seen).filter(
        custody=OuterRef("pk"), left_at__isnull=False, back_at__isnull=True
    )
    where = {name: name for name in ("kind", "destination", "left_at", "planned_until")}
    return stays.annotate(
        orders=ArraySubquery(orders.values("kind")),
        told=ArraySubquery(told),
        out=ArraySubquery(out.values(one=JSONObject(**where))),
    )


def occupants_of(cell: UUID) -> list[PersonShown]:
    """Who is in a cell now, by number. One query."""
    return shown(with_needs(present()).filter(cell_id=cell).order_by("number"))


def head_counts() -> dict[UUID, int]:
    """How many people are in each cell of the scope now; names nobody. One query."""
    rows = (
        Custody.objects.visible_to(scope.current())
        .filter(ended_at__isnull=True, cell__isnull=False)
        .values("cell_id")
        .annotate(people=Count("id"))
    )
    return {row["cell_id"]: row["people"] for row in rows}


def present_in(cells: Iterable[UUID]) -> dict[UUID, int]:
    """How many people of each of some cells are there, not outside; no cell without any. One query."""
    out = Absence.objects.filter(
        custody=OuterRef("pk"), left_at__isnull=False, back_at__isnull=True
    )
    stays = Custody.objects.visible_to(scope.current()).filter(
        ~Exists(out), ended_at__isnull=True, cell_id__in=list(cells)
    )
    rows = stays.values("cell_id").annotate(people=Count("id"))
    return {row["cell_id"]: row["people"] for row in rows}


def cells_on_close_watch(cells: Iterable[UUID]) -> set[UUID]:
    """Those of some cells in which somebody must not be alone or is apart by medical order. One query."""
    orders = PlacingOrder.objects.visible_to(scope.current()).filter(ended_at=None)
    found = orders.filter(custody__cell_id__in=list(cells), custody__ended_at=None)
    return set(found.values_list("custody__cell_id", flat=True))


def listed(
    *,
    organization: int | None = None,
    cell: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[PersonShown]:
    """People in custody now, latest arrival first; those of a subtree or a cell. One query."""
    stays = present()
    if organization is not None:
        lowest, highest = range_of(organization)
        stays = stays.filter(organization_id__gte=lowest, organization_id__lte=highest)
    if cell is not None:
        stays = stays.filter(cell_id=cell)
    if after is not None:
        at, custody = after
        # The first comparison lets the index begin there; the second leaves out what came before.
        stays = stays.filter(admitted_at__lte=at).exclude(admitted_at=at, id__gte=custody)
    with along_the_index():
        return shown(with_needs(stays).order_by("-admitted_at", "-id")[:limit])


def count_in(organization: int) -> int:
    """How many people an organization's subtree holds now; names nobody. One query."""
    lowest, highest = range_of(organization)
    return (
        Custody.objects.visible_to(scope.current())
        .filter(ended_at__isnull=True, organization_id__gte=lowest, organization_id__lte=highest)
        .count()
    )


def head_counts_of_organizations() -> dict[int, int]:
    """How many people each facility of the scope holds now; names nobody. One query."""
    rows = (
        Custody.objects.visible_to(scope.current())
        .filter(ended_at__isnull=True)
        .values("organization_id")
        .annotate(people=Count("id"))
    )
    return {row["organization_id"]: row["people"] for row in rows}


def present() -> QuerySet[Custody]:
    """The stays of people in custody now, to narrow, order and count; `shown()` gives those to show."""
    return (
        Custody.objects.visible_to(scope.current())
        .filter(ended_at__isnull=True)
        .select_related(*SHOWN)
    )


def in_custody(limit: int = 50, offset: int = 0) -> tuple[list[PersonShown], int]:
    """People in custody now, latest arrival first, and how many there are in all. Two queries."""
    page = present().order_by("-admitted_at", "-id")
    with along_the_index():
        people = shown(with_needs(page)[offset : offset + limit])
    return people, present().count()


def search(words: str, limit: int) -> list[PersonShown]:
    """People by name, reading, initials, alias, number, document or cell, or by the id on a printed page.

    Those in custody now, then those who were and whose record isn't sealed; see `people.queries.find`.
    At most three queries.
    """
    found = persons.find(words, limit)
    stays = Custody.objects.visible_to(scope.current()).filter(pk__in=found).select_related(*SHOWN)
    stays = with_needs(stays)
    return sorted(shown(stays), key=lambda one: found.index(one.custody_id))


def matching(stays: QuerySet[Custody], words: str) -> QuerySet[Custody]:
    """Those of some stays whose person or number these words are about."""
    return persons.matching(stays, words)


def person(custody: UUID, *, finishing: bool = False) -> PersonShown:
    """One stay and its person. One query.

    Raises `Missing` where the scope has no such stay, or where it has ended and law seals it; for the
    desk that is `finishing` the release some hours later (`people/rules/sealing.yaml`).
    """
    stays = persons.unsealed(Custody.objects.visible_to(scope.current()), finishing=finishing)
    root = Coalesce(OuterRef("detainee__merged_into"), OuterRef("detainee"))
    records = Detainee.objects.filter(Q(pk=root) | Q(merged_into=root)).order_by("pk").values("pk")
    one = stays.filter(pk=custody).annotate(records=ArraySubquery(records))
    found = shown(with_needs(one).select_related(*SHOWN))
    if not found:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return found[0]


def named(custodies: Iterable[UUID]) -> dict[UUID, PersonShown]:
    """Some stays and their people, ended or not, by the stay's id; none that law seals. One query."""
    stays = persons.unsealed(Custody.objects.visible_to(scope.current()))
    found = shown(with_needs(stays.filter(pk__in=set(custodies))).select_related(*SHOWN))
    return {one.custody_id: one for one in found}


def numbers_of(detainees: Iterable[UUID]) -> dict[UUID, str]:
    """The custody number of each record's last stay, or of those that read as it; none that law seals.
    Names nobody. One query.
    """
    wanted = set(detainees)
    stays = persons.unsealed(Custody.objects.visible_to(scope.current()))
    found = stays.filter(Q(detainee__in=wanted) | Q(detainee__merged_into__in=wanted))
    numbers: dict[UUID, str] = {}
    for number, *records in found.order_by("admitted_at").values_list(
        "number", "detainee__merged_into", "detainee"
    ):
        numbers |= {one: number for one in records if one in wanted}
    return numbers


def records_by_number(number: str) -> list[UUID]:
    """The records of the person who has a custody number, asked whole; names nobody. Two queries."""
    stays = persons.unsealed(Custody.objects.visible_to(scope.current()))
    root = Coalesce("detainee__merged_into", "detainee")
    found = stays.filter(number=number.strip()).values_list(root, flat=True).first()
    if found is None:
        return []
    records = Detainee.objects.visible_to(scope.current())
    return list(
        records.filter(Q(pk=found) | Q(merged_into=found))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def about(words: str) -> QuerySet[Custody, UUID]:
    """The ids of the scope's stays, ended or not, whom these words are about, none that law seals.

    Names nobody.
    """
    stays = matching(persons.unsealed(Custody.objects.visible_to(scope.current())), words)
    return stays.values_list("pk", flat=True)


def arrival_of(shown: PersonShown) -> datetime | None:
    """When the person arrived, as the entry of the admission says it; None where it isn't readable.

    One query.
    """
    return record.first_time(Admitted.name, custody=shown.custody_id, since=shown.admitted_at)


def subject_of(custody: UUID) -> Subject:
    """What entries about a stay name; names nobody to a reader. Raises `Missing`. One query."""
    found = Custody.objects.visible_to(scope.current()).filter(pk=custody).first()
    if found is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return found.record_subject()


def subjects_of(custodies: Iterable[UUID]) -> dict[UUID, Subject]:
    """The same for several stays, by the stay's id. One query."""
    found = Custody.objects.visible_to(scope.current()).filter(pk__in=set(custodies))
    return {one.pk: one.record_subject() for one in found}


@dataclass(frozen=True, slots=True)
class Place:
    """A cell that a person is or was in, from when to when; `until` is None for where they are."""

    cell_id: UUID
    cell_name: str
    since: datetime
    until: datetime | None


def places_of(custody: UUID) -> list[Place]:
    """Where a stay was spent, latest first. One query."""
    stays = CellStay.objects.visible_to(scope.current()).filter(custody_id=custody)
    return [
        Place(stay.cell_id, stay.cell.name, stay.during.lower, stay.during.upper)
        for stay in stays.select_related("cell").order_by("-during")
    ]


def timeline_of(
    custody: UUID,
    *,
    shown: PersonShown | None = None,
    places: Iterable[Place] | None = None,
    kinds: Sequence[str] = (),
    before: UUID | None = None,
    limit: int = 50,
    own: Collection[int] | None = None,
    as_happened: bool = False,
) -> list[Line]:
    """Everything on the record about a stay: what names the person, and what happened in their cells
    while they were there. Latest first, as recorded or as it happened; of some kinds where named. Four
    queries, two where the caller has asked for `shown` and `places` already. Where the scope was widened
    for this stay alone, `own` are the reader's audiences without that: of other stays and of the cells
    nothing else is found.
    """
    stay = shown or person(custody)
    there = places_of(custody) if places is None else places
    return record.timeline(
        detainee=stay.detainee_id,
        others=stay.records,
        stays=[Stay(place.cell_id, place.since, place.until) for place in there],
        kinds=kinds,
        since=stay.admitted_at,
        before=before,
        limit=limit,
        beyond=None if own is None else (custody, own),
        as_happened=as_happened,
    )
