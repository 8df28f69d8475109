"""Figures add up, and few cases give no share."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from custos.prevention.duty.assessment import plan
from custos.prevention.duty.assessment.plan import Figure, Leaf, Month

KINDS = {"a": "officer", "b": "auxiliary", "c": "clinician"}


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    """Some cases of one facility, of which those that nobody answers for say why."""
    cases = draw(st.integers(1, 9))
    officer = draw(st.sampled_from(["a", "b", "c", ""]))
    kept = draw(st.integers(0, cases)) if officer else 0
    return Leaf(
        draw(st.sampled_from(["first_action", "closing", "rounds", "answers"])),
        7,
        draw(st.sampled_from(["patrol", "medical"])),
        draw(st.sampled_from(["08:00", "20:00"])),
        officer,
        "" if officer else draw(st.sampled_from(["short", "nobody", "several"])),
        cases,
        kept,
        tuple(draw(st.lists(st.integers(0, 9_000), max_size=3))),
    )


@given(st.lists(leaves(), max_size=40))
def test_the_parts_of_each_figure_add_up_to_the_whole(found: list[Leaf]) -> None:
    sheet = plan.sheet_of(found, KINDS)
    whole = sheet.get(("facility", "7"), {})
    for by in ("post", "shift", "officer", "kind"):
        parts = [figures for (which, _key), figures in sheet.items() if which == by]
        for measure, figure in whole.items():
            own = [row[measure] for row in parts if measure in row]
            for name in ("cases", "kept", "missed", "short", "nobody", "several", "laid"):
                assert sum(getattr(one, name) for one in own) == getattr(figure, name)


@given(st.lists(leaves(), max_size=40))
def test_no_case_that_is_laid_on_nobody_stands_with_an_officer(found: list[Leaf]) -> None:
    for (by, key), figures in plan.sheet_of(found, KINDS).items():
        if by == "officer" and key:
            assert all(figure.laid == figure.missed for figure in figures.values())


@given(st.lists(leaves(), max_size=40))
def test_what_is_signed_reads_back_and_differs_in_nothing(found: list[Leaf]) -> None:
    sheet = plan.sheet_of(found, KINDS)
    assert plan.differences(plan.read(plan.said(sheet)), sheet) == []
    assert plan.digest_of(7, Month(date(2026, 3, 1)), sheet, []) == plan.digest_of(
        7, Month(date(2026, 3, 1)), plan.read(plan.said(sheet)), []
    )


def test_fewer_than_five_cases_have_no_share() -> None:
    assert [Figure(cases, cases).percent for cases in (0, 1, 4, 5)] == [None, None, None, 100]


def test_nothing_short_of_all_is_a_hundred() -> None:
    assert Figure(1_000, 999).percent == 99


def test_what_came_later_is_told_beside_what_was_signed() -> None:
    signed = {("facility", "7"): {"closing": Figure(3, 3)}}
    now = {("facility", "7"): {"closing": Figure(4, 3), "answers": Figure(1, 1)}}
    found = [(one.measure, one.signed, one.now) for one in plan.differences(signed, now)]  # type: ignore[arg-type]
    assert found == [
        ("answers", None, Figure(1, 1)),
        ("closing", Figure(3, 3), Figure(4, 3)),
    ]


def test_every_measure_is_defined_in_words_of_both_languages() -> None:
    known = {measure.id: measure for measure in plan.rules().measures}
    assert set(known) == {"first_action", "closing", "rounds", "answers", "taken_over", "reported"}
    assert all(one.definition.zh and one.definition.en for one in known.values())


def test_a_month_follows_the_one_before_over_the_year() -> None:
    january = Month(date(2026, 1, 1))
    assert january.before == Month(date(2025, 12, 1))
    assert january.before.after == january
