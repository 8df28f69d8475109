"""Databases for tests: one embedded server a run, one migrated template, one clone a worker.

Tests connect as the application's role, under row-level security, as the program does.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from custos.config import postgres

TEMPLATE = "custos_template"

#: A database is a thousand files, which some disks take a second to make and memory a moment. The
#: server may write there anyway. A run holds the lock beside its folder for as long as it lives.
_MEMORY = Path("/dev/shm")
_LIES = "custos-test-"
_locks: dict[Path, IO[bytes]] = {}
#: What the databases of a run need at most at once, with what they grow by.
_ROOM = 3 << 30

Made = TypeVar("Made")


def start() -> postgres.Server:
    """Start the run's server and migrate its template, in the process that outlives the others."""
    server = postgres.Server(postgres.prepared_place(settings.DATA), durable=False)
    server.start()
    server.provision(TEMPLATE, files=_in_memory())
    migrated = subprocess.run(
        [sys.executable, "-m", "custos.config.program", "migrate"],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "custos.config.settings",
            "CUSTOS_OWNER_URL": server.place.url(postgres.OWNER, TEMPLATE),
            "DATABASE_URL": server.place.url(postgres.APP, TEMPLATE),
        },
        capture_output=True,
        text=True,
    )
    if migrated.returncode:
        stop(server)
        raise RuntimeError(f"the test database can't be migrated:\n{migrated.stderr}")
    return server


def stop(server: postgres.Server) -> None:
    """Stop it and leave nothing of its databases."""
    server.stop()
    for folder, lock in _locks.items():
        _take_away(folder)
        lock.close()
    _locks.clear()


def _in_memory() -> Path | None:
    """A folder in memory for the databases of this run, where there is room for them."""
    if not _MEMORY.is_dir():
        return None
    for lock in _MEMORY.glob(f"{_LIES}*.lock"):
        _clear_up(lock)
    if shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    folder = _MEMORY / f"{_LIES}{uuid.uuid4().hex[:12]}"
    held = folder.with_suffix(".lock").open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    _locks[folder] = held
    return folder


def _clear_up(lock: Path) -> None:
    """Take away what a run left that was killed; another's who lives, or isn't ours, stays."""
    with suppress(OSError), lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _take_away(lock.with_suffix(""))


def _take_away(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)


def superuser(database: str = "postgres") -> psycopg.Connection:
    """A connection as the cluster's superuser, which row-level security doesn't bind."""
    place = postgres.place_for(settings.DATA)
    return psycopg.connect(place.url(postgres.SUPERUSER, database), autocommit=True)


def current_name() -> str:
    """The database that Django is connected to just now."""
    return str(settings.DATABASES["default"]["NAME"])


@contextmanager
def clone(template: str = TEMPLATE) -> Iterator[str]:
    """A fresh copy of the template, which Django uses meanwhile."""
    name = f"custos_{uuid.uuid4().hex[:12]}"
    try:
        with _used(name, template):
            yield name
    finally:
        _drop(name)


@contextmanager
def _used(name: str, template: str) -> Iterator[None]:
    with superuser() as connection:
        postgres.make_database(connection, name, template=template)
    former = {key: settings.DATABASES["default"][key] for key in _ADDRESS}
    witness: Path = settings.WITNESS
    _point_django_at(_address(name))
    if witness.is_relative_to(settings.DATA / "witness"):  # not a test's own
        # What one database's record was seen to be says nothing about another's.
        settings.WITNESS = settings.DATA / "witness" / name / "heads.jsonl"
    try:
        yield
    finally:
        _point_django_at(former)
        settings.WITNESS = witness


@contextmanager
def filled(fill: Callable[[], Made]) -> Iterator[tuple[str, Made]]:
    """A template that `fill` filled, by name, and what it returned; tests begin with clones of it."""
    name = f"custos_{uuid.uuid4().hex[:12]}"
    try:
        with _used(name, TEMPLATE):
            made = fill()
        yield name, made
    finally:
        _drop(name)


def filled_once(name: str, fill: Callable[[], None]) -> str:
    """A database that one process of the run fills and all of them may clone; its name.

    For what takes long to make: whoever comes first makes it, the others wait.
    """
    done = Path(settings.DATA) / f"{name}.filled"
    with (Path(settings.DATA) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            try:
                with _used(name, TEMPLATE):
                    fill()
            except BaseException:
                _drop(name)
                raise
            done.touch()
    return name


def _drop(name: str) -> None:
    with superuser() as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


_ADDRESS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


def _address(name: str) -> dict[str, str]:
    place = postgres.place_for(settings.DATA)
    return {
        "NAME": name,
        "USER": postgres.APP,
        "PASSWORD": place.password(postgres.APP),
        "HOST": str(place.socket_folder),
        "PORT": "",
    }


def _point_django_at(address: dict[str, str]) -> None:
    connections.close_all()
    settings.DATABASES["default"].update(address)
    default = connections["default"]
    default.settings_dict.update(address)
    # Django would find this out by making a table, which the application's role may not.
    default.features.supports_transactions = True
