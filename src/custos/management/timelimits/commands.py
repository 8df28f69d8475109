"""What `custos limits compare` and `recompute` do with everybody who is held; thin."""

import json
from collections.abc import Iterator
from pathlib import Path

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.limits import commands, law
from custos.management.timelimits import computing, queries


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
    """Compute everybody's clock anew, in batches of a transaction each; says how many changed."""
    system, held, changed = scope.Scope.of_system("limits.recompute"), 0, 0
    last = None
    while True:
        with scope.entered(system):
            stays = queries.stays_after(last)
            if not stays:
                break
            changed += computing.recompute(stays)
        held, last = held + len(stays), stays[-1]
    yield f"{held} clocks computed, {changed} changed"
