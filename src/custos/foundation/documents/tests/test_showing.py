"""Dates, times and money as Chinese papers have them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.documents.contents import Money, Person, Sex
from custos.foundation.documents.showing import in_capitals, in_figures, shown

BEIJING = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        # 正确填写票据和结算凭证的基本规定, its own examples
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        # and what comes in daily life
        (0, "零元整"),
        (1, "壹分"),
        (50, "伍角整"),
        (1_000, "壹拾元整"),
        (1_023_450, "壹万零贰佰叁拾肆元伍角整"),
        (10_000_000, "壹拾万元整"),
        (100_000_001, "壹佰万元零壹分"),
        (1_000_500_000, "壹仟万伍仟元整"),
        (10_000_000_100, "壹亿零壹元整"),
    ],
)
def test_an_amount_in_capitals(fen: int, capitals: str) -> None:
    assert in_capitals(fen) == capitals


_VALUES = {sign: at for at, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def _read(text: str) -> int:
    """An amount in capitals back in fen: an independent reading."""
    fen, whole, group, digit = 0, 0, 0, 0
    for sign in text:
        if sign in _VALUES:
            digit = _VALUES[sign]
        elif sign in _UNITS:
            group, digit = group + digit * _UNITS[sign], 0
        elif sign == "万":
            whole, group, digit = whole + (group + digit) * 10_000, 0, 0
        elif sign == "亿":
            whole, group, digit = (whole + group + digit) * 10**8, 0, 0
        elif sign == "元":
            fen, whole, group, digit = (whole + group + digit) * 100, 0, 0, 0
        elif sign == "角":
            fen, digit = fen + digit * 10, 0
        elif sign == "分":
            fen, digit = fen + digit, 0
    return fen


@given(st.integers(0, 99_999_999_999))
def test_no_amount_is_read_as_another(fen: int) -> None:
    text = in_capitals(fen)
    assert _read(text) == fen
    assert "零零" not in text


def test_an_amount_in_figures() -> None:
    assert in_figures(123_450) == "¥1,234.50"
    assert shown(Money(fen=5), BEIJING) == {"figures": "¥0.05", "capitals": "伍分"}


def test_a_time_is_that_of_the_facility() -> None:
    late = datetime(2026, 3, 1, 16, 5, tzinfo=UTC)
    assert shown(late, BEIJING) == "2026年3月2日0时05分"
    assert shown(date(2026, 12, 31), BEIJING) == "2026年12月31日"


def test_what_is_not_said_is_struck_out() -> None:
    person = Person(name="王小川", sex=Sex.UNKNOWN, number="1")
    assert shown(person, BEIJING) == {
        "name": "王小川",
        "sex": "未知",
        "born": "—",
        "identity": "—",
        "address": "—",
        "number": "1",
    }
    assert shown((True, False, 7), BEIJING) == ["是", "否", "7"]
