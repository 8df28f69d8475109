"""Who may arrive, when, and under what name."""

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.custody import arrival

TODAY = date(2026, 3, 5)
GROWN = date(1990, 1, 1)


def _ids(
    born: date | None = GROWN, arrived: date = TODAY, file: arrival.RuleFile | None = None
) -> list[str]:
    return [found.rule.id for found in arrival.objections(born, arrived, TODAY, file)]


def _without(rule: str) -> arrival.RuleFile:
    file = arrival.rules()
    return file.model_copy(update={"rules": tuple(r for r in file.rules if r.id != rule)})


@pytest.mark.parametrize(
    ("born", "refused"),
    [
        (date(2020, 6, 1), True),
        (date(2014, 3, 6), True),  # twelve tomorrow
        (date(2014, 3, 5), False),  # twelve today
        (date(2010, 1, 1), False),
        (None, False),
    ],
)
def test_cl_17_nobody_under_twelve_is_admitted(born: date | None, refused: bool) -> None:
    found = arrival.objections(born, TODAY, TODAY)
    assert [(f.rule.id, f.rule.effect) for f in found] == [("CL-17-CHILD", "block")] * refused


@pytest.mark.parametrize(
    ("days", "effects"),
    [(0, []), (7, []), (8, ["warn"]), (366, ["warn"]), (367, ["warn", "block"])],
)
def test_an_arrival_recorded_after_a_week_asks_why_and_after_a_year_is_refused(
    days: int, effects: list[str]
) -> None:
    found = arrival.objections(GROWN, TODAY - timedelta(days=days), TODAY)
    assert [f.rule.effect for f in found] == effects


#: rule, date of birth, days since the arrival: what it alone objects to.
PROVED = [("CL-17-CHILD", date(2020, 1, 1), 0), ("ARRIVAL-LATE", GROWN, 30)]


@pytest.mark.parametrize(("rule", "born", "days"), PROVED)
def test_each_rule_finds_what_nothing_else_does(rule: str, born: date, days: int) -> None:
    arrived = TODAY - timedelta(days=days)
    assert _ids(born, arrived) == [rule]
    assert _ids(born, arrived, _without(rule)) == []


@pytest.mark.parametrize(
    "name",
    [
        "李㐂",
        "𠮷田",
        "\U00031350田",  # of a block younger than Python's Unicode data
        "阿卜杜拉·买买提",
        "欧阳〇",
        "佐々木",
        "Ngô Thị O'Brien-Müller",
        "无名氏（自称阿强）2号",
        "ཚེ་རིང",
        "葛\U000e0100",  # a variant of a character
    ],
)
def test_every_name_that_people_bear_is_taken(name: str) -> None:
    assert arrival.stray_sign(name) == ""


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("李\u202e伟", "\u202e"),
        ("李\u200b伟", "\u200b"),
        ("李\x07伟", "\x07"),
        ("李\n伟", "\n"),
        ("李😀伟", "😀"),
        ("李1\ufe0f\u20e3", "\u20e3"),
        ("李\ue000", "\ue000"),
    ],
)
def test_what_cannot_be_seen_or_is_no_character_is_no_name(name: str, sign: str) -> None:
    assert arrival.stray_sign(name) == sign


def test_a_documents_number_may_bear_symbols_but_nothing_unseen() -> None:
    assert arrival.stray_sign("拘字〔2026〕№7", symbols=True) == ""
    assert arrival.stray_sign("拘字\u202e7", symbols=True) == "\u202e"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFC), min_size=1))
def test_no_common_chinese_character_is_refused(name: str) -> None:
    assert arrival.stray_sign(name) == ""


def test_the_quick_look_lets_nothing_strange_pass() -> None:
    plain = [sign for at in range(0x110000) if arrival._PLAIN.fullmatch(sign := chr(at))]
    assert {"王", "é", "7", "·"} <= set(plain)
    wrong = {sign for sign in plain if unicodedata.category(sign)[0] not in "LN"} - set(
        " _.,:;·/()（）〔〕《》、，。：；-"
    )
    assert wrong == set()
