"""The witness file: heads and checkpoints, signed every minute, on a path apart from the database.

Each line is JSON: when, heads and roots, the digest of the line before, the key and its signature
over all of that. Whoever can rewrite the whole database can still not make old lines agree with it;
whoever can write the file cannot sign. The database remembers how many lines there were and the
digest of the last, so that a file that was lost or cut off is noticed too. (Who can do both at once
is found by what was exported, or sent to the higher tier, before.)

What was appended since the last line is known by `sightings`. A line takes them up: the stretch of each
chain since its last signed head is walked, and where it goes through all of them the new head says
everything that they said. Sightings that the database contradicts are signed as they are (`seen`), so
that the contradiction stays found.

A restore to an earlier instant leaves heads in the file that were signed after it: a future that was
lost. It isn't cut out; a signed line says from which instant the record goes on, and whoever reads
the file sets those heads aside from there. A head that was signed before that instant still counts:
what it names was there, so its absence is no loss by restoring.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import connection

from custos.foundation import clock
from custos.foundation.record import sightings, verify, walking
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.models import Checkpoint, Head, Witnessed
from custos.foundation.record.sightings import Sighting
from custos.foundation.record.signing import Signer, signer, verifies
from custos.foundation.record.verify import Expected, SignedHead, SignedRoot

log = structlog.get_logger(__name__)

#: A checkpoint that was made longer ago than this has been signed, or the witness is broken.
ROOTS_LOOKED_FOR = timedelta(days=400)
#: How far the clock that signs and the database's, which dates commits, may be apart.
CLOCKS_APART = timedelta(seconds=2)


class TamperedWitness(ValueError):
    """The witness file was changed, cut off or lost, or cannot be checked; the message says which.

    `verdicts` are those of the chains, as far as what is left of the file speaks for them.
    """

    verdicts: Sequence[verify.Verdict] = ()


@dataclass(frozen=True, slots=True)
class Restoration:
    """The record was restored: it goes on from its state at `to`, in another epoch.

    `lost` has a row for each chain of which later heads had been signed: organization, first and last
    number that are gone.
    """

    at: str
    to: str
    epoch: str
    lost: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Testimony:
    """What a witness file says, by organization, and which restores it tells of."""

    keys: set[str] = field(default_factory=set)
    #: Whose signatures count here.
    trusted: frozenset[str] = frozenset()
    heads: dict[int, list[SignedHead]] = field(default_factory=dict)
    roots: dict[int, list[SignedRoot]] = field(default_factory=dict)
    #: The digest of each line, in order.
    digests: list[str] = field(default_factory=list)
    restorations: list[Restoration] = field(default_factory=list)
    _roots_at: dict[SignedRoot, str] = field(default_factory=dict)

    def about(self, organization_id: int) -> Expected:
        """What it says of one chain."""
        return Expected(
            tuple(self.heads.get(organization_id, ())),
            tuple(self.roots.get(organization_id, ())),
            signers=self.trusted,
        )

    def add_sightings(self, seen: Iterable[Sighting]) -> None:
        """Take in what was noted since the last line."""
        for one in seen:
            self.heads.setdefault(one.organization_id, []).append(SignedHead(*one))

    def _set_aside(self, to: datetime, ends: dict[int, int]) -> tuple[tuple[int, int, int], ...]:
        """Take out what was signed after `to` about entries beyond the ends of the chains."""

        def was_lost(number: int, last: int, at: str) -> bool:
            return _was_lost(last, at, ends.get(number, 0), to)

        lost = []
        for number, heads in self.heads.items():
            gone = [head.seq for head in heads if was_lost(number, head.seq, head.at)]
            if gone:
                lost.append((number, ends.get(number, 0) + 1, max(gone)))
                self.heads[number] = [h for h in heads if not was_lost(number, h.seq, h.at)]
        for number, roots in self.roots.items():
            self.roots[number] = [
                root for root in roots if not was_lost(number, root.last_seq, self._roots_at[root])
            ]
        return tuple(sorted(lost))

    def add(self, said: dict[str, Any]) -> None:
        """Take in a line."""
        at = said["at"]
        if restored := said.get("restored"):
            ends = {number: seq for number, seq, _ in said["heads"]}
            lost = self._set_aside(datetime.fromisoformat(restored["to"]), ends)
            self.restorations.append(Restoration(at, restored["to"], restored["epoch"], lost))
        # Those that were seen go first: they were there before whatever contradicts them.
        for number, seq, hash_ in (*said.get("seen", ()), *said["heads"]):
            head = SignedHead(number, seq, bytes.fromhex(hash_), at)
            self.heads.setdefault(number, []).append(head)
        for number, first, last, root, suite, *day in said["roots"]:
            signed = SignedRoot(number, first, last, bytes.fromhex(root), suite, *day)
            self.roots.setdefault(number, []).append(signed)
            self._roots_at[signed] = at


def _was_lost(seq: int, at: str, end: int, to: datetime) -> bool:
    """Whether a number that was noted `at` belongs to what a restore to `to` gave up."""
    return seq > end and datetime.fromisoformat(at) > to - CLOCKS_APART


def read(path: Path, *, trusted: set[str] | None = None) -> Testimony:
    """Read and check a witness file; an absent one says nothing.

    `trusted` are the keys that may have signed; None takes any one key, but only one. Raises
    `TamperedWitness` with the number of the first line that is wrong.
    """
    if not path.exists():
        return Testimony(trusted=frozenset(trusted or ()))
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
        testimony.add(said)
        prior = hashlib.sha256(line).hexdigest()
        testimony.digests.append(prior)
    testimony.trusted = frozenset(trusted or ())
    return testimony


def require_all_of(testimony: Testimony) -> None:
    """Raise `TamperedWitness` where the file is not, or not as far as, the database remembers it.

    A file that goes on after that is in order: the database may have been restored to an earlier
    instant, or was lost between the line and its commit.
    """
    remembered = Witnessed.objects.first()
    lines = len(testimony.digests)
    if remembered is None:
        if lines:
            raise TamperedWitness(
                f"the witness file has {lines} lines, and the database remembers none"
            )
        return
    if lines < remembered.lines:
        raise TamperedWitness(
            f"the witness file has {lines} lines, and the database remembers {remembered.lines};"
            " put back the whole file from a backup"
        )
    if testimony.digests[remembered.lines - 1] != remembered.digest:
        raise TamperedWitness(
            f"line {remembered.lines} of the witness file is another than the database remembers"
        )


@dataclass(slots=True)
class _Tail:
    """How far this process has read a witness file, so that each round reads only what is new."""

    offset: int = 0
    lines: int = 0
    prior: str = ""
    latest: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    roots: dict[tuple[int, int], int] = field(default_factory=dict)

    def advance(self, stream: BinaryIO) -> None:
        """Read on to the last whole line, and cut off what a lost power supply left after it."""
        stream.seek(self.offset)
        for line in stream:
            if not line.endswith(b"\n"):
                break
            said = json.loads(line)
            ends = {number: (seq, bytes.fromhex(hash_)) for number, seq, hash_ in said["heads"]}
            if "restored" in said:
                self.latest = {}
                self.roots = {
                    (number, first): last
                    for (number, first), last in self.roots.items()
                    if number in ends and last <= ends[number][0]
                }
            self.latest.update(ends)
            self.roots.update({(number, first): last for number, first, last, *_ in said["roots"]})
            self.prior = hashlib.sha256(line).hexdigest()
            self.offset += len(line)
            self.lines += 1
        stream.truncate(self.offset)
        stream.seek(self.offset)


_tails: dict[Path, _Tail] = {}


def sign_heads(*, by: Signer | None = None) -> int:
    """Sign what has moved since the last line and append it; returns how many chains that is.

    Runs under the caller's scope, which has to be the system's. The file is locked meanwhile and
    synced before this returns.
    """
    with _appending() as (stream, tail):
        seen = sightings.take()  # before the heads, which then are as far at least
        ends = heads()
        moved = [head for head in ends if tail.latest.get(head[0], (0,))[0] != head[1]]
        roots = [
            [
                c.organization_id,
                c.first_seq,
                c.last_seq,
                bytes(c.root).hex(),
                c.suite,
                c.day.isoformat(),
            ]
            for c in Checkpoint.objects.filter(made_at__gte=clock.now() - ROOTS_LOOKED_FOR)
            if (c.organization_id, c.first_seq) not in tail.roots
        ]
        contradicted = _contradicted(seen, ends, tail.latest)
        if moved or roots or contradicted:
            said = {"heads": moved, "roots": roots}
            _append(stream, tail, said, contradicted, by or signer())
        sightings.drop_taken()
    return len(moved)


def sign_restoration(*, to: datetime, epoch: str, by: Signer | None = None) -> None:
    """Sign that the record was restored to its state at `to`, which the database holds now.

    From here on the file's readers set aside what was signed after `to` about entries that are gone.
    Runs under the system's scope, once, before anything is appended to the restored record. Raises
    `TamperedWitness` where the file doesn't verify, or isn't as far as the database remembers it.
    """
    by = by or signer()
    testimony = read(settings.WITNESS, trusted={by.name})
    if Witnessed.objects.exists():  # at the instant it may not have been signed into yet
        require_all_of(testimony)
    restored = {"to": to.isoformat(), "epoch": epoch}
    with _appending() as (stream, tail):
        ends = heads()
        last = {number: seq for number, seq, _ in ends}
        seen = [
            one
            for one in sightings.take()
            if not _was_lost(one.seq, one.at, last.get(one.organization_id, 0), to)
        ]
        latest = {
            number: head for number, head in tail.latest.items() if head[0] <= last.get(number, 0)
        }
        said = {"heads": ends, "roots": [], "restored": restored}
        _append(stream, tail, said, _contradicted(seen, ends, latest), by)
        sightings.drop_taken()


def heads() -> list[list[Any]]:
    """The ends of all chains of the scope as they are written down: organization, number, hash."""
    found = Head.objects.filter(seq__gt=0).order_by("organization_id")
    rows = found.values_list("organization_id", "seq", "hash")
    return [[number, seq, bytes(hash_).hex()] for number, seq, hash_ in rows]


def _contradicted(
    seen: Iterable[Sighting], ends: list[list[Any]], latest: dict[int, tuple[int, bytes]]
) -> list[Sighting]:
    """The sightings that have to be signed as they are: the new heads don't speak for them.

    `ends` are the chains' heads, `latest` the last signed ones, from which a chain is walked on. A
    sighting of a number that is signed already came late, and is kept without a look.
    """
    now = {number: SignedHead(number, seq, bytes.fromhex(hash_), "") for number, seq, hash_ in ends}
    kept: list[Sighting] = []
    by_chain: dict[int, list[Sighting]] = {}
    for one in seen:
        by_chain.setdefault(one.organization_id, []).append(one)
    for number, own in by_chain.items():
        since = latest.get(number, (0, b""))
        kept += [one for one in own if one.seq <= since[0] and (one.seq, one.hash) != since]
        fresh = [one for one in own if one.seq > since[0]]
        if fresh and not _goes_through(number, fresh, now.get(number), since):
            kept += fresh
    return kept


def _goes_through(
    number: int, fresh: list[Sighting], head: SignedHead | None, since: tuple[int, bytes]
) -> bool:
    """Whether a chain leads from a signed head through all sightings to its present one."""
    if head and all((one.seq, one.hash) == (head.seq, head.hash) for one in fresh):
        return True  # nothing is forgotten by signing the head
    known = [SignedHead(*one) for one in fresh] + ([head] if head else [])
    expected = verify.Expected(known, signers=frozenset({signer().name}))
    with connection.cursor() as cursor:
        verdict = walking.walk(cursor, number, expected, after=since if since[0] else None)
    if verdict.fault:
        log.critical("record.contradicted", organization=number, fault=str(verdict.fault))
    return verdict.sound


def _append(
    stream: BinaryIO, tail: _Tail, said: dict[str, Any], seen: Iterable[Sighting], by: Signer
) -> None:
    if kept := [[one.organization_id, one.seq, one.hash.hex()] for one in seen]:
        said["seen"] = kept
    said |= {"at": clock.now().isoformat(), "prior": tail.prior, "key": by.name}
    said["signature"] = by.sign(canonical_json(said))
    line = canonical_json(said) + b"\n"
    stream.write(line)
    stream.flush()
    os.fsync(stream.fileno())
    _remember(tail.lines + 1, hashlib.sha256(line).hexdigest())


@contextmanager
def _appending() -> Iterator[tuple[BinaryIO, _Tail]]:
    path: Path = settings.WITNESS
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(path) as stream:
        tail = _tails.setdefault(path, _Tail())
        if os.fstat(stream.fileno()).st_size < tail.offset:
            tail = _tails[path] = _Tail()  # the file was moved away and begun anew
        tail.advance(stream)
        yield stream, tail


def _remember(lines: int, digest: str) -> None:
    """Note how far the file has got; a file that was cut off does not make the database forget."""
    known = Witnessed.objects.filter(lines__gte=lines).exists()
    if known:
        log.error("the witness file is shorter than it was", lines=lines)
        return
    Witnessed.objects.update_or_create(pk=1, defaults={"lines": lines, "digest": digest})


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream
