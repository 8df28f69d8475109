"""What may be done to the record: append, in one transaction with the change that it tells of.

    with record.deed() as deed:
        custody.place(cell, at=deed.at)
        return deed.append(CellMoved(cell=cell.id, reason=reason), about=custody, by=by)

Nothing reaches the chain before the last moment: `deed()` keeps the entries in memory, and as its
last act locks the heads in the order of their numbers, gives out chain numbers and hashes, inserts
and lets the transaction commit. So a head is held for three short statements, however long the deed.
Once it has committed, and before whoever did the deed is answered, the new heads are noted outside the
database (`sightings`).
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import prepared, scope, wakes
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.media import services as media
from custos.foundation.record import bulk, reactions, sightings
from custos.foundation.record.kinds import (
    Corrected,
    Kind,
    PayloadErased,
    ReactionFailed,
    kind_of,
)
from custos.foundation.record.models import Attachment, Entry, Payload, ReactionDue
from custos.foundation.record.parties import Actor, ActorKind, Post, Subject, refusal_of
from custos.foundation.record.signing import signer
from custos.foundation.record.verify import erasure_message
from custos.foundation.record.wire import Header

log = structlog.get_logger(__name__)

#: A device's clock may run ahead by this much; more is refused rather than put in the future.
TOLERATED_AHEAD = timedelta(minutes=5)

#: A failed reaction is tried again after 1, 2, 4 … minutes, and from then on every hour. For ever:
#: a leader has been told, and nothing that should follow an entry is dropped.
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class HasSubject(Protocol):
    """Anything that entries can be about, such as a custody or a cell."""

    def record_subject(self) -> Subject:
        """The organization, person and place that the header names."""
        ...


class StoredAttachment(Protocol):
    """A file that `media` has checked and stored."""

    @property
    def sha256(self) -> str:
        """Digest of its content."""
        ...

    @property
    def name(self) -> str:
        """What the user called it."""
        ...

    @property
    def media_type(self) -> str:
        """Its type, read from its content."""
        ...

    @property
    def size(self) -> int:
        """Its size in bytes."""
        ...


@dataclass(slots=True)
class Draft:
    """An entry before it has its place in the chain."""

    header: Header
    payload: Kind
    about: Subject
    by: Actor
    salt: bytes
    body: bytes
    attachments: Sequence[StoredAttachment] = ()

    def event(self) -> reactions.Event:
        """The entry as reactions see it."""
        return reactions.Event(
            self.header.id,
            self.payload,
            self.about,
            self.by,
            self.header.occurred_at,
            self.header.recorded_at,
        )


_WRITER_MESSAGES = {
    "writer.kind": _("This sort of record is not written by such a source."),
    "writer.post": _("Only these posts may do this: %(posts)s."),
    "writer.police_only": _("The law reserves this to police officers."),
    "writer.two_persons": _("This takes two different people."),
    "writer.needs_officer": _("One of the two must be a police officer."),
}


def require_writer(kind: type[Kind], by: Actor, second: Actor | None = None) -> None:
    """Raise `NotAllowed` where `by` (with `second`) may not write entries of this kind."""
    refusal = refusal_of(kind.writers, by, second)
    if refusal is None:
        return
    raise NotAllowed(
        refusal.code,
        _WRITER_MESSAGES[refusal.code],
        mend=_("Ask a colleague whose post allows it."),
        posts="、".join(str(post.title) for post in refusal.posts),
    )


def _subject_of(about: Subject | HasSubject) -> Subject:
    return about if isinstance(about, Subject) else about.record_subject()


def _check_times(occurred_at: datetime, at: datetime) -> None:
    if occurred_at.tzinfo is None:
        raise Malformed("entry.naive_time", _("A time without a time zone."), field="occurred_at")
    if occurred_at > at + TOLERATED_AHEAD:
        raise Malformed(
            "entry.future",
            _("This time lies in the future."),
            field="occurred_at",
            mend=_("Check the date, the time and the clock of the device."),
        )


def draft(
    payload: Kind,
    *,
    about: Subject | HasSubject,
    by: Actor,
    at: datetime,
    occurred_at: datetime | None = None,
    ground: str = "",
    corrects: UUID | None = None,
    because: UUID | None = None,
    second: Actor | None = None,
    attachments: Sequence[StoredAttachment] = (),
    audience: int | None = None,
) -> Draft:
    """Check an entry and encode its payload; nothing is written.

    `at` is when it is recorded, `audience` who reads it, where that isn't the kind's own.
    """
    kind = type(payload)
    require_writer(kind, by, second)
    _check_times(occurred_at or at, at)
    subject = _subject_of(about)
    header = Header(
        id=new_id(at),
        suite=0,
        kind=kind.name,
        version=kind.version,
        audience=int(kind.readers if audience is None else audience),
        organization_id=subject.organization_id,
        detainee_id=subject.detainee_id,
        custody_id=subject.custody_id,
        cell_id=subject.cell_id,
        occurred_at=occurred_at or at,
        recorded_at=at,
        by_kind=by.kind.value,
        by_ref=by.ref,
        by_post=by.post.value if by.post else "",
        second_ref=second.ref if second else "",
        ground=ground,
        corrects_id=corrects,
        because_id=because,
        payload_digest=b"",
    )
    files = tuple(
        {"sha256": a.sha256, "name": a.name, "type": a.media_type, "size": a.size}
        for a in attachments
    )
    return Draft(
        header, payload, subject, by, secrets.token_bytes(16), payload.canonical(files), attachments
    )


@dataclass(slots=True)
class Deed:
    """The entries of one transaction; see `deed()`."""

    at: datetime
    _drafts: list[Draft] = field(default_factory=list)
    _due: list[ReactionDue] = field(default_factory=list)
    _erasures: list[tuple[UUID, UUID]] = field(default_factory=list)
    #: For whom its entries are, as far as whoever appended them was among those.
    _audiences: set[int] = field(default_factory=set)

    def append(
        self,
        payload: Kind,
        *,
        about: Subject | HasSubject,
        by: Actor,
        occurred_at: datetime | None = None,
        ground: str = "",
        corrects: UUID | None = None,
        because: UUID | None = None,
        second: Actor | None = None,
        attachments: Sequence[StoredAttachment] = (),
        audience: int | None = None,
    ) -> Header:
        """Add an entry and run what follows from it at once; returns its header.

        `occurred_at` is when it was observed (default: now), `ground` the law or rule it rests on
        (an impersonal reference: headers are never erased), `corrects` an entry that it puts right,
        `because` the entry that led to it, `second` the other person of an act of two, `audience`
        who reads it where that isn't the kind's own.

        Raises `NotAllowed` for a writer whom the kind does not admit, an organization out of scope or
        readers whom the scope isn't among, `Malformed` for a time without zone or in the future, or a
        ground that can't be stored. The number in the chain (`seq`) is given when the deed ends.
        """
        made = draft(
            payload,
            about=about,
            by=by,
            at=self.at,
            occurred_at=occurred_at,
            ground=ground,
            corrects=corrects,
            because=because,
            second=second,
            attachments=attachments,
            audience=audience,
        )
        if not scope.current().covers(made.header.organization_id):
            raise NotAllowed("entry.out_of_scope", _("This organization is outside your scope."))
        if "\0" in ground:
            raise Malformed(
                "entry.ground", _("This holds a character that cannot be stored."), field="ground"
            )
        # Leaders are told of what failed, though whoever's deed it was doesn't read what they do.
        if made.header.audience in scope.current().audiences or isinstance(payload, ReactionFailed):
            self._audiences.add(made.header.audience)
        else:
            raise NotAllowed(
                "entry.not_a_reader", _("This would be for readers whom you aren't among.")
            )
        self._drafts.append(made)
        self._react(made)
        return made.header

    def _react(self, made: Draft) -> None:
        event = made.event()
        for reaction in reactions.reactions_to(type(made.payload)):
            if reaction.later:
                self._owe(reaction.name, event, at=self.at)
                continue
            error = self.attempt(reaction, event)
            if error:
                self._owe(reaction.name, event, at=self.at + FIRST_RETRY, error=error)
                self._tell_of_failure(reaction.name, event, error)

    def attempt(self, reaction: reactions.Registered, event: reactions.Event) -> str:
        """Run one reaction under a savepoint; returns the name of what went wrong, or "".

        What it appended before it failed is forgotten with its savepoint, and what the database would
        refuse only at the commit is asked for before the savepoint ends. A lost database is not a failure
        of the reaction and is raised on.
        """
        kept = len(self._drafts), len(self._due), len(self._erasures)
        try:
            with transaction.atomic():
                reaction.run(event, self)
                _require_constraints()
        except Exception as error:
            if _is_lost():
                raise
            del self._drafts[kept[0] :], self._due[kept[1] :], self._erasures[kept[2] :]
            name = getattr(error, "code", "") or type(error).__name__
            log.exception("reaction failed", reaction=reaction.name, entry=str(event.id))
            return str(name)
        return ""

    def _owe(self, name: str, event: reactions.Event, *, at: datetime, error: str = "") -> None:
        self._due.append(
            ReactionDue(
                entry_id=event.id,
                organization_id=event.about.organization_id,
                reaction=name,
                attempts=1 if error else 0,
                next_at=at,
                error=error,
            )
        )

    def _tell_of_failure(self, name: str, event: reactions.Event, error: str) -> None:
        if isinstance(event.payload, ReactionFailed):
            return  # telling of a failure failed: the due row alone keeps it, or this never ends
        self.append(
            ReactionFailed(
                entry=event.id, entry_kind=event.payload.name, reaction=name, error=error
            ),
            about=event.about,
            by=Actor.system("record.reactions"),
            because=event.id,
        )

    def erase_after(self, entry: UUID, order: UUID) -> None:
        """Erase a payload once the order for it stands in the record."""
        self._erasures.append((entry, order))

    def _seal(self) -> None:
        if not self._drafts:
            return
        own = scope.current()
        if self._audiences <= own.audiences:
            self._insert()
            return
        with scope.entered(replace(own, audiences=own.audiences | self._audiences)):
            self._insert()

    def _insert(self) -> None:
        with prepared.cursor() as cursor:
            if self._due:
                ReactionDue.objects.bulk_create(self._due, ignore_conflicts=True)
            if files := _files(self._drafts):
                _attach(files)
            heads = bulk.insert_payloads_and_lock(cursor, self._drafts, default_suite())
            for made in self._drafts:
                bulk.link(made.header, made.salt + made.body, heads[made.header.organization_id])
            bulk.insert_entries(cursor, [made.header for made in self._drafts], heads)
            _note_once_committed(heads)
            for entry, order in self._erasures:
                cursor.execute("SELECT record_erase_payload(%s, %s)", (entry, order))
                for digest in cursor.fetchone()[0]:
                    # The deed stands by then; a file that stays is found by the next look.
                    transaction.on_commit(partial(_remove_unnamed, digest), robust=True)


def _require_constraints() -> None:
    """Ask the database now for what it would ask for at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _is_lost() -> bool:
    """Whether the connection is gone, and with it everything that was written."""
    link = connection.connection
    return link is None or link.closed or link.broken


