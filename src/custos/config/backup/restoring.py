"""Restoring a node to an instant.

A restore works in a folder of its own beside the data, on a server of its own that nobody else can
reach, and takes its place only when the record was verified there. Whatever goes wrong before leaves
the data folder as it was. Knows no Django: what is asked of the restored database runs in a process
of its own (`proving`), whose installation is that folder.
"""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from custos.config import postgres
from custos.config.backup import versions
from custos.config.backup.node import WAITING, Node, signer_in
from custos.foundation import clock
from custos.foundation.backups import envelope, epochs, keys, store
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record import sightings, signing

STAGING = ".restoring"
#: What a restore leaves where it is: secrets, the lock of a demo, logs, what was moved aside before.
_STAYS = ("keys", "demo", "logs", "static", "backups", STAGING)
_ASIDE = "aside-"
_SLACK = 64 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored: `to` an instant (None: as far as the log reaches), with which keys."""

    source: Path
    to: datetime | None
    key: Path
    keys: Path | None = None
    move_aside: bool = False
    #: Whether a record that doesn't verify takes its place all the same.
    unverified: bool = False


@dataclass(slots=True)
class Report:
    """What a restore did."""

    base: store.Base
    epoch: epochs.Epoch
    wanted: datetime | None
    last_transaction: datetime | None
    verdicts: list[str]
    sound: bool
    #: Whether the chains are as they were signed, whatever is with the files.
    intact: bool
    attachments: int
    missing: list[str]
    orphans: int
    waiting: str
    waiting_lost: str
    seconds: float
    embedded: bool
    placed: bool = False
    aside: Path | None = None


def instant(text: str, now: datetime) -> datetime | None:
    """An instant in ISO 8601; without a zone it is Beijing time. None for `latest`.

    Raises `BackupTrouble` for what is none, or lies in the future.
    """
    if text == "latest":
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=clock.LOCAL)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BackupTrouble(
            f"“{text}” is no instant; write 2026-03-01T14:30:00+08:00, or latest"
        ) from None
    if found > now:
        raise BackupTrouble(
            f"{_said(found)} is in the future; now it is {_said(now)}. Name an instant that has"
            " passed, or latest"
        )
    return found


def choose(backups: store.Store, to: datetime | None, trusted: str) -> store.Base:
    """The newest base copy that was whole at the instant. Raises `BackupTrouble`."""
    if not backups.folder.is_dir():
        raise BackupTrouble(f"there is no folder {backups.folder}; name the folder of the backups")
    bases = backups.bases()
    if not bases:
        raise BackupTrouble(
            f"{backups.folder} holds no base copy; name the folder that holds the series"
            " (20260301T020000Z-…), as `custos backup list` shows it"
        )
    fitting = [base for base in bases if to is None or base.manifest.finished_at <= to]
    if not fitting:
        oldest = bases[0].manifest.finished_at
        raise BackupTrouble(
            f"the oldest base copy here was whole at {_said(oldest)}, which is after the instant"
            f" {_said(to or oldest)}; name a later one, or another folder of backups"
        )
    base = fitting[-1]
    if base.manifest.key != trusted:
        raise BackupTrouble(
            f"{base.folder} was signed by {base.manifest.key}, and these keys sign as {trusted}:"
            " it is another node's backup, or these are another node's keys. Bring those that belong"
            " together (--keys)"
        )
    return base


def log_needed(base: store.Base, to: datetime | None) -> list[tuple[str, Path]]:
    """The log's segments without a hole from the copy's begin, by name.

    Raises `BackupTrouble` where the hole comes before the copy is whole, or before the instant.
    """
    facts, kept = base.manifest.postgres, base.series.segments()
    found: list[tuple[str, Path]] = []
    for name in facts.segments(facts.start):
        if name not in kept:
            break
        found.append((name, kept[name]))
    hole = name
    if hole <= facts.segment(facts.end - 1):
        raise BackupTrouble(
            f"the log's segment {hole} is missing, without which {base.folder.name} isn't whole;"
            " restore from another base copy, or find that file in another copy of the backups"
        )
    beyond = [name for name in kept if name > hole]
    sealed = datetime.fromtimestamp(found[-1][1].stat().st_mtime, UTC)
    if beyond and (to is None or to > sealed):
        raise BackupTrouble(
            f"the log's segment {hole} is missing, and {len(beyond)} later ones are there: from"
            f" {base.folder.name} nothing after {_said(sealed)} can be reached. Find that file in"
            " another copy of the backups, or name an earlier instant"
        )
    return found


def restore(node: Node, wanted: Wanted, say: Say) -> Report:
    """Restore into the node's data folder, which has to be empty but for its keys.

    With `move_aside` whatever stands there is kept in a folder beside it. A record that doesn't verify
    stays out (`placed` is False) unless `unverified` was asked for. Raises `BackupTrouble` or
    `postgres.DatabaseTrouble`; the data folder is then as it was.
    """
    made = not node.data.exists()
    node.data.mkdir(parents=True, exist_ok=True)
    try:
        with _locked(node):
            present = [
                path
                for path in node.data.iterdir()
                if path.name not in _STAYS and not path.name.startswith(_ASIDE)
            ]
            if present and not wanted.move_aside:
                raise BackupTrouble(
                    f"{node.data} isn't empty ({present[0].name}); name an empty folder by --data, or"
                    " let --move-aside keep what is there in a folder beside it"
                )
            with _staged(node.data / STAGING) as stage:
                report = build(stage, wanted, say, surviving=node.witness)
                if report.intact or wanted.unverified:
                    report.aside = _take_place(node, stage, present)
                    report.placed = True
    finally:
        if made and not any(node.data.iterdir()):
            node.data.rmdir()
    return report


def drill(scratch: Path, wanted: Wanted, say: Say) -> Report:
    """Restore into a scratch folder as a test, and take it away again."""
    with _staged(scratch / STAGING) as stage:
        report = build(stage, wanted, say, surviving=None)
    if report.sound and not report.missing and not report.waiting_lost:
        report.base.note_verified(datetime.now(UTC), "restored", report.seconds)
    return report


@contextlib.contextmanager
def _locked(node: Node) -> Iterator[None]:
    """Nothing runs on the data folder meanwhile."""
    refusal = BackupTrouble(
        f"a Custos is at work on {node.data}; stop it first, or restore into another folder (--data)"
    )
    with contextlib.ExitStack() as stack:
        home = postgres.place_for(node.data).home
        for file in (node.data / "demo", home / "lock", node.keys / "keeper.lock"):
            if file.exists():
                lock = stack.enter_context(file.open("r"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise refusal from None
        yield


@contextlib.contextmanager
def _staged(stage: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards, the database's too where that is elsewhere."""
    _forget(stage)
    # Passable, not readable: where we are root the server lives in it as another account.
    stage.mkdir(mode=0o711, parents=True)
    try:
        yield stage
    finally:
        _forget(stage)


