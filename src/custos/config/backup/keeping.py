"""Keeping what a base copy doesn't have: everything since, sealed within a second or two.

PostgreSQL's `pg_receivewal` receives the log as it is written, into a folder of the node's own. Each
round the keeper seals what is new: whole segments, the growing one as it grows, attachments, witness
file, waiting messages. The log that a round seals was read before the round looked for attachments,
and an attachment is on disk before its entry commits: so no kept entry names a file that isn't kept.
The same holds for a line of the witness file, which the database remembers when it is there.

The server holds its log back for us by a replication slot. If we were away so long that it gave up,
we begin anew: there is a hole then, and a new base copy is due, which `custos check` says.
"""

import contextlib
import fcntl
import hashlib
import hmac
import io
import os
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from custos.config.backup.node import WAITING, Node, Source, source
from custos.config.environment import secret
from custos.config.postgres import DatabaseTrouble, die_with_parent
from custos.foundation.backups import envelope, epochs, keys, store
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record.signing import Signer

SLOT = "custos_backup"
_ROUND = 1.0
_SAY_EVERY = 2.0
_WAITING_EVERY = 10.0
_BLOCK = 1024 * 1024
_GAVE_UP = ("has already been removed", "can no longer get changes", "invalidated")

Say = Callable[[str], None]


class Busy(BackupTrouble):
    """Another process keeps this node's backups."""


@contextlib.contextmanager
def sole(data: Path) -> Iterator[None]:
    """Be the only keeper of a data folder. Raises `Busy`."""
    handle = os.open(data / "keys" / "keeper.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another process keeps the backups of this node") from None
        yield


def run(node: Node, stop: threading.Event, say: Say) -> None:
    """Keep until `stop` is set; waits for a key and for the server, and comes back from trouble."""
    keeper: Keeper | None = None
    said: str | None = None
    try:
        while not stop.is_set():
            trouble = ""
            try:
                recipient = keys.recipient(node.keys)
                if recipient is None:
                    trouble = "there is no backup key yet (`custos backup key FILE` makes one)"
                else:
                    if keeper is None or keeper.recipient.name != recipient.name:
                        if keeper is not None:
                            keeper.close()
                        keeper = Keeper(node, recipient)
                    trouble = keeper.round()
            except (BackupTrouble, DatabaseTrouble, OSError) as error:
                trouble = str(error)
            if trouble != said:
                say(trouble or f"keeping into {keeper.series.folder if keeper else ''}")
                said = trouble
            stop.wait(_ROUND)
    finally:
        if keeper is not None:
            keeper.close()


