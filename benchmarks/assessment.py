"""Assessment of duty: one facility's month, over 300,000 entries of it.

The month has 30,000 tasks, 150,000 looks into cells, 3,000 missed rounds, 15,000 reports and the sign-ons
of 300 staff. A month is measured alone, and as its page asks for it, with that before.
"""

import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks._place import database
from custos.config.benching import Figure

FACILITY = 101_001_001
ENTRIES, TASKS, LOOKS, MISSED, REPORTS, STAFF, CELLS = (
    300_000, 30_000, 150_000, 3_000, 15_000, 300, 120,
)  # fmt: skip
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
TARGET_MS = 1_000
TRIES = 7


def run(scale: float = 1.0) -> list[Figure]:
    """Measure the median of some tries; `scale` is the share of the full number of everything."""
    with database():
        _fill(scale)
        from custos.foundation import clock
        from custos.foundation.database import scope
        from custos.foundation.organizations.models import Organization
        from custos.prevention.duty.assessment import figures, plan, queries
        from custos.prevention.duty.shifts import plan as shifts

        at = BEGAN + timedelta(days=40)
        month = plan.Month.of(BEGAN.date())
        asked = figures.Stretch([FACILITY], month, at, shifts.shipped().shifts)
        seen = scope.Scope(FACILITY, FACILITY, frozenset({1, 4}), "bench")
        with scope.entered(seen), clock.set_to(at):
            facility = Organization.objects.get(pk=FACILITY)
            found = plan.sheet_of(figures.leaves(asked), {})
            whole = found["facility", str(FACILITY)]
            if whole["first_action"].cases != round(TASKS * scale):
                raise RuntimeError(f"what was recorded isn't counted: {whole}")
            month_ms = _median(lambda: plan.sheet_of(figures.leaves(asked), {}))
            page_ms = _median(lambda: queries.month_of(facility, month, at))
        return [
            Figure("a facility-month, 300,000 entries", month_ms, "ms", TARGET_MS, True),
            Figure("the same with the month before and names", page_ms, "ms", None, True),
        ]


def _median(what: Any) -> float:
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        what()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _fill(scale: float) -> None:
    from django.db import connection

    from custos.foundation.database import scope
    from custos.foundation.database.ids import new_id
    from custos.foundation.organizations.models import Cell, Organization
    from custos.foundation.record import services as record

    staff = [new_id() for _ in range(STAFF)]
    with scope.entered(scope.Scope.of_system("bench")):
        facility = Organization.objects.create(id=FACILITY, name="bench", kind="KSS")
        cells = Cell.objects.bulk_create(
            Cell(organization=facility, name=f"{serial:03}", capacity=12) for serial in range(CELLS)
        )
        places = [cell.pk for cell in cells]
        record.append_many(_entries(scale, places, staff))
        _tasks(round(TASKS * scale), staff)
        values = {
            "facility": FACILITY, "began": BEGAN, "cells": places, "staff": [str(one) for one in staff],
            "looks": round(LOOKS * scale), "reports": round(REPORTS * scale), "days": 30,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_MORE, values)
    import psycopg

    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def _entries(scale: float, cells: list[UUID], staff: list[UUID]) -> Iterator[Any]:
    """The record of the month: looks, and among them missed rounds."""
    from custos.foundation.database.ids import new_id
    from custos.foundation.record import services as record
    from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject
    from custos.prevention.duty.kinds import RoundMade, RoundMissed

    total, every = round(ENTRIES * scale), ENTRIES // MISSED
    for number in range(total):
        at = BEGAN + timedelta(days=30) * (number / total)
        about = Subject(FACILITY, cell_id=cells[number % len(cells)])
        if number % every == 0:
            missed = RoundMissed(due_at=at, last_at=None, gap_minutes=30)
            yield record.draft(missed, about=about, by=Actor.system("bench"), at=at)
            continue
        who = str(staff[number % len(staff)])
        by = Actor(ActorKind.STAFF, who, Post.PATROL, StaffKind.OFFICER)
        made = RoundMade(how="tag", people=8, client=new_id())
        yield record.draft(made, about=about, by=by, at=at)


