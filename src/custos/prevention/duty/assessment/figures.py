"""The statements that cut a stretch of duty into leaves: one over tasks, one over looks, one over reports.

Tasks, looks, sign-ons, shortfalls and observations are written by deeds alone, each with its entry in the
same transaction, and nobody edits them: what is counted here is what was recorded, and what was only
ticked off or typed for the purpose of being assessed has no place to come from. A missed round has no
table; its entry is read from the record.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection

from custos.foundation.database.planning import by_hashing
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Audience, Post
from custos.prevention.duty.assessment.plan import By, Leaf, MeasureId, Month
from custos.prevention.duty.kinds import RoundMissed
from custos.prevention.duty.shifts import plan
from custos.prevention.duty.shifts.plan import Shift

#: Nobody stays signed on for longer without signing on anew.
_LONGEST_ON = timedelta(days=2)
#: What leaders aren't told of is no part of what they assess.
_UNSEEN = (Audience.SEALED_COMPLAINT, Audience.PROSECUTOR)

#: Every case once: when it fell due or was done, since when somebody could do it, and whether it was kept.
#: Who accepts in time has taken it on, on whatever post; what is late was for the post asked first.
_OF_TASKS = """
task AS MATERIALIZED (
    SELECT t.id, t.organization_id AS facility, t.rule->>'handler' AS handler, t.opened_at, t.step,
        t.opened_at + make_interval(
            hours => (t.rule #>> '{accept_within,hours}')::int,
            mins => (t.rule #>> '{accept_within,minutes}')::int
        ) AS due_at,
        CASE WHEN t.accepted_at IS NOT NULL THEN t.accepted_at
            WHEN t.state = 'withdrawn' THEN t.ended_at END AS acted_at,
        COALESCE(NULLIF(t.accepted_by, ''), t.ended_by) AS actor,
        COALESCE(NULLIF(t.accepted_post, ''), t.rule->>'handler') AS actor_post,
        t.state, t.accepted_at, t.accepted_by, t.ended_at, t.ended_by, t.wanted_by,
        again.id IS NOT NULL AS returned
    FROM duty_task t LEFT JOIN duty_task again ON again.reopens_id = t.id AND again.reopens_id IS NOT NULL
        AND again.organization_id = ANY(%(facilities)s)
    WHERE t.organization_id = ANY(%(facilities)s) AND t.opened_at >= %(since)s AND t.opened_at < %(until)s
        AND t.audience <> ALL(%(unseen)s)
), cases AS (
    SELECT 'first_action' AS measure, id, facility, CASE WHEN kept THEN actor_post ELSE handler END AS post,
        actor AS officer, opened_at AS since, LEAST(acted_at, due_at) AS at, kept,
        1 AS many, extract(epoch FROM acted_at - opened_at)::int AS seconds, true AS may_be_short,
        true AS stood
    FROM (SELECT *, COALESCE(acted_at <= due_at, false) AS kept FROM task) t
    WHERE acted_at IS NOT NULL OR due_at <= %(at)s
    UNION ALL
    SELECT 'closing', id, facility, actor_post, accepted_by, accepted_at, LEAST(ended_at, wanted_by),
        COALESCE(ended_at <= wanted_by OR ended_at = accepted_at, false),
        1, extract(epoch FROM ended_at - accepted_at)::int, true, false
    FROM task WHERE state = 'answered' OR (state = 'accepted' AND wanted_by <= %(at)s)
    UNION ALL
    SELECT 'answers', id, facility, actor_post, ended_by, accepted_at, ended_at, NOT returned,
        1, NULL, false, false
    FROM task WHERE state = 'answered'
    UNION ALL
    SELECT 'taken_over', id, facility, actor_post, accepted_by, opened_at, accepted_at, true,
        1, NULL, false, false
    FROM task WHERE accepted_at > due_at AND step > 0 AND actor_post <> handler
)"""

#: A missed round lies between the look or miss before it and its own time. A miss that a look made in time
#: and only sent later has put right is none.
_OF_MISSES = """
gone AS (
    SELECT facility, cell_id, at, lag(at) OVER (PARTITION BY cell_id ORDER BY at) AS before
    FROM unnest(%(where)s::bigint[], %(cells)s::uuid[], %(missed)s::timestamptz[])
        AS m(facility, cell_id, at)
), misses AS (
    SELECT 'rounds' AS measure, g.cell_id AS id, g.facility, %(patrol)s AS post, '' AS officer,
        COALESCE(GREATEST(g.before, last.at), g.at) AS since, g.at, false AS kept, 1 AS many,
        NULL::int AS seconds, true AS may_be_short, true AS stood
    FROM gone g LEFT JOIN LATERAL (
        SELECT l.at, l.recorded_at FROM duty_look l
        WHERE l.organization_id = g.facility AND l.cell_id = g.cell_id
            AND l.at <= g.at AND l.at >= %(since)s
        ORDER BY l.at DESC LIMIT 1
    ) last ON true
    WHERE last.at IS NULL OR last.recorded_at <= g.at OR last.at < g.before
)"""

_MISSES_ALONE = "cases AS (SELECT * FROM misses)"

#: A look that comes late makes up for a miss that is counted already.
_AND_LOOKS = """
cases AS (
    SELECT * FROM misses
    UNION ALL
    SELECT 'rounds', NULL, organization_id, %(patrol)s, by_ref, NULL, min(at), true, count(*),
        NULL, true, true
    FROM duty_look
    WHERE organization_id = ANY(%(facilities)s) AND at >= %(since)s AND at < %(until)s AND late_minutes = 0
    GROUP BY organization_id, by_ref, (%(shifts)s::text[])[width_bucket(at, %(begins)s::timestamptz[])]
)"""

_OF_REPORTS = """
cases AS (
    SELECT 'reported' AS measure, o.id, o.organization_id AS facility, o.by_post AS post,
        o.by_ref AS officer, o.occurred_at AS since, o.occurred_at AS at, true AS kept,
        1 AS many, NULL::int AS seconds, false AS may_be_short, false AS stood
    FROM duty_observation o
    WHERE o.organization_id = ANY(%(facilities)s)
        AND o.occurred_at >= %(since)s AND o.occurred_at < %(until)s
        AND NOT EXISTS (
            SELECT FROM duty_task t WHERE t.source_entry_id = o.entry_id
            AND t.organization_id = ANY(%(facilities)s) AND t.opened_at >= %(since)s
            AND t.audience = ANY(%(unseen)s)
        )
)"""

#: Of each case the shift into which it falls, and of each that wasn't kept why it is laid on nobody, where
#: it is: the post was short; nobody stood on it; or several did, or not one all that time. What an officer
#: accepted stays theirs, unless the post was short.
_CHARGED = """
placed AS (
    SELECT c.*, (%(shifts)s::text[])[n] AS shift, (%(begins)s::timestamptz[])[n] AS began
    FROM (SELECT *, width_bucket(at, %(begins)s::timestamptz[]) AS n FROM cases) c
), judged AS (
    SELECT placed.*, '' AS ref, '' AS cause FROM placed WHERE kept
    UNION ALL
    SELECT p.*, there.ref,
        CASE WHEN p.may_be_short AND EXISTS (
                SELECT FROM duty_shortfall f WHERE f.organization_id = p.facility AND f.post = p.post
                AND f.shift_began = p.began
            ) THEN 'short'
            WHEN NOT p.stood THEN ''
            WHEN there.people = 0 THEN 'nobody'
            WHEN there.people > 1 OR NOT there.throughout THEN 'several'
            ELSE '' END
    FROM placed p CROSS JOIN LATERAL (
        SELECT count(DISTINCT o.staff_ref) AS people, min(o.staff_ref) AS ref,
            bool_or(o.since <= p.since AND COALESCE(o.until, o.ends_at) >= p.at) AS throughout
        FROM duty_signon o
        WHERE o.organization_id = p.facility AND o.post = p.post
            AND o.since <= p.at AND o.since > p.since - %(longest_on)s
            AND COALESCE(o.until, o.ends_at) > p.since
    ) there
    WHERE NOT p.kept
), charged AS (
    SELECT measure, id, facility, post, shift, at, kept, many, cause, seconds,
        CASE WHEN kept THEN officer WHEN cause <> '' THEN '' WHEN stood THEN ref ELSE officer END AS officer
    FROM judged
)"""

_LEAVES = """
SELECT measure, facility, post, shift, officer, cause, sum(many)::int,
    COALESCE(sum(many) FILTER (WHERE kept), 0)::int,
    array_agg(seconds) FILTER (WHERE seconds IS NOT NULL)
FROM charged GROUP BY 1, 2, 3, 4, 5, 6
"""

_BEHIND = """
SELECT id, at, kept, cause, count(*) OVER () FROM charged
WHERE measure = %(measure)s
    AND (%(by)s <> 'post' OR post = %(key)s) AND (%(by)s <> 'shift' OR shift = %(key)s)
    AND (%(by)s NOT IN ('officer', 'kind') OR officer = ANY(%(officers)s))
ORDER BY kept, at DESC, id LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is asked about: facilities, from when to when, as it stands at `at`, and how the day is cut."""

    facilities: Sequence[int]
    month: Month
    at: datetime
    shifts: Sequence[Shift]

    def values(self) -> dict[str, Any]:
        """The same for a statement."""
        begins = plan.begins(self.month.begins, self.month.ends, self.shifts)
        return {
            "facilities": list(self.facilities),
            "since": self.month.begins,
            "until": self.month.ends,
            "at": self.at,
            "unseen": [int(audience) for audience in _UNSEEN],
            "patrol": Post.PATROL.value,
            "longest_on": _LONGEST_ON,
            "begins": [at for at, _shift in begins],
            "shifts": [key_of(shift) for _at, shift in begins],
        }


def key_of(shift: Shift) -> str:
    """By what a shift is known in figures: when it begins."""
    return f"{shift.begins:%H:%M}"


def leaves(asked: Stretch) -> list[Leaf]:
    """All cases of a stretch, in leaves. Four queries, and two words to the planner."""
    values = asked.values()
    with by_hashing():
        found = _leaves(_OF_TASKS, values) + _leaves(_OF_REPORTS, values)
        return found + _leaves(f"{_OF_MISSES}, {_AND_LOOKS}", values | _missed(asked))


def _missed(asked: Stretch) -> dict[str, Any]:
    """When a round of which cell was missed."""
    entries = record.entries_of(
        [RoundMissed.name], since=asked.month.begins, until=asked.month.ends
    ).filter(organization_id__in=list(asked.facilities))
    rows = list(entries.values_list("organization_id", "cell_id", "occurred_at"))
    where, cells, at = zip(*rows, strict=True) if rows else ((), (), ())
    return {"where": list(where), "cells": list(cells), "missed": list(at)}


def _leaves(cases: str, values: Mapping[str, Any]) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {cases}, {_CHARGED} {_LEAVES}", values)
        return [
            Leaf(
                cast(MeasureId, measure),
                facility,
                post,
                shift,
                officer,
                cause,
                cases,
                kept,
                tuple(took or ()),
            )
            for measure, facility, post, shift, officer, cause, cases, kept, took in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One case behind a figure: the task, or of rounds the cell."""

    id: UUID
    at: datetime
    kept: bool
    cause: str


def behind(
    asked: Stretch,
    measure: MeasureId,
    by: By,
    key: str,
    officers: Iterable[str],
    *,
    limit: int,
    offset: int,
) -> tuple[list[Case], int]:
    """The cases behind one figure, those first that weren't kept, then the latest; and how many in all.

    `officers` are those of a kind of staff, where `by` is that. Two queries at most.
    """
    values = asked.values() | {"measure": measure, "by": by, "key": key, "limit": limit}
    values |= {"offset": offset, "officers": [key] if by == "officer" else list(officers)}
    cases = _OF_TASKS
    if measure == "rounds":
        # Of looks made in time there are too many to be of use one by one.
        cases, values = f"{_OF_MISSES}, {_MISSES_ALONE}", values | _missed(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {cases}, {_CHARGED} {_BEHIND}", values)
        rows = cursor.fetchall()
    return [Case(*row[:4]) for row in rows], rows[0][4] if rows else 0
