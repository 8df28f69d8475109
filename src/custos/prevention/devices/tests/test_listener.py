"""The listener between a real broker and the database; `mosquitto_pub` is the device."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from django.db import OperationalError, connection
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import sql

from custos.config.environment import Broker
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.prevention.devices import intake, listener
from custos.prevention.devices.listener import Listener
from custos.prevention.devices.models import Device, RefusedMessage, Telemetry
from custos.prevention.devices.tests.worlds import SYSTEM, a_button, a_cell, payload_of, topic_of
from tests import databases

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (Path(MOSQUITTO).exists() and shutil.which("mosquitto_pub")),
        reason="Mosquitto and its clients come from the system: `make system`",
    ),
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    running = subprocess.Popen([MOSQUITTO, "-c", config], stderr=subprocess.DEVNULL)
    until(lambda: _answers(port))
    yield Broker("127.0.0.1", port, "", "")
    running.terminate()
    running.wait(10)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def button() -> Device:
    with scope.entered(SYSTEM):
        return a_button(a_cell())


@pytest.fixture
def notices(broker: Broker) -> Iterator[list[dict[str, object]]]:
    """What is announced as not yet recorded."""
    heard: list[dict[str, object]] = []
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.on_message = lambda _c, _d, message: heard.append(json.loads(message.payload))
    client.on_subscribe = lambda *_: ready.set()
    client.connect(broker.host, broker.port)
    client.subscribe("custos/unrecorded/#", 1)
    client.loop_start()
    assert ready.wait(10)
    yield heard
    client.disconnect()
    client.loop_stop()


class Running:
    """A listener that can be stopped and started, as by a restart."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self.stop_event = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        self.stop_event = threading.Event()
        made = Listener(self.broker, self.folder)
        self.thread = threading.Thread(target=made.run, args=(self.stop_event,))
        self.thread.start()
        until(lambda: made.client.is_connected() and (self.folder / "devices.json").exists())
        time.sleep(0.2)  # the broker's answer to the subscription

    def stop(self) -> None:
        self.stop_event.set()
        if self.thread:
            self.thread.join(15)
            assert not self.thread.is_alive()


@pytest.fixture
def running(broker: Broker, tmp_path: Path, button: Device) -> Iterator[Running]:
    made = Running(broker, tmp_path / "spool")
    made.start()
    yield made
    made.stop()


