"""Places over the API: the roll, proposed cells, who is kept apart, who is out, counts."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CellId,
    CustodyId,
    Line,
    Moment,
    Name,
    OrganizationId,
    Page,
    Paging,
    Shape,
    Translated,
    like,
    told,
)
from custos.foundation.custody import counting, going_out, place_queries, queries, roll, separating
from custos.foundation.custody.api import PersonShown
from custos.foundation.custody.place_kinds import (
    AbsenceCancelled,
    AbsencePlanned,
    CountBegun,
    CountExplained,
    KeptApart,
    WentOut,
)
from custos.foundation.errors import Malformed
from custos.foundation.organizations import queries as organizations

router = Router(_("Places"))

_READ, _WRITE = "people:read", "people:write"
_ID = "0198c5a2-7f00-7000-8000-0000000000a1"

A_PERSON = {
    "custody_id": _ID,
    "detainee_id": _ID,
    "name": "王小川",
    "sex": "1",
    "number": "110101002202603020001",
    "cell_id": _ID,
    "cell_name": "A101",
    "organization_id": 110101002,
    "admitted_at": "2026-03-02T01:30:00Z",
    "basis": "拘留证",
    "basis_number": "京公(2026)1号",
}

AbsenceId = Annotated[UUID, Path(..., description="Identifier of an absence.", example=_ID)]
CountId = Annotated[UUID, Path(..., description="Identifier of a count.", example=_ID)]


class CellRoll(Shape):
    """One cell in a roll."""

    model_config = like(cell=_ID, area=_ID, placed=11, out=1, present=10)
    cell: UUID = Field(description="The cell.")
    area: UUID | None = Field(description="Its area; null without one.")
    placed: int = Field(description="How many have a place there.")
    out: int = Field(description="How many of them are outside the facility.")
    present: int = Field(description="placed − out.")


class RollShown(Shape):
    """How many are held, out and present at an instant."""

    model_config = like(
        at="2026-03-02T01:30:00Z", held=540, out=6, present=534, unplaced=0, adds_up=True,
        cells=[{"cell": _ID, "area": _ID, "placed": 11, "out": 1, "present": 10}],
    )  # fmt: skip
    at: datetime = Field(description="The instant.")
    held: int = Field(description="How many stays the instant falls into.")
    out: int = Field(description="How many of them were outside.")
    present: int = Field(description="held − out.")
    unplaced: int = Field(description="How many are held and have no place in a cell.")
    adds_up: bool = Field(description="Whether stays, places and movements agree.")
    cells: list[CellRoll] = Field(description="The same by cell, where anybody has a place.")


class RollAsked(Asked):
    """Of which instant."""

    at: Moment | None = told("The instant; now where none is given.", "2026-03-02T01:30:00Z")


@router.read(
    "/organizations/{organization}/roll",
    gives=RollShown,
    scope="organizations:read",
    summary=_("Show the roll of an instant"),
)
def show_roll(call: Call, wanted: Query[RollAsked], organization: OrganizationId) -> Any:
    """The roll of a facility, or of all below a higher tier, now or in the past. Names nobody."""
    place = organizations.in_scope(organization)
    return roll.at(place.pk, wanted.at or clock.now())


class RuleFound(Shape):
    """A rule that speaks against a cell."""

    model_config = like(
        id="KR-14-CODEFENDANTS", effect="block", words="同案犯分别羁押", source="看守所条例 第14条"
    )
    id: str = Field(description="The rule.")
    effect: str = Field(description="block, or warn: then a reason is asked.")
    words: str = Field(description="The rule in words.")
    source: str = Field(description="The law.")


class ProposalShown(Shape):
    """A cell in which somebody could be put."""

    model_config = like(
        cell_id=_ID, name="A101", area="一监区", people=11, capacity=12,
        square_metres_each="3.5", allowed=True, out_of_use=False, good=["有空位"], against=[],
    )  # fmt: skip
    cell_id: UUID = Field(description="The cell.")
    name: str = Field(description="Its name.")
    area: str = Field(description="Its area.")
    people: int = Field(description="How many have a place there.")
    capacity: int = Field(description="For how many it is certified.")
    square_metres_each: Decimal | None = Field(description="m² for each afterwards; or null.")
    allowed: bool = Field(description="Whether no rule forbids it.")
    out_of_use: bool = Field(description="Whether it is out of use.")
    good: list[Translated] = Field(description="What speaks for it.")
    against: list[RuleFound] = Field(description="What speaks against it.")


@router.read(
    "/people/{custody}/proposed-cells",
    gives=list[ProposalShown],
    scope=_READ,
    summary=_("List cells proposed for a person"),
)
def list_proposed_cells(call: Call, custody: CustodyId) -> Any:
    """The cells of the facility in the order in which they suit the person. Names nobody."""
    return place_queries.proposals(custody)


class OccupantShown(Shape):
    """Somebody in a cell, with what whoever puts others there has to know of them."""

    model_config = like(person=A_PERSON, signs=["暴力犯罪"])
    person: PersonShown = Field(description="Who.")
    signs: list[Translated] = Field(description="Their risks, in words.")


A_SEEN = "3f5a9c0e7b1d4f6289ab3c5d7e9f0123"


#: An example of both sides, which other shapes add to.
SIDES: dict[str, Any] = {
    "cell_id": _ID, "allowed": True, "signs": ["新入所"], "against": [],
    "inside": [{"person": A_PERSON, "signs": ["暴力犯罪"]}], "seen": A_SEEN, "offered": [_ID],
}  # fmt: skip


class SidesShown(Shape):
    """Both sides' risks: what whoever decides has to look at before somebody is put into a cell."""

    model_config = like(**SIDES)
    cell_id: UUID = Field(description="The cell.")
    allowed: bool = Field(description="Whether no rule forbids it.")
    signs: list[Translated] = Field(description="The risks of whoever comes, in words.")
    against: list[RuleFound] = Field(description="What speaks against the cell.")
    inside: list[OccupantShown] = Field(description="Who has a place there.")
    seen: str = Field(
        description="The mark of exactly this. Sent with the decision it says that this was looked at,"
        " and the decision is refused where something else is true by then."
    )
    offered: list[UUID] = Field(description="The cells that no rule forbids, the best first.")


