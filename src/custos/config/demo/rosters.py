"""The main facility's roster of this month and the next: published, with an absence and two open swaps."""

from datetime import date, timedelta

from custos.config.demo.places import World
from custos.foundation.record.parties import Actor, Post
from custos.prevention.duty.roster import absences, facts, services, swaps
from custos.prevention.duty.roster.models import Sort, Standing, month_of
from custos.prevention.duty.roster.plan import Line

#: Of those on patrol, one in four is a woman officer; so each crew has some.
_WOMEN = 4


def publish(world: World) -> None:
    """Plan both months by the patterns and publish them, with who is away next month and who swaps."""
    facility, today = world.main.pk, world.now.date()
    leader = world.staff[facility, Post.LEADER][0][0]
    patrol = [actor for actor, _user in world.staff[facility, Post.PATROL]]
    for at, actor in enumerate(patrol):
        if at // _WOMEN % _WOMEN == 0:
            absences.mark(facility, actor.ref, "woman", holds=True, by=leader, day=today)
    this = month_of(today)
    following = month_of(this + timedelta(days=32))
    _away(world, patrol, following, by=leader)
    for month in (this, following):
        draft = services.begin(facility, month, by=leader)
        services.publish(facility, month, seen=draft.revision, by=leader)
    _swaps(facility, patrol, following)


def _away(world: World, patrol: list[Actor], month: date, *, by: Actor) -> None:
    doctor = world.staff[world.main.pk, Post.MEDICAL][-1][0]
    for actor, sort, begins, days in (
        (patrol[7], Sort.LEAVE, 4, 9),
        (patrol[-3], Sort.TRAINING, 11, 4),
        (doctor, Sort.SICK, 0, 6),
    ):
        first = month + timedelta(days=begins)
        absences.note(
            world.main.pk,
            actor.ref,
            sort=sort,
            first=first,
            last=first + timedelta(days=days),
            by=by,
        )


def _swaps(facility: int, patrol: list[Actor], month: date) -> None:
    """One waits for whoever signs in as patrol, one for a leader."""
    plan = facts.the_plan(facility, month, Standing.PUBLISHED)
    assert plan is not None  # just published
    lines = facts.lines(plan)
    first, second = (_day_shift(lines, patrol[at]) for at in (2, 6))
    swaps.ask(
        facility,
        day=first.day,
        turn=first.turn,
        other=_free(lines, first, patrol[:1]).ref,
        reason="孩子家长会，想调一个白班",
        by=_actor(patrol, first),
    )
    other = _free(lines, second, patrol[8:])
    asked = swaps.ask(
        facility,
        day=second.day,
        turn=second.turn,
        other=other.ref,
        reason="陪父亲做手术",
        by=_actor(patrol, second),
    )
    swaps.agree(asked.pk, by=other)


def _actor(patrol: list[Actor], line: Line) -> Actor:
    return next(actor for actor in patrol if actor.ref == line.staff)


def _day_shift(lines: list[Line], actor: Actor) -> Line:
    return next(line for line in lines if line.staff == actor.ref and line.turn < "12")


def _free(lines: list[Line], line: Line, among: list[Actor]) -> Actor:
    """Somebody who is off on the day, and wasn't on the night before."""
    near = {line.day, line.day - timedelta(days=1)}
    busy = {one.staff for one in lines if one.day in near}
    return next(actor for actor in among if actor.ref not in busy)
