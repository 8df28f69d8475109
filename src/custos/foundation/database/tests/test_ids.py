"""Identifiers: in the order in which a process made them, whatever time they bear."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.database.ids import lower_bound, new_id

NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_an_identifier_is_a_uuid_of_version_7_that_bears_its_milliseconds(at: datetime) -> None:
    made = new_id(at)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND
    assert lower_bound(at) <= made < lower_bound(at + MILLISECOND)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=60))
def test_of_one_millisecond_the_later_made_is_the_greater_whatever_was_made_between(
    milliseconds: list[int],
) -> None:
    # Deeds run side by side, each with its own time: none may disturb the order of another.
    made = [(step, new_id(NOON + step * MILLISECOND)) for step in milliseconds]
    assert sorted(made) == sorted(made, key=lambda pair: pair[0])


def test_no_identifier_is_made_twice() -> None:
    assert len({new_id(NOON) for _ in range(20_000)}) == 20_000
