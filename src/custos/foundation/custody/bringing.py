"""People who are held already, brought into the record many at once: the bulk form of admission.

`objections()` says what speaks against each of them, as `services.admit()` would, were they admitted one
after the other in this order; `bring()` writes them all or nobody. No reaction runs: whoever has been here
for weeks owes no first talk. What an admission asks of the door – papers, health, rights – was asked then,
elsewhere; each entry names the one that says from where these people were taken over.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import engine, placing
from custos.foundation.custody import pairs as written_pairs
from custos.foundation.custody.kinds import Admitted
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people import kinds, tokens
from custos.foundation.custody.people.facts import Fact
from custos.foundation.custody.people.keeping import row_of
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.place_kinds import KeptApart
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to bring in; `id` will be their stay's, by which pairs name them.

    `sex` is a code of GB/T 2261.1, `basis` the kind of legal document, `admitted_at` when the stay began:
    from then on they are held, and have their place in `cell`, as far as anybody knows.
    """

    name: str
    sex: str
    born: date | None
    number: str
    basis: str
    basis_number: str
    admitted_at: datetime
    cell: UUID
    facts: tuple[Fact, ...] = ()
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stays that are kept apart from now on: newcomers, or one of them here already."""

    one: UUID
    other: UUID
    kind: str
    reason: str


#: What speaks against each newcomer, by their id.
Objections = Mapping[UUID, Sequence[engine.Found]]


def objections(
    people: Sequence[Newcomer],
    pairs: Sequence[Pair],
    cells: Mapping[UUID, Cell],
    organization_id: int,
    at: datetime,
) -> Objections:
    """Every rule that speaks against putting each of these people where they are, in their order.

    Whom a rule forbids takes no place, so that one mistake isn't told of everybody behind it. `cells` are
    those of the newcomers. Eight queries. Source: 看守所条例 第14条; Nelson Mandela Rules 11.
    """
    held = placing.occupants(cells.keys(), organization_id)
    known = placing.facts_of([stay for there in held.values() for stay in there], at)
    inside = {cell: [known[stay.pk] for stay in there] for cell, there in held.items()}
    transition = {sex: placing.has_transition_cell(organization_id, sex) for sex in ("1", "2")}
    places = {
        pk: placing.facts_of_cell(cell, transition_elsewhere=transition.get(cell.sex, False))
        for pk, cell in cells.items()
    }
    placed = _held_partners(people, pairs, organization_id)
    partners = _partners(pairs)
    file, day = engine.rules(), clock.day_of(at)
    found: dict[UUID, list[engine.Found]] = {}
    for one in people:
        person = engine.Person(
            sex=one.sex,
            born=one.born,
            category=file.category_by(one.basis),
            days_in=max(0, (at - one.admitted_at).days),
            apart=tuple(
                engine.Apart(kind, "cell", other, *placed[other])
                for other, kind in partners.get(one.id, ())
                if other in placed
            ),
            ref=one.id,
        )
        found[one.id] = engine.conflicts(person, places[one.cell], inside[one.cell], day, file)
        if not engine.blocks(found[one.id]):
            inside[one.cell].append(person)
            placed[one.id] = one.cell, cells[one.cell].area_id
    return found


def _held_partners(
    people: Sequence[Newcomer], pairs: Sequence[Pair], organization_id: int
) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    """Cell and area of those of the pairs who are here already."""
    coming = {one.id for one in people}
    wanted = {stay for pair in pairs for stay in (pair.one, pair.other)} - coming
    rows = Custody.objects.visible_to(scope.current()).filter(
        pk__in=wanted, organization_id=organization_id, ended_at__isnull=True
    )
    return {
        pk: (cell, area) for pk, cell, area in rows.values_list("pk", "cell_id", "cell__area_id")
    }


def _partners(pairs: Sequence[Pair]) -> dict[UUID, list[tuple[UUID, str]]]:
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for pair in pairs:
        found.setdefault(pair.one, []).append((pair.other, pair.kind))
        found.setdefault(pair.other, []).append((pair.one, pair.kind))
    return found


def require_writer(by: Actor, sorts: Collection[str] = ()) -> None:
    """Raise `NotAllowed` for whoever may not admit, keep apart and record these sorts of facts."""
    written: list[type[Kind]] = [Admitted, KeptApart]
    for kind in [*written, *(kinds.OF_SORT[sort] for sort in sorted(sorts))]:
        record.require_writer(kind, by)


def bring(
    people: Sequence[Newcomer],
    pairs: Sequence[Pair],
    organization_id: int,
    *,
    by: Actor,
    reason: str,
    because: UUID,
) -> None:
    """Bring all of these people in, or nobody; `because` is the entry that says from where.

    Refuses (`NotAllowed`) any writer but a police officer on the admission post; raises `Conflict` where a
    rule forbids a place, since whoever calls has asked `objections()` before and somebody else was faster.
    """
    require_writer(by, {fact.sort for one in people for fact in one.facts})
    with transaction.atomic():
        cells = placing.lock_cells({one.cell for one in people})
        at = clock.now()
        found = objections(people, pairs, cells, organization_id, at)
        if any(engine.blocks(one) for one in found.values()):
            raise Conflict(
                "custody.changed_since",
                _("Something has changed in these cells since they were looked at."),
                mend=_("Look at them again, and then decide."),
            )
        stays = [_stay(one, organization_id) for one in people]
        Detainee.objects.bulk_create([stay.detainee for stay in stays], _AT_ONCE)
        Custody.objects.bulk_create(stays, _AT_ONCE)
        CellStay.objects.bulk_create(
            [_place(stay, one.cell) for one, stay in zip(people, stays, strict=True)], _AT_ONCE
        )
        known = [
            [
                row_of(
                    fact,
                    organization_id=organization_id,
                    detainee=stay.detainee,
                    custody=stay if fact.of_stay else None,
                    since=at,
                )
                for fact in one.facts
            ]
            for one, stay in zip(people, stays, strict=True)
        ]
        FactRow.objects.bulk_create([row for rows in known for row in rows], _AT_ONCE)
        tokens.of_brought(
            (stay.detainee, [stay.number], one.facts)
            for one, stay in zip(people, stays, strict=True)
        )
        apart = _apart(pairs, organization_id, at)
        KeepApart.objects.bulk_create([row for row, _pair in apart], _AT_ONCE)
        subjects = {stay.pk: stay for stay in stays} | _held(pairs, {stay.pk for stay in stays})

        def said() -> Iterator[_Said]:
            for one, stay, rows in zip(people, stays, known, strict=True):
                yield _admitted(one, stay, cells[one.cell], found[one.id], reason)
                for fact, row in zip(one.facts, rows, strict=True):
                    yield _Said(kinds.entry_of(fact, row.pk), stay)
            for pair_row, pair in apart:
                yield from _kept_apart(pair_row, pair, subjects)

        record.append_many(
            record.draft(
                one.payload,
                about=one.about,
                by=by,
                at=at,
                occurred_at=one.occurred_at,
                ground=one.ground,
                because=because,
            )
            for one in said()
        )


@dataclass(frozen=True, slots=True)
class _Said:
    """An entry to make, whom it is about, and when and on what ground where that is its own."""

    payload: Kind
    about: Custody
    occurred_at: datetime | None = None
    ground: str = ""


def _admitted(
    one: Newcomer, stay: Custody, cell: Cell, found: Sequence[engine.Found], reason: str
) -> _Said:
    payload = Admitted(
        number=one.number,
        basis=one.basis,
        basis_number=one.basis_number,
        cell=cell.pk,
        cell_name=cell.name,
        arrived_at=one.admitted_at,
        shown=placing.shown(found),
        reason=reason,
    )
    return _Said(payload, stay, one.admitted_at)


def _kept_apart(row: KeepApart, pair: Pair, subjects: Mapping[UUID, Custody]) -> Iterator[_Said]:
    """The entry about each of the two."""
    for about, told in written_pairs.told_of(row, pair.one):
        yield _Said(told, subjects[about], ground=written_pairs.ground_of(row))


def _stay(one: Newcomer, organization_id: int) -> Custody:
    person = Detainee(organization_id=organization_id, name=one.name, sex=one.sex, born=one.born)
    return Custody(
        pk=one.id,
        detainee=person,
        organization_id=organization_id,
        number=one.number,
        basis=one.basis,
        basis_number=one.basis_number,
        admitted_at=one.admitted_at,
        cell_id=one.cell,
    )


def _place(stay: Custody, cell: UUID) -> CellStay:
    return CellStay(
        custody=stay,
        organization_id=stay.organization_id,
        cell_id=cell,
        during=DateTimeTZRange(stay.admitted_at, None),
    )


def _held(pairs: Sequence[Pair], coming: set[UUID]) -> dict[UUID, Custody]:
    wanted = {stay for pair in pairs for stay in (pair.one, pair.other)} - coming
    return placing.lock_stays(wanted) if wanted else {}


def _apart(
    pairs: Sequence[Pair], organization_id: int, at: datetime
) -> list[tuple[KeepApart, Pair]]:
    """The rows of pairs, each with its stays in the order in which the table has them."""
    return [
        (
            written_pairs.row_of(
                pair.one,
                pair.other,
                organization_id=organization_id,
                kind=pair.kind,
                scope="cell",
                roles=(_ROLE, _ROLE),
                reason=pair.reason,
                since=at,
            ),
            pair,
        )
        for pair in pairs
    ]


#: As the papers that are taken over have it: they say who is apart, and not who did what.
_ROLE = "未载明"
