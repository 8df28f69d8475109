"""The cache in the database, which says when it couldn't be written.

Django's takes every error of the database for a race that somebody else won. To whoever counts attempts in
it, a full disk then looks like a count that another holds for ever: "too many attempts".
"""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, OperationalError, connections, router
from psycopg.errors import DeadlockDetected, LockNotAvailable


class Cache(DatabaseCache):
    """As Django's, but only a race is passed over in silence."""

    def _base_set(
        self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT
    ) -> bool:
        """Write; False where another was faster. Raises `OperationalError` where it can't be written."""
        errors: list[DatabaseError] = []

        def watched(execute: Callable[..., Any], *about: Any) -> Any:
            try:
                return execute(*about)
            except DatabaseError as error:
                errors.append(error)
                raise

        connection = connections[router.db_for_write(self.cache_model_class)]
        with connection.execute_wrapper(watched):
            done: bool = super()._base_set(  # type: ignore[misc]  # private to the stubs
                mode, key, value, timeout
            )
        if done or mode == "touch" or any(map(_is_race, errors)):
            return done
        # No row was in the way: a statement failed, or the commit.
        raise OperationalError("the cache can't be written") from next(iter(errors), None)


def _is_race(error: DatabaseError) -> bool:
    lost = isinstance(error.__cause__, DeadlockDetected | LockNotAvailable)
    return lost or isinstance(error, IntegrityError)
