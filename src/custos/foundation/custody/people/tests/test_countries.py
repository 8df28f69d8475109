"""Countries as an officer looks for them (names of GB/T 2659.1, typed here)."""

from django.utils.translation import override

from custos.foundation.custody.people import facts


def test_china_comes_first_and_the_rest_by_how_they_are_read():
    with override("zh-hans"):
        named = [title for _code, title in facts.country_choices()]
    assert named[0] == "中国"
    assert named.index("阿富汗") < named.index("朝鲜") < named.index("越南") < named.index("赞比亚")
    with override("en"):
        named = [title for _code, title in facts.country_choices()]
    assert named[0] == "China"
    assert named.index("Afghanistan") < named.index("Vietnam") < named.index("Zambia")


def test_no_part_of_china_is_named_as_a_country_of_its_own():
    with override("zh-hans"):
        named = dict(facts.country_choices())
    assert named["TW"] == "中国台湾"
    assert named["HK"] == "中国香港特别行政区"
    assert named["MO"] == "中国澳门特别行政区"
