"""Walking one chain of the database, in this process or in another one.

Imports no Django: a process that only walks is ready at once.
"""

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

from custos.foundation.record import rows, verify

#: What tells the database the scope; see `database.scope`.
SCOPE = ("custos.lowest", "custos.highest", "custos.audiences", "custos.user")


@dataclass(frozen=True, slots=True)
class Place:
    """Where another process finds the same snapshot: address, snapshot, settings of the scope."""

    address: dict[str, str] = field(repr=False)  # with the password
    snapshot: str
    scope: dict[str, str]


def walk(
    cursor: Any,
    organization_id: int,
    expected: verify.Expected,
    *,
    after: tuple[int, bytes] | None = None,
) -> verify.Verdict:
    """Verify one chain by a cursor that is under the system's scope, in an open transaction.

    With `after`, a number and its hash, only what stands behind that number.
    """
    # A walk that ends at a fault breaks off its COPY, and with it the transaction: back to here.
    cursor.execute("SAVEPOINT walk")
    after_seq = after[0] if after else 0
    with closing(rows.stream(cursor, organization_id, after_seq=after_seq)) as stream:
        verdict = verify.check_chain(organization_id, stream, expected, after=after)
    cursor.execute("ROLLBACK TO SAVEPOINT walk")
    cursor.execute("RELEASE SAVEPOINT walk")
    return verdict


def walk_apart(place: Place, organization_id: int, expected: verify.Expected) -> verify.Verdict:
    """The same by a connection of its own, which sees what the exporting transaction sees."""
    with psycopg.connect(**place.address) as connection, connection.cursor() as cursor:  # type: ignore[arg-type]
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{place.snapshot}'".encode())
        for name, value in place.scope.items():
            cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
        return walk(cursor, organization_id, expected)
