"""The roster, over the API: who is expected on a day, one's own shifts, who is away, and swaps."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Asked, Day, Shape, Translated, like
from custos.foundation.errors import Malformed, Missing
from custos.prevention.duty.roster import absences, queries, swaps
from custos.prevention.duty.roster.facts import ROSTERED
from custos.prevention.duty.roster.models import Sort
from custos.prevention.duty.roster.services import LONGEST_REASON, PLANNING

router = Router(_("Roster"))

_READ, _WRITE = "duty:read", "duty:write"
_SOMEBODY = "0198c5a2-7f00-7000-8000-0000000000d1"
_MOST = 500
#: How far ahead one's own shifts are shown and swapped, in days.
_AHEAD = 62

StaffAbsenceId = Annotated[
    UUID, Path(..., description="Identifier of an absence of staff.", example=_SOMEBODY)
]
SwapId = Annotated[UUID, Path(..., description="Identifier of a swap.", example=_SOMEBODY)]
Turn = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{2}:[0-9]{2}$",
        description="The shift, by when it begins.",
        json_schema_extra={"example": "08:00"},
    ),
]
Reason = Annotated[str, Field(min_length=2, max_length=LONGEST_REASON)]


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
        day="2026-03-02", turn="08:00", shift="Day shift", begins="2026-03-02T00:00:00Z",
        ends="2026-03-02T12:00:00Z", post_title="Patrol and control room", womens_area=False,
    )  # fmt: skip
    day: date = Field(description="The day on which it begins.")
    turn: str = Field(description="By which a swap names it.")
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
    return _shifts(queries.mine(call.caller.organization_id, call.actor.ref, days=_AHEAD))


def _shifts(found: list[queries.Mine]) -> list[dict[str, Any]]:
    return [
        {
            "day": one.day,
            "turn": one.turn,
            "shift": one.title,
            "begins": one.begins,
            "ends": one.ends,
            "post_title": one.post,
            "womens_area": one.women,
        }
        for one in found
    ]


class ShiftOfMine(Asked):
    """A shift of one's own."""

    day: Annotated[
        Day,
        Field(
            description="The day on which it begins.", json_schema_extra={"example": "2026-03-02"}
        ),
    ]
    turn: Turn


class ColleagueShown(Shape):
    """Somebody who holds the post of a shift of one's own, and is there that day."""

    model_config = like(staff_id=_SOMEBODY, name="Li Hua", free=True)
    staff_id: UUID = Field(description="Who they are.")
    name: str = Field(description="Their name.")
    free: bool = Field(
        description="Whether they are free then and rested; others could only exchange."
    )


@router.read(
    "/roster/colleagues",
    gives=list[ColleagueShown],
    scope=_READ,
    posts=sorted(ROSTERED),
    integrations=False,
    summary=_("List who could take a shift of one's own"),
    may_miss=True,
)
def list_colleagues(call: Call, wanted: Query[ShiftOfMine]) -> Any:
    """Colleagues on the post of a shift of one's own; those first who are free; at most 500."""
    return [
        {"staff_id": one.ref, "name": one.name, "free": free}
        for one, free in _colleagues(call, wanted)
    ][:_MOST]


def _colleagues(call: Call, wanted: ShiftOfMine) -> list[tuple[Any, bool]]:
    facility, ref = call.caller.organization_id, call.actor.ref
    shift = queries.mine_at(facility, ref, wanted.day, wanted.turn, days=_AHEAD)
    return queries.colleagues(facility, shift, ref)


class ShiftsInReturn(ShiftOfMine):
    """Of which colleague."""

    staff: Annotated[UUID, Field(description="Who.", json_schema_extra={"example": _SOMEBODY})]


@router.read(
    "/roster/colleagues/shifts",
    gives=list[MyShiftShown],
    scope=_READ,
    posts=sorted(ROSTERED),
    integrations=False,
    summary=_("List a colleague's shifts that could be taken in return"),
    may_miss=True,
)
def list_colleague_shifts(call: Call, wanted: Query[ShiftsInReturn]) -> Any:
    """The next shifts of somebody who could take a shift of one's own; of nobody else."""
    of = str(wanted.staff)
    if of not in {one.ref for one, _free in _colleagues(call, wanted)}:
        raise Missing("roster.nobody", _("There is no such member of staff here."))
    return _shifts(queries.mine(call.caller.organization_id, of, days=_AHEAD))


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
    return [_away(one) for one in queries.absences(call.caller.organization_id).object_list]


