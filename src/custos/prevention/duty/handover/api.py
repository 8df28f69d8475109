"""Handovers, over the API: what is passed on, read item by item, asked about, and signed by two."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Asked, Page, Paging, Proof, Shape, like, told
from custos.foundation.custody.api import PersonShown
from custos.prevention.duty.handover import queries, services
from custos.prevention.duty.handover.services import (
    LONGEST_REMARK,
    LONGEST_WORDS,
    MOST_KEYS,
    READERS,
    SIGNERS,
    Said,
)

router = Router(_("Handovers"))

_READ, _WRITE, _PURPOSE = "duty:read", "duty:write", "duty.handover"
_AN_ID = "0198c5a2-7f00-7000-8000-0000000000e1"
#: As many items as one request notes as read.
_MOST_ITEMS = 500

HandoverId = Annotated[UUID, Path(..., description="Identifier of a handover.", example=_AN_ID)]
Said_ = Annotated[str, Field(max_length=LONGEST_WORDS)]
Keys = Annotated[int, Field(ge=0, le=MOST_KEYS)]

_SUMMARY = {
    "id": _AN_ID, "organization_id": 110101002, "organization_name": "Centre 2",
    "at": "2026-03-02T12:00:00Z", "prepared_at": "2026-03-02T12:00:01Z",
    "outgoing_shift": "Day shift", "incoming_shift": "Night shift", "on_duty": ["Zhao Min"],
    "standing": "signed", "signed_by": "Zhao Min", "signed_at": "2026-03-02T12:04:00Z",
    "taken_by": "", "taken_at": None, "keys_expected": 42, "keys_counted": 42, "digest": "9f86d081",
}  # fmt: skip


class HandoverShown(Shape):
    """A change of shifts and how far its handover is; it names nobody in custody."""

    model_config = like(**_SUMMARY)
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    organization_name: str = Field(description="Its name.")
    at: datetime = Field(description="When the shifts changed.")
    prepared_at: datetime = Field(description="When it was written down from the record.")
    outgoing_shift: str = Field(description="The shift that ended, in the reader's language.")
    incoming_shift: str = Field(description="The shift that began.")
    on_duty: list[str] = Field(description="Who led the shift that ended; one of them signs.")
    standing: str = Field(
        description="prepared, signed (by the outgoing leader) or taken (by both)."
    )
    signed_by: str = Field(description="Who handed over; empty until then.")
    signed_at: datetime | None = Field(description="When.")
    taken_by: str = Field(description="Who took over; empty until then.")
    taken_at: datetime | None = Field(description="When.")
    keys_expected: int | None = Field(description="Keys that should be there.")
    keys_counted: int | None = Field(description="Keys counted and handed over.")
    digest: str = Field(description="What the signatures are about, as SHA-256 in hex.")


class HandoverFilter(Paging):
    """Which handovers."""

    waiting: bool | None = told(
        "Those that not both have signed; or, with false, the others.", True
    )


@router.read(
    "/handovers",
    gives=Page[HandoverShown],
    scope=_READ,
    posts=READERS,
    integrations=False,
    summary=_("List handovers"),
)
def list_handovers(call: Call, wanted: Query[HandoverFilter]) -> Any:
    """Handovers of one's organizations, the latest change first; the worker prepares each."""
    return paging.page(
        "list_handovers",
        wanted,
        lambda after, limit: queries.listed(
            call.caller.organization_id,
            waiting=wanted.waiting,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.at, one.id),
    )


class RemarkShown(Shape):
    """What somebody who took over asked or said."""

    model_config = like(by="Zhao Min", text="Since when?")
    by: str = Field(description="Who.")
    text: str = Field(description="What, in their words.")


class HandoverItemShown(Shape):
    """One thing that is passed on, as it was when it was prepared."""

    model_config = like(
        id=_AN_ID, text="Never alone", severity=2, due_at=None, person=None, sealed=False,
        task_id=None, mine=False, remarks=[],
    )  # fmt: skip
    id: UUID = Field(description="Its identifier, by which it is noted as read.")
    text: str = Field(description="What it says, in the reader's language.")
    severity: int | None = Field(description="1 gravest to 4, where it has one.")
    due_at: datetime | None = Field(description="By when something is due, where it says so.")
    person: PersonShown | None = Field(description="Whom it is about, where it is about somebody.")
    sealed: bool = Field(description="Whether law has sealed since whom it is about.")
    task_id: UUID | None = Field(description="The task it is about.")
    mine: bool = Field(description="Whether the caller has read it.")
    remarks: list[RemarkShown] = Field(description="What was asked about it.")


