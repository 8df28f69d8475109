"""People in custody, over the API."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api import paging
from custos.foundation.api.routes.record import EntryShown, shown
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CellId,
    CustodyId,
    Line,
    OrganizationId,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    like,
    told,
)
from custos.foundation.custody import queries, services
from custos.foundation.custody.kinds import CellMoved
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import queries as persons
from custos.foundation.custody.people import services as recording
from custos.foundation.custody.people.kinds import OF_SORT
from custos.foundation.errors import Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.ui.search import words_of

router = Router(_("People"))

_READ, _WRITE = "people:read", "people:write"
_CUSTODY = "0198c5a2-7f00-7000-8000-0000000000a1"


class PersonShown(Shape):
    """A person in custody and their stay."""

    model_config = like(
        custody_id=_CUSTODY, detainee_id=_CUSTODY, name="王小川", sex="1",
        number="110101002202603020001", cell_id=_CUSTODY, cell_name="A101",
        organization_id=110101002, admitted_at="2026-03-02T01:30:00Z", basis="拘留证",
        basis_number="京公(2026)1号",
    )  # fmt: skip
    custody_id: UUID = Field(description="The stay, by which it is asked.")
    detainee_id: UUID = Field(description="The person, who outlives the stay.")
    name: str = Field(description="The person's name.")
    sex: str = Field(description="Code of GB/T 2261.1.")
    number: str = Field(description="The custody number.")
    cell_id: UUID | None = Field(description="Where they are; null where the stay has ended.")
    cell_name: str = Field(description="That cell's name.")
    organization_id: int = Field(description="The facility.")
    admitted_at: datetime = Field(description="When they were admitted.")
    basis: str = Field(description="The kind of legal document.")
    basis_number: str = Field(description="Its number.")


class PeopleFilter(Paging):
    """Which people."""

    words: str | None = Field(
        None,
        max_length=64,
        description="Those whom these words are about: a name or alias, how it is read, its first"
        " letters, a number, a cell. Past stays that law doesn't seal stand at the end. One part only.",
        json_schema_extra={"example": "wangxiaochuan"},
    )
    organization: OrganizationNumber | None = told("Those of this subtree.", 110101002)
    cell: UUID | None = told("Those in this cell.", _CUSTODY)


@router.read(
    "/people",
    gives=Page[PersonShown],
    scope=_READ,
    purpose="custody.list",
    summary=_("List people in custody"),
)
def list_people(call: Call, wanted: Query[PeopleFilter]) -> Any:
    """Who is in custody now, latest arrival first. Everybody shown is noted in the access log.

    With `words`, who is found by them, best first; nothing else narrows it then.
    """
    if wanted.words:
        return {"items": queries.search(words_of(wanted.words), wanted.limit), "next": None}
    return paging.page(
        "list_people",
        wanted,
        lambda after, limit: queries.listed(
            organization=wanted.organization,
            cell=wanted.cell,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.admitted_at, one.custody_id),
    )


@router.read(
    "/people/{custody}",
    gives=PersonShown,
    scope=_READ,
    purpose="custody.file",
    summary=_("Show a person in custody"),
)
def show_person(call: Call, custody: CustodyId) -> Any:
    """One stay and its person."""
    return queries.person(custody)


@router.read(
    "/people/{custody}/timeline",
    gives=Page[EntryShown],
    scope=_READ,
    purpose="custody.file",
    summary=_("List a person's timeline"),
)
def list_timeline(call: Call, wanted: Query[Paging], custody: CustodyId) -> Any:
    """Everything on the record about a stay that the caller may read, latest first.

    What happened in a cell while the person was there counts as theirs.
    """
    return paging.page(
        "list_timeline",
        wanted,
        lambda after, limit: shown(
            queries.timeline_of(custody, before=after[0] if after else None, limit=limit)
        ),
        lambda one: (one.id,),
    )


class FactShown(Shape):
    """One fact that holds of a person or their stay."""

    model_config = like(
        id=_CUSTODY, sort="need", title="Need", words="Care instruction · Insulin twice a day",
        since="2026-03-02T01:30:00Z", says={"sort": "need", "kind": "care"},
    )  # fmt: skip
    id: UUID = Field(description="Its identifier, by which it is ended.")
    sort: str = Field(description="What sort of fact.")
    title: str = Field(description="The same in words.")
    words: str = Field(description="The fact in one line, without what is encrypted.")
    since: datetime = Field(description="Since when it stands there.")
    says: dict[str, Any] = Field(
        description="Its fields. Numbers of documents and telephones are left out; the file page shows"
        " them to whoever compares papers."
    )


def _facts_of(custody: UUID) -> list[FactShown]:
    person = queries.person(custody)
    held = persons.file_of(custody, person.records)
    return [
        FactShown(
            id=known.id,
            sort=known.fact.sort,
            title=str(known.title),
            words=known.words,
            since=known.since,
            says=known.fact.open_part(),
        )
        for known in held.of(*facts.SORTS)
    ]


@router.read(
    "/people/{custody}/facts",
    gives=list[FactShown],
    scope=_READ,
    purpose="custody.file",
    summary=_("List what is known of a person"),
)
def list_facts(call: Call, custody: CustodyId) -> Any:
    """Every fact that holds of a stay and its person: names, papers, needs, contacts, the case."""
    return _facts_of(custody)


class FactGiven(Asked):
    """A fact to record; its `sort` says which fields it has."""

    model_config = like(fact={"sort": "need", "kind": "care", "text": "Insulin twice a day"})
    fact: facts.Given = Field(description="The fact.")


@router.write(
    "/people/{custody}/facts",
    gives=list[FactShown],
    scope=_WRITE,
    posts=frozenset().union(*(kind.writers.allowed_posts for kind in OF_SORT.values())),
    purpose="custody.file",
    made=True,
    summary=_("Record a fact about a person"),
)
def record_fact(call: Call, given: FactGiven, custody: CustodyId) -> Any:
    """Records one fact and gives all that hold. A sort that holds once takes the former's place.

    Who may record it follows from its sort. A wrong number of a document is kept as unverified.
    """
    recording.record_fact(custody, given.fact, by=call.actor)
    return _facts_of(custody)


class FactEnding(Asked):
    """Why a fact no longer holds."""

    model_config = like(fact=_CUSTODY, reason="The person has got their glasses back")
    fact: UUID = Field(description="The fact's identifier.")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")


@router.write(
    "/people/{custody}/facts/ended",
    gives=list[FactShown],
    scope=_WRITE,
    posts=frozenset().union(*(kind.writers.allowed_posts for kind in OF_SORT.values())),
    purpose="custody.file",
    summary=_("End a fact about a person"),
)
def end_fact(call: Call, ending: FactEnding, custody: CustodyId) -> Any:
    """Closes one fact and gives those that still hold. What was recorded stays on the record.

    A document that holds the person is ended on the page of the file: it takes two officers, and the paper.
    """
    recording.end_fact(custody, ending.fact, reason=ending.reason, by=call.actor)
    return _facts_of(custody)


class DuplicateShown(Shape):
    """Somebody who may be the same person."""

    model_config = like(
        detainee_id=_CUSTODY, custody_id=_CUSTODY, name="王小川", born="1990-05-01",
        organization="第一看守所", why="number",
    )  # fmt: skip
    detainee_id: UUID = Field(description="Their record.")
    custody_id: UUID = Field(description="A stay of theirs.")
    name: str = Field(description="Their name.")
    born: date | None = Field(description="Date of birth; null where not known.")
    organization: str = Field(description="The facility of that stay.")
    why: str = Field(description="`number`: of a document; `name`: the name and date of birth.")


@router.read(
    "/people/{custody}/duplicates",
    gives=list[DuplicateShown],
    scope=_READ,
    purpose="custody.file",
    summary=_("List who may be the same person"),
)
def list_duplicates(call: Call, custody: CustodyId) -> Any:
    """Records in reach that may be of the same person. Two officers decide it, on the file's page."""
    return persons.duplicates_of(queries.person(custody).root_id)


