"""Looks of before, many at once: for history. Rows and entries in one load.

`services.look` asks what has to hold of a look that is made now. Here it is told what has been, so no tag
is asked, nothing follows, and whoever loads answers for it; every entry's writer is checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from custos.foundation.custody import queries as custody
from custos.foundation.database.ids import new_id
from custos.foundation.database.loading import load
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.prevention.duty.kinds import RoundMade
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds.models import Look, WatchedCell
from custos.prevention.duty.rounds.plan import How
from custos.prevention.duty.rounds.services import kept_by


@dataclass(frozen=True, slots=True)
class Was:
    """Somebody looked into a cell: when, how, what they said, and why it came late where it did."""

    cell: UUID
    at: datetime
    by: Actor
    people: int
    how: How = "tag"
    text: str = ""
    late_minutes: int = 0
    reason: str = ""
    client: UUID = field(default_factory=new_id)


def receive(facility: int, looks: Iterable[Was]) -> int:
    """Write looks of a facility; returns how many. Their cells are due by the latest of them, as if the
    facility had kept its rounds since then.
    """
    in_order = sorted(looks, key=lambda look: look.at)
    with transaction.atomic():
        drafts = [
            record.draft(
                RoundMade(
                    how=one.how,
                    people=one.people,
                    text=one.text,
                    late_minutes=one.late_minutes,
                    reason=one.reason,
                    client=one.client,
                ),
                about=Subject(facility, cell_id=one.cell),
                by=one.by,
                at=one.at,
            )
            for one in in_order
        ]
        load(
            Look(
                organization_id=facility,
                cell_id=one.cell,
                client_id=one.client,
                by_ref=one.by.ref,
                at=one.at,
                recorded_at=one.at,
                how=one.how,
                text=one.text,
                late_minutes=one.late_minutes,
                people=one.people,
                entry_id=draft.header.id,
            )
            for one, draft in zip(in_order, drafts, strict=True)
        )
        _move_on(facility, {one.cell: one for one in in_order})
        return record.append_many(drafts)


def _move_on(facility: int, latest: dict[UUID, Was]) -> None:
    own = kept_by(facility, max(one.at for one in latest.values())) if latest else None
    if own is None:
        return
    rows = list(WatchedCell.objects.filter(organization_id=facility, cell_id__in=latest))
    close = custody.cells_on_close_watch(list(latest))
    for row in rows:
        last = latest[row.cell_id]
        gap = plan.gap_of(own, close=row.cell_id in close)
        row.last_at, row.last_by, row.last_how = last.at, last.by.ref, last.how
        row.gap_minutes = int(gap.total_seconds()) // 60
        row.due_at = last.at + gap if last.people else None
        row.missed_since = None
    WatchedCell.objects.bulk_update(
        rows, ["last_at", "last_by", "last_how", "gap_minutes", "due_at", "missed_since"]
    )
