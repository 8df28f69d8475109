"""From the papers of stays to their results: the one place that reads facts and writes clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from custos.foundation import clock
from custos.foundation.limits import engine as limits
from custos.foundation.limits.engine import Result
from custos.foundation.limits.law import Law
from custos.management.timelimits import engine
from custos.management.timelimits.models import Clock, Paper

#: Stays by their names, of which the planner doesn't see how many they are. Where it does, it expects to
#: find fewer rows by the bounds of the scope, of which it knows nothing, and reads the whole table for each
#: batch: the time for everybody grew with the square of their number.
_SOME = "ANY(ARRAY(SELECT unnest(%s::uuid[])))"
#: Whether what a row says counts: nobody's word is awaited, or a leader accepted it.
_COUNTS = """
(NOT {0}.waits OR EXISTS (SELECT FROM timelimits_decision d WHERE d.paper_id = {0}.id AND d.accepted))
"""
#: The papers that count, of each of some stays, in the order in which they were recorded.
_FACTS = f"""
SELECT p.custody_id, array_agg(p.id::text ORDER BY p.recorded_at, p.id),
       '[' || string_agg(p.event::text, ',' ORDER BY p.recorded_at, p.id) || ']'
  FROM timelimits_paper p
 WHERE p.custody_id = {_SOME} AND p.event IS NOT NULL AND {_COUNTS.format("p")}
   AND NOT EXISTS (SELECT FROM timelimits_paper r WHERE r.replaces_id = p.id AND {_COUNTS.format("r")})
 GROUP BY p.custody_id
"""  # noqa: S608 - built from names of our own


@dataclass(slots=True)
class Facts:
    """The facts of a stay in the order of their dates, with the papers that they stand on."""

    papers: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def ordered(self) -> "Facts":
        """The same in the order of their dates."""
        places = engine.in_order(self.events)
        return Facts([self.papers[at] for at in places], [self.events[at] for at in places])

    def with_paper(self, paper: str, event: dict[str, Any] | None, replaces: str = "") -> "Facts":
        """The same with one more paper, in place of another where named."""
        papers, events = list(self.papers), list(self.events)
        if replaces in papers:
            at = papers.index(replaces)
            del papers[at], events[at]
        if event is not None:
            papers.append(paper)
            events.append(event)
        return Facts(papers, events).ordered()

    def computed(self, now: datetime, law: Law | None = None) -> Result:
        """What they come to."""
        return limits.compute(engine.case_of(self.events, now), law)


def facts_of(custodies: Sequence[UUID]) -> dict[UUID, Facts]:
    """The facts of some stays; a stay without papers has none. One query."""
    found: dict[UUID, Facts] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [list(custodies)])
        for custody, papers, events in cursor.fetchall():
            found[custody] = Facts(papers, orjson.loads(events)).ordered()
    return {custody: found.get(custody) or Facts() for custody in custodies}


_ACCEPTED = Q(waits=False) | Q(decision__accepted=True)


def counting(rows: QuerySet[Paper]) -> QuerySet[Paper]:
    """Those of some papers that are facts: what waits for a leader is none, and hides none."""
    instead = Paper.objects.filter(_ACCEPTED, replaces=OuterRef("pk"))
    return rows.filter(_ACCEPTED, ~Exists(instead), event__isnull=False)


def undecided(rows: QuerySet[Paper]) -> QuerySet[Paper]:
    """Those of some papers of which a leader has to decide, oldest entered first.

    One that was corrected or taken back meanwhile is asked about no more.
    """
    asked = rows.filter(waits=True, decision=None, replaced_by=None)
    return asked.order_by("recorded_at", "id")


#: The fields of a clock that a result gives.
KEPT = (*engine.Standing._fields, "next_at")


def fresh(result: Result, papers: Sequence[str], now: datetime, held: bool) -> tuple[Any, ...]:
    """What a row should hold of a result, in the order of `KEPT`."""
    following = engine.look_again(result, papers, now) if held else None
    return (*engine.standing(result), following)


def write(row: Clock, result: Result, papers: Sequence[str], now: datetime) -> None:
    """Put a result into the row of its clock; what is to be done next is set as well."""
    for name, value in zip(KEPT, fresh(result, papers, now, row.held), strict=True):
        setattr(row, name, value)
    row.computed_at, row.failing_since = now, None


#: Results on their way into the table of clocks: COPY takes no table under row-level security.
_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS staged_clock (
    custody_id uuid, standing text, state text, authority text, started_at timestamptz,
    due_at timestamptz, last_day date, differs bool, paused bool, problems int2, permit_until date,
    next_at timestamptz, computed_at timestamptz
) ON COMMIT DELETE ROWS
"""
_TYPES = (
    "uuid", "text", "text", "text", "timestamptz", "timestamptz", "date", "bool", "bool", "int2",
    "date", "timestamptz", "timestamptz",
)  # fmt: skip
_UPDATE = f"""
UPDATE timelimits_clock c SET {", ".join(f"{name} = n.{name}" for name in KEPT)},
       computed_at = n.computed_at, failing_since = NULL
  FROM staged_clock n
 WHERE c.custody_id = n.custody_id
   AND c.custody_id = ANY(ARRAY(SELECT custody_id FROM staged_clock))
"""  # noqa: S608 - built from names of our own fields


def save_all(rows: Iterable[Clock]) -> None:
    """Write clocks anew, in one statement."""
    names = ("pk", *KEPT, "computed_at")
    _save([tuple(getattr(row, name) for name in names) for row in rows])


def _save(rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
        cursor.execute("TRUNCATE staged_clock")
        with cursor.copy("COPY staged_clock FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
        cursor.execute(_UPDATE)


#: No key of a stay changes: whoever only names one, as a new row of its file does, isn't kept waiting.
_HOLD_STAYS = f"""
SELECT FROM custody_custody WHERE id = {_SOME} ORDER BY id FOR NO KEY UPDATE
"""
_STORED = f"""
SELECT custody_id, held, {", ".join(KEPT)} FROM timelimits_clock WHERE custody_id = {_SOME}
 ORDER BY custody_id FOR UPDATE
"""  # noqa: S608 - built from names of our own fields
#: How many stays are computed between two writings.
BATCH = 5_000


def hold_stays(custodies: Sequence[UUID]) -> None:
    """Hold some stays in the order of their ids, as every deed does before it writes their clocks.

    Within a transaction. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_STAYS, [list(custodies)])


def recompute(custodies: Sequence[UUID], *, law: Law | None = None) -> int:
    """Compute some clocks anew and write those that changed; returns how many. Three queries and a write.

    For a change of law, and for a check of what is stored: nothing is said because of it, warnings come
    with the sweep, which looks at once at every clock written here: a step that was due already, and that
    no sweep has seen yet, is none of those to come. Holds the stays, then the clocks, within a transaction:
    a paper that comes in meanwhile waits, and is never written over.
    """
    hold_stays(custodies)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(custodies)])
        stored = cursor.fetchall()
    facts = facts_of(custodies)
    changed = []
    for stay, held, *before in stored:
        found = facts[stay]
        after = fresh(found.computed(now, law), found.papers, now, held)
        if tuple(before) != after:
            changed.append((stay, *after[:-1], now if held else None, now))
    _save(changed)
    return len(changed)
