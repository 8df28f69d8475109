"""The demo under attack: its processes are killed, and what was acknowledged is still there.

These run the real `custos demo` on a data folder of their own, with tables but without a world.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import psutil
import psycopg
import pytest

from custos.config import postgres

ROOT = Path(__file__).resolve().parents[1]
#: Which process is which, by a word of its command line.
PARTS = {"database": "postgres", "web": "serve", "worker": "worker", "broker": "broker"}


def until(true: Callable[[], object], patience: float, what: str) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def free_ports() -> list[int]:
    """Two ports below those that the system lends to outgoing connections while a demo is down."""
    found: list[int] = []
    while len(found) < 2:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


class Demo:
    """One demo on one data folder, started and killed at will."""

    def __init__(self, data: Path) -> None:
        self.data, self.out = data, data.parent / "demo.out"
        self.port, self.mqtt_port = free_ports()
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        ours = ("CUSTOS_", "DJANGO_", "DATABASE_URL", "PYTEST_", "COV_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        for name in ("CUSTOS_PG_BIN",):
            if name in os.environ:
                kept[name] = os.environ[name]
        return kept | {"CUSTOS_DATA": str(self.data), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

    def program(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "custos.config.program", *arguments]

    def arguments(self) -> list[str]:
        ports = ("--port", str(self.port), "--mqtt-port", str(self.mqtt_port))
        return self.program("demo", "--data", str(self.data), *ports, "--empty")

    def begin_as(self, made: "Demo") -> None:
        """Begin where another was stopped, with its tables and keys: they take most of a first start."""
        subprocess.run(["cp", "-a", made.data, self.data], check=True)
        (self.data / "keys" / "database-home").unlink(missing_ok=True)
        home, source = postgres.prepared_place(self.data).home, postgres.place_for(made.data).home
        if source.parent != made.data:
            subprocess.run(["cp", "-a", source / "cluster", home], check=True)

    def start(self) -> None:
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                self.arguments(), env=self.environment(), stdout=out, stderr=out
            )
        until(self.ready, 90, f"the demo doesn't start: {self.said()}")

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        return "Custos is at" in self.said()

    def said(self) -> str:
        return self.out.read_text() if self.out.exists() else ""

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, name: str) -> psutil.Process | None:
        """The process of a part; None while it is being started again."""
        for process in self.family():
            with contextlib.suppress(psutil.Error):
                line = process.cmdline()
                if (
                    process.ppid() == self.process.pid
                    and any(  # type: ignore[union-attr]
                        word == PARTS[name] or word.endswith(f"/{PARTS[name]}") for word in line[:4]
                    )
                ):
                    return process
        return None

    def kill(self, name: str) -> None:
        """Kill a part with no chance to say a word, and wait until it is back."""
        victim = self.part(name)
        assert victim is not None, f"{name} isn't running"
        victim.kill()
        until(
            lambda: (now := self.part(name)) is not None and now.pid != victim.pid,
            30,
            f"{name} isn't started again: {self.said()}",
        )

    def end(self, wanted: signal.Signals) -> list[psutil.Process]:
        """End the whole; returns who was there before."""
        assert self.process is not None
        family = self.family()
        self.process.send_signal(wanted)
        self.process.wait(60)
        return family

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.program(*arguments), env=self.environment(), capture_output=True, text=True
        )

    def entries(self) -> set[str]:
        place = postgres.place_for(self.data)
        with psycopg.connect(place.url(postgres.SUPERUSER, postgres.DATABASE)) as sql:
            return {str(row[0]) for row in sql.execute("SELECT id FROM record_entry").fetchall()}

    def forget(self) -> None:
        """End it, if it runs, and take its database away."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGTERM)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(postgres.place_for(self.data).home)


@pytest.fixture
def new_demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo that was never started."""
    made = Demo(tmp_path / "data")
    yield made
    made.forget()


@pytest.fixture
def demo(new_demo: Demo, stopped: Demo) -> Demo:
    """A demo that has its tables."""
    new_demo.begin_as(stopped)
    return new_demo


@contextlib.contextmanager
def writing(demo: Demo, acknowledged: Path, program: str = "fault_writer") -> Iterator[None]:
    """A writer at work beside the demo."""
    with acknowledged.open("ab") as out:
        writer = subprocess.Popen(
            [sys.executable, "-m", f"tests.{program}", str(demo.mqtt_port)],
            env=demo.environment() | {"DJANGO_SETTINGS_MODULE": "custos.config.settings"},
            cwd=ROOT,
            stdout=out,
        )
    try:
        until(lambda: acknowledged.stat().st_size, 60, "nothing is written")
        yield
        assert writer.poll() is None, "the writer gave up"
    finally:
        writer.kill()
        writer.wait()


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def outer_modes(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        place: (stat.S_IMODE(place.stat().st_mode), place.stat().st_uid) for place in folder.parents
    }


def kill_while_writing(demo: Demo, acknowledged: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    demo.start()
    with writing(demo, acknowledged):
        names = sorted(PARTS)
        for number in range(rounds):
            # Each at least once, the database most often.
            name = names[number] if number < len(names) else chance.choice([*names, "database"])
            before = acknowledged.stat().st_size
            demo.kill(name)
            until(lambda size=before: acknowledged.stat().st_size > size, 60, "writing stopped")
            time.sleep(chance.random() / 4)
    # The last to be killed is the parent, and with it everything.
    family = demo.end(signal.SIGKILL)
    until(lambda: gone(family), 30, "something outlives its parent")
    demo.start()
    said = {line for line in acknowledged.read_text().split("\n")[:-1] if line}
    assert said
    lost = said - demo.entries()
    assert not lost, f"{len(lost)} of {len(said)} acknowledged entries are gone"
    verified = demo.run("record", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "whole  organization 101001001" in verified.stdout


def test_nothing_acknowledged_is_lost_when_processes_are_killed(demo: Demo, tmp_path: Path) -> None:
    kill_while_writing(demo, tmp_path / "acknowledged", rounds=6, seed=1)


def pressed(demo: Demo) -> set[str]:
    """The times of all presses of buttons that are in the record's telemetry."""
    place = postgres.place_for(demo.data)
    with psycopg.connect(place.url(postgres.SUPERUSER, postgres.DATABASE)) as sql:
        rows = sql.execute("SELECT DISTINCT device_time FROM devices_telemetry").fetchall()
    return {row[0].astimezone(UTC).isoformat() for row in rows}


