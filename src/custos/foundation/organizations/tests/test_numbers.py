"""Numbers in which a subtree is a range, and the kinds of facility."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.errors import Malformed
from custos.foundation.organizations import kinds_of_facility, numbers
from custos.foundation.organizations.numbers import Tier


@pytest.mark.parametrize(
    ("number", "tier", "bounds"),
    [
        (100_000_000, Tier.MINISTRY, (100_000_000, 199_999_999)),
        (101_000_000, Tier.PROVINCE, (101_000_000, 101_999_999)),
        (101_002_000, Tier.CITY, (101_002_000, 101_002_999)),
        (101_002_003, Tier.FACILITY, (101_002_003, 101_002_003)),
        (101_000_003, Tier.FACILITY, (101_000_003, 101_000_003)),
        (100_000_003, Tier.FACILITY, (100_000_003, 100_000_003)),
    ],
)
def test_a_number_says_its_tier_and_its_range(
    number: int, tier: Tier, bounds: tuple[int, int]
) -> None:
    assert numbers.tier_of(number) is tier
    assert numbers.range_of(number) == bounds


@given(st.lists(st.sampled_from(list(Tier)), min_size=1, max_size=12), st.data())
def test_a_child_lies_within_its_parent_and_beside_its_siblings(
    tiers: list[Tier], data: st.DataObject
) -> None:
    made = [numbers.MINISTRY]
    for tier in tiers:
        parent = data.draw(st.sampled_from(made))
        try:
            number = numbers.next_number(parent, tier, made)
        except ValueError:
            continue
        low, high = numbers.range_of(number)
        above = numbers.range_of(parent)
        assert above[0] <= low <= high <= above[1]
        assert numbers.tier_of(number) is tier
        for other in made:
            o_low, o_high = numbers.range_of(other)
            assert high < o_low or o_high < low or (o_low <= low and high <= o_high)
        made.append(number)


@pytest.mark.parametrize(
    ("parent", "tier"),
    [
        (100_000_000, Tier.CITY),
        (101_001_000, Tier.PROVINCE),
        (101_001_001, Tier.FACILITY),
        (101_001_000, Tier.MINISTRY),
    ],
)
def test_a_tier_stands_only_where_it_can(parent: int, tier: Tier) -> None:
    with pytest.raises(ValueError, match="can't stand"):
        numbers.next_number(parent, tier, [])


def test_a_full_city_has_no_number_left() -> None:
    with pytest.raises(numbers.NoNumberLeft):
        numbers.next_number(101_001_000, Tier.FACILITY, range(101_001_001, 101_002_000))


@pytest.mark.parametrize("gone", ["劳动教养", "收容教育", "收容教养", "收容遣送", "收容审查"])
def test_what_law_abolished_is_refused_by_name_and_never_offered(gone: str) -> None:
    with pytest.raises(Malformed) as refusal:
        kinds_of_facility.require(gone)
    assert refusal.value.code == "organization.kind_abolished"
    assert gone not in {kind.title.zh for kind in kinds_of_facility.offered()}


@pytest.mark.parametrize("code", ["AKY", "LZC", "BAQ", "JY", "WGS", "XXX"])
def test_what_others_run_is_not_offered(code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        kinds_of_facility.require(code)
    assert refusal.value.code == "organization.kind_unknown"


def test_the_kinds_in_scope_are_these() -> None:
    offered = {kind.code for kind in kinds_of_facility.offered()}
    assert offered == {"KSS", "JLS", "QJS", "SQJ", "QFC", "JGY", "KFC"}
    assert not kinds_of_facility.require("KFC").custody
