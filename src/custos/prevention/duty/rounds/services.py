"""What may be done about rounds: look into a cell, and tell of what nobody looked into."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict, Malformed, Missing
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Post, Subject
from custos.foundation.record.services import Deed
from custos.prevention.duty.engine import UNFINISHED
from custos.prevention.duty.information import adopted
from custos.prevention.duty.information.services import by_our_clock
from custos.prevention.duty.kinds import RoundMade, RoundMissed, RoundsBehind
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds.models import Look, WatchedCell
from custos.prevention.duty.rounds.plan import How, OwnRounds

#: Who looks into cells, and who sees what stands out in that.
LOOKING = (Post.PATROL, Post.DUTY_LEADER, Post.LEADER)
LEADING = (Post.DUTY_LEADER, Post.LEADER)
LONGEST_TEXT = 500
_SYSTEM = Actor.system("duty.rounds")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a look that was sent; `known` where it had been sent before."""

    entry_id: UUID
    client_id: UUID
    late_minutes: int
    known: bool


def kept_by(facility: int, at: datetime) -> OwnRounds | None:
    """What a facility says of its rounds; None where it keeps none. One query."""
    return adopted.own_of(adopted.latest(facility, clock.day_of(at))).rounds


def look(
    cell_id: UUID,
    *,
    facility: int,
    how: How,
    by: Actor,
    code: str = "",
    text: str = "",
    reason: str = "",
    observed_at: datetime | None = None,
    sent_at: datetime | None = None,
    client_id: UUID | None = None,
) -> Taken:
    """Somebody looked into a cell; the time to the next look begins anew.

    `code` is what the tag at the door says, for `how` "tag". `observed_at` and `sent_at` are by the
    device's clock. What is sent again with its `client_id` is known and changes nothing. A look that
    came late asks for a `reason`; it doesn't ask for one where it was in time and only sent late.

    Raises `Missing` for a cell that isn't of this facility, `Conflict` where the facility keeps no rounds,
    `Malformed` for a wrong tag, too long a text, or a late look without its reason.
    """
    words, why = text.strip(), reason.strip()
    if how not in get_args(How):
        raise Malformed("round.how", _("One of: tag, door, screen."), field="how")
    for field, given in (("text", words), ("reason", why)):
        if len(given) > LONGEST_TEXT:
            raise Malformed(
                "round.too_long",
                _("At most %(limit)s characters."),
                field=field,
                limit=LONGEST_TEXT,
            )
    at = clock.now()
    occurred_at, claimed_at = by_our_clock(observed_at, sent_at, at)
    with record.deed() as deed:
        row = _locked(cell_id, facility)
        client = client_id or new_id(at)
        if known := _before(facility, client, cell_id, by):
            return known
        if how == "tag" and not secrets.compare_digest(code.encode(), row.code.encode()):
            raise Malformed(
                "round.wrong_tag",
                _("This is the tag of another door, or an old one."),
                field="code",
                mend=_("Scan the tag at this door, or say that you looked without it."),
            )
        late = timedelta()
        if row.due_at is not None:
            late = plan.late_by(row.missed_since or row.due_at, occurred_at)
        minutes = int(late.total_seconds()) // 60
        if minutes and not why:
            raise Malformed(
                "round.late",
                _("This round comes %(minutes)s minutes late: say why."),
                field="reason",
                mend=_("One sentence is enough; it stays beside the round."),
                minutes=minutes,
            )
        people = custody.present_in([cell_id]).get(cell_id, 0)
        header = deed.append(
            RoundMade(
                how=how,
                people=people,
                text=words,
                late_minutes=minutes,
                reason=why if minutes else "",
                client=client,
                claimed_at=claimed_at,
            ),
            about=Subject(facility, cell_id=cell_id),
            by=by,
            occurred_at=occurred_at,
        )
        Look.objects.create(
            organization_id=facility,
            cell_id=cell_id,
            client_id=client,
            by_ref=by.ref,
            at=occurred_at,
            recorded_at=at,
            how=how,
            text=words,
            late_minutes=minutes,
            people=people,
            entry_id=header.id,
        )
        _begin_anew(row, how, occurred_at, people, by, deed.at)
    return Taken(header.id, client, minutes, known=False)


def _locked(cell_id: UUID, facility: int) -> WatchedCell:
    row = (
        WatchedCell.objects.visible_to(scope.current())
        .select_for_update()
        .filter(cell_id=cell_id, organization_id=facility)
        .first()
    )
    if row is not None:
        return row
    if not Cell.objects.filter(pk=cell_id, organization_id=facility).exists():
        raise Missing("round.no_cell", _("There is no such cell in this facility."), field="cell")
    raise Conflict(
        "round.not_kept",
        _("This facility doesn't keep rounds here."),
        mend=_("A leader adopts a file of types that names `rounds`."),
    )


def _before(facility: int, client: UUID, cell_id: UUID, by: Actor) -> Taken | None:
    found = (
        Look.objects.visible_to(scope.current())
        .filter(organization_id=facility, by_ref=by.ref, client_id=client)
        .first()
    )
    if found is None:
        return None
    if found.cell_id != cell_id:
        raise Conflict(
            "round.other_cell",
            _("This identifier was used for a look into another cell."),
            field="client_id",
            mend=_("Give each look an identifier of its own."),
        )
    return Taken(found.entry_id, client, found.late_minutes, known=True)


