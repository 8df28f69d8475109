"""Questions about clocks, papers and warnings, in the scope of whoever asks.

Whoever is named is named by `custody`, which notes it in the access log.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import leaving
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.ending import HOW
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.documents import queries as documents
from custos.foundation.errors import Missing
from custos.foundation.limits.engine import Result
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.management.timelimits import catalogue, computing, engine, kinds
from custos.management.timelimits.computing import Facts
from custos.management.timelimits.models import Clock, Decision, Paper, Warning
from custos.prevention.duty import queries as duty

#: What "soon" means on the board: the days within which the notice has to go out (SPP 615).
SOON = timedelta(days=7)
NEAR = timedelta(days=1)


def tone_of(
    standing: str, due_at: datetime | None, now: datetime, unheld: bool = False
) -> tuple[str, Any]:
    """The sign of a clock: the tone of a state, and its word; `unheld`: no document of the file holds."""
    if standing == engine.ESCAPED:
        return "late", _("escaped")
    if unheld:
        return "late", _("no document")
    if standing == engine.NO_BASIS:
        return "late", _("no basis")
    if standing == engine.ENDED:
        return "late", _("due out")
    if standing == engine.NO_LIMIT or due_at is None:
        return "todo", _("no limit in law")
    if due_at <= now:
        return "late", _("overdue")
    if due_at <= now + NEAR:
        return "waiting", _("ends within a day")
    if due_at <= now + SOON:
        return "waiting", _("ends within 7 days")
    return "doing", _("runs")


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A clock as it stands, without its person.

    Nobody is told a day until which somebody may be held whom no document holds: from `unheld_since` on
    `due_at`, `last_day` and `permit_until` are None. `by_papers` is what the papers come to all the same,
    for the gaps. `was_unheld`: so it was before, and a document ended it; asked of one clock alone.
    """

    custody_id: UUID
    standing: str
    state: str
    authority: str
    started_at: datetime | None
    due_at: datetime | None
    last_day: date | None
    differs: bool
    paused: bool
    problems: int
    permit_until: date | None
    held: bool
    unheld_since: datetime | None
    sign: tuple[str, Any]
    by_papers: datetime | None
    paper_waits: bool
    leaves_since: datetime | None
    leaves_by: datetime | None
    was_unheld: bool = False

    @property
    def state_title(self) -> str:
        """The stage in words; a dash where none runs."""
        return kinds.state_title(self.state) if self.state else "—"

    @property
    def authority_title(self) -> str:
        """Who has the case."""
        known = catalogue.authorities().get(self.authority)
        return str(known) if known else "—"


def _shown(row: Clock, now: datetime) -> ClockShown:
    unheld = row.unheld_since is not None
    return ClockShown(
        row.pk,
        row.standing,
        row.state,
        row.authority,
        row.started_at,
        None if unheld else row.due_at,
        None if unheld else row.last_day,
        row.differs,
        row.paused,
        row.problems,
        None if unheld else row.permit_until,
        row.held,
        row.unheld_since,
        _sign(row, now),
        row.due_at,
        row.paper_waits and row.held,
        row.leaves_since if row.held else None,
        row.leaves_by if row.held else None,
    )


def _sign(row: Clock, now: datetime) -> tuple[str, Any]:
    """How a clock stands in a word, with what else is to be known of it at a glance."""
    tone, word = tone_of(row.standing, row.due_at, now, row.unheld_since is not None)
    if not row.held:
        return tone, word
    if row.leaves_since is not None:
        late = row.leaves_by is not None and row.leaves_by <= now
        leaves = _("should have left") if late else _("to leave, document received")
        said = format_lazy("{} · {}", word, leaves) if tone == "late" else leaves
        return ("late" if late or tone == "late" else "waiting"), said
    if row.paper_waits:
        return "late", format_lazy("{} · {}", word, _("a paper waits for a leader"))
    return tone, word


def clocks() -> QuerySet[Clock]:
    """The clocks of the scope."""
    return Clock.objects.visible_to(scope.current())


