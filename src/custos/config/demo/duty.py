"""How the main facility is on duty: its own file, who plays its posts, and a week of shifts handed over."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from django.conf import settings

from custos.config.demo.places import LAST_WEEK, World
from custos.config.demo.staff import demo_password
from custos.config.shift import crew
from custos.config.shift.casting import walked
from custos.config.shift.crew import Crew, Player
from custos.config.shift.script import script, sentence
from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.api import services as tokens
from custos.foundation.custody import queries as custody
from custos.foundation.organizations.models import Area
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.duty.handover import queries as handing
from custos.prevention.duty.handover import services as handovers
from custos.prevention.duty.handover.services import Said
from custos.prevention.duty.information import services as information
from custos.prevention.duty.roster import queries as roster
from custos.prevention.duty.rounds import bulk as rounds
from custos.prevention.duty.rounds import queries as watched
from custos.prevention.duty.rounds.bulk import Was
from custos.prevention.duty.shifts import queries as on_duty
from custos.prevention.duty.shifts import services as shifts

#: The facility's own file; five patrols walk the areas that aren't left to people.
FILE = """\
shifts:
  - {name: {zh: 白班, en: Day shift}, begins: "08:00", ends: "20:00"}
  - {name: {zh: 夜班, en: Night shift}, begins: "20:00", ends: "08:00"}
strength: {patrol: 5, duty_leader: 1, medical: 1, case_officer: 2}
rounds: {longest_gap: 30, close_gap: 15}
roster: {women: {patrol: 1}, two: [patrol]}
"""
_WHY = "本所勤务制度：两班制、在岗人数和巡视间隔"
#: How many of a crew are on each post, besides a patrol for each area.
_ON_DUTY = (
    (Post.DUTY_LEADER, 1),
    (Post.MEDICAL, 1),
    (Post.CASE_OFFICER, 2),
    (Post.RECEPTION, 1),
    (Post.ADMISSION, 1),
    (Post.INTERROGATION, 1),
    (Post.PSYCHOLOGIST, 1),
    (Post.FINANCE, 1),
    (Post.LOGISTICS, 1),
    (Post.LEADER, 1),
)
#: Whose shifts the roster plans; on the others the same people play each day.
_TURNING = (Post.PATROL, Post.DUTY_LEADER, Post.MEDICAL, Post.CASE_OFFICER)
_SCOPES = ("duty:read", "duty:write", "people:read")
_KEYS, _DAYS, _WOMEN = 86, 365, "2"
_DAY_BEGINS, _A_DAY = 8, timedelta(days=1)
#: For how long back rounds are written, and why some came late.
ROUNDS = timedelta(days=3)
#: Since when the facility keeps rounds and a roster.
YEAR = timedelta(days=365)
_LATE_BY = ("处置他室突发情况", "陪同医生到监室诊看", "人员出入监区交接耽搁")
_OFFICERS = (Post.PATROL, Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)


def adopt(world: World) -> None:
    """The leader adopts the facility's own file, as of the moment of the clock."""
    information.adopt(
        FILE,
        facility=world.main.pk,
        valid_from=clock.today(),
        reason=_WHY,
        by=world.staff[world.main.pk, Post.LEADER][0][0],
    )


def areas(world: World) -> list[str]:
    """The areas of the main facility; the last is the one that is left to people."""
    rows = Area.objects.filter(organization=world.main).order_by("position", "name")
    left, *walked_ = rows.values_list("name", flat=True)
    return [*walked_, left]


def womens(world: World) -> list[str]:
    """The areas of the main facility in which women are held."""
    cells = world.cells[world.main.pk]
    return list(dict.fromkeys(one.area.name for one in cells if one.area and one.sex == _WOMEN))


