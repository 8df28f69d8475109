"""Questions about tasks, in the scope of whoever asks. They name staff and cells only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Expression, Min, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post
from custos.foundation.record.queries import Line
from custos.prevention.duty import catalogue, engine
from custos.prevention.duty.engine import State
from custos.prevention.duty.information import services as information
from custos.prevention.duty.kinds import RoundsBehind, TaskEscalated
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds import queries as rounds

#: How many tasks one screen lists; the gravest and oldest, so nothing that matters is left out.
MOST_NOW, MOST_CALLS = 100, 100
#: For how long an answer stands in the list of what came back.
ECHO_DAYS = 7

#: Gravest first, then what nobody has accepted, then what waits longest; "open" sorts behind "accepted".
_NOW_FIRST = ("severity", "-state", "wanted_by", "id")

_STATES: dict[State, tuple[str, Any]] = {
    State.OPEN: ("todo", _("To accept")),
    State.ACCEPTED: ("doing", _("Accepted")),
    State.ANSWERED: ("done", _("Answered")),
    State.WITHDRAWN: ("refused", _("Withdrawn")),
}


@dataclass(frozen=True, slots=True)
class TaskShown:
    """A task ready to show.

    `custody_id` is the stay that the task is about, where it is about one person. `wanted_by` is by
    when it was to be accepted, or answered once it is; `next_at` is when the next post is asked, or the
    last one again. `may_*` say what the reader may do, as the services decide. `whom` is left empty here:
    whoever shows a task to somebody who may see people fills it in. So is `limit_ends`, when the limit of
    custody ends that a task is about, unless `now_list` is told how to find it.
    """

    id: UUID
    organization_id: int
    title: str
    severity: int
    cell_id: UUID | None
    cell_name: str
    custody_id: UUID | None
    state: str
    tone: str
    state_title: Any
    post_title: Any
    post_brief: Any
    source_entry_id: UUID
    occurred_at: datetime
    opened_at: datetime
    wanted_by: datetime
    next_at: datetime | None
    ended_at: datetime | None
    holder: str
    ended_by: str
    result: str
    repeats: int
    repeated_at: datetime | None
    climbed: bool
    why: Sequence[dict[str, Any]]
    may_accept: bool
    may_answer: bool
    may_withdraw: bool
    may_reopen: bool = False
    #: The posts that have been asked so far, and the kind of the entry that opened it.
    asked: Sequence[str] = ()
    source_kind: str = ""
    #: The area it is about, where it is about one.
    area_name: str = ""
    #: What is to be done first, in words; whom besides the program the result is told.
    act: str = ""
    outside: Sequence[Any] = ()
    #: Posts that read the result besides whoever found it and whoever was asked.
    tells: Sequence[Any] = ()
    #: For readers whom the reader isn't among: title and reasons are those for everybody.
    restricted: bool = False
    #: The answered task that this one asks for again, and the one that asks for this one again.
    reopens: UUID | None = None
    reopened_by: UUID | None = None
    whom: str = ""
    limit_ends: datetime | None = None
    #: How far its holder said to be, last, and when.
    note: str = ""
    noted_at: datetime | None = None

    @property
    def named(self) -> str:
        """Where and what, as every list names a task: `101 · Emergency button in a cell`."""
        place = self.cell_name or self.area_name
        return f"{place} · {self.title}" if place else self.title

    @property
    def wanted(self) -> Any:
        """What is wanted by `wanted_by`, in a word: a bare time beside a limit would be read as its end."""
        return _("accept") if self.state == State.OPEN else _("answer")


def now_list(by: Actor, limit_ends: Expression | None = None) -> list[TaskShown]:
    """What the reader's post has been asked to do and is not done, at most `MOST_NOW`.

    Gravest first; of these what nobody has accepted yet; of these what has waited longest beyond
    its time. `limit_ends` finds in the database when the limit of custody ends that a task is about, null
    for all others; of equally grave ones no end is left out that comes before one that is listed. At most
    two queries, three where more are to be done than have room.
    """
    found = _tasks().filter(state__in=engine.UNFINISHED, asked__contains=[by.post])
    if limit_ends is None:
        return as_shown(found.order_by(*_NOW_FIRST)[:MOST_NOW], by)
    found = found.annotate(limit_ends=limit_ends)
    rows = list(found.order_by(*_NOW_FIRST)[:MOST_NOW])
    if len(rows) == MOST_NOW:
        _cut_by_the_limit(rows, found)
    return as_shown(rows, by)


def _cut_by_the_limit(rows: list[Any], found: QuerySet[Any]) -> None:
    """Put the limits that end first in the places that limits have at the end of a list that was cut.

    Many of them wait equally long, so that which ones found room was chance. One query where there are any.
    """
    last = rows[-1]
    equals = (last.severity, last.state)
    places = [
        place
        for place, row in enumerate(rows)
        if row.limit_ends is not None and (row.severity, row.state) == equals
    ]
    if not places:
        return
    equal = found.filter(severity=last.severity, state=last.state, limit_ends__isnull=False)
    first = equal.order_by("limit_ends", *_NOW_FIRST)[: len(places)]
    for place, row in zip(places, first, strict=False):  # one may have been done meanwhile
        rows[place] = row


def now_count(by: Actor) -> int:
    """How many tasks the reader's post has been asked to do and are not done. One query."""
    found = _tasks().filter(state__in=engine.UNFINISHED, asked__contains=[by.post])
    return int(found.count())