def clock_of(custody_id: UUID) -> ClockShown:
    """The clock of a stay. One query; another where the stay has none yet.

    Raises `Missing` for a stay out of scope.
    """
    over = _unheld_before(OuterRef("pk"))
    row = clocks().filter(pk=custody_id).annotate(was_unheld=Exists(over)).first()
    if row is not None:
        return replace(_shown(row, clock.now()), was_unheld=row.was_unheld)
    subject = custody.subject_of(custody_id)
    none = Clock(
        custody_id=custody_id,
        organization_id=subject.organization_id,
        computed_at=clock.now(),
    )
    return _shown(none, clock.now())


def limit_of_a_task() -> Case:
    """When the limit of custody ends that a task is about, within a question about tasks; null where it is
    about none, where the limit has no end, and where no document holds the person.
    """
    rows = clocks().filter(pk=OuterRef("custody_id"), unheld_since=None)
    return Case(When(source_kind__startswith="limit.", then=Subquery(rows.values("due_at"))))


@dataclass(frozen=True, slots=True)
class Held:
    """A person in custody beside their clock: what a row of the board shows."""

    person: PersonShown
    clock: ClockShown

    def __getattr__(self, name: str) -> Any:
        """What a chip asks of a person."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.person, name)

    @property
    def state_title(self) -> str:
        """The stage."""
        return self.clock.state_title

    @property
    def authority_title(self) -> str:
        """Who has the case."""
        return self.clock.authority_title

    @property
    def due_at(self) -> datetime | None:
        """When custody ends; None where no document holds the person, who has no time left."""
        return self.clock.due_at

    @property
    def last_day(self) -> date | None:
        """The last day, or that of release; None where no document holds the person."""
        return self.clock.last_day

    @property
    def sign(self) -> tuple[str, Any]:
        """How it stands."""
        return self.clock.sign


def board() -> QuerySet[Custody]:
    """The stays of people in custody that have a clock, to narrow and order; `held()` shows some."""
    rows, seen = custody.with_needs(custody.present()).filter(clock__held=True), scope.current()
    if seen.lowest == seen.highest:
        # The index of clocks has those of a facility in the order of the board.
        rows = rows.filter(clock__organization_id=seen.lowest)
    return rows


def held(stays: Iterable[Custody]) -> list[Held]:
    """Stays of the board with their people and clocks, noted in the access log. Two queries."""
    people = custody.shown(stays)
    now = clock.now()
    rows = {row.pk: row for row in clocks().filter(pk__in=[one.custody_id for one in people])}
    return [
        Held(one, _shown(rows[one.custody_id], now)) for one in people if one.custody_id in rows
    ]


#: What the board is narrowed to, as conditions on a clock at a moment.
LEFT: dict[str, Any] = {
    "over": _("overdue"),
    "day": _("within a day"),
    "week": _("within 7 days"),
    "month": _("within 30 days"),
    "none": _("no basis can be computed, or no document holds"),
    "out": _("due out and still here"),
    "differs": _("the paper names another date"),
}


def narrowed(left: str, now: datetime, prefix: str = "") -> Q:
    """The condition of a choice of `LEFT`, on clocks, or on stays with `prefix` "clock__"."""
    due, stands = f"{prefix}due_at", f"{prefix}standing"
    unheld = Q(**{f"{prefix}unheld_since__isnull": False})
    ahead = {"day": NEAR, "week": SOON, "month": timedelta(days=30)}
    if left == "over":
        return Q(**{f"{due}__lte": now})
    if left in ahead:
        return Q(**{f"{due}__gt": now, f"{due}__lte": now + ahead[left]})
    if left == "none":
        return Q(**{stands: engine.NO_BASIS}) | unheld
    if left == "out":
        here = ~Q(**{stands: engine.ESCAPED})
        leaves = Q(**{f"{prefix}leaves_by__lte": now})
        return (
            Q(**{f"{due}__lte": now}) | Q(**{stands: engine.ENDED}) | unheld & here | leaves & here
        )
    return Q(**{f"{prefix}differs": True})


@dataclass(frozen=True, slots=True)
class Figures:
    """How the clocks of a subtree stand at a moment."""

    held: int
    over: int
    day: int
    week: int
    none: int
    out: int
    differs: int


def figures(organization: int) -> Figures:
    """Counts of a subtree; names nobody. One query."""
    now = clock.now()
    counts = {
        name: Count("pk", filter=narrowed(name, now))
        for name in ("over", "day", "week", "none", "out", "differs")
    }
    found = _of(organization).aggregate(held=Count("pk"), **counts)
    return Figures(**found)


def over_by_facility(organization: int) -> dict[int, int]:
    """How many people each facility of a subtree holds beyond their limit or on no document, by the
    facility; those that hold nobody so are left out. One query.
    """
    unheld = Q(unheld_since__isnull=False) & ~Q(standing=engine.ESCAPED)
    over = _of(organization).filter(narrowed("over", clock.now()) | unheld)
    return dict(over.values_list("organization_id").annotate(Count("pk")).order_by())


def pressing(facility: int, by: datetime) -> list[tuple[UUID, ClockShown]]:
    """The clocks of a facility that have no basis, have ended or end by then, and those of whom no document
    holds, each with the identifier of its person; these first, then those without a basis, then by their
    end. Whoever escaped isn't here to be let go, and stands in none of it. Names nobody. One query.
    """
    now = clock.now()
    ends = Q(due_at__lte=by) | Q(standing__in=(engine.NO_BASIS, engine.ENDED))
    ends |= Q(unheld_since__isnull=False)
    rows = clocks().filter(ends, organization_id=facility, held=True).select_related("custody")
    rows = rows.exclude(standing=engine.ESCAPED)
    ordered = rows.order_by(
        F("unheld_since").asc(nulls_last=True), F("due_at").asc(nulls_first=True), "pk"
    )
    return [(row.custody.detainee_id, _shown(row, now)) for row in ordered]


def unheld(custodies: Iterable[UUID]) -> set[UUID]:
    """Those of some stays whose person is here and held by no document of the file. One query."""
    rows = clocks().filter(pk__in=list(custodies), held=True, unheld_since__isnull=False)
    return set(rows.values_list("pk", flat=True))


def permits_ended(facility: int, limit: int = 50) -> list[tuple[UUID, date]]:
    """Whose last interrogation permit of a facility has ended while their limit runs, the latest first,
    with its last day; names nobody. One query.
    """
    rows = clocks().filter(
        organization_id=facility, held=True, due_at__gt=clock.now(), permit_until__lt=clock.today()
    )
    listed = rows.order_by("-permit_until", "pk").values_list("pk", "permit_until")[:limit]
    return [(custody_id, until) for custody_id, until in listed if until]


def _of(organization: int) -> QuerySet[Clock]:
    lowest, highest = range_of(organization)
    rows = clocks().filter(held=True)
    if lowest == highest:
        return rows.filter(organization_id=lowest)
    return rows.filter(organization_id__gte=lowest, organization_id__lte=highest)


@dataclass(frozen=True, slots=True)
class OfAuthority:
    """The clocks of one authority."""

    code: str
    title: str
    held: int
    over: int
    week: int
    differs: int


def by_authority(organization: int) -> list[OfAuthority]:
    """How many people each authority holds, with how many beyond the limit. One query."""
    now = clock.now()
    rows = (
        _of(organization)
        .values("authority")
        .annotate(
            people=Count("pk"),
            over=Count("pk", filter=narrowed("over", now)),
            week=Count("pk", filter=narrowed("week", now) | narrowed("day", now)),
            differing=Count("pk", filter=narrowed("differs", now)),
        )
        .order_by("-people", "authority")
    )
    known = catalogue.authorities()
    return [
        OfAuthority(
            row["authority"],
            str(known[row["authority"]]) if row["authority"] in known else str(_("Not known")),
            row["people"],
            row["over"],
            row["week"],
            row["differing"],
        )
        for row in rows
    ]


def by_state(organization: int) -> list[tuple[str, int, int]]:
    """Stages with how many people stand at each, and how many of them beyond the limit. One query."""
    rows = (
        _of(organization)
        .values("state")
        .annotate(people=Count("pk"), over=Count("pk", filter=narrowed("over", clock.now())))
        .order_by("state")
    )
    return [(row["state"], row["people"], row["over"]) for row in rows]


def ends_by_day(organization: int, first: date, last: date) -> dict[date, int]:
    """How many limits end on each day of a span, by their last day. One query."""
    rows = (
        _of(organization)
        .filter(last_day__gte=first, last_day__lte=last)
        .values("last_day")
        .annotate(people=Count("pk"))
    )
    return {row["last_day"]: row["people"] for row in rows if row["last_day"]}


# ---------------------------------------------------------------------- one stay


@dataclass(frozen=True, slots=True)
class PaperShown:
    """A paper of a stay as it was entered; `counts` unless another stands in its place, or a leader hasn't
    accepted it. `accepted` is what a leader decided of one that came late, None before that.
    """

    id: UUID
    type: str
    title: str
    happened_on: date
    event: dict[str, Any] | None
    number: str
    authority: str
    recorded_at: datetime
    recorded_by: str
    entry_id: UUID
    counts: bool
    corrects: UUID | None
    scans: int = 0
    number_missing: str = ""
    limit_ended_at: datetime | None = None
    late_reason: str = ""
    basis_from: datetime | None = None
    waits: bool = False
    ever_waited: bool = False
    accepted: bool | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    words: str = ""

    @property
    def late(self) -> str:
        """How long after the end it was recorded, in words; empty for one that came in time."""
        if self.limit_ended_at is None or not self.late_reason:
            return ""
        passed = self.recorded_at - self.limit_ended_at
        return kinds.late_by(int(passed.total_seconds() // 60))


def papers_of(custody_id: UUID) -> list[PaperShown]:
    """The papers of a stay in the order of their dates, corrected ones among them. Two queries."""
    rows = list(
        Paper.objects.visible_to(scope.current())
        .filter(custody_id=custody_id)
        .select_related("decision")
        .order_by("happened_on", "recorded_at", "id")
    )
    word = {row.pk: getattr(row, "decision", None) for row in rows}
    accepted = {key: one.accepted if one else None for key, one in word.items()}
    counting = [row for row in rows if not row.waits or accepted[row.pk]]
    replaced = {row.replaces_id for row in counting}
    withdrawn = {row.replaces_id for row in rows}
    scans = record.file_counts(row.entry_id for row in rows)
    return [
        PaperShown(
            row.pk,
            row.type,
            kinds.type_title(row.type),
            row.happened_on,
            row.event,
            row.number,
            row.authority,
            row.recorded_at,
            row.recorded_by,
            row.entry_id,
            row in counting and row.event is not None and row.pk not in replaced,
            row.replaces_id,
            scans.get(row.entry_id, 0),
            row.number_missing,
            row.limit_ended_at,
            row.late_reason,
            row.basis_from,
            row.waits and accepted[row.pk] is None and row.pk not in withdrawn,
            row.waits,
            accepted[row.pk],
            *_decision(word[row.pk]),
        )
        for row in rows
    ]


def _decision(word: Decision | None) -> tuple[datetime | None, str, str]:
    return (word.decided_at, word.decided_by, word.words) if word else (None, "", "")


@dataclass(frozen=True, slots=True)
class Gap:
    """A period in which somebody was held without a document here: from the end of a limit until a paper
    of before it was entered, or accepted by a leader where it waited for that, until the date of a paper of
    after it, or until the stay ended; and from the end of the last document of the file until another was
    recorded (`of_file`). None while it lasts.
    """

    since: datetime
    until: datetime | None
    paper: str
    reason: str
    entry_id: UUID | None
    of_file: bool = False

    @property
    def length(self) -> tuple[int, int]:
        """Whole days, and hours beyond them; an hour that has begun counts."""
        seconds = ((self.until or clock.now()) - self.since).total_seconds()
        return divmod(max(1, -int(-seconds // 3600)), 24)


def unheld_before(custody_id: UUID, documents: Iterable[people.Held]) -> list[Gap]:
    """The periods that are over in which no document of the file held somebody, oldest first: by which of
    its `documents`, ended ones among them, they began and ended. One query.
    """
    known = {one.id: one for one in documents}
    found = []
    for row in _unheld_before(custody_id).order_by("raised_at", "id"):
        since = row.unheld_since or row.raised_at
        ended = [one for one in known.values() if one.until == since]
        why = [f"{one.fact.words()}: {HOW.get(one.ended_how, '')}".rstrip(": ") for one in ended]
        came = known.get(row.closed_paper_id) if row.closed_paper_id else None
        words = came.fact.words() if came else ""
        found.append(Gap(since, row.closed_at, words, "; ".join(why), row.entry_id, of_file=True))
    return found


def _unheld_before(custody_id: UUID | OuterRef) -> QuerySet[Warning]:
    return warnings().filter(custody_id=custody_id, rule="UNHELD", closed_by="document")


def gaps_of(
    papers: Iterable[PaperShown],
    shown: ClockShown,
    ended_at: datetime | None = None,
    before: Iterable[Gap] = (),
) -> list[Gap]:
    """The periods without a document of a stay: those that papers ended, those of the file from `before`,
    and the one that lasts or lasted until the stay `ended_at`.

    That a paper was corrected later undoes none of them. Asks nothing.
    """
    found = [
        Gap(
            one.limit_ended_at,
            one.basis_from or one.decided_at or one.recorded_at,
            one.title,
            one.late_reason,
            one.entry_id,
        )
        for one in papers
        if one.limit_ended_at is not None
        and one.limit_ended_at != one.basis_from
        and (one.accepted or not one.ever_waited)
    ]
    found += before
    found.sort(key=lambda one: one.since)
    if shown.unheld_since is not None:
        found.append(Gap(shown.unheld_since, None if shown.held else ended_at, "", "", None))
    due = shown.by_papers
    if shown.held and due is not None and due <= clock.now():
        found.append(Gap(due, None, "", "", None))
    elif not shown.held and due and ended_at and due < ended_at:
        found.append(Gap(due, ended_at, "", "", None))
    return found


def past_end(custody_id: UUID) -> bool:
    """Whether a limit of a stay has ended, so that what moves the end says why it comes late. Two queries.

    It has where the end is past, and where the warning that said so is open.
    """
    due = clock_of(custody_id).by_papers
    if due is not None and due <= clock.now():
        return True
    asking = [one.id for one in catalogue.rules().warnings if one.late_paper_asks]
    return (
        warnings()
        .filter(custody_id=custody_id, closed_at=None, due_at__isnull=False, rule__in=asking)
        .exists()
    )


def paper(paper_id: UUID) -> tuple[UUID, PaperShown]:
    """A paper and the stay that it is of. Three queries. Raises `Missing` out of scope."""
    row = Paper.objects.visible_to(scope.current()).filter(pk=paper_id).first()
    if row is None:
        raise Missing("timelimits.no_such_paper", _("There is no such paper in your scope."))
    found = next(one for one in papers_of(row.custody_id) if one.id == paper_id)
    return row.custody_id, found


def result_of(custody_id: UUID) -> tuple[Result, Facts]:
    """The whole result of a stay, computed now from its papers. One query."""
    facts = computing.facts_of([custody_id])[custody_id]
    return facts.computed(clock.now()), facts


def holding(custody_id: UUID) -> tuple[leaving.Ground, ...]:
    """The documents of the file on which somebody is held now, as the gate says. Three queries. Raises
    `Missing` out of scope.
    """
    return leaving.documents(_stay(custody_id))


def holding_beside(
    custody_id: UUID, result: Result, facts: Facts, papers: Iterable[PaperShown]
) -> tuple[leaving.Ground, ...]:
    """Those that hold somebody still although a paper of the clock has ended the custody of its case; none
    where none ended it. Three queries. Raises `Missing` out of scope.
    """
    place = engine.ended_by(result)
    if place is None:
        return ()
    issuers = {str(one.id): one.authority for one in papers}
    return leaving.documents(_stay(custody_id), beside=issuers[facts.papers[place]])


def _stay(custody_id: UUID) -> Custody:
    found = Custody.objects.visible_to(scope.current()).filter(pk=custody_id).first()
    if found is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    return found


@dataclass(frozen=True, slots=True)
class EndedBy:
    """The paper by which custody is over: its type (of the facts of limits) and who issued it."""

    type: str
    authority: str


def ended_by(custody_id: UUID) -> EndedBy | None:
    """The paper by which custody of a stay is over now, an escape too; None where it isn't. Two queries."""
    result, facts = result_of(custody_id)
    place = engine.ended_by(result)
    if place is None:
        return None
    papers = Paper.objects.visible_to(scope.current()).filter(pk=facts.papers[place])
    return EndedBy(facts.events[place]["type"], papers.values_list("authority", flat=True).get())