def crews(world: World) -> tuple[dict[Post, list[Acting]], ...]:
    """Two crews: who of each is on which post, the patrols in the order of the areas that they walk. First
    come those whom today's roster names. Nobody of them is one of the demo's sign-ins.
    """
    named = _named_today(world)
    wanted = [(Post.PATROL, len(areas(world))), *_ON_DUTY]
    found: tuple[dict[Post, list[Acting]], ...] = ({}, {})
    for post, count in wanted:
        free = list(_free(world, post))
        of_others = set().union(*named)
        for one, refs in zip(found, named, strict=True):
            free.sort(
                key=lambda acting: (acting.actor.ref not in refs, acting.actor.ref in of_others)
            )
            one[post], free = free[:count], free[count:]
    for one, refs in zip(found, named, strict=True):
        one[Post.PATROL] = list(_placed(world, one[Post.PATROL], refs))
    return found


def _placed(world: World, patrols: list[Acting], named: dict[str, bool]) -> Iterable[Acting]:
    def for_women(acting: Acting) -> bool:
        return named.get(acting.actor.ref, False)

    return walked(areas(world), womens(world), patrols, for_women).values()


def _named_today(world: World) -> tuple[dict[str, bool], dict[str, bool]]:
    """Whom the roster names for the last day shift that began, and for the night beside it; and whether for
    the women's area.
    """
    today = clock.day_of(world.now)
    night = today if world.now.astimezone(clock.LOCAL).hour >= _DAY_BEGINS else today - _A_DAY
    named: tuple[dict[str, bool], dict[str, bool]] = ({}, {})
    for crew_, day in enumerate((today, night)):
        for turn in roster.day(world.main.pk, day):
            if (turn.since.hour == _DAY_BEGINS) is (crew_ == 0):
                people = (one for post in turn.posts for one in post.people)
                named[crew_].update({one.ref: one.women for one in people})
    return named


def _free(world: World, post: Post) -> Iterator[Acting]:
    """Those on a post who may play it, each with a name of their own there."""
    shown = {role.username for role in accounts.demo_roles()}
    names = set()
    for actor, user in world.staff[world.main.pk, post]:
        if user.username in shown or (
            post in _OFFICERS and actor.staff_kind is not StaffKind.OFFICER
        ):
            continue
        acting = accounts.acting_of(user)
        if acting is None or acting.staff.name in names:
            continue
        names.add(acting.staff.name)
        yield acting


def let_play(world: World) -> None:
    """Give those who may play tokens and the tags of the doors, for `custos shift`."""
    *played, left = areas(world)
    built = crews(world)
    for there in built:
        there[Post.PATROL].pop()  # walks what is left to people, until the demo begins
    players = []
    for post in built[0]:
        of = {one.actor.ref: number for number, there in enumerate(built) for one in there[post]}
        for acting in _free(world, post):
            ref, name = acting.actor.ref, acting.staff.name
            if ref in of or post in _TURNING:
                _row, secret = tokens.make_personal(acting, "演示值班", wanted=_SCOPES, days=_DAYS)
                players.append(Player(post.value, name, secret, ref, of.get(ref)))
    only_women = tuple(area for area in womens(world) if area in played)
    tags = {str(tag.cell_id): tag.code for tag in watched.tags(world.main.pk)}
    told = Crew(
        facility=world.main.name,
        left=left,
        areas=tuple(played),
        womens=only_women,
        password=demo_password(),
        players=tuple(players),
        tags=tags,
    )
    crew.write(settings.DATA, told)


# ---------------------------------------------------------------------- a week of shifts


def plan(world: World) -> None:
    """Each change of shifts of the last week: one crew comes, the other hands over and goes."""
    both = crews(world)
    chance = Random("shifts")  # noqa: S311  (a world, not a secret)
    local = world.week.astimezone(clock.LOCAL)
    change = local.replace(hour=8, minute=0, second=0, microsecond=0)
    while change <= world.now + timedelta(hours=12):
        incoming = both[0 if change.hour == 8 else 1]
        if change > world.now - LAST_WEEK * world.share:
            _plan_change(world, change, incoming, both[1 if change.hour == 8 else 0], chance)
        change += timedelta(hours=12)