class Move(Asked):
    """Where a person goes, why, and what was looked at when it was decided."""

    model_config = like(
        cell=_CUSTODY,
        reason="Separation from a co-defendant",
        seen="3f5a9c0e7b1d4f6289ab3c5d7e9f0123",
        offered=[_CUSTODY],
        attended_by="",
    )
    cell: UUID = Field(description="The cell.")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")
    seen: Annotated[Line, Field(min_length=1, max_length=64)] = Field(
        description="`seen` of the proposed cell, once an officer has looked at both sides' risks."
    )
    offered: list[UUID] = Field(
        [], max_length=2000, description="The cells that were offered beside it, in their order."
    )
    attended_by: Annotated[Line, Field(max_length=100)] = Field(
        "", description="The woman officer who is there, where a woman is moved; else empty."
    )


@router.write(
    "/people/{custody}/moves",
    gives=PersonShown,
    scope=_WRITE,
    posts=CellMoved.writers.allowed_posts,
    purpose="custody.file",
    summary=_("Move a person to another cell"),
)
def move_person(call: Call, move: Move, custody: CustodyId) -> Any:
    """Moves a person within their facility, as far as separation allows.

    Refused where something else is true than what the officer looked at; what was shown goes on the
    record with the choice.
    """
    services.move_to_cell(custody, **move.model_dump(), by=call.actor)
    return queries.person(custody)


@router.read(
    "/cells/{cell}/people",
    gives=list[PersonShown],
    scope=_READ,
    purpose="custody.list",
    summary=_("List who is in a cell"),
)
def list_occupants(call: Call, cell: CellId) -> Any:
    """Who is in a cell now, by number."""
    organizations.cell(cell)
    return queries.occupants_of(cell)


class FiguresShown(Shape):
    """How full a facility is, and how many officers there are, by its base record."""

    model_config = like(
        day="2026-03-02", people=540, capacity=600, occupancy_percent=90,
        square_metres_each="7.8", people_per_officer="9.0",
    )  # fmt: skip
    day: date = Field(description="The day of the head count and the base record: today.")
    people: int = Field(description="How many people are held.")
    capacity: int = Field(description="For how many it is certified.")
    occupancy_percent: int = Field(description="People per hundred certified places.")
    square_metres_each: Decimal | None = Field(description="m² per person; null where unknown.")
    people_per_officer: Decimal | None = Field(description="Null where unknown.")


@router.read(
    "/organizations/{organization}/figures",
    gives=FiguresShown,
    scope="organizations:read",
    summary=_("Show a facility's figures"),
)
def show_figures(call: Call, organization: OrganizationId) -> Any:
    """Occupancy and staffing of today. Names nobody."""
    facility = organizations.in_scope(organization)
    today = clock.today()
    figures = organizations.figures_at(facility, today, queries.count_in(organization))
    if figures is None:
        raise Missing("base.none", _("No base record holds on that day."))
    return FiguresShown(
        day=today,
        people=figures.people,
        capacity=figures.capacity,
        occupancy_percent=figures.occupancy_percent,
        square_metres_each=figures.square_metres_each,
        people_per_officer=figures.people_per_officer,
    )
