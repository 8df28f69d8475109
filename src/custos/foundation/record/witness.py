"""The witness file: heads and checkpoints, signed every minute, on a path apart from the database.

Each line is JSON: when, heads and roots, the digest of the line before, the key and its signature
over all of that. Whoever can rewrite the whole database can still not make old lines agree with it;
whoever can write the file cannot sign.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from custos.foundation import clock
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.models import Checkpoint, Head
from custos.foundation.record.signing import Signer, signer, verifies
from custos.foundation.record.verify import Expected, SignedHead, SignedRoot

#: A checkpoint that was made longer ago than this has been signed, or the witness is broken.
ROOTS_LOOKED_FOR = timedelta(days=400)


class TamperedWitness(ValueError):
    """A line of the witness file was changed, taken out or signed by somebody else."""


@dataclass(slots=True)
class Testimony:
    """What a witness file says, by organization."""

    keys: set[str] = field(default_factory=set)
    heads: dict[int, list[SignedHead]] = field(default_factory=dict)
    roots: dict[int, list[SignedRoot]] = field(default_factory=dict)

    def about(self, organization_id: int) -> Expected:
        """What it says of one chain."""
        return Expected(
            tuple(self.heads.get(organization_id, ())), tuple(self.roots.get(organization_id, ()))
        )


def read(path: Path, *, trusted: set[str] | None = None) -> Testimony:
    """Read and check a witness file; an absent one says nothing.

    `trusted` are the keys that may have signed; None takes any one key, but only one. Raises
    `TamperedWitness` with the number of the first line that is wrong.
    """
    testimony = Testimony()
    if not path.exists():
        return testimony
    with path.open("rb") as lines:
        return read_lines(lines, trusted=trusted)


def read_lines(lines: Iterable[bytes], *, trusted: set[str] | None = None) -> Testimony:
    """The same as `read`, of lines."""
    testimony, prior = Testimony(), ""
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            break  # the power went while it was being written; the next round writes it again
        try:
            said = json.loads(line)
            signature = said.pop("signature")
            genuine = said["prior"] == prior and verifies(
                said["key"], canonical_json(said), signature
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            genuine = False
        if genuine and trusted is None:
            trusted = {said["key"]}
        if not genuine or said["key"] not in (trusted or ()):
            raise TamperedWitness(f"line {number} of the witness file does not verify")
        testimony.keys.add(said["key"])
        _add(testimony, said)
        prior = hashlib.sha256(line).hexdigest()
    return testimony


def _add(testimony: Testimony, said: dict[str, Any]) -> None:
    for number, seq, hash_ in said["heads"]:
        head = SignedHead(number, seq, bytes.fromhex(hash_), said["at"])
        testimony.heads.setdefault(number, []).append(head)
    for number, first, last, root, suite in said["roots"]:
        signed = SignedRoot(number, first, last, bytes.fromhex(root), suite)
        testimony.roots.setdefault(number, []).append(signed)


@dataclass(slots=True)
class _Tail:
    """How far this process has read a witness file, so that each round reads only what is new."""

    offset: int = 0
    prior: str = ""
    latest: dict[int, int] = field(default_factory=dict)
    roots: set[tuple[int, int]] = field(default_factory=set)

    def advance(self, stream: BinaryIO) -> None:
        """Read on to the last whole line, and cut off what a lost power supply left after it."""
        stream.seek(self.offset)
        for line in stream:
            if not line.endswith(b"\n"):
                break
            said = json.loads(line)
            self.latest.update({number: seq for number, seq, _ in said["heads"]})
            self.roots.update((number, first) for number, first, *_ in said["roots"])
            self.prior = hashlib.sha256(line).hexdigest()
            self.offset += len(line)
        stream.truncate(self.offset)
        stream.seek(self.offset)


_tails: dict[Path, _Tail] = {}


def sign_heads(path: Path | None = None, *, by: Signer | None = None) -> int:
    """Sign what has moved since the last line and append it; returns how many chains that is.

    Runs under the caller's scope, which has to be the system's. The file is locked meanwhile and
    synced before this returns.
    """
    path = path or settings.WITNESS
    by = by or signer()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(path) as stream:
        tail = _tails.setdefault(path, _Tail())
        if os.fstat(stream.fileno()).st_size < tail.offset:
            tail = _tails[path] = _Tail()  # the file was moved away and begun anew
        tail.advance(stream)
        heads = [
            [number, seq, bytes(hash_).hex()]
            for number, seq, hash_ in Head.objects.filter(seq__gt=0)
            .order_by("organization_id")
            .values_list("organization_id", "seq", "hash")
            if tail.latest.get(number) != seq
        ]
        roots = [
            [c.organization_id, c.first_seq, c.last_seq, bytes(c.root).hex(), c.suite]
            for c in Checkpoint.objects.filter(made_at__gte=clock.now() - ROOTS_LOOKED_FOR)
            if (c.organization_id, c.first_seq) not in tail.roots
        ]
        if not heads and not roots:
            return 0
        said = {
            "at": clock.now().isoformat(),
            "heads": heads,
            "roots": roots,
            "prior": tail.prior,
            "key": by.name,
        }
        said["signature"] = by.sign(canonical_json(said))
        stream.write(canonical_json(said) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    return len(heads)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream
