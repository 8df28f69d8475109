"""Many rows of one model in one statement: one JSON text of them all.

COPY refuses tables under row-level security, and an INSERT with a value for each field of each row costs
more to write than to run; so do arrays, whose every text is escaped by itself. What the database refuses
is refused here as anywhere.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection, models
from django.db.backends.postgresql.psycopg_any import Range

#: So many rows stand in memory as one statement.
AT_ONCE = 5_000


def load(rows: Iterable[models.Model]) -> int:
    """Insert rows of one model that aren't saved yet; returns how many.

    Keys that the database gives are not read back, and no signal is sent.
    """
    source, count = iter(rows), 0
    while some := list(islice(source, AT_ONCE)):
        _insert(some)
        count += len(some)
    return count


@contextmanager
def uncollected() -> Iterator[None]:
    """Make very many objects without Python looking through all of them for cycles, again and again.

    Nothing here makes cycles, and the search is a third of the time. References are counted as ever.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _insert(rows: list[models.Model]) -> None:
    model = type(rows[0])
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    # Not varchar(n), which may forgive spaces at the end: the assignment to the column has the last word.
    types = [_type(field) for field in fields]
    given = ", ".join(f"c{at} {kind}" for at, kind in enumerate(types))
    taken = ", ".join(f"n.c{at}" for at in range(len(fields)))
    keys = [(f"c{at}", field.attname) for at, field in enumerate(fields)]
    said = [{key: getattr(row, name) for key, name in keys} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names})"  # noqa: S608  (names of the model)
            f" SELECT {taken} FROM json_to_recordset(%s) AS n ({given})",
            [orjson.dumps(said, default=_value).decode()],
        )


def _type(field: "models.Field[Any, Any]") -> str:
    kind = str(field.db_type(connection))
    if not kind.startswith("varchar"):
        return kind
    return "text[]" if kind.endswith("[]") else "text"


def _value(value: Any) -> str:
    """What JSON has no form for, as the database reads it from text."""
    if isinstance(value, bytes | memoryview):
        return f"\\x{bytes(value).hex()}"
    if isinstance(value, Range):
        first, last = value.bounds
        return f"{first}{_bound(value.lower)},{_bound(value.upper)}{last}"
    return str(value)


def _bound(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
