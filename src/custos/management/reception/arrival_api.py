"""Who is expected, the admission step by step, papers and registers, over the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import resolve
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation.accounts.acting import Acting
from custos.foundation.api import paging
from custos.foundation.api.routing import FILE, Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CellId,
    Day,
    Line,
    Moment,
    Nothing,
    Page,
    Paging,
    Shape,
    Storable,
    Translated,
    like,
    told,
)
from custos.foundation.custody import place_queries
from custos.foundation.custody.place_api import A_SEEN, SIDES, ProposalShown, SidesShown, sides
from custos.foundation.documents import queries as papers
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft
from custos.management.reception import register_views, registers
from custos.management.reception.admission import board, cells, services
from custos.management.reception.admission.rules import rules
from custos.management.reception.kinds import RECEIVING
from custos.management.reception.wizards import TAKING_PART

router = Router(_("Arrivals and admissions"))

_ID = "0198c5a2-7f00-7000-8000-0000000000e1"
ArrivalId = Annotated[UUID, Path(..., description="Identifier of an arrival.", example=_ID)]
#: Who chooses the cell of somebody who arrives.
PLACING = frozenset(rules().step("cell").posts)
AdmissionId = Annotated[UUID, Path(..., description="Identifier of an admission.", example=_ID)]
PaperId = Annotated[UUID, Path(..., description="Identifier of a paper.", example=_ID)]
StepName = Annotated[
    str,
    Path(..., description="Name of a step.", example="identity", pattern=r"^[a-z_-]{1,40}$"),
]


def _acting(call: Call) -> Acting:
    """Whoever receives at a facility; a higher tier receives nobody."""
    acting = call.acting
    if acting is None or acting.organization.tier is not Tier.FACILITY:
        raise NotAllowed(
            "admission.no_facility", _("People are received at a facility, by its own staff.")
        )
    return acting


# ------------------------------------------------------------------ arrivals


class ArrivalShown(Shape):
    """Somebody who is expected or at the door."""

    model_config = like(
        id=_ID, sort="new", name="王小川", brought_by="某县公安局", since="2026-03-02T01:30:00Z",
        expected_at="2026-03-02T01:30:00Z", arrived_at=None, custody_id=None, draft_id=None,
        closed_at=None,
    )  # fmt: skip
    id: UUID = Field(description="By which it is asked.")
    sort: str = Field(
        description="`new`, `transfer_in`, `back_from_court`, `back_from_hospital` or `unexpected`."
    )
    name: str = Field(description="The name, as far as known.")
    brought_by: str = Field(description="Who brings them.")
    since: datetime = Field(description="Since when they are expected or wait.")
    expected_at: datetime | None = Field(description="For when they are announced.")
    arrived_at: datetime | None = Field(description="Since when they stand at the door.")
    custody_id: UUID | None = Field(description="The stay of somebody who comes back.")
    draft_id: UUID | None = Field(description="The admission that was begun.")
    closed_at: datetime | None = Field(description="When it left the board.")


@router.read(
    "/arrivals",
    gives=Page[ArrivalShown],
    scope="people:read",
    posts=TAKING_PART,
    integrations=False,
    purpose="reception.board",
    summary=_("List arrivals"),
)
def list_arrivals(call: Call, wanted: Query[Paging]) -> Any:
    """Who is expected or at the door of the facility, oldest first."""
    acting = _acting(call)
    return paging.page(
        "list_arrivals",
        wanted,
        lambda after, limit: board.listed(
            acting.organization.pk, after=(after[0], after[1]) if after else None, limit=limit
        ),
        lambda one: (one.since, one.pk),
    )


class ArrivalAsked(Asked):
    """Who is expected, or stands at the door."""

    model_config = like(
        sort="new", name="王小川", brought_by="某县公安局", expected_at="2030-03-02T09:30:00+08:00",
        custody=None,
    )  # fmt: skip
    sort: str = Field(
        pattern="^(new|transfer_in|back_from_court|back_from_hospital|unexpected)$",
        description="Why they come.",
    )
    name: Annotated[Line, Field(max_length=200)] = Field("", description="As far as known.")
    brought_by: Annotated[Line, Field(max_length=200)] = Field("", description="Who brings them.")
    expected_at: Moment | None = Field(None, description="Null where they stand at the door now.")
    custody: UUID | None = Field(None, description="The stay of somebody who comes back.")


@router.write(
    "/arrivals",
    gives=ArrivalShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.expect",
    made=True,
    summary=_("Announce an arrival"),
)
def expect_arrival(call: Call, arrival: ArrivalAsked) -> Any:
    """Puts somebody on the board: announced, or at the door now."""
    services.require_somebody(arrival.sort, arrival.name, arrival.brought_by)
    return services.expect(
        _acting(call),
        sort=arrival.sort,
        name=arrival.name,
        brought_by=arrival.brought_by,
        expected_at=arrival.expected_at,
        custody_id=arrival.custody,
    )


class DropAsked(Asked):
    """Why an arrival is taken off."""

    model_config = like(reason="Announced twice")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")


@router.write(
    "/arrivals/{arrival}/dropped",
    gives=ArrivalShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.drop",
    summary=_("Take an arrival off the board"),
)
def drop_arrival(call: Call, said: DropAsked, arrival: ArrivalId) -> Any:
    """Takes somebody off the board who did not come or was typed by mistake."""
    services.drop(arrival, said.reason, _acting(call))
    return board.closed(arrival)


class ReturnAsked(Asked):
    """How somebody looks who came back."""

    model_config = like(injured=False, words="")
    injured: bool = Field(description="Whether there are new injuries; then they need words.")
    words: Annotated[str, Field(max_length=1000)] = Field(
        "", description="What was seen, what they say."
    )


@router.write(
    "/arrivals/{arrival}/returned",
    gives=ArrivalShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.return",
    summary=_("Record who came back from court or hospital"),
)
def record_arrival_return(call: Call, said: ReturnAsked, arrival: ArrivalId) -> Any:
    """Records that somebody came back from court or hospital, and how they look."""
    services.record_return(arrival, injured=said.injured, words=said.words, acting=_acting(call))
    return board.closed(arrival)


# ------------------------------------------------------------------ the admission, step by step


class StepShown(Shape):
    """A step of an admission."""

    model_config = like(
        name="identity", title="Identity", done=False, missing=3, version=1, open=True,
        saved_by="陈安平", saved_at="2026-03-02T01:30:00Z", values={"name": ["王小川"]},
        lacking=["sex"],
    )  # fmt: skip
    name: str = Field(description="By which it is saved.")
    title: Translated = Field(description="What it is called.")
    done: bool = Field(description="Whether nothing is missing.")
    missing: int = Field(description="How many fields lack something.")
    version: int = Field(description="Which a save has to name.")
    open: bool = Field(description="Whether the caller's post reads and fills it in.")
    saved_by: str = Field(description="Who saved it last.")
    saved_at: datetime | None = Field(description="When.")
    values: dict[str, list[str]] = Field(description="What was typed; nothing where it isn't open.")
    lacking: list[str] = Field(description="The fields that lack something.")


class AdmissionShown(Shape):
    """An admission that isn't closed, with its steps in order."""

    model_config = like(
        id=_ID, label="王小川", begun_by="陈安平", begun_at="2026-03-02T01:30:00Z",
        steps=[{
            "name": "identity", "title": "Identity", "done": False, "missing": 3, "version": 1,
            "open": True, "saved_by": "陈安平", "saved_at": "2026-03-02T01:30:00Z",
            "values": {"name": ["王小川"]}, "lacking": ["sex"],
        }],
    )  # fmt: skip
    id: UUID = Field(description="By which it is asked.")
    label: str = Field(description="The name, as far as known.")
    begun_by: str = Field(description="Who began it.")
    begun_at: datetime = Field(description="When.")
    steps: list[StepShown] = Field(description="Its steps.")


