"""The main facility's roster of this month and the next: published, with an absence and two open swaps; and
which case officer looks after which cells.
"""

from datetime import date, timedelta

from custos.config.demo.places import World
from custos.foundation.record.parties import Actor, Post
from custos.prevention.duty.roster import absences, facts, leading, services, swaps
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
    _lead_cells(world, by=leader)
    _away(world, patrol, following, by=leader)
    for month in (this, following):
        draft = services.begin(facility, month, by=leader)
        services.publish(facility, month, seen=draft.revision, by=leader)
    _swaps(facility, patrol, following)


def _lead_cells(world: World, *, by: Actor) -> None:
    """Each case officer looks after two cells that lie beside each other; after most look two officers."""
    names = [cell.name for cell in world.cells[world.main.pk]]
    for at, (actor, _user) in enumerate(world.staff[world.main.pk, Post.CASE_OFFICER]):
        two = [names[(2 * at + beside) % len(names)] for beside in (0, 1)]
        leading.note(world.main.pk, actor.ref, " ".join(two), by=by)


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
    from_day = month + timedelta(days=2)
    for asks, among, reason, agrees in (
        (patrol[1:8], patrol[:1], "孩子家长会，想调一个白班", False),
        (patrol[8:], patrol[1:], "陪父亲做手术", True),
    ):
        by, line, other = _pair(lines, asks, among, from_day)
        asked = swaps.ask(
            facility, day=line.day, turn=line.turn, other=other.ref, reason=reason, by=by
        )
        if agrees:
            swaps.agree(asked.pk, by=other)


def _pair(
    lines: list[Line], asks: list[Actor], among: list[Actor], from_day: date
) -> tuple[Actor, Line, Actor]:
    """Somebody with a shift by day, and who of others is off then and on the night before."""
    worked = {(line.staff, line.day) for line in lines}
    for by in asks:
        for line in lines:
            if line.staff != by.ref or line.women or not "06" < line.turn < "12":
                continue
            for other in among:
                days = (line.day, line.day - timedelta(days=1))
                free = all((other.ref, day) not in worked for day in days)
                if line.day >= from_day and free and other != by:
                    return by, line, other
    raise LookupError("nobody is free for anybody")  # four crews: two of them are off each day