def _note_once_committed(heads: dict[int, bulk.HeadState]) -> None:
    ends = [(number, head.seq, head.hash) for number, head in heads.items()]
    transaction.on_commit(partial(sightings.note, ends))
    wakes.once_committed()


def _files(drafts: Iterable[Draft]) -> list[Attachment]:
    """The rows of the files that entries bear."""
    return [
        Attachment(
            entry_id=made.header.id,
            organization_id=made.header.organization_id,
            audience=made.header.audience,
            sha256=a.sha256,
            name=a.name,
            media_type=a.media_type,
            size=a.size,
        )
        for made in drafts
        for a in made.attachments
    ]


def _attach(files: list[Attachment]) -> None:
    """Add the rows of files, whose content stays from here on.

    Raises `Conflict` where it was erased by law since it was sent: the same file belonged to an entry
    whose payload went.
    """
    wanted = sorted({file.sha256 for file in files})
    _hold_files(wanted, shared=True)
    if not all(media.is_there(digest) for digest in wanted):
        raise Conflict(
            "record.file_gone",
            _("A file of this entry was erased meanwhile."),
            field="file",
            mend=_("Send it again."),
        )
    Attachment.objects.bulk_create(files, batch_size=2000)


def _remove_unnamed(digest: str) -> None:
    """Remove a file of an erased entry, unless another entry has come to name the same content."""
    with scope.entered(scope.Scope.of_system("record.erasure")):
        _hold_files([digest], shared=False)
        if not Attachment.objects.filter(sha256=digest).exists():
            media.remove(digest)