class HandoverPart(Shape):
    """A part of a handover: people, tasks, limits and so on."""

    model_config = like(title="People to watch", items=[])
    title: str = Field(description="What it is called, in the reader's language.")
    items: list[HandoverItemShown] = Field(description="What stands in it.")


class HandoverDocument(Shape):
    """A whole handover."""

    model_config = like(
        handover=_SUMMARY, sections=[], unread=3, items=5, may_sign=False, may_read=True,
        intact=True,
    )  # fmt: skip
    handover: HandoverShown = Field(description="The change and its signatures.")
    sections: list[HandoverPart] = Field(description="Its parts, in their order.")
    unread: int = Field(description="How many items the caller hasn't read.")
    items: int = Field(description="How many there are.")
    may_sign: bool = Field(description="Whether the caller may complete it and hand over.")
    may_read: bool = Field(description="Whether the caller may note items as read, and take over.")
    intact: bool = Field(description="Whether what is kept is what was signed.")


@router.read(
    "/handovers/{handover}",
    gives=HandoverDocument,
    scope=_READ,
    posts=READERS,
    integrations=False,
    purpose=_PURPOSE,
    summary=_("Show a handover"),
)
def show_handover(call: Call, handover: HandoverId) -> Any:
    """What one shift passes to the next, and what the caller may do with it."""
    return queries.document(handover, call.actor)


class HandingOver(Proof):
    """What the outgoing leader alone can know."""

    model_config = like(
        keys_expected=42, keys_counted=42, defects="Lamp at post 2 is out.",
        words="Watch cell 0101 at night.", own_password="quiet-river-4417",  # noqa: S106 - an example
    )  # fmt: skip
    keys_expected: Keys = Field(description="Keys that should be there.")
    keys_counted: Keys = Field(description="Keys counted and handed over.")
    keys_words: Said_ = Field("", description="Where they are that differ; needed where they do.")
    defects: Said_ = Field("", description="What is broken and who knows; empty for nothing.")
    words: Said_ = Field("", description="What the next shift should know; empty for nothing.")


@router.write(
    "/handovers/{handover}/sign",
    gives=HandoverDocument,
    scope=_WRITE,
    posts=SIGNERS,
    purpose=_PURPOSE,
    summary=_("Complete a handover and sign it"),
)
def sign_handover(call: Call, handing: HandingOver, handover: HandoverId) -> Any:
    """Signs as the leader of the shift that ended, or a leader in their place; it stands from then on."""
    said = Said(
        keys_expected=handing.keys_expected,
        keys_counted=handing.keys_counted,
        keys_words=handing.keys_words,
        defects=handing.defects,
        words=handing.words,
    )
    services.sign(handover, said, by=call.actor, proven_at=call.proven_at)
    return queries.document(handover, call.actor)


class ItemRead(Asked):
    """An item that was read."""

    model_config = like(item=_AN_ID, remark="Since when?")
    item: UUID = Field(description="The item.")
    remark: str = Field("", max_length=LONGEST_REMARK, description="A question or remark.")


class ItemsRead(Asked):
    """Items that were read."""

    model_config = like(items=[{"item": _AN_ID, "remark": "Since when?"}])
    items: list[ItemRead] = Field(
        min_length=1, max_length=_MOST_ITEMS, description="Each with what is asked about it."
    )


@router.write(
    "/handovers/{handover}/read",
    gives=HandoverDocument,
    scope=_WRITE,
    posts=SIGNERS,
    purpose=_PURPOSE,
    summary=_("Note items of a handover as read"),
)
def read_handover_items(call: Call, read: ItemsRead, handover: HandoverId) -> Any:
    """Notes which items the caller, who may take over, has read and asks about; said once, it stays."""
    services.read(handover, {one.item: one.remark for one in read.items}, by=call.actor)
    return queries.document(handover, call.actor)


class TakingOver(Proof):
    """Proof of who takes over."""

    model_config = like(own_password="quiet-river-4417")  # noqa: S106 - an example


@router.write(
    "/handovers/{handover}/take",
    gives=HandoverDocument,
    scope=_WRITE,
    posts=SIGNERS,
    purpose=_PURPOSE,
    summary=_("Sign a handover and take over"),
)
def take_handover(call: Call, taking: TakingOver, handover: HandoverId) -> Any:
    """Signs as the leader of the shift that begins, who has read every item; the other is released."""
    services.take(handover, by=call.actor, proven_at=call.proven_at)
    return queries.document(handover, call.actor)
