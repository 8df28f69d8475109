"""Verifying chains: of an installation, or of an exported bundle.

Pure over rows: `check_chain` takes the rows of one chain in order, with what is known from outside
the database about it (signed heads of the witness file, signed checkpoints), and names the first
place where the record was changed.

What each check finds:

- an edited header or a changed hash: the hash does not follow from the header;
- an edited payload: its digest is not the one in the header;
- a deleted, added or reordered entry: numbers are not consecutive, or the hash does not follow;
- a payload that vanished without an order of erasure by two of the staff;
- a file that an entry names and that is gone or changed, or that no entry names;
- a chain that was recomputed from some point on: a signed head or a sighting disagrees;
- a chain that was cut off: a signed head or a sighting lies beyond its end, or the head row does.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from custos.foundation.record import rows as rows_
from custos.foundation.record import wire
from custos.foundation.record.digests import Suite, digest_of, merkle_root
from custos.foundation.record.signing import verifies

ERASURE_KIND = b"record.payload_erased"
_FILES = b'"$attachments"'
_SALT = 16
_SUITE_AT = 12 + 20 + 4  # after seq and id, each with its length, and the suite's own length
_ID_AT = 12 + 4
_SEQ_AT = 4


#: Whether the content of a file is there and has this digest.
Whole = Callable[[str], bool]


class SignedHead(NamedTuple):
    """A head that was noted outside the database: this chain had this hash at this number.

    It was signed, or is a sighting that will be.
    """

    organization_id: int
    seq: int
    hash: bytes
    at: str


class SignedRoot(NamedTuple):
    """A checkpoint that was signed outside the database. Old lines of a witness have no day."""

    organization_id: int
    first_seq: int
    last_seq: int
    root: bytes
    suite: int
    day: str = ""


class Named(NamedTuple):
    """A file as the payload of an entry names it."""

    seq: int
    entry: UUID
    files: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first wrong place of a chain: what is wrong, at which number, and which entry stands there.

    `after_seq` is the last number that something outside the database confirms, where only a
    stretch can be named.
    """

    organization_id: int
    code: str
    seq: int
    entry: UUID | None = None
    after_seq: int | None = None

    def __str__(self) -> str:
        place = f"organization {self.organization_id}, entry number {self.seq}"
        if self.after_seq is not None:
            place = (
                f"organization {self.organization_id},"
                f" entry numbers {self.after_seq + 1} to {self.seq}"
            )
        return f"{place} ({self.entry or 'no entry'}): {FAULTS[self.code]}"


FAULTS = {
    "unreadable": "the row is not in the format of this program",
    "gap": "entries are missing before this one",
    "reordered": "the numbers do not rise one by one",
    "header": "the header was changed: its hash does not follow from it and the entry before",
    "payload": "the payload was changed: its digest is not the one in the header",
    "vanished": "the payload is gone, or under another organization or audience, and no order of"
    " erasure stands in the record",
    "rewritten": "the chain was rewritten: a head noted outside the database disagrees",
    "truncated": "the chain was cut off: a head noted outside the database lies beyond its end",
    "head": "the head of the chain is not its last entry",
    "checkpoint": "a checkpoint does not agree with the entries that it covers",
    "resealed": "the checkpoint in the database is not the one that was signed",
    "beside": "the table holds other rows than the chain's own index shows: one was put beside this one, or"
    " kept out of an index",
    "attachment": "a file of the entry is gone or changed, or is not the one that the payload names",
}


