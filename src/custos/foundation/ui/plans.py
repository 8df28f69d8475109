"""The floor plan: areas and cells as a drawing, coloured and labelled by a chosen measure. Pure.

A wing is drawn as it is walked: cells on both sides of a corridor. The drawing knows nothing of real
walls; what counts is that a cell has its place, and that its colour is said in words as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: What a cell is coloured by. `none`: no fact is known, or the cell is out of use (hatched).
Tone = Literal["calm", "near", "over", "low", "none"]

#: The same on a wall board: `one` and `two` where something of that severity is open.
BoardTone = Literal["one", "two", "over", "calm", "none"]

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


def drawn(wing: Wing, columns: int, *, filled: bool = False) -> Drawing:
    """A wing laid out in so many columns: pairs of rows with a corridor between them.

    `filled`: as wide as all columns, so that cells are as large in each wing that fills a handheld's width.
    """
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
    width = columns if filled else across
    return Drawing(GAP + width * (WIDTH + GAP), max(height, HEIGHT), placed, corridors)


# ------------------------------------------------------------------ on a wall board

#: The room on a board, in units of which the board's height has 1080; no text is smaller than `LETTER`.
ACROSS, DOWN, LETTER, BETWEEN = 1080, 600, 30, 6
#: What a cell needs to show its name and its people, or its name alone.
_NARROWEST, _BOTH, _NAME = 62, 68, 40
#: Colour alone says nothing.
_SHAPES = {"one": "▲", "two": "◆"}
#: What is drawn: everything, or without what can be done without first.
_DRAWN: tuple[tuple[BoardTone, ...], ...] = (
    ("one", "two", "over", "none", "calm"),
    ("one", "two", "over", "none"),
    ("one", "two", "over"),
    ("one", "two"),
    ("one",),
)
#: So many letters of an area's name stand in a line.
_A_LINE = 5


@dataclass(frozen=True, slots=True)
class BoardRoom:
    """A cell as a board shows it: its name, how many are in it, its tone, and all of it in words."""

    name: str
    label: str
    tone: BoardTone
    meaning: Any


@dataclass(frozen=True, slots=True)
class BoardPlaced:
    """A cell where it stands on the board."""

    room: BoardRoom
    x: int
    y: int
    width: int
    height: int
    shows_people: bool

    @property
    def middle(self) -> int:
        """The middle of its width."""
        return self.x + self.width // 2

    @property
    def shown(self) -> str:
        """The people's number, behind the shape of what is open."""
        return f"{_SHAPES.get(self.room.tone, '')}{self.room.label}"

    @property
    def name_at(self) -> int:
        """The line on which its name stands."""
        middle = self.y + self.height // 2
        return middle - 6 if self.shows_people else middle + 10

    @property
    def people_at(self) -> int:
        """The line on which the people's number stands."""
        return self.y + self.height // 2 + LETTER - 4

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Where it ends below."""
        return self.y + self.height

    @property
    def squeezed(self) -> int:
        """How wide the people's number is at the most, where it would be wider than the cell; else 0."""
        room = self.width - 10
        return room if len(self.shown) * LETTER * 0.62 > room else 0


@dataclass(frozen=True, slots=True)
class BoardArea:
    """An area's name, in lines, at the height of its cells."""

    lines: Sequence[tuple[int, str]]
    name: str


@dataclass(frozen=True, slots=True)
class BoardDrawing:
    """All areas on one screen: names at the left, cells in rows. `left_out` cells had no room, and
    `loud_out` of them aren't calm.
    """

    areas: Sequence[BoardArea]
    placed: Sequence[BoardPlaced]
    left_out: int = 0
    loud_out: int = 0


def on_a_board(wings: Sequence[tuple[str, Sequence[BoardRoom]]]) -> BoardDrawing:
    """Every cell of a facility, as large as all of them fit; of too many only those that stand out, and
    of too many of these the gravest.
    """
    rooms = [room for _name, within in wings for room in within]
    loud = sum(room.tone != "calm" for room in rooms)
    for tones in _DRAWN:
        kept = [(name, [one for one in within if one.tone in tones]) for name, within in wings]
        # An area has its place as long as all cells are drawn, be there none in it.
        found = _fitted(wings if tones is _DRAWN[0] else [one for one in kept if one[1]])
        if found is not None:
            quiet = sum(one.room.tone == "calm" for one in found.placed)
            drawn_loud = len(found.placed) - quiet
            return BoardDrawing(
                found.areas, found.placed, len(rooms) - len(found.placed), loud - drawn_loud
            )
    return BoardDrawing((), (), len(rooms), loud)


def _fitted(wings: Sequence[tuple[str, Sequence[BoardRoom]]]) -> BoardDrawing | None:
    """The layout with the largest cells, with people's numbers if it may be; None where none fits."""
    longest = max((len(name) for name, _rooms in wings), default=0)
    begins = min(longest, _A_LINE) * LETTER + 2 * BETWEEN
    choices = []
    for columns in range(3, (ACROSS - begins) // (_NARROWEST + BETWEEN) + 1):
        rows = sum(-(-len(rooms) // columns) for _name, rooms in wings) or 1
        width = min((ACROSS - begins) // columns - BETWEEN, 200)
        height = min((DOWN - BETWEEN * len(wings)) // rows - BETWEEN, 140)
        if height >= _NAME:
            choices.append((height >= _BOTH, width * height, columns, width, height))
    if not choices:
        return None
    shows_people, _size, columns, width, height = max(choices)
    areas, placed, top = [], [], BETWEEN
    for name, rooms in wings:
        lines = [name[at : at + _A_LINE] for at in range(0, min(len(name), 2 * _A_LINE), _A_LINE)]
        areas.append(
            BoardArea([(top + LETTER + at * LETTER, line) for at, line in enumerate(lines)], name)
        )
        for at, room in enumerate(rooms):
            row, column = divmod(at, columns)
            x, y = begins + column * (width + BETWEEN), top + row * (height + BETWEEN)
            placed.append(BoardPlaced(room, x, y, width, height, shows_people))
        top += max(1, -(-len(rooms) // columns)) * (height + BETWEEN) + BETWEEN
    return BoardDrawing(areas, placed)
