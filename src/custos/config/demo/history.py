"""What was before the last week: who is held since then, and who came and went in three years.

People come in the order of time into cells that have a place for them: men and women, minors, convicted
people, co-defendants and those kept apart each stand apart at every moment, as the rules of separation
have it. It is planned here, and written by `custody.bulk`.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from custos.config.demo import cases, people
from custos.config.demo.cases import Case
from custos.config.demo.people import Person
from custos.config.demo.places import LAST_WEEK, World
from custos.foundation import clock
from custos.foundation.custody import bulk
from custos.foundation.custody.bulk import Ended, Known, Pair, Placed, Said
from custos.foundation.custody.people import facts
from custos.foundation.database.ids import new_id
from custos.foundation.media.services import StoredFile
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Post

#: Who is held in the main facility since before the last week, by stage: how many men and women.
_HELD = {
    "detained": (18, 4),
    "arrest_requested": (39, 5),
    "arrested": (112, 14),
    "extended": (33, 3),
    "prosecution": (69, 6),
    "first_instance": (92, 7),
    "second_instance": (33, 3),
    "awaiting_delivery": (21, 3),
    "serving_here": (12, 3),
}
_MINORS, _GIRLS, _ILL, _ABROAD, _UNKNOWN = 9, 3, 5, 12, 3
#: Men and women held in each other facility, by its kind.
_ELSEWHERE = {"KSS": (36, 6), "JLS": (33, 6), "QJS": (50, 10)}
#: Who leaves in the last week, besides, by way out; and the two whose bail is on the table now.
_LEAVING = {"BAIL": 8, "PRISON": 4, "TERM-SERVED": 3, "DETENTION-ENDED": 9, "TREATMENT-ENDED": 3}
_ON_THE_TABLE = 2
#: How many came and went before the last week: in the main facility, the administrative house and the
#: treatment centre.
PAST = (4_185, 591, 197)

#: Whose limit runs out about now: stage, and the last day counted from today. Of the first three nothing
#: has come that carries custody on: an extension that was asked for, an indictment, a judgment.
RUNNING_OUT = (
    ("arrested", -1),
    ("prosecution", -2),
    ("first_instance", -4),
    ("arrested", 0),
    ("prosecution", 2),
    ("first_instance", 5),
)
#: How long somebody stays among new arrivals.
SETTLING = timedelta(days=7)
SENT_ON = "移送审查起诉"
SETTLED, CONVICTED = "过渡期满，转普通监室", "判决已生效，转已决监室"
_GROUPS, _QUARRELS = 24, 14
_APART = (
    ("threat", "威胁者", "被威胁者", "曾扬言报复，经管教核实"),
    ("informant", "检举人", "被检举人", "一方检举另一方，防止打击报复"),
    ("witness", "证人", "被告人", "一方是另一方案件的证人"),
)
_GROUND = {"KSS": "看守所条例 第9条", "JLS": "拘留所条例 第9条", "QJS": "戒毒条例 第28条"}
_REPEATERS, _TWICE_ON_FILE = 40, 3


@dataclass(slots=True)
class Coming:
    """Somebody who came: why, when, until when, and whom they must not meet (`apart`)."""

    facility: Organization
    person: Person
    case: Case
    admitted_at: datetime
    pool: str
    leaves: tuple[datetime, str, str] | None = None
    settles: bool = False
    apart: set[int] = field(default_factory=set)
    others: list["Coming"] = field(default_factory=list)
    places: list[Placed] = field(default_factory=list)
    number: str = ""
    person_id: UUID = field(default_factory=new_id)
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who leaves in the last week, by which way out, and when it begins; `leaves`: by now."""

    who: Coming
    way: str
    at: datetime
    leaves: bool = True


@dataclass(slots=True)
class Later:
    """What happens to somebody in the last week: papers that come, who has settled in, and who leaves."""

    papers: list[tuple[datetime, Coming, facts.Fact]] = field(default_factory=list)
    settling: list[tuple[datetime, UUID]] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)


