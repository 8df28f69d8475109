"""The floor plan: areas and cells as a drawing, coloured and labelled by a chosen measure. Pure.

A wing is drawn as it is walked: cells on both sides of a corridor. The drawing knows nothing of real
walls; what counts is that a cell has its place, and that its colour is said in words as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: What a cell is coloured by. `none`: no fact is known, or the cell is out of use (hatched).
Tone = Literal["calm", "near", "over", "low", "none"]

WIDTH, HEIGHT, GAP, CORRIDOR = 92, 64, 8, 26
#: Cells in a row on a desk and on a handheld.
WIDE, NARROW = 10, 3


@dataclass(frozen=True, slots=True)
class Room:
    """A cell: its name, what is measured in words (`8/12`), its tone, and what that means in words."""

    name: str
    label: Any
    tone: Tone
    meaning: Any
    url: str = ""
    note: Any = ""


@dataclass(frozen=True, slots=True)
class Wing:
    """An area and its cells in order."""

    name: str
    rooms: Sequence[Room]


@dataclass(frozen=True, slots=True)
class Placed:
    """A room where it is drawn."""

    room: Room
    x: int
    y: int

    @property
    def middle(self) -> int:
        """The middle of its width."""
        return self.x + WIDTH // 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """A wing as it is drawn: its size, its rooms, and where its corridor runs."""

    width: int
    height: int
    placed: Sequence[Placed]
    corridors: Sequence[int]


def drawn(wing: Wing, columns: int) -> Drawing:
    """A wing laid out in so many columns: pairs of rows with a corridor between them."""
    count = len(wing.rooms)
    across = min(columns, max(1, -(-count // 2)))
    pair = 2 * HEIGHT + CORRIDOR + GAP
    placed, corridors = [], []
    for at, room in enumerate(wing.rooms):
        row, column = divmod(at, across)
        top = (row // 2) * pair + (row % 2) * (HEIGHT + CORRIDOR)
        placed.append(Placed(room, GAP + column * (WIDTH + GAP), GAP + top))
    rows = -(-count // across)
    for first in range(0, rows, 2):
        corridors.append(GAP + (first // 2) * pair + HEIGHT)
    whole, odd = divmod(rows, 2)
    height = GAP + whole * pair + odd * (HEIGHT + CORRIDOR)
    return Drawing(GAP + across * (WIDTH + GAP), max(height, HEIGHT), placed, corridors)
