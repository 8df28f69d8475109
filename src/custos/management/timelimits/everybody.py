"""The clock of everybody held, computed anew: after a change of the rules, and to check what is stored.

Computing is bound by the processor, so a process for each core does it. Each takes a batch of stays in a
transaction of its own: one query for the papers, one for what is stored, and one update from a temporary
table for what changed. Nothing is said because of it: warnings come with the sweep.
"""

from collections.abc import Sequence
from uuid import UUID

from custos.foundation.database import processes, scope
from custos.management.timelimits import computing, queries

_WHO = "limits.recompute"


def recompute(cores: int) -> tuple[int, int]:
    """Compute every clock of the node anew; returns how many there are, and how many changed.

    Opens its own scope.
    """
    with scope.entered(scope.Scope.of_system(_WHO)):
        parts = list(queries.every_stay())
    return sum(map(len, parts)), sum(processes.each(one_part, parts, cores))


def one_part(stays: Sequence[UUID]) -> int:
    """One batch of stays in a transaction; how many changed."""
    with scope.entered(scope.Scope.of_system(_WHO)):
        return computing.recompute(stays)