def write(world: World, portraits: dict[str, list[StoredFile]]) -> Later:
    """Write everything that was before the last week; returns what of it happens later."""
    held, pairs = _held(world)
    gone = _gone(world, held)
    leaving = list(_leaving(world))
    held += [one.who for one in leaving]
    _settle(world, [*held, *gone])
    recorded = {one.person_id for one in held}
    known = {one.id: _known(world, one, portraits, recorded) for one in [*held, *gone]}
    bulk.receive(list(known.values()), [_pair(world, known, pair) for pair in pairs])
    until = world.week
    later = Later(leaving=leaving)
    for one in held:
        later.papers += [(at, one, paper) for at, paper in one.case.papers if at >= until]
        if world.pool_of[one.places[-1].cell.pk].endswith("-new"):
            settled = max(one.admitted_at + SETTLING, until + timedelta(hours=10))
            later.settling.append((settled, one.id))
    return later


# ---------------------------------------------------------------------- who comes


_Quarrel = tuple[Coming, Coming, tuple[str, str, str, str]]


def _held(world: World) -> tuple[list[Coming], list[_Quarrel]]:
    """Everybody who is held since before the last week, and the pairs among those of the main one."""
    main = [*_held_in_main(world)]
    pairs = [*_codefendants(world, main), *_quarrels(world, main)]
    _let_run_out(world, main)
    return [*main, *_held_elsewhere(world)], pairs


def _held_in_main(world: World) -> Iterator[Coming]:
    chance, today = world.chance, clock.day_of(world.now)
    serial = itertools.count()
    for stage, (men, women) in _HELD.items():
        for sex in "1" * world.so_many(men) + "2" * world.so_many(women):
            person = people.grown_up(chance, today, sex, serial=next(serial))
            yield _criminal(world, world.main, person, stage)
    for sex in "1" * world.so_many(_MINORS) + "2" * world.so_many(_GIRLS):
        stage = chance.choice(("arrested", "arrested", "prosecution"))
        person = people.minor(chance, today, sex)
        yield _criminal(world, world.main, person, stage, f"{sex}-minor")
    for _ in range(world.so_many(_ILL)):
        stage = chance.choice(("arrested", "prosecution"))
        person = people.grown_up(chance, today, "1")
        person.facts.append(facts.Need(kind="care", text="在病号监室，医生每日巡诊两次"))
        yield _criminal(world, world.main, person, stage, "1-ill")
    for number in range(world.so_many(_ABROAD)):
        stage = chance.choice(("arrested", "prosecution", "first_instance"))
        yield _criminal(world, world.main, people.foreigner(chance, today, number), stage)
    for number in range(world.so_many(_UNKNOWN)):
        yield _criminal(world, world.main, people.unknown(chance, number), "arrested")


def _criminal(
    world: World, facility: Organization, person: Person, stage: str, pool: str = ""
) -> Coming:
    chance = world.chance
    case = cases.standing(chance, stage, world.now, world.city_of(facility))
    case.charges, case.violent = cases.charged(chance, minor=pool.endswith("minor"))
    admitted = case.detained_at + timedelta(hours=chance.uniform(3, 20))
    settles = not pool and facility == world.main
    return Coming(facility, person, case, admitted, pool or person.sex, settles=settles)


def _held_elsewhere(world: World) -> Iterator[Coming]:
    chance, today = world.chance, clock.day_of(world.now)
    for facility in world.facilities[1:]:
        men, women = _ELSEWHERE[facility.kind]
        for sex in "1" * world.so_many(men) + "2" * world.so_many(women):
            person = people.grown_up(chance, today, sex)
            if facility.kind == "KSS":
                stage = chance.choice(("arrested", "prosecution", "first_instance"))
                yield _criminal(world, facility, person, stage)
            else:
                yield _by_decision(world, facility, person)
        if facility.kind == "JLS":
            for number in (0, 5):
                person = people.foreigner(chance, today, number)
                at = world.now - timedelta(days=chance.uniform(8, 20))
                case = cases.examination(chance, at, world.city_of(facility))
                yield Coming(facility, person, case, at + timedelta(hours=5), "1-abroad")


