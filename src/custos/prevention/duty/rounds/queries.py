"""Questions about rounds, in the scope of whoever asks; none of them names anybody in custody."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.custody import queries as custody
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations import queries as organizations
from custos.prevention.duty.kinds import HOW
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds.models import Look, WatchedCell

#: A look was due and is still missing. Every number of late cells counts these, and nothing else.
_LATE = Q(missed_since__isnull=False)
#: As many cells as a large facility has.
MOST = 500
#: A leader looks at the rounds of so long, at most so many of them.
PATTERN_HOURS, MOST_LOOKS = 24, 20_000


@dataclass(frozen=True, slots=True)
class CellDue:
    """A cell as rounds see it. `missed_since`: when the oldest look was due that is still missing."""

    cell_id: UUID
    name: str
    area: str
    due_at: datetime | None
    gap_minutes: int
    close: bool
    people: int
    last_at: datetime | None
    last_by: str
    last_how: Any
    missed_since: datetime | None

    @property
    def wanted_by(self) -> datetime | None:
        """By when somebody is to look in, or since when nobody has."""
        return self.missed_since or self.due_at


def due_list(facility: int) -> list[CellDue]:
    """The cells of a facility with people in them: since when they are late, then by when. Four queries."""
    rows = WatchedCell.objects.visible_to(scope.current()).filter(
        organization_id=facility, due_at__isnull=False
    )
    # Whoever missed a look is given a next one: the one that is missing still comes first.
    wanted_by = Coalesce("missed_since", "due_at")
    return _shown(rows.select_related("cell__area").order_by(wanted_by, "cell__name")[:MOST])


def cell_due(cell: UUID) -> CellDue:
    """One cell. Raises `Missing` where no rounds are kept of it. Four queries."""
    rows = WatchedCell.objects.visible_to(scope.current()).filter(cell_id=cell)
    found = _shown(rows.select_related("cell__area"))
    if not found:
        raise Missing("round.no_cell", _("There is no such cell in this facility."), field="cell")
    return found[0]


def cell_of(code: str) -> UUID:
    """The cell at whose door a tag hangs. Raises `Missing`. One query."""
    rows = WatchedCell.objects.visible_to(scope.current()).filter(code=code)
    found: UUID | None = rows.values_list("cell_id", flat=True).first()
    if found is None:
        raise Missing(
            "round.no_tag",
            _("No door of this facility has this tag."),
            mend=_("It may be an old one: print the tags anew and hang this one up again."),
        )
    return found


def _shown(rows: Iterable[WatchedCell]) -> list[CellDue]:
    found = list(rows)
    cells = [row.cell_id for row in found]
    people = custody.present_in(cells) if cells else {}
    close = custody.cells_on_close_watch(cells) if cells else set()
    names = accounts.names_of({row.last_by for row in found if row.last_by})
    return [
        CellDue(
            cell_id=row.cell_id,
            name=row.cell.name,
            area=row.cell.area.name if row.cell.area else "",
            due_at=row.due_at,
            gap_minutes=row.gap_minutes,
            close=row.cell_id in close,
            people=people.get(row.cell_id, 0),
            last_at=row.last_at,
            last_by=names.get(row.last_by, ""),
            last_how=HOW.get(row.last_how, ""),
            missed_since=row.missed_since,
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class Tag:
    """What hangs at a cell's door."""

    cell_id: UUID
    name: str
    area: str
    code: str


def tags(facility: int) -> list[Tag]:
    """The tags of a facility's cells, by area and cell. One query."""
    rows = (
        WatchedCell.objects.visible_to(scope.current())
        .filter(organization_id=facility)
        .select_related("cell__area")
        .order_by("cell__area__position", "cell__name")[:MOST]
    )
    return [
        Tag(row.cell_id, row.cell.name, row.cell.area.name if row.cell.area else "", row.code)
        for row in rows
    ]


def behind(facility: int) -> tuple[int, int]:
    """How many cells of a facility are watched, and how many of them nobody looked into in time.

    One query.
    """
    rows = WatchedCell.objects.visible_to(scope.current()).filter(
        organization_id=facility, due_at__isnull=False
    )
    found = rows.aggregate(watched=Count("pk"), late=Count("pk", filter=_LATE))
    return found["watched"], found["late"]


def late(facility: int) -> list[tuple[UUID, str, datetime]]:
    """The cells of a facility that nobody looked into in time: which, its name, since when; the oldest
    first. One query.
    """
    rows = WatchedCell.objects.visible_to(scope.current()).filter(_LATE, organization_id=facility)
    found = rows.order_by("missed_since", "cell__name")
    listed = found.values_list("cell_id", "cell__name", "missed_since")[:MOST]
    return [(cell, name, since) for cell, name, since in listed if since]