def _forget(stage: Path) -> None:
    home = postgres.place_for(stage).home
    if home.name != "unmade":
        shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(stage, ignore_errors=True)


# ---------------------------------------------------------------------- building


def build(stage: Path, wanted: Wanted, say: Say, *, surviving: Path | None) -> Report:
    """Everything but taking the place: the restored, verified node in `stage`."""
    began = time.monotonic()
    opener = keys.load(wanted.key)
    apart, own = wanted.keys or stage.parent / "keys", stage.parent / "keys"
    by = signer_in(apart)
    if (own / signing.KEY).exists() and signer_in(own).name != by.name:
        raise BackupTrouble(
            f"{own} holds the signing key of another node than {apart}; restore into another folder"
            " (--data)"
        )
    base = choose(store.Store(wanted.source), wanted.to, by.name)
    manifest = base.manifest
    versions.require_same(manifest)
    _require_opener(base, opener)
    log = log_needed(base, wanted.to)
    _require_room(stage, manifest, log)

    _copy_keys(apart, stage / "keys", wanted.key)
    if not (stage / "keys" / keys.PUBLIC).exists():
        keys.remember(stage / "keys", opener)
    server = Recovery(postgres.prepared_place(stage), manifest.postgres)
    server.require_version()
    reading = _Reading(opener, by.name)
    say(f"restoring {base.folder} (whole at {_said(manifest.finished_at)})")
    _unpack_cluster(server.place, base, reading)
    _unpack_log(server.place, manifest.postgres, base, log, reading)
    _unpack_witness(stage, base, reading, surviving)
    waiting, waiting_lost = _unpack_waiting(stage, base, wanted.to, reading)
    say("the files are there; following the log")
    try:
        last = server.recover(wanted.to)
        epoch = epochs.Epoch(
            id=epochs.new_id(),
            began_at=datetime.now(UTC).isoformat(),
            restored_to=(wanted.to or last or manifest.finished_at).isoformat(),
            last_transaction=last.isoformat() if last else "",
            former=manifest.lives[-1]["id"],
            base=base.folder.name,
        )
        say(
            f"the last transaction is of {_said(last or manifest.finished_at)}; verifying the record"
        )
        if manifest.postgres.embedded:
            server.renew_passwords()
        attachments, missing, orphans = _unpack_attachments(stage, base, server, reading, epoch)
        proof = _ask(stage, server, "verify", epoch.restored_to, epoch.id)
    finally:
        server.stop()
    _tidy(server.place, manifest)
    epoch = replace(epoch, lost=tuple((row[0], row[1], row[2]) for row in proof["lost"]))
    for life in [*map(epochs.of, manifest.lives), epoch]:
        epochs.begin(stage, life)
    if manifest.demo:
        (stage / "demo").touch()
    return Report(
        base=base,
        epoch=epoch,
        wanted=wanted.to,
        last_transaction=last,
        verdicts=proof["verdicts"],
        sound=proof["sound"],
        intact=proof["intact"],
        attachments=attachments,
        missing=missing,
        orphans=orphans,
        waiting=waiting,
        waiting_lost=waiting_lost,
        seconds=time.monotonic() - began,
        embedded=manifest.postgres.embedded,
    )


