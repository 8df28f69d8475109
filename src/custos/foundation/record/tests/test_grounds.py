"""Grounds are read in the reader's language."""

import pytest
from django.utils import translation

from custos.foundation.record import grounds


@pytest.mark.parametrize(
    ("ground", "english"),
    [
        ("看守所条例 第9条", "Regulations on Detention Centres art. 9"),
        ("刑事诉讼法 第280条", "Criminal Procedure Law art. 280"),
        ("某地办法 第3条", "某地办法 第3条"),
        ("所长口头指令", "所长口头指令"),
        ("", ""),
    ],
)
def test_an_article_of_a_known_law_reads_in_english_too(ground: str, english: str) -> None:
    with translation.override("en"):
        assert grounds.in_words(ground) == english
    with translation.override("zh-hans"):
        assert grounds.in_words(ground) == ground
