"""What is shown of the roster, in the scope of whoever asks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.clock import LOCAL
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.record.parties import Post
from custos.prevention.duty.roster import facts, words
from custos.prevention.duty.roster.models import (
    WAITING,
    RosterAbsence,
    RosterLine,
    RosterNews,
    RosterPlan,
    RosterSwap,
    Sort,
    Standing,
    SwapState,
    month_of,
)
from custos.prevention.duty.roster.plan import Breach, Line, Person, Staffing, days_between
from custos.prevention.duty.roster.proposing import Gap
from custos.prevention.duty.roster.rules import Frame, span_of
from custos.prevention.duty.shifts import plan as shifts
from custos.prevention.duty.shifts import queries as on_duty

PAGE = 60
#: So many people have a place in one spreadsheet.
MOST_PEOPLE = 2000
#: So many breaches are listed; beyond that the count says it.
MOST_BREACHES = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """What somebody works on a day, as the month's table shows it."""

    day: date
    letter: str
    title: str
    is_night: bool
    is_off: bool
    away: Any
    women: bool
    breaches: tuple[str, ...]
    blocks: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One person's month."""

    ref: str
    name: str
    post: Any
    crew: int | None
    cells: tuple[Cell, ...]
    shifts: int
    nights: int
    hours: int


@dataclass(frozen=True, slots=True)
class Found:
    """A breach in words."""

    text: str
    source: str
    blocks: bool
    day: date
    staff: str


@dataclass(frozen=True, slots=True)
class Month:
    """A plan of a month as a leader sees it; `plan` is None where nothing is planned."""

    month: date
    plan: RosterPlan | None
    changed_by: str
    published_by: str
    days: tuple[tuple[date, bool], ...]
    page: Page[Row] | None
    posts: tuple[tuple[str, Any, int], ...]
    post: str
    found: tuple[Found, ...]
    blocking: int
    warnings: int
    gaps: tuple[str, ...]
    letters: tuple[tuple[str, str, str], ...]

    @property
    def is_draft(self) -> bool:
        """Whether it is being made."""
        return self.plan is not None and self.plan.standing == Standing.DRAFT


def months(facility: int) -> dict[date, set[str]]:
    """Which months are planned, and how. One query."""
    rows = RosterPlan.objects.visible_to(scope.current()).filter(organization_id=facility)
    found: dict[date, set[str]] = defaultdict(set)
    for month, standing in rows.order_by("month").values_list("month", "standing")[:200]:
        found[month].add(standing)
    return found


def month(
    facility: int,
    of: date,
    standing: Standing,
    *,
    post: str = "",
    page: str | None = None,
    most: int = PAGE,
) -> Month:
    """A plan of a month by people and days, of one post or of all, with what it breaks. Bounded queries."""
    row = facts.the_plan(facility, of, standing)
    frame = facts.frame(facility, of)
    last = facts.last_of(of)
    people = facts.staffing(facility, of, last)
    lines = facts.lines(row) if row else []
    found = facts.breaches(facility, of, lines, by=frame) if row else []
    names = {ref: one.name for ref, one in people.people.items()}
    counted: dict[str, int] = defaultdict(int)
    for one in people.people.values():
        counted[one.posts[0].value] += 1
    posts = tuple((one, words.post_title(one), counted[one]) for one in sorted(counted))
    chosen = [one for one in people.people.values() if not post or one.posts[0].value == post]
    at: Page[Any] = Paginator(chosen, most).get_page(page)
    wrong: dict[tuple[str, date], list[Breach]] = defaultdict(list)
    for breach in found:
        if breach.staff:
            wrong[breach.staff, breach.day].append(breach)
    worked = _by_person(lines)
    sorts = _sorts(facility, of, last, {one.ref for one in at.object_list})
    rows = [
        _row(one, worked.get(one.ref, {}), frame, of, last, wrong, sorts) for one in at.object_list
    ]
    at.object_list = rows
    told = row.told if row and row.told else {}
    who = accounts.names_of({row.changed_by, row.published_by}) if row else {}
    return Month(
        of,
        row,
        who.get(row.changed_by, "") if row else "",
        who.get(row.published_by, "") if row else "",
        tuple((day, not facts.works(day)) for day in days_between(of, last)),
        at,
        posts,
        post,
        tuple(
            Found(
                words.said(one, frame, names),
                words.of(words.rule_of(frame, one).source),
                one.blocks,
                one.day,
                one.staff,
            )
            for one in sorted(found, key=lambda one: (not one.blocks, one))[:MOST_BREACHES]
        ),
        sum(one.blocks for one in found),
        sum(not one.blocks for one in found),
        tuple(words.gap_said(_gap(one), frame) for one in told.get("gaps", ())[:MOST_BREACHES]),
        tuple(
            (
                words.letter(frame, turn.key),
                words.of(turn.name),
                f"{turn.since:%H:%M}–{turn.until:%H:%M}",
            )
            for turn in frame.turns
        ),
    )


