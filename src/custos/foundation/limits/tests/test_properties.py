"""What holds of every clock: holidays, late papers and bad facts never lengthen custody."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from custos.foundation.limits import dates, engine, facts, law, results
from custos.foundation.limits.tests import cases
from custos.foundation.limits.tests.cases import event

MADE = st.randoms(use_true_random=False).map(cases.made)

#: Papers that could lengthen custody if they came in time.
LENGTHENING = [
    *(event("extension", "", **one) for one in cases.FITTING),
    event("psychiatric_exam_started", ""),
    event("trial_suspended", ""),
    event("file_review_started", ""),
    event("new_major_crime", ""),
    event("identity_unknown", ""),
    event("jurisdiction_changed", ""),
    event("procedure_changed", "", procedure="ordinary"),
    event("administrative_detention", "", days=5),
]
#: Papers by which the case goes on, and its next stage begins.
GOING_ON = [
    event("supplementary_investigation_started", ""),
    event("supplementary_investigation_ended", ""),
    event("returned_for_investigation", ""),
    event("prosecution_received", ""),
    event("trial_accepted", "", instance="first", procedure="ordinary"),
    event("remanded_for_retrial", ""),
]


def _dues(case: dict[str, Any]) -> list[int | None]:
    return [one.due for one in engine.compute(facts.read(case)).stages]


#: Nobody ever works: a table of holidays on which no period could end.
ALL_FREE = (
    frozenset(range(date(2019, 1, 1).toordinal(), date(2041, 1, 1).toordinal())),
    frozenset[int](),
    frozenset(range(2019, 2041)),
)


@hypothesis.given(MADE)
def test_a_holiday_never_moves_a_custody_end(case: dict[str, Any]) -> None:
    before = _dues(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(law, "_days_apart", lambda: ALL_FREE)
        assert _dues(case) == before


def test_a_holiday_moves_the_filing_of_an_appeal_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = cases.case(event("judgment_received", "2026-04-23"), as_of="2026-04-24")

    def windows_of() -> dict[str, list[str]]:
        found = results.as_json(engine.compute(facts.read(judged)))
        return {one["rule"]: one["due_at"] for one in found["windows"]}

    before = windows_of()
    monkeypatch.setattr(law, "_days_apart", lambda: (frozenset(), frozenset(), frozenset({2026})))
    changed = {rule for rule, due in windows_of().items() if before[rule] != due}
    assert changed == {"CPL-230-FILING"}


def _past_an_end(random: Random) -> tuple[dict[str, Any], engine.Result]:
    """A case on a day after its end, with nothing that still moves the end, and what it comes to."""
    while True:
        case = cases.made(random)
        due = _held_until(case)
        if not 0 < due < NEVER:
            continue
        case["as_of"] = _after_the_end(random, case).isoformat()
        result = engine.compute(facts.read(case))
        if result.status == "overdue" and not result.stages[-1].pauses:
            return case, result


#: What is told of a fact by which a stage ended that was due before.
SAID = {"HELD_PAST_DUE", "HOUR_OF_END_MISSING"}


@hypothesis.settings(max_examples=1_000, deadline=None)
@hypothesis.given(st.randoms(use_true_random=False))
def test_a_paper_dated_after_an_end_never_moves_it_and_begins_nothing_silently(
    random: Random,
) -> None:
    """Any paper that may come at all, and every one that would lengthen the stage, had it come in time.

    The case may go on after an end: another authority has it now, or the court sends it back and its time
    restarts (CPL 172, 175, 205, 208). Such a stage is a new one with an end of its own. The one that ended
    keeps its end, and the paper is told to have come past it.
    """
    case, before = _past_an_end(random)
    kind = random.choice(list(law.events()))
    paper = cases.dated(random, kind, date.fromisoformat(case["as_of"]))
    if random.random() < 0.5:
        paper = random.choice([*LENGTHENING, *GOING_ON]) | {"at": case["as_of"]}
    after = engine.compute(facts.read(_with(case, paper)))
    place = len(case["events"])
    known = [one.due for one in before.stages]
    told = {one.code for one in after.problems if one.event == place}
    kept = [one.due for one in after.stages[: len(known)]]
    for old, new in zip(known, kept, strict=True):
        assert old == new or (old and new and new < old), json.dumps(_with(case, paper))
    if len(after.stages) > len(known):
        assert told & SAID, json.dumps(_with(case, paper))


#: What begins and ends by papers of its own.
PAIRS = [
    ("psychiatric_exam_started", "psychiatric_exam_ended"),
    ("trial_suspended", "trial_resumed"),
    ("file_review_started", "file_review_ended"),
    ("leave_started", "leave_ended"),
    ("identity_unknown", "identity_established"),
    ("supplementary_investigation_started", "supplementary_investigation_ended"),
    ("escaped", "recaptured"),
]


@hypothesis.settings(max_examples=500)
@hypothesis.given(st.randoms(use_true_random=False))
def test_a_late_paper_lengthens_nothing(random: Random) -> None:
    _late_papers(random, 1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(200, 210))
def test_half_a_million_late_papers_lengthen_nothing(seed: int) -> None:
    _late_papers(Random(seed), 50_000)


def _late_papers(random: Random, count: int) -> None:
    ways = (_dated_after_the_end, _one_more_end, _end_before_its_beginning)
    for _ in range(count):
        before, after = random.choice(ways)(random, cases.made(random))
        assert _held_until(after) <= _held_until(before), json.dumps([before, after])


#: Later than every day: a clock that stands still, and custody that counts as over.
NEVER = date(2200, 1, 1).toordinal() * dates.DAY


def _held_until(case: dict[str, Any]) -> int:
    """How long somebody may be held by a case before anybody is alarmed."""
    result = engine.compute(facts.read(case))
    if result.status == "ended":
        return NEVER + 1
    if result.status == "no_basis":
        return 0
    due = result.stages[-1].due
    return NEVER if due is None else due


def _with(case: dict[str, Any], *papers: dict[str, Any]) -> dict[str, Any]:
    return case | {"events": [*case["events"], *papers]}


def _any_day(random: Random, case: dict[str, Any]) -> date:
    """A day of the case, or of the week before its first paper."""
    last = date.fromisoformat(case["as_of"])
    first = min(date.fromisoformat(one["at"][:10]) for one in case["events"]) - timedelta(days=7)
    return first + timedelta(days=random.randrange((last - first).days + 1))


def _dated_after_the_end(
    random: Random, case: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Without and with a paper that would lengthen custody, had it come before the end."""
    case = case | {"as_of": _after_the_end(random, case).isoformat()}
    result = engine.compute(facts.read(case))
    paper = random.choice(LENGTHENING)
    if result.status != "overdue" or _begins_custody(paper, result):
        return case, case
    hour = random.choice(["", "T00:00:00+08:00", "T09:30:00+08:00"])
    return case, _with(case, paper | {"at": case["as_of"] + hour})


