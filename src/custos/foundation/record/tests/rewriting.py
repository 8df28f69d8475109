"""What a superuser of the database does to a chain so that it agrees with itself again.

With triggers off (`session_replication_role = replica`) nothing in the database stops them.
"""

from collections.abc import Callable

import psycopg
from psycopg.rows import class_row

from custos.foundation.record import wire
from custos.foundation.record.digests import digest_of, merkle_root
from custos.foundation.record.tests.worlds import FACILITY
from custos.foundation.record.wire import HEADER, Header

Superuser = psycopg.Connection


def truncate(sql: Superuser, left: int) -> None:
    """Cut a chain off after `left` entries, and set its head and checkpoints right."""
    values = {"facility": FACILITY, "left": left}
    sql.execute(
        "DELETE FROM record_payload WHERE id IN (SELECT id FROM record_entry"
        " WHERE organization_id = %(facility)s AND seq > %(left)s)",
        values,
    )
    sql.execute(
        "DELETE FROM record_entry WHERE organization_id = %(facility)s AND seq > %(left)s", values
    )
    sql.execute(
        "UPDATE record_head SET seq = %(left)s, hash = (SELECT hash FROM record_entry"
        " WHERE organization_id = %(facility)s AND seq = %(left)s)"
        " WHERE organization_id = %(facility)s",
        values,
    )
    sql.execute("DELETE FROM record_checkpoint WHERE organization_id = %(facility)s", values)


def rewrite(sql: Superuser, edit: Callable[[list[Header]], None]) -> None:
    """Edit headers and recompute every later hash, the head and all checkpoints."""
    with sql.cursor(row_factory=class_row(Header)) as cursor:
        columns = ", ".join((*HEADER, "hash"))
        cursor.execute(
            f"SELECT {columns} FROM record_entry WHERE organization_id = %s ORDER BY seq".encode(),
            (FACILITY,),
        )
        headers = cursor.fetchall()
    known = {header.id: header.seq for header in headers}
    edit(headers)
    digest = digest_of(1)
    prior = digest(wire.genesis(FACILITY))
    for seq, header in enumerate(headers, 1):
        header.seq = seq
        prior = header.hash = digest(prior + wire.header_bytes(header))
        known.pop(header.id, None)
        sql.execute(
            "UPDATE record_entry SET seq = %s, ground = %s, payload_digest = %s, hash = %s"
            " WHERE id = %s",
            (seq, header.ground, header.payload_digest, header.hash, header.id),
        )
    for gone in known:
        sql.execute("DELETE FROM record_entry WHERE id = %s", (gone,))
    sql.execute(
        "UPDATE record_head SET seq = %s, hash = %s WHERE organization_id = %s",
        (len(headers), prior, FACILITY),
    )
    sql.execute(
        "UPDATE record_checkpoint SET last_seq = least(last_seq, %s), root = %s"
        " WHERE organization_id = %s",
        (len(headers), merkle_root([header.hash for header in headers]), FACILITY),
    )
