"""What is hashed is PostgreSQL's own encoding, byte for byte."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from custos.foundation.database import scope
from custos.foundation.record import rows, wire
from custos.foundation.record.models import Entry
from custos.foundation.record.tests.worlds import ABOUT, FACILITY, SYSTEM, draft, note

TYPES = {
    "int2": ("suite", "version", "audience"),
    "int8": ("seq", "organization_id"),
    "uuid": ("id", "detainee_id", "custody_id", "cell_id", "corrects_id", "because_id"),
    "timestamptz": ("occurred_at", "recorded_at"),
    "bytea": ("payload_digest",),
}
BASE = replace(draft("x").header, payload_digest=bytes(range(32)), suite=1, seq=7)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        BASE,
        replace(BASE, detainee_id=uuid4(), custody_id=uuid4(), cell_id=uuid4()),
        replace(BASE, corrects_id=uuid4(), because_id=uuid4(), second_ref="乙"),
        replace(BASE, seq=2**62, suite=2, version=32_767, audience=-1),
        replace(BASE, ground="看守所条例 第十四条 𠮷", by_ref="", by_post=""),
        replace(BASE, occurred_at=datetime(1969, 7, 20, 20, 17, 40, 999_999, tzinfo=UTC)),
        replace(BASE, recorded_at=datetime(2000, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)),
        replace(BASE, occurred_at=datetime(2999, 12, 31, 23, 59, 59, 1, tzinfo=UTC)),
    ],
)
def test_a_header_is_encoded_as_the_database_copies_it(header: wire.Header) -> None:
    kinds = {column: kind for kind, columns in TYPES.items() for column in columns}
    select = ", ".join(f"%s::{kinds.get(column, 'text')}" for column in wire.HEADER)
    values = [getattr(header, column) for column in wire.HEADER]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT {select}) TO STDOUT (FORMAT binary)", values) as copy,
    ):
        stream = b"".join(bytes(chunk) for chunk in copy)
    assert stream[19:-2] == len(wire.HEADER).to_bytes(2, "big") + wire.header_bytes(header)


@pytest.mark.django_db
def test_what_is_stored_streams_back_as_the_bytes_that_were_hashed() -> None:
    with scope.entered(SYSTEM):
        header = note("安静", about=ABOUT)
        with connection.cursor() as cursor:
            (only,) = list(rows.stream(cursor, FACILITY))
        stored, _said, encoded = rows.split(only)
        assert (stored, encoded) == (header.hash, wire.header_bytes(header))
        assert Entry.objects.get(id=header.id).hash == header.hash
