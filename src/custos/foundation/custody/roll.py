"""The roll: how many people a facility holds, are out, and are present, at any instant.

It is an identity. Held are the stays that an instant falls into; of them some have a place in a cell,
and the others none yet. Out are those whom the gate let out and not back in. Present is held − out, and
it is the sum over cells of placed − out, plus those without a place. Stays, places and movements are
three tables, so `adds_up` says whether they agree.

Pure, but for `at()` and `between()`, which ask the database once each: what they count is of one moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from custos.foundation.database import scope
from custos.foundation.organizations.numbers import range_of


@dataclass(frozen=True, slots=True)
class InCell:
    """One cell at an instant: who has a place there, and how many of them are out."""

    cell: UUID
    area: UUID | None
    organization_id: int
    placed: int
    out: int

    @property
    def present(self) -> int:
        """How many are in the cell."""
        return self.placed - self.out


@dataclass(frozen=True, slots=True)
class Roll:
    """The roll of an organization's subtree at an instant; `out_unplaced` of `out` have no place."""

    at: datetime
    held: int
    out: int
    cells: Sequence[InCell]
    out_unplaced: int = 0

    @property
    def present(self) -> int:
        """How many are within the walls."""
        return self.held - self.out

    @property
    def placed(self) -> int:
        """How many have a place in a cell."""
        return sum(cell.placed for cell in self.cells)

    @property
    def unplaced(self) -> int:
        """How many are held and have no place in a cell."""
        return self.held - self.placed

    @property
    def adds_up(self) -> bool:
        """Whether stays, places and movements agree."""
        by_cells = sum(cell.present for cell in self.cells)
        return (
            self.unplaced >= 0
            and all(cell.present >= 0 for cell in self.cells)
            and self.out == sum(cell.out for cell in self.cells) + self.out_unplaced
            and self.present == by_cells + self.unplaced - self.out_unplaced
        )

    def by_area(self) -> dict[UUID | None, tuple[int, int]]:
        """Placed and present by area."""
        areas: dict[UUID | None, tuple[int, int]] = {}
        for cell in self.cells:
            placed, present = areas.get(cell.area, (0, 0))
            areas[cell.area] = placed + cell.placed, present + cell.present
        return areas


#: So many classes of length the database sorts stays into: a stay of class k lasts less than 2^k days,
#: one of the last class longer, or it hasn't ended.
CLASSES = 14
_HELD = """
SELECT count(*) AS people FROM custody_custody
 WHERE organization_id BETWEEN %(lowest)s AND %(highest)s
   AND admitted_at <= %(at)s AND held_until > %(at)s
"""
# Stays of one class that may hold an instant began within its length before, which bounds the index.
# OFFSET keeps the database from asking for all classes at once, since it takes its policies' rows for few.
_HELD_IN_ONE = """
SELECT count(*) AS people
  FROM unnest(%(classes)s::smallint[], %(sinces)s::timestamptz[]) AS w(class, since),
       LATERAL (SELECT FROM custody_custody
                 WHERE organization_id = %(lowest)s AND length_class = w.class
                   AND admitted_at > w.since AND admitted_at <= %(at)s AND held_until > %(at)s
                OFFSET 0) AS held
"""
_PLACED = """
SELECT cell_id, count(*) AS people FROM custody_cellstay
 WHERE organization_id BETWEEN %(lowest)s AND %(highest)s AND began_at <= %(at)s AND until_at > %(at)s
 GROUP BY cell_id
"""
_PLACED_IN_ONE = """
SELECT cell_id, count(*) AS people
  FROM unnest(%(classes)s::smallint[], %(sinces)s::timestamptz[]) AS w(class, since),
       LATERAL (SELECT cell_id FROM custody_cellstay
                 WHERE organization_id = %(lowest)s AND length_class = w.class
                   AND began_at > w.since AND began_at <= %(at)s AND until_at > %(at)s
                OFFSET 0) AS placed
 GROUP BY cell_id
"""
_OUT = """
SELECT p.cell_id, count(*) AS people FROM custody_absence a
  LEFT JOIN LATERAL (SELECT cell_id FROM custody_cellstay
                      WHERE custody_id = a.custody_id AND organization_id = a.organization_id
                        AND began_at <= %(at)s AND until_at > %(at)s
                     OFFSET 0) AS p ON true
 WHERE a.organization_id BETWEEN %(lowest)s AND %(highest)s
   AND a.left_at <= %(at)s AND (a.back_at IS NULL OR a.back_at > %(at)s)
 GROUP BY p.cell_id
"""
# One statement sees one moment of the database. Three would each see another, and somebody admitted between
# them would stand in a cell and not be held.
_ROLL = """
SELECT 'held' AS what, NULL::uuid AS cell_id, NULL::uuid AS area_id, NULL::bigint AS organization_id,
       NULL::varchar AS name, h.people FROM ({held}) h
UNION ALL
SELECT 'placed', p.cell_id, c.area_id, c.organization_id, c.name, p.people
  FROM ({placed}) p JOIN organizations_cell c ON c.id = p.cell_id
UNION ALL
SELECT 'out', o.cell_id, NULL, NULL, NULL, o.people FROM ({out}) o
ORDER BY organization_id, name
"""


