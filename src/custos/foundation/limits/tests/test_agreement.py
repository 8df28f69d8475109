"""The engine and the second clock agree on made-up cases, whatever is wrong with them."""

import json
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from custos.foundation.limits import engine, facts, law
from custos.foundation.limits.tests import cases, reference


def _both(case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return cases.of_engine(engine.compute(facts.read(case))), reference.replay(case)


@hypothesis.settings(max_examples=2_000, deadline=None)
@hypothesis.given(st.randoms(use_true_random=False))
def test_two_clocks_agree(random: Random) -> None:
    case = cases.made(random)
    ours, theirs = _both(case)
    assert ours == theirs, json.dumps(case)


@pytest.mark.parametrize("seed", range(5))
def test_two_clocks_agree_on_whole_courses(seed: int) -> None:
    _agree_on(1_000, seed)


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


def test_the_made_up_cases_reach_every_stage() -> None:
    random, seen = Random(7), set()
    for _ in range(4_000):
        seen |= {one.state for one in engine.compute(facts.read(cases.made(random))).stages}
    assert seen >= set(reference.STAGES) | {"S21", "S22", "S23"}


def test_a_clock_that_forgets_a_rule_is_found() -> None:
    """The agreement can fail: with the police reading switched off it does."""
    random, changed = Random(1), law.shipped().without("HX2006-4")
    differing = 0
    for _ in range(1_000):
        case = cases.made(random)
        ours = cases.of_engine(engine.compute(facts.read(case), changed))
        differing += ours != reference.replay(case)
    assert differing > 5
