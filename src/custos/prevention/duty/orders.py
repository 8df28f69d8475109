"""Orders: a leader deploys a post; receipt, progress and result come back as of any task (部署).

An order is an entry, and opens a task within the same transaction. Whoever gave it is the finder of that
task, so its acceptance, its progress and its result come back to them; nobody who accepts makes it climb to
them, and from a duty leader to the facility's leader.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.custody import queries as custody
from custos.foundation.database import scope
from custos.foundation.errors import Malformed, Missing, raise_all
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import queries as entries
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, Subject
from custos.foundation.record.reactions import Event
from custos.foundation.record.services import Deed
from custos.prevention.duty import engine, opening, queries
from custos.prevention.duty.engine import Reason, Rule, Rung, Span, Title
from custos.prevention.duty.information import catalogue as information
from custos.prevention.duty.kinds import OrderGiven
from custos.prevention.duty.models import ORDER, Task
from custos.prevention.duty.queries import TaskShown

RULE_ID = "DUTY-ORDER"
#: Who gives orders, lowest first. What nobody accepts is told to whoever gave it, and to who stands above.
GIVERS = (Post.DUTY_LEADER, Post.LEADER)
#: Posts of a facility that are deployed. The prosecutor and the higher tiers take no orders from it.
DEPLOYED = (
    Post.PATROL,
    Post.CASE_OFFICER,
    Post.MEDICAL,
    Post.RECEPTION,
    Post.ADMISSION,
    Post.INTERROGATION,
    Post.PSYCHOLOGIST,
    Post.FINANCE,
    Post.LOGISTICS,
    Post.DUTY_LEADER,
)
LONGEST_ORDER = 1000
#: How much of the words stands in a list.
_SHORT = 40
#: An order is for something at hand; what lies further off belongs in a plan.
FARTHEST = timedelta(days=31)
#: How long an order may wait to be accepted, by severity; never longer than half of its time.
_ACCEPT: dict[int, timedelta] = {
    1: timedelta(minutes=5),
    2: timedelta(minutes=15),
    3: timedelta(minutes=30),
    4: timedelta(hours=2),
}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Given:
    """What is ordered: words, a post and perhaps one officer on it, where or whom it is about, by when.

    At most one of `custody` and `cell`; with neither, what the task `after` is about, else the facility.
    """

    text: str
    post: Post
    due_at: datetime
    severity: int = 3
    officer: UUID | None = None
    custody: UUID | None = None
    cell: UUID | None = None
    after: UUID | None = None


def rule_of(order: OrderGiven, giver: Post, at: datetime) -> Rule:
    """The row by which the task of an order runs. Pure.

    To be accepted within the time of its severity or half of the time that it has, whichever is shorter;
    then the giver is asked, and a third of an hour after that the facility's leader.
    """
    left = max(order.due_at - at, 2 * _MINUTE)
    accept = Span.of(min(_ACCEPT[order.severity], left / 2))
    above = [post for post in GIVERS[GIVERS.index(giver) :] if post is not order.post]
    rungs = [Rung(post=order.post, after=Span())]
    rungs += [
        Rung(post=post, after=Span.of(accept.length + at_ * timedelta(minutes=20)))
        for at_, post in enumerate(above)
    ]
    who = f"{order.officer_name} " if order.officer_name else ""
    short = order.text if len(order.text) <= _SHORT else order.text[: _SHORT - 1] + "…"
    return Rule(
        id=RULE_ID,
        version=1,
        title=Title(zh=f"部署：{who}{short}", en=f"Order: {who}{short}"),
        when=OrderGiven.name,
        handler=order.post,
        severity=order.severity,
        alert_within=Span(),
        accept_within=accept,
        answer_within=Span.of(left),
        remind_every=Span.of(information.shipped().levels[order.severity].remind_every.length),
        ladder=tuple(rungs),
        feedback=("finder",),
        join="none",
        close_by=order.due_at,
        act=Title(zh=order.text, en=order.text),
        confidence="P",
        source=Title(
            zh="关于推进智慧监管建设的指导意见（2018）：部署、反馈；时限为设计建议",
            en="Guiding opinion on smart custody (2018): deploy, feed back; deadlines are proposals",
        ),
        valid_from=clock.day_of(at),
    )


def give(given: Given, *, facility: int, by: Actor) -> Task:
    """Give an order; returns the task that it opened.

    Raises `Malformed` with every fault of what was typed, `NotAllowed` for who isn't a duty leader or
    leader of police, `Missing` for a person, cell, officer or task out of scope.
    """
    at = clock.now()
    text = given.text.strip()
    name = _officer(given, facility) if given.officer else ""
    raise_all(_faults(given, text, at))
    before = _task(given.after) if given.after else None
    subject = _subject(given, before, facility)
    with record.deed() as deed:
        header = deed.append(
            OrderGiven(
                post=given.post,
                officer=str(given.officer or ""),
                officer_name=name,
                severity=given.severity,
                text=text,
                due_at=given.due_at,
                after=given.after,
            ),
            about=subject,
            by=by,
            because=before.source_entry_id if before else None,
        )
        return Task.objects.visible_to(scope.current()).get(source_entry_id=header.id)


def _faults(given: Given, text: str, at: datetime) -> list[Malformed]:
    found = []
    if not text:
        found.append(Malformed("order.no_words", _("Say what the post is to do."), field="text"))
    if len(text) > LONGEST_ORDER:
        found.append(
            Malformed(
                "order.too_long",
                _("At most %(limit)s characters."),
                field="text",
                mend=_("Say the essence here."),
                limit=LONGEST_ORDER,
            )
        )
    if given.post not in DEPLOYED:
        found.append(Malformed("order.post", _("This post takes no orders."), field="post"))
    if given.severity not in _ACCEPT:
        found.append(Malformed("order.severity", _("From 1 to 4."), field="severity"))
    if not at + _MINUTE < given.due_at <= at + FARTHEST:
        found.append(
            Malformed(
                "order.due",
                _("The time lies in the future, at most %(days)s days ahead."),
                field="due_at",
                days=FARTHEST.days,
            )
        )
    if given.custody and given.cell:
        found.append(
            Malformed(
                "order.one_subject", _("An order is about one person or one cell."), field="cell"
            )
        )
    return found


def _officer(given: Given, facility: int) -> str:
    for one in accounts.holders(facility, [given.post]):
        if one.ref == str(given.officer):
            return one.name
    raise Malformed(
        "order.officer",
        _("This officer isn't on that post here today."),
        field="officer",
        mend=_("Choose one of the list, or leave it to the post."),
    )


def _subject(given: Given, before: Task | None, facility: int) -> Subject:
    if given.custody:
        subject = custody.subject_of(given.custody)
    elif given.cell:
        subject = organizations.cell(given.cell).record_subject()
    elif before:
        subject = before.record_subject()
    else:
        return Subject(organizations.in_scope(facility).pk)
    if subject.organization_id != facility:
        raise Missing("order.elsewhere", _("That is not of this facility."))
    return subject


def _task(task: UUID) -> Task:
    found = Task.objects.visible_to(scope.current()).filter(pk=task).first()
    if found is None:
        raise Missing("task.no_such", _("There is no such task."))
    return found


def open_task(event: Event, deed: Deed) -> Task:
    """Open the task of an order, within the deed that gave it."""
    order, about = event.payload, event.about
    assert isinstance(order, OrderGiven)
    rule = rule_of(order, event.by.post or Post.LEADER, deed.at)
    reason = Reason(rule.id, rule.version, rule.source.zh, rule.confidence, OrderGiven.name)
    due = deed.at + rule.accept_within.length
    task = Task(
        organization_id=about.organization_id,
        cell_id=about.cell_id,
        custody_id=about.custody_id,
        detainee_id=about.detainee_id,
        source_entry_id=event.id,
        source_kind=OrderGiven.name,
        occurred_at=event.occurred_at,
        finder_kind=event.by.kind.value,
        finder_ref=event.by.ref,
        rule_id=rule.id,
        rule=rule.model_dump(mode="json"),
        reasons=[asdict(reason)],
        severity=rule.severity,
        post=rule.handler.value,
        asked=[post.value for post in engine.asked_posts(rule, 0)],
        opened_at=deed.at,
        since=deed.at,
        wanted_by=due,
        due_at=due,
    )
    task.save(force_insert=True)
    opening.tell_opened(task, event.id, deed, by=Actor.system("duty"))
    return task


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order with what came of it: receipt, progress and result stand in its task."""

    given_at: datetime
    by: str
    post_title: Any
    officer: str
    text: str
    due_at: datetime
    task: TaskShown


