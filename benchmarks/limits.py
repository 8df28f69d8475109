"""The clock of a case: the engine alone, with reading, and with windows and words.

Cases are made up as the tests make them: whole courses, plausible and senseless ones. `scale` is the share
of the full number of cases. Where `zen-engine` is installed, its time for a decision table of twenty
rows over the stages of the same cases stands beside, though it computes no dates.
"""

import importlib
import json
import statistics
import time
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from custos.config.benching import Figure
from custos.foundation.limits import commands, engine, facts, law, results
from custos.foundation.limits.engine import Result
from custos.foundation.limits.tests import cases

CASES = 20_000
#: One case, engine alone.
TARGET_MS = 0.1


def run(scale: float = 1.0) -> list[Figure]:
    """Measure medians of mixed cases, and how many a second one core computes."""
    random = Random(2026)
    made = [cases.made(random) for _ in range(max(200, round(CASES * scale)))]
    law.shipped()
    read = [facts.read(case) for case in made]
    computed = [engine.compute(case) for case in read]
    lines = [json.dumps(case) for case in made[: max(200, len(made) // 10)]]
    began = time.perf_counter()
    for case in read:
        engine.compute(case)
    rate = len(read) / (time.perf_counter() - began)
    return [
        Figure(
            "one case, engine alone, median", _median(engine.compute, read), "ms", TARGET_MS, True
        ),
        Figure(
            "one case, engine alone, 99th of 100", _high(engine.compute, read), "ms", None, True
        ),
        Figure("reading one case, median", _median(facts.read, made), "ms", None, True),
        Figure("showing one result with reasons, median", _shown(computed), "ms", None, True),
        Figure("cases a second on one core", rate, "cases/s"),
        Figure("JSON lines a second, with reasons", _lines(lines), "lines/s"),
        *_beside(computed),
    ]


def _times(function: Callable[[Any], object], values: Iterable[Any]) -> list[float]:
    found = []
    for value in values:
        began = time.perf_counter()
        function(value)
        found.append((time.perf_counter() - began) * 1000)
    return found


def _median(function: Callable[[Any], object], values: Iterable[Any]) -> float:
    return statistics.median(_times(function, values))


def _high(function: Callable[[Any], object], values: Iterable[Any]) -> float:
    return statistics.quantiles(_times(function, values), n=100)[-1]


def _shown(computed: list[Result]) -> float:
    return _median(results.as_json, computed[: max(200, len(computed) // 10)])


def _lines(lines: list[str]) -> float:
    began = time.perf_counter()
    for _ in commands.compute(lines):
        pass
    return len(lines) / (time.perf_counter() - began)


def _beside(computed: list[Result]) -> list[Figure]:
    """zen-engine over one decision table: state and length in, name of the rule out."""
    try:
        zen = importlib.import_module("zen")
    except ImportError:
        return []
    states = sorted(law.shipped().stages)[:20]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "i", "name": "state", "field": "state"}],
        "outputs": [{"id": "o", "name": "rule", "field": "rule"}],
        "rules": [{"_id": state, "i": f'"{state}"', "o": f'"{state}"'} for state in states],
    }
    decision = zen.ZenEngine().create_decision(
        {
            "contentType": "application/vnd.gorules.decision",
            "nodes": [
                {"id": "in", "name": "in", "type": "inputNode"},
                {"id": "t", "name": "t", "type": "decisionTableNode", "content": table},
                {"id": "out", "name": "out", "type": "outputNode"},
            ],
            "edges": [
                {"id": "a", "sourceId": "in", "targetId": "t"},
                {"id": "b", "sourceId": "t", "targetId": "out"},
            ],
        }
    )

    def decide(result: Result) -> None:
        for stage in result.stages:
            decision.evaluate({"state": stage.state})

    return [
        Figure(
            "zen-engine, a table of 20 rows a stage", _median(decide, computed), "ms", None, True
        )
    ]
