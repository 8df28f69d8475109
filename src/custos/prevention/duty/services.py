"""What may happen to a task. Each deed locks the task's row first and the chain's head last."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, IntegerField, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post, Subject
from custos.foundation.record.reactions import Event
from custos.foundation.record.services import Deed
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty import catalogue, engine, opening
from custos.prevention.duty.engine import Reason, State, Title
from custos.prevention.duty.kinds import (
    TaskAccepted,
    TaskAnswered,
    TaskEscalated,
    TaskHandedBack,
    TaskNoted,
    TaskOpened,
    TaskWithdrawn,
    Why,
)
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import queries as shifts

LONGEST_ANSWER = 4000
_SYSTEM = Actor.system("duty")


def open_task(
    event: Event,
    deed: Deed,
    *,
    called: Callable[[Title], Title] | None = None,
    before: datetime | None = None,
) -> Task | None:
    """Open the task that the catalogue asks for on an entry, within the deed that wrote it.

    `called` makes of the catalogue's title one that says of this entry where to go; `before` is when its
    result comes too late, which shortens the catalogue's times. A
    repetition of what is being handled already is counted there and opens nothing. Called again for the
    same entry it changes nothing. None where nothing was opened.
    """
    day = clock.day_of(deed.at)
    plan = engine.plan_for(
        catalogue.rules(), event.payload.name, day, opened_at=deed.at, before=before
    )
    if plan is None:
        return None
    if called:
        rule = plan.rule.model_copy(update={"title": called(plan.rule.title)})
        plan = replace(plan, rule=rule)
    task = _task_of(event, plan, deed.at)
    if not opening.join_or_add(task, handled_since=deed.at - plan.rule.accept_within.length):
        return None
    deed.append(
        TaskOpened(
            task=task.pk,
            source_kind=event.payload.name,
            severity=task.severity,
            post=plan.post,
            due_at=plan.due_at,
            reasons=_why(plan.reasons),
        ),
        about=task,
        by=_SYSTEM,
        because=event.id,
    )
    return task


def _task_of(event: Event, plan: engine.Plan, at: datetime) -> Task:
    rule, about = plan.rule, event.about
    joins = rule.join == "cell" and about.cell_id
    return Task(
        organization_id=about.organization_id,
        cell_id=about.cell_id,
        custody_id=about.custody_id,
        detainee_id=about.detainee_id,
        source_entry_id=event.id,
        source_kind=event.payload.name,
        occurred_at=event.occurred_at,
        finder_kind=event.by.kind.value,
        finder_ref=event.by.ref,
        rule_id=rule.id,
        rule=rule.model_dump(mode="json"),
        reasons=[asdict(reason) for reason in plan.reasons],
        severity=rule.severity,
        post=plan.post.value,
        asked=[post.value for post in engine.asked_posts(rule, 0)],
        opened_at=at,
        since=at,
        wanted_by=plan.due_at,
        due_at=plan.due_at,
        join_key=f"{rule.id}:{about.cell_id}" if joins else None,
    )


def follow_person(about: Subject) -> None:
    """What isn't done about somebody is to be done where they are; nothing of the old cell joins it."""
    if about.custody_id and about.cell_id:
        Task.objects.filter(
            organization_id=about.organization_id,
            custody_id=about.custody_id,
            state__in=engine.UNFINISHED,
        ).update(cell_id=about.cell_id, join_key=None)


def accept(task_id: UUID, *, by: Actor) -> Task:
    """Take a task on; its result is due after the rule's `answer_within`.

    Raises `Conflict`, naming who was first, where it is taken or over, `NotAllowed` for a post that
    is not on the task's ladder, `Missing` out of scope. Accepting again what one holds is nothing.
    """
    with record.deed() as deed:
        task = _locked(task_id)
        _require_on_ladder(task, by)
        if task.state == State.ACCEPTED and task.accepted_by == by.ref:
            return task
        _require_may_become(task, State.ACCEPTED)
        task.state, task.since = State.ACCEPTED, deed.at
        task.accepted_by, task.accepted_at = by.ref, deed.at
        task.accepted_post = by.post.value if by.post else ""
        # The clock may have been put back since it was opened.
        due = max(engine.answer_due(task.rule_then(), deed.at), task.opened_at)
        task.wanted_by = task.due_at = due
        task.save()
        deed.append(
            TaskAccepted(task=task.pk, due_at=task.due_at),
            about=task,
            by=by,
            because=task.source_entry_id,
        )
    return task


