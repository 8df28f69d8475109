"""The bytes that are hashed.

A header is encoded as PostgreSQL encodes a row in `COPY … (FORMAT binary)`: each column as a 32-bit
length (−1 for null) and its bytes in network order, in the order of `HEADER`. One encoding serves
three ways: hashing on append, bulk loading, and verifying straight from a COPY stream with no
re-encoding. It is unambiguous because every value carries its length.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

#: Columns of the header in the order in which they are hashed; part of the format, never reordered.
HEADER = (
    "seq",
    "id",
    "suite",
    "kind",
    "version",
    "audience",
    "organization_id",
    "detainee_id",
    "custody_id",
    "cell_id",
    "occurred_at",
    "recorded_at",
    "by_kind",
    "by_ref",
    "by_post",
    "second_ref",
    "ground",
    "corrects_id",
    "because_id",
    "payload_digest",
)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = struct.pack(">i", -1)
_INT2 = struct.Struct(">ih")
_INT8 = struct.Struct(">iq")
_LENGTH = struct.Struct(">i")
_UUID_LENGTH = _LENGTH.pack(16)
_DIGEST_LENGTH = _LENGTH.pack(32)


@dataclass(slots=True)
class Header:
    """An entry's header before or after it has its place in the chain (`seq` 0: not yet)."""

    id: UUID
    suite: int
    kind: str
    version: int
    audience: int
    organization_id: int
    detainee_id: UUID | None
    custody_id: UUID | None
    cell_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    by_kind: str
    by_ref: str
    by_post: str
    second_ref: str
    ground: str
    corrects_id: UUID | None
    because_id: UUID | None
    payload_digest: bytes
    seq: int = 0
    hash: bytes = b""


def int2(value: int) -> bytes:
    """A smallint column."""
    return _INT2.pack(2, value)


def int8(value: int) -> bytes:
    """A bigint column."""
    return _INT8.pack(8, value)


def text(value: str) -> bytes:
    """A text column."""
    data = value.encode()
    return _LENGTH.pack(len(data)) + data


def blob(value: bytes) -> bytes:
    """A bytea column."""
    return _LENGTH.pack(len(value)) + value


def uuid(value: UUID | None) -> bytes:
    """A uuid column, or null."""
    return _NULL if value is None else _UUID_LENGTH + value.bytes


def instant(value: datetime) -> bytes:
    """A timestamptz column: microseconds since 2000-01-01 UTC."""
    since = value - _EPOCH
    return _INT8.pack(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def header_bytes(header: Header) -> bytes:
    """The canonical bytes of a header, in the order of `HEADER`."""
    h = header
    return b"".join(
        (
            int8(h.seq),
            uuid(h.id),
            int2(h.suite),
            text(h.kind),
            int2(h.version),
            int2(h.audience),
            int8(h.organization_id),
            uuid(h.detainee_id),
            uuid(h.custody_id),
            uuid(h.cell_id),
            instant(h.occurred_at),
            instant(h.recorded_at),
            text(h.by_kind),
            text(h.by_ref),
            text(h.by_post),
            text(h.second_ref),
            text(h.ground),
            uuid(h.corrects_id),
            uuid(h.because_id),
            blob(h.payload_digest),
        )
    )


def genesis(organization_id: int) -> bytes:
    """What stands where the hash of the entry before the first would: binds a chain to its owner."""
    return b"custos chain 1  " + organization_id.to_bytes(16, "big")