@dataclass(frozen=True, slots=True)
class WarningShown:
    """A warning as it stands."""

    id: UUID
    custody_id: UUID
    rule: str
    title: str
    source: str
    state: str
    due_at: datetime | None
    step: int
    raised_at: datetime
    entry_id: UUID
    notice: str | None
    document_id: UUID | None
    sent_at: datetime | None
    intention: str
    answer: str
    answered_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    organization_id: int
    person: PersonShown | None = None
    late_paper: UUID | None = None
    replaced_by: UUID | None = None

    @property
    def state_title(self) -> str:
        """The stage that it is about; a dash where it is about none."""
        return kinds.state_title(self.state) if self.state else "—"

    def __getattr__(self, name: str) -> Any:
        """What a chip asks of a person."""
        if name.startswith("_") or self.person is None:
            raise AttributeError(name)
        return getattr(self.person, name)

    @property
    def sign(self) -> tuple[str, Any]:
        """How it stands, as a state's tone and word."""
        if self.closed_at:
            return "done", kinds.ENDINGS.get(self.closed_by, self.closed_by)
        if self.late_paper is not None:
            return "late", _("waits for a leader's answer")
        if self.answered_at:
            return "waiting", _("answered, and goes on")
        if self.sent_at:
            return "waiting", _("sent, no answer yet")
        return ("late" if self.rule in ("AL-4", "OUT", "UNHELD") else "todo"), _("not ended yet")


