"""Leaving, over the API. That somebody leaves is decided by two officers on a page, never by a program."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CustodyId,
    Line,
    Moment,
    Name,
    OrganizationId,
    Page,
    Paging,
    Shape,
    like,
)
from custos.foundation.custody.api import PersonShown
from custos.foundation.custody.place_api import A_PERSON
from custos.foundation.organizations import queries as organizations
from custos.management.reception.release import opening, queries, services
from custos.management.reception.release.kinds import PREPARING, RELEASING
from custos.management.reception.release.queries import GateShown
from custos.management.reception.release.views import LOOKING

router = Router(_("Leaving"))

_READ, _WRITE = "people:read", "people:write"
_ID = "0198c5a2-7f00-7000-8000-0000000000d1"

_A_RELEASE = {
    "id": _ID,
    "person": A_PERSON,
    "way": "RELEASE",
    "document": "县公释字〔2026〕3号",
    "issuer": "某县公安局",
    "opened_at": "2026-03-02T01:30:00Z",
    "planned_on": None,
    "received_at": "2026-03-02T01:30:00Z",
    "due_at": "2026-03-02T03:30:00Z",
    "closed_at": None,
    "receiver": "",
    "ready": 3,
    "asked": 9,
    "delay": "",
    "standing": "received",
}

ReleaseId = Annotated[UUID, Path(..., description="Identifier of a release.", example=_ID)]


class ReleaseShown(Shape):
    """Somebody who is to leave."""

    model_config = like(**_A_RELEASE)
    id: UUID = Field(description="The release.")
    person: PersonShown = Field(description="Who.")
    way: str = Field(description="The way out, an id of the rules of leaving.")
    document: str = Field(
        description="Number of the document of release; empty before its receipt."
    )
    issuer: str = Field(description="Who issued it.")
    opened_at: datetime = Field(description="When the case was opened.")
    planned_on: date | None = Field(
        description="The last day; null where a document alone decides."
    )
    received_at: datetime | None = Field(description="When the document was received.")
    due_at: datetime | None = Field(description="By when the person must have left.")
    closed_at: datetime | None = Field(
        description="When the person left or the case was withdrawn."
    )
    receiver: str = Field(description="Who takes the person over; empty for freedom.")
    ready: int = Field(description="How many things are ready.")
    asked: int = Field(description="How many are to be.")
    delay: str = Field(description="Why it is late, as a leader said.")
    standing: str = Field(description="planned, received, late, left or withdrawn.")


class ForbidsShown(Shape):
    """A rule that forbids the way out."""

    model_config = like(
        id="REL-HOLD", version=1, about=["邻捕1号"], source="看守所条例 第38、39、40条"
    )
    id: str = Field(description="The rule.")
    version: int = Field(description="The version of its file.")
    about: list[str] = Field(description="Numbers of the documents that it is about.")
    source: str = Field(description="The law.")


class ReleaseInFull(ReleaseShown):
    """The same, with what forbids it and what is left to make ready."""

    model_config = like(
        **_A_RELEASE,
        forbids=[
            {"id": "REL-HOLD", "version": 1, "about": ["邻捕1号"], "source": "看守所条例 第39条"}
        ],
        left=["medicine"],
    )
    forbids: list[ForbidsShown] = Field(description="What forbids it; no post overrides it.")
    left: list[str] = Field(description="What isn't ready; it holds nobody back.")


def _in_full(gate: GateShown) -> dict[str, Any]:
    shown = {name: getattr(gate.shown, name) for name in ReleaseShown.model_fields}
    return shown | {"forbids": gate.forbids, "left": [item.id for item in gate.unready]}


@router.read(
    "/organizations/{organization}/releases",
    gives=Page[ReleaseShown],
    scope=_READ,
    posts=LOOKING,
    purpose="release.list",
    summary=_("List who is to leave"),
)
def list_releases(call: Call, wanted: Query[Paging], organization: OrganizationId) -> Any:
    """Open cases in the order in which they were opened."""
    place = organizations.in_scope(organization)
    return paging.page(
        "list_releases",
        wanted,
        lambda after, limit: queries.after(
            place.pk, (after[0], after[1]) if after else None, limit
        ),
        lambda case: (case.opened_at, case.id),
    )


@router.read(
    "/releases/{release}",
    gives=ReleaseInFull,
    scope=_READ,
    posts=LOOKING,
    purpose="release.gate",
    summary=_("Show a release"),
)
def show_release(call: Call, release: ReleaseId) -> Any:
    """One case with what forbids it and what is left to make ready."""
    return _in_full(queries.gate(release, call.actor.post))


class PaperAsked(Asked):
    """A document of release as it was received."""

    model_config = like(
        way="RELEASE", number="县公释字〔2026〕3号", issuer="某县公安局", name="王小川",
        ends=["京公(2026)1号"], seal=True, matches=True, received_at=None,
    )  # fmt: skip
    way: Annotated[Name, Field(max_length=24)] = Field(description="The way out.")
    number: Annotated[Name, Field(max_length=100)] = Field(description="Its number.")
    issuer: Annotated[Name, Field(max_length=200)] = Field(description="Who issued it.")
    name: Name = Field(description="The name on it.")
    ends: Annotated[list[Name], Field(max_length=20)] = Field(
        description="Numbers of the warrants and decisions that it ends, as they stand on it."
    )
    seal: bool = Field(description="Whether it bears the seal.")
    matches: bool = Field(description="Whether sex, birth and other particulars are the person's.")
    received_at: Moment | None = Field(None, description="When it was received; null for now.")


@router.write(
    "/people/{custody}/release-documents",
    gives=ReleaseInFull,
    scope=_WRITE,
    posts=RELEASING,
    purpose="release.receive",
    made=True,
    summary=_("Record a document of release"),
)
def receive_release_document(call: Call, paper: PaperAsked, custody: CustodyId) -> Any:
    """Records that a document was received; it is counted from then on how long the release takes."""
    case = opening.receive(custody, **paper.model_dump(), by=call.actor)
    return _in_full(queries.gate(case.pk, call.actor.post))


class ReadyAsked(Asked):
    """What is ready, and a note."""

    model_config = like(item="medicine", words="三日用药已备")
    item: Annotated[Name, Field(max_length=24)] = Field(
        description="An item of the rules of leaving."
    )
    words: Line = Field("", description="A note, or why it isn't needed.")


@router.write(
    "/releases/{release}/ready",
    gives=ReleaseInFull,
    scope=_WRITE,
    posts=PREPARING,
    purpose="release.step",
    summary=_("Say that something is ready"),
)
def say_ready(call: Call, ready: ReadyAsked, release: ReleaseId) -> Any:
    """Says that something for somebody's leaving is ready; each item has its posts."""
    services.make_ready(release, item=ready.item, words=ready.words, by=call.actor)
    return _in_full(queries.gate(release, call.actor.post))