def _begin_anew(
    row: WatchedCell, how: How, at: datetime, people: int, by: Actor, now: datetime
) -> None:
    """Move a cell's next look on. One that was made before the last known changes nothing."""
    if row.last_at is not None and at <= row.last_at:
        return
    close = row.cell_id in custody.cells_on_close_watch([row.cell_id])
    if not plan.counts(how, close=close):
        return
    own = kept_by(row.organization_id, now) or OwnRounds()
    gap = plan.gap_of(own, close=close)
    row.last_at, row.last_by, row.last_how = at, by.ref, how
    row.gap_minutes = int(gap.total_seconds()) // 60
    row.due_at = at + gap if people else None
    row.missed_since = None
    row.save()


def keep(facility: int, at: datetime) -> int:
    """Begin to keep the rounds that a facility's file asks for; returns how many cells are watched.

    Its cells get a code for their tags; those that have one keep it, and when they are due. A facility
    whose file names no rounds any more stops.
    """
    own = kept_by(facility, at)
    with record.deed():
        if own is None:
            WatchedCell.objects.filter(organization_id=facility).update(
                due_at=None, missed_since=None
            )
            return 0
        cells = list(Cell.objects.filter(organization_id=facility).values_list("pk", flat=True))
        _add(facility, cells, own)
        wake(facility, cells, at)
    return len(cells)


def _add(facility: int, cells: Iterable[UUID], own: OwnRounds) -> None:
    gap = int(plan.gap_of(own, close=False).total_seconds()) // 60
    WatchedCell.objects.bulk_create(
        [
            WatchedCell(
                cell_id=cell,
                organization_id=facility,
                code=secrets.token_urlsafe(12),
                gap_minutes=gap,
            )
            for cell in cells
        ],
        ignore_conflicts=True,
    )


def wake(facility: int, cells: Collection[UUID], at: datetime) -> None:
    """See to it that cells are looked into in time, now that who is in them, or how, has changed.

    Never puts a look off. Nothing where the facility keeps no rounds. At most five queries.
    """
    own = kept_by(facility, at)
    if own is None:
        return
    occupied = custody.present_in(cells)
    close = custody.cells_on_close_watch(cells)
    _add(facility, occupied, own)
    rows = list(
        WatchedCell.objects.select_for_update()
        .filter(organization_id=facility, cell_id__in=occupied)
        .order_by("pk")
    )
    for row in rows:
        gap = plan.gap_of(own, close=row.cell_id in close)
        row.gap_minutes = int(gap.total_seconds()) // 60
        due = at + gap
        if row.due_at is None:
            row.held_since, row.due_at = at, due
        else:
            row.due_at = min(row.due_at, due)
    WatchedCell.objects.bulk_update(rows, ["due_at", "gap_minutes", "held_since"])


def sweep(limit: int = 500) -> int:
    """Write down which cells nobody looked into in time; returns how many were due.

    A cell in which nobody is sleeps until somebody comes. Each missed look is an entry of its cell; a
    leader is told of the area, and again with the next miss once that task has ended and nobody has
    looked. What falls behind while the task waits belongs to it, and is named by it. Opens its own scope;
    one short index where nothing is due.
    """
    with scope.entered(scope.Scope.of_system("duty.rounds")), record.deed() as deed:
        now = clock.now()
        rows = list(
            WatchedCell.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(due_at__lte=now)
            .select_related("cell__area")
            .order_by("due_at", "pk")[:limit]
        )
        if not rows:
            return 0
        occupied = custody.present_in([row.cell_id for row in rows])
        being_handled = _being_handled({row.organization_id for row in rows})
        behind: dict[tuple[int, UUID | None], list[WatchedCell]] = defaultdict(list)
        for row in rows:
            if row.cell_id not in occupied:
                row.due_at, row.missed_since = None, None
                continue
            _miss(row, deed, now)
            behind[row.organization_id, row.cell.area_id].append(row)
        for place, late in behind.items():
            entry = being_handled.get(place) or _tell_of_area(late, deed)
            for row in late:
                row.told_entry = entry
        WatchedCell.objects.bulk_update(rows, ["due_at", "missed_since", "told_entry"])
    return len(rows)


def _being_handled(facilities: Collection[int]) -> dict[tuple[int, UUID | None], UUID]:
    """The areas whose falling behind is an unfinished task, and the entry that opened it."""
    rows = WatchedCell.objects.filter(organization_id__in=facilities, told_entry__isnull=False)
    unfinished = Task.objects.filter(source_entry_id=OuterRef("told_entry"), state__in=UNFINISHED)
    told = rows.filter(Exists(unfinished)).values_list(
        "organization_id", "cell__area_id", "told_entry"
    )
    return {(number, area): entry for number, area, entry in told if entry}


def _miss(row: WatchedCell, deed: Deed, now: datetime) -> None:
    due = row.due_at
    assert due is not None  # the sweep asks for those that are due
    deed.append(
        RoundMissed(due_at=due, last_at=row.last_at, gap_minutes=row.gap_minutes),
        about=Subject(row.organization_id, cell_id=row.cell_id),
        by=_SYSTEM,
    )
    row.missed_since = row.missed_since or due
    # Told again after another gap; after a pause of the program not once for each gap in it.
    gap = timedelta(minutes=row.gap_minutes)
    row.due_at = due + gap * ((now - due) // gap + 1)


def _tell_of_area(late: list[WatchedCell], deed: Deed) -> UUID:
    first = min(row.missed_since for row in late if row.missed_since)
    area = late[0].cell.area
    header = deed.append(
        RoundsBehind(
            area=area.name if area else "",
            cells=sorted(row.cell.name for row in late),
            due_at=first,
        ),
        about=Subject(late[0].organization_id),
        by=_SYSTEM,
    )
    return header.id