def _warning(row: Warning, person: PersonShown | None = None) -> WarningShown:
    rule = catalogue.rules().named(row.rule)
    return WarningShown(
        row.pk,
        row.custody_id,
        row.rule,
        str(rule.title),
        rule.source,
        row.state,
        row.due_at,
        row.step,
        row.raised_at,
        row.entry_id,
        rule.notice,
        row.document_id,
        row.sent_at,
        row.intention,
        row.answer,
        row.answered_at,
        row.closed_at,
        row.closed_by,
        row.organization_id,
        person,
        row.late_paper_id,
        row.replaced_by_id,
    )


def warnings() -> QuerySet[Warning]:
    """The warnings of the scope, to narrow and order; `warned()` shows some."""
    return Warning.objects.visible_to(scope.current())


def warned(rows: Iterable[Warning]) -> list[WarningShown]:
    """Warnings with their people, noted in the access log. Two queries."""
    found = list(rows)
    people = custody.named({row.custody_id for row in found})
    return [_warning(row, people[row.custody_id]) for row in found if row.custody_id in people]


def warnings_for(post: Post, organization: int, limit: int) -> list[WarningShown]:
    """Open warnings that name a post and whose task another post handles; the latest first. One query.

    Whoever handles the task has it before them already. They name nobody.
    """
    handled = duty.handlers()
    named = [
        rule.id
        for rule in catalogue.rules().warnings
        if post.value in rule.to and handled.get(rule.kind) != post
    ]
    if not named:
        return []
    lowest, highest = range_of(organization)
    rows = warnings().filter(rule__in=named, closed_at__isnull=True)
    rows = rows.filter(organization_id__gte=lowest, organization_id__lte=highest)
    return [_warning(row) for row in rows.order_by("-raised_at", "-pk")[:limit]]