def answer(task_id: UUID, text: str, *, by: Actor) -> Task:
    """Answer a task that was accepted, in words; whoever found it sees the answer.

    For whoever accepted it, or a post above theirs on the ladder. Raises `Malformed` for an answer
    without words, `Conflict` where it is not accepted yet or over, `NotAllowed`, `Missing`.
    """
    words = _words(text, "answer", _("Say in words what was found and done."))
    with record.deed() as deed:
        task = _locked(task_id)
        _require_may_become(task, State.ANSWERED)
        _require_holder(task, by)
        _answered(task, words, by, deed)
    return task


def _answered(task: Task, words: str, by: Actor, deed: Deed) -> None:
    task.answer = words
    _end(task, State.ANSWERED, by, deed.at)
    sealed = task.audience == Audience.SEALED_COMPLAINT
    answered = TaskAnswered(
        task=task.pk,
        # Who reported what is sealed, and what came of it, stands on no page of others.
        answer=gettext("Answered under seal") if sealed else words,
        finder_kind=ActorKind(task.finder_kind),
        finder_ref="" if sealed else task.finder_ref,
    )
    if sealed:  # that it is answered is seen by all who see that it waits
        deed.append(answered, about=task, by=by, because=task.source_entry_id)
    else:
        opening.tell(deed, task, answered, by=by)


def note(task_id: UUID, text: str, *, by: Actor) -> Task:
    """Say how far one is with a task that was accepted; its result is still to come.

    Moves no deadline. For whoever accepted it or a post above. Raises as `answer` does.
    """
    words = _words(text, "text", _("Say in words how far it is."))
    with record.deed() as deed:
        task = _locked(task_id)
        if task.state != State.ACCEPTED:
            _require_may_become(task, State.ANSWERED)
        _require_holder(task, by)
        task.note, task.noted_at = words, deed.at
        task.save(update_fields=["note", "noted_at"])
        opening.tell(deed, task, TaskNoted(task=task.pk, text=words), by=by)
    return task


def settle(custody: UUID, kinds: Collection[str], text: str, *, by: Actor) -> int:
    """Answer what entries of some kinds asked about a stay, for it is done; returns how many tasks.

    Called within the deed by which it was done, by the module whose deed it is: who did it answers, also
    what nobody or somebody else had accepted. What looks at somebody's own doing is left to others.
    """
    about = Q(custody_id=custody, source_kind__in=list(kinds))
    return _settle(about, text, by)


def unfinished_entries(organization_id: int, kind: str) -> list[UUID]:
    """The entries of a kind whose tasks nobody has finished. One query."""
    rows = Task.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, source_kind=kind, state__in=engine.UNFINISHED
    )
    return list(rows.values_list("source_entry_id", flat=True))


def settle_entry(entry: UUID, text: str, *, by: Actor) -> int:
    """The same for what one entry asked, for what is about no stay."""
    return _settle(Q(source_entry_id=entry), text, by)


def _settle(which: Q, text: str, by: Actor) -> int:
    words = _words(text, "answer", _("Say in words what was found and done."))
    with record.deed() as deed:
        found = Task.objects.visible_to(scope.current()).select_for_update(of=("self",))
        tasks = [
            task
            for task in found.filter(which, state__in=engine.UNFINISHED).order_by("id")
            if task.rule_then().finder_handles
        ]
        for task in tasks:
            if not task.accepted_by:
                task.accepted_by, task.accepted_at = by.ref, deed.at
                task.accepted_post = by.post.value if by.post else ""
            _answered(task, words, by, deed)
    return len(tasks)


def hand_back(task_id: UUID, reason: str, *, by: Actor) -> Task:
    """Give a task that was accepted back to the posts that were asked, with the reason.

    Its time to be accepted runs from the opening as if nobody had taken it: where that is over, the next
    sweep asks the next post. For whoever accepted it or a post above. Raises as `answer` does.
    """
    words = _words(reason, "reason", _("Say why somebody else has to do this."))
    with record.deed() as deed:
        task = _locked(task_id)
        _require_may_become(task, State.OPEN)
        _require_holder(task, by)
        rule = task.rule_then()
        task.state, task.since = State.OPEN, deed.at
        task.accepted_by = task.accepted_post = ""
        task.accepted_at = None
        task.wanted_by = task.opened_at + rule.accept_within.length
        task.due_at = engine.accept_due(rule, task.opened_at, task.step, deed.at)
        opening.return_to_list(task)
        handed_back = TaskHandedBack(task=task.pk, reason=words, due_at=task.due_at)
        opening.tell(deed, task, handed_back, by=by)
    return task


