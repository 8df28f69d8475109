"""Many rows of one model in one statement: an array for each column.

COPY refuses tables under row-level security, and an INSERT with a value for each field of each row costs
more to write than to run. What the database refuses is refused here as anywhere.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson
from django.db import connection, models

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


def _insert(rows: list[models.Model]) -> None:
    model = type(rows[0])
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    types = [_type(field) for field in fields]
    # A cast to varchar(n) would cut what is too long; the assignment to the column refuses it.
    given = ", ".join(f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in types)
    taken = ", ".join(
        f"n.c{at}::jsonb" if kind == "jsonb" else f"n.c{at}" for at, kind in enumerate(types)
    )
    columns = ", ".join(f"c{at}" for at in range(len(fields)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names})"  # noqa: S608  (names of the model)
            f" SELECT {taken} FROM unnest({given}) AS n ({columns})",
            [[_value(field, row) for row in rows] for field in fields],
        )


def _type(field: "models.Field[Any, Any]") -> str:
    kind = str(field.db_type(connection))
    return "text" if kind.startswith("varchar") else kind


def _value(field: "models.Field[Any, Any]", row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.JSONField):
        return None if value is None else orjson.dumps(value).decode()
    return value
