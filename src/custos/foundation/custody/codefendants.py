"""Who is of one case, by their papers: the pair that keeps two co-defendants apart is written by itself.

Papers name a co-defendant by stay, or by name where nobody knew yet that they are here. A paper counts as
long as its person is held here, on whichever of their stays it was recorded. A name counts, however typed,
unless both sides have a number of the case and the two differ: it is better to keep a namesake apart, until
a leader closes the pair, than to put two of one case together. Source: 看守所条例 第14条.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from custos.foundation import clock
from custos.foundation.codes.spelling import name_key, same_number
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
#: What somebody is asked about by.
Key = TypeVar("Key")


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
    """On which stay a paper names somebody, of which person it is, and as whom it names them."""

    holder: UUID
    person: UUID
    named: Named


def _papers(rows: Any) -> list[_Paper]:
    said = rows.values_list("custody_id", "root", "says", "since")
    return [
        _Paper(
            holder,
            root,
            Named(
                says["name"],
                says["case_number"].strip(),
                UUID(says["custody"]) if says["custody"] else None,
                since,
            ),
        )
        for holder, root, says, since in said
    ]


def _facts(organization_id: int, sort: str) -> Any:
    rows = FactRow.objects.filter(organization_id=organization_id, sort=sort, until=None)
    return rows.annotate(root=_root("detainee__merged_into_id", "detainee_id"))


def _held(organization_id: int) -> Any:
    """The stays that people have here now, with the record by which each is known as `root`."""
    stays = Custody.objects.filter(organization_id=organization_id, ended_at=None)
    return stays.annotate(root=_root("detainee__merged_into_id", "detainee_id"))


def _root(merged_into: str, record: str) -> Coalesce:
    return Coalesce(F(merged_into), F(record))


def of_arrival(
    organization_id: int, name: str, case_number: str = "", papers: Collection[Named] = ()
) -> dict[UUID, Of]:
    """Who is held here of the case of somebody who arrives, by stay.

    `papers` are those whom the arrival's own papers name. Six queries at most.
    """
    case = case_number.strip()
    own = [replace(one, case_number=one.case_number or case) for one in papers]
    return _others(organization_id, {name}, frozenset(), case, own)


def _others(
    organization_id: int,
    names: Collection[str],
    stays: Collection[UUID],
    case_number: str,
    own: Collection[Named],
) -> dict[UUID, Of]:
    """Who is held here of one case with somebody of these names and stays, by the latest paper."""
    held: dict[UUID, UUID] = dict(_held(organization_id).values_list("root", "pk"))
    papers = [paper for paper in _papers_of(organization_id, held) if paper.holder not in stays]
    said = {paper.named.custody for paper in papers} | {one.custody for one in own}
    now = _now_of({stay for stay in said if stay}, organization_id, held)
    by_name = _held_by_name(
        organization_id, {name_key(one.name) for one in own if not now.get(one.custody)}, held
    )
    holders = {paper.holder for paper in papers}
    cases = _cases(organization_id, holders | {s for found in by_name.values() for s in found})
    whom = {None: _Whom(frozenset(map(name_key, names)), case_number, frozenset(stays))}
    found = [
        (held[paper.person], Of(case, paper.named.since))
        for _one, paper, case in _meant(papers, whom, now, cases)
    ]
    for one in own:
        stay = now.get(one.custody)
        others = {stay} if stay else by_name.get(name_key(one.name), set())
        found += [
            (other, Of(one.case_number or cases.get(other, ""), one.since))
            for other in others
            if stay or _agree(one.case_number, cases.get(other, ""))
        ]
    found.sort(key=lambda said: str(said[1].since or ""))
    return {stay: of for stay, of in found if stay not in stays}


@dataclass(frozen=True, slots=True)
class _Whom:
    """Somebody of whom it is asked which papers mean them: their names as they are compared, the number of
    their case, and the stays that they have or had here.
    """

    names: frozenset[str]
    case_number: str = ""
    stays: frozenset[UUID] = frozenset()


def _meant(
    papers: Iterable[_Paper],
    whom: Mapping[Key, _Whom],
    now: Mapping[UUID | None, UUID],
    cases: Mapping[UUID, str],
) -> list[tuple[Key, _Paper, str]]:
    """Whom papers mean, each with the number of the case by which they do.

    A stay that a paper names is that one; where its person is here on another one (`now`), nobody else is
    meant by the name. A name means whoever bears it, unless the numbers of the two cases differ. `cases`
    are those of the papers' own stays.
    """
    by_name: dict[str, list[Key]] = {}
    by_stay: dict[UUID, Key] = {}
    for key, one in whom.items():
        for name in one.names:
            by_name.setdefault(name, []).append(key)
        by_stay |= dict.fromkeys(one.stays, key)
    found: list[tuple[Key, _Paper, str]] = []
    for paper in papers:
        named, case = paper.named, paper.named.case_number or cases.get(paper.holder, "")
        here = now.get(named.custody)
        stay = next((one for one in (named.custody, here) if one and one in by_stay), None)
        if stay:
            meant = [by_stay[stay]]
        elif here:
            meant = []
        else:
            meant = by_name.get(name_key(named.name), [])
            meant = [one for one in meant if _agree(case, whom[one].case_number)]
        found += [(one, paper, case or whom[one].case_number) for one in meant]
    return found


def who_name(organization_id: int, records: Collection[UUID]) -> list[UUID]:
    """The people here whose papers name a stay of one of these records, by their records. Two queries."""
    stays = Custody.objects.filter(detainee__in=list(records)).values_list("pk", flat=True)
    rows = _facts(organization_id, _SORT).filter(says__custody__in=[str(stay) for stay in stays])
    return sorted(rows.values_list("root", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who is about to come, with all names, and the number of their case where it is known."""

    names: tuple[str, ...]
    case_number: str = ""


