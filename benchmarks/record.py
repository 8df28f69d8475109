"""The custody record: single appends with what follows from them, bulk appends, verifying.

An append here is an emergency button of a cell: the entry, and by reaction a task and its entry, in
one transaction that is safe on disk before it counts. Sixteen writers share one facility, and so one
chain; each appends ten times a second, 160 a second in all, which is far above what a facility of
1,500 people produces. The same writers without a pause are shown beside it, with no target.
"""

import gc
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from benchmarks._place import database
from custos.config.benching import Figure

FACILITY = 101_001_001
WRITERS, EACH_A_SECOND = 16, 10
#: Enough that each press is the first in its cell, and so opens a task of its own.
CELLS = 8_000


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full size."""
    with database():
        cells = _cells()
        gc.collect()
        gc.freeze()  # what the bench has prepared is not what a server collects
        figures = _single(cells, round(2_000 * scale))
        figures += _sixteen(cells, seconds=max(2.0, 20.0 * scale))
        figures += _bulk(round(1_000_000 * scale))
        return figures


def _cells() -> list[Any]:
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Cell, Organization

    with scope.entered(scope.Scope.of_system("bench")):
        facility = Organization.objects.create(id=FACILITY, name="bench", kind="KSS")
        return Cell.objects.bulk_create(
            Cell(organization=facility, name=f"{serial:04}", capacity=12) for serial in range(CELLS)
        )


def _press(cell: Any) -> None:
    from custos.foundation import clock
    from custos.foundation.database import scope
    from custos.foundation.record import services as record
    from custos.foundation.record.parties import Actor
    from custos.prevention.devices.kinds import EmergencyButtonPressed
    from custos.prevention.devices.timing import Timing

    with scope.entered(scope.Scope.of_system("bench")), record.deed() as deed:
        deed.append(
            EmergencyButtonPressed(
                device=cell.pk,
                device_name=cell.name,
                device_time=deed.at,
                received_at=clock.now(),
                timing=Timing.ON_TIME,
            ),
            about=cell,
            by=Actor.device(cell.pk),
        )


def _press_timed(cell: Any) -> float:
    """Milliseconds from opening the transaction to its commit."""
    began = time.perf_counter()
    _press(cell)
    return (time.perf_counter() - began) * 1000


def _at(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _single(cells: list[Any], count: int) -> list[Figure]:
    from django.db import connection

    for _ in range(50):
        _press(cells.pop())
    times = [_press_timed(cells.pop()) for _ in range(count)]
    connection.close()  # gives its place in the pool to one of the sixteen
    disk = _syncs(count)
    return [
        Figure("the disk alone, one page made safe, median", _at(disk, 0.5), "ms"),
        Figure("the disk alone, one page made safe, p99", _at(disk, 0.99), "ms"),
        Figure("append with reactions, 1 writer, median", _at(times, 0.5), "ms"),
        Figure("append with reactions, 1 writer, p99", _at(times, 0.99), "ms", 5, True),
    ]


def _syncs(count: int) -> list[float]:
    """Milliseconds that the disk takes to make one page safe, as each commit has to wait for.

    A tail of the appends that is the disk's own is told by it from one that is ours.
    """
    page, times = b"0" * 8_192, []
    with tempfile.TemporaryFile() as file:
        file.write(page * count)
        os.fsync(file.fileno())
        for number in range(count):
            os.pwrite(file.fileno(), page, number * len(page))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.002)
    return times


def _writers(cells: list[Any], seconds: float, pause: float) -> tuple[list[float], float]:
    """Times of all appends, and how many there were a second."""
    times: list[list[float]] = [[] for _ in range(WRITERS)]
    start = time.perf_counter() + 1.0
    end = start + seconds

    def write(writer: int) -> None:
        from django.db import connection

        _press(cells.pop())
        due = start + pause * writer / WRITERS
        while due < end:
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            times[writer].append(_press_timed(cells.pop()))
            due = due + pause if pause else time.perf_counter()
        connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [one for own in times for one in own]
    return taken, len(taken) / seconds


def _sixteen(cells: list[Any], seconds: float) -> list[Figure]:
    paced, rate = _writers(cells, seconds, 1 / EACH_A_SECOND)
    unpaced, most = _writers(cells, seconds / 2, 0)
    return [
        Figure("append, 16 writers on one facility, rate", rate, "a second"),
        Figure("append, 16 writers on one facility, p99", _at(paced, 0.99), "ms", 15, True),
        Figure("append, 16 writers without pause, rate", most, "a second"),
        Figure("append, 16 writers without pause, p99", _at(unpaced, 0.99), "ms"),
    ]


def _drafts(count: int) -> Iterator[Any]:
    from custos.foundation import clock
    from custos.foundation.database.ids import new_id
    from custos.foundation.record import services as record
    from custos.foundation.record.kinds import Corrected
    from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject

    people: list[UUID] = [new_id() for _ in range(1_500)]
    officer = Actor(ActorKind.STAFF, str(new_id()), Post.PATROL, StaffKind.OFFICER)
    at = clock.now()
    for number in range(count):
        person = people[number % len(people)]
        yield record.draft(
            Corrected(
                entry=person, wrong="巡视正常", right="巡视正常，一人未睡", reason="当班核对"
            ),
            about=Subject(FACILITY + 1, detainee_id=person),
            by=officer,
            at=at,
        )


def _bulk(count: int) -> list[Figure]:
    from django.db import connection

    from custos.foundation.database import scope
    from custos.foundation.record import rows, verify
    from custos.foundation.record import services as record

    with scope.entered(scope.Scope.of_system("bench")):
        began = time.perf_counter()
        record.append_many(_drafts(count))
        appended = count / (time.perf_counter() - began)
    began = time.perf_counter()
    with scope.entered(scope.Scope.of_system("bench")), connection.cursor() as cursor:
        verdict = verify.check_chain(
            FACILITY + 1, rows.stream(cursor, FACILITY + 1), verify.Expected()
        )
    verified = verdict.entries / (time.perf_counter() - began)
    if not verdict.sound or verdict.entries != count:
        raise RuntimeError(f"what was appended doesn't verify: {verdict}")
    return [
        Figure("append in bulk", appended, "entries/s", 30_000),
        Figure("verify, payloads included", verified, "entries/s", 150_000),
    ]
