"""Questions about the record, in the scope of whoever asks."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Count, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from custos.foundation.database import scope
from custos.foundation.database.ids import lower_bound
from custos.foundation.database.planning import along_the_index
from custos.foundation.errors import Missing
from custos.foundation.record import grounds, sealing
from custos.foundation.record.kinds import Kind, kind_of
from custos.foundation.record.models import (
    Attachment,
    Checkpoint,
    Entry,
    Head,
    Payload,
    ReactionDue,
)
from custos.foundation.record.services import TOLERATED_AHEAD, read_payload

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to show. `payload` is None where it was erased or its kind is unknown here.

    Of a `sealed` one only the frame is there: neither whom it is about nor what it says.
    """

    id: UUID
    seq: int
    kind: str
    title: str
    text: str
    occurred_at: datetime
    recorded_at: datetime
    by_kind: str
    by_ref: str
    by_post: str
    second_ref: str
    ground: str
    organization_id: int
    detainee_id: UUID | None
    custody_id: UUID | None
    cell_id: UUID | None
    corrects_id: UUID | None
    because_id: UUID | None
    corrected: bool
    erased: bool
    attachments: Sequence[dict[str, Any]]
    payload: Kind | None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """A cell during a stretch of time: what happened in it then concerns whoever was there."""

    cell_id: UUID
    since: datetime
    until: datetime | None


def timeline(
    *,
    detainee: UUID | None = None,
    others: Iterable[UUID] = (),
    cell: UUID | None = None,
    stays: Iterable[Stay] = (),
    kinds: Sequence[str] = (),
    since: datetime | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
    beyond: tuple[UUID, Collection[int]] | None = None,
    as_happened: bool = False,
) -> list[Line]:
    """Entries about a person or a cell, latest first, at most `limit`; two queries.

    In the order in which they were recorded, or `as_happened`: by when it was, then three queries from the
    second page on.

    With `stays`, what happened in a cell while the person was in it counts as theirs, unless it is
    about another person. `others` are further records of the same person. Of some `kinds` where named.
    `since` bounds the partitions that are looked at, `before` is the id of the last line of the page
    before. What is about another stay that law seals is left out.
    """
    wanted = Q()
    if detainee:
        wanted |= Q(detainee_id__in={detainee, *others})
    if cell:
        wanted |= Q(cell_id=cell)
    for stay in stays:
        there = Q(cell_id=stay.cell_id, detainee_id__isnull=True, occurred_at__gte=stay.since)
        wanted |= there & Q(occurred_at__lte=stay.until) if stay.until else there
    if not wanted:
        return []
    entries = _visible().filter(wanted)
    if beyond:
        custody, own = beyond
        entries = entries.filter(Q(audience__in=sorted(own)) | Q(custody_id=custody))
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if since:
        entries = entries.filter(id__gte=lower_bound(since))
    if before and as_happened:
        entries = _earlier_than(before, entries)
    elif before:
        entries = entries.filter(id__lt=before)
    sealed = sealing.condition()
    if sealed is not None:
        entries = entries.exclude(sealed)
    order = ("-occurred_at", "-id") if as_happened else ("-id",)
    return _lines(list(entries.order_by(*order)[:limit]), sealed=set())


