"""Identity numbers, by the standard's own examples."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.codes.identity import check_character, examine


def test_the_standards_examples_are_verified() -> None:
    woman = examine("11010519491231002X")
    assert (woman.verified, woman.sex, woman.born) == (True, "2", date(1949, 12, 31))
    man = examine("440524188001010014")
    assert (man.verified, man.sex, man.born) == (True, "1", date(1880, 1, 1))


@pytest.mark.parametrize(
    ("first", "check"), [("99999920000101123", "3"), ("00000019700101000", "0")]
)
def test_check_characters(first: str, check: str) -> None:
    assert check_character(first) == check


def test_a_small_x_counts_as_x() -> None:
    assert examine("11010519491231002x").verified


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105491231002", "length"),
        ("11010519491231002Y", "characters"),
        ("110105194912310021", "check character"),
        ("110105199902300026", "birth date"),
        ("", "length"),
        ("１1010519491231002X", "characters"),
    ],
)
def test_a_wrong_number_is_unverified_and_says_why(number: str, fault: str) -> None:
    found = examine(number)
    assert (found.verified, found.fault) == (False, fault)


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(place: int, shift: int) -> None:
    number = "11010519491231002X"
    digit = str((int(number[place]) + shift) % 10)
    assert not examine(number[:place] + digit + number[place + 1 :]).verified


@given(st.text(max_size=30))
def test_nothing_makes_it_fail(text: str) -> None:
    assert examine(text).verified in (True, False)