def _plan_change(
    world: World,
    change: datetime,
    incoming: dict[Post, list[Acting]],
    outgoing: dict[Post, list[Acting]],
    chance: Random,
) -> None:
    before = change - timedelta(minutes=chance.uniform(4, 12))
    world.at(before, partial(_come, who=incoming))
    for minutes, happen in (
        (1, _prepare),
        (4 + chance.random() * 3, partial(_sign, by=outgoing, said=_said(chance))),
        (8 + chance.random() * 4, partial(_take, by=incoming)),
        (14 + chance.random() * 6, partial(_go, who=outgoing)),
    ):
        world.at(change + timedelta(minutes=minutes), happen)


def _said(chance: Random) -> Said:
    words = script()
    return Said(_KEYS, _KEYS, "", chance.choice(words.defects), chance.choice(words.words))


def _come(world: World, *, who: dict[Post, list[Acting]]) -> None:
    for people in who.values():
        for acting in people:
            shifts.sign_on(world.main.pk, by=acting.actor)


def _go(world: World, *, who: dict[Post, list[Acting]]) -> None:
    on = {one.staff_ref for one in on_duty.on_post(world.main.pk)}
    for people in who.values():
        for acting in people:
            if acting.actor.ref in on:
                shifts.sign_off(world.main.pk, by=acting.actor)


def _prepare(world: World) -> None:
    handovers.prepare(world.main.pk)


def _sign(world: World, *, by: dict[Post, list[Acting]], said: Said) -> None:
    for row in handing.open_ones(world.main.pk):
        handovers.sign(row.id, said, by=by[Post.DUTY_LEADER][0].actor, proven_at=clock.now())


def _take(world: World, *, by: dict[Post, list[Acting]]) -> None:
    leader = by[Post.DUTY_LEADER][0].actor
    for row in handing.open_ones(world.main.pk):
        shown = handing.document(row.id, leader)
        items = {item.id: "" for section in shown.sections for item in section.items}
        handovers.read(row.id, items, by=leader)
        handovers.take(row.id, by=leader, proven_at=clock.now())


# ---------------------------------------------------------------------- rounds

#: Seconds from door to door, minutes between two walks of an area, and how long the last one took.
_STRIDE, _REST, _LAST = (12, 34), (6.0, 13.0), timedelta(minutes=9)
#: Of so many looks one comes late, by at most so many minutes.
_ONE_LATE_IN, _AT_MOST_LATE = 400, 12


def walk(world: World) -> None:
    """The rounds of the last days until now; of cells in which somebody is."""
    chance, both = Random("rounds"), crews(world)  # noqa: S311  (a world, not a secret)
    people = custody.present_in([cell.pk for cell in world.cells[world.main.pk]])
    looks: list[Was] = []
    for number, area in enumerate(areas(world)):
        cells = [
            cell.pk
            for cell in world.cells[world.main.pk]
            if cell.area is not None and cell.area.name == area and cell.pk in people
        ]
        patrols = [crew_[Post.PATROL][number].actor for crew_ in both]
        begins = world.now - ROUNDS * world.share
        while begins < world.now - _LAST:
            looks += _walked(cells, people, begins, patrols, chance)
            begins = looks[-1].at + timedelta(minutes=chance.uniform(*_REST))
        looks += _walked(cells, people, world.now - _LAST, patrols, chance)
    rounds.receive(world.main.pk, looks)


def _walked(
    cells: list[UUID],
    people: dict[UUID, int],
    begins: datetime,
    patrols: list[Actor],
    chance: Random,
) -> Iterator[Was]:
    by = patrols[0 if 8 <= begins.astimezone(clock.LOCAL).hour < 20 else 1]
    at = begins
    for cell in chance.sample(cells, len(cells)):
        late = chance.randint(1, _AT_MOST_LATE) if not chance.randrange(_ONE_LATE_IN) else 0
        reason = chance.choice(_LATE_BY) if late else ""
        yield Was(cell, at, by, people[cell], "tag", sentence(chance), late, reason)
        at += timedelta(seconds=chance.uniform(*_STRIDE))