def naming(organization_id: int, coming: Mapping[UUID, Coming]) -> list[tuple[UUID, UUID, str]]:
    """Whom of many who come at once the papers of those held here name.

    Each with the stay whose papers name them, and the number of the case. Four queries at most, however
    many come; see `of_arrival()` for one whose own papers name somebody.
    """
    held: dict[UUID, UUID] = dict(_held(organization_id).values_list("root", "pk"))
    papers = _papers_of(organization_id, held)
    now = _now_of({p.named.custody for p in papers if p.named.custody}, organization_id, held)
    cases = _cases(organization_id, {paper.holder for paper in papers})
    whom = {
        one: _Whom(frozenset(map(name_key, said.names)), said.case_number)
        for one, said in coming.items()
    }
    found = {
        (one, held[paper.person]): case for one, paper, case in _meant(papers, whom, now, cases)
    }
    return [(one, other, case) for (one, other), case in found.items()]


def reason_of(case: str) -> str:
    """Why two are kept apart of whom papers say that they are of one case."""
    said = _("Of one case by their papers: %(case)s") % {"case": case} if case else ""
    return (said or _("Of one case by their papers"))[:_LONGEST]


def _agree(one: str, other: str) -> bool:
    return not (one and other) or same_number(one, other)


def _papers_of(organization_id: int, held: Iterable[UUID]) -> list[_Paper]:
    """The papers that name a co-defendant of those who are held here. One query."""
    rows = _facts(organization_id, _SORT).filter(detainee__in=_records_of(held).values("pk"))
    return _papers(rows)


def _records_of(roots: Iterable[UUID]) -> QuerySet[Detainee]:
    """All records of these people."""
    known = list(roots)
    return Detainee.objects.filter(Q(pk__in=known) | Q(merged_into__in=known))


def _now_of(
    stays: Collection[UUID], organization_id: int, held: Mapping[UUID, UUID]
) -> dict[UUID | None, UUID]:
    """Of stays that papers name, the one that the same person has here now. One query at most."""
    if not stays:
        return {}
    rows = Custody.objects.filter(pk__in=stays, organization_id=organization_id)
    roots = rows.values_list("pk", _root("detainee__merged_into_id", "detainee_id"))
    return {stay: held[root] for stay, root in roots if root in held}


def _held_by_name(
    organization_id: int, names: Collection[str], held: Mapping[UUID, UUID]
) -> dict[str, set[UUID]]:
    """Who is held here under each of these plain names, on any of their records, other names included.

    Two queries at most.
    """
    if not names:
        return {}
    records = _records_of(held)
    aliases = _facts(organization_id, "name").filter(detainee__in=records.values("pk"))
    found: dict[str, set[UUID]] = {}
    for root, name in (
        *records.values_list(_root("merged_into_id", "pk"), "name"),
        *((row.root, row.says["text"]) for row in aliases),
    ):
        if (plain := name_key(name)) in names:
            found.setdefault(plain, set()).add(held[root])
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
    return separating.Pairing(other, engine.CODEFENDANTS, scope, role, role, reason_of(case))


