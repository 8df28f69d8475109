"""Who is of one case, by their papers: the pair that keeps two co-defendants apart is written by itself.

Papers name a co-defendant by stay, or by name where nobody knew yet that they are here. A name counts
unless both sides have a number of the case and the two differ: it is better to keep a namesake apart, until
a leader closes the pair, than to put two of one case together. Source: 看守所条例 第14条.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from custos.foundation import clock
from custos.foundation.custody import engine, placing, separating
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people.models import FactRow
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Actor
from custos.foundation.record.services import Deed

_SORT = "co_defendant"
#: Who writes a pair that no officer wrote.
SYSTEM = Actor.system("custody.separation")
#: As long as a reason of a pair may be.
_LONGEST = 400
Scope = Literal["cell", "area"]


def take_turn(organization_id: int) -> None:
    """One at a time, in a facility, names a co-defendant or brings somebody in: else the paper that names
    an arrival and the arrival itself would each be written without seeing the other.

    Taken before any row is locked.
    """
    with connection.cursor() as cursor:
        turn = f"custody.codefendants.{organization_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (turn,))


@dataclass(frozen=True, slots=True)
class Named:
    """A co-defendant as papers name them: the stay where they say it, the name, the number of the case; and
    since when that stands on the record.
    """

    name: str
    case_number: str = ""
    custody: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Of:
    """Of which case somebody is, as far as known, and since when a paper says so."""

    case_number: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Paper:
    """Whose paper names somebody, and as whom."""

    holder: UUID
    named: Named


def _papers(rows: Iterable[Any]) -> list[_Paper]:
    return [
        _Paper(
            row.custody_id,
            Named(
                row.says["name"],
                row.says["case_number"].strip(),
                UUID(row.says["custody"]) if row.says["custody"] else None,
                row.since,
            ),
        )
        for row in rows
    ]


def _facts(organization_id: int, sort: str) -> Any:
    return FactRow.objects.filter(organization_id=organization_id, sort=sort, until=None)


def of_arrival(
    organization_id: int, name: str, case_number: str = "", papers: Collection[Named] = ()
) -> dict[UUID, Of]:
    """Who is held here of the case of somebody who arrives, by stay.

    `papers` are those whom the arrival's own papers name. Six queries at most.
    """
    return _others(organization_id, {name.strip()}, frozenset(), case_number.strip(), papers)


def _others(
    organization_id: int,
    names: Collection[str],
    stays: Collection[UUID],
    case_number: str,
    own: Collection[Named],
) -> dict[UUID, Of]:
    """Who is held here of one case with somebody of these names and stays, by the latest paper."""
    about = Q(says__name__in=list(names)) | Q(says__custody__in=[str(stay) for stay in stays])
    rows = _facts(organization_id, _SORT).filter(about, custody__ended_at=None)
    theirs = [paper for paper in _papers(rows) if paper.holder not in stays]
    said = {paper.named.custody for paper in theirs} | {one.custody for one in own}
    now = _now_of({stay for stay in said if stay}, organization_id)
    by_name = _held_by_name(
        organization_id, {one.name for one in own if now.get(one.custody) is None}
    )
    holders = {paper.holder for paper in theirs}
    cases = _cases(organization_id, holders | {s for found in by_name.values() for s in found})
    found: list[tuple[UUID, Of]] = []
    for paper in theirs:
        named, case = paper.named, paper.named.case_number or cases.get(paper.holder, "")
        # A stay that is named and goes on is that one and nobody else of the name.
        elsewhere = now.get(named.custody)
        meant = named.custody in stays or elsewhere in stays
        if meant or (elsewhere is None and named.name in names and _agree(case, case_number)):
            found.append((paper.holder, Of(case or case_number, named.since)))
    for one in own:
        case, stay = one.case_number or case_number, now.get(one.custody)
        others = {stay} if stay else by_name.get(one.name, set())
        found += [
            (other, Of(case or cases.get(other, ""), one.since))
            for other in others
            if stay or _agree(case, cases.get(other, ""))
        ]
    found.sort(key=lambda said: str(said[1].since or ""))
    return {stay: of for stay, of in found if stay not in stays}


def _agree(one: str, other: str) -> bool:
    return not (one and other) or one == other


def _now_of(stays: Collection[UUID], organization_id: int) -> dict[UUID | None, UUID]:
    """Of stays that papers name, the one that the same person has here now. Two queries at most."""
    if not stays:
        return {}
    rows = Custody.objects.filter(pk__in=stays, organization_id=organization_id)
    named = {stay.pk: placing.root_of(stay.detainee) for stay in rows.select_related("detainee")}
    held = placing.held_now(named.values(), {organization_id})
    return {stay: held[root].pk for stay, root in named.items() if root in held}


def _held_by_name(organization_id: int, names: Collection[str]) -> dict[str, set[UUID]]:
    """Who is held here under each of these names, other names included. Two queries at most."""
    if not names:
        return {}
    wanted = list(names)
    found: dict[str, set[UUID]] = {}
    stays = Custody.objects.filter(organization_id=organization_id, ended_at=None)
    for field in ("detainee__name", "detainee__merged_into__name"):
        for name, stay in stays.filter(**{f"{field}__in": wanted}).values_list(field, "pk"):
            found.setdefault(name, set()).add(stay)
    others = _facts(organization_id, "name").filter(says__text__in=wanted)
    by_detainee: dict[UUID, set[str]] = {}
    for detainee, says in others.values_list("detainee_id", "says"):
        by_detainee.setdefault(detainee, set()).add(says["text"])
    if by_detainee:
        for detainee, stay in stays.filter(detainee__in=by_detainee).values_list(
            "detainee_id", "pk"
        ):
            for name in by_detainee[detainee]:
                found.setdefault(name, set()).add(stay)
    return found


def _cases(organization_id: int, stays: Collection[UUID]) -> dict[UUID, str]:
    """The number of the case of each of these stays, where its authority is recorded with one."""
    rows = _facts(organization_id, "authority").filter(custody__in=list(stays)) if stays else ()
    return {row.custody_id: row.says["case_number"].strip() for row in rows}


# ------------------------------------------------------------------ what follows


def pairings(
    others: Mapping[UUID, Of], person: engine.Person, facility: Iterable[Cell], at: datetime
) -> list[separating.Pairing]:
    """The pairs that follow for somebody who arrives and these others. Seven queries where there are any.

    See `scope_for()`.
    """
    if not others:
        return []
    cells = list(facility)
    around = placing.around(cells, cells[0].organization_id, at) if cells else None
    stays = {stay.pk: stay for there in around.people.values() for stay in there} if around else {}
    scope = (
        scope_for(person, [stays[one] for one in others if one in stays], around, at)
        if around
        else "cell"
    )
    return [_pairing(other, scope, of.case_number) for other, of in others.items()]


def _pairing(other: UUID, scope: Scope, case: str) -> separating.Pairing:
    role = _("Co-defendant")
    reason = _("Of one case by their papers: %(case)s") % {"case": case} if case else ""
    reason = (reason or _("Of one case by their papers"))[:_LONGEST]
    return separating.Pairing(other, engine.CODEFENDANTS, scope, role, role, reason)


def scope_for(
    person: engine.Person, others: Iterable[Custody], around: placing.Around, at: datetime
) -> Scope:
    """Within what somebody can be kept apart from co-defendants here: the area, whose yard its cells share,
    where any cell is left to them then; else the cell, so that nobody stands at the door without a place.
    """
    apart = tuple(
        engine.Apart(engine.CODEFENDANTS, "area", other.pk, other.cell_id, around.area_of(other))
        for other in others
    )
    wanted = replace(person, apart=(*person.apart, *apart))
    proposed = engine.propose(
        wanted, around.options(but_not=person.ref), clock.day_of(at), arriving=False
    )
    return "area" if any(one.allowed for one in proposed) else "cell"


def hold(custody: UUID, name: str) -> None:
    """Lock somebody's stay and those of one case with them, in the order of their ids.

    `name` is one that is about to be written: theirs, or their co-defendant's. The facility's turn is
    taken before.
    """
    stay = Custody.objects.select_related("detainee").filter(pk=custody, ended_at=None).first()
    if stay is None:
        return
    others = _others_of(stay, name)
    list(
        Custody.objects.select_for_update(of=("self",))
        .filter(pk__in={stay.pk, *others}, organization_id=stay.organization_id)
        .order_by("pk")
    )


def _others_of(stay: Custody, name: str = "") -> dict[UUID, Of]:
    root = placing.root_of(stay.detainee)
    records = Detainee.objects.filter(Q(pk=root) | Q(merged_into=root)).values("pk")
    names = set(Detainee.objects.filter(pk__in=records).values_list("name", flat=True))
    known_as = _facts(stay.organization_id, "name").filter(detainee__in=records)
    names |= {row.says["text"] for row in known_as}
    stays = set(
        Custody.objects.filter(
            detainee__in=records, organization_id=stay.organization_id
        ).values_list("pk", flat=True)
    )
    own = [one.named for one in _papers(_facts(stay.organization_id, _SORT).filter(custody=stay))]
    if name:
        names, own = names | {name}, [*own, Named(name)]
    case = _cases(stay.organization_id, {stay.pk}).get(stay.pk, "")
    return _others(stay.organization_id, names, stays, case, own)


def _lifted(since: datetime | None, closed: datetime | None) -> bool:
    """Whether a leader closed the pair that a paper had made: it makes none a second time."""
    return closed is not None and (since is None or since <= closed)


def pair_up(deed: Deed, stay: Custody, *, because: UUID) -> None:
    """Write the pairs that follow from all papers for somebody held here, as far as they aren't written.

    Within a deed that has taken the facility's turn and holds them (`hold()`). Where two of one case are
    found to share what they must not, that is told.
    """
    others = _others_of(stay)
    known = {
        kept.other.pk
        for kept in placing.kept_apart([stay])[stay.pk]
        if kept.other and kept.pair.kind == engine.CODEFENDANTS
    }
    closed = placing.last_closed(stay, engine.CODEFENDANTS)
    new = {
        other: of
        for other, of in others.items()
        if other not in known and not _lifted(of.since, closed.get(other))
    }
    if not new:
        return
    held = placing.lock_stays({stay.pk, *new})
    cells = Cell.objects.filter(organization_id=stay.organization_id)
    around = placing.around(cells, stay.organization_id, deed.at, stay)
    scope = scope_for(around.facts[stay.pk], [held[other] for other in new], around, deed.at)
    for other, of in new.items():
        pairing = _pairing(other, scope, of.case_number)
        separating.keep(deed, held[stay.pk], held[other], pairing, by=SYSTEM, because=because)
    where = placing.lock_cells({one.cell_id for one in held.values() if one.cell_id})
    for cell in where.values():
        placing.tell_of_broken(deed, cell)
