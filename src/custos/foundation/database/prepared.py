"""Statements that are sent many times a second: parsed and planned once a connection.

For the program's own few hot ones, whose text never changes. Parameters travel apart from the text, so
PostgreSQL has to be told their types where it can't see them: `%s::uuid[]`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class _Cursor(psycopg.Cursor[Any]):
    """Django's own cursors write parameters into the text, which then is another each time."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_Cursor":
        return super().execute(query, params, prepare=True, **options)


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """A cursor of Django's connection that prepares what it executes."""
    connection.ensure_connection()
    # As Django wraps its own, so that statements are counted and errors translated alike.
    with connection._prepare_cursor(_Cursor(connection.connection)) as wrapped:  # type: ignore[attr-defined]
        yield wrapped
