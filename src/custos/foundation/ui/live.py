"""Live screens: one poll a process, fanned out to every open stream.

The database notifies nobody. Each web process asks which chains have grown (one small row an
organization), and where something was stirred that no entry tells of, and tells the streams whose range
covers them; pages fetch their parts again, in their own scope. It asks as soon as somebody on this machine
has committed something (`database.wakes`), and four times a second in any case. A beat every five
seconds proves that the server lives and says how the database and the sweeps are. Everything here goes
on with the database down: streams stay open, the beat says so, and a life-safety event that could not be
recorded is shown as it comes.

Topic `custos/unrecorded/<organization>` of the broker: `{"id", "organization_id", "kind",
"severity", "occurred_at", "device", "cell"}`, said again every few seconds by whoever could not
record it, until it can: the same once more with `"recorded": true` takes it down.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import paho.mqtt.client as mqtt
import psycopg
from django.conf import settings
from django.db import connection
from paho.mqtt.enums import CallbackAPIVersion

from custos.foundation import clock
from custos.foundation.database import pulse, wakes
from custos.foundation.database.models import Pulse
from custos.foundation.database.scope import Scope

log = logging.getLogger(__name__)

POLL = 0.25
#: Seconds between two glances at whether somebody here has committed something.
GLANCE = 0.005
#: Of its time a process spends at most one part in so many on looking, however much is committed.
SHARE = 4
BEAT = 5.0
RETRY = 1.0
QUERY_LIMIT_MS = 2_000
#: Seconds for one look; longer than the server's own limit, for a network that swallows answers.
LOOK_LIMIT = 4.0
TOPIC = "custos/unrecorded/"
#: A flood from a broken publisher must not fill the process; the oldest make room.
MOST_OUTSTANDING = 200
#: Seconds after a lost connection to the broker: what isn't said again was recorded meanwhile.
SAID_AGAIN = 20.0


class Stream:
    """One open stream: what it still has to say. Changes of one organization are said once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._organizations: set[int] = set()
        self._all = False
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self._ready = asyncio.Event()

    def changed(self, organizations: Iterable[int]) -> None:
        """Tell what grew, as far as the reader's range goes."""
        covered = [number for number in organizations if self.scope.covers(number)]
        if covered:
            self._organizations.update(covered)
            self._ready.set()

    def changed_unknown(self) -> None:
        """Tell that anything may have changed."""
        self._all = True
        self._ready.set()

    def say(self, event: str, data: dict[str, Any]) -> None:
        """Tell something else; a beat takes the place of one that still waits."""
        if event == "beat":
            self._messages = [message for message in self._messages if message[0] != "beat"]
        self._messages.append((event, data))
        self._ready.set()

    async def next(self) -> list[tuple[str, dict[str, Any]]]:
        """Wait for something to say, and take all of it."""
        await self._ready.wait()
        self._ready.clear()
        said, self._messages = self._messages, []
        if self._all or self._organizations:
            organizations = None if self._all else sorted(self._organizations)
            said.append(
                ("changed", {"organizations": organizations, "at": clock.now().isoformat()})
            )
            self._organizations, self._all = set(), False
        return said