def calls(by: Actor) -> list[TaskShown]:
    """Tasks of severity 1 that the reader's post is asked to accept, longest waiting first.

    At most `MOST_CALLS`, in at most two queries.
    """
    return as_shown(
        _tasks()
        .filter(state=State.OPEN, severity=1, asked__contains=[by.post])
        .order_by("wanted_by", "id")[:MOST_CALLS],
        by,
    )


def open_tasks(gravest: int, limit: int) -> tuple[list[TaskShown], int]:
    """What is not done in the scope, of severity 1 to `gravest`, for a board that nobody acts at, and
    how many more there are than `limit`.

    In the order of `now_list`: the longest ignored stand on top, never the last to be asked again.
    At most three queries.
    """
    found = _tasks().filter(state__in=engine.UNFINISHED, severity__lte=gravest)
    shown = as_shown(found.order_by(*_NOW_FIRST)[:limit], Actor.system("board"))
    return shown, found.count() - limit if len(shown) == limit else 0


def last_ended(gravest: int, limit: int) -> list[TaskShown]:
    """What ended last in the scope, of severity 1 to `gravest`, latest first, for a board that nobody acts
    at. At most two queries.
    """
    found = _tasks().filter(ended_at__isnull=False, severity__lte=gravest)
    return as_shown(found.order_by("-ended_at")[:limit], Actor.system("board"))


def unfinished(facility: int, at: datetime, gravest: int) -> list[Task]:
    """The tasks of a facility that are not done and of severity 1 to `gravest`, or past their time.

    None under seal or for the prosecutor: leaders don't pass on what isn't for them. In the order of
    `now_list`. One query, and one where rounds are behind.
    """
    found = _tasks().filter(organization_id=facility, state__in=engine.UNFINISHED)
    found = found.exclude(audience__in=(Audience.SEALED_COMPLAINT, Audience.PROSECUTOR))
    pressing = Q(severity__lte=gravest) | Q(wanted_by__lt=at)
    rows = list(found.filter(pressing).order_by(*_NOW_FIRST))
    _call_by_what_is_late_now(rows)
    return rows


def said_of(task: Task) -> str:
    """Where and what a task is, and how it stands, in the active language, for everybody on the staff."""
    rule = task.rule_then()
    named = rule.title if task.audience == Audience.STAFF else rule.plain or rule.title
    title = named.zh if (get_language() or "").startswith("zh") else named.en
    place = task.cell.name if task.cell else task.area.name if task.area else ""
    said = [place, title, str(_STATES[State(task.state)][1]), str(Post(task.post).title)]
    return " · ".join(part for part in said if part)


def tasks_about(custody: UUID, by: Actor, limit: int = 20) -> list[TaskShown]:
    """What is not done about one stay, gravest first, then by deadline. At most two queries."""
    return as_shown(
        _tasks()
        .filter(state__in=engine.UNFINISHED, custody_id=custody)
        .order_by("severity", "due_at", "id")[:limit],
        by,
    )


