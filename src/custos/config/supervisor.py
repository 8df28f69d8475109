"""`custos demo`: database, broker, web, worker, the backups' keeper and a played shift under one parent.

The parent starts them in order, starts again whichever ends, and stops them in the opposite order.
Each of them ends with it, however it ended itself (the kernel sees to that), so nothing is ever
left running. The world of the first start is built into a database under another name, which gets
its own only when it is whole: an interrupted build starts over.
"""

import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from custos.config import broker, postgres, troubles
from custos.config.environment import secret
from custos.config.shift import commands, crew
from custos.config.shift.crew import Crew
from custos.foundation.backups import epochs

BUILDING = "custos_building"
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY = 0.5, 10.0, 30.0
_LOOK_EVERY = 0.1
#: Seconds in which the processes of a demo that was killed have let go of their ports.
_LEFT_BEHIND = 3.0
#: What the demo keeps in its data folder, beside the database: of its world, and of its own.
_WORLD = ("witness", "attachments", "spool", "broker", "log-received")
_OWN = ("logs", "live", "static", "database", "keys")
_LARGEST_LOG = 10 * 1024 * 1024

Say = Callable[[str], None]


class CannotStart(RuntimeError):
    """The demo can't start here; the message says why, and what to do."""


class Stopped(Exception):
    """A signal asked us to end."""


