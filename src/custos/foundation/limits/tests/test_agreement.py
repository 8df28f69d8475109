"""The engine and the second clock agree on made-up cases, whatever is wrong with them."""

import ast
import json
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from custos.foundation.limits import engine, facts, law, results, windows
from custos.foundation.limits.law import Law
from custos.foundation.limits.tests import cases, reference, reference_beside

#: Rules of which the second clock knows nothing but what the articles say, one of each family.
SEEN_OFF = (
    *("HX2006-4", "SPC-202-CHAINED", "CPL-156", "CPL-158", "CPL-208-EXT", "CPL-149", "SPC-396"),
    *("MAX-POLICE", "MAX-REVIEW", "CL-47", "CPL-268", "SPC-170-3", "SL2025-23", "AL-2", "AL-3"),
    *("MPS-C-305", "HY2014-FORM", "GTZ1999-83"),
)


def _both(
    case: dict[str, Any], changed: Law | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stages, what is wrong, windows and totals of a case, by the engine and by the second clock."""
    result, world = engine.compute(facts.read(case), changed), reference.world_of(case)
    ours = cases.of_engine(result) | cases.beside_of_engine(result)
    theirs = reference.shown(world, case) | reference_beside.beside(world, case)
    if len(result.stages) != len(world.rows):
        return ours, theirs
    ours["readings"] = _readings(result, world, case)
    return ours, theirs | {"readings": reference.readings(world, case)}


#: The texts that the second clock knows by a letter: months by SPC 202 and by HX2006 4, days, hours.
LETTERS = {"SPC-202": "m", "HX2006-4": "p", "CPL-105": "d", "DR-32": "d", "HX2006-4-HOURS": "h"}
#: Readings that never are the earliest, and are kept to be shown: the second clock doesn't draw them.
LATER = {"CPL-208-LATEST", "PAUSE-INCLUSIVE"}


def _readings(
    result: engine.Result, world: reference.Replay, case: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The same of the engine's stages: texts, ends and last day."""
    found = []
    for stage, row in zip(result.stages, world.rows, strict=True):
        today = date.fromisoformat(case["as_of"])
        day = today if row is world.row else reference.last_seen(row)
        other = stage.state in reference.READ_OTHERWISE
        ends = {
            datetime.fromisoformat(results.iso(at)).replace(tzinfo=None)
            for name, at in stage.ends
            if at == stage.due or not (other or name in LATER)
        }
        texts = None if other else "".join(sorted(LETTERS[name] for name in stage.readings))
        last = date.fromordinal(stage.last_day) if stage.last_day else None
        found.append((texts, sorted(ends - row.beyond(day)), last))
    return found


@hypothesis.settings(max_examples=1_000, deadline=None)
@hypothesis.given(st.randoms(use_true_random=False))
def test_two_clocks_agree(random: Random) -> None:
    case = cases.made(random)
    ours, theirs = _both(case)
    assert ours == theirs, json.dumps(case)


@pytest.mark.parametrize("seed", range(5))
def test_two_clocks_agree_on_whole_courses(seed: int) -> None:
    _agree_on(800, seed)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(100, 120))
def test_two_clocks_agree_on_a_million_cases(seed: int) -> None:
    _agree_on(50_000, seed)


def _agree_on(count: int, seed: int) -> None:
    random = Random(seed)
    for _ in range(count):
        case = cases.made(random)
        ours, theirs = _both(case)
        assert ours == theirs, json.dumps(case)


def test_a_cap_keeps_the_pauses_of_what_was_granted_before_it() -> None:
    steps = [
        {"months": 1, "ground": "complex", "approver": "procuratorate_next_higher"},
        {"months": 2, "ground": "severe_four_classes", "approver": "procuratorate_province"},
    ]
    case = cases.case(
        cases.event("arrest", "2023-12-28"),
        cases.event("psychiatric_exam_started", "2024-01-16"),
        cases.event("psychiatric_exam_ended", "2024-02-07"),
        cases.event("extension", "2024-03-05", **steps[0]),
        cases.event("extension", "2024-03-27", **steps[1]),
        cases.event("psychiatric_exam_started", "2024-04-08"),
        cases.event("psychiatric_exam_ended", "2024-04-27"),
        cases.event("wrongful_custody_found", "2024-05-10T21:22:00+08:00"),
        as_of="2024-07-06",
    )
    ours, theirs = _both(case)
    assert ours == theirs
    # 28 March, and the 22 and 19 days of the two examinations.
    assert str(ours["stages"][0][2]) == "2024-05-09 00:00:00"


