"""People who are held already, brought into the record many at once: the bulk form of admission.

`objections()` says what speaks against each of them, as `services.admit()` would, were they admitted one
after the other in this order; `bring()` writes them all or nobody. No reaction runs: whoever has been here
for weeks owes no first talk. What an admission asks of the door – papers, health, rights – was asked then,
elsewhere; each entry names the one that says from where these people were taken over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import bulk, engine, placing
from custos.foundation.custody.kinds import Admitted
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import kinds
from custos.foundation.custody.people.facts import Fact
from custos.foundation.custody.place_kinds import KeptApart
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor


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
    those of the newcomers. Ten queries. Source: 看守所条例 第14条; Nelson Mandela Rules 11.
    """
    held = placing.occupants(cells.keys(), organization_id)
    known = placing.facts_of([stay for there in held.values() for stay in there], at)
    inside = {cell: [known[stay.pk] for stay in there] for cell, there in held.items()}
    transition = {sex: placing.has_transition_cell(organization_id, sex) for sex in ("1", "2")}
    areas = {sex: placing.areas_of(organization_id, sex) for sex in ("1", "2")}
    places = {
        pk: placing.facts_of_cell(
            cell,
            transition_elsewhere=transition.get(cell.sex, False),
            area_elsewhere=bool(areas.get(cell.sex, set()) - {cell.area_id}),
        )
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
        # Stays before cells, as everybody who moves somebody takes them.
        here = _held(pairs, {one.id for one in people})
        cells = placing.lock_cells({one.cell for one in people})
        at = clock.now()
        found = objections(people, pairs, cells, organization_id, at)
        if any(engine.blocks(one) for one in found.values()):
            raise Conflict(
                "custody.changed_since",
                _("Something has changed in these cells since they were looked at."),
                mend=_("Look at them again, and then decide."),
            )

        def known(one: Newcomer) -> bulk.Known:
            shown = placing.shown(found[one.id])
            return bulk.Known(
                organization_id=organization_id,
                name=one.name,
                sex=one.sex,
                born=one.born,
                number=one.number,
                basis=one.basis,
                basis_number=one.basis_number,
                arrived_at=one.admitted_at,
                places=[bulk.Placed(cells[one.cell], one.admitted_at, by, reason, shown)],
                said=[bulk.Said(fact, at, by) for fact in one.facts],
                id=one.id,
            )

        stays: dict[UUID, bulk.Known | bulk.Here] = {one.id: known(one) for one in people}
        stays |= {pk: bulk.Here(stay) for pk, stay in here.items()}
        bulk.receive(
            [stay for stay in stays.values() if isinstance(stay, bulk.Known)],
            [
                bulk.Pair(
                    stays[one.one],
                    stays[one.other],
                    one.kind,
                    "cell",
                    _ROLE,
                    _ROLE,
                    one.reason,
                    at,
                    by,
                )
                for one in pairs
            ],
            recorded_at=at,
            because=because,
        )


def _held(pairs: Sequence[Pair], coming: set[UUID]) -> dict[UUID, Custody]:
    wanted = {stay for pair in pairs for stay in (pair.one, pair.other)} - coming
    return placing.lock_stays(wanted) if wanted else {}


#: As the papers that are taken over have it: they say who is apart, and not who did what.
_ROLE = "未载明"