def sides(shown: place_queries.BothSides, proposed: list[place_queries.ProposalShown]) -> Any:
    """Both sides of a cell as `SidesShown` gives them."""
    return {
        "cell_id": shown.considered.cell,
        "allowed": shown.allowed,
        "signs": shown.person.needs,
        "against": shown.rules,
        "inside": [{"person": one.person, "signs": one.needs} for one in shown.inside],
        "seen": shown.considered.token,
        "offered": [one.cell_id for one in proposed if one.allowed],
    }


@router.read(
    "/people/{custody}/proposed-cells/{cell}",
    gives=SidesShown,
    scope=_READ,
    purpose="custody.file",
    summary=_("Show both sides' risks of a cell for a person"),
)
def show_proposed_cell(call: Call, custody: CustodyId, cell: CellId) -> Any:
    """Who is in a cell and what speaks against it, to be looked at before a move is decided."""
    return sides(place_queries.both_sides(custody, cell), place_queries.proposals(custody))


class PairShown(Shape):
    """Somebody from whom a person is kept apart."""

    model_config = like(
        id=_ID, other=A_PERSON,
        kind="同案犯", scope="不得同监室", role="主犯", role_of_other="从犯", reason="同案",
        since="2026-03-02T01:30:00Z",
    )  # fmt: skip
    id: UUID = Field(description="The pair.")
    other: PersonShown = Field(description="The other person.")
    kind: Translated = Field(description="Why, in words.")
    scope: Translated = Field(description="Within what, in words.")
    role: str = Field(description="The person's role.")
    role_of_other: str = Field(description="The other's role.")
    reason: str = Field(description="The reason.")
    since: datetime = Field(description="Since when.")


@router.read(
    "/people/{custody}/kept-apart",
    gives=list[PairShown],
    scope=_READ,
    purpose="custody.file",
    summary=_("List from whom a person is kept apart"),
)
def list_kept_apart(call: Call, custody: CustodyId) -> Any:
    """From whom the person is kept apart now, the latest first."""
    queries.person(custody)
    return place_queries.pairs_of(custody)


class PairAsked(Asked):
    """From whom a person is kept apart, and why."""

    model_config = like(
        other=_ID,
        kind="codefendants",
        scope="cell",
        role="主犯",
        role_of_other="从犯",
        reason="同案",
    )
    other: UUID = Field(description="The other's stay.")
    kind: Literal["codefendants", "threat", "informant", "witness", "other"] = Field(
        description="Why."
    )
    scope: Literal["cell", "area", "facility"] = Field(description="What they don't share.")
    role: Annotated[Name, Field(max_length=50)] = Field(description="The person's role.")
    role_of_other: Annotated[Name, Field(max_length=50)] = Field(description="The other's role.")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="The reason.")


@router.write(
    "/people/{custody}/kept-apart",
    gives=list[PairShown],
    scope=_WRITE,
    posts=KeptApart.writers.allowed_posts,
    purpose="custody.file",
    summary=_("Keep two people apart"),
)
def keep_apart(call: Call, pair: PairAsked, custody: CustodyId) -> Any:
    """Keeps the person apart from another of the facility from now on."""
    separating.keep_apart(custody, separating.Pairing(**pair.model_dump()), by=call.actor)
    return place_queries.pairs_of(custody)