def _shown(draft: Draft, acting: Acting) -> AdmissionShown:
    steps = [
        StepShown(
            name=stand.step.name,
            title=str(stand.step.title),
            done=stand.done,
            missing=stand.missing,
            version=stand.version,
            open=stand.open,
            saved_by=stand.saved_by,
            saved_at=stand.saved_at,
            values=dict(stand.values) if stand.open else {},
            lacking=sorted(stand.form.errors) if stand.open else [],
        )
        for stand in wizard.stands(draft, acting)
    ]
    return AdmissionShown(
        id=draft.pk,
        label=draft.label,
        begun_by=draft.begun_by,
        begun_at=draft.begun_at,
        steps=steps,
    )


class AdmissionBegun(Shape):
    """An admission that isn't closed."""

    model_config = like(
        id=_ID, label="王小川", begun_by="陈安平", begun_at="2026-03-02T01:30:00Z",
        saved_by="陈安平", saved_at="2026-03-02T01:30:00Z",
    )  # fmt: skip
    id: UUID = Field(description="By which it is asked.")
    label: str = Field(description="The name, as far as known.")
    begun_by: str = Field(description="Who began it.")
    begun_at: datetime = Field(description="When.")
    saved_by: str = Field(description="Who saved something of it last.")
    saved_at: datetime = Field(description="When.")


