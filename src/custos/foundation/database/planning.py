"""One word to the planner where it cannot know better."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from custos.foundation.database import scope


@contextmanager
def along_the_index() -> Iterator[None]:
    """Read the beginning of a long list along the index of its order, under a wide scope.

    Row-level security compares with settings, which the planner takes for one row in two hundred.
    So of a whole country it reads and sorts a million rows to give fifty, where the index has them in
    order. A scope of one organization needs no such word, and gets none.
    """
    seen = scope.current()
    if seen.lowest == seen.highest:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        yield
        # Where the block raised, its transaction or savepoint takes the settings with it.
        cursor.execute("SET LOCAL enable_sort TO DEFAULT; SET LOCAL enable_bitmapscan TO DEFAULT")


@contextmanager
def by_hashing() -> Iterator[None]:
    """Group many rows by hashing them, where row-level security has the planner take them for a few.

    What is grouped by several texts is else sorted by all of them first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        # Where the block raised, its transaction or savepoint takes the setting with it.
        cursor.execute("SET LOCAL enable_sort TO DEFAULT")
