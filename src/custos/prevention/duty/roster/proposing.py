"""A proposal for a month: the least change from what stands, with every rule kept and nights shared fairly.

Pure, and deterministic: one worker, a fixed seed, and a bound in the solver's own measure of work, so that
the same facts give the same plan. What can't be filled is told with the reason; the rules are never bent
for it. The solver takes a while to load, so it is loaded when a proposal is made and not before.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.roster.plan import LOOKS, Line, Person, Staffing, days_between, seated
from custos.prevention.duty.roster.rules import Frame, Turn, span_of

SEED = 20181
#: For all groups of posts together, in the solver's own measure: a minute or two.
WORK = 15.0
#: By the clock for each group, whatever the machine: a proposal is better a little worse than late.
SECONDS = 120.0

#: What a proposal costs: a place that nobody fills outweighs any number of changes, and a change outweighs
#: an uneven night. A place in the women's area is a place of its own.
_MISSING, _CHANGED, _TURNED, _UNEVEN = 10_000, 10, 4, 6


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A post that a proposal can't fill, and what became of those who hold it."""

    day: date
    turn: str
    post: str
    missing: int
    women: bool
    holders: int
    away: int
    working: int
    resting: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, what it can't fill, and whether the solver had time to find that nothing is better."""

    lines: list[Line]
    gaps: list[Gap]
    proven: bool


def propose(
    frame: Frame,
    staffing: Staffing,
    first: date,
    last: date,
    *,
    stands: Collection[Line],
    around: Collection[Line] = (),
    from_day: date | None = None,
    work: float = WORK,
) -> Proposal:
    """A plan for the days from `first` to `last`.

    `stands` is what it changes as little as it can; what lies before `from_day` isn't touched. `around` is
    what people work on the days next to these.
    """
    groups = _apart(frame, staffing)
    parts = [
        _Model(
            replace(frame, needs={key: n for key, n in frame.needs.items() if key[1] in posts}),
            Staffing({one.ref: one for one in people}, staffing.away),
            first,
            last,
            [line for line in stands if line.post in posts],
            around,
            from_day or first,
        ).solved(work * max(1, len(people)) / max(1, len(staffing.people)))
        for posts, people in groups
    ]
    return Proposal(
        sorted(line for part in parts for line in part.lines),
        sorted(gap for part in parts for gap in part.gaps),
        all(part.proven for part in parts),
    )


def _apart(frame: Frame, staffing: Staffing) -> list[tuple[set[Post], list[Person]]]:
    """Groups of posts that share nobody, each with its people: what is planned apart is planned fast."""
    groups: list[tuple[set[Post], list[Person]]] = [
        ({post}, []) for post in sorted({post for _turn, post in frame.needs})
    ]
    for person in staffing.people.values():
        met = [group for group in groups if group[0] & set(person.posts)]
        others = [group for group in groups if not group[0] & set(person.posts)]
        posts = set(person.posts).union(*(group[0] for group in met))
        groups = [*others, (posts, [*(one for group in met for one in group[1]), person])]
    return groups