@router.read(
    "/admission-drafts",
    gives=list[AdmissionBegun],
    scope="people:read",
    posts=TAKING_PART,
    integrations=False,
    purpose="reception.board",
    summary=_("List admissions that aren't closed"),
)
def list_admissions(call: Call) -> Any:
    """The admissions of the facility that are begun and not closed, the latest saved first; at most 50."""
    return wizard.drafts_of(services.NAME, _acting(call))


class Begun(Asked):
    """Of which arrival."""

    model_config = like(arrival=None)
    arrival: UUID | None = Field(description="The arrival; null for somebody unexpected.")


@router.write(
    "/admission-drafts/begun",
    gives=AdmissionShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.start",
    made=True,
    summary=_("Begin an admission"),
)
def begin_admission(call: Call, said: Begun) -> Any:
    """Begins the admission of an arrival, or gives the one that was begun."""
    acting = _acting(call)
    start = services.start(said.arrival, acting) if said.arrival else None
    return _shown(start or services.start_unexpected(acting), acting)


@router.read(
    "/admission-drafts/{admission}",
    gives=AdmissionShown,
    scope="people:read",
    posts=TAKING_PART,
    integrations=False,
    purpose="reception.start",
    summary=_("Show an admission"),
)
def show_admission(call: Call, admission: AdmissionId) -> Any:
    """How an admission stands, step by step. What others fill in is shown as done or not, and no more."""
    acting = _acting(call)
    return _shown(wizard.draft_of(services.NAME, admission, acting), acting)


def _door(admission: UUID, acting: Acting) -> cells.Door:
    draft = wizard.draft_of(services.NAME, admission, acting)
    return cells.Door(acting.organization, wizard.answers_of(wizard.stands(draft, acting)))


@router.read(
    "/admission-drafts/{admission}/proposed-cells",
    gives=list[ProposalShown],
    scope="people:read",
    posts=PLACING,
    integrations=False,
    purpose="reception.start",
    summary=_("List cells proposed for somebody who arrives"),
)
def list_cells_for_admission(call: Call, admission: AdmissionId) -> Any:
    """The cells of the facility in the order in which they suit, by what the steps say so far."""
    return _door(admission, _acting(call)).proposed


class SidesOfArrival(SidesShown):
    """Both sides' risks, and what the step `cell` takes once an officer has looked at them."""

    model_config = like(
        **SIDES,
        values={"cell": [_ID], "cell_seen": [f"{_ID}.{A_SEEN}"], "cell_seen-offered": [_ID]},
    )
    values: dict[str, list[str]] = Field(
        description="To be saved as the step `cell`, with `cell_reason` where a rule warns."
    )