def _by_decision(world: World, facility: Organization, person: Person) -> Coming:
    chance, city = world.chance, world.city_of(facility)
    if facility.kind == "JLS":
        days = chance.uniform(7.2, 13.5)
        case = cases.administrative(chance, world.now - timedelta(days=days), city, days)
    else:
        case = cases.treatment(chance, world.now - timedelta(days=chance.uniform(8, 160)), city)
    admitted = case.detained_at + timedelta(hours=chance.uniform(1, 5))
    return Coming(facility, person, case, admitted, person.sex)


def _leaving(world: World) -> Iterator[Leaving]:
    """Who is held when the week begins and leaves in it; of those whose term ends, one leaves today."""
    chance, today = world.chance, clock.day_of(world.now)
    span = (LAST_WEEK - timedelta(hours=30)).total_seconds()

    def somewhen(case: Case) -> datetime:
        at = world.week + timedelta(hours=20, seconds=chance.random() * span)
        return max([at, *(came + timedelta(hours=3) for came, _paper in case.papers)])

    def days(count: int) -> Iterator[date]:
        yield today
        for _ in range(world.so_many(count)):
            yield today - timedelta(days=chance.randint(1, 5))

    def on(day: date) -> datetime:
        opens = datetime.combine(day, time(8), clock.LOCAL)
        return opens + timedelta(minutes=chance.randrange(240))

    bailed = world.so_many(_LEAVING["BAIL"])
    for number in range(bailed + _ON_THE_TABLE):
        one = _criminal(world, world.main, people.grown_up(chance, today, "1"), "detained")
        yield Leaving(one, "BAIL", somewhen(one.case), leaves=number < bailed)
    for _ in range(world.so_many(_LEAVING["PRISON"])):
        person = people.grown_up(chance, today, "1")
        one = _criminal(world, world.main, person, "awaiting_delivery")
        while not one.case.of_one_court:
            one = _criminal(world, world.main, person, "awaiting_delivery")
        yield Leaving(one, "PRISON", somewhen(one.case))
    for day in days(_LEAVING["TERM-SERVED"]):
        one = _criminal(world, world.main, people.grown_up(chance, today, "1"), "serving_here")
        one.case = cases.served(chance, day, one.case, world.city_of(world.main))
        one.admitted_at = one.case.detained_at + timedelta(hours=chance.uniform(3, 20))
        yield Leaving(one, "TERM-SERVED", on(day), leaves=day < today)
    for day in days(_LEAVING["DETENTION-ENDED"]):
        person = people.grown_up(chance, today, "1")
        case = cases.detained_until(chance, day, world.city_of(world.administrative))
        one = Coming(world.administrative, person, case, case.detained_at, person.sex)
        one.admitted_at += timedelta(hours=chance.uniform(1, 5))
        yield Leaving(one, "DETENTION-ENDED", on(day), leaves=day < today)
    for _ in range(world.so_many(_LEAVING["TREATMENT-ENDED"])):
        begun = world.now - timedelta(days=chance.uniform(110, 170))
        case = cases.treatment(chance, begun, world.city_of(world.treatment))
        one = Coming(world.treatment, people.grown_up(chance, today, "1"), case, begun, "1")
        one.admitted_at += timedelta(hours=chance.uniform(1, 5))
        yield Leaving(one, "TREATMENT-ENDED", somewhen(case))


