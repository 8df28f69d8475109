"""What the embedded broker has acknowledged to a device and Custos hasn't taken over yet, on disk.

amqtt keeps undelivered messages in memory, and drops one that is not taken within seconds; a broker
that is killed would lose what it acknowledged. So an event is written here, and synced, before its
device is told that it arrived; it is handed on until Custos acknowledges it. One line a message,
`+` when it came and `-` when it was taken; the file is emptied whenever nothing waits.
"""

import asyncio
import base64
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: A file with this much that was taken is written anew, with only what waits.
_LARGEST = 8 * 1024 * 1024


@dataclass(slots=True)
class Waiting:
    """Equal messages that wait: how many, and when they were handed on last (monotonic seconds)."""

    topic: str
    data: bytes
    count: int = 0
    tried_at: float = 0.0


@dataclass
class Journal:
    """The journal of one broker, used within one event loop."""

    file: Path
    _waiting: dict[bytes, Waiting] = field(default_factory=dict)
    _lines: list[bytes] = field(default_factory=list)
    _write: "asyncio.Task[None] | None" = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for line in self.file.read_bytes().splitlines() if self.file.exists() else ():
            self._note(line, tried_at=0.0)
        self._handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._rewrite()

    def _note(self, line: bytes, *, tried_at: float) -> None:
        parts = line.rstrip(b"\n").split(b" ")
        if len(parts) != 4 or parts[3] != b".":
            return  # cut short by a crash: it was not acknowledged
        key = parts[1] + b" " + parts[2]
        if parts[0] == b"+":
            new = Waiting(base64.b64decode(parts[1]).decode(), base64.b64decode(parts[2]))
            one = self._waiting.setdefault(key, new)
            one.count, one.tried_at = one.count + 1, tried_at
        elif (known := self._waiting.get(key)) is not None:
            known.count -= 1
            if known.count <= 0:
                del self._waiting[key]

    async def keep(self, topic: str, data: bytes) -> None:
        """Write a message down; when this returns it is on disk, or else it raises `OSError`.

        Messages that come together are synced together.
        """
        self._lines.append(_line(b"+", topic, data))
        if self._write is None:
            self._write = asyncio.ensure_future(self._write_lines())
        await asyncio.shield(self._write)

    async def _write_lines(self) -> None:
        async with self._turn:  # what comes while another write runs joins the next one
            lines, self._lines, self._write = self._lines, [], None
            await asyncio.to_thread(self._append, b"".join(lines))
            for line in lines:
                self._note(line, tried_at=time.monotonic())

    def _append(self, data: bytes) -> None:
        before = os.fstat(self._handle).st_size
        try:
            if os.write(self._handle, data) != len(data):
                raise OSError("the journal could be written in part only")
            os.fdatasync(self._handle)
        except OSError:
            os.ftruncate(self._handle, before)
            raise

    async def taken(self, topic: str, data: bytes) -> None:
        """Forget a message that Custos has acknowledged. Not synced: coming twice does no harm."""
        line = _line(b"-", topic, data)
        async with self._turn:
            self._note(line, tried_at=0.0)
            if not self._waiting:
                os.ftruncate(self._handle, 0)
            elif os.fstat(self._handle).st_size > _LARGEST:
                self._rewrite()
            else:
                os.write(self._handle, line)

    def _rewrite(self) -> None:
        """Leave only what waits in the file, in one step."""
        fresh = self.file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        waiting = [_line(b"+", one.topic, one.data) * one.count for one in self._waiting.values()]
        os.write(handle, b"".join(waiting))
        os.fdatasync(handle)
        fresh.replace(self.file)
        os.close(self._handle)
        self._handle = handle

    def overdue(self, seconds: float) -> Iterator[Waiting]:
        """What has waited this long since it was last handed on; its time starts anew."""
        now = time.monotonic()
        for one in list(self._waiting.values()):
            if now - one.tried_at >= seconds:
                one.tried_at = now
                yield one


def _line(sign: bytes, topic: str, data: bytes) -> bytes:
    return b" ".join((sign, base64.b64encode(topic.encode()), base64.b64encode(data), b".\n"))
