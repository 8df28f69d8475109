"""What a plan breaks, and the plan that follows from patterns alone. Pure.

A plan is a set of lines: who holds which post in which turn of a day. The check is one for every change,
whoever made it: a leader by hand, two officers by a swap, or the software by a proposal.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.roster.rules import (
    NEW,
    WEEK,
    WOMAN,
    Check,
    Frame,
    Rule,
    Turn,
    span_of,
)

#: How many days before a month and behind it the rules look for what somebody works there.
LOOKS = 7


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """Somebody is expected on a post in a turn of a day; `women`: on a place in the women's area."""

    day: date
    turn: str
    post: Post
    staff: str
    women: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be planned: what they are by law, the posts they hold, the crew they turn with."""

    ref: str
    name: str
    kind: StaffKind
    posts: tuple[Post, ...]
    crew: int | None = None
    marks: frozenset[str] = frozenset()

    @property
    def is_woman(self) -> bool:
        """Whether a leader noted her as a woman officer. Nobody is one by a guess."""
        return WOMAN in self.marks


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody isn't there from a day to a day, both included."""

    staff: str
    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Whether it is about a day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who there is to plan with, and who of them is away when."""

    people: Mapping[str, Person]
    away: Sequence[Away] = ()

    def is_away(self, staff: str, day: date) -> bool:
        """Whether somebody is away on a day."""
        return any(one.staff == staff and one.covers(day) for one in self.away)


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """What a plan breaks: the rule, the day, and who or which post it is about.

    `found` and `allowed` are the two numbers that are compared, where the rule compares any.
    """

    day: date
    rule: str
    effect: str
    turn: str
    post: str
    staff: str = ""
    found: int = 0
    allowed: int = 0

    @property
    def blocks(self) -> bool:
        """Whether nothing may be published or changed that has it."""
        return self.effect == "block"


def check(
    lines: Iterable[Line],
    frame: Frame,
    staffing: Staffing,
    first: date,
    last: date,
) -> list[Breach]:
    """What lines break on the days from `first` to `last`, by day.

    `lines` may reach beyond: what somebody works the days before counts for their rest, nights and hours.
    """
    known = sorted(set(lines))
    within = [line for line in known if first <= line.day <= last]
    found: set[Breach] = set()
    for rule in frame.file.rules:
        for breach in _CHECKS[rule.checks](rule, known, within, frame, staffing, first, last):
            if first <= breach.day <= last and rule.in_force(breach.day):
                found.add(breach)
    return sorted(found)


def _on(rule: Rule, line: Line, found: int = 0, allowed: int = 0) -> Breach:
    return Breach(
        line.day, rule.id, rule.effect, line.turn, line.post.value, line.staff, found, allowed
    )


def _at(rule: Rule, slot: tuple[date, str, Post], found: int, allowed: int) -> Breach:
    day, turn, post = slot
    return Breach(day, rule.id, rule.effect, turn, post.value, "", found, allowed)


def _slots(lines: Iterable[Line]) -> dict[tuple[date, str, Post], list[Line]]:
    slots: dict[tuple[date, str, Post], list[Line]] = defaultdict(list)
    for line in lines:
        slots[line.day, line.turn, line.post].append(line)
    return slots


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from one to another, both included."""
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def _each(
    wrong: Callable[[Rule, Line, Staffing], bool],
) -> "_Checker":
    """A check of each line by itself."""

    def checker(
        rule: Rule,
        _known: Sequence[Line],
        within: Sequence[Line],
        _frame: Frame,
        staffing: Staffing,
        _first: date,
        _last: date,
    ) -> Iterator[Breach]:
        return (_on(rule, line) for line in within if wrong(rule, line, staffing))

    return checker


def _no_woman(_rule: Rule, line: Line, staffing: Staffing) -> bool:
    person = staffing.people.get(line.staff)
    return line.women and not (person and person.is_woman)