def _let_run_out(world: World, main: list[Coming]) -> None:
    """The limits of a few end about now: no paper has come, or it comes at the last moment."""
    chance, today = Random(world.now.isoformat()), clock.day_of(world.now)  # noqa: S311  (a world)
    free = [one for one in main if one.pool in "12" and not one.apart]
    for stage, days in RUNNING_OUT:
        one = next((each for each in free if each.case.stage == stage), None)
        if one is None:
            continue
        free.remove(one)
        city, day = world.city_of(world.main), today + timedelta(days=days)
        while not cases.may_end(stage, day):
            day += timedelta(days=-1 if days < 0 else 1)
        one.case = cases.running_out(chance, stage, day, one.case, city)
        one.admitted_at = one.case.detained_at + timedelta(hours=chance.uniform(3, 20))


def _codefendants(world: World, main: list[Coming]) -> Iterator[_Quarrel]:
    """Some of one stage turn out to be of one case."""
    chance = world.chance
    free = [one for one in main if one.pool in "12" and one.case.stage not in cases.CONVICTED]
    for group in range(world.so_many(_GROUPS)):
        size = chance.choice((2, 2, 3, 4))
        first = free.pop(chance.randrange(len(free)))
        members = [first]
        for _ in range(size - 1):
            alike = [one for one in free if one.case.stage == first.case.stage]
            other = chance.choice(alike or free)
            free.remove(other)
            charges, violent = first.case.charges, first.case.violent
            other.case = cases.of_the_same(chance, first.case)
            other.case.charges, other.case.violent = charges, violent
            other.admitted_at = first.admitted_at + timedelta(minutes=25 * len(members))
            members.append(other)
        for one, other in itertools.combinations(members, 2):
            one.others.append(other)
            other.others.append(one)
            roles = ("主犯", "从犯") if one is first else ("从犯", "从犯")
            yield one, other, ("codefendants", *roles, "同案犯")
        for one in members:
            one.apart.add(group)


def _quarrels(world: World, main: list[Coming]) -> Iterator[_Quarrel]:
    """Some who never met in one cell must not."""
    chance = world.chance
    free = [one for one in main if one.pool in "12" and not one.others]
    free = [one for one in free if one.case.stage not in cases.CONVICTED]
    for number in range(world.so_many(_QUARRELS)):
        one = free.pop(chance.randrange(len(free)))
        other = chance.choice([each for each in free if each.pool == one.pool])
        free.remove(other)
        one.apart.add(_GROUPS + number)
        other.apart.add(_GROUPS + number)
        yield one, other, _APART[number % len(_APART)]


def _gone(world: World, held: list[Coming]) -> list[Coming]:
    """Who came and left before the last week."""
    chance, today = world.chance, clock.day_of(world.now)
    began, until = world.began + timedelta(days=2), world.week - timedelta(days=1)
    gone: list[Coming] = []
    wanted = [(world.main, PAST[0]), (world.administrative, PAST[1]), (world.treatment, PAST[2])]
    for facility, count in wanted:
        for _ in range(world.so_many(count)):
            sex = "2" if chance.random() < 0.1 else "1"
            person = people.grown_up(chance, today, sex)
            gone.append(_came_and_went(world, facility, person, began, until))
    again = [one for one in held if one.pool in "12" and one.facility == world.main]
    chance.shuffle(again)
    for number, (one, now) in enumerate(
        zip(gone[: _REPEATERS + _TWICE_ON_FILE], again, strict=False)
    ):
        if one.person.sex != now.person.sex or one.leaves is None:
            continue
        if one.leaves[0] > now.admitted_at - timedelta(days=30) or not now.person.born:
            continue
        one.person = now.person
        if number < _REPEATERS:
            one.person_id = now.person_id
    return gone