class Keeper:
    """Keeps one node's log and files in the series of its epoch and key."""

    def __init__(self, node: Node, recipient: keys.Recipient) -> None:
        self.node, self.recipient = node, recipient
        self.by: Signer = node.signer()
        self.series = self._series()
        self.receiver = Receiver(node, source(node.data))
        self._names = secret("CUSTOS_BACKUP_NAMES", node.keys / "backup-names").encode()
        self._segments: dict[str, _Growing] = {}
        self._witness: _Growing | None = None
        self._folders: dict[str, int] = {}
        self._waiting: list[tuple[str, int, int]] | None = None
        self._waiting_due = self._said_at = 0.0

    def _series(self) -> store.Series:
        now = datetime.now(UTC)
        if not epochs.history(self.node.data):
            epochs.begin(self.node.data, epochs.Epoch(epochs.new_id(), now.isoformat()))
        epoch = epochs.history(self.node.data)[-1].id
        found = self.node.store.current(epoch, self.recipient.name)
        return found or self.node.store.begin(epoch, self.recipient.name, now)

    def round(self) -> str:
        """Seal what is new; returns what is wrong, or "". Raises `OSError` for a full disk."""
        trouble = self.receiver.look_after()
        read = self._read_log()
        self._keep_attachments()
        self._keep_witness()
        self._keep_log(*read)
        self._keep_waiting()
        self._say(streaming=not trouble)
        return trouble

    def close(self) -> None:
        """Let the receiver end, and seal what it received last."""
        self.receiver.stop()
        with contextlib.suppress(OSError, BackupTrouble):
            self._keep_log(*self._read_log())
        for growing in self._segments.values():
            growing.close()
        if self._witness:
            self._witness.close()

    # ------------------------------------------------------------------ the log

    def _read_log(self) -> tuple[list[Path], tuple[str, bytes] | None]:
        """Segments that are done, and what is new in the one that grows."""
        done, new = [], None
        for file in sorted(self.node.received.iterdir()):
            if file.suffix != ".partial":
                done.append(file)
            else:
                offset = self._segments[file.stem].length if file.stem in self._segments else 0
                with contextlib.suppress(FileNotFoundError):  # it was done just now
                    new = file.stem, _written(file, offset)
        return done, new

    def _keep_log(self, done: list[Path], new: tuple[str, bytes] | None) -> None:
        for file in done:
            self._seal(self.series.wal / file.name, f"wal/{file.name}", file)
            if growing := self._segments.pop(file.name, None):
                growing.close()
            (self.series.wal / f"{file.name}{store.PART}").unlink(missing_ok=True)
            file.unlink()
        if new and new[1]:
            name, data = new
            if name not in self._segments:
                file = self.series.wal / f"{name}{store.PART}"
                self._segments[name] = _Growing(self, file, f"wal/{name}")
            self._segments[name].write(data)

    # ------------------------------------------------------------------ files

    def _keep_attachments(self) -> None:
        if not self.node.attachments.exists():
            return
        for folder in self.node.attachments.iterdir():
            changed = folder.stat().st_mtime_ns
            if self._folders.get(folder.name) == changed:
                continue
            for file in folder.iterdir():
                if len(file.name) == 64:
                    self._keep_attachment(file)
            self._folders[folder.name] = changed

    def _keep_attachment(self, file: Path) -> None:
        # The digest of a file would tell whoever has the file that it is here.
        name = hmac.new(self._names, file.name.encode(), hashlib.sha256).hexdigest()
        target = self.series.media / name[:2] / name
        if target.exists():
            return
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # erased just now
            self._seal(target, f"media/{name}", file, beginning=file.name.encode(), compress=False)

    def _keep_witness(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            size = self.node.witness.stat().st_size
            if self._witness is None or size < self._witness.length:
                self._witness = _Growing(self, self.series.witness, "witness")
            if size > self._witness.length:
                with self.node.witness.open("rb") as stream:
                    stream.seek(self._witness.length)
                    self._witness.write(stream.read(size - self._witness.length))

    def _keep_waiting(self) -> None:
        """Messages wait for minutes as a rule, and for weeks at worst: the more, the less often."""
        if time.monotonic() < self._waiting_due:
            return
        files = [f for name in WAITING for f in sorted((self.node.data / name).rglob("*"))]
        state, total = [], 0
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                if file.is_file() and (found := file.stat()).st_size:
                    state.append((str(file), found.st_size, found.st_mtime_ns))
                    total += found.st_size
        if state == self._waiting or (not state and self._waiting is None):
            return
        now = datetime.now(UTC)
        name = store.stamp(now)
        with (
            self._sealing(self.series.waiting / name, f"waiting/{name}") as sealed,
            tarfile.open(fileobj=sealed, mode="w|") as archive,  # type: ignore[call-overload]
        ):
            for path, _, _ in state:
                with contextlib.suppress(FileNotFoundError):
                    data = Path(path).read_bytes()
                    member = tarfile.TarInfo(str(Path(path).relative_to(self.node.data)))
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
        said = self.series.kept() | {"waiting": name}
        store.write_json(self.series.folder / "keeping.json", said)
        self._waiting = state
        self._waiting_due = time.monotonic() + max(_WAITING_EVERY, total / _BLOCK)

    # ------------------------------------------------------------------ sealing

    @contextlib.contextmanager
    def _sealing(
        self, target: Path, name: str, *, compress: bool = True
    ) -> Iterator[envelope.Sealed]:
        with envelope.sealing(
            target,
            name,
            to=self.recipient,
            by=self.by,
            at=datetime.now(UTC),
            compress=compress,
        ) as sealed:
            yield sealed

    def _seal(
        self, target: Path, name: str, file: Path, *, beginning: bytes = b"", compress: bool = True
    ) -> None:
        with file.open("rb") as stream, self._sealing(target, name, compress=compress) as sealed:
            sealed.write(beginning)
            while block := stream.read(_BLOCK):
                sealed.write(block)

    def _say(self, *, streaming: bool) -> None:
        if time.monotonic() - self._said_at < _SAY_EVERY:
            return
        now = datetime.now(UTC).isoformat()
        said = self.series.kept() | {"at": now} | ({"streamed_at": now} if streaming else {})
        store.write_json(self.series.folder / "keeping.json", said)
        self._said_at = time.monotonic()


class _Growing:
    """A sealed file that is written anew by each keeper and then grows."""

    def __init__(self, keeper: Keeper, file: Path, name: str) -> None:
        self._keeper, self._file, self._name = keeper, file, name
        self._stream: IO[bytes] | None = None
        self._sealing: envelope.Sealing | None = None
        self.length = 0

    def write(self, data: bytes) -> None:
        """Append; on disk when this returns."""
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        fresh = self._stream is None
        if self._stream is None or self._sealing is None:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._stream = os.fdopen(handle, "wb")
            self._sealing = envelope.Sealing(
                self._stream.write,
                self._name,
                to=self._keeper.recipient,
                by=self._keeper.by,
                at=datetime.now(UTC),
            )
        for start in range(0, len(data), envelope.CHUNK):
            self._sealing.write(data[start : start + envelope.CHUNK])
        self._stream.flush()
        os.fsync(self._stream.fileno())
        if fresh:  # only now: what it replaces was as long
            draft.replace(self._file)
            envelope.sync_folder(self._file.parent)
        self.length += len(data)

    def close(self) -> None:
        """Stop growing."""
        if self._stream is not None:
            self._stream.close()


def _written(file: Path, offset: int) -> bytes:
    """What was written to a preallocated segment from `offset` on.

    Behind it are zeros, and within it never a block of them: each page of the log has a header. Zeros
    at its very end are left for the next round, or for the restore, which fills up with zeros.
    """
    found = bytearray()
    with file.open("rb") as stream:
        stream.seek(offset)
        while (block := stream.read(_BLOCK)) and block.count(0) < len(block):
            found += block
    return bytes(found.rstrip(b"\0"))


class Receiver:
    """`pg_receivewal` on the node's server, started again whenever it ends."""

    def __init__(self, node: Node, server: Source) -> None:
        self.node, self.server = node, server
        self._process: subprocess.Popen[bytes] | None = None
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 (`stop` closes it)
        node.received.mkdir(mode=0o700, exist_ok=True)

    def look_after(self) -> str:
        """Start it where it doesn't run; returns what is wrong, or ""."""
        if self._process is not None and self._process.poll() is None:
            return ""
        trouble = self._last_words() if self._process is not None else ""
        if any(words in trouble for words in _GAVE_UP):
            self._begin_anew()
            trouble += "; beginning anew: a new base copy is due"
        # Without --if-not-exists it would fail where the slot is there.
        made = self._start("--create-slot", "--if-not-exists")
        if made.wait():
            self._process = made
            return self._last_words()
        self._process = self._start("--no-loop", "--status-interval=2")
        return trouble

    def _begin_anew(self) -> None:
        self._start("--drop-slot").wait()
        for growing in self.node.received.glob("*.partial"):
            growing.unlink()  # what was in it is sealed

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        self._words.seek(0)
        self._words.truncate()
        return self.server.run(
            "pg_receivewal",
            "--slot",
            SLOT,
            "--directory",
            str(self.node.received),
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._words,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    def _last_words(self) -> str:
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        return f"the log isn't received: {lines[0] if lines else 'pg_receivewal ended'}"

    def stop(self) -> None:
        """Let it end; what it received is on disk."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._words.close()