class _Wish:
    """Whether a signal has asked us to end.

    The handler only notes it, and every wait looks: an exception raised by a handler is lost where
    it strikes a callback, such as those that run around a fork.
    """

    def __init__(self) -> None:
        self.to_end = False

    def listen(self) -> None:
        """Note the signals that ask to end, however often they come."""
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wanted, self._note)

    def _note(self, _signal: int, _frame: object) -> None:
        self.to_end = True

    def heed(self) -> None:
        """Raise `Stopped` if we are asked to end."""
        if self.to_end:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Let time pass; raises `Stopped` as soon as we are asked to end."""
        until = time.monotonic() + seconds
        while True:
            self.heed()
            if (left := until - time.monotonic()) <= 0:
                return
            time.sleep(min(left, _LOOK_EVERY))


@dataclass
class Child:
    """A process that is meant to run all the time."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    patience: float = 8.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = _FIRST_PAUSE
    next_start: float = 0.0

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "custos.config.program", *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C goes to our group; they are told by us, in order.
                start_new_session=True,
                preexec_fn=postgres.die_with_parent(signal.SIGTERM),
            )
        self.started_at = time.monotonic()

    def look_after(self, say: Say) -> None:
        """Start it again if it has ended, after a pause that grows while it keeps ending."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.next_start:
                self.start()
        elif (code := self.process.poll()) is not None:
            self.pause = (
                _FIRST_PAUSE
                if now - self.started_at > _STEADY
                else min(self.pause * 2, _LONGEST_PAUSE)
            )
            self.process, self.next_start = None, now + self.pause
            say(f"{self.name} ended ({code}); starting it again. See {self.log}")

    def stop(self) -> None:
        """Ask it to end, and make it end when it doesn't."""
        if self.process is None:
            return
        for wanted, seconds in ((signal.SIGTERM, self.patience), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(wanted)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                break
        self.process = None


@dataclass
class Demo:
    """One demo on one data folder."""

    data: Path
    port: int = 8000
    mqtt_port: int = 1883
    fresh: bool = False
    seed: int | None = None
    empty: bool = False
    say: Say = print
    shift: bool = True
    _children: list[Child] = field(default_factory=list)
    _wish: _Wish = field(default_factory=_Wish)

    def run(self) -> None:
        """Run until Ctrl-C or SIGTERM. Raises `CannotStart` with what to do about it."""
        self._wish.listen()
        try:
            with self._folder(), self._database() as server:
                self._start(server)
                self._announce(server)
                self._look_after(server)
        except Stopped:
            self.say("Stopped.")
        except postgres.DatabaseTrouble as error:
            raise CannotStart(str(error)) from error

    def remove(self) -> None:
        """Take away all that a demo left, its database included, wherever that is.

        Raises `CannotStart` where the folder isn't a demo's, or a demo runs on it.
        """
        if not self._mark.exists():
            raise CannotStart(f"there is no demo in {self.data}; name its folder by --data")
        home = postgres.place_for(self.data).home
        with self._sole():
            self._forget()
            # The keys last: they say where the database is.
            for name in _OWN:
                shutil.rmtree(self.data / name, ignore_errors=True)
            self._mark.unlink()
        self.say(f"Removed the demo in {self.data}, and its database in {home}.")
        if left := sorted(path.name for path in self.data.iterdir()):
            self.say(f"Not the demo's, and left there: {', '.join(left)}")
        else:
            self.data.rmdir()

    # ------------------------------------------------------------------ what it stands on

    @contextlib.contextmanager
    def _folder(self) -> Iterator[None]:
        """The data folder, locked, with its ports free."""
        if self.data.exists() and any(self.data.iterdir()) and self._in_real_use():
            raise CannotStart(
                f"{self.data} is the data folder of a real installation; name another by --data"
            )
        self.data.mkdir(parents=True, exist_ok=True)
        with self._sole():
            _require_free(self.port, "--port")
            _require_free(self.mqtt_port, "--mqtt-port")
            if self.fresh:
                self._forget()
            (self.data / "logs").mkdir(exist_ok=True)
            yield

    @property
    def _mark(self) -> Path:
        """The file that says that this is a demo's folder; locked while one runs."""
        return self.data / "demo"

    @contextlib.contextmanager
    def _sole(self) -> Iterator[None]:
        with self._mark.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(
                    f"another demo runs on {self.data}; stop it, or name another folder by --data"
                ) from None
            yield

    def _in_real_use(self) -> bool:
        return not self._mark.exists() and postgres.place_for(self.data).cluster.exists()

    def _forget(self) -> None:
        # The witness first: one that outlived its database would say that the database was lost.
        for name in (*_WORLD, "logs"):
            shutil.rmtree(self.data / name, ignore_errors=True)
        for file in (epochs.FILE, crew.FILE):
            (self.data / file).unlink(missing_ok=True)
        shutil.rmtree(postgres.place_for(self.data).home, ignore_errors=True)

    @contextlib.contextmanager
    def _database(self) -> Iterator[postgres.Server]:
        server = postgres.Server(postgres.prepared_place(self.data))
        self.say(f"Data in {self.data}, database in {server.place.home}")
        try:
            self._wish.heed()
            server.start()
            yield server
        finally:
            for child in reversed(self._children):
                child.stop()
            server.stop()

    @property
    def _played(self) -> Crew | None:
        """Who plays the shift; nobody where the world has none, and where it isn't wanted."""
        try:
            return crew.of(self.data) if self.shift else None
        except crew.NotADemo:
            return None

    def _environment(self, server: postgres.Server, database: str) -> dict[str, str]:
        return os.environ | {
            "CUSTOS_DATA": str(self.data),
            "CUSTOS_DEMO": "1",
            "CUSTOS_DEMO_LEFT": played.left if (played := self._played) else "",
            "CUSTOS_MQTT_HOST": "127.0.0.1",
            "CUSTOS_MQTT_PORT": str(self.mqtt_port),
            "CUSTOS_MQTT_USER": broker.CUSTOS,
            "CUSTOS_MQTT_PASSWORD": broker.password(broker.CUSTOS, self.data),
            "DATABASE_URL": server.place.url(postgres.APP, database),
            "CUSTOS_OWNER_URL": server.place.url(postgres.OWNER, database),
            "CUSTOS_BACKUP_URL": server.place.url(postgres.BACKUP, "postgres"),
            "PYTHONUNBUFFERED": "1",
        }

    # ------------------------------------------------------------------ starting

    def _start(self, server: postgres.Server) -> None:
        secret("CUSTOS_SECRET_KEY", self.data / "keys" / "django")
        broker.password(broker.DEVICES, self.data)
        with server.superuser() as connection:
            ready = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (postgres.DATABASE,)
            ).fetchone()
        if ready:
            server.provision()
            self._step(server, postgres.DATABASE, "migrate")
        else:
            self._build(server)
        environment = self._environment(server, postgres.DATABASE)
        programs = [
            ("broker", ["broker", "--port", str(self.mqtt_port)]),
            ("web", ["serve", "--port", str(self.port)]),
            ("worker", ["worker"]),
            ("keeper", ["backup", "keep"]),
        ]
        if self._played is not None:
            programs.append(
                ("shift", ["shift", "--port", str(self.port), "--data", str(self.data)])
            )
        for name, arguments in programs:
            child = Child(name, arguments, environment, self.data / "logs" / f"{name}.log")
            self._children.append(child)
            child.start()
        self._wait_for("broker", lambda: _answers_tcp(self.mqtt_port))
        self._wait_for("web", lambda: _answers_http(self.port))

    def _build(self, server: postgres.Server) -> None:
        self._wish.heed()
        self.say("First start: building the demo's world. This takes a minute or two, once.")
        with server.superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(BUILDING))
            )
        # They belong to the world that was interrupted.
        for name in _WORLD:
            shutil.rmtree(self.data / name, ignore_errors=True)
        (self.data / crew.FILE).unlink(missing_ok=True)
        server.provision(BUILDING)
        self.say("  making the tables …")
        self._step(server, BUILDING, "migrate")
        if not self.empty:
            self._build_world(server)
        with server.superuser() as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(BUILDING), sql.Identifier(postgres.DATABASE)
                )
            )

    def _build_world(self, server: postgres.Server) -> None:
        seed = [] if self.seed is None else ["--seed", str(self.seed)]
        self._step(server, BUILDING, "build-demo", *seed)

    def _step(self, server: postgres.Server, database: str, *arguments: str) -> None:
        """Run a command to its end; what it says on standard output is shown as it comes."""
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "custos.config.program", *arguments],
            env=self._environment(server, database),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=postgres.die_with_parent(signal.SIGTERM),
        )
        try:
            while (code := process.poll()) is None:
                self._wish.wait(_LOOK_EVERY / 2)
            if code:
                raise CannotStart(f"`custos {' '.join(arguments)}` failed; its words are above")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(20)

    def _wait_for(self, name: str, answers: Callable[[], bool], patience: float = 60.0) -> None:
        child = next(one for one in self._children if one.name == name)
        until = time.monotonic() + patience
        while not answers():
            child.look_after(self.say)
            if time.monotonic() > until:
                raise CannotStart(f"{name} doesn't answer; see {child.log}")
            self._wish.wait(_LOOK_EVERY)

    def _announce(self, server: postgres.Server) -> None:
        devices = self.data / "keys" / f"broker-{broker.DEVICES}"
        self.say("")
        self.say(f"Custos is at http://localhost:{self.port}  (Ctrl-C stops it)")
        self._step(server, postgres.DATABASE, "sign-ins")
        if (played := self._played) is not None:
            for line in commands.announcement(played):
                self.say(line)
        self.say(
            f"Devices: localhost:{self.mqtt_port}, user {broker.DEVICES}, password in {devices}"
        )
        self.say("")

    # ------------------------------------------------------------------ running

    def _look_after(self, server: postgres.Server) -> None:
        pause = 0.0
        while True:
            if server.poll() is not None:
                self.say("database ended; starting it again")
                self._wish.wait(pause)
                try:
                    server.start()
                except postgres.DatabaseTrouble as error:
                    self.say(str(error))
                pause = min(pause + _FIRST_PAUSE, _LONGEST_PAUSE)
            else:
                pause = max(0.0, pause - _LOOK_EVERY / 10)
            for child in self._children:
                child.look_after(self.say)
            self._wish.wait(_LOOK_EVERY)


def _require_free(port: int, option: str) -> None:
    """Raise CannotStart for a port that stays taken; what a killed demo leaves is going away."""
    end = time.monotonic() + _LEFT_BEHIND
    while trouble := troubles.of_port("127.0.0.1", port, option):
        if time.monotonic() > end:
            raise CannotStart(trouble)
        time.sleep(_LOOK_EVERY)


def _answers_tcp(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def _answers_http(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/account/login/", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    return False
