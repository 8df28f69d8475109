"""What may be done with information: record it, adopt a catalogue, ask again for what wasn't done."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed, raise_all
from custos.foundation.limits import law
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post, Subject
from custos.foundation.record.reactions import Event
from custos.foundation.record.services import TOLERATED_AHEAD, Deed, StoredAttachment
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty import engine, opening
from custos.prevention.duty.engine import Reason, State
from custos.prevention.duty.information import adopted, catalogue, types
from custos.prevention.duty.information.models import FacilityCatalogue, Observation
from custos.prevention.duty.information.types import Calendar, InformationType, Wanted
from custos.prevention.duty.kinds import (
    CatalogueAdopted,
    Detail,
    InformationCollected,
    TaskReopened,
)
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan

LONGEST_TEXT, MOST_PHOTOS = 2000, 4
#: A device's clock that is off by less is taken as right.
CLOCK_TOLERANCE = timedelta(minutes=2)
#: For how long an answered task may be asked for again.
REOPEN_DAYS = 7
_SYSTEM = Actor.system("duty.information")


@dataclass(frozen=True, slots=True)
class About:
    """What a piece of information is about: one of these, else the facility as a whole."""

    custody: UUID | None = None
    cell: UUID | None = None
    area: UUID | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a piece of information that was sent; `known` where it had been sent before."""

    entry_id: UUID
    client_id: UUID
    known: bool


def observe(
    type_id: str,
    text: str,
    *,
    facility: int,
    about: About,
    by: Actor,
    client_id: UUID | None = None,
    details: Mapping[str, str] | None = None,
    observed_at: datetime | None = None,
    sent_at: datetime | None = None,
    photos: Sequence[StoredAttachment] = (),
) -> Taken:
    """Record a piece of information, and open the tasks that follow in the same transaction.

    `client_id` is made where it is typed: what is sent again is known again and changes nothing, also where
    its type was dropped meanwhile or the post no longer collects it.
    `observed_at` and `sent_at` are by the device's clock; where that is off, the time of the observation
    is put right by the difference and both are kept. Not within another deed: what is recorded may be
    for readers whom the writer isn't among.

    Raises `Missing` for an unknown type or place, `NotAllowed` for a post that doesn't collect it,
    `Malformed` with every fault of the fields, `Conflict` where the identifier was used for something else.
    """
    at = clock.now()
    if client_id and (before := _before(facility, client_id, by)):
        then = adopted.catalogue_of(adopted.then(facility, before.recorded_at))
        if kind := then.type(type_id):
            read, _wrong = types.read_details(then, kind, details or {})
            payload = _said(kind, text, read, about.area, client_id)
            _require_same(before, digest_of(payload, about, observed_at, photos))
        return Taken(before.entry_id, client_id, known=True)
    row = adopted.latest(facility, clock.day_of(at))
    known = adopted.catalogue_of(row)
    kind = known.type(type_id)
    if kind is None or not kind.holds_on(clock.day_of(at)):
        raise Missing(
            "information.no_such_type",
            _("There is no such type of information here."),
            mend=_("Load the list of types again."),
            field="type",
        )
    _require_collector(kind, by)
    subject, area, place = _subject(facility, about, kind)
    read = _checked(known, kind, text, details or {}, photos)
    occurred_at, claimed_at = by_our_clock(observed_at, sent_at, at)
    payload = _said(kind, text, read, area, client_id or new_id(at), claimed_at)
    audience = kind.audience(by.post)
    own = scope.current()
    widened = replace(own, audiences=own.audiences | {int(audience)})
    with scope.entered(widened), record.deed() as deed:
        digest = digest_of(payload, about, observed_at, photos)
        # Two sendings at once meet here, and the second finds what the first wrote.
        _one_at_a_time(payload.client)
        if before := _before(facility, payload.client, by):
            _require_same(before, digest)
            return Taken(before.entry_id, payload.client, known=True)
        header = deed.append(
            payload,
            about=subject,
            by=by,
            occurred_at=occurred_at,
            attachments=photos,
            audience=audience,
        )
        sealed = audience is Audience.SEALED_COMPLAINT
        Observation.objects.create(
            organization_id=facility,
            client_id=payload.client,
            by_ref=by.ref,
            by_post=by.post.value if by.post else "",
            digest=digest,
            type_id=kind.id,
            title=kind.title.model_dump(),
            severity=kind.severity,
            entry_id=header.id,
            custody_id=None if sealed else about.custody,
            place="" if sealed else place,
            occurred_at=occurred_at,
            recorded_at=at,
        )
    return Taken(header.id, payload.client, known=False)


