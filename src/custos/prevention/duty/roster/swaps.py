"""A swap of shifts between two officers: asked by one, agreed by the other, approved by a leader.

Each step is checked by the rules, for the plan moves on between them. Only what is published is swapped,
and only what lies ahead.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.prevention.duty.kinds import (
    RosterSwapAnswered,
    RosterSwapAsked,
    RosterSwapDecided,
)
from custos.prevention.duty.roster import facts, plan, services
from custos.prevention.duty.roster.models import (
    WAITING,
    News,
    RosterPlan,
    RosterSwap,
    SwapState,
    month_of,
)
from custos.prevention.duty.roster.plan import Line


def ask(
    facility: int,
    *,
    day: date,
    turn: str,
    other: str,
    back: tuple[date, str] | None = None,
    reason: str,
    by: Actor,
) -> RosterSwap:
    """Ask a colleague to take a shift of one's own, for one of theirs (`back`) or for none.

    Raises `NotAllowed` for what would break a rule that blocks, `Missing` for a shift or a colleague that
    isn't there, `Conflict` where this one is asked about already.
    """
    record.require_writer(RosterSwapAsked, by)
    said = _require_reason(reason)
    if other == by.ref:
        raise Malformed("swap.oneself", _("A swap takes two people."), field="other")
    with record.deed() as deed:
        row = RosterSwap(
            organization_id=facility,
            asked_by=by.ref,
            asked_at=deed.at,
            reason=said,
            day=day,
            turn=turn,
            other=other,
            back_day=back[0] if back else None,
            back_turn=back[1] if back else "",
        )
        facts.require_staff(facility, other, day)
        gives, takes = _require_possible(row)
        known = RosterSwap.objects.visible_to(scope.current()).filter(
            organization_id=facility, asked_by=by.ref, day=day, turn=turn, state__in=WAITING
        )
        if known.exists():
            raise Conflict(
                "swap.asked",
                _("You have asked about this shift already."),
                mend=_("Take that back first."),
            )
        row.save(force_insert=True)
        deed.append(
            RosterSwapAsked(
                swap=row.pk,
                other=other,
                gives=services.shifts_said([gives])[0],
                takes=services.shifts_said([takes])[0] if takes else None,
                reason=said,
            ),
            about=Subject(facility),
            by=by,
        )
    return row


def agree(swap: UUID, *, by: Actor) -> RosterSwap:
    """The colleague who was asked agrees. Raises `NotAllowed` for others and for what rules forbid."""
    with record.deed():
        row = _waiting(swap)
        _require_is(row.other, by)
        if row.state != SwapState.ASKED:
            _over(row)
        _require_possible(row)
        return _answered(row, SwapState.AGREED, by)


def decline(swap: UUID, *, by: Actor) -> RosterSwap:
    """The colleague who was asked says no, also after they agreed."""
    with record.deed():
        row = _waiting(swap)
        _require_is(row.other, by)
        return _answered(row, SwapState.DECLINED, by)


def withdraw(swap: UUID, *, by: Actor) -> RosterSwap:
    """The one who asked takes it back."""
    with record.deed():
        row = _waiting(swap)
        _require_is(row.asked_by, by)
        return _answered(row, SwapState.WITHDRAWN, by)


def decide(swap: UUID, *, approve: bool, words: str = "", by: Actor) -> RosterSwap:
    """A leader approves a swap that both want, and the roster has it; or refuses it with a reason.

    Raises `NotAllowed` for whoever swaps themselves and for what rules forbid by now, `Conflict` where it
    is over or the other hasn't agreed yet.
    """
    record.require_writer(RosterSwapDecided, by)
    said = words.strip()[: services.LONGEST_REASON] if approve else _require_reason(words)
    with record.deed() as deed:
        row = _waiting(swap)
        if by.ref in (row.asked_by, row.other):
            raise NotAllowed(
                "swap.own",
                _("Nobody decides on a swap of their own."),
                mend=_("Ask another leader."),
            )
        if approve and row.state != SwapState.AGREED:
            raise Conflict("swap.not_agreed", _("The colleague who was asked has not agreed yet."))
        gives, takes = _apply(row, by) if approve else _named(row)
        row.state = (SwapState.APPROVED if approve else SwapState.REFUSED).value
        row.decided_by, row.decided_at, row.words = by.ref, deed.at, said
        row.save()
        deed.append(
            RosterSwapDecided(
                swap=row.pk,
                approved=approve,
                asked_by=row.asked_by,
                other=row.other,
                gives=services.shifts_said([gives])[0],
                takes=services.shifts_said([takes])[0] if takes else None,
                words=said,
            ),
            about=Subject(row.organization_id),
            by=by,
        )
        if approve:
            whom = {row.asked_by, row.other}
            services.tell(whom, row.organization_id, News.CHANGED, row.day, row.reason, deed.at)
    return row


def after_swap(
    lines: Sequence[Line], gives: Line, takes: Line | None, asked_by: str, other: str
) -> list[Line]:
    """The plan with two shifts swapped. Who sits in the women's area goes with the shift: whoever takes it
    must be a woman officer too.
    """
    gone = {gives, takes}
    kept = [line for line in lines if line not in gone]
    kept.append(replace(gives, staff=other))
    if takes is not None:
        kept.append(replace(takes, staff=asked_by))
    return kept


def _require_possible(row: RosterSwap) -> tuple[Line, Line | None]:
    """The two shifts as they are published; refused where one is gone, has begun, or breaks a rule."""
    gives, takes, before = _found(row)
    for line in (gives, takes):
        if line is not None:
            _require_ahead(row.organization_id, line)
    after = after_swap(before, gives, takes, row.asked_by, row.other)
    for month in sorted({month_of(line.day) for line in (gives, takes) if line}):
        services.require_no_worse(
            row.organization_id,
            month,
            [line for line in before if month_of(line.day) == month],
            [line for line in after if month_of(line.day) == month],
        )
    return gives, takes


def _require_ahead(facility: int, line: Line) -> None:
    """Whoever stood a shift, or stands it now, has stood it: it passes to another by a handover alone."""
    turn = facts.frame(facility, month_of(line.day)).turn(line.turn)
    begins = datetime.combine(line.day, turn.since if turn else time(), clock.LOCAL)
    if begins <= clock.now():
        raise NotAllowed(
            "swap.begun",
            _("A shift that has begun is not swapped any more."),
            mend=_("A leader changes today's roster where somebody has to leave."),
        )


def _found(row: RosterSwap) -> tuple[Line, Line | None, list[Line]]:
    months = {month_of(row.day)} | ({month_of(row.back_day)} if row.back_day else set())
    lines = [line for month in sorted(months) for line in facts.lines(_published(row, month))]
    gives = _line(lines, row.asked_by, row.day, row.turn)
    takes = _line(lines, row.other, row.back_day, row.back_turn) if row.back_day else None
    return gives, takes, lines


def _published(row: RosterSwap, month: date) -> RosterPlan:
    return services.locked_published(row.organization_id, month)


def _line(lines: Sequence[Line], staff: str, day: date, turn: str) -> Line:
    for line in lines:
        if (line.staff, line.day, line.turn) == (staff, day, turn):
            return line
    raise Missing(
        "swap.no_shift",
        _("One of the two shifts is not in the published roster any more."),
        mend=_("Take the swap back, and ask for another."),
    )


def _apply(row: RosterSwap, by: Actor) -> tuple[Line, Line | None]:
    gives, takes = _require_possible(row)
    months = {month_of(line.day) for line in (gives, takes) if line}
    for month in sorted(months):
        holds = _published(row, month)
        before = facts.lines(holds)
        after = after_swap(before, gives, takes, row.asked_by, row.other)
        after = [line for line in after if month_of(line.day) == month]
        changed = plan.differences(before, after)
        services.replace_days(
            holds, {(one.staff, one.day): list(one.after) for one in changed}, by, clock.now()
        )
    return gives, takes


def _named(row: RosterSwap) -> tuple[Line, Line | None]:
    """The two shifts by name, whether or not they are still in the roster."""
    try:
        gives, takes, _lines = _found(row)
    except Missing:
        raise Conflict(
            "swap.gone",
            _("One of the two shifts is not in the published roster any more."),
            mend=_("Whoever asked takes the swap back."),
        ) from None
    return gives, takes


def _waiting(swap: UUID) -> RosterSwap:
    row = RosterSwap.objects.visible_to(scope.current()).select_for_update().filter(pk=swap).first()
    if row is None:
        raise Missing("swap.no_such", _("There is no such swap."))
    if row.state not in WAITING:
        _over(row)
    return row


def _over(row: RosterSwap) -> None:
    who = row.decided_by or (row.asked_by if row.state == SwapState.WITHDRAWN else row.other)
    raise Conflict(
        "swap.over",
        _("%(who)s has answered this swap already."),
        who=accounts.names_of({who}).get(who, "") or "—",
    )


def _require_is(whose: str, by: Actor) -> None:
    if by.ref != whose:
        raise NotAllowed("swap.not_yours", _("Only whom it is about answers this."))


def _answered(row: RosterSwap, state: SwapState, by: Actor) -> RosterSwap:
    record.require_writer(RosterSwapAnswered, by)
    with record.deed() as deed:
        row.state, row.answered_at = state.value, deed.at
        row.save(update_fields=["state", "answered_at"])
        deed.append(
            RosterSwapAnswered(swap=row.pk, answer=state.value),
            about=Subject(row.organization_id),
            by=by,
        )
    return row


def _require_reason(reason: str) -> str:
    said = reason.strip()
    if len(said) < 2:
        raise Malformed("roster.no_reason", _("Say why."), field="reason")
    return said[: services.LONGEST_REASON]