def scope_for(
    person: engine.Person, others: Iterable[Custody], around: placing.Around, at: datetime
) -> Scope:
    """Within what the pair of somebody and their co-defendants is written: the area, whose yard its cells
    share, where a cell is left to them then; else the cell.

    What the pair leaves open the rules still forbid: where the facility has another area for that sex, the
    yard (`KR-14-CODEFENDANTS-YARD`), also where no cell is left there. Only where it has one area alone
    does the cell's scope open a cell of it, with a reason (`KR-14-ONE-YARD`). See decision 0064.
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


def hold(
    organization_id: int,
    records: Collection[UUID],
    *,
    name: str = "",
    paper: Named | None = None,
    cases: Mapping[UUID, str] | None = None,
) -> None:
    """Lock the stay that somebody has here and those of one case with them, in the order of their ids.

    `records` are one or more that are found to be theirs. `name`, `paper` and `cases` are what is about to
    be written: another name of theirs, whom a paper of theirs names, the number of the case by stay. The
    facility's turn is taken before.
    """
    theirs = _all_records(records)
    here = Custody.objects.filter(
        detainee__in=theirs.values("pk"), organization_id=organization_id, ended_at=None
    )
    stays = set(here.values_list("pk", flat=True))
    if not stays:
        return
    others = _others_of(organization_id, records, name=name, paper=paper, cases=cases)
    list(
        Custody.objects.select_for_update(of=("self",))
        .filter(pk__in={*stays, *others}, organization_id=organization_id)
        .order_by("pk")
    )


def _all_records(records: Collection[UUID]) -> QuerySet[Detainee]:
    """All records of whoever has these."""
    known = Detainee.objects.filter(pk__in=records)
    return _records_of(known.values_list(_root("merged_into_id", "pk"), flat=True))


def _others_of(
    organization_id: int,
    records: Collection[UUID],
    *,
    name: str = "",
    paper: Named | None = None,
    cases: Mapping[UUID, str] | None = None,
) -> dict[UUID, Of]:
    theirs = _all_records(records).values("pk")
    names = {name, *Detainee.objects.filter(pk__in=theirs).values_list("name", flat=True)} - {""}
    known_as = _facts(organization_id, "name").filter(detainee__in=theirs)
    names |= {row.says["text"] for row in known_as}
    here = Custody.objects.filter(detainee__in=theirs, organization_id=organization_id)
    stays = dict(here.order_by("admitted_at").values_list("pk", "ended_at"))
    numbers = {**_cases(organization_id, stays), **(cases or {})}
    case = next((numbers.get(stay, "") for stay, ended in stays.items() if ended is None), "")
    own = [
        replace(one.named, case_number=one.named.case_number or numbers.get(one.holder, ""))
        for one in _papers(_facts(organization_id, _SORT).filter(custody__in=stays))
    ]
    if paper:
        own.append(replace(paper, case_number=paper.case_number or case))
    return _others(organization_id, names, stays, case, own)


def _lifted(since: datetime | None, closed: datetime | None) -> bool:
    """Whether a leader closed the pair that a paper had made: it makes none a second time."""
    return closed is not None and (since is None or since <= closed)


def pair_up(deed: Deed, organization_id: int, *records: UUID, because: UUID) -> bool:
    """Write the pairs that follow from all papers for people held here, as far as they aren't written.

    Of each of them `records` name any. Within a deed that has taken the facility's turn and holds them
    (`hold()`). Where two of one case are found to share what they must not, that is told, once all stays
    are held: cells are locked after stays, as everywhere. Returns whether it looked at any cell.
    """
    touched: set[UUID] = set()
    for record in dict.fromkeys(records):
        touched |= _pair_up(deed, organization_id, record, because)
    where = placing.lock_cells(touched)
    for cell in where.values():
        placing.tell_of_broken(deed, cell)
    return bool(touched)


def _pair_up(deed: Deed, organization_id: int, record: UUID, because: UUID) -> set[UUID]:
    """The same for one of them, but for what is told; the cells of those who are kept apart from now on."""
    held = _held(organization_id).select_related("detainee")
    stay = held.filter(detainee__in=_all_records([record]).values("pk")).first()
    if stay is None:
        return set()
    others = _others_of(organization_id, [record])
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
        return set()
    both = placing.lock_stays({stay.pk, *new})
    cells = Cell.objects.filter(organization_id=organization_id)
    around = placing.around(cells, organization_id, deed.at, stay)
    scope = scope_for(around.facts[stay.pk], [both[other] for other in new], around, deed.at)
    for other, of in new.items():
        pairing = _pairing(other, scope, of.case_number)
        separating.keep(deed, both[stay.pk], both[other], pairing, by=SYSTEM, because=because)
    return {one.cell_id for one in both.values() if one.cell_id}
