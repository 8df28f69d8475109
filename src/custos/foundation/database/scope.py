"""Who may see what: one scope per transaction, enforced by the database.

Organizations are numbered so that a subtree is one range of numbers (see `organizations.numbers`).
A `Scope` is such a range, the audiences whose entries may be read, and the account. `entered()` opens
a transaction and tells PostgreSQL the scope for its length (`SET LOCAL`); row-level security compares
every row with it. Outside `entered()` every protected table is empty: forgetting fails closed.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import connection, transaction

#: The numbers of all organizations lie within these bounds.
LOWEST, HIGHEST = 100_000_000, 199_999_999


@dataclass(frozen=True, slots=True)
class Scope:
    """A range of organization numbers (both ends included), audiences, and whose scope it is.

    `who` names a person's account or a piece of the system in logs; `user_id` lets an account read
    its own staff rows before it has chosen a posting.
    """

    lowest: int
    highest: int
    audiences: frozenset[int] = field(default_factory=frozenset)
    who: str = ""
    user_id: int | None = None

    def covers(self, organization_id: int) -> bool:
        """Whether rows of this organization are within the range."""
        return self.lowest <= organization_id <= self.highest

    @classmethod
    def of_system(cls, who: str, audiences: Iterable[int] = range(1, 100)) -> "Scope":
        """The whole node, for a worker that declares its name. Never for a request of a person."""
        return cls(LOWEST, HIGHEST, frozenset(audiences), f"system:{who}")

    @classmethod
    def of_nobody(cls, user_id: int) -> "Scope":
        """Nothing but the account's own staff rows: used while the posting is being looked up."""
        return cls(1, 0, frozenset(), f"user:{user_id}", user_id)


class NoScope(RuntimeError):
    """Code that needs a scope ran outside of one; a defect of the caller."""


_current: ContextVar[Scope | None] = ContextVar("custos_scope", default=None)


def current() -> Scope:
    """The scope of the running block. Raises `NoScope` where there is none."""
    scope = _current.get()
    if scope is None:
        raise NoScope("open a scope first: `with scope.entered(...)`")
    return scope


def _tell_database(scope: Scope | None) -> None:
    values = ("", "", "{}", "")
    if scope is not None:
        audiences = ",".join(str(audience) for audience in sorted(scope.audiences))
        values = (
            str(scope.lowest),
            str(scope.highest),
            f"{{{audiences}}}",
            str(scope.user_id or ""),
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('custos.lowest', %s, true), set_config('custos.highest', %s, true),"
            " set_config('custos.audiences', %s, true), set_config('custos.user', %s, true)",
            values,
        )


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Run a block in one transaction under `scope`.

    Scopes nest: the inner one is a savepoint, and the outer one holds again after it.
    """
    outer, nested = _current.get(), connection.in_atomic_block
    with transaction.atomic():
        token = _current.set(scope)
        try:
            _tell_database(scope)
            yield scope
            if nested:
                # SET LOCAL lasts to the end of the transaction, not of the savepoint. (A savepoint
                # that is rolled back takes the setting with it.)
                _tell_database(outer)
        finally:
            _current.reset(token)
