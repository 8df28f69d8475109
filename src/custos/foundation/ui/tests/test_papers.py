from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.ui import papers
from custos.foundation.ui.papers import Paper, set_lines, width_of


def a_paper(**more):
    plain = {
        "title": "Permit",
        "paragraphs": ["文" * 26],
        "code": "x",
        "printed_by": "陈安平",
        "printed_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    return Paper(**(plain | more))


def test_a_line_holds_28_characters_and_the_first_is_indented_by_two():
    lines = set_lines("文" * 60)
    assert [width_of(line) for line in lines] == [28, 28, 6]
    assert lines[0].startswith("　　文")


def test_letters_and_digits_take_half_of_a_character():
    assert width_of("101 A") == 2.5
    assert width_of("监室") == 2


def test_no_line_begins_with_a_mark_that_may_not():
    lines = set_lines("文" * 26 + "。" + "文" * 28 + "，文")
    assert all(line[0] not in "。，" for line in lines)


@given(st.text(alphabet="文。，（）a1 ", max_size=300))
def test_nothing_of_a_text_is_lost(text):
    lines = set_lines(text)
    assert "".join(lines) == "　　" + text
    # At most a mark or two hang over the edge, and spaces, which are not seen there.
    assert all(width_of(line.rstrip("。，） ")) <= papers.CHARACTERS for line in lines)


def test_no_number_and_no_latin_word_is_cut_at_the_end_of_a_line():
    text = "以各次计算中最早的届满时间为准，即2026年12月2日的10:47。 The earliest of all the ends counts."
    assert set_lines(text) == [
        "　　以各次计算中最早的届满时间为准，即2026年12月2日的",
        "10:47。 The earliest of all the ends counts.",
    ]


def test_a_mark_that_opens_stands_at_no_end_of_a_line():
    for length in range(20, 28):
        lines = set_lines("文" * length + "（《法》第1条）。" + "文" * 9)
        assert "".join(lines) == "　　" + "文" * length + "（《法》第1条）。" + "文" * 9
        assert not [line for line in lines if line[-1] in "（《"]


@pytest.mark.parametrize(("lines", "sheets"), [(1, 1), (18, 1), (19, 2), (40, 2), (41, 3)])
def test_a_sheet_holds_22_lines_the_first_less_its_title(lines, sheets):
    found = a_paper(paragraphs=["文"] * lines).sheets
    assert [sheet.number for sheet in found] == list(range(1, sheets + 1))
    assert all(len(sheet.lines) <= papers.LINES for sheet in found)


def test_whoever_signs_stands_to_the_right_at_the_end():
    (sheet,) = a_paper(signed=("甲东市第一看守所", "2026年3月2日")).sheets
    assert sheet.lines[-2].endswith("甲东市第一看守所")
    assert width_of(sheet.lines[-2]) == 24


def test_a_code_is_typed_in_groups():
    assert papers.grouped("01975b2c-4f3a-7d10") == "0197 5B2C 4F3A 7D10"
