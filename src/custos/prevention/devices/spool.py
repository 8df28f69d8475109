"""Where messages wait on disk while the database is away.

One file of JSON lines, each synced to disk before the message is acknowledged. Reading it twice
does no harm: the intake takes a message once.
"""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from custos.prevention.devices.intake import Received


class Spool:
    """The spool of one listener; not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "messages.jsonl"

    def __bool__(self) -> bool:
        """Whether anything waits."""
        try:
            return self.file.stat().st_size > 0
        except FileNotFoundError:
            return False

    def append(self, messages: Iterable[Received]) -> None:
        """Write messages; when this returns they are on disk, or else it raises `OSError`."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = b"".join(_line(message) for message in messages)
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            before = os.fstat(handle).st_size
            try:
                _write_all(handle, data)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
        _sync_folder(self.file.parent)

    def read(self) -> Iterator[Received]:
        """What waits, oldest first. A line that was cut short was never acknowledged: skipped."""
        try:
            lines = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            yield Received(
                found["topic"],
                base64.b64decode(found["payload"]),
                datetime.fromisoformat(found["received_at"]),
                found["size"],
                found["sha256"],
                found["retained"],
                repeated=True,
            )

    def replace(self, messages: Iterable[Received]) -> None:
        """Let only these wait on, in one step."""
        data = b"".join(_line(message) for message in messages)
        if not data:
            self.file.unlink(missing_ok=True)
            return
        fresh = self.file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(self.file)
        _sync_folder(self.file.parent)


def _line(message: Received) -> bytes:
    fields = {
        "topic": message.topic,
        "payload": base64.b64encode(message.payload).decode(),
        "received_at": message.received_at.isoformat(),
        "size": message.size,
        "sha256": message.sha256,
        "retained": message.retained,
    }
    return json.dumps(fields).encode() + b"\n"


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
