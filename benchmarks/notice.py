"""The live notice: from an entry's request to every open screen, 50 entries a second and 50 screens open.

An officer's program records what was noticed, which opens a task; each screen has its stream open, as a
browser has, and is told. The time of one pair runs from when the request was due to when the notice is
there. Each facility of a city records once a second and every screen is the city's, so that a notice, which
names facilities and no entry, is told from the one before it. What a screen then fetches isn't in it.
"""

import http.client
import json
import os
import re
import selectors
import socket
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks._place import database
from benchmarks._site import served
from custos.config.benching import Figure

SCREENS, FACILITIES, SECONDS = 50, 50, 20.0
CITY = 101_001_000
#: One process answers with one core at a time.
WORKERS = 2
#: What isn't there before its facility's next entry counts as that, in milliseconds.
LOST = 1_000.0
_NAMED = re.compile(rb'data: \{"organizations": \[([0-9, ]+)\]')


@dataclass
class Recorder:
    """Who records at a facility, and about which cell."""

    facility: int
    token: str
    cell: str


@dataclass
class Screens:
    """Open streams, and when each of them heard of which facility."""

    heard: dict[tuple[int, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    stop: threading.Event = field(default_factory=threading.Event)

    def listen(self, port: int, sessions: list[str]) -> None:
        """Hear until `stop`; returns at once where a stream ends by itself."""
        with selectors.DefaultSelector() as waiting:
            for number, session in enumerate(sessions):
                waiting.register(
                    _stream(port, session), selectors.EVENT_READ, (number, bytearray())
                )
            while not self.stop.is_set():
                for key, _events in waiting.select(0.5):
                    assert isinstance(key.fileobj, socket.socket)
                    self._take(*key.data, key.fileobj.recv(1 << 16))

    def _take(self, number: int, said: bytearray, more: bytes) -> None:
        now = time.perf_counter()
        if not more:
            raise RuntimeError("a stream has ended")
        said += more
        *lines, rest = said.split(b"\n")
        said[:] = rest
        for line in lines:
            if named := _NAMED.match(line):
                for facility in named[1].split(b","):
                    self.heard[number, int(facility)].append(now)


def run(scale: float = 1.0) -> list[Figure]:
    """Measure the full rate and a calm one; `scale` is the share of the full time."""
    with database():
        recorders, sessions = _prepare()
        with served(WORKERS) as port, _open(port, sessions) as screens:
            _record(port, recorders, 3.0)
            taken, answered = _pairs(screens, port, recorders, max(4.0, SECONDS * scale))
            calm, _answered = _pairs(screens, port, recorders[::10], max(4.0, SECONDS * scale / 2))
    rate = f"{FACILITIES} entries/s, {SCREENS} screens"
    return [
        Figure(f"from request to screen, {rate}, p50", _at(taken, 0.5), "ms", 20, True),
        Figure(f"from request to screen, {rate}, p99", _at(taken, 0.99), "ms", 100, True),
        Figure(f"from request to its answer, {rate}, p50", _at(answered, 0.5), "ms", None, True),
        Figure("from request to screen, 5 entries/s, p50", _at(calm, 0.5), "ms", None, True),
        Figure("from request to screen, 5 entries/s, p99", _at(calm, 0.99), "ms", None, True),
    ]


def _at(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _pairs(
    screens: Screens, port: int, recorders: list[Recorder], seconds: float
) -> tuple[list[float], list[float]]:
    """Milliseconds of each entry on each screen, and of each request to its answer."""
    sent = _record(port, recorders, seconds)
    time.sleep(LOST / 1000)
    pairs, answers = [], []
    for facility, due, answered in sent:
        answers.append((answered - due) * 1000)
        for number in range(SCREENS):
            heard = screens.heard[number, facility]
            at = bisect_left(heard, due)
            pairs.append(min(LOST, (heard[at] - due) * 1000) if at < len(heard) else LOST)
    return pairs, answers


def _record(port: int, recorders: list[Recorder], seconds: float) -> list[tuple[int, float, float]]:
    """Each facility records once a second on its own beat: which one, when due, when answered."""
    sent: list[tuple[int, float, float]] = []
    wrong: list[str] = []
    start = time.perf_counter() + 0.5

    def record(number: int, one: Recorder) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = {
            "type": "I42b",
            "text": "灯不亮。",
            "cell": one.cell,
            "details": {"defect": "light"},
        }
        headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {one.token}",
            "Content-Type": "application/json",
        }
        due = start + number / len(recorders)
        while due < start + seconds:
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            connection.request("POST", "/api/v1/observations", json.dumps(said), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 201:
                wrong.append(f"{answer.status}: {body[:300]!r}")
                return
            sent.append((one.facility, due, time.perf_counter()))
            due += 1.0
        connection.close()

    threads = [threading.Thread(target=record, args=one) for one in enumerate(recorders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"not what was to be measured: {wrong[0]}")
    return sent


@contextmanager
def _open(port: int, sessions: list[str]) -> Iterator[Screens]:
    screens = Screens()
    thread = threading.Thread(target=screens.listen, args=(port, sessions), daemon=True)
    thread.start()
    time.sleep(3)
    yield screens
    screens.stop.set()
    thread.join(5)


def _stream(port: int, session: str) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), 10)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    asked = f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n"
    opened.sendall(asked.encode())
    return opened


def _prepare() -> tuple[list[Recorder], list[str]]:
    """A city of facilities, each with a cell and a patrol's program; and the sessions of its screens."""
    from custos.foundation import clock
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Cell, Organization
    from custos.foundation.record.jobs import ensure_partitions
    from custos.foundation.record.parties import Post

    ensure_partitions(clock.now().date())
    numbers = [CITY + serial for serial in range(1, FACILITIES + 1)]
    with scope.entered(scope.Scope.of_system("bench")):
        city = Organization.objects.create(id=CITY, name="city")
        facilities = Organization.objects.bulk_create(
            Organization(id=number, name=f"Centre {number}", kind="KSS") for number in numbers
        )
        cells = Cell.objects.bulk_create(
            Cell(organization=one, name="101", capacity=12) for one in facilities
        )
        recorders = [
            Recorder(cell.organization_id, _token(cell.organization), str(cell.pk))
            for cell in cells
        ]
        sessions = [_session(city, Post.OVERSIGHT, serial) for serial in range(SCREENS)]
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
    return recorders, sessions


def _token(facility: Any) -> str:
    from custos.foundation.api import services as tokens
    from custos.foundation.record.parties import Post
    from tests.factories import somebody

    _row, secret = tokens.make_personal(
        somebody(Post.PATROL, at=facility), "bench", wanted=("duty:write",)
    )
    return secret


def _session(city: Any, post: Any, serial: int) -> str:
    from django.test import Client

    from tests.factories import somebody

    client = Client()
    client.force_login(somebody(post, at=city).user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value