def _came_and_went(
    world: World, facility: Organization, person: Person, began: datetime, until: datetime
) -> Coming:
    chance, city = world.chance, world.city_of(facility)
    while True:
        at = began + (until - began) * chance.random()
        if facility.kind == "JLS":
            case = cases.administrative(chance, at, city)
            assert case.ends is not None  # each decision names its last day
            days = (case.ends - clock.day_of(at)).days
            leaves = (at + timedelta(days=days), "term_ended", f"解除拘留证明书 {case.number}")
        elif facility.kind == "QJS":
            case = cases.treatment(chance, at, city)
            left = at + timedelta(days=chance.uniform(95, 180))
            leaves = (left, "transfer", f"移送司法行政强制隔离戒毒所 {case.number}")
        else:
            case, left, way, document = cases.over(chance, at, city)
            leaves = (left, way, document)
            case.charges, case.violent = cases.charged(chance)
        if leaves[0] < until:
            break
    admitted = at + timedelta(hours=chance.uniform(2, 18))
    settles = facility == world.main
    return Coming(facility, person, case, admitted, person.sex, leaves, settles)


# ---------------------------------------------------------------------- where they are put


def _settle(world: World, everybody: list[Coming]) -> None:
    """Give each a cell for each time, in the order in which they come, move and leave.

    Who finds every cell full comes half a day later.
    """
    turn = itertools.count()
    events = [(one.admitted_at, next(turn), "comes", one) for one in everybody]
    heapq.heapify(events)
    inside: dict[UUID, list[Coming]] = {}

    def put(one: Coming, pools: tuple[str, ...], at: datetime, reason: str) -> bool:
        cell = _free(world, inside, one, pools)
        if cell is None:
            return False
        if one.places:
            inside[one.places[-1].cell.pk].remove(one)
        inside.setdefault(cell.pk, []).append(one)
        post = Post.CASE_OFFICER if one.places else Post.ADMISSION
        one.places.append(Placed(cell, at, world.someone(post, one.facility), reason))
        return True

    def then(at: datetime, what: str, one: Coming) -> None:
        if at < world.week:
            heapq.heappush(events, (at, next(turn), what, one))

    while events:
        at, _turn, what, one = heapq.heappop(events)
        if what == "comes":
            first = f"{one.pool}-new" if one.settles else one.pool
            if not put(one, (first, one.pool), at, ""):
                one.admitted_at = at + timedelta(hours=12)
                then(one.admitted_at, "comes", one)
                continue
            one.number = world.number(one.facility.pk, clock.day_of(at))
            if one.leaves:
                left, way, document = one.leaves
                one.leaves = (max(left, at + timedelta(hours=1)), way, document)
                then(one.leaves[0], "leaves", one)
            if one.settles and world.pool_of[one.places[-1].cell.pk] == first:
                then(at + SETTLING, "settles", one)
            if one.case.convicted_at and not one.leaves:
                then(one.case.convicted_at, "convicted", one)
        elif what == "leaves":
            inside[one.places[-1].cell.pk].remove(one)
        elif what == "settles" and (not one.leaves or one.leaves[0] > at):
            if not put(one, (one.pool,), at, SETTLED):
                then(at + timedelta(hours=12), "settles", one)
        elif what == "convicted" and not put(one, (f"{one.pool}-convicted",), at, CONVICTED):
            raise RuntimeError(f"no cell for the convicted in {one.facility} has a place")
    for cell, there in inside.items():
        world.occupancy[cell] = len(there)


def _free(
    world: World, inside: dict[UUID, list[Coming]], one: Coming, pools: tuple[str, ...]
) -> Cell | None:
    """The emptiest cell of the first of some pools that has a place and nobody from whom somebody is kept
    apart; of another area than theirs, if there is one in any of the pools.
    """

    def shares(cell: Cell) -> bool:
        return any(one.apart & other.apart for other in inside.get(cell.pk, ()))

    there = one.places[-1].cell.pk if one.places else None
    known = world.pools[one.facility.pk]
    usable = [
        (place, cell)
        for place, pool in enumerate(pools)
        for cell in known.get(pool, ())
        if len(inside.get(cell.pk, ())) < cell.capacity and cell.pk != there
    ]
    usable = [(place, cell) for place, cell in usable if not (one.apart and shares(cell))]
    areas = set()
    if one.apart:
        areas = {cell.area_id for cells in known.values() for cell in cells if shares(cell)}
    _place, found = min(
        usable,
        key=lambda each: (
            each[1].area_id in areas,
            each[0],
            len(inside.get(each[1].pk, ())),
            each[1].name,
        ),
        default=(0, None),
    )
    return found