def withdraw(task_id: UUID, reason: str, *, by: Actor) -> Task:
    """Take back a task that is not to be done, such as a false alarm, with the reason.

    For a police officer on the task's ladder; once accepted, for whoever accepted it or a post
    above. Raises as `answer` does.
    """
    words = _words(reason, "reason", _("Say why this is not to be done."))
    with record.deed() as deed:
        task = _locked(task_id)
        record.require_writer(TaskWithdrawn, by)
        _require_may_become(task, State.WITHDRAWN)
        if task.state == State.ACCEPTED:
            _require_holder(task, by)
        else:
            _require_on_ladder(task, by)
        task.withdrawn_reason = words
        _end(task, State.WITHDRAWN, by, deed.at)
        opening.tell(deed, task, TaskWithdrawn(task=task.pk, reason=words), by=by)
    return task


def withdraw_asked(entries: Collection[UUID], reason: str, *, by: Actor) -> int:
    """Take back what some entries asked, for what they were about is over; returns how many tasks.

    Called by the part of the system that sees it, within the deed by which it is over.
    """
    words = _words(reason, "reason", _("Say why this is not to be done."))
    with record.deed() as deed:
        found = Task.objects.visible_to(scope.current()).select_for_update(of=("self",))
        asked = found.filter(source_entry_id__in=list(entries), state__in=engine.UNFINISHED)
        tasks = list(asked.order_by("id"))
        for task in tasks:
            task.withdrawn_reason = words
            _end(task, State.WITHDRAWN, by, deed.at)
            opening.tell(deed, task, TaskWithdrawn(task=task.pk, reason=words), by=by)
    return len(tasks)


def sweep(now: datetime | None = None, limit: int = 500) -> int:
    """Climb the ladder with every task whose deadline has passed; returns how many.

    Opens its own scope. Several workers may sweep at once: each takes other rows, and a task that
    an officer is just accepting is left alone.
    """
    moment = now or clock.now()
    with scope.entered(scope.Scope.of_system("duty.sweep")), record.deed() as deed:
        due = list(
            Task.objects.select_for_update(skip_locked=True)
            .filter(state__in=engine.UNFINISHED, due_at__lte=moment)
            .order_by("due_at")[:limit]
        )
        held = shifts.staffed(moment) if due else {}
        for task in due:
            _climb(task, moment, deed, held.get(task.organization_id))
        Task.objects.bulk_update(due, ["step", "post", "asked", "due_at"])
    return len(due)


def _climb(task: Task, now: datetime, deed: Deed, held: engine.Held | None) -> None:
    climb = engine.climb(task.rule_then(), task.facts(), now, held)
    if climb is not None:
        _take_step(task, climb, deed)


def _take_step(task: Task, climb: engine.Climb, deed: Deed) -> None:
    rule = task.rule_then()
    told = engine.told_now(rule, task.step, climb)
    task.step, task.post, task.due_at = climb.step, climb.post.value, climb.due_at
    task.asked = [post.value for post in engine.asked_posts(rule, climb.step)]
    for post in told:
        deed.append(
            TaskEscalated(
                task=task.pk,
                cause=climb.cause.value,
                step=climb.step,
                post=post,
                waited_minutes=int(climb.waited.total_seconds()) // 60,
                due_at=climb.due_at,
                reasons=_why(climb.reasons),
            ),
            about=task,
            by=_SYSTEM,
            because=task.source_entry_id,
        )


def sweep_unstaffed(now: datetime | None = None, limit: int = 200) -> int:
    """Pass over posts that nobody holds: what they alone were asked is asked of the next at once.

    For facilities that keep a roster (`shifts`). Opens its own scope; returns how many climbed.
    """
    moment = now or clock.now()
    with scope.entered(scope.Scope.of_system("duty.unstaffed")), record.deed() as deed:
        staffed = shifts.staffed(moment)
        if not staffed:
            return 0
        waiting = list(
            Task.objects.select_for_update(skip_locked=True)
            .filter(state=State.OPEN, organization_id__in=list(staffed))
            .exclude(held_by_somebody(staffed))
            # Where all have been asked there is nothing to pass over, and no place in this bite.
            .filter(step__lt=_RUNGS - 1)
            .order_by("due_at")[:limit]
        )
        climbed = []
        for task in waiting:
            held = staffed[task.organization_id]
            climb = engine.pass_over(task.rule_then(), task.facts(), moment, held)
            if climb is not None:
                _take_step(task, climb, deed)
                climbed.append(task)
        Task.objects.bulk_update(climbed, ["step", "post", "asked", "due_at"])
    return len(climbed)