def echoes(by: Actor, limit: int = 50) -> list[TaskShown]:
    """What came of tasks, latest first: of what the reader found, of what devices found for their
    post, and of what their post was asked or is told of. Answers, and reasons of withdrawal. At most
    two queries.
    """
    since = clock.now() - timedelta(days=ECHO_DAYS)
    mine = Q(finder_kind=ActorKind.STAFF, finder_ref=by.ref) | Q(asked__contains=[by.post])
    mine |= Q(tells__contains=[by.post])
    return as_shown(
        _tasks().filter(mine, ended_at__gte=since).order_by("-ended_at")[:limit],
        by,
    )


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody in custody whom unfinished tasks are about: how many, how grave, the first deadline."""

    custody_id: UUID
    tasks: int
    severity: int
    wanted_by: datetime


def concerned(by: Actor, limit: int = 50) -> list[Concerned]:
    """Whom what the reader's post is asked to do is about, gravest first; names nobody. One query."""
    rows = (
        Task.objects.visible_to(scope.current())
        .filter(state__in=engine.UNFINISHED, asked__contains=[by.post], custody_id__isnull=False)
        .values("custody_id")
        .annotate(tasks=Count("pk"), gravest=Min("severity"), first=Min("wanted_by"))
        .order_by("gravest", "first", "custody_id")
    )
    return [
        Concerned(row["custody_id"], row["tasks"], row["gravest"], row["first"])
        for row in rows[:limit]
        if row["custody_id"]
    ]


def overdue_by_post(facility: int) -> dict[Post, int]:
    """How many tasks of a facility are past their time, by the post that was asked last. One query."""
    rows = Task.objects.visible_to(scope.current()).filter(
        organization_id=facility, state__in=engine.UNFINISHED, wanted_by__lt=clock.now()
    )
    return {Post(post): count for post, count in rows.values_list("post").annotate(Count("pk"))}


def tasks_after(entries: Sequence[UUID], by: Actor) -> dict[UUID, list[TaskShown]]:
    """The tasks that some entries opened, by the entry, oldest first. At most two queries."""
    found: dict[UUID, list[TaskShown]] = {}
    for shown in as_shown(_tasks().filter(source_entry_id__in=entries).order_by("id"), by):
        found.setdefault(shown.source_entry_id, []).append(shown)
    return found


def tasks_of(ids: Iterable[UUID], by: Actor) -> dict[UUID, TaskShown]:
    """Some tasks of the scope by id. At most two queries."""
    return {shown.id: shown for shown in as_shown(_tasks().filter(pk__in=list(ids)), by)}