def _earlier_than(last: UUID, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Those entries that happened before another, or at once and were recorded before it. One query."""
    at = _visible().filter(pk=last).values_list("occurred_at", flat=True).first()
    if at is None:
        return entries.none()
    return entries.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=last))


def first_time(kind: str, *, custody: UUID, since: datetime) -> datetime | None:
    """When the first entry of a kind about a stay says that it happened; None without one. One query."""
    found = _visible().filter(kind=kind, custody_id=custody, id__gte=lower_bound(since))
    at: datetime | None = found.order_by("id").values_list("occurred_at", flat=True).first()
    return at


def latest(
    *, kinds: Sequence[str] = (), before: UUID | None = None, limit: int = PAGE
) -> list[Line]:
    """The latest entries of the scope, of some kinds where named; two queries."""
    entries = _visible()
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if before:
        entries = entries.filter(id__lt=before)
    with along_the_index():
        found = list(entries.order_by("-id")[:limit])
    return _lines(found)


def entries_of(kinds: Sequence[str], *, since: datetime, until: datetime | None = None) -> Any:
    """Entries of some kinds that happened in a stretch of time: a queryset to narrow, count and order.

    `shown()` gives those to show. `since` bounds the partitions that are looked at: what happened after
    it was also recorded after it.
    """
    found = _visible().filter(
        kind__in=list(kinds),
        occurred_at__gte=since,
        id__gte=lower_bound(since - TOLERATED_AHEAD),
    )
    return found.filter(occurred_at__lt=until) if until else found


def shown(entries: Iterable[Entry]) -> list[Line]:
    """Some of `entries_of()`, ready to show, in their order; one query more."""
    return _lines(list(entries))


def chain(
    organization: int, *, kinds: Sequence[str] = (), before: int | None = None, limit: int = PAGE
) -> list[Line]:
    """The entries of one organization's own chain that the scope may read, latest first.

    `before` is the number in the chain of the last line of the page before. Two queries.
    """
    entries = _visible().filter(organization_id=organization)
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if before is not None:
        entries = entries.filter(seq__lt=before)
    return _lines(list(entries.order_by("-seq")[:limit]))


def line(entry: UUID) -> Line:
    """One entry. Raises `Missing` where the scope has none that it may read. Two queries."""
    found = lines_of([entry])
    if entry not in found:
        raise Missing("record.no_such_entry", _("There is no such entry in your scope."))
    return found[entry]


def attachment(entry: UUID, sha256: str) -> Attachment:
    """A file that an entry names. Raises `Missing` where the scope may not read one, or law seals the
    entry. Two queries.
    """
    seen = scope.current()
    found = Attachment.objects.filter(
        entry_id=entry,
        sha256=sha256,
        organization_id__range=(seen.lowest, seen.highest),
        audience__in=sorted(seen.audiences),
    ).first()
    if found is None or _sealed([entry]):
        raise Missing("record.no_such_file", _("This entry has no such file."))
    return found


def file_counts(entries: Iterable[UUID]) -> dict[UUID, int]:
    """How many files stand behind some entries, as far as the scope reads them. One query."""
    seen = scope.current()
    rows = Attachment.objects.filter(
        entry_id__in=list(entries),
        organization_id__range=(seen.lowest, seen.highest),
        audience__in=sorted(seen.audiences),
    )
    return dict(rows.values_list("entry_id").annotate(files=Count("pk")))


def named_files(digests: Iterable[str]) -> set[str]:
    """Those of some files that entries of the scope name. One query."""
    return set(Attachment.objects.filter(sha256__in=list(digests)).values_list("sha256", flat=True))


def lines_of(ids: Iterable[UUID]) -> dict[UUID, Line]:
    """Some entries by id, as far as the scope covers them; two queries."""
    return {line.id: line for line in _lines(list(_visible().filter(id__in=list(ids))))}


def following(entry: UUID) -> list[Line]:
    """What was written because of an entry, oldest first; two queries."""
    return _lines(list(_visible().filter(because_id=entry).order_by("id")[:PAGE]))


#: So far back in a facility's chain somebody's last act is looked for.
_LATELY = 1000


def last_acts(organization: int, refs: Collection[str]) -> dict[str, datetime]:
    """When each of some members of staff last wrote anything at an organization of the scope.

    By how entries name them; nobody who isn't among its last thousand entries. One query.

    Says nothing of what it was, so it counts what its reader may not read, such as a doctor's findings; but
    never what is sealed or the prosecutor's, of which even the moment would tell.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ref, last_at FROM record_last_acts(%s, %s, %s)",
            [organization, sorted(refs), _LATELY],
        )
        return dict(cursor.fetchall())


def head_rows(*, after: int | None = None, limit: int = PAGE) -> list[Head]:
    """The ends of the chains in the scope, by organization. One query."""
    seen = scope.current()
    lowest = seen.lowest if after is None else max(seen.lowest, after + 1)
    rows = Head.objects.filter(organization_id__range=(lowest, seen.highest))
    return list(rows.order_by("organization_id")[:limit])


