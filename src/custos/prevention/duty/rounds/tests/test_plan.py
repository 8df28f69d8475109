"""The rules of rounds, by the numbers of process B.6 and B.20 and by made-up series of looks."""

from datetime import datetime, timedelta
from itertools import accumulate
from uuid import UUID

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.clock import LOCAL
from custos.prevention.duty.information import catalogue
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds.plan import Looked, OwnRounds

AT = datetime(2026, 3, 3, 22, tzinfo=LOCAL)
CELLS = [UUID(int=number) for number in range(1, 20)]


def minutes(own: OwnRounds, *, close: bool) -> float:
    return plan.gap_of(own, close=close).total_seconds() / 60


def test_half_an_hour_at_most_and_a_quarter_on_close_watch() -> None:
    """B.20 patrol.max_gap_min 30; B.6 close watch at most 15."""
    assert minutes(OwnRounds(), close=False) == 30
    assert minutes(OwnRounds(), close=True) == 15


def test_a_facility_chooses_within_five_and_sixty() -> None:
    """B.20: 5 to 60; close watch is never looser than 15."""
    assert minutes(OwnRounds(longest_gap=60), close=False) == 60
    assert minutes(OwnRounds(longest_gap=5), close=True) == 5
    for wrong in ({"longest_gap": 61}, {"longest_gap": 4}, {"close_gap": 16}):
        with pytest.raises(ValueError, match=r"rounds\.gap"):
            OwnRounds(**wrong)


def test_a_file_out_of_bounds_is_refused_in_words() -> None:
    with translation.override("en"), pytest.raises(catalogue.WrongFile) as refused:
        catalogue.read_own("rounds: {longest_gap: 90}")
    assert "longest_gap: from 5 to 60 minutes" in refused.value.findings[0]
    assert catalogue.read_own("rounds: {}").rounds == OwnRounds()
    assert catalogue.read_own("types: []").rounds is None


def test_a_screen_supports_a_look_and_never_replaces_it_on_close_watch() -> None:
    assert plan.counts("screen", close=False)
    assert not plan.counts("screen", close=True)
    assert plan.counts("tag", close=True)
    assert plan.counts("door", close=True)


@given(st.integers(-10_000, 10_000))
def test_late_is_what_comes_after_it_was_due(seconds: int) -> None:
    found = plan.late_by(AT, AT + timedelta(seconds=seconds))
    assert found == timedelta(seconds=max(seconds, 0))


def a_series(cell: UUID, gaps: list[int], by: str = "zhao") -> list[Looked]:
    return [
        Looked(cell, by, AT + timedelta(minutes=at), "tag") for at in accumulate(gaps, initial=0)
    ]


def test_eight_gaps_alike_are_a_sign() -> None:
    (sign,) = plan.signs(a_series(CELLS[0], [20, 20, 21, 20, 20, 19, 20, 20]))
    assert (sign.sort, sign.cell, sign.count) == ("even", CELLS[0], 8)


@pytest.mark.parametrize(
    "gaps",
    [
        [20, 20, 20, 20, 20, 20, 20],  # one too few
        [20, 12, 27, 9, 25, 14, 29, 18],  # uneven, as they should be
        [20, 20, 20, 20, 20, 20, 20, 23],
    ],
)
def test_fewer_or_uneven_gaps_are_none(gaps: list[int]) -> None:
    assert plan.signs(a_series(CELLS[0], gaps)) == []


def in_a_row(seconds: int, count: int, text: str = "", how: plan.How = "tag") -> list[Looked]:
    return [
        Looked(cell, "zhao", AT + timedelta(seconds=seconds * at), how, text)
        for at, cell in enumerate(CELLS[:count])
    ]


def test_four_doors_within_seconds_are_a_sign() -> None:
    (sign,) = plan.signs(in_a_row(4, 4))
    assert (sign.sort, sign.by, sign.count) == ("hurried", "zhao", 4)
    assert plan.signs(in_a_row(4, 3)) == []
    assert plan.signs(in_a_row(5, 4)) == []


def test_screens_may_be_looked_at_quickly() -> None:
    assert plan.signs(in_a_row(2, 9, how="screen")) == []


def test_the_same_words_over_four_cells_are_a_sign() -> None:
    (sign,) = plan.signs(in_a_row(60, 4, "一切正常"))
    assert (sign.sort, sign.count) == ("same_words", 4)
    assert plan.signs(in_a_row(60, 3, "一切正常")) == []
    assert plan.signs(in_a_row(60, 9)) == []
