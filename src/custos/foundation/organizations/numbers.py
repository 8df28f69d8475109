"""Numbers of organizations: nine digits in which a subtree is one range.

    1 PP CCC FFF      ministry 100000000, province 1PP000000, city 1PPCCC000, facility 1PPCCCFFF

A facility run by a province has city part 000, one run by the ministry has province part 00 besides.
So "this organization and everything under it" is two comparisons of integers, which an index serves
and which row-level security may evaluate first (they are leakproof). An organization never moves:
under another parent it is a new one, and the old one is closed and names its successor.
"""

from collections.abc import Collection
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

MINISTRY = 100_000_000
_PROVINCE, _CITY = 1_000_000, 1_000


class Tier(StrEnum):
    """Levels of the tree (层级), from the top."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    CITY = "city"
    FACILITY = "facility"

    @property
    def title(self) -> object:  # type: ignore[override]  # a word for people, not str.title
        """The tier's name, translated lazily."""
        return _TIER_TITLES[self]


_TIER_TITLES = {
    Tier.MINISTRY: _("ministry"),
    Tier.PROVINCE: _("province"),
    Tier.CITY: _("city"),
    Tier.FACILITY: _("facility"),
}


class NoNumberLeft(ValueError):
    """Every number below that parent is taken."""


def tier_of(number: int) -> Tier:
    """The tier that a number says. Raises `ValueError` for what is no organization's number."""
    if not MINISTRY <= number < 2 * MINISTRY:
        raise ValueError(f"{number} is no organization's number")
    if number == MINISTRY:
        return Tier.MINISTRY
    if number % _CITY:
        return Tier.FACILITY
    return Tier.CITY if number % _PROVINCE else Tier.PROVINCE


def range_of(number: int) -> tuple[int, int]:
    """The lowest and the highest number of the subtree, both included."""
    width = {
        Tier.MINISTRY: MINISTRY,
        Tier.PROVINCE: _PROVINCE,
        Tier.CITY: _CITY,
        Tier.FACILITY: 1,
    }[tier_of(number)]
    return number, number + width - 1


def next_number(parent: int, tier: Tier, taken: Collection[int]) -> int:
    """The lowest free number for a new organization of `tier` right below `parent`.

    `taken` are the numbers in use below the parent. Raises `ValueError` where that tier cannot stand
    below that parent, `NoNumberLeft` where all are taken.
    """
    above = tier_of(parent)
    step, count = _steps(above, tier)
    for place in range(1, count + 1):
        number = parent + place * step
        if number not in taken:
            return number
    raise NoNumberLeft(f"no number is left below {parent} for a {tier.value}")


def _steps(above: Tier, tier: Tier) -> tuple[int, int]:
    """The distance between siblings of a tier below another, and how many there can be."""
    if tier is Tier.FACILITY and above is not Tier.FACILITY:
        return 1, 999
    if tier is Tier.CITY and above is Tier.PROVINCE:
        return _CITY, 999
    if tier is Tier.PROVINCE and above is Tier.MINISTRY:
        return _PROVINCE, 99
    raise ValueError(f"a {tier.value} can't stand right below a {above.value}")
