"""What is noticed and said: of types that there are, by posts that record them, and alike for a seed."""

import pytest

from custos.config.shift import script
from custos.config.shift.script import Noticed, Noticing, stream
from custos.prevention.duty.information import catalogue


@pytest.mark.parametrize("noticed", [*script.script().ordinary, *script.script().grave])
def test_what_is_noticed_is_information_that_its_post_records(noticed: Noticed) -> None:
    row = catalogue.shipped().type(noticed.type)
    assert row is not None
    assert noticed.by in row.collected_by or "anyone" in row.collected_by
    assert noticed.about in row.about
    assert noticed.details.keys() <= set(row.fields)


def test_what_is_grave_alone_is_for_the_duty_leader() -> None:
    for found, leads in ((script.script().grave, True), (script.script().ordinary, False)):
        for noticed in found:
            row = catalogue.shipped().type(noticed.type)
            assert row is not None
            assert (row.handled_by[0][0] == "duty_leader") is leads, noticed


def test_there_are_words_for_each_rule() -> None:
    for noticed in script.script().ordinary:
        assert f"DUTY-INFO-{noticed.type[1:].upper()}" in script.script().answers


def test_the_same_seed_notices_the_same_at_the_same_times() -> None:
    def told(seed: int) -> list[tuple[object, str]]:
        noticing = Noticing(stream(seed, "notice"))
        return [(noticing.pause(), noticing.next().text) for _ in range(9)]

    assert told(3) == told(3)
    assert told(3) != told(4)
