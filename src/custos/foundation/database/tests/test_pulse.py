from datetime import UTC, datetime

import pytest

from custos.foundation import clock
from custos.foundation.database import pulse

pytestmark = pytest.mark.django_db


def test_what_never_beat_has_no_last_beat() -> None:
    assert pulse.last_beat("nothing") is None


def test_the_latest_beat_counts() -> None:
    early, late = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)
    for moment in (early, late):
        with clock.set_to(moment):
            pulse.beat(pulse.SWEEPS)
    assert pulse.last_beat(pulse.SWEEPS) == late


def test_a_sweep_fails_since_it_first_did_until_it_succeeds() -> None:
    early, late = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 9, tzinfo=UTC)
    with clock.set_to(early):
        pulse.say_failing(["duty.rounds"])
    with clock.set_to(late):
        pulse.say_failing(["duty.rounds", "custody.counts"])
    assert pulse.failing() == {"custody.counts": late, "duty.rounds": early}
    assert pulse.beats() == {}, "what fails is no part that did its work"
    pulse.say_failing(["custody.counts"])
    assert pulse.failing() == {"custody.counts": late}
