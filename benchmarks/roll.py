"""The roll of a facility at any past instant, with a million stays.

Stays lie over fifteen years in 150 facilities; the largest has a tenth of them all. Each has a place,
every second moved once, and one in twenty was out once. Times are of the query through the application's
role under row-level security, as a page asks it, at instants spread over all the years. The rows are
made without the constraint that nobody is in two places: no roll asks its index, whose upkeep is long.
"""

import random
import time
from datetime import UTC, datetime, timedelta

from benchmarks._place import database
from custos.config.benching import Figure

STAYS, FACILITIES, YEARS = 1_000_000, 150, 15
FIRST = 101_001_001
SEED = 20260101

#: One stay after the other, in SQL: a year of them takes Python longer than the database all.
_FILL = """
ALTER TABLE custody_cellstay DROP CONSTRAINT custody_one_place_at_a_time;
ALTER TABLE custody_absence DROP CONSTRAINT custody_out_once_at_a_time;
CREATE TEMPORARY TABLE plan AS
SELECT gen_random_uuid() AS stay, gen_random_uuid() AS person, n,
       %(first)s + CASE WHEN n %% 10 = 0 THEN 0 ELSE n %% %(facilities)s END AS organization,
       timestamptz '2011-01-01' + n * (interval '1 year' * %(years)s / %(stays)s) AS begins,
       interval '1 day' * (5 + n %% 120) AS lasts
  FROM generate_series(1, %(stays)s) AS n;
INSERT INTO custody_detainee (id, organization_id, name, sex)
SELECT person, organization, 'X', '1' FROM plan;
INSERT INTO custody_custody (id, detainee_id, organization_id, number, basis, basis_number, admitted_at,
                             ended_at)
SELECT stay, person, organization, n::text, '拘留证', '1', begins, begins + lasts FROM plan;
INSERT INTO custody_cellstay (id, custody_id, organization_id, cell_id, during)
SELECT gen_random_uuid(), stay, organization, cells.ids[1 + n %% 40],
       tstzrange(begins, begins + CASE WHEN n %% 2 = 0 THEN lasts / 2 ELSE lasts END)
  FROM plan JOIN (SELECT organization_id, array_agg(id) AS ids FROM organizations_cell GROUP BY 1) cells
    ON cells.organization_id = plan.organization;
INSERT INTO custody_cellstay (id, custody_id, organization_id, cell_id, during)
SELECT gen_random_uuid(), stay, organization, cells.ids[1 + (n + 1) %% 40],
       tstzrange(begins + lasts / 2, begins + lasts)
  FROM plan JOIN (SELECT organization_id, array_agg(id) AS ids FROM organizations_cell GROUP BY 1) cells
    ON cells.organization_id = plan.organization WHERE n %% 2 = 0;
INSERT INTO custody_absence (id, custody_id, organization_id, kind, destination, document, trip,
                             planned_from, planned_until, left_at, back_at)
SELECT gen_random_uuid(), stay, organization, 'court', 'x', 'x', '', begins, begins + interval '9 hours',
       begins + interval '1 day', begins + interval '1 day 6 hours' FROM plan WHERE n %% 20 = 0;
DROP TABLE plan;
"""


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full number of stays."""
    with database():
        stays = max(10_000, round(STAYS * scale))
        _fill(stays)
        own = _times(FIRST, 60)
        small = _times(FIRST + 77, 60)
        return [
            Figure("stays", stays, ""),
            Figure("roll at a past instant, largest facility, median", own[len(own) // 2], "ms"),
            Figure("roll at a past instant, largest facility, worst", own[-1], "ms", 50, True),
            Figure("roll at a past instant, another facility, worst", small[-1], "ms", 50, True),
        ]


def _fill(stays: int) -> None:
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Area, Cell, Organization

    with scope.entered(scope.Scope.of_system("bench")):
        for at in range(FACILITIES):
            facility = Organization.objects.create(id=FIRST + at, name=f"Centre {at}", kind="KSS")
            area = Area.objects.create(organization=facility, name="1")
            Cell.objects.bulk_create(
                Cell(organization=facility, area=area, name=f"{n:03}", capacity=200)
                for n in range(40)
            )
    # The owner loads: rows by the million are not what the application's role is for.
    import os

    import psycopg

    values = {"first": FIRST, "facilities": FACILITIES, "years": YEARS, "stays": stays}
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as connection:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement, values)  # type: ignore[arg-type]
        for table in ("custody", "cellstay", "absence"):
            connection.execute(f"VACUUM ANALYZE custody_{table}")  # type: ignore[arg-type]


def _times(facility: int, count: int) -> list[float]:
    """Milliseconds of so many instants, the shortest first; of each the best of five, for a machine that
    does other work besides.
    """
    from custos.foundation.custody import roll
    from custos.foundation.database import scope

    chance = random.Random(SEED)
    begin, span = datetime(2011, 2, 1, tzinfo=UTC), timedelta(days=365 * YEARS - 60)
    took = []
    with scope.entered(scope.Scope(facility, facility, frozenset({1}), "bench")):
        roll.at(facility, begin)
        for _ in range(count):
            moment = begin + span * chance.random()
            tries = []
            for _try in range(5):
                began = time.perf_counter()
                found = roll.at(facility, moment)
                tries.append((time.perf_counter() - began) * 1000)
            took.append(min(tries))
            if not found.adds_up or not found.held:
                raise RuntimeError(f"the roll of {moment} doesn't add up: {found}")
    return sorted(took)