def until(true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "this did not come about in time"
        time.sleep(0.02)


def publish(broker: Broker, topic: str, payload: bytes, *, retain: bool = False) -> None:
    command = ["mosquitto_pub", "-h", broker.host, "-p", str(broker.port), "-q", "1", "-t", topic]
    command += ["-s"] + ["-r"] * retain
    subprocess.run(command, input=payload, check=True, timeout=10)


def presses(button: Device) -> int:
    with scope.entered(SYSTEM):
        return Entry.objects.filter(cell_id=button.cell_id, kind="alarm.emergency_button").count()


def refused(reason: str) -> int:
    with scope.entered(SYSTEM):
        return RefusedMessage.objects.filter(reason=reason).count()


def test_a_press_from_a_real_client_is_an_entry_within_a_second(
    broker: Broker, button: Device, running: Running
) -> None:
    publish(broker, topic_of(button), payload_of(button))
    until(lambda: presses(button) == 1, 1)


def test_nonsense_is_kept_and_the_next_press_still_arrives(
    broker: Broker, button: Device, running: Running
) -> None:
    stranger = f"{button.topic_prefix}/x/onvif-ej/Device/Trigger/DigitalInput/&stranger"
    publish(broker, topic_of(button), b"\xff\xfe not json")
    publish(broker, topic_of(button), b"x" * 200_000)
    publish(broker, stranger, payload_of(button).replace(b'"button"', b'"stranger"'))
    publish(broker, topic_of(button), payload_of(button))
    until(lambda: presses(button) == 1)
    assert [refused(r) for r in ("not_utf8", "oversized", "unknown_device")] == [1, 1, 1]


def test_what_came_while_custos_was_down_is_recorded_once_it_is_up(
    broker: Broker, button: Device, running: Running
) -> None:
    running.stop()
    publish(broker, topic_of(button), payload_of(button))
    assert presses(button) == 0
    running.start()
    until(lambda: presses(button) == 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_was_not_committed_was_not_acknowledged(
    broker: Broker, button: Device, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()
    never = threading.Event()

    def hangs(batch: object) -> list[object]:
        reached.set()
        never.wait(0.8)
        running.stop_event.set()
        raise SystemExit  # the process dies before it has committed

    monkeypatch.setattr(listener, "_take", hangs)
    publish(broker, topic_of(button), payload_of(button))
    assert reached.wait(10)
    assert running.thread
    running.thread.join(15)
    assert presses(button) == 0
    monkeypatch.undo()
    running.start()
    until(lambda: presses(button) == 1)


def test_a_retained_state_is_taken_once_however_often_the_listener_starts(
    broker: Broker, button: Device, running: Running
) -> None:
    publish(broker, topic_of(button), payload_of(button), retain=True)
    until(lambda: presses(button) == 1)
    for _ in range(2):
        running.stop()
        running.start()
    time.sleep(0.5)
    assert presses(button) == 1
    assert refused("duplicate") == 0


def test_a_release_is_telemetry_and_no_entry(
    broker: Broker, button: Device, running: Running
) -> None:
    publish(broker, topic_of(button), payload_of(button, state="false"))

    def kept() -> bool:
        with scope.entered(SYSTEM):
            return Telemetry.objects.filter(device_id=button.pk).exists()

    until(kept)
    assert presses(button) == 0


def test_without_the_database_a_press_is_announced_within_two_seconds_and_recorded_later_once(
    broker: Broker,
    button: Device,
    running: Running,
    notices: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> list[object]:
        raise OperationalError("the server is gone")

    monkeypatch.setattr(intake, "take", away)
    monkeypatch.setattr(listener, "_ping", away)
    publish(broker, topic_of(button), payload_of(button))
    until(lambda: notices, 2)
    assert notices[0]["organization_id"] == button.organization_id
    assert notices[0]["cell"] == str(button.cell_id)
    assert (notices[0]["kind"], notices[0]["severity"]) == ("alarm.emergency_button", 1)
    assert "recorded" not in notices[0]
    publish(broker, topic_of(button), payload_of(button, state="false"))
    until(lambda: running.folder.joinpath("messages.jsonl").read_bytes().count(b"\n") == 2)
    # Nothing of it is lost when Custos is restarted meanwhile, and it says so again.
    running.stop()
    notices.clear()
    running.start()
    until(lambda: notices, 2)
    assert presses(button) == 0
    monkeypatch.undo()
    until(lambda: any(notice.get("recorded") for notice in notices))
    assert presses(button) == 1
    until(lambda: not running.folder.joinpath("messages.jsonl").exists())


def test_a_disk_that_fills_up_stops_nothing_and_loses_nothing(
    broker: Broker,
    button: Device,
    running: Running,
    notices: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def away(*_: object) -> None:
        raise OperationalError

    real = intake.take
    monkeypatch.setattr(listener, "_save", full)
    monkeypatch.setattr(listener.Spool, "append", full)
    monkeypatch.setattr(listener, "_REFRESH", 0.1)
    monkeypatch.setattr(intake, "take", away)
    publish(broker, topic_of(button), payload_of(button))
    until(lambda: notices, 3)  # said at once all the same
    time.sleep(1)
    assert running.thread is not None
    assert running.thread.is_alive()
    assert presses(button) == 0
    # The database has room again before the disk of the spool has.
    monkeypatch.setattr(intake, "take", real)
    until(lambda: presses(button) == 1)


def test_a_database_that_hangs_holds_up_no_announcement(
    broker: Broker,
    button: Device,
    running: Running,
    notices: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, released = intake.take, threading.Event()

    def slow(batch: list[intake.Received]) -> list[intake.Taken]:
        released.wait(20)
        return real(batch)

    monkeypatch.setattr(intake, "take", slow)
    publish(broker, topic_of(button), payload_of(button))
    until(lambda: notices, 2)
    released.set()
    until(lambda: any(notice.get("recorded") for notice in notices))
    assert presses(button) == 1


def test_a_press_while_the_server_refuses_connections_is_recorded_once_it_takes_them(
    broker: Broker,
    button: Device,
    running: Running,
    notices: list[dict[str, object]],
    live_database: str,
) -> None:
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    name = sql.Identifier(live_database)
    with databases.superuser() as server:
        server.execute(allow.format(name, sql.SQL("false")))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [live_database],
        )
        connection.close()
        publish(broker, topic_of(button), payload_of(button))
        until(lambda: notices, 2)
        server.execute(allow.format(name, sql.SQL("true")))
    until(lambda: any(notice.get("recorded") for notice in notices))
    assert presses(button) == 1