@dataclass(slots=True)
class Verdict:
    """What verifying one chain found."""

    organization_id: int
    entries: int = 0
    #: The last number that a head noted outside the database confirms.
    witnessed: int = 0
    erased: int = 0
    last_hash: bytes = b""
    #: Entries with files: what they name is compared with what is stored by whoever can see it.
    named: list[Named] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong."""
        return self.fault is None


@dataclass(slots=True)
class Expected:
    """What is known about one chain from outside its entries."""

    heads: Sequence[SignedHead] = ()
    roots: Sequence[SignedRoot] = ()
    head_seq: int | None = None
    head_hash: bytes | None = None
    #: Whose signature an order of erasure must bear to count.
    signers: frozenset[str] = frozenset()
    _by_seq: dict[int, bytes] = field(default_factory=dict)


def erasure_message(entry: UUID | str) -> bytes:
    """What is signed so that an order of erasure counts: that just this entry may go."""
    return f"custos: the payload of {entry} is erased".encode()


def _payload(said: bytes) -> dict[str, Any]:
    """The fields of a salted payload whose digest has been found right."""
    fields = json.loads(said[_SALT:])
    return fields if isinstance(fields, dict) else {}


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def fault_of_files(
    verdict: Verdict, stored: Mapping[UUID, Collection[tuple[str, str, str, int]]], whole: Whole
) -> Fault | None:
    """The first entry of a chain whose files are not as its payload names them.

    `stored` are the files by entry as whoever keeps them lists them: digest, name, type and size;
    `whole` says whether the content of a digest is there and has it.
    """
    known = {one.entry for one in verdict.named}
    for one in verdict.named:
        if sorted(stored.get(one.entry, ())) != sorted(one.files) or not all(
            whole(sha256) for sha256, *_rest in one.files
        ):
            return Fault(verdict.organization_id, "attachment", one.seq, one.entry)
    strange = next((entry for entry in stored if entry not in known), None)
    return Fault(verdict.organization_id, "attachment", 0, strange) if strange else None


def check_chain(
    organization_id: int,
    rows: Iterable[bytes],
    expected: Expected,
    *,
    after: tuple[int, bytes] | None = None,
) -> Verdict:
    """Verify one chain, given its rows in order.

    With `after`, a number and its hash, they are the rows behind that number, and the chain goes on
    from there.
    """
    return _Walk(organization_id, expected).run(rows, after)


class _Walk:
    """One pass over a chain. Hot: a province verifies tens of millions of rows."""

    def __init__(self, organization_id: int, expected: Expected) -> None:
        self.verdict = Verdict(organization_id)
        self.organization_id = organization_id
        self.signed: dict[int, bytes] = {}
        for head in expected.heads:
            if self.signed.setdefault(head.seq, head.hash) != head.hash:
                # It was cut off in between, and grew anew: no entry here can be both.
                self.signed[head.seq] = b""
        self.expected = expected
        self.missing: dict[bytes, int] = {}
        self.ordered: set[bytes] = set()
        self.last_signed = 0
        self.roots = sorted(expected.roots, key=lambda root: root.first_seq)

    def run(self, rows: Iterable[bytes], after: tuple[int, bytes] | None) -> Verdict:
        verdict = self.verdict
        for fault in self._faults(rows, after):
            verdict.fault = fault
            break
        return verdict

    def _faults(self, rows: Iterable[bytes], after: tuple[int, bytes] | None) -> Iterator[Fault]:
        verdict, signed, sha256 = self.verdict, self.signed, hashlib.sha256
        prior: bytes | None
        seq, prior = after or (0, None)
        suite, digest = -1, digest_of(Suite.SHA256)
        leaves: list[bytes] = []
        root = self._next_root()
        for row in rows:
            try:
                stored, said, header = rows_.split(row)
                number = int.from_bytes(header[_SEQ_AT:12], "big")
                this_suite = header[_SUITE_AT + 1]
                payload_digest = header[-32:]
                if this_suite != suite:
                    suite = this_suite
                    digest = digest_of(suite)
            except (ValueError, IndexError, ArithmeticError, struct.error):
                yield self._fault("unreadable", seq + 1)
                return
            if prior is None:
                prior = digest(wire.genesis(self.organization_id))
            seq += 1
            if number != seq:
                yield self._fault("gap" if number > seq else "reordered", seq, header)
                return
            computed = sha256(prior + header).digest() if suite == 1 else digest(prior + header)
            if computed != stored:
                yield self._fault("header", seq, header)
                return
            if said is None:
                self.missing[header[_ID_AT : _ID_AT + 16]] = seq
                verdict.erased += 1
            elif (sha256(said).digest() if suite == 1 else digest(said)) != payload_digest:
                yield self._fault("payload", seq, header)
                return
            if ERASURE_KIND in header:
                self._note_order(header, said)
            if said is not None and _FILES in said:
                self._note_files(header, said)
            if seq in signed:
                if signed[seq] != stored:
                    yield self._fault("rewritten", seq, header, after=self.last_signed)
                    return
                self.last_signed = verdict.witnessed = seq
            if root is not None and seq >= root.first_seq:
                leaves.append(stored)
                if seq == root.last_seq:
                    if merkle_root(leaves, root.suite) != root.root:
                        yield self._fault("checkpoint", seq, header, after=root.first_seq - 1)
                        return
                    leaves, root = [], self._next_root()
            prior = stored
            verdict.entries = seq
            verdict.last_hash = stored
        yield from self._faults_of_the_end(seq, prior, root)

    def _faults_of_the_end(
        self, seq: int, prior: bytes | None, root: SignedRoot | None
    ) -> Iterator[Fault]:
        beyond = [number for number in self.signed if number > seq]
        if beyond or root is not None:
            yield self._fault("truncated", max([*beyond, root.last_seq if root else 0]), after=seq)
        for entry, number in self.missing.items():
            if entry not in self.ordered:
                yield Fault(self.organization_id, "vanished", number, UUID(bytes=entry))
        head = self.expected
        if head.head_seq is not None and (
            head.head_seq != seq or (seq and head.head_hash != prior)
        ):
            yield self._fault(
                "head", max(seq, head.head_seq), after=seq if seq < head.head_seq else None
            )

    def _next_root(self) -> SignedRoot | None:
        return self.roots.pop(0) if self.roots else None

    def _note_order(self, header: bytes, said: bytes | None) -> None:
        """An order counts that names its entry, is by two of the staff and signed by the installation."""
        values = rows_.fields(header)
        if values["kind"].encode() != ERASURE_KIND or said is None:
            return
        by, second, target = values["by_ref"], values["second_ref"], values["because_id"]
        two = values["by_kind"] == "staff" and _is_id(by) and _is_id(second) and by != second
        order = _payload(said)
        if not (target and two and order.get("entry") == str(target) and order.get("legal_ground")):
            return
        message, signature = erasure_message(target), str(order.get("signature", ""))
        if any(verifies(name, message, signature) for name in self.expected.signers):
            self.ordered.add(target.bytes)

    def _note_files(self, header: bytes, said: bytes) -> None:
        files = _payload(said).get("$attachments")
        if files:
            seq = int.from_bytes(header[_SEQ_AT:12], "big")
            named = tuple((f["sha256"], f["name"], f["type"], f["size"]) for f in files)
            self.verdict.named.append(Named(seq, UUID(bytes=header[_ID_AT : _ID_AT + 16]), named))

    def _fault(
        self, code: str, seq: int, header: bytes | None = None, after: int | None = None
    ) -> Fault:
        entry = UUID(bytes=header[_ID_AT : _ID_AT + 16]) if header else None
        return Fault(self.organization_id, code, seq, entry, after)
