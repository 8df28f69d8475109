"""Names and numbers are compared as they are meant, not as they were typed."""

import pytest

from custos.foundation.codes.spelling import name_key, plain_name, same_number


@pytest.mark.parametrize(
    "typed", ["县公(刑)拘字[2026]7号", " 县公（刑）拘字 〔2026〕７号 ", "县公（刑）拘字【2026】7号"]
)  # fmt: skip
def test_a_number_is_the_same_however_it_was_typed(typed: str) -> None:
    assert same_number(typed, "县公（刑）拘字〔2026〕7号")
    assert not same_number(typed, "县公（刑）拘字〔2026〕70号")


@pytest.mark.parametrize(
    "typed",
    [
        "诺尔哈提•阿不都",
        "诺尔哈提．阿不都",
        "诺尔哈提.阿不都",
        "诺尔哈提 · 阿不都",
        "诺尔哈提・阿不都 ",
    ],
)
def test_a_name_is_the_same_with_whichever_dot_it_was_typed(typed: str) -> None:
    assert plain_name(typed) == plain_name("诺尔哈提·阿不都")
    assert plain_name(typed) != plain_name("诺尔哈提阿不都")


def test_a_name_is_the_same_in_any_case_and_width_and_with_any_spaces() -> None:
    assert plain_name("ＬＩ　Ｓｉ") == plain_name("Li Si") == plain_name(" LISI ")
    assert plain_name("赵铁山") != plain_name("赵铁生")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("户建国", "戶建國"),
        ("戸建国", "户建国"),
        ("吳振華", "吴振华"),
        ("黃靜", "黄静"),
        ("张峯", "張峰"),
    ],
)
def test_forms_of_one_character_make_one_name_where_it_is_asked_who_may_be_the_same(
    one: str, other: str
) -> None:
    assert name_key(one) == name_key(other)
    assert plain_name(one) != plain_name(other), "what is written stays what it is"


@pytest.mark.parametrize(("one", "other"), [("于军", "於军"), ("范明", "範明"), ("户军", "护军")])
def test_two_surnames_stay_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
