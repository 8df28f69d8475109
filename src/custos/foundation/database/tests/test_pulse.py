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
