"""What may happen to a plan: begun, changed, proposed for, published, and changed after that.

The software plans and proposes; a named leader publishes. Each deed locks the plan's row first, and says
what it saw before, so that of two who change one thing at once the second is told and nothing is lost.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from json import dumps
from typing import NoReturn
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import pulse, scope
from custos.foundation.errors import (
    Conflict,
    CustosError,
    Malformed,
    Missing,
    NotAllowed,
    raise_all,
)
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, Subject
from custos.prevention.duty.kinds import RosterChanged, RosterPublished, RosterShift
from custos.prevention.duty.roster import facts, plan, proposing, words
from custos.prevention.duty.roster.models import (
    News,
    RosterLine,
    RosterNews,
    RosterPlan,
    Standing,
    month_of,
)
from custos.prevention.duty.roster.plan import Breach, Line
from custos.prevention.duty.roster.rules import Frame

#: Who plans and publishes.
PLANNING = (Post.DUTY_LEADER, Post.LEADER)
LONGEST_REASON = 1000
#: So many breaches are named where a plan can't be published; the page shows all.
_MOST_NAMED = 10
#: How far ahead and back a month may be planned.
_MONTHS = 12
_PROPOSE = "duty.propose_roster"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody is to work on a day: the turn and the post, nothing for a day off."""

    turn: str = ""
    post: str = ""
    women: bool = False


def begin(facility: int, month: date, *, by: Actor, anew: bool = False) -> RosterPlan:
    """Begin the plan of a month: from the published one where there is one, else by the patterns.

    Raises `Conflict` where one is being made already, unless `anew` begins it again; `NotAllowed` for who
    doesn't plan.
    """
    record.require_writer(RosterPublished, by)
    organizations.in_scope(facility)
    _require_month(month)
    with record.deed() as deed:
        fresh = RosterPlan(
            organization_id=facility,
            month=month,
            standing=Standing.DRAFT.value,
            changed_by=by.ref,
            changed_at=deed.at,
        )
        # Waits for another who begins it just now, and then finds theirs.
        RosterPlan.objects.bulk_create([fresh], ignore_conflicts=True)
        draft = _locked(facility, month, Standing.DRAFT)
        if draft.pk != fresh.pk:
            if not anew:
                raise Conflict(
                    "roster.begun",
                    _("This month is being planned already; last changed by %(who)s."),
                    mend=_("Go on with it, or begin it anew."),
                    who=_name(draft.changed_by),
                )
            draft.lines.all().delete()
            _touch(draft, by, deed.at)
        holds = facts.the_plan(facility, month, Standing.PUBLISHED)
        draft.base_revision = holds.revision if holds else 0
        draft.told, draft.asked_at = None, None
        draft.save()
        _write(draft, facts.lines(holds) if holds else _by_pattern(facility, month))
        pulse.stir(facility)
    return draft


def _by_pattern(facility: int, month: date) -> list[Line]:
    people = facts.staffing(facility, month, facts.last_of(month))
    return plan.by_pattern(
        facts.frame(facility, month), people, month, facts.last_of(month), works=facts.works
    )


def set_day(
    facility: int,
    month: date,
    staff: str,
    day: date,
    wanted: Wanted,
    *,
    seen: str,
    by: Actor,
) -> RosterPlan:
    """Change what somebody works on a day of the plan that is being made.

    `seen` is what stood there (`shown_as`). Raises `Conflict` where another changed it since, `Malformed`
    for a turn or post that isn't there, `Missing` for who isn't staff or where nothing is being planned.
    """
    record.require_writer(RosterPublished, by)
    with record.deed() as deed:
        draft = _locked(facility, month, Standing.DRAFT)
        before = _day_of(draft, staff, day)
        _require_same(before, seen, draft)
        after = _wanted(facility, month, staff, day, wanted)
        _replace(draft, staff, day, after)
        _touch(draft, by, deed.at)
        pulse.stir(facility)
    return draft


