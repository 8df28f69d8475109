"""Questions about the record, in the scope of whoever asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from custos.foundation.database import scope
from custos.foundation.database.ids import lower_bound
from custos.foundation.record.kinds import Kind, kind_of
from custos.foundation.record.models import Entry, Head, Payload, ReactionDue
from custos.foundation.record.services import read_payload

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to show. `payload` is None where it was erased or its kind is unknown here."""

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


@dataclass(frozen=True, slots=True)
class Stay:
    """A cell during a stretch of time: what happened in it then concerns whoever was there."""

    cell_id: UUID
    since: datetime
    until: datetime | None


def timeline(
    *,
    detainee: UUID | None = None,
    cell: UUID | None = None,
    stays: Iterable[Stay] = (),
    since: datetime | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> list[Line]:
    """Entries about a person or a cell, latest first, at most `limit`; three queries.

    With `stays`, what happened in a cell while the person was in it counts as theirs, unless it is
    about another person. `since` bounds the partitions that are looked at, `before` is the id of the
    last line of the page before.
    """
    wanted = Q()
    if detainee:
        wanted |= Q(detainee_id=detainee)
    if cell:
        wanted |= Q(cell_id=cell)
    for stay in stays:
        there = Q(cell_id=stay.cell_id, detainee_id__isnull=True, occurred_at__gte=stay.since)
        wanted |= there & Q(occurred_at__lte=stay.until) if stay.until else there
    if not wanted:
        return []
    entries = _visible().filter(wanted)
    if since:
        entries = entries.filter(id__gte=lower_bound(since))
    if before:
        entries = entries.filter(id__lt=before)
    return _lines(list(entries.order_by("-id")[:limit]))


def latest(
    *, kinds: Sequence[str] = (), before: UUID | None = None, limit: int = PAGE
) -> list[Line]:
    """The latest entries of the scope, of some kinds where named; three queries."""
    entries = _visible()
    if kinds:
        entries = entries.filter(kind__in=kinds)
    if before:
        entries = entries.filter(id__lt=before)
    return _lines(list(entries.order_by("-id")[:limit]))


def lines_of(ids: Iterable[UUID]) -> dict[UUID, Line]:
    """Some entries by id, as far as the scope covers them; three queries."""
    return {line.id: line for line in _lines(list(_visible().filter(id__in=list(ids))))}


def following(entry: UUID) -> list[Line]:
    """What was written because of an entry, oldest first; three queries."""
    return _lines(list(_visible().filter(because_id=entry).order_by("id")[:PAGE]))


def heads() -> dict[int, int]:
    """The number of entries of each chain in the scope."""
    seen = scope.current()
    rows = Head.objects.filter(organization_id__range=(seen.lowest, seen.highest))
    return dict(rows.values_list("organization_id", "seq"))


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


def _lines(entries: Sequence[Entry]) -> list[Line]:
    ids = [entry.id for entry in entries]
    bodies = {p.id: bytes(p.body) for p in Payload.objects.filter(id__in=ids)} if ids else {}
    corrected = (
        set(_visible().filter(corrects_id__in=ids).values_list("corrects_id", flat=True))
        if ids
        else set()
    )
    return [_line(entry, bodies.get(entry.id), entry.id in corrected) for entry in entries]


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
        ground=entry.ground,
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
