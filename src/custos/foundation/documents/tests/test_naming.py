"""As what a paper names somebody; values from the law and from the domain facts, not from the file."""

import pytest

from custos.foundation.documents import naming
from custos.foundation.documents.naming import word_at


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        ("S10", "犯罪嫌疑人"),
        ("S13", "犯罪嫌疑人"),
        ("S20", "犯罪嫌疑人"),
        ("S30", "犯罪嫌疑人"),
        ("S32", "犯罪嫌疑人"),
        ("S40", "被告人"),
        ("S50", "被告人"),
        ("S60", "被告人"),
        ("S70", "被告人"),
        ("S80", "罪犯"),
        ("S81", "罪犯"),
        ("S95", "在押人员"),
        ("administrative_detention", "被拘留人"),
        ("compulsory_treatment", "戒毒人员"),
    ],
)
def test_a_word_follows_from_the_stage(stage: str, word: str) -> None:
    found = word_at(stage)
    assert found is not None
    assert found.title.zh == word


def test_cpl_12_nobody_is_a_convict_before_a_final_judgment() -> None:
    before = [f"S{number}" for number in (10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 40, 41, 42)]
    before += [f"S{number}" for number in (43, 44, 45, 50, 60, 70)]
    assert all((word := word_at(stage)) and word.id != "convict" for stage in before)


def test_a_stage_that_nobody_knows_has_no_word() -> None:
    assert word_at("S00") is None
    assert word_at("") is None


def test_no_stage_has_two_words() -> None:
    stages = [stage for word in naming.words().words for stage in word.stages]
    assert len(stages) == len(set(stages))


def _said(stage: str, *texts: str) -> list[str]:
    word = word_at(stage)
    assert word is not None
    return naming.strays(texts, word)


def test_a_word_typed_into_a_text_is_found_too() -> None:
    assert _said("S10", "该罪犯情绪平稳") == ["罪犯"]
    assert _said("S60", "同监室服刑人员反映") == ["服刑人员"]
    assert _said("S81", "该罪犯情绪平稳") == []


def test_nobody_at_any_stage_is_called_what_the_law_gave_up() -> None:
    assert _said("S81", "人犯一名", "犯人") == ["人犯", "犯人"]


def test_the_name_of_a_law_says_what_it_says() -> None:
    assert _said("S10", "依照《看守所留所执行刑罚罪犯管理办法》") == []


def test_switched_off_the_rule_finds_nothing() -> None:
    word = word_at("S10")
    assert word is not None
    silent = naming.words().model_copy(update={"reserved": ()})
    assert naming.strays(["罪犯"], word, silent) == []
