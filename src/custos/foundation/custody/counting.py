"""Counts of people by two (点名): blind, with a recount, and a mismatch that calls at once.

Neither of the two sees what the roll has or what the other counted before both have said their
numbers. A cell where the two differ, or both differ from the roll, is counted once more. What still
differs is a `CountMismatch` about that cell, at once, and so is a recount that nobody makes within
`RECOUNT_WITHIN`. Source: 点名 at each shift change, mismatch within 5 minutes (design proposal).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import roll
from custos.foundation.custody.place_kinds import (
    CountAgreed,
    CountBegun,
    Counted,
    CountExplained,
    CountMismatch,
)
from custos.foundation.custody.place_models import CellCount, Count
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor
from custos.foundation.record.services import Deed

RECOUNT_WITHIN = timedelta(minutes=5)

OCCASIONS = {
    "shift": _("Shift change"),
    "meal": _("Meal"),
    "yard": _("Return from the yard"),
    "night": _("Night"),
    "extra": _("Extra count"),
}

_SYSTEM = Actor.system("custody.counting")


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one cell: by the roll, by the first and by the second person."""

    expected: int
    first: int | None
    second: int | None

    @property
    def agrees(self) -> bool:
        """Whether both counted what the roll has."""
        return self.expected == self.first == self.second


def verdict(cells: Mapping[UUID, Said], *, again: bool) -> tuple[str, list[UUID]]:
    """What a round of counting says: the count's next state, and the cells that don't agree. Pure.

    `open` while one of the two hasn't counted, `agreed`, `recount` after a first round, `mismatch`
    after the second.
    """
    if any(None in (said.first, said.second) for said in cells.values()):
        return ("recount" if again else "open"), []
    wrong = [cell for cell, said in cells.items() if not said.agrees]
    if not wrong:
        return "agreed", []
    return ("mismatch" if again else "recount"), wrong


def begin(facility: Organization, occasion: str, *, by: Actor, area: UUID | None = None) -> Count:
    """Begin a count of a facility or one of its areas; the roll of this instant is what it has to meet.

    Raises `Malformed` for an occasion that is none, `Conflict` while another count of the same people is
    going on, `Missing` for an area of another facility.
    """
    if occasion not in OCCASIONS:
        raise Malformed("count.occasion", _("There is no such occasion."), field="occasion")
    record.require_writer(CountBegun, by)
    with record.deed() as deed:
        # Of two who begin at once the second waits here and sees the first's.
        Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=facility.pk)
        if area and organizations.area(area).organization_id != facility.pk:
            raise Missing("area.missing", _("There is no such area."), field="area")
        going_on = Count.objects.filter(organization=facility, state__in=("open", "recount"))
        going_on = going_on.filter(area_id=area) if area else going_on.filter(area=None)
        if going_on.exists():
            raise Conflict(
                "count.going_on",
                _("A count is going on already."),
                mend=_("Take part in it, or wait until it has ended."),
            )
        present = {cell.cell: cell.present for cell in roll.at(facility.pk, deed.at).cells}
        cells = [
            cell
            for cell in organizations.cells(facility)
            if area is None or cell.area_id == area
            if not cell.out_of_use or present.get(cell.pk)
        ]
        count = Count.objects.create(
            organization=facility, area_id=area, occasion=occasion, at=deed.at
        )
        CellCount.objects.bulk_create(
            CellCount(
                count=count, organization=facility, cell=cell, expected=present.get(cell.pk, 0)
            )
            for cell in cells
        )
        deed.append(
            CountBegun(count=count.pk, occasion=occasion, area=area, cells=len(cells)),
            about=count,
            by=by,
        )
    return count


def enter(count: UUID, numbers: Mapping[UUID, int], *, by: Actor) -> Count:
    """Say how many are in each cell, as the first or the second person of a count.

    `numbers` has every cell that is asked for: all of them, in a recount those that didn't agree. Raises
    `Malformed` for others or impossible numbers, `NotAllowed` for a third person or the same one twice,
    `Conflict` where the count has ended, `Missing` out of scope.
    """
    record.require_writer(Counted, by)
    with record.deed() as deed:
        row = _locked(count)
        if row.state not in ("open", "recount"):
            raise Conflict("count.ended", _("This count has ended."))
        which = _turn_of(row, by)
        again = row.state == "recount"
        cells = _asked(row, again=again)
        if numbers.keys() != {cell.cell_id for cell in cells} or any(
            not 0 <= number <= 999 for number in numbers.values()
        ):
            raise Malformed(
                "count.numbers",
                _("Say a number for each cell that is asked for."),
                field="numbers",
            )
        for cell in cells:
            if getattr(cell, which) is not None:
                raise NotAllowed(
                    "count.twice",
                    _("You have counted already; the other one has to."),
                    mend=_("A count takes two people."),
                )
            setattr(cell, which, numbers[cell.cell_id])
        CellCount.objects.bulk_update(cells, [which])
        deed.append(
            Counted(
                count=row.pk,
                again=again,
                numbers={str(cell): number for cell, number in numbers.items()},
            ),
            about=row,
            by=by,
        )
        _judge(deed, row, cells, by=by)
    return row