class AbsenceShown(Shape):
    """An absence, planned or going on."""

    model_config = like(
        id=_ID, person=A_PERSON,
        kind="court", destination="某区人民法院", document="提解证1号", trip="", standing="out",
        planned_from="2026-03-02T01:30:00Z", planned_until="2026-03-02T05:30:00Z",
        left_at="2026-03-02T01:41:00Z", back_at=None,
    )  # fmt: skip
    id: UUID = Field(description="The absence.")
    person: PersonShown = Field(description="Who.")
    kind: str = Field(description="For what: court, identification, hospital, leave.")
    destination: str = Field(description="Where to.")
    document: str = Field(description="On what document.")
    trip: str = Field(description="The transport that several share; empty for one's own.")
    standing: str = Field(description="planned, late, out, overdue, back or cancelled.")
    planned_from: datetime = Field(description="When they should leave.")
    planned_until: datetime = Field(description="By when they should be back.")
    left_at: datetime | None = Field(description="When they left; null before.")
    back_at: datetime | None = Field(description="When they came back; null before.")


@router.read(
    "/organizations/{organization}/absences",
    gives=Page[AbsenceShown],
    scope=_READ,
    purpose="custody.movements",
    summary=_("List who is out or going out"),
)
def list_absences(call: Call, wanted: Query[Paging], organization: OrganizationId) -> Any:
    """What is planned or going on, by the planned departure."""
    place = organizations.in_scope(organization)
    return paging.page(
        "list_absences",
        wanted,
        lambda after, limit: place_queries.movements(
            place.pk, after=(after[0], after[1]) if after else None, limit=limit
        ),
        lambda one: (one.planned_from, one.id),
    )


class AbsenceAsked(Asked):
    """For what somebody goes out, where to, and when they come back."""

    model_config = like(
        kind="court", destination="某区人民法院", document="提解证1号", trip="",
        planned_from="2026-03-02T01:30:00Z", planned_until="2026-03-02T05:30:00Z", reason="",
    )  # fmt: skip
    kind: Annotated[Name, Field(max_length=16)] = Field(
        description="court, identification, hospital or leave."
    )
    destination: Annotated[Name, Field(max_length=200)] = Field(description="Where to.")
    document: Annotated[Line, Field(max_length=100)] = Field("", description="On what document.")
    trip: Annotated[Line, Field(max_length=50)] = Field("", description="A shared transport.")
    planned_from: Moment = Field(description="When they leave.")
    planned_until: Moment = Field(description="By when they are back.")
    reason: Line = Field("", description="Needed only where a rule warns.")


@router.write(
    "/people/{custody}/absences",
    gives=AbsenceShown,
    scope=_WRITE,
    posts=AbsencePlanned.writers.allowed_posts,
    purpose="custody.file",
    made=True,
    summary=_("Plan an absence"),
)
def plan_absence(call: Call, absence: AbsenceAsked, custody: CustodyId) -> Any:
    """Plans that the person goes out and comes back. Taking out to interrogate is refused by law."""
    facts = absence.model_dump()
    planned = going_out.plan(custody, facts.pop("kind"), **facts, by=call.actor)
    return place_queries.absence(planned.pk)


class Departure(Asked):
    """With whom somebody leaves, and in what condition."""

    model_config = like(escort="赵、钱", condition="无异常", attended_by="")
    escort: Annotated[Name, Field(max_length=200)] = Field(description="With whom.")
    condition: Annotated[Line, Field(min_length=1)] = Field(description="Condition, injuries.")
    attended_by: Annotated[Line, Field(max_length=100)] = Field(
        "", description="The woman officer who goes with a woman; else empty."
    )


@router.write(
    "/absences/{absence}/departure",
    gives=AbsenceShown,
    scope=_WRITE,
    posts=WentOut.writers.allowed_posts,
    purpose="custody.file",
    summary=_("Record a departure"),
)
def record_departure(call: Call, said: Departure, absence: AbsenceId) -> Any:
    """The person goes out through the gate."""
    going_out.leave(absence, **said.model_dump(), by=call.actor)
    return place_queries.absence(absence)


class Return(Asked):
    """In what condition somebody comes back."""

    model_config = like(condition="无异常", injured=False)
    condition: Annotated[Line, Field(min_length=1)] = Field(description="Condition, injuries.")
    injured: bool = Field(
        False,
        description="Whether an injury is new; the doctor and the duty leader are called then.",
    )


@router.write(
    "/absences/{absence}/return",
    gives=AbsenceShown,
    scope=_WRITE,
    posts=WentOut.writers.allowed_posts,
    purpose="custody.file",
    summary=_("Record a return"),
)
def record_return(call: Call, said: Return, absence: AbsenceId) -> Any:
    """The person comes back through the gate."""
    going_out.come_back(absence, **said.model_dump(), by=call.actor)
    return place_queries.absence(absence)


