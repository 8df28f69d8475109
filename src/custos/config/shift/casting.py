"""Who plays a shift. Pure.

Those whom the roster names for it; where it names too few, the crew that was on duty at that time of the
day when the demo was built, and then whoever is free.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from custos.config.shift.crew import Crew, Player

One = TypeVar("One")


def cast(
    crew: Crew,
    number: int,
    named: Mapping[str, bool],
    *,
    elsewhere: Collection[str] = (),
    refused: Collection[str] = (),
) -> tuple[Player, ...]:
    """As many on each post as crew `number` has there, and a patrol for each area that is walked.

    `named` are staff whom the roster names, and whether for the women's area; `elsewhere` are those whom it
    names for a shift beside this one, and who come last. `refused` are tokens that take part in nothing.
    """
    found: list[Player] = []
    for post in crew.posts:
        there = [one for one in crew.players if one.post == post]
        count = sum(one.crew == number for one in there)
        willing = sorted(
            (one for one in there if one.token not in refused),
            key=lambda one: (one.staff not in named, one.staff in elsewhere, one.crew != number),
        )
        chosen = willing[:count]
        if post == "patrol":
            where = walked(crew.areas, crew.womens, chosen, lambda one: named.get(one.staff, False))
            chosen = [replace(one, area=area) for area, one in where.items()]
        found += chosen
    return tuple(found)


def walked(
    areas: Sequence[str],
    womens: Collection[str],
    patrols: Sequence[One],
    for_women: Callable[[One], bool],
) -> dict[str, One]:
    """Who walks which area, in their order; women's areas are for whom the roster names there."""
    free, where = list(patrols), {}
    for area in sorted(areas, key=lambda area: area not in womens):
        if free:
            fitting = (one for one in free if for_women(one) is (area in womens))
            where[area] = next(fitting, free[0])
            free.remove(where[area])
    return {area: where[area] for area in areas if area in where}
