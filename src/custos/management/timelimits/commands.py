"""What `custos limits compare` and `recompute` do with everybody who is held; thin."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.limits import commands, law
from custos.management.timelimits import computing, everybody, queries


def compare(draft: Path) -> Iterator[str]:
    """A JSON line for each stay whose stages would change under the rules of the folder `draft`.

    Raises `ValueError` for a draft that is wrong in itself. Two queries for some thousand stays.
    """
    drafted = law.load(draft)
    with scope.entered(scope.Scope.of_system("limits.compare")):
        for stays in queries.every_stay():
            now, facts = clock.now(), computing.facts_of(stays)
            for stay in stays:
                found = facts[stay]
                if not found.events:
                    continue
                changed = commands.difference(found.computed(now), found.computed(now, drafted))
                if changed:
                    yield json.dumps({"id": str(stay), **changed}, ensure_ascii=False)


def recompute() -> Iterator[str]:
    """Compute everybody's clock anew, by a process for each core; says how many changed."""
    held, changed = everybody.recompute(os.cpu_count() or 1)
    yield f"{held} {'clock' if held == 1 else 'clocks'} computed, {changed} changed"