class Why(Asked):
    """Why something is so."""

    model_config = like(reason="The hearing was put off")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")


@router.write(
    "/absences/{absence}/cancelled",
    gives=AbsenceShown,
    scope=_WRITE,
    posts=AbsenceCancelled.writers.allowed_posts,
    purpose="custody.file",
    summary=_("Cancel a planned absence"),
)
def cancel_absence(call: Call, said: Why, absence: AbsenceId) -> Any:
    """Says that a planned absence doesn't take place; refused once the person has left."""
    going_out.cancel(absence, reason=said.reason, by=call.actor)
    return place_queries.absence(absence)


class CellCounted(Shape):
    """One cell of a count."""

    model_config = like(cell_id=_ID, name="A101", expected=None, first=None, second=None)
    cell_id: UUID = Field(description="The cell.")
    name: str = Field(description="Its name.")
    expected: int | None = Field(description="By the roll; null while people still count.")
    first: int | None = Field(description="What the first counted; null while people still count.")
    second: int | None = Field(description="The same of the second.")


class CountShown(Shape):
    """A count of people by two."""

    model_config = like(
        id=_ID, occasion="shift", at="2026-03-02T01:30:00Z", standing="open",
        cells=[{"cell_id": _ID, "name": "A101", "expected": None, "first": None, "second": None}],
    )  # fmt: skip
    id: UUID = Field(description="The count.")
    occasion: str = Field(description="shift, meal, yard, night or extra.")
    at: datetime = Field(description="The instant whose roll it has to meet.")
    standing: str = Field(description="open, recount, mismatch, agreed or explained.")
    cells: list[CellCounted] = Field(description="Its cells, by name.")


@router.read("/counts/{count}", gives=CountShown, scope=_READ, summary=_("Show a count of people"))
def show_count(call: Call, count: CountId) -> Any:
    """A count, blind while it is going on: to the roll, and to what anybody counted."""
    return place_queries.count(count)


class CountAsked(Asked):
    """On what occasion is counted."""

    model_config = like(occasion="shift", area=None)
    occasion: Literal["shift", "meal", "yard", "night", "extra"] = Field(
        description="The occasion."
    )
    area: UUID | None = Field(None, description="One area alone; null for the whole facility.")


@router.write(
    "/organizations/{organization}/counts",
    gives=CountShown,
    scope=_WRITE,
    posts=CountBegun.writers.allowed_posts,
    made=True,
    summary=_("Begin a count of people"),
)
def begin_count(call: Call, asked: CountAsked, organization: OrganizationId) -> Any:
    """Begins a count of a facility or one of its areas."""
    facility = organizations.facility(organization)
    begun = counting.begin(facility, asked.occasion, area=asked.area, by=call.actor)
    return place_queries.count(begun.pk)


class CellNumber(Asked):
    """How many are in one cell."""

    model_config = like(cell=_ID, people=11)
    cell: UUID = Field(description="The cell.")
    people: int = Field(ge=0, le=999, description="How many people are in it.")


class Numbers(Asked):
    """What one person counted."""

    model_config = like(cells=[{"cell": _ID, "people": 11}])
    cells: list[CellNumber] = Field(
        min_length=1, max_length=2000, description="A number for each cell that is asked for."
    )


@router.write(
    "/counts/{count}/numbers",
    gives=CountShown,
    scope=_WRITE,
    posts=CountBegun.writers.allowed_posts,
    summary=_("Say what one counted"),
)
def say_numbers(call: Call, said: Numbers, count: CountId) -> Any:
    """Says how many are in each cell, as the first or the second of two."""
    numbers = {one.cell: one.people for one in said.cells}
    if len(numbers) != len(said.cells):
        raise Malformed("count.numbers", _("Say one number for each cell."), field="cells")
    counting.enter(count, numbers, by=call.actor)
    return place_queries.count(count)


@router.read(
    "/organizations/{organization}/counts",
    gives=list[CountShown],
    scope=_READ,
    summary=_("List counts of people"),
)
def list_counts(call: Call, organization: OrganizationId) -> Any:
    """The twenty latest counts of a facility, each without its cells."""
    return place_queries.counts(organizations.in_scope(organization).pk)


@router.write(
    "/counts/{count}/explained",
    gives=CountShown,
    scope=_WRITE,
    posts=CountExplained.writers.allowed_posts,
    summary=_("Explain a count that didn't agree"),
)
def explain_count(call: Call, said: Why, count: CountId) -> Any:
    """A leader says what became of a count that didn't agree, and so ends it."""
    counting.explain(count, said.reason, by=call.actor)
    return place_queries.count(count)