class _Model:
    """One call of the solver: a yes or no for each person, day, turn and post that could be."""

    def __init__(
        self,
        frame: Frame,
        staffing: Staffing,
        first: date,
        last: date,
        stands: Collection[Line],
        around: Collection[Line],
        from_day: date,
    ) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.model = cp_model, cp_model.CpModel()
        self.frame, self.staffing = frame, staffing
        self.days = list(days_between(first, last))
        self.from_day = from_day
        self.stands = {(one.staff, one.day, one.turn, one.post): one.women for one in stands}
        self.kept = [one for one in stands if one.day < from_day]
        self.around = [one for one in around if not first <= one.day <= last]
        self.police = frame.file.rule("police")
        self.vars: dict[tuple[str, date, str, Post], Any] = {}
        self.cost: list[Any] = []
        self.short: dict[tuple[date, str, Post, bool], Any] = {}
        self._choices()
        self._rest_of_each()
        self._posts()
        self._fairness()

    # ------------------------------------------------------------------ what may be

    def _choices(self) -> None:
        for person in self.staffing.people.values():
            for day in self.days:
                if day < self.from_day:
                    continue
                options = []
                for turn in self.frame.turns:
                    for post in self._posts_in(person, turn, day):
                        key = (person.ref, day, turn.key, post)
                        var = self.model.new_bool_var("")
                        self.vars[key] = var
                        options.append(var)
                        stood = key in self.stands
                        self.model.add_hint(var, stood)
                        if not stood:
                            other = any(
                                (person.ref, day, one.key, post) in self.stands
                                for one in self.frame.turns
                            )
                            self.cost.append((_TURNED if other else _CHANGED) * var)
                        else:
                            self.cost.append(_CHANGED * (1 - var))
                if options:
                    self.model.add_at_most_one(options)

    def _posts_in(self, person: Person, turn: Turn, day: date) -> list[Post]:
        """The posts that somebody may hold in a turn of a day; none for whoever is away then."""
        if self.staffing.is_away(person.ref, day):
            return []
        allowed = [
            post
            for post in person.posts
            if person.kind is StaffKind.OFFICER
            or post not in self.police.posts
            or not self.police.in_force(day)
        ]
        if turn.is_office:
            return [post for post in allowed if (person.ref, day, turn.key, post) in self.stands]
        return [
            post
            for post in allowed
            if (turn.key, post) in self.frame.needs
            or (person.ref, day, turn.key, post) in self.stands
        ]

    def _rest_of_each(self) -> None:
        rest = self.frame.own.limit("rest") * 60
        turns = {turn.key: turn for turn in self.frame.turns}
        fixed = [one for one in (*self.around, *self.kept) if one.turn in turns]
        by_person: dict[str, list[tuple[int, int, date, Any, bool]]] = {}
        for (staff, day, key, _post), var in self.vars.items():
            turn = turns[key]
            by_person.setdefault(staff, []).append((*span_of(day, turn), day, var, turn.is_night))
        for one in fixed:
            turn = turns[one.turn]
            by_person.setdefault(one.staff, []).append(
                (*span_of(one.day, turn), one.day, 1, turn.is_night)
            )
        for worked in by_person.values():
            worked.sort(key=lambda one: one[:2])
            self._rests(worked, rest)
            self._bounds(worked)

    def _rests(self, worked: list[tuple[int, int, date, Any, bool]], rest: int) -> None:
        for at, (_begins, ends, day, var, _night) in enumerate(worked):
            for begins, _ends, other_day, other, _other_night in worked[at + 1 :]:
                if begins - ends >= rest:
                    break
                # On one day there is one turn at most; of what is fixed nothing can be helped.
                if other_day != day or _is_fixed(var) or _is_fixed(other):
                    self._at_most(1, [var, other])

    def _bounds(self, worked: list[tuple[int, int, date, Any, bool]]) -> None:
        nights, hours = self.frame.own.limit("nights"), self.frame.own.limit("hours")
        if not worked:
            return
        for start in sorted({one[2] for one in worked}):
            week = [one for one in worked if 0 <= (one[2] - start).days < LOOKS]
            self._at_most(hours * 60, [(ends - begins) * var for begins, ends, _d, var, _n in week])
            run = [v for _b, _e, day, v, night in week if night and (day - start).days <= nights]
            self._at_most(nights, run)

    def _at_most(self, most: int, terms: list[Any]) -> None:
        """Hold a sum down; where what is fixed is above it already, nothing is added to it."""
        fixed = sum(term for term in terms if _is_fixed(term))
        free = [term for term in terms if not _is_fixed(term)]
        if free:
            self.model.add(sum(free) <= max(0, most - fixed))

    # ------------------------------------------------------------------ what is wanted

    def _posts(self) -> None:
        by_slot: dict[tuple[date, str, Post], list[tuple[Person, Any]]] = {}
        for (staff, day, key, post), var in self.vars.items():
            by_slot.setdefault((day, key, post), []).append((self.staffing.people[staff], var))
        for day in self.days:
            if day < self.from_day:
                continue
            for (key, post), needed in self.frame.needs.items():
                held = by_slot.get((day, key, post), [])
                self._wanted(needed, [var for _p, var in held], (day, key, post, False))
                if women := self.frame.women_needed(key, post):
                    there = [var for person, var in held if person.is_woman]
                    self._wanted(women, there, (day, key, post, True))
        for slot, held in by_slot.items():
            self._together(slot, held)

    def _wanted(self, needed: int, held: list[Any], slot: tuple[date, str, Post, bool]) -> None:
        missing = self.model.new_int_var(0, needed, "")
        self.model.add(sum(held) + missing >= needed)
        self.short[slot] = missing
        self.cost.append(_MISSING * missing)

    def _together(self, slot: tuple[date, str, Post], held: list[tuple[Person, Any]]) -> None:
        """Auxiliaries are with an officer, and where two hold a post nobody is alone on it."""
        day, key, post = slot
        turn = self.frame.turn(key)
        accompanied = self.frame.file.rule("accompanied")
        if post in accompanied.posts and accompanied.in_force(day):
            officers = [var for person, var in held if person.kind is StaffKind.OFFICER]
            for person, var in held:
                if person.kind is StaffKind.AUXILIARY:
                    self.model.add(sum(officers) >= 1).only_enforce_if(var)
        if turn and not turn.is_office and post in self.frame.own.two:
            everybody = [var for _person, var in held]
            for var in everybody:
                self.model.add(sum(everybody) >= 2).only_enforce_if(var)

    def _fairness(self) -> None:
        """Of those who turn and hold one post first, who has the most nights has few more than others."""
        nights = {turn.key for turn in self.frame.turns if turn.is_night}
        groups: dict[Post, dict[str, list[Any]]] = {}
        for (staff, _day, key, _post), var in self.vars.items():
            person = self.staffing.people[staff]
            if person.crew is not None and key in nights:
                of_post = groups.setdefault(person.posts[0], {})
                of_post.setdefault(staff, []).append(var)
        for of_post in groups.values():
            if len(of_post) < 2:
                continue
            most = self.model.new_int_var(0, len(self.days), "")
            for own in of_post.values():
                self.model.add(sum(own) <= most)
            self.cost.append(_UNEVEN * most)

    # ------------------------------------------------------------------ what comes out

    def solved(self, work: float) -> Proposal:
        self.model.minimize(sum(self.cost))
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        solver.parameters.max_deterministic_time = work
        solver.parameters.max_time_in_seconds = SECONDS
        status = solver.solve(self.model)
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            # Nobody anywhere is always a plan; only a solver without any time finds none.
            return Proposal(self.kept, [], False)
        lines = [
            Line(day, key, post, staff, self.stands.get((staff, day, key, post), False))
            for (staff, day, key, post), var in self.vars.items()
            if solver.boolean_value(var)
        ]
        plan = sorted([*self.kept, *seated(lines, self.frame, self.staffing)])
        missing = {slot: solver.value(var) for slot, var in self.short.items()}
        return Proposal(plan, self._gaps(missing, plan), status == self.cp.OPTIMAL)

    def _gaps(
        self, missing: dict[tuple[date, str, Post, bool], int], plan: Iterable[Line]
    ) -> list[Gap]:
        at_work = {(line.staff, line.day) for line in plan}
        found = []
        for (day, key, post, women), count in missing.items():
            if not count:
                continue
            holders = [
                person
                for person in self.staffing.people.values()
                if post in person.posts and (person.is_woman or not women)
            ]
            away = [one for one in holders if self.staffing.is_away(one.ref, day)]
            there = [one for one in holders if one not in away]
            working = sum((one.ref, day) in at_work for one in there)
            found.append(
                Gap(
                    day,
                    key,
                    post.value,
                    count,
                    women,
                    len(holders),
                    len(away),
                    working,
                    len(there) - working,
                )
            )
        return sorted(found)


def _is_fixed(term: Any) -> bool:
    return isinstance(term, int)


def looks_around(first: date, last: date) -> tuple[date, date]:
    """From which day to which a plan is to be known so that its rules can be kept at its ends."""
    return first - timedelta(days=LOOKS), last + timedelta(days=LOOKS)