@router.read(
    "/admission-drafts/{admission}/proposed-cells/{cell}",
    gives=SidesOfArrival,
    scope="people:read",
    posts=PLACING,
    integrations=False,
    purpose="reception.start",
    summary=_("Show both sides' risks of a cell for somebody who arrives"),
)
def show_cell_for_admission(call: Call, admission: AdmissionId, cell: CellId) -> Any:
    """Who is in a cell and what speaks against it, to be looked at before the step `cell` is saved."""
    door = _door(admission, _acting(call))
    shown = sides(
        place_queries.sides_for_arrival(door.person, door.name, door.facility, cell), door.proposed
    )
    return shown | {"values": cells.confirming(cell, shown["seen"], shown["offered"])}


class StepSaved(Asked):
    """What was typed in a step."""

    model_config = like(version=0, values={"name": ["王小川"], "sex": ["1"]})
    version: int = Field(ge=0, le=1_000_000, description="The version that was shown.")
    values: dict[
        Annotated[Storable, Field(max_length=100)],
        list[Annotated[Storable, Field(max_length=4000)]],
    ] = Field(max_length=200, description="By field, each with its values as the form takes them.")


@router.write(
    "/admission-drafts/{admission}/steps/{step}",
    gives=AdmissionShown,
    scope="people:write",
    posts=TAKING_PART,
    purpose="reception.start",
    summary=_("Save a step of an admission"),
)
def save_admission_step(call: Call, said: StepSaved, admission: AdmissionId, step: StepName) -> Any:
    """Keeps what was typed, right or wrong, and says what is missing still.

    Refused where somebody else has saved the step since, or others fill it in.
    """
    acting = _acting(call)
    found = wizard.step_of(services.NAME, step)
    draft = wizard.draft_of(services.NAME, admission, acting)
    data = QueryDict(mutable=True)
    for name, values in said.values.items():
        data.setlist(name, values)
    saved = wizard.save(draft, found, data, version=said.version, acting=acting)
    return _shown(saved, acting)


class Closed(Shape):
    """What came of an admission."""

    model_config = like(custody=_ID)
    custody: UUID | None = Field(description="The stay; null where nobody is held by it.")


@router.write(
    "/admission-drafts/{admission}/closed",
    gives=Closed,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.start",
    summary=_("Close an admission"),
)
def close_admission(call: Call, said: Nothing, admission: AdmissionId) -> Any:
    """Makes of an admission what was decided. What is missing is named, and the admission stays open."""
    where = wizard.finish(services.NAME, admission, _acting(call))
    return Closed(custody=resolve(where).kwargs.get("custody_id"))


# ------------------------------------------------------------------ papers


class PaperShown(Shape):
    """A paper that was issued."""

    model_config = like(
        id=_ID, code="D14-1", title="收押登记表", number="2026-17", issued_at="2026-03-02T01:30:00Z",
        entry_id=_ID, organization_id=110101002,
    )  # fmt: skip
    id: UUID = Field(description="By which it is fetched.")
    code: str = Field(description="Its code in the catalogue.")
    title: Translated = Field(description="What it is called.")
    number: str = Field(description="The number on it.")
    issued_at: datetime = Field(description="When it was issued.")
    entry_id: UUID = Field(description="The entry whose attachment it is.")
    organization_id: int = Field(description="The facility.")


class PapersWanted(Paging):
    """Which papers."""

    custody: UUID | None = told("Those about this stay.", _ID)


@router.read(
    "/papers",
    gives=Page[PaperShown],
    scope="people:read",
    summary=_("List papers that were issued"),
)
def list_papers(call: Call, wanted: Query[PapersWanted]) -> Any:
    """Official papers that the caller may read, the latest first. Names nobody."""
    return paging.page(
        "list_papers",
        wanted,
        lambda after, limit: papers.issued(
            custody=wanted.custody, before=after[0] if after else None, limit=limit
        ),
        lambda one: (one.id,),
    )


