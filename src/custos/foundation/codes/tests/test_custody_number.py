"""Custody numbers of 21 digits. The example is the published one of GA 300.3-2001: 330181111 (Xiaoshan),
4 January 2000, 0201.
"""

from datetime import date

import pytest

from custos.foundation.codes.custody_number import Examined, examine

EXAMPLE = "330181111200001040201"


def test_the_published_example_says_facility_day_and_serial() -> None:
    assert examine(EXAMPLE, "330181111") == Examined("", "330181111", date(2000, 1, 4), 201)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (EXAMPLE[:-1], "length"),
        (EXAMPLE + "0", "length"),
        ("11010519491231002X", "length"),
        (EXAMPLE[:-1] + "X", "characters"),
        ("３３０１８１１１１２００００１０４０２０１", "characters"),
        ("330181112200001040201", "facility"),
        ("330181111200013040201", "day"),
        ("330181111200102290201", "day"),
        ("330181111200001040000", "serial"),
    ],
)
def test_what_is_wrong_is_named(number: str, fault: str) -> None:
    assert examine(number, "330181111").fault == fault


def test_a_leap_day_is_a_day() -> None:
    assert examine("330181111200002290001", "330181111").day == date(2000, 2, 29)
