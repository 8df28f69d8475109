"""What `custos limits` says and does; thin."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from custos.foundation.limits import engine, facts, law, results, schema
from custos.foundation.limits.facts import Case


def compute(lines: Iterable[str]) -> Iterator[str]:
    """A JSON result a line for each JSON case a line; blank lines are passed over.

    A line that is no case has a result too, with its problem: the number of lines stays.
    """
    for case in _cases(lines):
        yield json.dumps(results.as_json(engine.compute(case)), ensure_ascii=False)


def _cases(lines: Iterable[str]) -> Iterator[Case]:
    for line in lines:
        if not line.strip():
            continue
        try:
            case = json.loads(line)
        except ValueError:
            case = None
        yield facts.read(case)


def compare(lines: Iterable[str], draft: Path) -> Iterator[str]:
    """A JSON line for each case whose stages would change under the rules of the folder `draft`.

    Raises `ValueError` for a draft that is wrong in itself.
    """
    drafted = law.load(draft)
    for case in _cases(lines):
        changed = difference(engine.compute(case), engine.compute(case, drafted))
        if changed:
            yield json.dumps({"id": case.id, **changed}, ensure_ascii=False)


def difference(now: engine.Result, then: engine.Result) -> dict[str, Any]:
    """Stages and status of two results of one case, where they differ; nothing where they don't."""
    before, after = _ends(now), _ends(then)
    if before == after and now.status == then.status:
        return {}
    return {
        "now": {"status": now.status, "stages": before},
        "draft": {"status": then.status, "stages": after},
    }


def _ends(result: engine.Result) -> list[dict[str, str | None]]:
    return [
        {"state": one.state, "due_at": results.iso(one.due) if one.due is not None else None}
        for one in result.stages
    ]


def schema_of(what: str) -> str:
    """The JSON Schema of a `case` or a `result`."""
    found = schema.case() if what == "case" else schema.result()
    return json.dumps(found, ensure_ascii=False, indent=1)