def listed(
    by: Actor,
    *,
    states: Iterable[State] = (),
    organization: int | None = None,
    cell: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[TaskShown]:
    """Tasks of the scope, latest first; those in some states, of a subtree or of a cell.

    At most two queries.
    """
    found = _tasks().order_by("-id")
    if wanted := list(states):
        found = found.filter(state__in=wanted)
    if organization is not None:
        lowest, highest = range_of(organization)
        found = found.filter(organization_id__gte=lowest, organization_id__lte=highest)
    if cell is not None:
        found = found.filter(cell_id=cell)
    if after is not None:
        found = found.filter(id__lt=after)
    return as_shown(found[:limit], by)


def task(task_id: UUID, by: Actor) -> TaskShown:
    """One task. Raises `Missing` where the scope has no such task. At most two queries."""
    found = as_shown(_tasks().filter(pk=task_id), by)
    if not found:
        raise Missing("task.no_such", _("There is no such task."))
    return found[0]


@dataclass(frozen=True, slots=True)
class Climb:
    """A further post that was told of a task, when first, and when last where it was told again."""

    post_title: Any
    first_at: datetime
    again_at: datetime | None


def climbs(shown: TaskShown) -> list[Climb]:
    """When which further post was told, oldest first, each once; nothing where nobody was. Two queries."""
    if not shown.climbed:
        return []
    lines = record.following(shown.source_entry_id)
    told: dict[Post, list[datetime]] = {}
    for line in lines:
        if line.kind == TaskEscalated.name and isinstance(line.payload, TaskEscalated):
            told.setdefault(line.payload.post, []).append(line.occurred_at)
    return [Climb(post.title, at[0], at[-1] if len(at) > 1 else None) for post, at in told.items()]


def history(shown: TaskShown) -> list[Line]:
    """What opened a task and what followed, latest first. Four queries."""
    opened_by = record.lines_of([shown.source_entry_id])
    return [*reversed(record.following(shown.source_entry_id)), *opened_by.values()]


def asks(post: Post) -> bool:
    """Whether any rule of the catalogue asks this post for anything."""
    return any(post in rule.posts for rule in catalogue.rules())


def handlers() -> dict[str, Post]:
    """Which post handles what a kind of entry asks for, by the kind's name."""
    return {rule.when: rule.handler for rule in catalogue.rules()}


def _tasks() -> Any:
    return Task.objects.visible_to(scope.current()).select_related("cell", "area", "reopened_by")


def as_shown(tasks: Iterable[Task], by: Actor) -> list[TaskShown]:
    """Tasks ready to show to a reader, in their order. Two queries at most, three where rounds are late."""
    rows = list(tasks)
    _call_by_what_is_late_now(rows)
    refs = {ref for row in rows for ref in (row.accepted_by, row.ended_by) if ref}
    names = accounts.names_of(refs) if refs else {}
    return [_one(row, names, by) for row in rows]


def _call_by_what_is_late_now(rows: Iterable[Task]) -> None:
    """Let tasks about missed rounds name the cells that are late now, in these rows and nowhere else.

    Those of their opening may have been looked into, and others be late. One query where there are any.
    """
    about = [
        row
        for row in rows
        if row.source_kind == RoundsBehind.name and State(row.state) in engine.UNFINISHED
    ]
    cells = rounds.late_of_tasks({row.source_entry_id for row in about}) if about else {}
    for row in about:
        base = next(one.title for one in catalogue.rules() if one.when == RoundsBehind.name)
        title = plan.behind_now(base, cells[row.source_entry_id])
        row.rule = row.rule | {"title": title.model_dump()}


def _one(row: Task, names: dict[str, str], by: Actor) -> TaskShown:
    rule = row.rule_then()
    tone, title = _STATES[State(row.state)]
    own = engine.is_own(rule, row.finder_ref, by)
    on_ladder = by.post in rule.posts and not own
    holds = (
        not own
        and row.state == State.ACCEPTED
        and (
            row.accepted_by == by.ref or engine.stands_above(rule, by.post, Post(row.accepted_post))
        )
    )
    zh = (get_language() or "").startswith("zh")
    # Entries keep the source in Chinese, in which it is law; a reader gets their own language.
    source = rule.source.zh if zh else rule.source.en
    found = row.finder_ref == by.ref
    restricted = row.audience not in scope.current().audiences
    named = rule.plain or rule.title if restricted and not found else rule.title
    # What was said of it is for those who read such things, whoever reported it, and, unless it is sealed,
    # the posts to which the catalogue has its result told.
    told = not restricted or found
    told = told or (row.audience != Audience.SEALED_COMPLAINT and by.post in row.tells)
    return TaskShown(
        id=row.pk,
        organization_id=row.organization_id,
        title=named.zh if zh else named.en,
        severity=row.severity,
        cell_id=row.cell_id,
        cell_name=row.cell.name if row.cell else "",
        custody_id=row.custody_id,
        state=row.state,
        tone=tone,
        state_title=title,
        post_title=Post(row.post).title,
        post_brief=Post(row.post).brief,
        source_entry_id=row.source_entry_id,
        occurred_at=row.occurred_at,
        opened_at=row.opened_at,
        wanted_by=row.wanted_by,
        next_at=row.due_at,
        ended_at=row.ended_at,
        holder=names.get(row.accepted_by, ""),
        ended_by=names.get(row.ended_by, ""),
        result=(row.answer or row.withdrawn_reason) if told else "",
        repeats=row.repeats,
        repeated_at=row.repeated_at,
        climbed=row.step > 0,
        why=[reason | {"source": source} for reason in row.reasons],
        may_accept=row.state == State.OPEN and on_ladder,
        may_answer=holds,
        may_withdraw=by.is_officer and (holds or (row.state == State.OPEN and on_ladder)),
        asked=row.asked,
        source_kind=row.source_kind,
        may_reopen=information.may_reopen_now(row, by),
        area_name=row.area.name if row.area else "",
        act=(rule.act.zh if zh else rule.act.en) if rule.act and not restricted else "",
        outside=[OUTSIDE[one] for one in rule.outside] if not restricted else [],
        tells=[Post(post).title for post in row.tells],
        restricted=restricted,
        note=row.note if told else "",
        noted_at=row.noted_at,
        limit_ends=getattr(row, "limit_ends", None),
        reopens=row.reopens_id,
        reopened_by=getattr(row, "reopened_by", None) and row.reopened_by.pk,
    )


#: Whom, outside of the program, the post that handles something tells of the result.
OUTSIDE = {
    "escort": _("the escort, in writing"),
    "person": _("the person"),
    "lawyer": _("the lawyer"),
    "family": _("the family"),
    "family_if_consent": _("the family, where the person agrees"),
    "procuratorate": _("the procuratorate"),
    "legal_aid": _("legal aid"),
    "handling_authority": _("the handling authority"),
    "consulate": _("provincial police or the consulate"),
    "civil_affairs": _("civil affairs or the women's federation"),
    "health_authority": _("the health authority, as law says"),
    "both_parties": _("both parties"),
    "addressee": _("the addressee"),
    "competent_unit": _("the competent unit"),
    "complainant": _("the complainant"),
    "sender": _("the sender"),
    "superior": _("the higher tier"),
}