class Hub:
    """Polls for all streams of one event loop; runs while there are any."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._mqtt: mqtt.Client | None = None
        self._outstanding: dict[str, dict[str, Any]] = {}
        self._said_at: dict[str, float] = {}
        self._heads: dict[int, int] = {}
        self._stirred: dict[int, datetime] = {}
        self._changed_at: dict[int, datetime] = {}
        self._watching_since: datetime | None = None
        self._swept_at: datetime | None = None
        self._failing_since: datetime | None = None
        #: None until the first look.
        self.database_up: bool | None = None

    def join(self, stream: Stream, since: datetime | None) -> None:
        """Add a stream, and tell it what changed after `since` and what is outstanding."""
        self._streams.add(stream)
        if not self._tasks:
            self._start()
        if since is None or self._watching_since is None or since < self._watching_since:
            stream.changed_unknown()
        else:
            margin = since - timedelta(seconds=1)
            stream.changed(n for n, at in self._changed_at.items() if at >= margin)
        for event in self._outstanding.values():
            self._offer(stream, event)
        if self.database_up is not None:
            stream.say("beat", self._beat())

    def leave(self, stream: Stream) -> None:
        """Forget a stream; the last one stops the polling."""
        self._streams.discard(stream)
        if not self._streams:
            self._stop()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._poll()), loop.create_task(self._beats())]
        self._mqtt = _subscribed(
            lambda body: loop.call_soon_threadsafe(self.heard, body),
            lambda: loop.call_soon_threadsafe(
                lambda: loop.call_later(SAID_AGAIN, self._drop_unsaid, loop.time())
            ),
        )

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._mqtt is not None:
            # The client's thread ends by itself; waiting for it here would hold up the event loop.
            self._mqtt.disconnect()
        self._tasks, self._mqtt = [], None
        self._heads, self._changed_at, self._watching_since = {}, {}, None
        self._stirred = {}
        self._outstanding, self._said_at, self.database_up = {}, {}, None

    async def _poll(self) -> None:
        while True:
            try:
                async with await _connected() as own:
                    while True:
                        known, began = wakes.state(), time.monotonic()
                        async with asyncio.timeout(LOOK_LIMIT):
                            await self._look(own)
                        await _until_woken(known, SHARE * (time.monotonic() - began))
            except Exception as error:
                # Whatever it is: a poll that ended quietly would leave every screen quietly wrong.
                if self.database_up is not False:
                    log.warning("live.database_lost", extra={"error": type(error).__name__})
                self._database_is(False)
                await asyncio.sleep(RETRY)

    def _database_is(self, up: bool) -> None:
        if self.database_up is up:
            return
        if self.database_up is False:
            # What pages asked for meanwhile was refused.
            for stream in self._streams:
                stream.changed_unknown()
        self.database_up = up
        self._tell_beat()

    async def _look(self, own: psycopg.AsyncConnection[Any]) -> None:
        async with own.transaction():
            await own.execute(
                "SELECT set_config('custos.lowest', %s, true),"
                " set_config('custos.highest', %s, true)",
                _RANGE,
            )
            rows = await own.execute("SELECT organization_id, seq FROM record_head")
            heads: dict[int, int] = dict(await rows.fetchall())
            rows = await own.execute(
                _BEATS, [pulse.SWEEPS, f"{pulse.STIRRED}%", f"{pulse.FAILING}%"]
            )
            beats: dict[str, datetime] = dict(await rows.fetchall())
        self._swept_at = beats.pop(pulse.SWEEPS, None)
        failing = [name for name in beats if name.startswith(pulse.FAILING)]
        self._failing_since = min((beats.pop(name) for name in failing), default=None)
        stirred = {int(name.removeprefix(pulse.STIRRED)): at for name, at in beats.items()}
        grown = {number for number, seq in heads.items() if self._heads.get(number) != seq}
        grown |= {number for number, at in stirred.items() if self._stirred.get(number) != at}
        self._heads, self._stirred = heads, stirred
        first, now = self._watching_since is None, clock.now()
        self._database_is(True)
        if first:
            self._watching_since = now
            return
        self._changed_at.update(dict.fromkeys(grown, now))
        if grown:
            for stream in self._streams:
                stream.changed(grown)

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self._tell_beat()

    def _tell_beat(self) -> None:
        beat = self._beat()
        for stream in self._streams:
            stream.say("beat", beat)

    def _beat(self) -> dict[str, Any]:
        now = clock.now()
        # Sweeps that were never heard are silent since we listen.
        swept = self._swept_at or self._watching_since
        return {
            "now": now.isoformat(),
            "sweep_age": _age(swept, now),
            "failing_age": _age(self._failing_since, now),
            "database": "up" if self.database_up else "down",
        }

    def heard(self, body: bytes) -> None:
        """Take a message of the broker; what isn't one of ours is dropped and logged."""
        event = _event_of(body)
        if event is None:
            log.warning("live.unrecorded_malformed", extra={"size": len(body)})
            return
        if event.pop("recorded"):
            self._take_down(event["id"])
            return
        new = event["id"] not in self._outstanding
        while new and len(self._outstanding) >= MOST_OUTSTANDING:
            self._take_down(next(iter(self._outstanding)))
        self._outstanding[event["id"]] = event
        self._said_at[event["id"]] = asyncio.get_running_loop().time()
        for stream in self._streams if new else ():
            self._offer(stream, event)

    def _take_down(self, event_id: str) -> None:
        event = self._outstanding.pop(event_id, None)
        self._said_at.pop(event_id, None)
        if event is not None:
            for stream in self._streams:
                if stream.scope.covers(event["organization_id"]):
                    stream.say("recorded", {"id": event_id})

    def _drop_unsaid(self, since: float) -> None:
        for event_id in [known for known, at in self._said_at.items() if at < since]:
            self._take_down(event_id)

    @staticmethod
    def _offer(stream: Stream, event: dict[str, Any]) -> None:
        if stream.scope.covers(event["organization_id"]):
            stream.say("unrecorded", event)


