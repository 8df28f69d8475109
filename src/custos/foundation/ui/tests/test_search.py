import pytest

from custos.foundation.ui import search
from custos.foundation.ui.search import Hit

ACTING = object()


@pytest.fixture(autouse=True)
def sources(monkeypatch):
    monkeypatch.setattr(search, "_sources", {})


def finds(*titles):
    return lambda words, acting, limit: [Hit("/", title) for title in titles[:limit]]


def test_groups_stand_in_their_order_and_empty_ones_are_left_out():
    search.register("cells", "Cells", finds("101"), icon="door", order=20)
    search.register("people", "People", finds("Wang"), icon="users", order=10)
    search.register("papers", "Papers", finds(), icon="report", order=5)
    assert [group.title for group in search.ask("10", ACTING)] == ["People", "Cells"]


def test_a_long_group_is_cut_and_says_so():
    search.register("cells", "Cells", finds(*"123456789"), icon="door")
    (group,) = search.ask("10", ACTING)
    assert len(group.hits) == search.MOST
    assert group.more


def test_what_a_post_may_not_find_is_not_asked_for():
    def never(words, acting, limit):
        raise AssertionError("asked")

    search.register("tips", "Tips", never, icon="report", shown=lambda acting: False)
    assert search.ask("10", ACTING) == []


def test_who_finds_nothing_is_shown_no_search_box():
    assert not search.finds_for(ACTING)
    search.register("tips", "Tips", finds("A"), icon="report", shown=lambda acting: False)
    assert not search.finds_for(ACTING)
    search.register("cells", "Cells", finds("101"), icon="door")
    assert search.finds_for(ACTING)


@pytest.mark.parametrize(
    ("typed", "words", "enough"),
    [
        ("  王  小川 ", "王 小川", True),
        ("１０１", "101", True),
        ("王", "王", True),
        ("1", "1", False),
        ("", "", False),
        ("x" * 500, "x" * search.LONGEST, True),
    ],
)
def test_what_is_typed_is_made_plain(typed, words, enough):
    assert search.words_of(typed) == words
    assert search.long_enough(words) is enough


def test_without_a_post_nothing_is_found():
    search.register("cells", "Cells", finds("101"), icon="door")
    assert search.ask("10", None) == []