def _begins_custody(paper: dict[str, Any], result: engine.Result) -> bool:
    """Whether a paper is a basis of its own and lengthens nothing: after a summons, or with a first day."""
    return paper["type"] == "administrative_detention" and (
        result.stages[-1].state != "administrative_detention"
    )


def _after_the_end(random: Random, case: dict[str, Any]) -> date:
    today, due = date.fromisoformat(case["as_of"]), _held_until(case)
    if due >= NEVER:
        return today
    return max(today, date.fromordinal(due // dates.DAY + random.randrange(1, 60)))


def _one_more_end(random: Random, case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Without and with one more paper by which a pause or an escape was over, of whatever day."""
    ends = random.choice([end for _, end in PAIRS if end != "supplementary_investigation_ended"])
    return case, _with(case, event(ends, _any_day(random, case).isoformat()))


def _end_before_its_beginning(
    random: Random, case: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Without and with both papers of a pause, the end of which is dated before its beginning."""
    begins, ends = random.choice(PAIRS)
    kept = [one for one in case["events"] if one["type"] not in (begins, ends)]
    if not kept:
        return case, case
    bare = case | {"events": kept}
    days = sorted(_any_day(random, bare) for _ in range(2))
    earlier, later = (one.isoformat() for one in days)
    return bare, _with(bare, event(ends, earlier), event(begins, later))


@hypothesis.given(MADE)
def test_an_end_is_the_earliest_of_its_readings(case: dict[str, Any]) -> None:
    for one in results.as_json(engine.compute(facts.read(case)))["stages"]:
        if one["ends"]:
            assert one["due_at"] == min(end["at"] for end in one["ends"])
        else:
            assert one["due_at"] is None


@hypothesis.given(MADE)
def test_a_fact_that_was_refused_changes_nothing(case: dict[str, Any]) -> None:
    result = engine.compute(facts.read(case))
    refused = {one.event for one in result.problems if law.problems()[one.code].refused}
    kept = [one for place, one in enumerate(case["events"]) if place not in refused]
    if kept:
        again = engine.compute(facts.read(case | {"events": kept}))
        assert cases.of_engine(again)["stages"] == cases.of_engine(result)["stages"]


@hypothesis.given(MADE, st.integers(1, 400))
def test_what_was_computed_stays_when_time_passes(case: dict[str, Any], days: int) -> None:
    result = engine.compute(facts.read(case))
    if result.stages and result.stages[-1].pauses:
        return  # an open pause is counted to the day that is asked about
    later = (date.fromisoformat(case["as_of"]) + timedelta(days=days)).isoformat()
    assert _dues(case | {"as_of": later}) == _dues(case)


@hypothesis.given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "as_of", "events", "type", "at", "days", "months", "until"]),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_nothing_that_json_can_say_breaks_the_engine(value: Any) -> None:
    found = results.as_json(engine.compute(facts.read(value)))
    assert found["status"] in ("running", "due", "overdue", "ended", "no_basis")


@hypothesis.given(MADE, st.randoms(use_true_random=False))
def test_wrong_fields_never_break_the_engine(case: dict[str, Any], random: Random) -> None:
    for one in case["events"]:
        for field in list(one):
            if field != "type" and random.random() < 0.3:
                one[field] = random.choice(
                    [None, -1, 10**9, True, "", "x", [], {}, 1.5, "2023-02-29"]
                )
    found = results.as_json(engine.compute(facts.read(case)))
    assert isinstance(found["problems"], list)


@pytest.mark.parametrize("months", range(1, 26))
def test_months_end_where_the_two_texts_say(months: int) -> None:
    """Over eight years of days: the texts differ only where the period begins on a month's last day."""
    day = date(2019, 1, 1).toordinal()
    for start in range(day, day + 8 * 365):
        ours, police = dates.months_later(start, months), dates.police_months_later(start, months)
        assert police <= ours
        first, last = date.fromordinal(start), date.fromordinal(ours)
        assert (last.year * 12 + last.month) - (first.year * 12 + first.month) == months
        if ours != police:
            assert (first + timedelta(days=1)).day == 1
            assert (last + timedelta(days=1)).day == 1


def test_the_table_of_working_days_is_that_of_the_yearly_notices() -> None:
    def next_of(text: str) -> str:
        found = law.next_working_day(date.fromisoformat(text).toordinal())
        return date.fromordinal(found).isoformat() if found else ""

    assert next_of("2026-05-03") == "2026-05-06"
    assert next_of("2026-02-14") == "2026-02-14"  # a Saturday that is worked
    assert next_of("2026-02-15") == "2026-02-24"
    assert next_of("2025-10-01") == "2025-10-09"
    assert next_of("2026-03-07") == "2026-03-09"
    assert next_of("2031-01-01") == ""