def test_a_paper_of_the_procuratorates_own_case_is_compared_by_the_reading_that_binds_it() -> None:
    """DA-6 binds the police: from 30 November two months end on 31 January, as the paper says."""
    case = cases.case(
        cases.event("procuratorate_detention", "2025-11-27"),
        cases.event("arrest", "2025-11-30", until="2026-01-31"),
        as_of="2025-12-31",
    )
    ours, theirs = _both(case)
    assert ours == theirs
    assert ours["problems"] == []


UNKNOWN = [cases.event("arrest", "2025-08-17"), cases.event("identity_unknown", "2025-10-16")]
SPECIAL = {"months": 4, "ground": "special_npcsc", "approver": "supreme_procuratorate"}


@pytest.mark.parametrize(
    ("events", "last"),
    [
        # The examination falls into the time that was added, which the seven months don't bound.
        ([("extension", "2025-12-02"), ("psychiatric_exam_started", "2025-12-10")], "2026-03-17"),
        # 43 of its days, 20 October to 2 December, lie before that time.
        ([("psychiatric_exam_started", "2025-10-20"), ("extension", "2025-12-02")], "2026-04-29"),
    ],
)
def test_an_examination_moves_the_total_by_its_days_within_the_span(
    events: list[tuple[str, str]], last: str
) -> None:
    known = [
        cases.event(kind, at, **(SPECIAL if kind == "extension" else {})) for kind, at in events
    ]
    ours, theirs = _both(cases.case(*UNKNOWN, *known, as_of="2026-01-03"))
    assert ours == theirs
    assert [str(day) for _name, _first, day, _over in ours["totals"]] == [last]


#: What stands in the form of a case, which no replay of well-formed facts can meet, and old law.
OF_FORM = {
    *("CASE_UNREADABLE", "AS_OF_MISSING", "EVENTS_MISSING", "EVENT_UNREADABLE", "TYPE_MISSING"),
    *("TYPE_UNKNOWN", "AT_MISSING", "DATE_UNREADABLE", "DATE_DOES_NOT_EXIST", "DATE_IMPLAUSIBLE"),
    *("NOT_A_LEAP_YEAR", "TIME_ZONE_MISSING", "FIELD_UNKNOWN", "FIELD_MISSING", "CODE_UNKNOWN"),
    *("NUMBER_UNREADABLE", "NUMBER_TOO_LARGE", "FLAG_UNREADABLE", "UNIT_UNKNOWN", "DUPLICATE"),
    *("OTHER_PERSON", "PERSONS_MIXED", "OUT_OF_ORDER", "FUTURE_EVENT", "LAW_UNKNOWN"),
    "END_UNREADABLE",
}


def test_the_made_up_cases_reach_every_stage_problem_window_and_total() -> None:
    random = Random(7)
    states, codes, beside = set(), set(), set()
    for _ in range(4_000):
        result = engine.compute(facts.read(cases.made(random)))
        states |= {one.state for one in result.stages}
        codes |= {one.code for one in result.problems}
        beside |= {one.rule.id for one in [*windows.of(result), *windows.totals(result)]}
    rules = [one.rule for one in law.shipped().held]
    assert states == set(reference.STAGES) | {"S21", "S22", "S23"}
    assert states == set(law.shipped().stages) | {"S21", "S22", "S23"}
    assert codes == set(law.problems()) - OF_FORM
    assert beside == {r.id for r in rules if isinstance(r, law.WindowRule | law.TotalRule)}


@pytest.mark.parametrize("rule", SEEN_OFF)
def test_a_clock_that_forgets_a_rule_is_found(rule: str) -> None:
    """The agreement can fail: it does with any of these switched off."""
    random, changed = Random(1), law.shipped().without(rule)
    for _ in range(4_000):
        ours, theirs = _both(cases.made(random), changed)
        if ours != theirs:
            return
    pytest.fail(f"nobody notices that {rule} is gone")


def test_the_second_clock_shares_nothing_with_the_engine() -> None:
    """Neither its code nor its data: of Custos it imports only its own two modules."""
    for module in (reference, reference_beside):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        named += [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        ours = {name for name in named if name.startswith("custos")}
        assert ours <= {
            "custos.foundation.limits.tests",
            "custos.foundation.limits.tests.reference",
        }
        assert set(named) - ours <= {"calendar", "itertools", "datetime"}
