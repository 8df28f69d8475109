"""Tries at secrets, counted before they are looked at: of many made at once no more are tried than bear it.

A try is taken first (`take`), in one statement that locks its row, and given back (`give_back`) where
the secret was right. Counting afterwards would let each of many that run at once see the same number.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from custos.foundation import clock
from custos.foundation.accounts.models import Tries

#: How long a try waits for another one of the same account or address before it is refused.
PATIENCE_SECONDS = 2
#: Counts that nobody added to for so long mean nothing any more, whatever they count.
FORGOTTEN_AFTER = timedelta(days=1)

_TAKE = """
INSERT INTO accounts_tries AS kept (key, count, last_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE
    SET count = CASE WHEN kept.last_at < %(oldest)s THEN 1 ELSE kept.count + 1 END, last_at = %(now)s
    WHERE kept.count < %(most)s OR kept.last_at < %(oldest)s
RETURNING count
"""


def take(*wanted: tuple[str, int], lasts: timedelta) -> bool:
    """Take one try of each key, which bears so many until none was made for `lasts`; False for none.

    All or none are taken. The rows are held until the transaction ends, so keys come in one order.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
            now = clock.now()
            for key, most in wanted:
                cursor.execute(_TAKE, {"key": key, "most": most, "now": now, "oldest": now - lasts})
                if cursor.fetchone() is None:
                    raise _NoneLeft
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except _NoneLeft:
        return False
    except OperationalError as error:
        # Somebody tries the same in this moment, or two desks try each other's.
        if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise
        return False
    return True


_COUNT = """
INSERT INTO accounts_tries AS kept (key, count, last_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE
    SET count = CASE WHEN kept.last_at <= %(oldest)s THEN 1 ELSE least(kept.count + 1, 30000) END,
        last_at = CASE WHEN kept.last_at <= %(oldest)s THEN %(now)s ELSE kept.last_at END
RETURNING count, last_at
"""


def counted(key: str, *, window: timedelta) -> tuple[int, timedelta]:
    """Count a request in its window, which begins with the first: how many there are, and its age.

    Of all processes together. A count that a crash of the server loses does no harm, so that none waits
    for the disk.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        cursor.execute(_COUNT, {"key": key, "now": now, "oldest": now - window})
        count, began = cursor.fetchone()
    return count, now - began


class _NoneLeft(Exception):
    """Undoes what was taken of other keys."""


def give_back(key: str) -> None:
    """One that was taken was right, and doesn't count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_tries SET count = count - 1 WHERE key = %s AND count > 0", [key]
        )


def forget(key: str) -> int:
    """Begin anew with a key; returns how many were counted."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_tries WHERE key = %s RETURNING count", [key])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def is_over(key: str, most: int, *, lasts: timedelta) -> bool:
    """Whether none is left just now."""
    oldest = clock.now() - lasts
    return Tries.objects.filter(key=key, count__gte=most, last_at__gte=oldest).exists()


def last_of_those_over(keys: Iterable[str], most: int, *, lasts: timedelta) -> dict[str, datetime]:
    """Those of these keys of which none is left just now, and when the last was taken. One query."""
    over = Tries.objects.filter(
        key__in=list(keys), count__gte=most, last_at__gte=clock.now() - lasts
    )
    return dict(over.values_list("key", "last_at"))


def sweep() -> int:
    """Take away counts that mean nothing any more; returns how many."""
    return Tries.objects.filter(last_at__lt=clock.now() - FORGOTTEN_AFTER).delete()[0]
