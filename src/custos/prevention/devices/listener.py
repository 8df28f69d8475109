"""Listens to the broker for ever: what arrives is recorded first and acknowledged after.

    network thread (paho) ──queue──▶ this thread ──▶ recorder thread (the database)

MQTT 3.1.1, a persistent session under a fixed client id and QoS 1: what the broker has not been
told is recorded, it sends again. The database is asked by a thread of its own, so that one that
hangs holds up nobody: when a batch is not recorded within `PATIENCE`, or the database is gone,
messages are spooled to disk (and then acknowledged, or the broker's window of unacknowledged
messages would soon let no further alarm through), and what concerns life is announced at once on
`custos/unrecorded/<organization>` for the open screens. When the database is back the spool is
recorded and the announcements are taken back.
"""

import json
import queue
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from uuid import UUID

import paho.mqtt.client as mqtt
import structlog
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection, connections
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import Counter, Gauge

from custos.config.environment import Broker
from custos.foundation import clock
from custos.foundation.database import scope
from custos.prevention.devices import intake, queries
from custos.prevention.devices.intake import Accepted, Received, Taken
from custos.prevention.devices.onvif import EVENT_FORMAT
from custos.prevention.devices.queries import Addresses, Known
from custos.prevention.devices.spool import Spool

log = structlog.get_logger(__name__)

#: Topic prefixes of one to three levels: MQTT's wildcards cannot say "any number".
FILTERS = tuple(f"{'+/' * levels}{EVENT_FORMAT}/#" for levels in (1, 2, 3))
UNRECORDED = "custos/unrecorded"

#: How long a batch may take before what concerns life is announced all the same (2 s allowed).
PATIENCE = 1.0
_LARGEST_BATCH = 500
_TRY_AGAIN, _TRY_SPOOL_AGAIN = 0.5, 10.0
_ANNOUNCE_AGAIN, _REFRESH, _SAY_HEARD = 5.0, 30.0, 10.0

#: The database is away, full or refuses to write; not a fault of the message.
AWAY = (OperationalError, InterfaceError, InternalError)

_messages = Counter("custos_device_messages_total", "Messages from devices", ["outcome"])
_spooled = Gauge("custos_device_spool_waiting", "Whether messages wait on disk for the database")
_connected = Gauge("custos_device_broker_connected", "Whether the listener is connected")

T = TypeVar("T")


def listen(stop: Event, pulse: Callable[[], object] = lambda: None) -> None:
    """Listen until `stop` is set. `pulse` is called about once a second while all is well."""
    Listener(settings.BROKER, settings.SPOOL, pulse).run(stop)


@dataclass(slots=True)
class _Delivery:
    """A message with what its acknowledgement needs."""

    message: Received
    mid: int
    qos: int