def _copy_keys(apart: Path, target: Path, backup_key: Path) -> None:
    """The node's keys; never the backup's, which may lie beside them where both are kept apart."""
    target.mkdir(mode=0o700)
    for file in apart.iterdir():
        passing = file.suffix == ".lock" or file.name == "database-home"
        if file.is_file() and not passing and not file.samefile(backup_key):
            shutil.copyfile(file, target / file.name)
            (target / file.name).chmod(0o600)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Who opens, and whose seals are believed."""

    opener: keys.Opener
    trusted: str

    def open(self, file: Path, name: str, *, growing: bool = False) -> Iterator[bytes]:
        return envelope.opened(file, name, key=self.opener, trusted=self.trusted, growing=growing)


def _require_opener(base: store.Base, opener: keys.Opener) -> None:
    sealed_for = base.series.said["key"]
    if opener.name != sealed_for:
        raise BackupTrouble(
            f"{base.folder} was sealed for the key {sealed_for}, and the key given is {opener.name};"
            " bring the key that was in use then (--key)"
        )


def _require_room(stage: Path, manifest: store.Manifest, log: list[tuple[str, Path]]) -> None:
    # Where we are root the database may have to live elsewhere; both places get all of it.
    wanted = manifest.database.content + len(log) * manifest.postgres.segment_size
    wanted += manifest.media_bytes + _SLACK
    place = postgres.place_for(stage).home
    for folder in {stage, next(path for path in place.parents if path.exists())}:
        free = shutil.disk_usage(folder).free
        if free < wanted:
            raise BackupTrouble(
                f"the restore needs {_size(wanted)}, and {folder} has {_size(free)}; make room, or"
                " name a folder on a larger disk by --data"
            )


def _unpack(archive: tarfile.TarFile, folder: Path, kind: Literal["tar", "data"]) -> None:
    """Unpack into a folder and nowhere else, by the standard library's filter of that kind.

    Python before 3.11.4 has no filters: there only files and folders within are taken, and as "data"
    they are ours, with nobody else's rights.
    """
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter=kind)  # noqa: S202 - what leads out is refused by it
        return
    top = folder.resolve()
    for member in archive:
        within = (top / member.name).resolve().is_relative_to(top)
        if not within or not (member.isreg() or member.isdir()):
            raise BackupTrouble(
                f"{member.name} in the backup is neither a file nor a folder within it; restore with"
                " Python 3.11.4 or newer"
            )
        if kind == "data":
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
            member.mode &= 0o755
        archive.extract(member, top)


def _unpack_cluster(place: postgres.Place, base: store.Base, reading: _Reading) -> None:
    name = f"{base.series.folder.name}/{base.folder.name}/database"
    stream = envelope.Reader(reading.open(base.folder / "database", name))
    unfinished = place.home / "cluster"
    unfinished.mkdir(mode=0o700)
    with tarfile.open(fileobj=stream, mode="r|", bufsize=1024 * 1024) as archive:
        _unpack(archive, unfinished, "tar")
    while stream.read(1024 * 1024):  # to its last chunk: a copy that was cut off is found
        pass


def _unpack_log(
    place: postgres.Place,
    facts: store.Postgres,
    base: store.Base,
    log: list[tuple[str, Path]],
    reading: _Reading,
) -> None:
    # Recovery finds it where a server that was never away has it.
    folder = place.cluster / "pg_wal"
    for name, file in log:
        with (folder / name).open("wb") as out:
            for chunk in reading.open(file, f"wal/{name}", growing=file.suffix == store.PART):
                out.write(chunk)
            out.truncate(facts.segment_size)
    for file in base.series.wal.glob("[0-9A-F]*.history"):
        chunks = reading.open(file, f"wal/{file.name}")
        (folder / file.name).write_bytes(b"".join(chunks))


def _unpack_witness(
    stage: Path, base: store.Base, reading: _Reading, surviving: Path | None
) -> None:
    """The witness file of the backup, or the one that survived where that goes on from it.

    Sightings that survived beside it are for the restore to sign.
    """
    target = stage / "witness" / "heads.jsonl"
    target.parent.mkdir(mode=0o700)
    target.touch(mode=0o600)
    if base.series.witness.exists():
        with target.open("wb") as out:
            for chunk in reading.open(base.series.witness, "witness", growing=True):
                out.write(chunk)
    if surviving is None:
        return
    for suffix in sightings.SUFFIXES:
        if (noted := surviving.with_suffix(suffix)).exists():
            shutil.copyfile(noted, target.with_suffix(suffix))
    if not surviving.exists():
        return
    kept, found = target.read_bytes(), surviving.read_bytes()
    if found.startswith(kept):
        target.write_bytes(found)
    elif not kept.startswith(found):
        raise BackupTrouble(
            f"the witness file {surviving} isn't that of this backup: they part. Move it away, and"
            " find out which of them was changed"
        )


def _unpack_waiting(
    stage: Path, base: store.Base, to: datetime | None, reading: _Reading
) -> tuple[str, str]:
    """The device messages that waited at the instant: from when they are, and what of them is lost.

    What can't be read here keeps nobody from the record: it is told, and the rest is restored.
    """
    series = base.series
    kept = series.waiting_kept()
    fitting = [name for name in kept if to is None or store.moment(name) <= to]
    if not fitting:
        return "", ""
    name = fitting[-1]
    file = series.waiting / name
    if not file.exists():
        return "", f"{file} is missing"
    unpacked = stage / "waiting"
    unpacked.mkdir(mode=0o700)
    try:
        stream = envelope.Reader(reading.open(file, f"waiting/{name}"))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            _unpack(archive, unpacked, "data")
        while stream.read(1024 * 1024):  # to its last chunk: one that was cut off is found
            pass
    except (BackupTrouble, tarfile.TarError, EOFError) as error:
        shutil.rmtree(unpacked)
        return "", str(error)
    for folder in unpacked.iterdir():
        folder.rename(stage / folder.name)
    unpacked.rmdir()
    return (name if any((stage / folder).exists() for folder in WAITING) else ""), ""


def _unpack_attachments(
    stage: Path, base: store.Base, server: "Recovery", reading: _Reading, epoch: epochs.Epoch
) -> tuple[int, list[str], int]:
    """The files that entries name; returns how many, which are missing, and how many nobody names.

    What no entry names stays out: it came later, or was erased by law, which a restore must not undo.
    """
    named = set(_ask(stage, server, "attachments", epoch.restored_to, epoch.id)["named"])
    found, orphans = set(), 0
    folder = stage / "attachments"
    folder.mkdir(mode=0o700)
    for file in sorted(base.series.media.glob("*/*")):
        if file.name.startswith("."):
            continue
        chunks = reading.open(file, f"media/{file.name}")
        first = next(chunks)
        digest = first[:64].decode()
        if digest not in named:
            orphans += 1
            continue
        target = folder / digest[:2] / digest
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("wb") as out:
            out.write(first[64:])
            for chunk in chunks:
                out.write(chunk)
        if envelope.digest_of(target) == digest:
            found.add(digest)
        else:
            target.unlink()
    return len(found), sorted(named - found), orphans


def _ask(stage: Path, server: "Recovery", what: str, to: str, epoch: str) -> dict[str, Any]:
    """Ask the restored database in a process whose installation is `stage`."""
    ours = ("CUSTOS_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {
        "CUSTOS_DATA": str(stage),
        "DATABASE_URL": server.url(server.facts.app, server.facts.database),
        "DJANGO_SETTINGS_MODULE": "custos.config.settings",
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "custos.config.backup.proving", what, to, epoch],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BackupTrouble(f"the restored database can't be asked: {last[0]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _tidy(place: postgres.Place, manifest: store.Manifest) -> None:
    for name in ("recovery", "programs", "lock", "server.log", "run"):
        path = place.home / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if manifest.postgres.embedded:
        return
    # A server of the system's own keeps its settings elsewhere, and doesn't miss these.
    for name in ("backup_label.old", "backup_manifest"):
        (place.cluster / name).unlink(missing_ok=True)


def _take_place(node: Node, stage: Path, present: list[Path]) -> Path | None:
    """Put the restored node where it belongs; the last step, of renames only."""
    aside = None
    if present:
        aside = node.data / f"{_ASIDE}{store.stamp(datetime.now(UTC))}"
        aside.mkdir(mode=0o711)
        pointer = node.keys / "database-home"
        for path in [*present, *([pointer] if pointer.exists() else [])]:
            path.rename(aside / path.name)
    if node.witness != node.data / "witness" / "heads.jsonl":
        node.witness.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = node.witness.with_name(f".{node.witness.name}")
        shutil.copyfile(stage / "witness" / "heads.jsonl", draft)
        draft.chmod(0o600)
        draft.replace(node.witness)
        for suffix in sightings.SUFFIXES:  # the restore has signed what they said
            node.witness.with_suffix(suffix).unlink(missing_ok=True)
        shutil.rmtree(stage / "witness")
    node.keys.mkdir(mode=0o700, exist_ok=True)
    for path in (stage / "keys").iterdir():
        path.replace(node.keys / path.name)  # the database's passwords are those now
    (stage / "keys").rmdir()
    for path in list(stage.iterdir()):
        if not (node.data / path.name).exists():
            path.rename(node.data / path.name)
    return aside


# ---------------------------------------------------------------------- the server


class Recovery(postgres.Server):
    """A server that follows a log to an instant, on a cluster that was just unpacked.

    Only our own account gets in, by the kernel's word for who we are: the passwords in the cluster
    are of another time, or of another machine.
    """

    def __init__(self, place: postgres.Place, facts: store.Postgres) -> None:
        super().__init__(place, also_writes=[place.home / "recovery"])
        self.facts = facts

    def url(self, role: str, database: str) -> str:
        """The connection string of a role, without a password."""
        return make_conninfo(host=str(self.place.socket_folder), user=role, dbname=database)

    def require_version(self) -> None:
        """Refuse binaries of another major version than the copy's."""
        ours = postgres.major_of(postgres.packaged_binaries())
        if ours != self.facts.major:
            raise BackupTrouble(
                f"this backup is of PostgreSQL {self.facts.major}, and the binaries here are of"
                f" {ours}; name the folder of PostgreSQL {self.facts.major}'s by CUSTOS_PG_BIN, such"
                f" as /usr/lib/postgresql/{self.facts.major}/bin"
            )

    def recover(self, to: datetime | None) -> datetime | None:
        """Follow the log and open the database; returns when its last transaction was.

        Raises `BackupTrouble` where the log ends before the instant.
        """
        self._take_lock()
        binaries = self._binaries()
        settings = self._settings(to)
        (self.place.cluster / "recovery.signal").touch()
        self._own(self.place.home)
        postgres.make_private(self.place.socket_folder, self.place.account)
        self._process = self._spawn(binaries, **settings)
        self._wait_until_open(to)
        with self._connected() as connection:
            last = connection.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
        return last[0] if last else None

    def renew_passwords(self) -> None:
        """Give the roles the passwords that the keys hold now."""
        with self._connected() as connection:
            for role in (postgres.SUPERUSER, *postgres.ROLES):
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(self.place.password(role))
                    )
                )

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(
            self.url(self.facts.superuser, self.facts.database), autocommit=True, connect_timeout=5
        )

    def _settings(self, to: datetime | None) -> dict[str, str]:
        folder = self.place.home / "recovery"
        folder.mkdir(mode=0o700)
        (folder / "postgresql.conf").write_text("")
        (folder / "pg_hba.conf").write_text("local all all peer map=restore\n")
        me = pwd.getpwuid(os.getuid()).pw_name
        roles = {self.facts.superuser, self.facts.app}
        (folder / "pg_ident.conf").write_text("".join(f'restore {me} "{role}"\n' for role in roles))
        (self.place.cluster / "postgresql.conf").touch(mode=0o600)
        settings = {
            "config_file": str(folder / "postgresql.conf"),
            "hba_file": str(folder / "pg_hba.conf"),
            "ident_file": str(folder / "pg_ident.conf"),
            "restore_command": "false",  # all there is lies in pg_wal already
            "recovery_target_timeline": "current",
            "recovery_target_action": "promote",
            "hot_standby": "off",
            "archive_mode": "off",
            "shared_preload_libraries": "",
            "ssl": "off",
        }
        if to is not None:
            settings["recovery_target_time"] = to.isoformat(sep=" ")
        return settings

    def _own(self, top: Path) -> None:
        account = self.place.account
        if account is None:
            return
        for folder, folders, files in os.walk(top):
            for name in (".", *folders, *files):
                os.chown(Path(folder, name), account.pw_uid, account.pw_gid, follow_symlinks=False)

    def _wait_until_open(self, to: datetime | None) -> None:
        while True:
            try:
                with self._connected() as connection:
                    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                if row == (False,):
                    return
            except psycopg.OperationalError:
                if self.poll() is not None:
                    raise self._refusal(to) from None
            time.sleep(0.1)

    def _refusal(self, to: datetime | None) -> BackupTrouble:
        words = self.place.log.read_text(errors="replace")
        reached = [line for line in words.splitlines() if "last completed transaction was" in line]
        if "recovery ended before configured recovery target was reached" in words and to:
            until = reached[-1].split("at log time ")[-1] if reached else "its begin"
            return BackupTrouble(
                f"the log that was kept doesn't reach {_said(to)}: its last transaction is of"
                f" {until}. Name an earlier instant, or latest"
            )
        fatal = [line for line in words.splitlines() if "FATAL" in line or "PANIC" in line]
        return BackupTrouble(
            f"PostgreSQL can't follow the log: {fatal[-1] if fatal else words[-300:]};"
            " restore from another base copy"
        )


def _said(at: datetime) -> str:
    return at.astimezone(clock.LOCAL).isoformat(timespec="seconds")


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"
