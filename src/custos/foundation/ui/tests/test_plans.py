import pytest

from custos.foundation.ui.plans import NARROW, WIDE, Room, Wing, drawn


def a_wing(count):
    return Wing("One", [Room(f"{n:03}", "1/2", "calm", "free") for n in range(count)])


@pytest.mark.parametrize("columns", [WIDE, NARROW])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 13, 20, 21, 47])
def test_every_room_has_a_place_of_its_own_inside_the_drawing(count, columns):
    drawing = drawn(a_wing(count), columns)
    places = {(placed.x, placed.y) for placed in drawing.placed}
    assert len(places) == count
    assert [placed.room.name for placed in drawing.placed] == [f"{n:03}" for n in range(count)]
    assert all(p.x >= 0 and p.x + 92 <= drawing.width for p in drawing.placed)
    assert all(p.y >= 0 and p.y + 64 <= drawing.height for p in drawing.placed)


def test_cells_are_as_large_in_each_wing_that_fills_a_handheld():
    widths = {drawn(a_wing(count), NARROW, filled=True).width for count in (1, 2, 5, 13)}
    assert len(widths) == 1


def test_no_room_stands_in_a_corridor():
    drawing = drawn(a_wing(13), 4)
    for top in drawing.corridors:
        assert all(p.y + 64 <= top or p.y >= top + 26 for p in drawing.placed)


def test_an_empty_wing_is_drawn_too():
    assert drawn(Wing("One", []), WIDE).placed == []
