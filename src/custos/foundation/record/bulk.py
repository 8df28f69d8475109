"""The SQL of appending: payloads, heads and entries in few, set-based statements.

Only `services` calls this. Single deeds use `INSERT … SELECT FROM unnest(…)`, one statement whatever
the number of rows. Bulk loads COPY the very bytes that were hashed into temporary tables, because
COPY refuses tables under row-level security, and insert from there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from custos.foundation.record import wire
from custos.foundation.record.digests import digest_of
from custos.foundation.record.wire import HEADER, Header

if TYPE_CHECKING:
    from custos.foundation.record.services import Draft

BATCH = 5_000

_TYPES = {
    "seq": "bigint",
    "id": "uuid",
    "suite": "smallint",
    "kind": "text",
    "version": "smallint",
    "audience": "smallint",
    "organization_id": "bigint",
    "detainee_id": "uuid",
    "custody_id": "uuid",
    "cell_id": "uuid",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "by_kind": "text",
    "by_ref": "text",
    "by_post": "text",
    "second_ref": "text",
    "ground": "text",
    "corrects_id": "uuid",
    "because_id": "uuid",
    "payload_digest": "bytea",
    "hash": "bytea",
}
_COLUMNS = (*HEADER, "hash")
_LIST = ", ".join(_COLUMNS)
_UNNEST = ", ".join(f"%s::{_TYPES[column]}[]" for column in _COLUMNS)

_INSERT_ENTRIES = f"""
WITH added AS (
    INSERT INTO record_entry ({_LIST}) SELECT * FROM unnest({_UNNEST})
)
UPDATE record_head SET seq = n.seq, hash = n.hash
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS n (organization_id, seq, hash)
WHERE record_head.organization_id = n.organization_id
"""

_LOCK_HEADS = """
SELECT organization_id, suite, seq, hash FROM record_head
WHERE organization_id = ANY(%s::bigint[]) ORDER BY organization_id FOR UPDATE
"""

_INSERT_PAYLOADS = """
INSERT INTO record_payload (id, organization_id, audience, salt, body)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::bytea[], %s::bytea[])
"""

_INSERT_PAYLOADS_AND_LOCK = f"WITH said AS ({_INSERT_PAYLOADS}) {_LOCK_HEADS}"

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_ENTRY_COUNT = len(_COLUMNS).to_bytes(2, "big")
_PAYLOAD_COUNT = (5).to_bytes(2, "big")
_HASH_LENGTH = (32).to_bytes(4, "big")


@dataclass(slots=True)
class HeadState:
    """The end of a chain while it is locked."""

    suite: int
    seq: int
    hash: bytes


def insert_payloads_and_lock(
    cursor: Any, drafts: Sequence["Draft"], suite: int
) -> dict[int, HeadState]:
    """Insert the payloads of some drafts and lock their heads, in one statement where it can be.

    A new chain is begun with digest `suite`.
    """
    wanted = sorted({d.header.organization_id for d in drafts})
    cursor.execute(
        _INSERT_PAYLOADS_AND_LOCK,
        (
            [d.header.id for d in drafts],
            [d.header.organization_id for d in drafts],
            [d.header.audience for d in drafts],
            [d.salt for d in drafts],
            [d.body for d in drafts],
            wanted,
        ),
    )
    heads = _heads(cursor.fetchall())
    return heads if len(heads) == len(wanted) else lock_heads(cursor, wanted, suite)


def lock_heads(cursor: Any, organizations: Iterable[int], suite: int) -> dict[int, HeadState]:
    """Lock the heads of these chains in the order of their numbers, beginning those that are new."""
    wanted = sorted(organizations)
    digest = digest_of(suite)
    cursor.execute(
        "INSERT INTO record_head (organization_id, suite, seq, hash)"
        " SELECT o, %s::smallint, 0, g FROM unnest(%s::bigint[], %s::bytea[]) AS n (o, g) ORDER BY o"
        " ON CONFLICT DO NOTHING",
        (suite, wanted, [digest(wire.genesis(number)) for number in wanted]),
    )
    cursor.execute(_LOCK_HEADS, (wanted,))
    return _heads(cursor.fetchall())


def _heads(rows: Iterable[tuple[int, int, int, bytes]]) -> dict[int, HeadState]:
    return {number: HeadState(suite, seq, bytes(hash_)) for number, suite, seq, hash_ in rows}


def insert_entries(cursor: Any, headers: Sequence[Header], heads: dict[int, HeadState]) -> None:
    """Insert linked headers and move their heads, in one statement."""
    columns = [[getattr(header, column) for header in headers] for column in _COLUMNS]
    cursor.execute(_INSERT_ENTRIES, (*columns, *_head_columns(heads)))


def move_heads(cursor: Any, heads: dict[int, HeadState]) -> None:
    """Write heads that were moved in memory."""
    cursor.execute(
        "UPDATE record_head SET seq = n.seq, hash = n.hash"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS n (organization_id, seq, hash)"
        " WHERE record_head.organization_id = n.organization_id",
        _head_columns(heads),
    )


def _head_columns(heads: dict[int, HeadState]) -> tuple[list[int], list[int], list[bytes]]:
    return list(heads), [h.seq for h in heads.values()], [h.hash for h in heads.values()]


def batches(drafts: Iterable["Draft"]) -> Iterator[list["Draft"]]:
    """Cut an iterable into lists of at most `BATCH`."""
    source = iter(drafts)
    while batch := list(islice(source, BATCH)):
        yield batch


@dataclass(frozen=True, slots=True)
class Loaded:
    """Two binary COPY streams, ready to send."""

    entries: bytes
    payloads: bytes


def encode(drafts: Sequence["Draft"], heads: dict[int, HeadState]) -> Loaded:
    """Give drafts their places in their chains, and encode them for COPY.

    Moves `heads` forward. Pure, so that one batch can be encoded while another is being loaded.
    """
    entries, payloads = [_SIGNATURE], [_SIGNATURE]
    for made in drafts:
        header, head = made.header, heads[made.header.organization_id]
        encoded = link(header, made.salt + made.body, head)
        entries += (_ENTRY_COUNT, encoded, _HASH_LENGTH, header.hash)
        payloads.append(_payload_row(made))
    return Loaded(b"".join((*entries, _TRAILER)), b"".join((*payloads, _TRAILER)))


def link(header: Header, said: bytes, head: HeadState) -> bytes:
    """Give a header its number, digest and hash at the end of a chain; returns the bytes hashed.

    `said` is the salted payload. Moves `head` forward.
    """
    digest = digest_of(head.suite)
    header.suite, header.seq = head.suite, head.seq + 1
    header.payload_digest = digest(said)
    encoded = wire.header_bytes(header)
    header.hash = digest(head.hash + encoded)
    head.seq, head.hash = header.seq, header.hash
    return encoded


def copy_in(cursor: Any, loaded: Loaded) -> None:
    """Bring encoded drafts into the tables by way of temporary ones."""
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS staged_entry ON COMMIT DELETE ROWS AS"
        f" SELECT {_LIST} FROM record_entry WITH NO DATA;"
        "CREATE TEMP TABLE IF NOT EXISTS staged_payload ON COMMIT DELETE ROWS AS"
        " SELECT id, organization_id, audience, salt, body FROM record_payload WITH NO DATA;"
        "TRUNCATE staged_entry, staged_payload"
    )
    with cursor.copy("COPY staged_entry FROM STDIN (FORMAT binary)") as copy:
        copy.write(loaded.entries)
    with cursor.copy("COPY staged_payload FROM STDIN (FORMAT binary)") as copy:
        copy.write(loaded.payloads)
    cursor.execute(f"INSERT INTO record_entry ({_LIST}) SELECT {_LIST} FROM staged_entry")
    cursor.execute(
        "INSERT INTO record_payload (id, organization_id, audience, salt, body)"
        " SELECT id, organization_id, audience, salt, body FROM staged_payload"
    )


def _payload_row(draft: "Draft") -> bytes:
    header = draft.header
    return b"".join(
        (
            _PAYLOAD_COUNT,
            wire.uuid(header.id),
            wire.int8(header.organization_id),
            wire.int2(header.audience),
            wire.blob(draft.salt),
            wire.blob(draft.body),
        )
    )
