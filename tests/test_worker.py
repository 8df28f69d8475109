"""What the worker does by itself: each sweep and each periodic job is run as the worker runs it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.db import connection
from django.utils.module_loading import autodiscover_modules
from procrastinate.contrib.django import app

from custos.config import sweeps, worker
from custos.foundation import clock
from custos.foundation.database import pulse, scope
from custos.foundation.record.models import Checkpoint, Entry
from custos.prevention.devices import intake
from custos.prevention.devices.models import Device
from custos.prevention.devices.tests.worlds import SYSTEM, a_button, a_cell, a_press
from custos.prevention.duty import opening
from custos.prevention.duty.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.KEYS, settings.WITNESS = tmp_path / "keys", tmp_path / "witness" / "heads.jsonl"


@pytest.fixture
def button() -> Device:
    with scope.entered(SYSTEM):
        return a_button(a_cell())


def pressed(button: Device) -> None:
    with scope.entered(SYSTEM):
        intake.take([a_press(button)])


def kinds() -> list[str]:
    with scope.entered(SYSTEM):
        return list(Entry.objects.order_by("seq").values_list("kind", flat=True))


# ---------------------------------------------------------------------- sweeps


def test_the_worker_lets_an_overdue_task_climb(button: Device) -> None:
    pressed(button)
    assert sweeps.once() == []
    assert "task.escalated" not in kinds()
    with clock.set_to(clock.now() + timedelta(minutes=6)):
        assert sweeps.once() == []
    assert "task.escalated" in kinds()


def test_the_worker_tries_again_what_should_have_followed_an_entry(
    button: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(opening, "join_or_add", fail)
    pressed(button)
    monkeypatch.undo()
    with scope.entered(SYSTEM):
        assert not Task.objects.filter(cell_id=button.cell_id).exists()
    with clock.set_to(clock.now() + timedelta(minutes=2)):
        assert sweeps.once() == []
    with scope.entered(SYSTEM):
        assert Task.objects.filter(cell_id=button.cell_id).exists()


def test_the_worker_runs_the_sweeps_and_hears_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneRound:
        """A stop that comes after the first round."""

        rounds = 0

        def is_set(self) -> bool:
            self.rounds += 1
            return self.rounds > 1

        def wait(self, seconds: float) -> None:
            assert seconds <= sweeps.EVERY

    monkeypatch.setattr(sweeps, "close_old_connections", lambda: None)
    assert pulse.last_beat(pulse.SWEEPS) is None
    worker.PARTS["sweeps"](OneRound())  # type: ignore[arg-type]
    assert pulse.last_beat(pulse.SWEEPS) is not None

    heard = []
    monkeypatch.setattr(worker, "listen", lambda stop, beat: heard.append((stop, beat())))
    worker.PARTS["devices"](OneRound())  # type: ignore[arg-type]
    assert heard
    assert pulse.last_beat("devices") is not None


@pytest.mark.parametrize(
    ("broken", "beats"),
    [("record.sightings", True), ("duty.rounds", True), ("duty.deadlines", False)],
)
def test_a_sweep_that_fails_is_told_and_stops_the_beat_only_where_nothing_climbs(
    button: Device, broken: str, beats: bool
) -> None:
    done: list[str] = []

    def fail() -> int:
        raise ZeroDivisionError

    def does(name: str) -> Callable[[], int]:
        return lambda: bool(done.append(name))

    sweeps.tell(sweeps.once({name: does(name) for name in sweeps.SWEEPS} | {broken: fail}))
    assert set(done) == set(sweeps.SWEEPS) - {broken}
    assert list(pulse.failing()) == [broken]
    assert (pulse.last_beat(pulse.SWEEPS) is not None) == beats
    sweeps.tell([])
    assert pulse.failing() == {}
    assert pulse.last_beat(pulse.SWEEPS) is not None


# ---------------------------------------------------------------------- jobs


def job(name: str) -> Callable[[], None]:
    """A periodic job as the worker finds it, with the time it is run for."""
    autodiscover_modules("jobs")
    (found,) = [
        periodic.task.func
        for (task, _), periodic in app.periodic_registry.periodic_tasks.items()
        if task == name
    ]
    return lambda: found(timestamp=0)


def test_the_worker_knows_these_jobs_at_these_times() -> None:
    autodiscover_modules("jobs")
    known = {
        task: periodic.cron
        for (task, _), periodic in app.periodic_registry.periodic_tasks.items()
        if task.startswith(("record.", "devices."))
    }
    assert known == {
        "record.sign_heads": "* * * * *",
        "record.make_checkpoints": "5 16 * * *",  # 00:05 in Beijing
        "record.make_partitions": "17 3 * * *",
        "devices.make_partitions": "23 3 * * *",
        "devices.forget": "41 3 * * *",
    }


def test_every_minute_the_heads_are_signed_into_the_witness_file(button: Device) -> None:
    pressed(button)
    job("record.sign_heads")()
    (line,) = settings.WITNESS.read_text().splitlines()
    ((organization, seq, _hash),) = json.loads(line)["heads"]
    assert (organization, seq) == (button.organization_id, len(kinds()))


def test_after_midnight_the_day_that_ended_gets_its_checkpoint(button: Device) -> None:
    pressed(button)
    with clock.set_to(datetime(2027, 3, 5, 16, 5, tzinfo=UTC)):
        job("record.make_checkpoints")()
    with scope.entered(SYSTEM):
        (made,) = Checkpoint.objects.filter(organization_id=button.organization_id)
    assert (made.day, made.first_seq, made.last_seq) == (date(2027, 3, 5), 1, len(kinds()))


@pytest.mark.parametrize(
    ("name", "table", "months"),
    [
        # The running month of telemetry is left to whoever made it.
        ("devices.make_partitions", "devices_telemetry", [2, 3, 4, 5, 6, 7]),
        ("record.make_partitions", "record_entry", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_half_a_year_of_partitions_stands_ready(name: str, table: str, months: list[int]) -> None:
    with clock.set_to(datetime(2034, 1, 15, 3, 20, tzinfo=UTC)):
        job(name)()
        job(name)()  # again, every night
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass AND c.relname LIKE %s ORDER BY 1",
            (table, f"{table}_2034%"),
        )
        found = [row[0] for row in cursor.fetchall()]
    assert found == [f"{table}_2034_{month:02}" for month in months]


# ---------------------------------------------------------------------- what is on disk


def test_a_line_of_the_witness_is_on_disk_before_the_job_ends(
    button: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    real = os.fsync

    def sync(handle: int) -> None:
        real(handle)
        synced.append((os.readlink(f"/proc/self/fd/{handle}"), os.fstat(handle).st_size))

    pressed(button)
    monkeypatch.setattr(os, "fsync", sync)
    job("record.sign_heads")()
    assert (str(settings.WITNESS), settings.WITNESS.stat().st_size) in synced