def warnings_of(custody_id: UUID) -> list[WarningShown]:
    """The warnings of a stay, open ones first. One query."""
    rows = warnings().filter(custody_id=custody_id).order_by("-raised_at", "-id")
    return sorted(map(_warning, rows), key=lambda one: one.closed_at is not None)


def warning(warning_id: UUID) -> WarningShown:
    """One warning. One query. Raises `Missing` out of scope."""
    row = warnings().filter(pk=warning_id).first()
    if row is None:
        raise Missing("timelimits.no_such_warning", _("There is no such warning in your scope."))
    return _warning(row)


def notice_of(found: WarningShown) -> documents.PaperShown | None:
    """The paper that went out on a warning, where one did. One query."""
    if found.document_id is None:
        return None
    issued = documents.issued(custody=found.custody_id)
    return next((one for one in issued if one.id == found.document_id), None)


#: Where a clock stands in the order of the board; None comes behind every moment.
Place = tuple[datetime | None, datetime | None, UUID]


def place_of(shown: ClockShown) -> Place:
    """Where a clock stands in the order of the board."""
    return shown.unheld_since, shown.by_papers, shown.custody_id


def _behind(place: Place) -> Q:
    unheld_since, due_at, custody_id = place
    alike = _later("due_at", due_at) | Q(due_at=due_at, pk__gt=custody_id)
    return _later("unheld_since", unheld_since) | Q(unheld_since=unheld_since) & alike