@dataclass
class Listener:
    """One connection to the broker, and the way from there into the record."""

    broker: Broker
    folder: Path
    pulse: Callable[[], object] = lambda: None
    _queue: "queue.SimpleQueue[_Delivery]" = field(default_factory=queue.SimpleQueue)
    _held: list[_Delivery] = field(default_factory=list)
    _known: Addresses = field(default_factory=dict)
    _announced: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    _heard: dict[UUID, datetime] = field(default_factory=dict)
    _away: bool = False
    _stuck: Future[Any] | None = None
    _done: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.spool = Spool(self.folder)
        self.recorder = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self.client = self._make_client()

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id(),
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if self.broker.password:
            client.username_pw_set(self.broker.user, self.broker.password)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _client_id(self) -> str:
        """The same at every start: the broker keeps the session under it."""
        file = self.folder / "client-id"
        if file.exists() and (known := file.read_text().strip()):
            return known
        made = f"custos-{secrets.token_hex(6)}"
        fresh = file.with_suffix(".new")
        fresh.write_text(made)
        fresh.replace(file)
        return made

    # What paho's thread calls.

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: Any, _properties: object
    ) -> None:
        if reason.is_failure:
            log.warning("broker refused the listener", reason=str(reason))
            return
        client.subscribe([(pattern, 1) for pattern in FILTERS])
        _connected.set(1)
        log.info("listening to devices")

    def _on_disconnect(self, *_args: object) -> None:
        _connected.set(0)
        log.warning("connection to the broker lost")

    def _on_message(self, _client: mqtt.Client, _data: object, arrived: mqtt.MQTTMessage) -> None:
        message = Received.of(
            arrived.topic,
            bytes(arrived.payload),
            clock.now(),
            retained=arrived.retain,
            repeated=arrived.dup,
        )
        self._queue.put(_Delivery(message, arrived.mid, arrived.qos))

    # What runs in this thread.

    def run(self, stop: Event) -> None:
        """Listen until `stop` is set; what is not recorded then, the broker sends again."""
        self._known = _load(self.folder)
        self._announce_what_waits()
        self.client.connect_async(self.broker.host, self.broker.port, keepalive=30)
        self.client.loop_start()
        try:
            while not stop.is_set():
                batch = self._next_batch()
                if batch:
                    self._handle(batch)
                self._between()
        finally:
            self.client.disconnect()
            self.client.loop_stop()
            # A thread that ends without this would keep its connection from the pool for ever.
            self.recorder.submit(connections.close_all)
            self.recorder.shutdown(wait=False)

    def _next_batch(self) -> list[_Delivery]:
        batch, self._held = self._held, []
        try:
            batch.append(self._queue.get(timeout=0.1))
            while len(batch) < _LARGEST_BATCH:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _handle(self, batch: list[_Delivery]) -> None:
        if self._away:
            self._keep(batch)
            return
        try:
            taken = self._within_patience(_take, [delivery.message for delivery in batch])
        except NotYet:
            log.error("the database does not answer; spooling")
            self._keep(batch)
        except AWAY as error:
            log.error("the database is away; spooling", error=type(error).__name__)
            self._away = True
            self._keep(batch)
        else:
            self._note(taken)
            lost = [
                delivery
                for delivery, one in zip(batch, taken, strict=True)
                if one is None and self._notice_of(delivery.message)
            ]
            self._acknowledge([delivery for delivery in batch if delivery not in lost])
            self._keep(lost)

    def _within_patience(self, work: Callable[..., T], *args: object) -> T:
        """Do `work` in the recorder's thread. Raises `NotYet`, and is away, if it takes long."""
        if self._stuck and not self._stuck.done():
            raise NotYet
        self._stuck = None
        doing = self.recorder.submit(work, *args)
        try:
            return doing.result(PATIENCE)
        except NotYet:
            self._stuck, self._away = doing, True
            raise

    def _note(self, taken: Sequence[Taken | None]) -> None:
        now = clock.now()
        for one in taken:
            _messages.labels(one.outcome if one else "failed").inc()
            if one and one.device:
                self._heard[one.device] = now

    def _keep(self, batch: Sequence[_Delivery]) -> None:
        """Announce what concerns life, put everything on disk, and only then acknowledge."""
        for delivery in batch:
            self._announce(delivery.message)
        if not batch:
            return
        try:
            self.spool.append(delivery.message for delivery in batch)
        except OSError as error:
            log.error("the spool cannot be written", error=str(error))
            self._held.extend(batch)
            time.sleep(_TRY_AGAIN)
            return
        _spooled.set(1)
        self._acknowledge(batch)

    def _acknowledge(self, batch: Sequence[_Delivery]) -> None:
        for delivery in batch:
            if delivery.qos:
                self.client.ack(delivery.mid, delivery.qos)

    # Announcements.

    def _notice_of(self, message: Received) -> tuple[int, dict[str, Any]] | None:
        one = intake.judge(message, self._known)
        if not isinstance(one, Accepted) or one.life_safety is None:
            return None
        return one.device.organization_id, {
            "id": message.notice_id,
            "organization_id": one.device.organization_id,
            "cell": str(one.device.cell_id) if one.device.cell_id else None,
            "device": one.device.name,
            "kind": one.life_safety.entry,
            "severity": one.life_safety.severity,
            "occurred_at": one.happened_at.isoformat(),
        }

    def _announce(self, message: Received) -> None:
        notice = self._notice_of(message)
        if notice:
            self._announced[message.notice_id] = notice
            self._publish(*notice)

    def _announce_what_waits(self) -> None:
        for message in self.spool.read():
            self._announce(message)

    def _publish(self, organization_id: int, notice: dict[str, Any]) -> None:
        self.client.publish(f"{UNRECORDED}/{organization_id}", json.dumps(notice), qos=1)

    def _take_back(self, messages: Sequence[Received]) -> None:
        for message in messages:
            found = self._announced.pop(message.notice_id, None)
            if found:
                organization_id, notice = found
                self._publish(organization_id, notice | {"recorded": True})

    # What is done now and then.

    def _between(self) -> None:
        if self._is_time("announce", _ANNOUNCE_AGAIN):
            for notice in list(self._announced.values()):
                self._publish(*notice)
        wait = _TRY_AGAIN if self._away else _TRY_SPOOL_AGAIN
        if (self._away or self.spool) and self._is_time("return", wait):
            self._come_back()
        if self._away:
            return
        if self._is_time("refresh", _REFRESH):
            self._try(self._refresh)
        if self._heard and self._is_time("heard", _SAY_HEARD):
            self._try(self._say_heard)
        if self._is_time("pulse", 1.0):
            self._try(lambda: self._within_patience(_pulse, self.pulse))

    def _is_time(self, what: str, every: float) -> bool:
        """Whether `what` was last done this long ago; `every` may change meanwhile."""
        now = time.monotonic()
        if now - self._done.get(what, -every) < every:
            return False
        self._done[what] = now
        return True

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (NotYet, *AWAY) as error:
            log.error("the database is away", error=type(error).__name__)
            self._away = True

    def _refresh(self) -> None:
        self._known = self._within_patience(_addresses)
        try:
            _save(self.folder, self._known)
        except OSError as error:
            # Kept for a start while the database is away; without it, alarms are announced as they
            # are now. A full disk must not stop that.
            log.error("what is known of devices cannot be saved", error=str(error))

    def _say_heard(self) -> None:
        heard, self._heard = self._heard, {}
        self._within_patience(intake.heard, heard)

    def _come_back(self) -> None:
        """Where the database answers again, record what waited, and say so."""
        try:
            self._within_patience(_ping)
            self._refresh()
            self._record_spool()
        except (NotYet, *AWAY):
            self._away = True
            return
        except OSError as error:
            # What was recorded is recorded once more next time, which changes nothing.
            log.error("the spool cannot be written", error=str(error))
            return
        if self._away:
            log.info("the database is back")
        self._away = False

    def _record_spool(self) -> None:
        waiting = list(self.spool.read())
        remaining: list[Received] = []
        for start in range(0, len(waiting), _LARGEST_BATCH):
            chunk = waiting[start : start + _LARGEST_BATCH]
            # A long spool may take its time: nothing is lost while it does.
            taken = self.recorder.submit(_take, chunk).result()
            self._note(taken)
            done = [m for m, t in zip(chunk, taken, strict=True) if t is not None]
            self._take_back(done)
            remaining += [
                m for m, t in zip(chunk, taken, strict=True) if t is None and self._notice_of(m)
            ]
        self.spool.replace(remaining)
        _spooled.set(bool(remaining))