@router.read(
    "/papers/{paper}",
    gives=FILE,
    scope="people:read",
    purpose="custody.file",
    summary=_("Fetch a paper"),
)
def fetch_paper(call: Call, paper: PaperId) -> Any:
    """The paper as it was issued, byte for byte (PDF)."""
    shown, body = papers.paper(paper)
    return HttpResponse(
        body,
        content_type="application/pdf",
        headers={
            "Content-Disposition": content_disposition_header(
                True, f"{shown.code}-{shown.number}.pdf"
            )
            or "",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


# ------------------------------------------------------------------ registers


def _as_of_the_page(call: Call, wanted: "RegisterWanted") -> HttpRequest:
    """The request as the page of the registers gets it."""
    request, query = call.request, QueryDict(mutable=True)
    for name, value in (
        ("business", wanted.business),
        ("since", wanted.since),
        ("until", wanted.until),
    ):
        if value:
            query[name] = str(value)
    request.GET = query  # type: ignore[assignment]  # the page only reads it
    request.acting = call.acting  # type: ignore[attr-defined]
    return request


class RegisterShown(Shape):
    """A register."""

    model_config = like(code="admissions", title="收押台账")
    code: str = Field(description="By which its rows are asked.")
    title: Translated = Field(description="What it is called.")


@router.read(
    "/registers",
    gives=list[RegisterShown],
    scope="record:read",
    summary=_("List the registers"),
)
def list_registers(call: Call) -> Any:
    """The registers there are."""
    return registers.known()


class RegisterRowShown(Shape):
    """A row of a register: an entry of the record."""

    model_config = like(
        entry_id=_ID, number=17, occurred_at="2026-03-02T01:30:00Z", name="王小川",
        custody_number="110101002202603020001", business="收押台账", event="Admitted",
        text="No. 1, cell A101", place="A101", post="Admission", files=1,
    )  # fmt: skip
    entry_id: UUID = Field(description="The entry.")
    number: int = Field(description="Its number in the facility's chain.")
    occurred_at: datetime = Field(description="When it happened.")
    name: str = Field(description="Whom it is about; empty for nobody in particular.")
    custody_number: str = Field(description="That person's custody number.")
    business: str = Field(description="The register.")
    event: Translated = Field(description="What happened.")
    text: str = Field(description="In one line.")
    place: str = Field(description="The cell.")
    post: str = Field(description="The post that recorded it.")
    files: int = Field(description="How many files stand behind it.")


class RegisterWanted(Asked):
    """Which rows."""

    business: str | None = told("Code of a register; all where none is named.", "admissions")
    since: Day | None = told("The first day; 30 days back where none is given.", "2026-03-01")
    until: Day | None = told("The last day; today where none is given.", "2026-03-31")


class RegisterRowsWanted(Paging):
    """Which rows, and how many."""

    business: str | None = told("Code of a register; all where none is named.", "admissions")
    since: Day | None = told("The first day; 30 days back where none is given.", "2026-03-01")
    until: Day | None = told("The last day; today where none is given.", "2026-03-31")


@router.read(
    "/register-rows",
    gives=Page[RegisterRowShown],
    scope="record:read",
    purpose="registers.list",
    summary=_("List rows of the registers"),
)
def list_register_rows(call: Call, wanted: Query[RegisterRowsWanted]) -> Any:
    """Rows come of entries that the caller may read, the latest first."""
    return paging.page(
        "list_register_rows",
        wanted,
        lambda after, limit: registers.listed(
            wanted.business or "",
            wanted.since,
            wanted.until,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.occurred_at, one.entry_id),
    )


@router.read(
    "/register-rows.pdf",
    gives=FILE,
    scope="record:read",
    posts=DUTY_POSTS,
    integrations=False,
    purpose="registers.print",
    summary=_("Print a register"),
)
def print_register(call: Call, wanted: Query[RegisterWanted]) -> Any:
    """The rows as a PDF, as the page prints them."""
    return register_views.printed(_as_of_the_page(call, wanted))


@router.read(
    "/register-rows.xlsx",
    gives=FILE,
    scope="record:read",
    posts=DUTY_POSTS,
    integrations=False,
    purpose="registers.export",
    summary=_("Export a register"),
)
def export_register(call: Call, wanted: Query[RegisterWanted]) -> Any:
    """The rows as a spreadsheet, as the page exports them."""
    return register_views.export(_as_of_the_page(call, wanted))