def _no_police(rule: Rule, line: Line, staffing: Staffing) -> bool:
    person = staffing.people.get(line.staff)
    return line.post in rule.posts and bool(person) and not _is_officer(person)


def _is_officer(person: Person | None) -> bool:
    return person is not None and person.kind is StaffKind.OFFICER


def _not_theirs(_rule: Rule, line: Line, staffing: Staffing) -> bool:
    person = staffing.people.get(line.staff)
    return person is None or line.post not in person.posts


def _is_away(_rule: Rule, line: Line, staffing: Staffing) -> bool:
    return staffing.is_away(line.staff, line.day)


def _accompanied(
    rule: Rule, _known: object, within: Sequence[Line], _frame: object, staffing: Staffing, *_: date
) -> Iterator[Breach]:
    for slot, held in _slots(within).items():
        kinds = {staffing.people[line.staff].kind for line in held if line.staff in staffing.people}
        if (
            slot[2] in rule.posts
            and StaffKind.AUXILIARY in kinds
            and StaffKind.OFFICER not in kinds
        ):
            yield from (_on(rule, line) for line in held)


def _new(
    rule: Rule, _known: object, within: Sequence[Line], _frame: object, staffing: Staffing, *_: date
) -> Iterator[Breach]:
    for held in _slots(within).values():
        people = [staffing.people.get(line.staff) for line in held]
        if all(person and NEW in person.marks for person in people):
            yield from (_on(rule, line) for line in held)


def _two(
    rule: Rule, _known: object, within: Sequence[Line], frame: Frame, _staffing: object, *_: date
) -> Iterator[Breach]:
    posts = frame.own.two if rule.checks == "own_two" else rule.posts
    for slot, held in _slots(within).items():
        turn = frame.turn(slot[1])
        if slot[2] in posts and turn and not turn.is_office and len(held) < 2:
            yield _at(rule, slot, len(held), 2)


def _strength(
    rule: Rule,
    _known: object,
    within: Sequence[Line],
    frame: Frame,
    _staffing: object,
    first: date,
    last: date,
) -> Iterator[Breach]:
    slots = _slots(within)
    for day in days_between(first, last):
        for (turn, post), needed in frame.needs.items():
            held = slots.get((day, turn, post), ())
            women = frame.women_needed(turn, post)
            missing = max(needed - len(held), women - sum(line.women for line in held))
            if missing > 0:
                yield _at(rule, (day, turn, post), needed - missing, needed)


def _worked(known: Iterable[Line], frame: Frame) -> dict[str, list[tuple[Line, Turn]]]:
    """The lines of each person in the order of time; those of turns that aren't left out."""
    found: dict[str, list[tuple[Line, Turn]]] = defaultdict(list)
    for line in known:
        if turn := frame.turn(line.turn):
            found[line.staff].append((line, turn))
    for worked in found.values():
        worked.sort(key=lambda one: span_of(one[0].day, one[1]))
    return found