def _take(batch: Sequence[Received]) -> list[Taken | None]:
    """Record a batch; one message that makes Custos fail does not take the others with it.

    None stands for such a message; it is kept as refused. Raises one of `AWAY` where the database
    is gone.
    """
    try:
        return list(_twice(intake.take, batch))
    except AWAY:
        raise
    except Exception as error:
        if len(batch) > 1:
            return [taken for message in batch for taken in _take([message])]
        log.exception("a message could not be recorded", topic=batch[0].topic)
        intake.refuse(batch[0], "failed", type(error).__name__)
        return [None]


def _twice(work: Callable[[Any], T], argument: object) -> T:
    """A connection that the server closed fails once; a second one shows whether it is away."""
    try:
        return work(argument)
    except AWAY:
        connection.close()
        return work(argument)


def _addresses() -> Addresses:
    with scope.entered(scope.Scope.of_system("devices.listener")):
        return queries.addresses()


def _ping() -> None:
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _pulse(pulse: Callable[[], object]) -> None:
    pulse()


def _save(folder: Path, known: Addresses) -> None:
    """Keep what is known of devices beside the spool, for a start while the database is away."""
    rows = [
        [
            *address,
            str(d.id),
            d.organization_id,
            d.kind,
            d.name,
            str(d.cell_id or ""),
            d.enabled,
        ]
        for address, d in sorted(known.items())
    ]
    fresh = folder / "devices.new"
    fresh.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    fresh.replace(folder / "devices.json")


def _load(folder: Path) -> Addresses:
    try:
        rows = json.loads((folder / "devices.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {
        (prefix, token): Known(
            UUID(id_), organization_id, kind, name, UUID(cell) if cell else None, enabled
        )
        for prefix, token, id_, organization_id, kind, name, cell, enabled in rows
    }