def change(
    facility: int,
    month: date,
    staff: str,
    day: date,
    wanted: Wanted,
    *,
    seen: str,
    reason: str,
    by: Actor,
) -> RosterPlan:
    """Change a day of the plan that is published, with a reason; whoever it is about is told.

    Raises as `set_day` does, and `NotAllowed` with each rule that it would break and that blocks.
    """
    record.require_writer(RosterChanged, by)
    said = _require_reason(reason)
    with record.deed() as deed:
        holds = _locked(facility, month, Standing.PUBLISHED)
        _require_ahead(day)
        before = _day_of(holds, staff, day)
        _require_same(before, seen, holds)
        after = _wanted(facility, month, staff, day, wanted)
        if before == after:
            raise Malformed("roster.same", _("Nothing is changed by this."), field="turn")
        known = facts.lines(holds)
        rest = [line for line in known if (line.staff, line.day) != (staff, day)]
        require_no_worse(facility, month, known, [*rest, *after])
        _replace(holds, staff, day, after)
        _touch(holds, by, deed.at)
        deed.append(
            RosterChanged(
                staff=staff,
                day=day,
                before=shifts_said(before),
                after=shifts_said(after),
                reason=said,
            ),
            about=Subject(facility),
            by=by,
        )
        tell({staff}, facility, News.CHANGED, day, said, deed.at)
    return holds


def publish(facility: int, month: date, *, seen: int, by: Actor, reason: str = "") -> RosterPlan:
    """Publish the plan that is being made; it takes the place of the one before as a whole.

    `seen` is its revision as the leader saw it. Raises `Conflict` where it or the published one moved on
    since, `NotAllowed` with what it breaks that blocks, `Malformed` without a reason for a second plan.
    """
    record.require_writer(RosterPublished, by)
    with record.deed() as deed:
        draft = _locked(facility, month, Standing.DRAFT)
        _require_seen(draft, seen)
        holds = _locked_or_none(facility, month, Standing.PUBLISHED)
        said = _require_reason(reason) if holds else reason.strip()[:LONGEST_REASON]
        _require_base(draft, holds)
        lines, old = facts.lines(draft), facts.lines(holds) if holds else []
        changed = plan.differences(old, lines)
        if holds and any(one.day < clock.today() for one in changed):
            raise NotAllowed(
                "roster.past",
                _("Days that are over are not planned anew."),
                mend=_("Begin the plan anew from what is published."),
            )
        frame = facts.frame(facility, month)
        found = facts.breaches(facility, month, lines, by=frame)
        _require_nothing_blocks([one for one in found if one.blocks], frame)
        if holds:
            holds.delete()
        draft.standing = Standing.PUBLISHED.value
        draft.published_by, draft.published_at = by.ref, deed.at
        draft.revision = max(draft.revision, holds.revision if holds else 0) + 1
        draft.changed_by, draft.changed_at, draft.asked_at = by.ref, deed.at, None
        draft.save()
        deed.append(
            RosterPublished(
                month=month,
                revision=draft.revision,
                people=len({line.staff for line in lines}),
                lines=len(lines),
                changed=len(changed),
                warnings=len(found),
                reason=said,
                digest=digest_of(lines),
            ),
            about=Subject(facility),
            by=by,
        )
        tell({one.staff for one in changed}, facility, News.PUBLISHED, month, said, deed.at)
    return draft


def digest_of(lines: Iterable[Line]) -> str:
    """What a leader published, as one number."""
    said = [
        [line.day.isoformat(), line.turn, line.post.value, line.staff, line.women]
        for line in sorted(lines)
    ]
    return hashlib.sha256(dumps(said).encode()).hexdigest()


# ---------------------------------------------------------------------- proposals


def ask_for_proposal(facility: int, month: date, *, by: Actor) -> RosterPlan:
    """Have a proposal made for the plan that is being made, in the background. Once asked, once made."""
    record.require_writer(RosterPublished, by)
    with record.deed() as deed:
        draft = _locked(facility, month, Standing.DRAFT)
        draft.asked_at = deed.at
        draft.save(update_fields=["asked_at"])
        lock = f"{_PROPOSE}:{draft.pk}"
        # Where it waits already the deed goes on.
        with suppress(AlreadyEnqueued), transaction.atomic():
            app.configure_task(_PROPOSE, queueing_lock=lock).defer(plan=str(draft.pk))
        pulse.stir(facility)
    return draft


