"""Every cell of a facility on one screen, as large as all of them fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.ui.plans import ACROSS, DOWN, LETTER, BoardDrawing, BoardRoom, on_a_board


def areas_of(*sizes: int) -> list[tuple[str, list[BoardRoom]]]:
    return [
        (f"{at}监区", [BoardRoom(f"{at}{number:02}", "12", "calm", "") for number in range(size)])
        for at, size in enumerate(sizes, start=1)
    ]


def require_readable(drawing: BoardDrawing) -> None:
    """Everything within the drawing, nothing over something else, room for the letters of a name."""
    taken = set()
    for one in drawing.placed:
        assert one.x >= 0
        assert one.right <= ACROSS
        assert one.y >= 0
        assert one.bottom <= DOWN
        assert one.height >= (2 * LETTER if one.shows_people else LETTER)
        taken.add((one.x, one.y))
    assert len(taken) == len(drawing.placed)


@pytest.mark.parametrize("sizes", [(1,), (5, 5), (13, 13, 12, 5, 7, 4), (12,) * 6])
def test_a_facility_stands_whole_with_its_people(sizes: tuple[int, ...]) -> None:
    drawing = on_a_board(areas_of(*sizes))
    require_readable(drawing)
    assert len(drawing.placed) == sum(sizes)
    assert all(one.shows_people for one in drawing.placed)
    assert drawing.left_out == 0


def test_a_large_one_stands_whole_by_names_alone() -> None:
    drawing = on_a_board(areas_of(*(13,) * 10))
    require_readable(drawing)
    assert (len(drawing.placed), drawing.left_out) == (130, 0)
    assert not any(one.shows_people for one in drawing.placed)


def test_of_one_that_fits_no_screen_what_stands_out_is_drawn_and_the_rest_counted() -> None:
    areas = areas_of(*(20,) * 15)
    areas[3][1][4] = BoardRoom("x", "9", "one", "level 1 open")
    drawing = on_a_board(areas)
    assert [one.room.name for one in drawing.placed] == ["x"]
    assert (drawing.left_out, drawing.loud_out) == (299, 0)


def test_where_not_even_those_fit_the_gravest_are_drawn_and_the_rest_not_called_calm() -> None:
    areas = areas_of(*(20,) * 15)
    for _name, rooms in areas:
        rooms[:] = [BoardRoom(room.name, "14/12", "over", "") for room in rooms]
    areas[3][1][4] = BoardRoom("x", "9", "one", "level 1 open")
    areas[4][1][0] = BoardRoom("y", "9", "calm", "")
    drawing = on_a_board(areas)
    assert [one.room.name for one in drawing.placed] == ["x"]
    assert (drawing.left_out, drawing.loud_out) == (299, 298)


def test_more_level_1_than_any_screen_holds_is_counted_as_what_it_is() -> None:
    areas = areas_of(*(20,) * 15)
    for _name, rooms in areas:
        rooms[:] = [BoardRoom(room.name, "9", "one", "") for room in rooms]
    drawing = on_a_board(areas)
    assert (len(drawing.placed), drawing.left_out, drawing.loud_out) == (0, 300, 300)


@given(st.lists(st.integers(1, 30), max_size=14))
def test_nothing_ever_lies_over_something_else(sizes: list[int]) -> None:
    drawing = on_a_board(areas_of(*sizes))
    require_readable(drawing)
    assert len(drawing.placed) + drawing.left_out == sum(sizes)


def test_a_number_wider_than_its_cell_is_squeezed() -> None:
    rooms = [BoardRoom(f"{number}", "14/12", "over", "") for number in range(13)]
    assert all(one.squeezed for one in on_a_board([("监区", rooms)] * 6).placed)
    assert not any(one.squeezed for one in on_a_board([("监区", rooms[:3])]).placed)