def _hold_files(digests: list[str], *, shared: bool) -> None:
    """Until this transaction ends nobody removes these files, or, not `shared`, names them either."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}(hashtextextended(d, 0))"
            " FROM unnest(%s::text[]) AS d",
            (digests,),
        )


def default_suite() -> int:
    """The digest suite that a new chain gets on this node."""
    return int(settings.RECORD_SUITE)


_running: ContextVar[Deed | None] = ContextVar("custos_deed", default=None)


@contextmanager
def deed() -> Iterator[Deed]:
    """One transaction that changes state and appends its entries.

    A deed within a deed is part of the outer one, so that services compose. If the block raises,
    nothing of it remains. Raises `scope.NoScope` where no scope was entered.
    """
    if (outer := _running.get()) is not None:
        yield outer
        return
    scope.current()
    with transaction.atomic():
        made = Deed(clock.now())
        token = _running.set(made)
        try:
            yield made
            made._seal()
        finally:
            _running.reset(token)


def append_many(drafts: Iterable[Draft]) -> int:
    """Append entries in bulk, in one transaction; returns how many.

    For history and imports: no reaction runs, neither at once nor later. Make the drafts by
    `draft()`, oldest first. The heads are held for the whole load.
    """
    scope.current()
    count = 0
    files: list[Attachment] = []
    heads: dict[int, bulk.HeadState] = {}
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as loader:
        # The database loads one batch while the next is being encoded. Only one thread at a time
        # uses the connection: each step waits for the one before.
        loading: Future[None] | None = None
        for batch in bulk.batches(drafts):
            new = {made.header.organization_id for made in batch} - heads.keys()
            if new:
                if loading:
                    loading.result()
                heads |= bulk.lock_heads(cursor, new, default_suite())
            loaded = bulk.encode(batch, heads)
            if loading:
                loading.result()
            loading = loader.submit(bulk.copy_in, cursor, loaded)
            files += _files(batch)
            count += len(batch)
        if loading:
            loading.result()
            bulk.move_heads(cursor, heads)
            _note_once_committed(heads)
        _attach(files)
    return count


def correct(
    entry: UUID,
    *,
    wrong: str,
    right: str,
    reason: str,
    by: Actor,
    attachments: Sequence[StoredAttachment] = (),
) -> Header:
    """Put an entry right by a new one that names it; the wrong one stays as it was written.

    The correction quotes the entry, so it is for the same readers. Raises `Missing` where the
    writer cannot see such an entry.
    """
    old = _entry(entry)
    with deed() as made:
        return made.append(
            Corrected(entry=entry, wrong=wrong, right=right, reason=reason),
            about=_subject_of_entry(old),
            by=by,
            corrects=entry,
            because=entry,
            attachments=attachments,
            audience=old.audience,
        )


def erase_payload(
    entry: UUID, *, legal_ground: str, reason: str, by: Actor, second: Actor
) -> Header:
    """Erase what an entry says, as law ordered: a deed of two officers that is itself an entry.

    The header stays, so that the chain verifies and tells that, when, by whom and on what ground the
    payload went. Files that only this entry named go too. Raises `Missing`, `Conflict` where it is
    erased already or says what somebody answers for, `NotAllowed` for whoever wrote it.
    """
    old = _entry(entry)
    require_erasable(old.kind, old.version)
    for one in (by, second):
        require_of_another(old.by_ref, one)
    if not Payload.objects.filter(id=entry).exists():
        raise Conflict("record.erased_already", _("This payload has been erased already."))
    with deed() as made:
        order = made.append(
            PayloadErased(
                entry=entry,
                legal_ground=legal_ground,
                reason=reason,
                signature=signer().sign(erasure_message(entry)),
            ),
            about=_subject_of_entry(old),
            by=by,
            second=second,
            ground=legal_ground,
            because=entry,
        )
        made.erase_after(entry, order.id)
        return order


def require_erasable(kind: str, version: int) -> None:
    """Raise `Conflict` for an entry that says what somebody of the staff answers for."""
    known = kind_of(kind, version)
    if known is not None and not known.erasable:
        raise not_erasable()


def not_erasable() -> Conflict:
    """Why an entry stays that says what staff did and answer for."""
    return Conflict(
        "record.not_erasable",
        _("This entry says what staff did and answer for. It is not erased."),
        mend=_("Erase the entry that holds what law orders to be forgotten."),
    )


def require_of_another(writer_ref: str, by: Actor) -> None:
    """Raise `NotAllowed` for whoever wrote the entry that is to be erased."""
    if writer_ref == by.ref:
        raise NotAllowed(
            "record.own_entry",
            _("You wrote this entry yourself; others decide whether it is erased."),
            mend=_("Leave it to two colleagues, or ask the tier above."),
        )


def _entry(entry: UUID) -> Entry:
    found = Entry.objects.filter(id=entry).first()
    if found is None:
        raise Missing("record.no_such_entry", _("There is no such entry in your scope."))
    return found


def _subject_of_entry(entry: Entry) -> Subject:
    return Subject(entry.organization_id, entry.detainee_id, entry.custody_id, entry.cell_id)


def run_due(limit: int = 100) -> int:
    """Run later reactions and retry failed ones, in one deed; returns how many were tried.

    Several workers may call it at once: each takes other rows. Where the deed as a whole is refused, each
    goes into a deed of its own, so that one doesn't hold up the others.
    """
    try:
        return len(_run_together(limit))
    except Exception:
        if _is_lost():
            raise
        log.exception("reactions failed together")
    tried: list[int] = []
    while len(tried) < limit and (pk := _run_next(tried)):
        tried.append(pk)
    return len(tried)


def _due(now: datetime, but: Sequence[int] = ()) -> Any:
    found = ReactionDue.objects.select_for_update(skip_locked=True).exclude(pk__in=but)
    return found.filter(done_at__isnull=True, next_at__lte=now).order_by("next_at")


def _run_together(limit: int) -> list[ReactionDue]:
    now = clock.now()
    with deed() as made:
        rows = list(_due(now)[:limit])
        events = _events({row.entry_id for row in rows})
        for row in rows:
            _run_row(made, row, events.get(row.entry_id), now)
        ReactionDue.objects.bulk_update(rows, ["done_at", "attempts", "next_at", "error"])
    return rows


def _run_next(tried: Sequence[int]) -> int | None:
    """Run the first that is due and wasn't tried, in its own deed; None where there is none."""
    now = clock.now()
    row: ReactionDue | None = None
    try:
        with deed() as made:
            row = _due(now, tried).first()
            if row is not None:
                _run_row(made, row, _events({row.entry_id}).get(row.entry_id), now)
                row.save(update_fields=["done_at", "attempts", "next_at", "error"])
    except Exception as error:
        if row is None or _is_lost():
            raise
        with deed() as made:
            _put_off(made, row.pk, type(error).__name__, now)
    return row.pk if row else None