def _gap(told: Mapping[str, Any]) -> Gap:
    return Gap(**{**told, "day": date.fromisoformat(told["day"])})


def _by_person(lines: Iterable[Line]) -> dict[str, dict[date, list[Line]]]:
    found: dict[str, dict[date, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        found[line.staff][line.day].append(line)
    return found


def _sorts(
    facility: int, first: date, last: date, refs: set[str]
) -> dict[str, list[RosterAbsence]]:
    found: dict[str, list[RosterAbsence]] = defaultdict(list)
    for row in facts.absences(facility, first, last).filter(staff_ref__in=refs):
        found[row.staff_ref].append(row)
    return found


def _row(
    person: Person,
    worked: Mapping[date, Sequence[Line]],
    frame: Frame,
    first: date,
    last: date,
    wrong: Mapping[tuple[str, date], Sequence[Breach]],
    sorts: Mapping[str, Sequence[RosterAbsence]],
) -> Row:
    cells = []
    names = {person.ref: person.name}
    for day in days_between(first, last):
        lines = worked.get(day, ())
        found = wrong.get((person.ref, day), ())
        away = next(
            (
                Sort(one.sort).title
                for one in sorts.get(person.ref, ())
                if one.first <= day <= one.last
            ),
            "",
        )
        turns = [frame.turn(line.turn) for line in lines]
        cells.append(
            Cell(
                day,
                "".join(words.letter(frame, line.turn) for line in lines),
                " ".join(
                    f"{words.turn_name(frame, line.turn)} {words.post_title(line.post)}"
                    for line in lines
                ),
                any(turn is not None and turn.is_night for turn in turns),
                not lines,
                away,
                any(line.women for line in lines),
                tuple(words.said(one, frame, names) for one in found),
                any(one.blocks for one in found),
            )
        )
    all_turns = [
        turn for lines in worked.values() for line in lines if (turn := frame.turn(line.turn))
    ]
    return Row(
        person.ref,
        person.name,
        words.post_title(person.posts[0]),
        person.crew,
        tuple(cells),
        len(all_turns),
        sum(turn.is_night for turn in all_turns),
        sum(turn.minutes for turn in all_turns) // 60,
    )


# ---------------------------------------------------------------------- a day, and now


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who is expected on a post, and what signing on says of them."""

    ref: str
    name: str
    women: bool
    since: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class PostOfDay:
    """A post in a shift of a day: how many it needs, who is expected, who is there besides."""

    title: Any
    needed: int
    people: tuple[Expected, ...]
    others: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many fewer are planned than are needed."""
        return max(0, self.needed - len(self.people))


@dataclass(frozen=True, slots=True)
class TurnOfDay:
    """A shift of a day with its posts."""

    title: str
    since: datetime
    until: datetime
    is_now: bool
    posts: tuple[PostOfDay, ...]


def day(facility: int, of: date) -> list[TurnOfDay]:
    """What is published for a day by shift and post; of the shift of now with who has signed on.

    Who is on duty is what signing on says: the roster says who is expected. Bounded queries.
    """
    now = clock.now()
    frame = facts.frame(facility, month_of(of))
    rows = RosterLine.objects.visible_to(scope.current()).filter(
        organization_id=facility, day=of, plan__standing=Standing.PUBLISHED.value
    )
    lines = sorted(row.said for row in rows)
    names = accounts.names_of({line.staff for line in lines}) if lines else {}
    found = []
    for turn in frame.turns:
        begins = datetime.combine(of, turn.since, LOCAL)
        ends = begins + timedelta(minutes=turn.minutes)
        is_now = begins <= now < ends
        held = [line for line in lines if line.turn == turn.key]
        posts = {line.post for line in held} | {
            post for key, post in frame.needs if key == turn.key
        }
        on = _signed_on(facility) if is_now else {}
        # Where no strength is set nobody signs on, and nobody is missed for it.
        late = now >= begins + timedelta(minutes=shifts.shipped().grace_minutes) and frame.needs
        if posts:
            found.append(
                TurnOfDay(
                    words.of(turn.name),
                    begins,
                    ends,
                    is_now,
                    tuple(
                        _post_of_day(
                            post,
                            held,
                            frame.needs.get((turn.key, post), 0),
                            names,
                            on,
                            bool(is_now and late and not turn.is_office),
                            is_now and not turn.is_office,
                        )
                        for post in sorted(posts)
                    ),
                )
            )
    return found


def _signed_on(facility: int) -> dict[str, dict[str, on_duty.OnPost]]:
    found: dict[str, dict[str, on_duty.OnPost]] = defaultdict(dict)
    for one in on_duty.on_post(facility):
        found[one.post][one.staff_ref] = one
    return found


def _post_of_day(
    post: Post,
    held: Sequence[Line],
    needed: int,
    names: Mapping[str, str],
    on: Mapping[str, Mapping[str, on_duty.OnPost]],
    asks: bool,
    is_now: bool,
) -> PostOfDay:
    """`asks`: it is time that whoever is expected has signed on."""
    there = on.get(post.value, {})
    people = [line for line in held if line.post is post]
    expected = {line.staff for line in people}
    return PostOfDay(
        post.title,
        needed,
        tuple(
            Expected(
                line.staff,
                names.get(line.staff, ""),
                line.women,
                there[line.staff].since if line.staff in there else None,
                asks and line.staff not in there,
            )
            for line in people
        ),
        tuple(one.name for ref, one in there.items() if is_now and ref not in expected),
    )


def not_signed_on(facility: int) -> list[tuple[Any, list[str]]]:
    """By post, who is expected in the shift of now and hasn't signed on after its minutes of grace.

    Where a post is short of people that has its own alarm; this names who was expected.
    """
    today = clock.today()
    found: dict[str, tuple[Any, list[str]]] = {}
    for of in (today - timedelta(days=1), today):
        for turn in day(facility, of):
            for post in turn.posts if turn.is_now else ():
                late = [one.name for one in post.people if one.is_late]
                if late:
                    found.setdefault(str(post.title), (post.title, []))[1].extend(late)
    return [found[title] for title in sorted(found)]


# ---------------------------------------------------------------------- one's own


@dataclass(frozen=True, slots=True)
class Mine:
    """A shift of one's own that is still to come, or runs."""

    day: date
    turn: str
    title: str
    post: Any
    post_code: str
    begins: datetime
    ends: datetime
    is_night: bool
    women: bool

    @property
    def has_begun(self) -> bool:
        """Whether it runs already, and is swapped no more."""
        return self.begins <= clock.now()


def mine(facility: int, ref: str, *, days: int = 31) -> list[Mine]:
    """Somebody's published shifts from yesterday's night on, in order. Two queries a month touched."""
    today = clock.today()
    rows = RosterLine.objects.visible_to(scope.current()).filter(
        organization_id=facility,
        staff_ref=ref,
        plan__standing=Standing.PUBLISHED.value,
        day__range=(today - timedelta(days=1), today + timedelta(days=days)),
    )
    frames: dict[date, Frame] = {}
    found = []
    for row in rows.order_by("day", "turn")[:100]:
        line = row.said
        month = month_of(line.day)
        if month not in frames:
            frames[month] = facts.frame(facility, month)
        turn = frames[month].turn(line.turn)
        if turn is None:
            continue
        begins = datetime.combine(line.day, turn.since, LOCAL)
        ends = begins + timedelta(minutes=turn.minutes)
        if ends > clock.now():
            found.append(
                Mine(
                    line.day,
                    line.turn,
                    words.of(turn.name),
                    line.post.title,
                    line.post.value,
                    begins,
                    ends,
                    turn.is_night,
                    line.women,
                )
            )
    return found


def mine_at(facility: int, ref: str, day: date, turn: str, *, days: int) -> Mine:
    """One's own shift of a day and turn. Raises `Missing` where there is none, or it is over."""
    for one in mine(facility, ref, days=days):
        if (one.day, one.turn) == (day, turn):
            return one
    raise Missing("swap.no_shift", _("This shift is not yours, or it is over."))


def colleagues(facility: int, mine: Mine, ref: str) -> list[tuple[Person, bool]]:
    """Who holds the post of one's shift too and is there, and whether they are free then and rested; those
    first. Others could take it only in exchange for a shift of that time. Five queries.
    """
    people = facts.staffing(facility, mine.day, mine.day)
    post = Post(mine.post_code)
    frame = facts.frame(facility, month_of(mine.day))
    busy = _busy(facility, mine, frame)
    found = [
        (one, one.ref not in busy)
        for one in people.people.values()
        if one.ref != ref
        and post in one.posts
        and (one.is_woman or not mine.women)
        and not people.is_away(one.ref, mine.day)
    ]
    return sorted(found, key=lambda one: not one[1])


def _busy(facility: int, mine: Mine, frame: Frame) -> set[str]:
    """Who works so near to a shift that they could not rest."""
    wanted = frame.turn(mine.turn)
    if wanted is None:
        return set()
    begins, ends = span_of(mine.day, wanted)
    rest = frame.own.limit("rest") * 60
    near = (mine.day - timedelta(days=2), mine.day + timedelta(days=2))
    rows = RosterLine.objects.visible_to(scope.current()).filter(
        organization_id=facility, day__range=near, plan__standing=Standing.PUBLISHED.value
    )
    busy = set()
    for ref, of, key in rows.values_list("staff_ref", "day", "turn"):
        turn = frame.turn(key)
        if turn is not None:
            since, until = span_of(of, turn)
            if since < ends + rest and begins < until + rest:
                busy.add(ref)
    return busy


# ---------------------------------------------------------------------- swaps, absences, people


@dataclass(frozen=True, slots=True)
class SwapShown:
    """A swap in words."""

    id: UUID
    asked_by: str
    asked_by_ref: str
    other: str
    other_ref: str
    asked_at: datetime
    reason: str
    day: date
    turn: str
    back_day: date | None
    back_turn: str
    state: str
    words: str

    @property
    def key(self) -> str:
        """Its identifier, as a page names its parts."""
        return str(self.id)

    @property
    def waits_for_leader(self) -> bool:
        """Whether both want it and a leader is to decide."""
        return self.state == SwapState.AGREED

    @property
    def waits(self) -> bool:
        """Whether it waits for anybody."""
        return self.state in WAITING


def swaps(facility: int, *, of: str = "", waiting: bool = True) -> list[SwapShown]:
    """Swaps of a facility, or of one person in it, latest first; at most 100. Three queries."""
    rows = RosterSwap.objects.visible_to(scope.current()).filter(organization_id=facility)
    if of:
        rows = rows.filter(Q(asked_by=of) | Q(other=of))
    if waiting:
        rows = rows.filter(state__in=WAITING)
    return _swaps_shown(facility, list(rows.order_by("-asked_at")[:100]))


def swap_shown(row: RosterSwap) -> SwapShown:
    """One swap in words."""
    (shown,) = _swaps_shown(row.organization_id, [row])
    return shown


def _swaps_shown(facility: int, found: list[RosterSwap]) -> list[SwapShown]:
    names = accounts.names_of({ref for row in found for ref in (row.asked_by, row.other)})
    frame = facts.frame(facility, month_of(clock.today())) if found else None
    return [
        SwapShown(
            row.pk,
            names.get(row.asked_by, ""),
            row.asked_by,
            names.get(row.other, ""),
            row.other,
            row.asked_at,
            row.reason,
            row.day,
            words.turn_name(frame, row.turn) if frame else row.turn,
            row.back_day,
            words.turn_name(frame, row.back_turn) if frame and row.back_turn else "",
            row.state,
            row.words,
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class AbsenceShown:
    """An absence in words."""

    id: UUID
    ref: str
    name: str
    sort: str
    title: Any
    first: date
    last: date
    noted_by: str
    noted_at: datetime
    planned: int

    @property
    def key(self) -> str:
        """Its identifier, as a page names its parts."""
        return str(self.id)


def absences(facility: int, page: str | None = None) -> Page[AbsenceShown]:
    """Who is away or will be, next first, with how many shifts are published for them still."""
    rows = facts.absences(facility, clock.today(), date.max).order_by("first", "id")
    at: Page[Any] = Paginator(rows, PAGE).get_page(page)
    at.object_list = _absences_shown(facility, list(at.object_list))
    return at


def absence_shown(row: RosterAbsence) -> AbsenceShown:
    """One absence in words."""
    (shown,) = _absences_shown(row.organization_id, [row])
    return shown


def _absences_shown(facility: int, found: list[RosterAbsence]) -> list[AbsenceShown]:
    names = accounts.names_of({ref for row in found for ref in (row.staff_ref, row.noted_by)})
    planned = _planned_for(facility, found)
    return [
        AbsenceShown(
            row.pk,
            row.staff_ref,
            names.get(row.staff_ref, ""),
            row.sort,
            Sort(row.sort).title,
            row.first,
            row.last,
            names.get(row.noted_by, ""),
            row.noted_at,
            sum(ref == row.staff_ref and row.first <= day <= row.last for ref, day in planned),
        )
        for row in found
    ]


def _planned_for(facility: int, rows: Sequence[RosterAbsence]) -> list[tuple[str, date]]:
    if not rows:
        return []
    found = RosterLine.objects.visible_to(scope.current()).filter(
        organization_id=facility,
        staff_ref__in={row.staff_ref for row in rows},
        plan__standing=Standing.PUBLISHED.value,
        day__gte=clock.today(),
    )
    return list(found.values_list("staff_ref", "day"))


def people(facility: int) -> Staffing:
    """Who can be planned today. Three queries."""
    return facts.staffing(facility, clock.today(), clock.today())


def line_of(plan_row: RosterPlan, ref: str, of: date) -> list[Line]:
    """What a plan has for somebody on a day. One query."""
    rows: QuerySet[RosterLine] = plan_row.lines.filter(staff_ref=ref, day=of)
    return sorted(row.said for row in rows)


# ---------------------------------------------------------------------- news


def news(ref: str, *, days: int = 14) -> list[RosterNews]:
    """What somebody was told of their shifts lately, latest first; at most ten. One query."""
    since = clock.now() - timedelta(days=days)
    rows = RosterNews.objects.visible_to(scope.current()).filter(staff_ref=ref, at__gte=since)
    return list(rows.order_by("-at")[:10])