def _away(one: queries.AbsenceShown) -> dict[str, Any]:
    return {
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


class StaffAway(Asked):
    """Who will not be there, and when."""

    model_config = like(staff=_SOMEBODY, sort="leave", first="2026-03-02", last="2026-03-08")
    staff: UUID = Field(description="Who.")
    sort: Sort = Field(description="leave, sick or training.")
    first: Day = Field(description="The first day.")
    last: Day = Field(description="The last day, included; at most a year later.")


@router.write(
    "/roster/absences",
    gives=StaffAbsenceShown,
    scope=_WRITE,
    posts=PLANNING,
    summary=_("Note that somebody of the staff is away"),
    made=True,
)
def note_staff_absence(call: Call, away: StaffAway) -> Any:
    """Notes it; the plans that have them are changed by hand or proposal. The caller answers for it."""
    row = absences.note(
        call.caller.organization_id,
        str(away.staff),
        sort=away.sort,
        first=away.first,
        last=away.last,
        by=call.actor,
    )
    return _away(queries.absence_shown(row))


class ThereAfterAll(Asked):
    """Why an absence is taken back."""

    model_config = like(reason="The course was put off.")
    reason: Reason = Field(description="In words.")


@router.write(
    "/roster/absences/{staff_absence}/take-back",
    gives=StaffAbsenceShown,
    scope=_WRITE,
    posts=PLANNING,
    summary=_("Take an absence of staff back"),
)
def take_back_staff_absence(call: Call, there: ThereAfterAll, staff_absence: StaffAbsenceId) -> Any:
    """Somebody is there after all; the list of who is away has it no more."""
    row = absences.take_back(staff_absence, reason=there.reason, by=call.actor)
    return _away(queries.absence_shown(row))


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


class SwapWanted(Asked):
    """A shift of one's own, and who is to take it."""

    model_config = like(
        day="2026-03-02", turn="08:00", other=_SOMEBODY, back_day=None, back_turn=None,
        reason="School meeting",
    )  # fmt: skip
    day: Day = Field(description="The day on which it begins.")
    turn: Turn
    other: UUID = Field(description="Who is to take it.")
    back_day: Day | None = Field(None, description="The day of their shift in return.")
    back_turn: Turn | None = Field(None, description="That shift; with its day, or neither.")
    reason: Reason = Field(description="Why; the colleague and the leader read it.")


@router.write(
    "/roster/swaps",
    gives=SwapListed,
    scope=_WRITE,
    posts=sorted(ROSTERED),
    summary=_("Ask a colleague to take a shift"),
    made=True,
)
def ask_swap(call: Call, wanted: SwapWanted) -> Any:
    """Asks, for a shift of theirs or for none; the roster changes once a leader has approved."""
    row = swaps.ask(
        call.caller.organization_id,
        day=wanted.day,
        turn=wanted.turn,
        other=str(wanted.other),
        back=_in_return(wanted),
        reason=wanted.reason,
        by=call.actor,
    )
    return queries.swap_shown(row)


def _in_return(wanted: SwapWanted) -> tuple[date, str] | None:
    if wanted.back_day is None and wanted.back_turn is None:
        return None
    if wanted.back_day is None or wanted.back_turn is None:
        raise Malformed(
            "swap.half_return",
            _("A shift in return has a day and a time of its own."),
            field="back_turn",
            mend=_("Name both, or neither."),
        )
    return wanted.back_day, wanted.back_turn


class SwapAnswer(Asked):
    """What whoever it is about says."""

    model_config = like(answer="decline")
    answer: Literal["agree", "decline", "withdraw"] = Field(
        description="agree or decline, of who was asked; withdraw, of who asked."
    )


@router.write(
    "/roster/swaps/{swap}/answer",
    gives=SwapListed,
    scope=_WRITE,
    posts=sorted(ROSTERED),
    summary=_("Answer a swap of shifts"),
)
def answer_swap(call: Call, said: SwapAnswer, swap: SwapId) -> Any:
    """For whom it is about: the colleague agrees or declines, whoever asked takes it back."""
    acts = {"agree": swaps.agree, "decline": swaps.decline, "withdraw": swaps.withdraw}
    return queries.swap_shown(acts[said.answer](swap, by=call.actor))


class SwapDecision(Asked):
    """What a leader says of a swap."""

    model_config = like(approve=False, reason="Too few on patrol that night.")
    approve: bool = Field(description="Whether the roster is to have it.")
    reason: str = Field(
        "", max_length=LONGEST_REASON, description="Why not; needed where it is refused."
    )


@router.write(
    "/roster/swaps/{swap}/decide",
    gives=SwapListed,
    scope=_WRITE,
    posts=PLANNING,
    summary=_("Decide on a swap of shifts"),
)
def decide_swap(call: Call, decision: SwapDecision, swap: SwapId) -> Any:
    """Approves a swap that both want, and the roster has it; or refuses it with a reason."""
    row = swaps.decide(swap, approve=decision.approve, words=decision.reason, by=call.actor)
    return queries.swap_shown(row)
