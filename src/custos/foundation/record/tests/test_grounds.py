"""Grounds are read in the reader's language."""

import pytest
from django.utils import translation

from custos.foundation.record import grounds


@pytest.mark.parametrize(
    ("ground", "english"),
    [
        ("看守所条例 第9条", "Regulations on Detention Centres art. 9"),
        ("刑事诉讼法 第280条", "Criminal Procedure Law art. 280"),
        (
            "看守所条例 第9条；看守所条例实施办法 第6条",
            "Regulations on Detention Centres art. 9; "
            "Implementing Measures for the Regulations on Detention Centres art. 6",
        ),
        (
            "公安机关适用刑事羁押期限规定 第27条",
            "Ministry of Public Security, Rules on Criminal Custody Time Limits (2006) art. 27",
        ),
        ("看守所条例 第38、39条", "Regulations on Detention Centres art. 38, 39"),
        ("看守所条例 第38条、第39条", "Regulations on Detention Centres art. 38, 39"),
        ("拘留所条例 第9至11条", "Regulations on Administrative Detention Houses art. 9–11"),
        ("曼德拉规则 规则69、71、72", "Nelson Mandela Rules 69, 71, 72"),
        ("纳尔逊·曼德拉规则 7(e)、67", "Nelson Mandela Rules 7(e), 67"),
        (
            "治安管理处罚法 (2025) 第23条",
            "Public Security Administration Punishments Law (2025) art. 23",
        ),
        ("某地办法 第3条；设计建议", "某地办法 第3条; design proposal"),
        ("看守所条例 附则", "看守所条例 附则"),
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
