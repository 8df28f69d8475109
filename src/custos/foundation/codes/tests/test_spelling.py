"""Names and numbers are compared as they are meant, not as they were typed."""

import pytest

from custos.foundation.codes.spelling import plain_name, same_number


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
