"""The roster, over the API: who is expected on a day, one's own shifts, absences and swaps."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Asked, Shape, Translated, like
from custos.prevention.duty.roster import queries
from custos.prevention.duty.roster.facts import ROSTERED
from custos.prevention.duty.roster.services import PLANNING

router = Router(_("Roster"))

_READ = "duty:read"
_SOMEBODY = "0198c5a2-7f00-7000-8000-0000000000d1"
_MOST = 500


class DayWanted(Asked):
    """Which day."""

    day: Annotated[
        date | None,
        Field(
            description="The day; today where it is left out.",
            json_schema_extra={"example": "2026-03-02"},
        ),
    ] = None


class ExpectedShown(Shape):
    """Somebody who is expected on a post in a shift; who is on duty is what signing on says."""

    model_config = like(
        shift="Day shift", since="2026-03-02T00:00:00Z", until="2026-03-02T12:00:00Z",
        post_title="Patrol and control room", staff_id=_SOMEBODY, name="Zhao Min",
        womens_area=False, signed_on_at="2026-03-02T00:02:00Z", late=False,
    )  # fmt: skip
    shift: Translated = Field(description="The shift, in the reader's language.")
    since: datetime = Field(description="When it begins.")
    until: datetime = Field(description="When it ends.")
    post_title: Translated = Field(description="The post.")
    staff_id: UUID = Field(description="Who is expected.")
    name: str = Field(description="Their name.")
    womens_area: bool = Field(description="Whether on a place in the women's area.")
    signed_on_at: datetime | None = Field(
        description="When they signed on, where the shift is the one of now."
    )
    late: bool = Field(description="Whether they should have signed on and have not.")


@router.read(
    "/roster",
    gives=list[ExpectedShown],
    scope=_READ,
    posts=PLANNING,
    integrations=False,
    summary=_("List who is expected on a day"),
)
def list_roster(call: Call, wanted: Query[DayWanted]) -> Any:
    """The published roster of a day by shift and post; at most 500."""
    return [
        {
            "shift": turn.title,
            "since": turn.since,
            "until": turn.until,
            "post_title": post.title,
            "staff_id": one.ref,
            "name": one.name,
            "womens_area": one.women,
            "signed_on_at": one.since,
            "late": one.is_late,
        }
        for turn in queries.day(call.caller.organization_id, wanted.day or clock.today())
        for post in turn.posts
        for one in post.people
    ][:_MOST]


class MyShiftShown(Shape):
    """A shift of one's own that is published and still to come."""

    model_config = like(
        day="2026-03-02", shift="Day shift", begins="2026-03-02T00:00:00Z",
        ends="2026-03-02T12:00:00Z", post_title="Patrol and control room", womens_area=False,
    )  # fmt: skip
    day: date = Field(description="The day on which it begins.")
    shift: Translated = Field(description="The shift, in the reader's language.")
    begins: datetime = Field(description="When it begins.")
    ends: datetime = Field(description="When it ends.")
    post_title: Translated = Field(description="The post.")
    womens_area: bool = Field(description="Whether on a place in the women's area.")


@router.read(
    "/roster/mine",
    gives=list[MyShiftShown],
    scope=_READ,
    posts=sorted(ROSTERED),
    integrations=False,
    summary=_("List one's own next shifts"),
)
def list_my_shifts(call: Call) -> Any:
    """One's own published shifts of the next two months."""
    return [
        {
            "day": one.day,
            "shift": one.title,
            "begins": one.begins,
            "ends": one.ends,
            "post_title": one.post,
            "womens_area": one.women,
        }
        for one in queries.mine(call.caller.organization_id, call.actor.ref, days=62)
    ]


class StaffAbsenceShown(Shape):
    """Somebody of the staff is away, or will be."""

    model_config = like(
        id=_SOMEBODY, staff_id=_SOMEBODY, name="Zhao Min", sort="leave", first="2026-03-02",
        last="2026-03-08", noted_by="Li Hua", noted_at="2026-02-20T01:00:00Z", planned=0,
    )  # fmt: skip
    id: UUID = Field(description="The absence.")
    staff_id: UUID = Field(description="Who is away.")
    name: str = Field(description="Their name.")
    sort: str = Field(description="leave, sick or training.")
    first: date = Field(description="The first day.")
    last: date = Field(description="The last day, included.")
    noted_by: str = Field(description="Who noted it and answers for it.")
    noted_at: datetime = Field(description="When that was.")
    planned: int = Field(description="How many shifts are published for these days still.")


@router.read(
    "/roster/absences",
    gives=list[StaffAbsenceShown],
    scope=_READ,
    posts=PLANNING,
    integrations=False,
    summary=_("List who of the staff is away"),
)
def list_staff_absences(call: Call) -> Any:
    """Who of the own facility is away or will be, next first; the first 60."""
    return [
        {
            "id": one.id,
            "staff_id": one.ref,
            "name": one.name,
            "sort": one.sort,
            "first": one.first,
            "last": one.last,
            "noted_by": one.noted_by,
            "noted_at": one.noted_at,
            "planned": one.planned,
        }
        for one in queries.absences(call.caller.organization_id).object_list
    ]


class SwapListed(Shape):
    """A swap of shifts between two officers."""

    model_config = like(
        id=_SOMEBODY, asked_by="Zhao Min", other="Li Hua", day="2026-03-02", turn="Day shift",
        back_day=None, back_turn="", state="asked", reason="School meeting",
        asked_at="2026-02-20T01:00:00Z",
    )  # fmt: skip
    id: UUID = Field(description="The swap.")
    asked_by: str = Field(description="Who asked.")
    other: str = Field(description="Who is to take the shift.")
    day: date = Field(description="The day of the shift.")
    turn: Translated = Field(description="The shift, in the reader's language.")
    back_day: date | None = Field(description="The day of the shift in return.")
    back_turn: Translated = Field(description="That shift; empty where nothing is in return.")
    state: str = Field(description="asked, agreed, declined, withdrawn, approved or refused.")
    reason: str = Field(description="Why it was asked for.")
    asked_at: datetime = Field(description="When.")


@router.read(
    "/roster/swaps",
    gives=list[SwapListed],
    scope=_READ,
    posts=sorted(ROSTERED),
    integrations=False,
    summary=_("List swaps of shifts"),
)
def list_swaps(call: Call) -> Any:
    """Leaders see the facility's, everybody else their own; latest first, at most 100."""
    of = "" if call.actor.post in PLANNING else call.actor.ref
    return queries.swaps(call.caller.organization_id, of=of, waiting=False)
