"""Sightings: the end of a chain as each commit left it, written down beside the witness file at once.

Heads are signed every minute; until then nothing but the database would know what was appended. So
whoever commits a deed appends a line to this file before it answers: organization, number, hash, when.
A superuser who rewrites a chain between two signings, or while nobody signs, is contradicted by the
lines that were written before. Signing takes the lines up (see `witness`), and the file begins anew.

A line is written after the commit, so a transaction that was rolled back leaves none; a process that is
killed between the two leaves an entry that the next line, or the next signed head, covers. It is in the
hands of the operating system when `note` returns, which is enough against a superuser of the database;
`sync` brings it to the disk within a second or two.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog
from django.conf import settings
from prometheus_client import Counter

from custos.foundation import clock

log = structlog.get_logger(__name__)

#: A line that a full disk or a lost power supply broke off is no line. Whatever follows it is: numbers
#: of organizations have nine digits, so that the broken one and the next never read as a third.
_LINE = re.compile(rb"(\d{9}) (\d+) ([0-9a-f]{64}) ([0-9T:.+-]+)\n")

#: What the two files are called beside the witness file: being written, being signed.
SUFFIXES = (_SEEN, _TAKEN) = (".seen", ".taken")

_unseen = Counter("custos_unseen_commits_total", "Commits whose sighting could not be written")


class Sighting(NamedTuple):
    """A chain had this hash at this number when somebody committed."""

    organization_id: int
    seq: int
    hash: bytes
    at: str


def file() -> Path:
    """Where sightings are written: beside the witness file, whatever that is called."""
    return settings.WITNESS.with_suffix(_SEEN)


def taken_file() -> Path:
    """Sightings that are being signed; still here where signing was interrupted."""
    return settings.WITNESS.with_suffix(_TAKEN)


def note(heads: Iterable[tuple[int, int, bytes]]) -> None:
    """Write down the ends of chains (organization, number, hash) that were committed just now.

    What can't be written is logged and counted and doesn't fail the deed, which is safe already.
    """
    at = clock.now().isoformat()
    said = b"".join(
        f"{number} {seq} {bytes(hash_).hex()} {at}\n".encode() for number, seq, hash_ in heads
    )
    try:
        with _appending(file()) as handle:
            whole = os.write(handle, said) == len(said)
    except OSError as error:
        whole = False
        log.error("record.sighting_failed", error=type(error).__name__)
    if not whole:
        _unseen.inc()


def pending() -> list[Sighting]:
    """The sightings that no signed line has taken up yet, oldest first.

    Read them before the witness file: what is signed in between is then found in both.
    """
    # This one first, too: it may become the other meanwhile.
    latest = _read(file())
    return [*_read(taken_file()), *latest]


def take() -> list[Sighting]:
    """The sightings up to now, for whoever signs them; others are written to a new file from here on.

    One process at a time. Where the last one was interrupted these are what it had taken.
    """
    taken = taken_file()
    if not taken.exists():
        with suppress(FileNotFoundError):
            file().rename(taken)
    if not taken.exists():
        return []
    with taken.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # waits for those who are writing
    return _read(taken)


def drop_taken() -> None:
    """Forget what was taken: it is signed now."""
    taken_file().unlink(missing_ok=True)


_synced: tuple[int, int] | None = None


def sync() -> int:
    """Bring what was written to the disk; returns 0, since nothing is left to do."""
    global _synced
    with suppress(FileNotFoundError):
        handle = os.open(file(), os.O_RDONLY)
        try:
            found = os.fstat(handle)
            state = (found.st_ino, found.st_size)
            if state != _synced:
                os.fsync(handle)
                _synced = state
        finally:
            os.close(handle)
    return 0


def _read(path: Path) -> list[Sighting]:
    try:
        said = path.read_bytes()
    except FileNotFoundError:
        return []
    return [
        Sighting(int(number), int(seq), bytes.fromhex(hash_.decode()), at.decode())
        for number, seq, hash_, at in _LINE.findall(said)
        if _is_instant(at.decode())
    ]


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@contextmanager
def _appending(path: Path) -> Iterator[int]:
    """The file open for appending, and not taken away while it is written to."""
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            if _is_at(handle, path):
                yield handle
                return
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