def _later(field: str, moment: datetime | None) -> Q:
    if moment is None:
        return Q(pk__in=())
    return Q(**{f"{field}__gt": moment}) | Q(**{f"{field}__isnull": True})


def listed(
    *,
    organization: tuple[int, int] | None = None,
    left: str = "",
    authority: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[ClockShown]:
    """Clocks of people in custody behind a place, in the order of the board: first whom no document holds,
    longest since, then by their end; of a span of organizations. One query.
    """
    now, rows = clock.now(), clocks().filter(held=True)
    if organization is not None:
        lowest, highest = organization
        rows = rows.filter(organization_id__gte=lowest, organization_id__lte=highest)
    if left:
        rows = rows.filter(narrowed(left, now))
    if authority:
        rows = rows.filter(authority=authority)
    if after is not None:
        rows = rows.filter(_behind(after))
    ordered = rows.order_by(
        F("unheld_since").asc(nulls_last=True), F("due_at").asc(nulls_last=True), "pk"
    )
    return [_shown(row, now) for row in ordered[:limit]]


def warnings_listed(
    *, ended: bool = False, before: UUID | None = None, limit: int = 50
) -> list[WarningShown]:
    """Warnings, the latest first; names nobody. One query."""
    rows = warnings().filter(closed_at__isnull=not ended)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_warning(row) for row in rows.order_by("-pk")[:limit]]


def open_warnings(organization: int) -> int:
    """How many warnings of a subtree are open; names nobody. One query."""
    lowest, highest = range_of(organization)
    rows = warnings().filter(closed_at__isnull=True)
    return rows.filter(organization_id__gte=lowest, organization_id__lte=highest).count()


def failing(limit: int) -> list[Clock]:
    """The clocks that the sweep can't look at through a defect, the longest first, with their facility.
    Names nobody. One query.
    """
    rows = clocks().filter(failing_since__isnull=False).select_related("organization")
    return list(rows.order_by("failing_since", "pk")[:limit])


def stays_after(last: UUID | None, batch: int = computing.BATCH) -> list[UUID]:
    """The next stays of the scope that are held, by their identifiers. One query."""
    rows = clocks().filter(held=True)
    if last is not None:
        rows = rows.filter(pk__gt=last)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:batch])


def every_stay() -> Iterator[Sequence[UUID]]:
    """The stays of the scope that are held, in batches."""
    found = stays_after(None)
    while found:
        yield found
        found = stays_after(found[-1])