def _tasks() -> QuerySet[Task]:
    found = Task.objects.visible_to(scope.current()).filter(source_kind=ORDER)
    return found.select_related("cell", "area", "reopened_by")


def without_result(by: Actor, limit: int = 10) -> list[TaskShown]:
    """The tasks of orders that haven't ended, by when they are to be accepted or done. Two queries."""
    found = _tasks().filter(state__in=engine.UNFINISHED)
    return queries.as_shown(found.order_by("wanted_by", "id")[:limit], by)


def listed(by: Actor, *, after: UUID | None = None, limit: int = 50) -> list[OrderShown]:
    """Orders of the scope, the latest first. Five queries."""
    found = _tasks()
    if after is not None:
        found = found.filter(id__lt=after)
    tasks = queries.as_shown(found.order_by("-id")[:limit], by)
    lines = entries.lines_of([task.source_entry_id for task in tasks]) if tasks else {}
    names = accounts.names_of({line.by_ref for line in lines.values()})
    orders = []
    for task in tasks:
        line = lines.get(task.source_entry_id)
        if line is None or not isinstance(line.payload, OrderGiven):
            continue
        order = line.payload
        orders.append(
            OrderShown(
                line.occurred_at,
                names.get(line.by_ref, ""),
                order.post.title,
                order.officer_name,
                order.text,
                order.due_at,
                task,
            )
        )
    return orders
