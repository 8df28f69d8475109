"""The stored clocks of a million stays: the minute sweep, and computing all of them anew.

Stays lie in 150 facilities; their papers are those of mixed cases as the tests make them, plausible and
senseless ones. Everything goes through the application's role under row-level security. All clocks are
computed by two processes, which read the papers, compute, and write each clock that changed; the first
time all do, the second time none does.
"""

import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from benchmarks._place import database
from custos.config.benching import Figure

STAYS, FACILITIES, COURSES, PROCESSES = 1_000_000, 150, 2_000, 2
FIRST = 101_001_001
#: Papers of made-up cases end before this.
NOW = datetime(2031, 1, 1, tzinfo=UTC)
PART = 5_000

_FILL = """
CREATE TEMPORARY TABLE plan AS
SELECT gen_random_uuid() AS stay, gen_random_uuid() AS person, n, n %% %(courses)s AS course,
       %(first)s + n %% %(facilities)s AS organization
  FROM generate_series(1, %(stays)s) AS n;
INSERT INTO custody_detainee (id, organization_id, name, sex)
SELECT person, organization, 'X', '1' FROM plan;
INSERT INTO custody_custody (id, detainee_id, organization_id, number, basis, basis_number, admitted_at)
SELECT stay, person, organization, n::text, '拘留证', '1', timestamptz '2026-01-01' FROM plan;
INSERT INTO timelimits_clock (custody_id, organization_id, held, standing, state, authority, differs,
                              paused, problems, watched_since, computed_at, paper_waits)
SELECT stay, organization, true, 'no_basis', '', '', false, false, 0, now(), now(), false FROM plan;
INSERT INTO timelimits_paper (id, organization_id, custody_id, type, happened_on, event, number,
                              number_missing, authority, late_reason, waits, recorded_at, recorded_by,
                              entry_id)
SELECT gen_random_uuid(), organization, stay, course.event ->> 'type', '2026-01-01', course.event, '',
       '', '', '', false,
       timestamptz '2026-01-02' + course.place * interval '1 minute', '', gen_random_uuid()
  FROM plan JOIN course USING (course);
DROP TABLE plan
"""


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full number of stays."""
    with database():
        stays = max(2_000, round(STAYS * scale))
        papers = _fill(stays)
        ids = _ids()
        part = min(PART, -(-len(ids) // PROCESSES))
        parts = [ids[at : at + part] for at in range(0, len(ids), part)]
        first, changed, spent = _all(parts)
        again, unchanged, _spent = _all(parts)
        idle, bite = _sweeps()
        share = stays / STAYS
        return [
            Figure("stays", stays, ""),
            Figure("papers", papers, ""),
            Figure("all computed and written", first, "s", max(120 * share, 10), True),
            Figure("clocks written", changed, ""),
            Figure("of a processor for each stay, outside the database", spent, "ms"),
            Figure("all computed again, nothing to write", again, "s"),
            Figure("clocks written again", unchanged, ""),
            Figure("sweep with nothing to do", idle, "ms", 50, True),
            Figure("sweep: 200 of all found and locked", bite, "ms", 50, True),
        ]


def _fill(stays: int) -> int:
    import psycopg

    from custos.foundation.database import scope
    from custos.foundation.limits.tests import cases
    from custos.foundation.organizations.models import Organization

    with scope.entered(scope.Scope.of_system("bench")):
        for at in range(FACILITIES):
            Organization.objects.create(id=FIRST + at, name=f"Centre {at}", kind="KSS")
    random = Random(2026)
    values = {"first": FIRST, "facilities": FACILITIES, "stays": stays, "courses": COURSES}
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE course (course int, place int, event jsonb)")
        with connection.cursor().copy("COPY course FROM STDIN") as copy:
            for course in range(COURSES):
                for place, event in enumerate(cases.made(random)["events"]):
                    if isinstance(event, dict) and isinstance(event.get("type"), str):
                        copy.write_row((course, place, json.dumps(event)))
        for statement in _FILL.split(";\n"):
            connection.execute(statement, values)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE timelimits_paper")
        connection.execute("VACUUM ANALYZE timelimits_clock")
        row = connection.execute("SELECT count(*) FROM timelimits_paper").fetchone()
        return int(row[0]) if row else 0


def _ids() -> list[UUID]:
    from custos.foundation.database import scope
    from custos.management.timelimits import queries

    with scope.entered(scope.Scope.of_system("bench")):
        return [stay for stays in queries.every_stay() for stay in stays]


def _part(stays: Sequence[UUID]) -> tuple[int, float]:
    from custos.foundation import clock
    from custos.management.timelimits import everybody

    began = time.process_time()
    with clock.set_to(NOW):
        return everybody.one_part(stays), time.process_time() - began


def _all(parts: Sequence[Sequence[UUID]]) -> tuple[float, int, float]:
    """Seconds from the first process started to the last clock written, how many were, and the milliseconds
    of a processor that each stay took.
    """
    from custos.foundation.database import processes

    began = time.perf_counter()
    done = processes.each(_part, parts, PROCESSES)
    wall, stays = time.perf_counter() - began, sum(map(len, parts))
    return wall, sum(one for one, _ in done), 1000 * sum(cpu for _, cpu in done) / stays


def _sweeps() -> tuple[float, float]:
    """Milliseconds, the best of five: a sweep that finds nothing, and finding 200 that are due."""
    from custos.foundation.database import scope
    from custos.management.timelimits import services

    idle, bite = [], []
    for _try in range(5):
        began = time.perf_counter()
        services.sweep(datetime(2001, 1, 1, tzinfo=UTC))
        idle.append((time.perf_counter() - began) * 1000)
        with scope.entered(scope.Scope.of_system("bench")):
            began = time.perf_counter()
            services.due_by(NOW.replace(year=2099))
            bite.append((time.perf_counter() - began) * 1000)
    return min(idle), min(bite)
