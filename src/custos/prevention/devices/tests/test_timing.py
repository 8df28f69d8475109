"""What is thought of the time a message bears."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custos.prevention.devices import timing
from custos.prevention.devices.timing import Timing

NOW = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), Timing.ON_TIME),
        (timedelta(seconds=60), Timing.ON_TIME),
        (timedelta(seconds=61), Timing.LATE),
        (timedelta(days=7), Timing.LATE),
        (timedelta(days=7, seconds=1), Timing.CLOCK_BEHIND),
        (timedelta(seconds=-120), Timing.ON_TIME),
        (timedelta(seconds=-121), Timing.CLOCK_AHEAD),
    ],
)
def test_late_is_more_than_a_minute_and_wrong_is_two_minutes_ahead_or_a_week_behind(
    age: timedelta, expected: Timing
) -> None:
    assert timing.judge(timing.rule(), NOW - age, NOW) is expected


def test_a_retained_state_may_be_old_for_good_reason() -> None:
    assert timing.judge(timing.rule(), NOW - timedelta(days=90), NOW, retained=True) is Timing.LATE


def test_an_emergency_button_concerns_life_and_is_of_the_first_severity() -> None:
    assert timing.rule().life_safety["emergency_button"].severity == 1


def test_a_clock_is_never_tolerated_further_ahead_than_the_record_takes(tmp_path: Path) -> None:
    text = timing.FILE.read_text(encoding="utf-8")
    file = tmp_path / "messages.yaml"
    file.write_text(text.replace("ahead_seconds: 120", "ahead_seconds: 301"), encoding="utf-8")
    with pytest.raises(ValueError, match="ahead_seconds"):
        timing.load(file)
