"""The embedded server is confined: its superuser reaches neither the keys nor the witness file."""

import os
import pwd
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import ExternalRoutineException, InsufficientPrivilege

from custos.config import landlock, postgres

SECRET = "-----BEGIN PRIVATE KEY-----"
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that an unprivileged account can get to, with a key and a witness line."""
    top = Path(tempfile.mkdtemp(prefix="custos-confined-"))
    top.chmod(0o711)
    yield top / "data"
    shutil.rmtree(top)


def lived_in(data: Path) -> None:
    for name, text in (("keys/record-signing.pem", SECRET), ("witness/heads.jsonl", "signed\n")):
        file = data / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(text)
        file.chmod(0o600)


def refused(sql: psycopg.Connection, attempt: str) -> bool:
    try:
        sql.execute(attempt)
    except (InsufficientPrivilege, ExternalRoutineException):  # of the file, of the program
        return True
    return False


def attack(data: Path, **options: object) -> None:
    """What a superuser can try with nothing but SQL, and that the server is whole nevertheless."""
    server = postgres.Server(postgres.prepared_place(data), durable=False, **options)  # type: ignore[arg-type]
    key, witness = data / "keys" / "record-signing.pem", data / "witness" / "heads.jsonl"
    lying = data / "lying.so"
    with server:
        lived_in(data)
        with server.superuser() as sql:
            large = sql.execute("SELECT lo_from_bytea(0, 'forged')").fetchone()
            assert large is not None
            sql.execute("CREATE TABLE stolen (line text)")
            for attempt in (
                f"SELECT pg_read_file('{key}')",
                f"COPY stolen FROM '{key}'",
                f"COPY stolen FROM PROGRAM 'cat {key}'",
                f"COPY stolen TO PROGRAM 'cat {key} > /dev/null'",
                f"COPY stolen TO PROGRAM 'cat > {witness}'",
                f"COPY stolen TO PROGRAM 'rm {witness}'",
                f"COPY stolen TO PROGRAM 'mv {witness.parent} {data}/gone'",
                f"COPY stolen TO PROGRAM 'ln {key} {server.place.cluster}/key'",
                f"COPY stolen TO PROGRAM 'kill -0 {os.getpid()}'",
                f"COPY stolen TO '{witness}'",
                f"SELECT lo_export({large[0]}, '{witness}')",
                f"SELECT lo_export({large[0]}, '{lying}')",
                f"SELECT lo_import('{key}')",
                f"SELECT pg_ls_dir('{key.parent}')",
            ):
                assert refused(sql, attempt), attempt
            assert sql.execute("SELECT count(*) FROM stolen").fetchone() == (0,)
            # What a server is for still works, the shell of an archive command included.
            sql.execute("INSERT INTO stolen SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
            sql.execute("COPY stolen TO PROGRAM 'cat > base/copied'")
            sql.execute("SET work_mem = '64kB'")
            sql.execute("SELECT line FROM stolen ORDER BY line || random()::text")
            sql.execute("SET max_parallel_workers_per_gather = 2")
            sql.execute("SELECT count(*) FROM stolen")
            sql.execute("CREATE INDEX ON stolen (line)")
            sql.execute("SELECT now() AT TIME ZONE 'Asia/Shanghai'")
            sql.execute("SELECT pg_switch_wal()")
            sql.execute("CHECKPOINT")
            sql.execute("VACUUM FULL stolen")
    assert (key.read_text(), witness.read_text()) == (SECRET, "signed\n")
    with server:  # and so does the next start
        pass


def as_somebody(act: Callable[[], None], folder: Path) -> None:
    """Run `act` as an account without privileges, which owns `folder`; in a process of its own."""
    if os.getuid():
        return act()
    account = pwd.getpwnam(postgres.UNPRIVILEGED)
    os.chown(folder, account.pw_uid, account.pw_gid)
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "see the words above"
    return None


@needs_landlock
def test_a_superuser_of_our_own_account_reaches_neither_keys_nor_witness(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.getuid() == 0:
        # The package may lie where no account but ours can go; the server's copy does not.
        found = postgres.Server(postgres.prepared_place(data.parent / "copy"))._binaries()
        for folder in (place for place in found.parents if place.is_relative_to(data.parent)):
            folder.chmod(0o755)
        monkeypatch.setenv("CUSTOS_PG_BIN", str(found))
    as_somebody(lambda: attack(data), data.parent)


@needs_landlock
@pytest.mark.skipif(os.getuid() != 0, reason="only root gives the server an account of its own")
def test_nor_does_one_when_root_gave_the_server_another_account(data: Path) -> None:
    attack(data)


def test_a_folder_from_which_the_server_could_read_the_keys_is_refused(data: Path) -> None:
    place = postgres.prepared_place(data)
    with (
        pytest.raises(postgres.DatabaseTrouble, match=r"could read .*keys"),
        postgres.Server(place, durable=False, also_writes=[data]),
    ):
        pass


def test_a_kernel_without_landlock_lets_the_server_run(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with postgres.Server(postgres.prepared_place(data), durable=False) as server:
        assert server.poll() is None