async def _until_woken(known: int, rest: float) -> None:
    """Wait until somebody here commits something, at most a poll, and at least for a rest in seconds."""
    until = time.monotonic() + POLL
    await asyncio.sleep(min(max(rest, GLANCE), POLL))
    while wakes.state() == known and time.monotonic() < until:
        await asyncio.sleep(GLANCE)


def _age(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else max(0, int((now - at).total_seconds()))


_BEATS = (
    f"SELECT name, at FROM {Pulse._meta.db_table}"  # noqa: S608
    " WHERE name = %s OR name LIKE %s OR name LIKE %s"
)
_RANGE = (str(Scope.of_system("live").lowest), str(Scope.of_system("live").highest))


def _event_of(body: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(body)
        shown = {name: str(event.get(name, ""))[:200] for name in ("device", "kind", "occurred_at")}
        return {
            "id": str(event["id"])[:64],
            "organization_id": int(event["organization_id"]),
            "severity": int(event.get("severity", 1)),
            "recorded": event.get("recorded") is True,
            **shown,
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


_CONNECTION = (
    *("dbname", "user", "password", "host", "port"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey"),
)


async def _connected() -> psycopg.AsyncConnection[Any]:
    """A connection of the poll's own, outside Django's pool, which slow pages may exhaust."""
    parameters = connection.get_connection_params()
    wanted = {name: parameters[name] for name in _CONNECTION if parameters.get(name)}
    return await psycopg.AsyncConnection.connect(
        **wanted,
        autocommit=True,
        connect_timeout=2,
        options=f"-c statement_timeout={QUERY_LIMIT_MS}",
        application_name="custos live",
    )


def _subscribed(tell: Callable[[bytes], Any], connected: Callable[[], Any]) -> mqtt.Client:
    """A client of the broker on its own thread, which comes back by itself."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    broker = settings.BROKER
    if broker.password:
        client.username_pw_set(broker.user, broker.password)

    def on_connect(own: mqtt.Client, *_rest: Any) -> None:
        own.subscribe(f"{TOPIC}#", qos=1)
        connected()

    client.on_connect = on_connect
    client.on_message = lambda _own, _data, message: tell(bytes(message.payload))
    client.reconnect_delay_set(min_delay=1, max_delay=2)
    client.connect_async(broker.host, broker.port, keepalive=15)
    client.loop_start()
    return client


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def wire(event: str, data: dict[str, Any], *, at: str) -> str:
    """An event as it stands on the wire; `at` is what a browser that comes back names."""
    return f"id: {at}\nevent: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