def late_of_tasks(entries: Collection[UUID]) -> dict[UUID, list[str]]:
    """The cells that are late now of each of some tasks, by the entry that opened it; the oldest first.

    What was looked into since is none of them any more. One query.
    """
    rows = WatchedCell.objects.visible_to(scope.current()).filter(_LATE, told_entry__in=entries)
    found: dict[UUID, list[str]] = {entry: [] for entry in entries}
    for entry, name in rows.order_by("missed_since", "cell__name").values_list(
        "told_entry", "cell__name"
    ):
        if entry:
            found[entry].append(name)
    return found


def late_said(count: int) -> str:
    """How many cells nobody looked into in time, in the words in which every page says it."""
    return ngettext(
        "%(number)s cell not looked into in time, now",
        "%(number)s cells not looked into in time, now",
        count,
    ) % {"number": count}


def next_due(facility: int, limit: int) -> list[tuple[UUID, str, datetime]]:
    """The cells that are to be looked into next and aren't late: which, its name, by when. One query."""
    rows = WatchedCell.objects.visible_to(scope.current()).filter(
        organization_id=facility, due_at__isnull=False, missed_since__isnull=True
    )
    found = rows.order_by("due_at", "cell__name")
    listed = found.values_list("cell_id", "cell__name", "due_at")[:limit]
    return [(cell, name, due) for cell, name, due in listed if due]


@dataclass(frozen=True, slots=True)
class SignShown:
    """Something strange about rounds, in words."""

    sort: str
    officer: str
    cell: str
    count: int
    since: datetime
    until: datetime


def signs(facility: int, at: datetime) -> list[SignShown]:
    """What is strange about the rounds of the last day, latest first. Three queries."""
    rows = (
        Look.objects.visible_to(scope.current())
        .filter(organization_id=facility, at__gte=at - timedelta(hours=PATTERN_HOURS), at__lte=at)
        .order_by("-at")
        .values_list("cell_id", "by_ref", "at", "how", "text")[:MOST_LOOKS]
    )
    found = plan.signs(
        plan.Looked(cell, by, when, cast(plan.How, how), text) for cell, by, when, how, text in rows
    )
    names = accounts.names_of({sign.by for sign in found})
    cells = organizations.cell_names({sign.cell for sign in found if sign.cell})
    return [
        SignShown(
            sign.sort,
            names.get(sign.by, ""),
            cells.get(sign.cell, "") if sign.cell else "",
            sign.count,
            sign.since,
            sign.until,
        )
        for sign in found
    ]


#: Of each look how long after the one before of its cell it came, of a cell that nobody looked into how
#: long nobody has, since the day began or since somebody is in it; no time in which nobody was there.
_LONGEST = """
WITH held AS (
    SELECT cell_id, greatest(held_since, %(since)s) AS since FROM duty_watchedcell
    WHERE organization_id = %(facility)s AND due_at IS NOT NULL
), looks AS (
    SELECT cell_id, at, people > 0 AS anybody FROM duty_look
    WHERE organization_id = %(facility)s AND at > %(since)s AND at <= %(at)s
    UNION ALL SELECT cell_id, since, true FROM held
    UNION ALL SELECT cell_id, %(at)s, true FROM held
), gaps AS (
    SELECT cell_id, at, at - lag(at) OVER w AS gap, lag(anybody) OVER w AS anybody
    FROM looks WINDOW w AS (PARTITION BY cell_id ORDER BY at)
)
SELECT COALESCE(a.name, ''), date_trunc('hour', g.at), max(extract(epoch FROM g.gap) / 60)::int, count(*)
FROM gaps g JOIN organizations_cell c ON c.id = g.cell_id LEFT JOIN organizations_area a ON a.id = c.area_id
WHERE g.gap IS NOT NULL AND g.anybody
GROUP BY a.position, a.name, 2 ORDER BY a.position NULLS LAST, a.name, 2
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """The longest time between two looks into a cell of an area that ended within an hour, in minutes."""

    begins: datetime
    longest: int
    looks: int


def longest_gaps(facility: int, at: datetime) -> dict[str, list[Hour]]:
    """By area, the longest gap of each hour of the last day, oldest first. Two queries."""
    organizations.in_scope(facility)
    values: dict[str, Any] = {
        "facility": facility,
        "at": at,
        "since": at - timedelta(hours=PATTERN_HOURS),
    }
    found: dict[str, list[Hour]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, values)
        for area, begins, longest, looks in cursor.fetchall():
            hour = Hour(begins.astimezone(clock.LOCAL), longest, looks)
            found.setdefault(area, []).append(hour)
    return found