def _said(
    kind: InformationType,
    text: str,
    read: Mapping[str, str],
    area: UUID | None,
    client: UUID,
    claimed_at: datetime | None = None,
) -> InformationCollected:
    return InformationCollected(
        type=kind.id,
        type_version=kind.version,
        title_zh=kind.title.zh,
        title_en=kind.title.en,
        severity=kind.severity,
        text=text.strip(),
        details=[Detail(name=name, value=value) for name, value in read.items()],
        area=area,
        client=client,
        claimed_at=claimed_at,
    )


def _require_collector(kind: InformationType, by: Actor) -> None:
    if by.kind is ActorKind.SYSTEM and "system" in kind.collected_by:
        return
    if by.post in kind.collectors:
        return
    if not kind.collectors:
        raise NotAllowed(
            "information.by_the_system",
            _("The program records this by itself."),
            mend=_("Record what you saw as another type."),
        )
    raise NotAllowed(
        "information.post",
        _("This is recorded by: %(posts)s."),
        mend=_("Tell a colleague on one of these posts."),
        posts=enumerated(post.title for post in sorted(kind.collectors)),
    )


def _subject(
    facility: int, about: About, kind: InformationType
) -> tuple[Subject, UUID | None, str]:
    """What the entry names, the area where it is about one, and the place's name."""
    named = [name for name in ("custody", "cell", "area") if getattr(about, name) is not None]
    if len(named) > 1:
        raise Malformed(
            "information.one_subject",
            _("One observation is about one person or one place."),
            field="about",
            mend=_("Record each person by itself."),
        )
    place = {"custody": "person"}.get(named[0], named[0]) if named else "facility"
    if place not in kind.places:
        raise Malformed(
            "information.subject",
            _("Say whom or what this is about: %(places)s."),
            field="about",
            places=enumerated(PLACES[one] for one in PLACES if one in kind.places),
        )
    if about.custody:
        subject, name = custody.subject_of(about.custody), ""
        if subject.cell_id:
            name = organizations.cell_names([subject.cell_id]).get(subject.cell_id, "")
    elif about.cell:
        cell = organizations.cell(about.cell)
        subject, name = cell.record_subject(), cell.name
    elif about.area:
        area = organizations.area(about.area)
        subject, name = Subject(area.organization_id), area.name
    else:
        subject, name = Subject(facility), ""
    if subject.organization_id != facility:
        raise Missing("information.elsewhere", _("That is not of this facility."), field="about")
    return subject, about.area, name


PLACES = {
    "person": _("a person"),
    "cell": _("a cell"),
    "area": _("an area"),
    "facility": _("the facility"),
}


def _checked(
    known: types.Catalogue,
    kind: InformationType,
    text: str,
    given: Mapping[str, str],
    photos: Sequence[StoredAttachment],
) -> dict[str, str]:
    read, wrong = types.read_details(known, kind, given)
    found: list[Malformed] = []
    words = text.strip()
    if not words:
        found.append(
            Malformed("information.no_words", _("Say in a sentence what it is."), field="text")
        )
    if len(words) > LONGEST_TEXT:
        found.append(
            Malformed(
                "information.too_long",
                _("At most %(limit)s characters."),
                field="text",
                limit=LONGEST_TEXT,
            )
        )
    if len(photos) > MOST_PHOTOS:
        found.append(
            Malformed(
                "information.photos",
                _("At most %(limit)s photos."),
                field="photos",
                limit=MOST_PHOTOS,
            )
        )
    found += [
        Malformed(
            f"information.field_{one.why}", _FIELD_WORDS[one.why], field=one.field, **one.values
        )
        for one in wrong
    ]
    raise_all(found)
    return read


