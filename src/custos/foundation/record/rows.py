"""Entries as verifying and exporting read them: rows of one COPY stream, in chain order.

A row is the binary COPY tuple of `COLUMNS`. What is hashed, the header, is the tail of the row as it
stands, so that nothing is encoded again. An export file holds the same rows, so one reader serves an
installation and a bundle alike.
"""

import struct
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from custos.foundation.record.wire import HEADER

#: Hash, payload (null where erased) and then the header in its order.
COLUMNS = ("hash", "salt", "body", *HEADER)
_SELECT = (
    "SELECT e.hash, p.salt, p.body, "
    + ", ".join(f"e.{column}" for column in HEADER)
    # A payload that was put under another organization or audience is not where its entry says.
    + " FROM record_entry e LEFT JOIN record_payload p ON p.id = e.id"
    + " AND p.organization_id = e.organization_id AND p.audience = e.audience"
)

_INT4 = struct.Struct(">i")
_ERASED = b"\xff" * 8
_SALT_LENGTH = _INT4.pack(16)
_PREAMBLE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COUNT = len(COLUMNS).to_bytes(2, "big")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """A row that is not in the format of this program."""


def stream(
    cursor: Any, organization_id: int, *, after_seq: int = 0, last_seq: int | None = None
) -> Generator[bytes]:
    """The rows of one chain in the order of their numbers, without their column count.

    `after_seq` leaves out what stands up to that number, `last_seq` what was appended after it.
    """
    bound = f" AND e.seq > {int(after_seq)}" if after_seq else ""
    bound += "" if last_seq is None else f" AND e.seq <= {int(last_seq)}"
    select = (
        f"{_SELECT} WHERE e.organization_id = {int(organization_id)}{bound} ORDER BY e.seq, e.id"
    )
    with cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT binary)") as copy:
        first = True
        for chunk in copy:
            row = bytes(chunk)
            if first:
                row, first = row[len(_PREAMBLE) :], False
            if row[:2] == _COUNT:
                yield row[2:]


def split(row: bytes) -> tuple[bytes, bytes | None, bytes]:
    """A row as its hash, its salted payload (None where erased) and its header bytes."""
    if row[:4] != b"\x00\x00\x00\x20":
        raise Unreadable("a row does not begin with a 32-byte hash")
    if row[36:44] == _ERASED:
        return row[4:36], None, row[44:]
    # Salt and body are hashed as one: a salt of another length would move the border between them.
    if row[36:40] != _SALT_LENGTH:
        raise Unreadable("a payload has no 16-byte salt")
    (length,) = _INT4.unpack_from(row, 56)
    return row[4:36], row[40:56] + row[60 : 60 + length], row[60 + length :]


def fields(header: bytes) -> dict[str, Any]:
    """The columns of a header's bytes, decoded."""
    values: dict[str, Any] = {}
    at = 0
    for column in HEADER:
        (length,) = _INT4.unpack_from(header, at)
        at += 4
        if length < 0:
            values[column] = None
            continue
        values[column] = _decode(column, header[at : at + length])
        at += length
    return values


_TEXT = {"kind", "by_kind", "by_ref", "by_post", "second_ref", "ground"}
_UUID = {"id", "detainee_id", "custody_id", "cell_id", "corrects_id", "because_id"}
_TIME = {"occurred_at", "recorded_at"}


def _decode(column: str, data: bytes) -> Any:
    if column in _TEXT:
        return data.decode()
    if column in _UUID:
        return UUID(bytes=data)
    if column in _TIME:
        return _EPOCH + timedelta(microseconds=int.from_bytes(data, "big", signed=True))
    if column == "payload_digest":
        return data
    return int.from_bytes(data, "big", signed=True)