def kill_while_pressing(demo: Demo, acknowledged: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    demo.start()
    with writing(demo, acknowledged, "fault_device"):
        for number in range(rounds):
            name = (
                ("broker", "worker")[number] if number < 2 else chance.choice(["broker", "worker"])
            )
            before = acknowledged.stat().st_size
            demo.kill(name)
            until(lambda size=before: acknowledged.stat().st_size > size, 60, "pressing stopped")
            time.sleep(chance.random() / 2)
        demo.end(signal.SIGKILL)
    # At once: a guard does not wait until what was killed has gone.
    demo.start()
    said = set(acknowledged.read_text().split("\n")[:-1])
    assert said
    until(lambda: said <= pressed(demo), 60, "a press that was acknowledged is lost")
    assert demo.run("record", "verify").returncode == 0


def test_no_press_that_was_acknowledged_is_lost_when_the_broker_is_killed(
    demo: Demo, tmp_path: Path
) -> None:
    kill_while_pressing(demo, tmp_path / "acknowledged", rounds=4, seed=5)


@pytest.mark.proof
def test_no_press_is_lost_in_a_long_run_of_killings(demo: Demo, tmp_path: Path) -> None:
    kill_while_pressing(demo, tmp_path / "acknowledged", rounds=100, seed=6)


@pytest.mark.proof
def test_nothing_acknowledged_is_lost_in_a_long_run_of_killings(demo: Demo, tmp_path: Path) -> None:
    kill_while_writing(demo, tmp_path / "acknowledged", rounds=300, seed=2)


def test_pages_say_soon_that_the_database_is_frozen_and_come_back_when_it_is_not(
    demo: Demo,
) -> None:
    demo.start()

    def page() -> tuple[int, float, str]:
        # A session that isn't known: the database has to be asked.
        asked = urllib.request.Request(
            f"http://localhost:{demo.port}/account/logout/",
            headers={"Cookie": f"sessionid={'x' * 32}"},
        )
        began = time.monotonic()
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, time.monotonic() - began, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, time.monotonic() - began, error.read().decode()

    assert page()[0] == 200
    server = demo.part("database")
    assert server is not None
    frozen = [server, *server.children(recursive=True)]
    for process in frozen:
        process.suspend()
    try:
        for _ in range(3):
            status, seconds, said = page()
            assert (status, "系统暂时无法读写数据" in said) == (503, True)
            assert seconds < 9
    finally:
        for process in frozen:
            process.resume()
    until(lambda: page()[0] == 200, 30, "the site doesn't come back")


def test_ctrl_c_leaves_no_process_and_no_half_made_state(new_demo: Demo) -> None:
    demo = new_demo
    modes = outer_modes(demo.data)
    # Interrupted while the database is being made: the next start makes it anew.
    with demo.out.open("wb") as out:
        demo.process = subprocess.Popen(
            demo.arguments(), env=demo.environment(), stdout=out, stderr=out
        )
    until(lambda: "making the tables" in demo.said(), 60, "it doesn't begin")
    family = demo.end(signal.SIGINT)
    until(lambda: gone(family), 20, "a process is left by Ctrl-C during the first start")
    assert "Stopped" in demo.said()
    for _ in range(2):  # and running twice works
        demo.start()
        family = demo.end(signal.SIGINT)
        until(lambda there=family: gone(there), 20, "a process is left by Ctrl-C")
        assert "Traceback" not in demo.said()
    assert outer_modes(demo.data) == modes


def interrupt_at_any_moment(demo: Demo, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(rounds):
        with demo.out.open("wb") as out:
            demo.process = subprocess.Popen(
                demo.arguments(), env=demo.environment(), stdout=out, stderr=out
            )
        # Not before the program listens: until then Ctrl-C is Python's own.
        until(lambda: (demo.data / "demo").exists() or demo.said(), 30, "it doesn't begin")
        time.sleep(chance.uniform(0, 6))
        family = demo.end(signal.SIGINT)
        until(lambda there=family: gone(there), 20, "a process is left by Ctrl-C")
        assert demo.said().rstrip().endswith("Stopped."), demo.said()


def test_ctrl_c_is_heeded_at_any_moment_of_the_start(new_demo: Demo) -> None:
    interrupt_at_any_moment(new_demo, rounds=4, seed=3)


@pytest.mark.proof
def test_ctrl_c_is_heeded_at_each_of_many_moments_of_the_start(new_demo: Demo) -> None:
    interrupt_at_any_moment(new_demo, rounds=150, seed=4)


def test_a_second_demo_is_told_why_it_cannot_start(demo: Demo, tmp_path: Path) -> None:
    demo.start()
    on_same_folder = Demo(demo.data)
    refused = subprocess.run(
        on_same_folder.arguments(), env=demo.environment(), capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert "another demo runs on" in refused.stderr
    elsewhere = Demo(tmp_path / "elsewhere")
    elsewhere.port = demo.port
    refused = subprocess.run(
        elsewhere.arguments(), env=elsewhere.environment(), capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert f"port {demo.port} is taken" in refused.stderr
