from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from custos.foundation.ui import moments

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # 12:00 in Beijing


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (172_800, "2 d ago"),
        (-30, "just now"),
        (-61, "in 1 min"),
        (-7200, "in 2 h"),
        (-86_400, "in 1 d"),
    ],
)
def test_how_long_ago_is_said_in_its_largest_unit(seconds, text):
    assert moments.ago(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (183_600, "2 d 3 h left"),
        (172_830, "2 d left"),
        (12_000, "3 h 20 min left"),
        (2400, "40 min left"),
        (20, "under 1 min left"),
        (-20, "just overdue"),
        (-59, "just overdue"),
        (-60, "1 min over"),
        (-2400, "40 min over"),
        (-90_000, "1 d 1 h over"),
    ],
)
def test_a_deadline_is_said_in_its_two_largest_units(seconds, text):
    assert moments.left(seconds) == text


def test_chinese_says_it_the_way_an_officer_does():
    with translation.override("zh-hans"):
        assert moments.ago(180) == "3 分钟前"
        assert moments.left(183_600) == "余 2 天 3 时"
        assert moments.left(-2400) == "超 40 分"
        assert moments.left(20) == "剩不到 1 分钟"
        assert moments.left(-20) == "刚超时"


def test_the_day_is_named_only_where_it_is_another_one():
    assert moments.clock_of(NOON, NOON) == "12:00"
    assert moments.clock_of(NOON - timedelta(days=1), NOON) == "4 Mar 12:00"
    assert moments.clock_of(NOON - timedelta(days=365), NOON) == "5 Mar 2025 12:00"


def test_the_day_changes_at_midnight_in_beijing():
    before_midnight = datetime(2026, 3, 4, 15, 59, tzinfo=UTC)
    after_midnight = datetime(2026, 3, 4, 16, 1, tzinfo=UTC)
    assert moments.clock_of(before_midnight, after_midnight) == "4 Mar 23:59"
    assert moments.clock_of(after_midnight, NOON) == "00:01"