def run_proposal(plan_id: UUID, *, work: float = proposing.WORK) -> None:
    """Make the proposal and write it into the draft, unless a leader changed the draft meanwhile.

    It changes as little as it can of the draft, which was begun from what is published: so what a leader
    has changed in it by hand stands where it breaks no rule, and days that are over stay.

    Opens its own scopes: nothing is locked while the solver works.
    """
    system = scope.Scope.of_system("duty.roster")
    with scope.entered(system):
        draft = RosterPlan.objects.filter(pk=plan_id, standing=Standing.DRAFT.value).first()
        if draft is None:
            return
        facility, month, seen = draft.organization_id, draft.month, draft.revision
        first, last = month, facts.last_of(month)
        frame = facts.frame(facility, month)
        people = facts.staffing(facility, *proposing.looks_around(first, last))
        stands, around = facts.lines(draft), facts.around(facility, month)
        holds = facts.the_plan(facility, month, Standing.PUBLISHED) is not None
    found = proposing.propose(
        frame,
        people,
        first,
        last,
        stands=stands,
        around=around,
        from_day=max(first, clock.today()) if holds else first,
        work=work,
    )
    with scope.entered(system), record.deed() as deed:
        row = (
            RosterPlan.objects.select_for_update()
            .filter(pk=plan_id, standing=Standing.DRAFT.value)
            .first()
        )
        if row is None:
            return
        row.asked_at = None
        row.told = {
            "at": deed.at.isoformat(),
            "kept": row.revision != seen,
            "proven": found.proven,
            "changed": len(plan.differences(stands, found.lines)),
            "gaps": [asdict(gap) | {"day": gap.day.isoformat()} for gap in found.gaps],
        }
        if row.revision == seen:
            row.lines.all().delete()
            _write(row, found.lines)
            row.revision += 1
            row.changed_at = deed.at
        row.save()
        pulse.stir(facility)


# ---------------------------------------------------------------------- parts


def shown_as(lines: Iterable[Line]) -> str:
    """What somebody works on a day, as a page says what it showed."""
    return " ".join(f"{line.turn}/{line.post.value}/{int(line.women)}" for line in sorted(lines))


def shifts_said(lines: Iterable[Line]) -> list[RosterShift]:
    """Lines as entries name them."""
    return [
        RosterShift(day=line.day, turn=line.turn, post=line.post, women=line.women)
        for line in sorted(lines)
    ]


def tell(
    whom: Collection[str], facility: int, sort: News, day: date, reason: str, at: datetime
) -> None:
    """Tell people that their shifts were published or changed."""
    RosterNews.objects.bulk_create(
        RosterNews(
            organization_id=facility, staff_ref=ref, sort=sort.value, day=day, reason=reason, at=at
        )
        for ref in sorted(whom)
    )


def require_no_worse(
    facility: int, month: date, before: Sequence[Line], after: Sequence[Line]
) -> None:
    """Raise `NotAllowed` for what a change breaks that blocks and wasn't broken before."""
    frame = facts.frame(facility, month)
    old = facts.breaches(facility, month, before, by=frame)
    new = facts.breaches(facility, month, after, by=frame)
    _require_nothing_blocks(plan.worse(old, new), frame)


def _require_nothing_blocks(found: Sequence[Breach], frame: Frame) -> None:
    names = accounts.names_of({breach.staff for breach in found if breach.staff}) if found else {}
    raise_all([_refused(breach, frame, names) for breach in found[:_MOST_NAMED]])


def _refused(breach: Breach, frame: Frame, names: dict[str, str]) -> CustosError:
    said = words.said(breach, frame, names).replace("%", "%%")
    source = words.of(words.rule_of(frame, breach).source).replace("%", "%%")
    return NotAllowed("roster.rule", said, mend=source)


def locked_published(facility: int, month: date) -> RosterPlan:
    """The published plan of a month, locked. Raises `Missing` where there is none."""
    return _locked(facility, month, Standing.PUBLISHED)


def replace_days(
    holds: RosterPlan, after: dict[tuple[str, date], list[Line]], by: Actor, at: datetime
) -> None:
    """Write what people work on days of a locked plan."""
    for (staff, day), lines in after.items():
        _replace(holds, staff, day, lines)
    _touch(holds, by, at)


