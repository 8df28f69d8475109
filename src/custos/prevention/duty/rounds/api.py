"""Rounds, over the API: which cells are due, looking into one, and what stands out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Asked, Moment, Shape, Translated, like
from custos.prevention.duty.rounds import queries, services
from custos.prevention.duty.rounds.plan import How
from custos.prevention.duty.rounds.services import LEADING, LONGEST_TEXT, LOOKING

router = Router(_("Rounds"))

_READ, _WRITE = "duty:read", "duty:write"
_CELL = "0198c5a2-7f00-7000-8000-0000000000c1"

Sentence = Annotated[str, Field(max_length=LONGEST_TEXT)]


class CellDueShown(Shape):
    """A cell with people in it, as rounds see it."""

    model_config = like(
        cell_id=_CELL, name="A101", area="A", people=8, close=False, gap_minutes=30,
        wanted_by="2026-03-02T01:30:00Z", missed_since=None, last_at="2026-03-02T01:00:00Z",
        last_by="Zhao Min", last_how="by the tag at the door",
    )  # fmt: skip
    cell_id: UUID = Field(description="The cell.")
    name: str = Field(description="Its name.")
    area: str = Field(description="The area it lies in.")
    people: int = Field(description="How many are in it now.")
    close: bool = Field(description="Whether somebody in it is on close watch.")
    gap_minutes: int = Field(description="At most so long between two looks.")
    wanted_by: datetime | None = Field(description="By when somebody is to look in, or was to.")
    missed_since: datetime | None = Field(
        description="When the oldest look was due that is still missing; null where none is."
    )
    last_at: datetime | None = Field(description="When somebody looked in last.")
    last_by: str = Field(description="Who did.")
    last_how: Translated = Field(description="How, in the reader's language.")


@router.read(
    "/rounds",
    gives=list[CellDueShown],
    scope=_READ,
    posts=LOOKING,
    integrations=False,
    summary=_("List the cells that are due"),
)
def list_rounds(call: Call) -> Any:
    """The cells of one's facility with people in them, by when somebody is to look in; at most 500."""
    return queries.due_list(call.caller.organization_id)


class Looked(Asked):
    """A look into one cell."""

    model_config = like(
        cell=_CELL, how="door", text="All asleep.", reason="Relief came late.", client_id=_CELL,
    )  # fmt: skip
    cell: UUID = Field(description="The cell; each look is one cell's.")
    how: How = Field(description="tag (scanned at the door), door (without it) or screen.")
    code: str = Field("", max_length=64, description="What the tag says, for `tag`.")
    text: Sentence = Field("", description="What was seen; empty where all was as it should be.")
    reason: Sentence = Field("", description="Why it comes late; asked for where it does.")
    observed_at: Moment | None = Field(None, description="When, by the sender's clock.")
    sent_at: Moment | None = Field(None, description="The sender's clock now.")
    client_id: UUID | None = Field(
        None, description="Made by the sender: what is sent again is known again."
    )


class LookTaken(Shape):
    """What became of a look that was sent."""

    model_config = like(entry_id=_CELL, client_id=_CELL, late_minutes=0, known=False)
    entry_id: UUID = Field(description="The entry that records it.")
    client_id: UUID = Field(description="The identifier that it is known by.")
    late_minutes: int = Field(description="By how much it came late; 0 where it was in time.")
    known: bool = Field(description="Whether it had been sent before; nothing was done then.")


@router.write(
    "/rounds",
    gives=LookTaken,
    scope=_WRITE,
    posts=LOOKING,
    summary=_("Record a look into a cell"),
    made=True,
)
def record_round(call: Call, looked: Looked) -> Any:
    """Records that somebody looked into a cell; the time to the next look begins anew."""
    return services.look(
        looked.cell,
        facility=call.caller.organization_id,
        how=looked.how,
        by=call.actor,
        code=looked.code,
        text=looked.text,
        reason=looked.reason,
        observed_at=looked.observed_at,
        sent_at=looked.sent_at,
        client_id=looked.client_id,
    )


class SignShown(Shape):
    """Something strange about rounds: a question to whoever walked them, no finding."""

    model_config = like(
        sort="even", officer="Zhao Min", cell="A101", count=12,
        since="2026-03-02T01:00:00Z", until="2026-03-02T07:00:00Z",
    )  # fmt: skip
    sort: str = Field(description="even (gaps), hurried (doors) or same_words.")
    officer: str = Field(description="Who walked them.")
    cell: str = Field(description="The cell, where it is about one.")
    count: int = Field(description="Of how many looks.")
    since: datetime = Field(description="The first of them.")
    until: datetime = Field(description="The last of them.")


@router.read(
    "/rounds/signs",
    gives=list[SignShown],
    scope=_READ,
    posts=LEADING,
    integrations=False,
    summary=_("List what stands out in rounds"),
)
def list_round_signs(call: Call) -> Any:
    """What is strange about the rounds of the last day, latest first."""
    return queries.signs(call.caller.organization_id, clock.now())