_FIELD_WORDS = {
    "unknown": _("This type doesn't ask for that."),
    "number": _("A whole number from %(lowest)s to %(highest)s."),
    "choice": _("One of: %(known)s."),
    "date": _("A date, such as 2026-03-02."),
    "time": _("A time, such as 2026-03-02T09:30."),
    "long": _("At most %(limit)s characters."),
}


def by_our_clock(
    observed_at: datetime | None, sent_at: datetime | None, at: datetime
) -> tuple[datetime, datetime | None]:
    """When it was observed by our clock, and what the device's said where that was off."""
    if observed_at is None:
        return at, None
    for one in (observed_at, sent_at):
        if one is not None and one.tzinfo is None:
            raise Malformed(
                "entry.naive_time", _("A time without a time zone."), field="observed_at"
            )
    off = at - sent_at if sent_at else timedelta()
    if abs(off) <= CLOCK_TOLERANCE:
        off = timedelta()
    true = observed_at + off
    if true > at + TOLERATED_AHEAD:
        # No clock explains this; what was seen is kept, as of now.
        true = at
    return true, observed_at if true != observed_at else None


def digest_of(
    payload: InformationCollected,
    about: About,
    observed_at: datetime | None,
    photos: Sequence[StoredAttachment],
) -> str:
    """What makes two sendings the same: all that was typed, and nothing that we add."""
    said = payload.model_dump(mode="json", exclude={"claimed_at", "type_version", "severity"})
    said |= {"title_zh": "", "title_en": "", "about": asdict(about), "at": observed_at}
    said["photos"] = [photo.sha256 for photo in photos]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _before(facility: int, client_id: UUID, by: Actor) -> Observation | None:
    """What this identifier was used for before by whoever sends it."""
    return (
        Observation.objects.visible_to(scope.current())
        .filter(organization_id=facility, by_ref=by.ref, client_id=client_id)
        .first()
    )


def _require_same(before: Observation, digest: str) -> None:
    if before.digest != digest:
        raise Conflict(
            "information.other_content",
            _("This identifier was used for another record."),
            field="client_id",
            mend=_("Give each record an identifier of its own."),
        )


def _one_at_a_time(client_id: UUID) -> None:
    with connection.cursor() as cursor:
        # 64 bits of a random identifier: two that share them merely wait for each other.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [(client_id.int >> 1) % (1 << 63)])


def open_tasks(event: Event, deed: Deed) -> list[Task]:
    """Open the tasks that the catalogue asks for on collected information, within the deed that wrote it.

    Called again for the same entry it changes nothing.
    """
    payload = event.payload
    assert isinstance(payload, InformationCollected)
    facility = event.about.organization_id
    row = adopted.latest(facility, clock.day_of(deed.at))
    known = adopted.catalogue_of(row)
    kind = known.type(payload.type)
    if kind is None:
        return []
    audience = kind.audience(event.by.post)
    details = {one.name: one.value for one in payload.details}
    wanted = types.tasks_for(
        known,
        kind,
        audience=audience,
        opened_at=deed.at,
        calendar=calendar_at(adopted.own_of(row).shifts or plan.shipped().shifts, deed.at),
        details=details,
    )
    done = set(
        Task.objects.visible_to(scope.current())
        .filter(source_entry_id=event.id)
        .values_list("rule_id", flat=True)
    )
    tasks = [
        task_of(event, one, kind, audience, payload.area, deed.at)
        for one in wanted
        if one.rule.id not in done
    ]
    Task.objects.bulk_create(tasks)
    for task in tasks:
        opening.tell_opened(task, event.id, deed, by=_SYSTEM)
    return tasks