def _locked_or_none(facility: int, month: date, standing: Standing) -> RosterPlan | None:
    rows = RosterPlan.objects.visible_to(scope.current()).select_for_update()
    return rows.filter(organization_id=facility, month=month, standing=standing.value).first()


def _locked(facility: int, month: date, standing: Standing) -> RosterPlan:
    found = _locked_or_none(facility, month, standing)
    if found is not None:
        return found
    if standing is Standing.DRAFT and (
        holds := facts.the_plan(facility, month, Standing.PUBLISHED)
    ):
        raise Conflict(
            "roster.already",
            _("%(who)s has published this month's plan."),
            mend=_("Look at what is published, and change that where it must be."),
            who=_name(holds.published_by),
        )
    raise Missing("roster.no_plan", _("There is no such plan."))


def _require_seen(draft: RosterPlan, seen: int) -> None:
    if draft.revision != seen:
        _moved_on(draft)


def _moved_on(row: RosterPlan) -> NoReturn:
    raise Conflict(
        "roster.moved_on",
        _("%(who)s has changed this plan since you saw it."),
        mend=_("Look at it once more; their change stands."),
        who=_name(row.changed_by),
    )


def _require_same(before: Sequence[Line], seen: str, row: RosterPlan) -> None:
    if shown_as(before) != seen:
        _moved_on(row)


def _require_base(draft: RosterPlan, holds: RosterPlan | None) -> None:
    if draft.base_revision != (holds.revision if holds else 0):
        raise Conflict(
            "roster.base_moved",
            _(
                "What is published was changed while this plan was made; publishing would undo that."
            ),
            mend=_("Begin the plan anew from what is published; the change stays in the record."),
        )


def _require_ahead(day: date) -> None:
    if day < clock.today():
        raise NotAllowed("roster.past", _("Days that are over are not planned anew."))


def _require_reason(reason: str) -> str:
    said = reason.strip()
    if len(said) < 2:
        raise Malformed("roster.no_reason", _("Say why."), field="reason")
    return said[:LONGEST_REASON]


def _require_month(month: date) -> None:
    now = clock.today()
    apart = (month.year - now.year) * 12 + month.month - now.month
    if month.day != 1 or not 0 <= apart <= _MONTHS:
        raise Malformed(
            "roster.month",
            _("This month and the twelve that follow can be planned."),
            field="month",
        )


def _name(ref: str) -> str:
    return accounts.names_of({ref}).get(ref, "") or "—"


def _touch(row: RosterPlan, by: Actor, at: datetime) -> None:
    row.revision += 1
    row.changed_by, row.changed_at = by.ref, at
    row.save(update_fields=["revision", "changed_by", "changed_at"])


def _day_of(of: RosterPlan, staff: str, day: date) -> list[Line]:
    return sorted(row.said for row in of.lines.filter(staff_ref=staff, day=day))


def _wanted(facility: int, month: date, staff: str, day: date, wanted: Wanted) -> list[Line]:
    if month_of(day) != month:
        raise Missing("roster.no_day", _("This day is not in the plan's month."))
    person = facts.staffing(facility, day, day).people.get(staff)
    if person is None:
        raise Missing("roster.nobody", _("There is no such member of staff here."))
    if not wanted.turn:
        return []
    if facts.frame(facility, month).turn(wanted.turn) is None:
        raise Malformed("roster.no_turn", _("There is no such shift here."), field="turn")
    if wanted.post not in facts.ROSTERED:
        raise Malformed("roster.no_post", _("There is no such post."), field="post")
    return [Line(day, wanted.turn, Post(wanted.post), staff, wanted.women)]


def _replace(of: RosterPlan, staff: str, day: date, lines: Sequence[Line]) -> None:
    of.lines.filter(staff_ref=staff, day=day).delete()
    _write(of, lines)


def _write(of: RosterPlan, lines: Iterable[Line]) -> None:
    RosterLine.objects.bulk_create(
        (
            RosterLine(
                organization_id=of.organization_id,
                plan=of,
                day=line.day,
                turn=line.turn,
                post=line.post.value,
                staff_ref=line.staff,
                women=line.women,
            )
            for line in lines
        ),
        batch_size=2000,
    )
