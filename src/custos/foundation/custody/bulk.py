"""Stays of before, many at once: for history and for what is taken over. Rows and entries in one load.

A single service asks what has to hold of somebody who comes, moves or leaves now. Here it is told what
has been, so no rule is asked, no reaction runs and nobody is called: whoever loads answers for it, and
asks `engine.broken_in()` of what stands afterwards. What the database refuses it refuses here too (two
places at once, a number twice, a stay without a document), and every entry's writer is checked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, pairwise
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from custos.foundation.custody import pairs as written_pairs
from custos.foundation.custody.kinds import Admitted, CellMoved
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people import facts, kinds, tokens
from custos.foundation.custody.people.keeping import row_of
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.place_kinds import Classified, StayEnded
from custos.foundation.custody.place_models import Classification, KeepApart
from custos.foundation.database.ids import new_id
from custos.foundation.database.loading import load
from custos.foundation.media.services import StoredFile
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.services import Draft

_GROUND_OF_PLACES = "看守所条例 第14条"


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell, from when on, by whose decision; `reason` is needed for all but the first.

    `shown` are the rules that spoke against it and were seen.
    """

    cell: Cell
    since: datetime
    by: Actor
    reason: str = ""
    shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A fact, when it was recorded and by whom, with the files that bear it."""

    fact: facts.Fact
    at: datetime
    by: Actor
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """As what a stay counts in separation from `at` on; see `separating.classify()`."""

    category: str
    at: datetime
    by: Actor
    reason: str
    repeat: bool | None = None
    violent: bool | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stay ended, on what document, and the two who stood for it."""

    at: datetime
    way: str
    document: str
    by: Actor
    second: Actor


@dataclass(slots=True)
class Known:
    """One whole stay. Those with one `person` are stays of the same person.

    `places` and `said` are in the order of time, and the stay begins with its first place.
    """

    organization_id: int
    name: str
    sex: str
    born: date | None
    number: str
    basis: str
    basis_number: str
    arrived_at: datetime
    places: Sequence[Placed]
    ground: str = ""
    said: Sequence[Said] = ()
    counted: Counted | None = None
    ended: Ended | None = None
    person: UUID = field(default_factory=new_id)
    id: UUID = field(default_factory=new_id)

    @property
    def admitted_at(self) -> datetime:
        """When the stay began."""
        return self.places[0].since

    def subject(self, cell: Cell | None = None) -> Subject:
        """What entries about the stay name, in a cell or in none."""
        return Subject(self.organization_id, self.person, self.id, cell.pk if cell else None)

    def subject_at(self, moment: datetime) -> Subject:
        """What entries of a moment about the stay name."""
        return self.subject(self.cell_at(moment))

    def cell_at(self, moment: datetime) -> Cell | None:
        """Where the person was at a moment."""
        if self.ended and moment >= self.ended.at:
            return None
        return next((p.cell for p in reversed(self.places) if p.since <= moment), None)


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody who is held already, from whom one of the others is kept apart."""

    stay: Custody

    @property
    def id(self) -> UUID:
        """The stay."""
        return self.stay.pk

    @property
    def organization_id(self) -> int:
        """The facility."""
        return self.stay.organization_id

    def subject_at(self, moment: datetime) -> Subject:
        """What entries about the stay name: they are where they are now."""
        del moment
        return self.stay.record_subject()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stays kept apart from `at` on; see `separating.Pairing`."""

    one: Known | Here
    other: Known | Here
    kind: str
    scope: Literal["cell", "area", "facility"]
    role: str
    role_of_other: str
    reason: str
    at: datetime
    by: Actor


def receive(
    stays: Sequence[Known],
    pairs: Sequence[Pair] = (),
    *,
    recorded_at: datetime | None = None,
    because: UUID | None = None,
) -> int:
    """Write whole stays, and who is kept apart, with the entries that tell it; returns how many entries.

    What is taken over now is recorded all at once, at `recorded_at`, `because` of an entry; history was
    recorded when it happened. All or nothing. Raises what the database refuses (`IntegrityError`), and
    `NotAllowed` for a writer whose post doesn't write such an entry.
    """
    with transaction.atomic():
        people = {
            stay.person: Detainee(
                id=stay.person,
                organization_id=stay.organization_id,
                name=stay.name,
                sex=stay.sex,
                born=stay.born,
            )
            for stay in stays
        }
        load(people.values())
        load(_custody(stay) for stay in stays)
        load(place for stay in stays for place in _places(stay))
        known = [(stay, list(_rows(stay))) for stay in stays]
        load(row for _stay, rows in known for row, _said in rows)
        load(
            Classification(
                custody_id=stay.id,
                organization_id=stay.organization_id,
                category=stay.counted.category,
                repeat=stay.counted.repeat,
                violent=stay.counted.violent,
            )
            for stay in stays
            if stay.counted
        )
        apart = [(_pair(pair), pair) for pair in pairs]
        load(row for row, _pair in apart)
        tokens.of_brought(_found_by(stays, people))
        told = chain(
            (told for stay in stays for told in _told(stay)),
            (told for stay, rows in known for told in _facts_told(stay, rows)),
            (told for row, pair in apart for told in _pair_told(row, pair)),
        )
        drafts: Iterator[Draft] = (one.draft(recorded_at, because) for one in told)
        if recorded_at is None:
            return record.append_many(sorted(drafts, key=lambda draft: draft.header.recorded_at))
        return record.append_many(drafts)