def calendar_at(shifts: Sequence[plan.Shift], at: datetime) -> Calendar:
    """What deadlines ask about the days and shifts around a moment, with these shifts. Pure."""
    following = law.next_working_day(clock.day_of(at).toordinal() + 1)
    return Calendar(
        plan.shift_at(shifts, at).ends, date.fromordinal(following) if following else None
    )


def task_of(
    event: Event,
    wanted: Wanted,
    kind: InformationType,
    audience: Audience,
    area: UUID | None,
    at: datetime,
) -> Task:
    """The task that the catalogue wants of an entry, as it stands when it is opened; nothing is saved."""
    rule, about = wanted.rule, event.about
    if audience is Audience.SEALED_COMPLAINT:
        # Everybody sees that a task waits; whom it is about stands in the sealed entry alone.
        about, area = Subject(about.organization_id), None
    reason = Reason(rule.id, rule.version, rule.source.zh, rule.confidence, types.KIND)
    return Task(
        organization_id=about.organization_id,
        cell_id=about.cell_id,
        area_id=area,
        custody_id=about.custody_id,
        detainee_id=about.detainee_id,
        source_entry_id=event.id,
        source_kind=types.KIND,
        occurred_at=event.occurred_at,
        finder_kind=event.by.kind.value,
        finder_ref=event.by.ref,
        rule_id=rule.id,
        rule=rule.model_dump(mode="json"),
        reasons=[asdict(reason)],
        severity=rule.severity,
        audience=int(audience),
        tells=[post.value for post in kind.tells],
        post=rule.handler.value,
        asked=[post.value for post in engine.asked_posts(rule, 0)],
        opened_at=at,
        since=at,
        wanted_by=wanted.wanted_by,
        due_at=at + rule.accept_within.length,
        join_key=None,
    )


def reopen(task_id: UUID, reason: str, *, by: Actor) -> Task:
    """Ask again for what an answered task was to do, by a task of its own with the same ladder.

    For whoever found it, the posts that read its result, and posts above whoever answered. The answered
    task stays as it is. Raises `Malformed` without a reason, `NotAllowed`, `Conflict` where it isn't
    answered, was asked for again already or lies too far back, `Missing` out of scope.
    """
    words = reason.strip()
    if not words:
        raise Malformed("task.no_words", _("This cannot be empty."), field="reason")
    if len(words) > LONGEST_TEXT:
        raise Malformed(
            "information.too_long",
            _("At most %(limit)s characters."),
            field="reason",
            limit=LONGEST_TEXT,
        )
    with record.deed() as deed:
        old = (
            Task.objects.visible_to(scope.current()).select_for_update().filter(pk=task_id).first()
        )
        if old is None:
            raise Missing("task.no_such", _("There is no such task."))
        if not may_reopen(old, by):
            raise NotAllowed(
                "task.reopen_post",
                _("Whoever found it, who reads its result, or a post above asks for it again."),
                mend=_("Tell one of them what is missing."),
            )
        _require_reopenable(old, deed.at)
        header = opening.tell(deed, old, TaskReopened(task=old.pk, reason=words), by=by)
        task = task_again(old, header.id, deed.at)
        task.save(force_insert=True)
        opening.tell_opened(task, header.id, deed, by=_SYSTEM)
    return task


def may_reopen(task: Task, by: Actor) -> bool:
    """Whether somebody may ask again for what a task was to do, its state apart."""
    if by.ref == task.finder_ref or by.post in task.tells:
        return True
    return bool(task.accepted_post) and engine.stands_above(
        task.rule_then(), by.post, Post(task.accepted_post)
    )


def may_reopen_now(task: Task, by: Actor) -> bool:
    """Whether somebody may ask again for a task as it stands, by what its row says."""
    recent = task.ended_at is not None and clock.now() - task.ended_at <= timedelta(
        days=REOPEN_DAYS
    )
    again = getattr(task, "reopened_by", None) is not None
    return task.state == State.ANSWERED and recent and not again and may_reopen(task, by)