def explain(count: UUID, reason: str, *, by: Actor) -> Count:
    """A leader says what became of a count that didn't agree, and so ends it.

    Raises `Conflict` where it isn't one, `Malformed` without words.
    """
    if not reason.strip():
        raise Malformed("custody.reason", _("Say why."), field="reason")
    record.require_writer(CountExplained, by)
    with record.deed() as deed:
        row = _locked(count)
        if row.state != "mismatch":
            raise Conflict("count.no_mismatch", _("This count has nothing to explain."))
        row.state, row.ended_at = "explained", deed.at
        explained = CountExplained(count=row.pk, reason=reason.strip())
        row.explained_entry_id = deed.append(explained, about=row, by=by).id
        row.save(update_fields=["state", "ended_at", "explained_entry_id"])
    return row


def sweep(limit: int = 50) -> int:
    """Call about recounts that nobody made in time; returns how many counts. Each is told once."""
    with scope.entered(scope.Scope.of_system("custody.counting")), record.deed() as deed:
        rows = list(
            Count.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state="recount", recount_by__lt=clock.now())
            .order_by("recount_by")[:limit]
        )
        for row in rows:
            row.state = "mismatch"
            row.save(update_fields=["state"])
            _tell(deed, row, _asked(row, again=True), by=_SYSTEM)
    return len(rows)


def _locked(count: UUID) -> Count:
    row = (
        Count.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk=count)
        .first()
    )
    if row is None:
        raise Missing("count.no_such", _("There is no such count."))
    return row


def _turn_of(row: Count, by: Actor) -> str:
    if by.ref in (row.first_ref, row.second_ref):
        return "first" if by.ref == row.first_ref else "second"
    free = "first" if not row.first_ref else "second" if not row.second_ref else ""
    if not free:
        raise NotAllowed("count.third", _("Two others make this count."))
    setattr(row, f"{free}_ref", by.ref)
    row.save(update_fields=[f"{free}_ref"])
    return free


def _asked(row: Count, *, again: bool) -> list[CellCount]:
    cells = row.cells.filter(organization_id=row.organization_id).select_related("cell")
    return list((cells.filter(recounted=True) if again else cells).order_by("cell__name"))


def _judge(deed: Deed, row: Count, cells: Sequence[CellCount], *, by: Actor) -> None:
    again = row.state == "recount"
    said = {cell.cell_id: Said(cell.expected, cell.first, cell.second) for cell in cells}
    state, wrong = verdict(said, again=again)
    if state == row.state:
        return
    row.state = state
    doubtful = [cell for cell in cells if cell.cell_id in wrong]
    if state == "recount":
        row.recount_by = deed.at + RECOUNT_WITHIN
        for cell in doubtful:
            cell.first, cell.second, cell.recounted = None, None, True
        CellCount.objects.bulk_update(doubtful, ["first", "second", "recounted"])
    elif state == "agreed":
        row.ended_at = deed.at
        everybody = row.cells.filter(organization_id=row.organization_id)
        people = sum(everybody.values_list("expected", flat=True))
        deed.append(CountAgreed(count=row.pk, people=people, recounted=again), about=row, by=by)
    else:
        _tell(deed, row, doubtful, by=by)
    row.save(update_fields=["state", "recount_by", "ended_at"])


def _tell(deed: Deed, row: Count, cells: Sequence[CellCount], *, by: Actor) -> None:
    for cell in cells:
        deed.append(
            CountMismatch(
                count=row.pk,
                cell=cell.cell_id,
                cell_name=cell.cell.name,
                expected=cell.expected,
                first=cell.first,
                second=cell.second,
            ),
            about=cell.cell,
            by=by,
        )