def at(organization: int, moment: datetime) -> Roll:
    """The roll of an organization's subtree at an instant, as far as the scope goes. One query."""
    values = _values(organization) | {"at": moment} | _lengths(moment)
    one = values["lowest"] == values["highest"]
    sql = _ROLL.format(
        held=_HELD_IN_ONE if one else _HELD,
        placed=_PLACED_IN_ONE if one else _PLACED,
        out=_narrowed(_OUT, values),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    held = sum(people for what, *_cell, people in rows if what == "held")
    out: dict[UUID | None, int] = {
        cell: people for what, cell, *_cell, people in rows if what == "out"
    }
    cells = [
        InCell(cell, area, facility, people, out.get(cell, 0))
        for what, cell, area, facility, _name, people in rows
        if what == "placed"
    ]
    return Roll(moment, held, sum(out.values()), cells, out.get(None, 0))


@dataclass(frozen=True, slots=True)
class Flow:
    """What changed the roll after one instant until another: (begin, end]."""

    admitted: int
    ended: int
    left: int
    back: int

    @property
    def held(self) -> int:
        """By how many more are held at the end."""
        return self.admitted - self.ended

    @property
    def present(self) -> int:
        """By how many more are present at the end.

        A stay that ended outside counts as ended and, at the same instant, as back: it changes nothing.
        """
        return self.held - self.left + self.back


_FLOW = """
SELECT
  (SELECT count(*) FROM custody_custody WHERE organization_id BETWEEN %(lowest)s AND %(highest)s
      AND admitted_at > %(begin)s AND admitted_at <= %(end)s),
  (SELECT count(*) FROM custody_custody WHERE organization_id BETWEEN %(lowest)s AND %(highest)s
      AND held_until > %(begin)s AND held_until <= %(end)s),
  (SELECT count(*) FROM custody_absence WHERE organization_id BETWEEN %(lowest)s AND %(highest)s
      AND left_at > %(begin)s AND left_at <= %(end)s),
  (SELECT count(*) FROM custody_absence WHERE organization_id BETWEEN %(lowest)s AND %(highest)s
      AND back_at > %(begin)s AND back_at <= %(end)s)
"""


def between(organization: int, begin: datetime, end: datetime) -> Flow:
    """What changed the roll after `begin` until `end`. One query."""
    values = _values(organization) | {"begin": begin, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_narrowed(_FLOW, values), values)
        return Flow(*cursor.fetchone())


def _values(organization: int) -> dict[str, Any]:
    lowest, highest = range_of(organization)
    seen = scope.current()
    return {"lowest": max(lowest, seen.lowest), "highest": min(highest, seen.highest)}


def _lengths(moment: datetime) -> dict[str, Any]:
    """From when on stays of each class of length may hold an instant."""
    sinces = [moment - timedelta(days=2**k) for k in range(CLASSES - 1)]
    return {"classes": list(range(CLASSES)), "sinces": [*sinces, datetime.min.replace(tzinfo=UTC)]}


def _narrowed(sql: str, values: dict[str, Any]) -> str:
    """Of one facility by equality, so that the times that stand next in the index bound it too."""
    if values["lowest"] != values["highest"]:
        return sql
    return sql.replace("BETWEEN %(lowest)s AND %(highest)s", "= %(lowest)s")