_RUNGS = Func(F("rule__ladder"), function="jsonb_array_length", output_field=IntegerField())


def held_by_somebody(staffed: Mapping[int, engine.Held]) -> Q:
    """The tasks of which some post that was asked is held by somebody just now."""
    found = Q(pk__in=[])
    for organization, posts in staffed.items():
        found |= Q(organization_id=organization, asked__overlap=[post.value for post in posts])
    return found


def _locked(task_id: UUID) -> Task:
    found = Task.objects.visible_to(scope.current()).select_for_update().filter(pk=task_id).first()
    if found is None:
        raise Missing("task.no_such", _("There is no such task."))
    return found


def _end(task: Task, state: State, by: Actor, at: datetime) -> None:
    task.state, task.since, task.due_at = state, at, None
    task.ended_by, task.ended_at = by.ref, at
    task.save()


def _words(text: str, field: str, mend: object) -> str:
    words = text.strip()
    if not words:
        raise Malformed("task.no_words", _("This cannot be empty."), field=field, mend=mend)
    if len(words) > LONGEST_ANSWER:
        raise Malformed(
            "task.too_long",
            _("At most %(limit)s characters."),
            field=field,
            mend=_("Say the essence here and attach the rest to the record."),
            limit=LONGEST_ANSWER,
        )
    return words


def _require_on_ladder(task: Task, by: Actor) -> None:
    rule = task.rule_then()
    posts = rule.posts
    if engine.is_own(rule, task.finder_ref, by):
        raise NotAllowed(
            "task.own",
            _("This is about what you did yourself."),
            mend=_("Somebody else on one of these posts looks at it: %(posts)s."),
            posts=_titles(posts),
        )
    if by.post not in posts:
        raise NotAllowed(
            "task.post",
            _("This task is for %(posts)s."),
            mend=_("Ask a colleague on one of these posts."),
            posts=_titles(posts),
        )


def _require_holder(task: Task, by: Actor) -> None:
    """Whoever accepted the task, or a post above theirs on the ladder; never whom it looks at."""
    if engine.is_own(task.rule_then(), task.finder_ref, by):
        _require_on_ladder(task, by)
    if task.accepted_by == by.ref:
        return
    if not engine.stands_above(task.rule_then(), by.post, Post(task.accepted_post)):
        raise NotAllowed(
            "task.not_yours",
            _("%(name)s accepted this task."),
            mend=_("Whoever accepted it answers it, or the leader on duty."),
            name=_name(task.accepted_by),
        )


def _require_may_become(task: Task, following: State) -> None:
    if engine.may_become(State(task.state), following):
        return
    if task.state == State.OPEN:
        raise Conflict(
            "task.not_accepted",
            _("Nobody has accepted this task yet."),
            mend=_("Accept it first, then answer."),
        )
    who, at = task.ended_by or task.accepted_by, task.ended_at or task.accepted_at
    assert at is not None  # the state constraint
    raise Conflict(
        f"task.already_{task.state}",
        _ALREADY[State(task.state)],
        mend=_("Nothing is left to do here; the list shows what is open."),
        name=_name(who),
        time=at.astimezone(clock.LOCAL).strftime("%H:%M"),
    )


_ALREADY = {
    State.ACCEPTED: _("%(name)s accepted this task at %(time)s."),
    State.ANSWERED: _("%(name)s answered this task at %(time)s."),
    State.WITHDRAWN: _("%(name)s withdrew this task at %(time)s."),
}


def _name(ref: str) -> str:
    return accounts.names_of({ref}).get(ref) or gettext("A colleague")


def _titles(posts: Iterable[Post]) -> str:
    return enumerated(post.title for post in posts)


def _why(reasons: Sequence[Reason]) -> list[Why]:
    return [Why(**asdict(reason)) for reason in reasons]