def _put_off(made: Deed, due: int, error: str, now: datetime) -> None:
    """Note that a reaction failed as a whole, as if it had failed by itself."""
    row = _due(now).filter(pk=due).first()
    if row is None:
        return
    _failed(made, row, _events({row.entry_id}).get(row.entry_id), error, now)
    row.save(update_fields=["attempts", "next_at", "error"])


def _run_row(made: Deed, row: ReactionDue, event: reactions.Event | None, now: datetime) -> None:
    reaction = reactions.by_name(row.reaction)
    if event is None and not Payload.objects.filter(id=row.entry_id).exists():
        row.done_at, row.error = now, "payload erased"
        return
    if event is None:
        error = "UnknownKind"  # written by another version of the program: kept until that is back
    else:
        error = made.attempt(reaction, event) if reaction else "UnknownReaction"
    if not error:
        row.done_at, row.error = now, ""
        return
    _failed(made, row, event, error, now)


def _failed(
    made: Deed, row: ReactionDue, event: reactions.Event | None, error: str, now: datetime
) -> None:
    first_failure = row.attempts == 0
    row.attempts += 1
    row.error = error
    row.next_at = now + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 10), LAST_RETRY)
    if first_failure and event is not None:
        made._tell_of_failure(row.reaction, event, error)


def _events(ids: set[UUID]) -> dict[UUID, reactions.Event]:
    headers = {entry.id: entry for entry in Entry.objects.filter(id__in=ids)}
    events = {}
    for payload in Payload.objects.filter(id__in=ids):
        entry = headers[payload.id]
        kind = kind_of(entry.kind, entry.version)
        if kind is None:
            continue
        events[entry.id] = reactions.Event(
            entry.id,
            read_payload(kind, bytes(payload.body)),
            _subject_of_entry(entry),
            actor_of(entry),
            entry.occurred_at,
            entry.recorded_at,
        )
    return events


def read_payload(kind: type[Kind], body: bytes) -> Kind:
    """The payload from its canonical bytes."""
    fields: dict[str, Any] = orjson.loads(body)
    fields.pop("$attachments", None)
    return kind.model_validate(fields)


def actor_of(entry: Entry) -> Actor:
    """Whoever an entry is by, as far as its header says."""
    return Actor(
        ActorKind(entry.by_kind), entry.by_ref, Post(entry.by_post) if entry.by_post else None
    )
