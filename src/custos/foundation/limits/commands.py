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
        yield _written(results.as_json(engine.compute(case)))


def _cases(lines: Iterable[str]) -> Iterator[Case]:
    for line in lines:
        if line.strip():
            yield facts.read(_read(line))


def _read(line: str) -> object:
    """What a line says; None where it isn't JSON, isn't UTF-8, says a name twice, or is nested too deep."""
    try:
        line.encode()  # bytes that are no UTF-8 stand in it as halves of pairs
        return json.loads(line, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a name that stands twice")
    return said


def _no_number(constant: str) -> object:
    raise ValueError(f"{constant} is no number of JSON")


def _written(said: object) -> str:
    """A line of JSON; half of a pair, which UTF-8 has no bytes for, is written as its escape."""
    text = json.dumps(said, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def compare(lines: Iterable[str], draft: Path) -> Iterator[str]:
    """A JSON line for each case whose stages would change under the rules of the folder `draft`.

    Raises `ValueError` for a draft that is wrong in itself.
    """
    drafted = law.load(draft)
    for case in _cases(lines):
        changed = difference(engine.compute(case), engine.compute(case, drafted))
        if changed:
            yield _written({"id": case.id, **changed})


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
