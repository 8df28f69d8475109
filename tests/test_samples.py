"""A sample has what it must have, and what it leaves out is left to `make proof`."""

import pytest

from tests import samples


@pytest.fixture
def of_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "NAME", "2026-03-02")


def test_each_is_in_some_day_s_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = set()
    for day in range(1, 29):
        monkeypatch.setattr(samples, "NAME", f"2026-03-{day:02}")
        taken |= {page for page in range(100) if samples.takes(3, "axe", page)}
        assert 15 < sum(samples.takes(3, "axe", page) for page in range(100)) < 60
    assert taken == set(range(100))


def test_a_sample_is_the_same_again(of_a_day: None) -> None:
    assert [samples.takes(3, one) for one in range(50)] == [
        samples.takes(3, one) for one in range(50)
    ]