@dataclass(slots=True)
class _Told:
    """An entry to make: what it says, of whom, when it happened, by whom."""

    payload: Kind
    about: Subject
    by: Actor
    at: datetime
    happened_at: datetime | None = None
    second: Actor | None = None
    ground: str = ""
    files: tuple[StoredFile, ...] = ()

    def draft(self, recorded_at: datetime | None, because: UUID | None) -> Draft:
        return record.draft(
            self.payload,
            about=self.about,
            by=self.by,
            second=self.second,
            at=recorded_at or self.at,
            occurred_at=self.happened_at or self.at,
            ground=self.ground,
            because=because,
            attachments=self.files,
        )


# ---------------------------------------------------------------------- rows


def _custody(stay: Known) -> Custody:
    return Custody(
        id=stay.id,
        detainee_id=stay.person,
        organization_id=stay.organization_id,
        number=stay.number,
        basis=stay.basis,
        basis_number=stay.basis_number,
        admitted_at=stay.admitted_at,
        ended_at=stay.ended.at if stay.ended else None,
        cell=None if stay.ended else stay.places[-1].cell,
    )


def _places(stay: Known) -> Iterator[CellStay]:
    ends = [*(place.since for place in stay.places[1:]), stay.ended.at if stay.ended else None]
    for place, until in zip(stay.places, ends, strict=True):
        yield CellStay(
            custody_id=stay.id,
            organization_id=stay.organization_id,
            cell=place.cell,
            during=DateTimeTZRange(place.since, until),
        )


def _rows(stay: Known) -> Iterator[tuple[FactRow, Said]]:
    """Rows of what was said; of a sort that holds once each takes the former's place."""
    held: dict[str, FactRow] = {}
    for said in stay.said:
        row = row_of(
            said.fact,
            organization_id=stay.organization_id,
            detainee_id=stay.person,
            custody_id=stay.id if said.fact.of_stay else None,
            since=said.at,
        )
        if said.fact.single:
            if former := held.get(said.fact.sort):
                former.until = said.at
            held[said.fact.sort] = row
        yield row, said


def _pair(pair: Pair) -> KeepApart:
    return written_pairs.row_of(
        pair.one.id,
        pair.other.id,
        organization_id=pair.one.organization_id,
        kind=pair.kind,
        scope=pair.scope,
        roles=(pair.role, pair.role_of_other),
        reason=pair.reason,
        since=pair.at,
    )


def _found_by(
    stays: Iterable[Known], people: dict[UUID, Detainee]
) -> Iterator[tuple[Detainee, list[str], list[facts.Fact]]]:
    """The people with the numbers of all their stays, and what is known of them."""
    numbers: dict[UUID, list[str]] = {}
    known: dict[UUID, list[facts.Fact]] = {}
    for stay in stays:
        numbers.setdefault(stay.person, []).append(stay.number)
        known.setdefault(stay.person, []).extend(said.fact for said in stay.said)
    for pk, person in people.items():
        yield person, numbers[pk], known[pk]


# ---------------------------------------------------------------------- entries


def _told(stay: Known) -> Iterator[_Told]:
    first = stay.places[0]
    admitted = Admitted(
        number=stay.number,
        basis=stay.basis,
        basis_number=stay.basis_number,
        cell=first.cell.pk,
        cell_name=first.cell.name,
        arrived_at=stay.arrived_at,
        shown=list(first.shown),
        reason=first.reason,
    )
    about = stay.subject(first.cell)
    yield _Told(admitted, about, first.by, first.since, stay.arrived_at, ground=stay.ground)
    for left, place in pairwise(stay.places):
        moved = CellMoved(
            cell=place.cell.pk,
            cell_name=place.cell.name,
            left_cell=left.cell.pk,
            shown=list(place.shown),
            reason=place.reason,
        )
        about = stay.subject(place.cell)
        yield _Told(moved, about, place.by, place.since, ground=_GROUND_OF_PLACES)
    if one := stay.counted:
        counted = Classified(
            category=one.category, repeat=one.repeat, violent=one.violent, reason=one.reason
        )
        yield _Told(counted, stay.subject_at(one.at), one.by, one.at)
    if end := stay.ended:
        left_cell = stay.places[-1].cell
        ended = StayEnded(
            way=end.way, document=end.document, left_cell=left_cell.pk, while_out=None
        )
        yield _Told(ended, stay.subject(left_cell), end.by, end.at, second=end.second)


def _facts_told(stay: Known, rows: Sequence[tuple[FactRow, Said]]) -> Iterator[_Told]:
    # What is taken over is nearly all of one moment.
    subjects: dict[datetime, Subject] = {}
    for row, said in rows:
        about = subjects.get(said.at)
        if about is None:
            about = subjects[said.at] = stay.subject_at(said.at)
        entry = kinds.entry_of(said.fact, row.pk)
        yield _Told(entry, about, said.by, said.at, files=said.files)


def _pair_told(row: KeepApart, pair: Pair) -> Iterator[_Told]:
    for about, told in written_pairs.told_of(row, pair.one.id):
        stay = pair.one if about == pair.one.id else pair.other
        ground = written_pairs.ground_of(row)
        yield _Told(told, stay.subject_at(pair.at), pair.by, pair.at, ground=ground)