def _require_reopenable(task: Task, at: datetime) -> None:
    if task.state != State.ANSWERED or task.ended_at is None:
        raise Conflict(
            "task.not_answered",
            _("Only an answered task is asked for again."),
            mend=_("This one is still open, or was withdrawn."),
        )
    if Task.objects.visible_to(scope.current()).filter(reopens=task).exists():
        raise Conflict(
            "task.reopened_already",
            _("Somebody has asked for this again already."),
            mend=_("See the task that followed."),
        )
    if at - task.ended_at > timedelta(days=REOPEN_DAYS):
        raise Conflict(
            "task.too_long_ago",
            _("This was answered more than %(days)s days ago."),
            mend=_("Record it as new information."),
            days=REOPEN_DAYS,
        )


def task_again(old: Task, entry: UUID, at: datetime) -> Task:
    """The task that asks again for what one was to do, because of an entry; nothing is saved."""
    rule = old.rule_then()
    if rule.close_by is not None:
        rule = rule.model_copy(update={"close_by": at + rule.answer_within.length})
    wanted_by = at + rule.accept_within.length
    return Task(
        organization_id=old.organization_id,
        cell_id=old.cell_id,
        area_id=old.area_id,
        custody_id=old.custody_id,
        detainee_id=old.detainee_id,
        source_entry_id=entry,
        source_kind=old.source_kind,
        occurred_at=old.occurred_at,
        finder_kind=old.finder_kind,
        finder_ref=old.finder_ref,
        rule_id=old.rule_id,
        rule=rule.model_dump(mode="json"),
        reasons=old.reasons,
        severity=old.severity,
        audience=old.audience,
        tells=old.tells,
        reopens=old,
        post=rule.handler.value,
        asked=[post.value for post in engine.asked_posts(rule, 0)],
        opened_at=at,
        since=at,
        wanted_by=wanted_by,
        due_at=wanted_by,
        join_key=None,
    )


def adopt(
    text: str, *, facility: int, valid_from: date, reason: str, by: Actor
) -> FacilityCatalogue:
    """Adopt a facility's own file: types of its own, stricter rows, its shifts and required strength.

    It takes the place of the one before as a whole, from `valid_from`. Raises `Malformed` with every
    fault in words and its row, `NotAllowed` for who isn't the facility's leader.
    """
    if not reason.strip():
        raise Malformed("task.no_words", _("This cannot be empty."), field="reason")
    try:
        own = catalogue.read_own(text)
    except catalogue.WrongFile as error:
        raise_all([_wrong_file(said) for said in error.findings])
        raise  # not reached: a wrong file has findings
    organizations.in_scope(facility)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    with record.deed() as deed:
        record.require_writer(CatalogueAdopted, by)
        if valid_from < clock.day_of(deed.at):
            raise Malformed(
                "catalogue.past",
                _("A catalogue holds from today at the earliest."),
                field="valid_from",
            )
        _one_at_a_time(UUID(int=facility << 32))
        version = (
            FacilityCatalogue.objects.visible_to(scope.current())
            .filter(organization_id=facility)
            .count()
            + 1
        )
        row = FacilityCatalogue.objects.create(
            organization_id=facility,
            version=version,
            text=text,
            sha256=sha256,
            valid_from=valid_from,
            reason=reason.strip(),
            adopted_by=by.ref,
            adopted_at=deed.at,
        )
        deed.append(
            CatalogueAdopted(
                catalogue_version=version,
                sha256=sha256,
                valid_from=valid_from,
                types=[one.id for one in own.types],
                stricter=[one.id for one in own.stricter],
                reason=reason.strip(),
            ),
            about=Subject(facility),
            by=by,
        )
    return row


def _wrong_file(said: str) -> Malformed:
    return Malformed("catalogue.wrong", said.replace("%", "%%"), field="text")