def checkpoints(
    *, organization: int | None = None, before: int | None = None, limit: int = PAGE
) -> list[Checkpoint]:
    """Checkpoints of the scope, latest first. One query."""
    seen = scope.current()
    rows = Checkpoint.objects.filter(organization_id__range=(seen.lowest, seen.highest))
    if organization is not None:
        rows = rows.filter(organization_id=organization)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def heads() -> dict[int, int]:
    """The number of entries of each chain in the scope."""
    seen = scope.current()
    rows = Head.objects.filter(organization_id__range=(seen.lowest, seen.highest))
    return dict(rows.values_list("organization_id", "seq"))


def all_named_files() -> set[str]:
    """The digests of all files that entries name, over the whole scope: for backups, not for pages."""
    return set(Attachment.objects.values_list("sha256", flat=True).distinct().iterator())


def failed_reactions(limit: int = PAGE) -> list[ReactionDue]:
    """Reactions that failed and wait for their next try, longest first."""
    seen = scope.current()
    return list(
        ReactionDue.objects.filter(
            organization_id__range=(seen.lowest, seen.highest),
            done_at__isnull=True,
            attempts__gt=0,
        ).order_by("id")[:limit]
    )


def _visible() -> Any:
    seen = scope.current()
    return Entry.objects.filter(
        organization_id__range=(seen.lowest, seen.highest), audience__in=sorted(seen.audiences)
    )


def _sealed(entries: Iterable[UUID]) -> set[UUID]:
    """Those of some entries that law seals. One query, none where nothing is sealed."""
    condition, wanted = sealing.condition(), list(entries)
    if condition is None or not wanted:
        return set()
    return set(Entry.objects.filter(condition, id__in=wanted).values_list("id", flat=True))


def _lines(entries: Sequence[Entry], sealed: set[UUID] | None = None) -> list[Line]:
    ids = [entry.id for entry in entries]
    if sealed is None:
        sealed = _sealed(entry.id for entry in entries if entry.custody_id)
    bodies, corrected = _said_of(ids)
    found = [_line(entry, bodies.get(entry.id), entry.id in corrected) for entry in entries]
    return [_frame(line) if line.id in sealed else line for line in found]


def _said_of(ids: Sequence[UUID]) -> tuple[dict[UUID, bytes], set[UUID]]:
    """What some entries say, as far as it isn't erased, and which of them were corrected. One query."""
    if not ids:
        return {}, set()
    said = Payload.objects.filter(id__in=ids).annotate(corrected=Value(False))
    # What corrects an entry is younger than it: that bounds the partitions that are looked at.
    corrections = _visible().filter(corrects_id__in=ids, id__gt=min(ids))
    corrected = corrections.annotate(said=Value(b""), by=Value(True))
    rows = said.values_list("id", "body", "corrected").union(
        corrected.values_list("corrects_id", "said", "by"), all=True
    )
    bodies: dict[UUID, bytes] = {}
    put_right: set[UUID] = set()
    for entry, body, is_corrected in rows:
        if is_corrected:
            put_right.add(entry)
        else:
            bodies[entry] = bytes(body)
    return bodies, put_right


def _frame(line: Line) -> Line:
    """What is shown of an entry that law seals."""
    return replace(
        line,
        text="",
        ground="",
        detainee_id=None,
        custody_id=None,
        cell_id=None,
        attachments=[],
        payload=None,
        sealed=True,
    )


def _line(entry: Entry, body: bytes | None, corrected: bool) -> Line:
    kind = kind_of(entry.kind, entry.version)
    payload = read_payload(kind, body) if kind and body is not None else None
    files = orjson.loads(body).get("$attachments", []) if body is not None else []
    return Line(
        id=entry.id,
        seq=entry.seq,
        kind=entry.kind,
        title=str(kind.title) if kind else entry.kind,
        text=payload.line() if payload else "",
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        by_kind=entry.by_kind,
        by_ref=entry.by_ref,
        by_post=entry.by_post,
        second_ref=entry.second_ref,
        ground=grounds.in_words(entry.ground),
        organization_id=entry.organization_id,
        detainee_id=entry.detainee_id,
        custody_id=entry.custody_id,
        cell_id=entry.cell_id,
        corrects_id=entry.corrects_id,
        because_id=entry.because_id,
        corrected=corrected,
        erased=body is None,
        attachments=files,
        payload=payload,
    )
