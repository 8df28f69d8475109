"""A base copy: the files of the whole cluster, taken by `pg_basebackup` while it runs, and sealed.

Needs Django for what it asks the database as the application: version, names, heads of the chains.
"""

import contextlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.db import connection

from custos.config.backup import keeping, versions
from custos.config.backup.node import Node, Source, source
from custos.foundation.backups import envelope, epochs, store
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.database import scope
from custos.foundation.record import witness

_BLOCK = 1024 * 1024
#: How long the log of the copy's last moment may take until it is kept.
_PATIENCE = 120.0
#: Which log the copy needs: at the end of its list of files, which is the archive's last member.
_RANGE = re.compile(
    rb'"WAL-Ranges": \[\s*\{ "Timeline": (\d+), "Start-LSN": "([0-9A-F]+)/([0-9A-F]+)",'
    rb' "End-LSN": "([0-9A-F]+)/([0-9A-F]+)" \}\s*\]'
)

Say = Callable[[str], None]


def make(node: Node, say: Say) -> store.Base:
    """Make a base copy and wait until the log that makes it whole is kept too.

    Keeps the log itself meanwhile where no keeper is at work. Raises `BackupTrouble`; an unfinished
    copy is taken away.
    """
    recipient, by = node.recipient(), node.signer()
    server = source(node.data)
    with _kept(node, recipient.name) as series:
        began = datetime.now(UTC)
        name = f"base-{store.stamp(began)}"
        folder, draft = series.folder / name, series.folder / f".{name}"
        if folder.exists():
            raise BackupTrouble(f"{folder} was made this second; try again")
        try:
            draft.mkdir(mode=0o700)
            say(f"copying the database into {folder}")
            sealed, facts = _copy(node, server, draft, f"{series.folder.name}/{name}")
            _wait_for_log(series, facts)
            names, index = _index_media(series, draft)
            manifest = store.Manifest(
                name=name,
                series=series.folder.name,
                lives=[asdict(life) for life in epochs.history(node.data)],
                program=version("custos"),
                tables=versions.tables(),
                began_at=began,
                finished_at=datetime.now(UTC),
                postgres=facts,
                database=sealed,
                media_index=index,
                media_files=len(names),
                media_bytes=sum(file.stat().st_size for file in names),
                heads=_heads(),
                demo=(node.data / "demo").exists(),
                key=by.name,
            )
            store.write_manifest(draft, manifest, by)
            draft.rename(folder)
            envelope.sync_folder(series.folder)
        except OSError as error:
            raise BackupTrouble(
                f"the copy can't be written into {node.backups}: {error.strerror or error}."
                " Make room by `custos backup prune`, or name another folder by CUSTOS_BACKUPS"
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return store.Base(folder, manifest)


@contextlib.contextmanager
def _kept(node: Node, key: str) -> Iterator[store.Series]:
    """The series that a keeper is at work on: the one that runs, or one for as long as this lasts."""
    stop, thread = threading.Event(), None
    said: list[str] = []
    with contextlib.ExitStack() as stack:
        began = datetime.now(UTC)
        with contextlib.suppress(keeping.Busy):
            stack.enter_context(keeping.sole(node.data))
            thread = threading.Thread(target=keeping.run, args=(node, stop, said.append))
            thread.start()
            stack.callback(thread.join)
            stack.callback(stop.set)
        until = time.monotonic() + 30
        while True:
            series = _at_work(node, key, began)
            if series is not None:
                break
            if time.monotonic() > until:
                why = said[-1] if said else "see the log of `custos backup keep`"
                raise BackupTrouble(f"the log of the database isn't being kept: {why}")
            time.sleep(0.2)
        yield series


def _at_work(node: Node, key: str, began: datetime) -> store.Series | None:
    for series in reversed(node.store.series()):
        at = series.kept().get("streamed_at")
        if series.said["key"] == key and at and datetime.fromisoformat(at) >= began:
            return series
    return None


def _copy(
    node: Node, server: Source, folder: Path, name: str
) -> tuple[store.Sealed, store.Postgres]:
    with tempfile.TemporaryFile() as words:
        process = server.run(
            "pg_basebackup",
            "--pgdata=-",
            "--format=tar",
            "--wal-method=none",
            "--checkpoint=fast",
            "--manifest-checksums=NONE",  # the seal sees to that
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            start_new_session=True,
        )
        assert process.stdout is not None
        tail = b""
        try:
            with envelope.sealing(
                folder / "database",
                f"{name}/database",
                to=node.recipient(),
                by=node.signer(),
                at=datetime.now(UTC),
            ) as sealed:
                while block := process.stdout.read(_BLOCK):
                    sealed.write(block)
                    tail = (tail + block)[-_BLOCK:]
        finally:
            process.stdout.close()
            code = process.wait()
            words.seek(0)
            said = words.read().decode(errors="replace")
        if code:
            last = said.strip().splitlines()[-1:] or ["pg_basebackup failed"]
            raise BackupTrouble(f"the database can't be copied: {last[0]}")
    stretch = _RANGE.search(tail)
    if stretch is None:
        raise BackupTrouble("the copy doesn't say which log it needs; is the server older than 15?")
    places = [int(number, 16) for number in stretch.groups()[1:]]
    facts = _facts(
        server,
        timeline=int(stretch[1]),
        start=(places[0] << 32) + places[1],
        end=(places[2] << 32) + places[3],
    )
    return store.Sealed(sealed.size, sealed.sha256, sealed.content), facts


def _facts(server: Source, **places: int) -> store.Postgres:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int,"
            " (SELECT system_identifier::text FROM pg_control_system()),"
            " (SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size'),"
            " current_database(), current_user,"
            " (SELECT rolname FROM pg_roles WHERE oid = 10)"
        )
        row: tuple[Any, ...] = cursor.fetchone()
    number, system, segment, database, app, superuser = row
    return store.Postgres(
        number=number,
        system=system,
        segment_size=segment,
        database=database,
        superuser=superuser,
        app=app,
        embedded=server.embedded,
        **places,
    )


def _wait_for_log(series: store.Series, facts: store.Postgres) -> None:
    """The copy ends by a switch of segments, so that the last one that it needs gets done."""
    last = facts.segment(facts.end - 1)
    until = time.monotonic() + _PATIENCE
    while not (series.wal / last).exists():
        if time.monotonic() > until:
            raise BackupTrouble(
                f"the database was copied, but its log up to the copy's end ({last}) doesn't arrive;"
                " see the log of `custos backup keep`, then try again"
            )
        time.sleep(0.2)
    kept = series.segments()
    for name in facts.segments(facts.start):
        if name not in kept:
            raise BackupTrouble(f"the log's segment {name} was not kept; try again")
        if name == last:
            return


def _index_media(series: store.Series, folder: Path) -> tuple[list[Path], store.Sealed]:
    files = [file for file in sorted(series.media.glob("*/*")) if not file.name.startswith(".")]
    text = "".join(f"{file.name}\n" for file in files).encode()
    (folder / "media.index").write_bytes(text)
    digest = envelope.digest_of(folder / "media.index")
    return files, store.Sealed(len(text), digest, len(text))


def _heads() -> list[list[Any]]:
    with scope.entered(scope.Scope.of_system("backup")):
        return witness.heads()