def _tasks(count: int, staff: list[UUID]) -> None:
    """Nine of ten accepted in time, one of ten late, one of a hundred not at all."""
    from custos.foundation.database.ids import new_id
    from custos.prevention.duty import catalogue
    from custos.prevention.duty.models import Task

    rules = catalogue.rules()

    def made(number: int) -> Task:
        rule = rules[number % len(rules)]
        opened = BEGAN + timedelta(days=30) * (number / count)
        within = rule.accept_within.length
        accepted = opened + within * (0.5 if number % 10 else 2)
        done = number % 100 > 0
        return Task(
            organization_id=FACILITY, source_entry_id=new_id(), source_kind=rule.when,
            occurred_at=opened, finder_kind="system", finder_ref="bench", rule_id=rule.id,
            rule=rule.model_dump(mode="json"), reasons=[], severity=rule.severity,
            post=rule.handler, asked=[rule.handler], state="answered" if done else "open",
            opened_at=opened, since=opened, wanted_by=accepted + timedelta(hours=1),
            due_at=None if done else opened + within, answer="x" if done else "",
            accepted_by=str(staff[number % STAFF]) if done else "",
            accepted_post=rule.handler if done else "", accepted_at=accepted if done else None,
            ended_by=str(staff[number % STAFF]) if done else "",
            ended_at=accepted + timedelta(minutes=20) if done else None,
        )  # fmt: skip

    Task.objects.bulk_create((made(number) for number in range(count)), batch_size=2_000)


#: Looks and reports, spread over the month; and everybody signed on to a post each day for twelve hours.
_MORE = """
INSERT INTO duty_look (id, organization_id, cell_id, client_id, by_ref, at, recorded_at, how, text,
    late_minutes, people, entry_id)
SELECT gen_random_uuid(), %(facility)s, (%(cells)s::uuid[])[1 + n %% cardinality(%(cells)s::uuid[])],
    gen_random_uuid(), (%(staff)s::text[])[1 + n %% cardinality(%(staff)s::text[])], t.at, t.at, 'tag', '',
    CASE WHEN n %% 50 = 0 THEN 5 ELSE 0 END, 8, gen_random_uuid()
FROM generate_series(1, %(looks)s) n,
    LATERAL (SELECT %(began)s::timestamptz + interval '30 days' * n / (%(looks)s + 1) AS at) t;
INSERT INTO duty_observation (id, organization_id, client_id, by_ref, by_post, digest, type_id, title,
    severity, entry_id, place, occurred_at, recorded_at)
SELECT gen_random_uuid(), %(facility)s, gen_random_uuid(),
    (%(staff)s::text[])[1 + n %% cardinality(%(staff)s::text[])], 'case_officer', '', 'I14', '{}', 3,
    gen_random_uuid(), '', t.at, t.at
FROM generate_series(1, %(reports)s) n,
    LATERAL (SELECT %(began)s::timestamptz + interval '30 days' * n / (%(reports)s + 1) AS at) t;
INSERT INTO duty_signon (id, organization_id, staff_ref, post, since, ends_at, until)
SELECT gen_random_uuid(), %(facility)s, s.ref,
    (ARRAY['patrol', 'case_officer', 'medical', 'admission', 'reception', 'logistics', 'finance',
        'interrogation', 'duty_leader', 'psychologist'])[1 + s.n %% 10], t.at,
    t.at + interval '12 hours', t.at + interval '12 hours'
FROM unnest(%(staff)s::text[]) WITH ORDINALITY s(ref, n), generate_series(0, %(days)s) d,
    LATERAL (
        SELECT %(began)s::timestamptz + interval '1 day' * d + interval '12 hours' * (s.n %% 2) AS at
    ) t
"""