def _rest(
    rule: Rule, known: Sequence[Line], _within: object, frame: Frame, *_: object
) -> Iterator[Breach]:
    needed = frame.own.limit("rest")
    for worked in _worked(known, frame).values():
        ended: int | None = None
        for line, turn in worked:
            begins, ends = span_of(line.day, turn)
            if ended is not None and begins - ended < needed * 60:
                yield _on(rule, line, max(0, begins - ended) // 60, needed)
            ended = max(ends, ended or ends)


def _nights(
    rule: Rule, known: Sequence[Line], _within: object, frame: Frame, *_: object
) -> Iterator[Breach]:
    most = frame.own.limit("nights")
    for worked in _worked(known, frame).values():
        run, before = 0, None
        for line, turn in worked:
            if not turn.is_night:
                continue
            if line.day == before:
                continue
            follows = before is not None and line.day - before == timedelta(days=1)
            run, before = (run + 1 if follows else 1), line.day
            if run > most:
                yield _on(rule, line, run, most)


def _hours(
    rule: Rule, known: Sequence[Line], _within: object, frame: Frame, *_: object
) -> Iterator[Breach]:
    most = frame.own.limit("hours")
    for worked in _worked(known, frame).values():
        for at, (line, _turn) in enumerate(worked):
            minutes = sum(
                turn.minutes for other, turn in worked[: at + 1] if line.day - other.day < WEEK
            )
            if minutes > most * 60:
                yield _on(rule, line, minutes // 60, most)


_Checker = Callable[
    [Rule, Sequence[Line], Sequence[Line], Frame, Staffing, date, date], Iterator[Breach]
]
_CHECKS: dict[Check, _Checker] = {
    "women": _each(_no_woman),
    "police": _each(_no_police),
    "post": _each(_not_theirs),
    "away": _each(_is_away),
    "accompanied": _accompanied,
    "new": _new,
    "two": _two,
    "own_two": _two,
    "strength": _strength,
    "rest": _rest,
    "nights": _nights,
    "hours": _hours,
}


def worse(before: Iterable[Breach], after: Iterable[Breach]) -> list[Breach]:
    """What a change breaks that blocks and wasn't broken before."""
    known = set(before)
    return [breach for breach in after if breach.blocks and breach not in known]


def by_pattern(
    frame: Frame,
    staffing: Staffing,
    first: date,
    last: date,
    *,
    works: Callable[[date], bool],
) -> list[Line]:
    """The plan that follows from crews and office hours, with nobody who is away.

    Who belongs to a crew turns with it; others work office hours on the days that `works` names. Each is on
    the first post they hold.
    """
    pattern = frame.pattern()
    found = []
    for person in staffing.people.values():
        for day in days_between(first, last):
            key = ""
            if person.crew is not None:
                at = pattern.shift_of(person.crew, day) if pattern else 0
                key = frame.shifts[at - 1].key if at else ""
            elif works(day):
                key = frame.turns[-1].key
            if key and not staffing.is_away(person.ref, day):
                found.append(Line(day, key, person.posts[0], person.ref))
    return seated(found, frame, staffing)


def seated(lines: Iterable[Line], frame: Frame, staffing: Staffing) -> list[Line]:
    """The same lines with the places in the women's area given to women who are there, as many as there
    are places; whoever holds such a place already keeps it where they may.
    """
    found: list[Line] = []
    for (_day, turn, post), held in sorted(_slots(lines).items()):
        places = frame.women_needed(turn, post)
        women = [line for line in held if _may_sit(line, staffing)]
        women.sort(key=lambda line: (not line.women, line.staff))
        seats = {line.staff for line in women[:places]}
        found.extend(replace(line, women=line.staff in seats) for line in held)
    return sorted(found)


def _may_sit(line: Line, staffing: Staffing) -> bool:
    person = staffing.people.get(line.staff)
    return person is not None and person.is_woman


def nights_of(lines: Iterable[Line], frame: Frame) -> Counter[str]:
    """How many nights each person has."""
    nights = {turn.key for turn in frame.turns if turn.is_night}
    return Counter(line.staff for line in lines if line.turn in nights)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one plan has that another has not, of one person on one day."""

    staff: str
    day: date
    before: tuple[Line, ...]
    after: tuple[Line, ...]


def differences(before: Collection[Line], after: Collection[Line]) -> list[Difference]:
    """By person and day, where two plans differ. A place in the women's area is a difference too."""
    old, new = _of_people(before), _of_people(after)
    return [
        Difference(staff, day, tuple(old[staff, day]), tuple(new[staff, day]))
        for staff, day in sorted({*old, *new})
        if old[staff, day] != new[staff, day]
    ]


def _of_people(lines: Iterable[Line]) -> dict[tuple[str, date], list[Line]]:
    found: dict[tuple[str, date], list[Line]] = defaultdict(list)
    for line in sorted(lines):
        found[line.staff, line.day].append(line)
    return found