# ---------------------------------------------------------------------- as it is written


def _known(
    world: World, one: Coming, portraits: dict[str, list[StoredFile]], recorded: set[UUID]
) -> Known:
    ended = None
    if one.leaves:
        at, way, document = one.leaves
        by, second = world.two(Post.ADMISSION, Post.LEADER, one.facility)
        ended = Ended(at, way, document, by, second)
    return Known(
        organization_id=one.facility.pk,
        name=one.person.name,
        sex=one.person.sex,
        born=one.person.born,
        number=one.number,
        basis=one.case.basis,
        basis_number=one.case.basis_number,
        arrived_at=one.places[0].since - timedelta(minutes=40),
        places=one.places,
        ground=_GROUND[one.facility.kind],
        said=sorted(_said(world, one, portraits, recorded), key=lambda said: said.at),
        counted=_counted(world, one),
        ended=ended,
        person=one.person_id,
        id=one.id,
    )


def _said(
    world: World, one: Coming, portraits: dict[str, list[StoredFile]], recorded: set[UUID]
) -> Iterator[Said]:
    """What was recorded: of whoever left, who they were (if not yet `recorded`) and on what they came."""
    came = one.places[0].since
    receiver, officer = (
        world.someone(post, one.facility) for post in (Post.ADMISSION, Post.CASE_OFFICER)
    )
    minutes = itertools.count(2)

    def soon(fact: facts.Fact, files: tuple[StoredFile, ...] = ()) -> Said:
        return Said(fact, came + timedelta(minutes=next(minutes)), receiver, files)

    papers = [(at, paper) for at, paper in one.case.papers if at < world.week]
    kept = one.person.facts
    if one.leaves:
        sorts = () if one.person_id in recorded else ("identity", "nationality")
        kept, papers = [fact for fact in kept if fact.sort in sorts], papers[:1]
    else:
        file = world.chance.choice(portraits.get(one.person.sex, portraits["1"]))
        photo = facts.Photo(sha256=file.sha256, media_type=file.media_type)
        yield soon(photo, (file,))
    for fact in (*kept, *one.case.charges):
        yield soon(fact)
    for at, paper in papers:
        yield soon(paper) if at <= came else Said(paper, at, officer)
    for other in one.others:
        yield soon(
            facts.CoDefendant(name=other.person.name, case_number=one.case.number, custody=other.id)
        )


def _counted(world: World, one: Coming) -> bulk.Counted | None:
    chance, officer = world.chance, world.someone(Post.CASE_OFFICER, one.facility)
    if one.leaves or one.case.stage not in cases.STAGES:
        return None
    repeat = chance.random() < 0.3
    if at := one.case.convicted_at:
        why = "判决已发生法律效力，执行通知书已送达"
        return bulk.Counted("convicted", at, officer, why, repeat, one.case.violent)
    sent = (at for at, paper in one.case.papers if getattr(paper, "note", "") == SENT_ON)
    at = next(sent, None)
    if at is None or at >= world.week:
        return None
    return bulk.Counted("unconvicted", at, officer, "依起诉意见书登记", repeat, one.case.violent)


def _pair(world: World, known: dict[UUID, Known], quarrel: _Quarrel) -> Pair:
    one, other, (kind, role, role_of_other, reason) = quarrel
    at = max(one.places[0].since, other.places[0].since) + timedelta(minutes=45)
    by = world.someone(Post.ADMISSION)
    return Pair(known[one.id], known[other.id], kind, "cell", role, role_of_other, reason, at, by)
