"""What separation asks of the database: facts of people and cells, locked where somebody decides.

Locks are taken in one order, so that nobody waits in a circle: stays by id, the pairs of the one who
moves, cells by id. Whatever changes who is in a cell, or a fact about somebody in it, holds that cell:
so who is in a locked cell, and what is true of them, stands still until the deed ends.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import engine
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people import queries as persons
from custos.foundation.custody.place_kinds import LeftAlone, SeparationBroken
from custos.foundation.custody.place_models import (
    Absence,
    Classification,
    KeepApart,
    PlacingOrder,
)
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Missing
from custos.foundation.organizations.models import Cell
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.services import Deed

_SYSTEM = Actor.system("custody.separation")


# ---------------------------------------------------------------------- locks


def lock_cells(cells: Iterable[UUID]) -> dict[UUID, Cell]:
    """Cells of the scope by id, locked in the order of their ids. Raises `Missing` for any other."""
    wanted = set(cells)
    found = {
        cell.pk: cell
        for cell in Cell.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
    }
    if found.keys() != wanted:
        raise Missing("custody.no_such_cell", _("There is no such cell."), field="cell")
    return found


def lock_stays(custodies: Iterable[UUID]) -> dict[UUID, Custody]:
    """Stays of the scope by id, locked in that order.

    Raises `Missing` for one out of scope, `Conflict` for one that has ended.
    """
    wanted = set(custodies)
    found = {
        stay.pk: stay
        for stay in Custody.objects.visible_to(scope.current())
        .select_related("detainee")
        .select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
    }
    if found.keys() != wanted:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    if any(stay.ended_at for stay in found.values()):
        raise Conflict("custody.ended", _("This stay has ended."))
    return found


def lock_pairs(custody: Custody) -> None:
    """Hold the pairs of somebody, so that of the two only one is placed at a time."""
    list(_open_pairs([custody]).select_for_update(of=("self",)).order_by("pk"))


# ---------------------------------------------------------------------- facts


def occupants(cells: Collection[UUID], organization_id: int) -> dict[UUID, list[Custody]]:
    """Who has a place in each of these cells, in or out just now, by number. One query."""
    found: dict[UUID, list[Custody]] = {cell: [] for cell in cells}
    stays = Custody.objects.filter(
        cell_id__in=cells, ended_at__isnull=True, organization_id=organization_id
    )
    for stay in stays.select_related("detainee").order_by("number"):
        if stay.cell_id:
            found[stay.cell_id].append(stay)
    return found


def facts_of(stays: Collection[Custody], at: datetime) -> dict[UUID, engine.Person]:
    """What separation asks about each of these people, by stay. Five queries, and one more where somebody
    is kept apart from whoever has come back since.
    """
    ids = [stay.pk for stay in stays]
    organizations = {stay.organization_id for stay in stays}
    classified = {
        row.custody_id: row
        for row in Classification.objects.filter(
            custody_id__in=ids, organization_id__in=organizations
        )
    }
    orders: dict[tuple[UUID, str], PlacingOrder] = {
        (row.custody_id, row.kind): row
        for row in PlacingOrder.objects.filter(
            custody_id__in=ids, organization_id__in=organizations, ended_at=None
        )
    }
    apart = kept_apart(stays)
    out = set(
        Absence.objects.filter(
            custody_id__in=ids,
            organization_id__in=organizations,
            left_at__isnull=False,
            back_at__isnull=True,
        ).values_list("custody_id", flat=True)
    )
    aided = persons.aided(stay.detainee_id for stay in stays)
    file = engine.rules()
    return {
        stay.pk: _person(
            stay,
            classified.get(stay.pk),
            orders.get((stay.pk, PlacingOrder.ISOLATION)),
            orders.get((stay.pk, PlacingOrder.COMPANY)),
            tuple(
                as_apart(one.pair.kind, one.pair.scope, one.other)
                for one in apart[stay.pk]
                if one.other
            ),
            at,
            file,
            out=stay.pk in out,
            aid=stay.detainee_id in aided,
        )
        for stay in stays
    }


def _person(
    stay: Custody,
    classified: Classification | None,
    isolation: PlacingOrder | None,
    company: PlacingOrder | None,
    apart: tuple[engine.Apart, ...],
    at: datetime,
    file: engine.RuleFile,
    *,
    out: bool,
    aid: bool,
) -> engine.Person:
    return engine.Person(
        sex=stay.detainee.sex,
        born=stay.detainee.born,
        category=classified.category if classified else file.category_by(stay.basis),
        isolation=isolation.group if isolation else None,
        never_alone=company is not None and not company.attended,
        repeat=classified.repeat if classified else None,
        violent=classified.violent if classified else None,
        days_in=(at - stay.admitted_at).days,
        settled=classified is not None and classified.settled_at is not None,
        out=out,
        aid=aid,
        apart=apart,
        ref=stay.pk,
    )


# ---------------------------------------------------------------------- pairs


@dataclass(frozen=True, slots=True)
class Kept:
    """An open pair of somebody: its row, the stay that the other has here now, None while they aren't held
    here, and whether the row's `one` is this person.
    """

    pair: KeepApart
    other: Custody | None
    first: bool


def root_of(person: Detainee) -> UUID:
    """The record by which somebody is known, themselves where no two were found to be of one person."""
    return person.merged_into_id or person.pk


def _open_pairs(stays: Collection[Custody]) -> QuerySet[KeepApart]:
    return _pairs(stays).filter(closed_at=None)


def _pairs(stays: Collection[Custody]) -> QuerySet[KeepApart]:
    """The pairs of these people, on whichever of their stays here they were written."""
    roots = {root_of(stay.detainee) for stay in stays}
    organizations = {stay.organization_id for stay in stays}
    records = Detainee.objects.filter(Q(pk__in=roots) | Q(merged_into__in=roots))
    theirs = Custody.objects.filter(
        detainee__in=records.values("pk"), organization_id__in=organizations
    ).values("pk")
    return KeepApart.objects.filter(
        Q(one__in=theirs) | Q(other__in=theirs), organization_id__in=organizations
    )


def last_closed(stay: Custody, kind: str) -> dict[UUID, datetime]:
    """When a pair of this kind of somebody was last closed, by the stay that the other has here now.

    Two queries at most.
    """
    own = root_of(stay.detainee)
    rows = list(
        _pairs([stay])
        .filter(kind=kind, closed_at__isnull=False)
        .select_related("one__detainee", "other__detainee")
        .order_by("closed_at")
    )
    closed: dict[UUID, datetime] = {}
    for row in rows:
        one, other = root_of(row.one.detainee), root_of(row.other.detainee)
        closed[other if one == own else one] = row.closed_at or row.since
    now = held_now(closed, {stay.organization_id}) if closed else {}
    return {held.pk: closed[root] for root, held in now.items()}


def kept_apart(stays: Collection[Custody]) -> dict[UUID, list[Kept]]:
    """The open pairs of these people by stay, in the order in which they were written.

    A pair is between two people: it outlives the stay on which it was written, holds again when they come
    back, and holds of every record that is found to be of one of them, as long as it is. Two queries at
    most.
    """
    found: dict[UUID, list[Kept]] = {stay.pk: [] for stay in stays}
    rows = list(
        _open_pairs(stays)
        .select_related("one__cell", "one__detainee", "other__cell", "other__detainee")
        .order_by("pk")
    )
    gone = {root_of(one.detainee) for row in rows for one in (row.one, row.other) if one.ended_at}
    back = held_now(gone, {stay.organization_id for stay in stays}) if gone else {}
    asked: dict[UUID, list[UUID]] = {}
    for stay in stays:
        asked.setdefault(root_of(stay.detainee), []).append(stay.pk)
    for row in rows:
        roots = root_of(row.one.detainee), root_of(row.other.detainee)
        if roots[0] == roots[1]:
            continue  # the two turned out to be one person
        for own, other, first in ((0, row.other, True), (1, row.one, False)):
            now = back.get(roots[1 - own]) if other.ended_at else other
            for stay_id in asked.get(roots[own], ()):
                found[stay_id].append(Kept(row, now, first))
    return found


def held_now(roots: Iterable[UUID], organizations: Collection[int]) -> dict[UUID, Custody]:
    """The stay that each of these people has now in these facilities, by the record they are known by."""
    wanted = set(roots)
    stays = Custody.objects.filter(
        Q(detainee__in=wanted) | Q(detainee__merged_into__in=wanted),
        ended_at=None,
        organization_id__in=organizations,
    )
    return {root_of(stay.detainee): stay for stay in stays.select_related("detainee", "cell__area")}


def as_apart(kind: str, within: str, other: Custody) -> engine.Apart:
    """Somebody from whom one is kept apart, where they have their place."""
    return engine.Apart(
        kind,
        within,  # type: ignore[arg-type]  # the database holds no other
        other.pk,
        other.cell_id,
        other.cell.area_id if other.cell else None,
    )


@dataclass(frozen=True, slots=True)
class Around:
    """The cells of a facility with who has a place in each, and what separation asks of all of them."""

    cells: Mapping[UUID, Cell]
    people: Mapping[UUID, Sequence[Custody]]
    facts: Mapping[UUID, engine.Person]

    def area_of(self, stay: Custody) -> UUID | None:
        """The area in which somebody has their place; None where they have none."""
        cell = self.cells.get(stay.cell_id) if stay.cell_id else None
        return cell.area_id if cell else None

    def options(
        self, *, left: UUID | None = None, but_not: UUID | None = None
    ) -> list[engine.Option]:
        """The cells as options, but for the one that is `left`, and without somebody who is placed anew."""
        transition = {
            c.sex for c in self.cells.values() if c.kind == "transition" and not c.out_of_use
        }
        areas = {(c.sex, c.area_id) for c in self.cells.values() if _lived_in(c)}
        return [
            engine.Option(
                facts_of_cell(
                    cell,
                    transition_elsewhere=cell.sex in transition,
                    area_elsewhere=any(
                        sex == cell.sex and area != cell.area_id for sex, area in areas
                    ),
                ),
                [self.facts[one.pk] for one in self.people[cell.pk] if one.pk != but_not],
                cell.name,
                cell.out_of_use,
            )
            for cell in self.cells.values()
            if cell.pk != left
        ]


def around(cells: Iterable[Cell], organization_id: int, at: datetime, *others: Custody) -> Around:
    """Who is in these cells of a facility, and the facts of them and of some `others`. Six queries."""
    known = {cell.pk: cell for cell in cells}
    people = occupants(known.keys(), organization_id)
    everybody = {one.pk: one for one in [*others, *(s for there in people.values() for s in there)]}
    return Around(known, people, facts_of(list(everybody.values()), at))


def has_transition_cell(organization_id: int, sex: str) -> bool:
    """Whether a facility has a cell in use for new arrivals of a sex. One query."""
    cells = Cell.objects.filter(organization_id=organization_id, kind="transition", sex=sex)
    return cells.filter(out_of_use=False).exists()


#: Kinds of cell in which people live who aren't there for a ground of their own.
_LIVING = ("ordinary", "transition")


def _lived_in(cell: Cell) -> bool:
    return cell.kind in _LIVING and not cell.out_of_use


def areas_of(organization_id: int, sex: str) -> set[UUID]:
    """The areas of a facility with a cell in use in which people of a sex live. One query."""
    cells = Cell.objects.filter(organization_id=organization_id, sex=sex, kind__in=_LIVING)
    return set(cells.filter(out_of_use=False).values_list("area_id", flat=True).distinct())


def facts_of_cell(
    cell: Cell, *, transition_elsewhere: bool = False, area_elsewhere: bool = True
) -> engine.CellFacts:
    """What separation asks about a cell."""
    return engine.CellFacts(
        cell.sex,
        cell.capacity,
        cell.square_metres,
        cell.kind,
        cell.pk,
        cell.area_id,
        transition_elsewhere,
        area_elsewhere,
    )


def shown(found: Iterable[engine.Found]) -> list[str]:
    """Rules found, as entries name them."""
    return [f"{one.rule.id} v{one.version}" for one in found]


def signs_of(person: engine.Person, day: date) -> list[str]:
    """The risks of somebody that whoever places them or others has to see, by code."""
    minor = person.born is not None and engine.years_old(person.born, day) < 18
    signs = {
        "minor": minor,
        "never_alone": person.never_alone,
        "isolation": person.isolation is not None,
        "keep_apart": bool(person.apart),
        "violent": person.violent is True,
        "convicted": person.category == "convicted",
        "new": person.days_in < 7,
    }
    return [sign for sign, holds in signs.items() if holds]


# ---------------------------------------------------------------------- places


def begin_place(custody: Custody, cell: Cell, at: datetime) -> None:
    """Give somebody a place in a cell from an instant on."""
    CellStay.objects.create(
        custody=custody,
        organization_id=custody.organization_id,
        cell=cell,
        during=DateTimeTZRange(at, None),
    )


def end_place(custody: Custody, at: datetime) -> None:
    """End the place that somebody has."""
    stay = CellStay.objects.get(
        custody=custody, organization_id=custody.organization_id, during__endswith__isnull=True
    )
    stay.during = DateTimeTZRange(stay.during.lower, at)
    stay.save(update_fields=["during"])


# ---------------------------------------------------------------------- what broke


def tell_of_broken(deed: Deed, cell: Cell, *, by: Actor | None = None) -> list[engine.Found]:
    """Write down that a locked cell, as it stands, breaks rules that block, if it does."""
    inside = occupants([cell.pk], cell.organization_id)[cell.pk]
    facts = facts_of(inside, deed.at)
    elsewhere = True
    if any(one.kind == engine.CODEFENDANTS for person in facts.values() for one in person.apart):
        elsewhere = bool(areas_of(cell.organization_id, cell.sex) - {cell.area_id})
    found = engine.broken_in(
        facts_of_cell(cell, area_elsewhere=elsewhere),
        [facts[stay.pk] for stay in inside],
        clock.day_of(deed.at),
    )
    if found:
        stays = tuple(dict.fromkeys(ref for one in found for ref in one.others))
        deed.append(
            SeparationBroken(
                cell=cell.pk, cell_name=cell.name, rules=shown(found), stays=list(stays)
            ),
            about=cell,
            by=by or _SYSTEM,
            ground="、".join(one.rule.id for one in found),
        )
    return found


def tell_of_alone(deed: Deed, cell: Cell) -> None:
    """Write down that of a locked cell's people one alone is in, who must not be, if that is so.

    Going out to court or home can't be refused for it; somebody has to come.
    """
    inside = occupants([cell.pk], cell.organization_id)[cell.pk]
    facts = facts_of(inside, deed.at)
    there = [stay for stay in inside if not facts[stay.pk].out]
    if len(there) == 1 and facts[there[0].pk].never_alone:
        stay = there[0]
        deed.append(
            LeftAlone(cell=cell.pk, cell_name=cell.name),
            about=Subject(stay.organization_id, stay.detainee_id, stay.pk, cell.pk),
            by=_SYSTEM,
        )


# ---------------------------------------------------------------------- what is shown


@dataclass(frozen=True, slots=True)
class Considered:
    """What an officer has to see before placing somebody: the rules, and the risks of both sides.

    `signs` are codes by stay; the one who is placed stands first.
    """

    cell: UUID
    found: tuple[engine.Found, ...]
    signs: Mapping[str, list[str]]

    @property
    def token(self) -> str:
        """The same for the same content: says whether what was shown still holds."""
        rules = [[one.rule.id, one.version, sorted(map(str, one.others))] for one in self.found]
        signs = {stay: sorted(codes) for stay, codes in self.signs.items()}
        return hashlib.sha256(canonical_json([str(self.cell), rules, signs])).hexdigest()[:32]


def considered(
    person: engine.Person,
    cell: UUID,
    inside: Iterable[engine.Person],
    found: Iterable[engine.Found],
    day: date,
) -> Considered:
    """Put together what has to be shown of one placing."""
    people = [person, *inside]
    signs = {str(one.ref or ""): signs_of(one, day) for one in people}
    return Considered(cell, tuple(found), signs)
