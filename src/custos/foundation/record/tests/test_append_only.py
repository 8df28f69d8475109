"""Entries are appended and never changed: by grants, by triggers, and by no way round."""

from datetime import date

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from custos.foundation.database import scope
from custos.foundation.record import checkpoints
from custos.foundation.record.tests.worlds import SYSTEM, note, notes

TABLES = ["record_entry", "record_payload", "record_attachment", "record_checkpoint"]


def refused(statement: str) -> None:
    with (
        scope.entered(SYSTEM),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET organization_id = 1", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_the_application_may_not_change_rows(table: str, statement: str) -> None:
    with scope.entered(SYSTEM):
        note()
    refused(statement.format(table))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {}",
        "INSERT INTO {} SELECT * FROM record_entry",
        "UPDATE {} SET seq = 1",
        "DELETE FROM {}",
        "TRUNCATE {}",
    ],
)
def test_partitions_are_reached_only_through_their_parent(statement: str) -> None:
    with scope.entered(SYSTEM):
        note()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'record_entry'::regclass"
        )
        partitions = [name for (name,) in cursor.fetchall()]
    assert len(partitions) > 6
    for partition in partitions:
        refused(statement.format(partition))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE record_entry DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE record_entry DISABLE TRIGGER ALL",
        "DROP TABLE record_payload",
        "DROP POLICY scope ON record_entry",
    ],
)
def test_the_application_owns_no_table(statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["seq = seq - 1", "seq = seq", "organization_id = 101001009"])
def test_a_head_only_moves_forward(change: str) -> None:
    with scope.entered(SYSTEM):
        note()
        with (
            pytest.raises(ProgrammingError, match="only moves forward"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE record_head SET {change}")  # type: ignore[arg-type]


def test_the_owner_is_stopped_by_triggers(
    live_database: str, owner_sql: psycopg.Connection
) -> None:
    notes(2)
    with scope.entered(SYSTEM):
        checkpoints.make(date(2026, 3, 5))
    refusals = [
        "UPDATE record_entry SET ground = 'x'",
        "DELETE FROM record_entry",
        "TRUNCATE record_entry",
        "UPDATE record_payload SET body = ''",
        "TRUNCATE record_payload",
        "UPDATE record_checkpoint SET last_seq = 1",
        "DELETE FROM record_checkpoint",
        "TRUNCATE record_checkpoint",
    ]
    for statement in refusals:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            owner_sql.execute(statement.encode())
    with owner_sql.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM record_entry")
        for (partition,) in cursor.fetchall():
            for statement in ("UPDATE {} SET ground = 'x'", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                    owner_sql.execute(statement.format(partition).encode())
