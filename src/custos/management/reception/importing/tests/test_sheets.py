"""What is a plain sheet and what is refused, in words, before it is read."""

import io
import re
import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from custos.foundation.errors import Malformed
from custos.management.reception.importing import sheets
from custos.management.reception.importing.tests.sheets_of import a_csv, an_xlsx

ROWS = [
    {"姓名": "𠮷田㐂", "人员编号": "330181111200001040201"},
    {"姓名": "王小川", "人员编号": "2"},
]


def refused(data: bytes) -> str:
    with pytest.raises(Malformed) as refusal:
        sheets.read(data)
    assert refusal.value.mend, "says how to mend it"
    assert refusal.value.field == "file"
    return refusal.value.code


def changed(data: bytes, part: str, change: Any) -> bytes:
    """An xlsx file with one of its parts changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.infolist():
            body = old.read(one)
            new.writestr(one.filename, change(body) if one.filename == part else body)
    return out.getvalue()


FIRST = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_utf_8_and_gb_18030_rare_characters_included(encoding: str) -> None:
    sheet = sheets.read(a_csv(ROWS, encoding))
    assert sheet.heading == ["姓名", "人员编号"]
    assert sheet.rows == [
        (2, ["𠮷田㐂", "330181111200001040201"]),
        (3, ["王小川", "2"]),
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_sign_between_cells_is_told_by_the_heading(sign: str) -> None:
    assert sheets.read(f"a{sign}b\n1{sign}2\n".encode()).rows == [(2, ["1", "2"])]


def test_an_xlsx_says_the_same() -> None:
    assert sheets.read(an_xlsx(ROWS)).rows == sheets.read(a_csv(ROWS)).rows


def test_lines_that_say_nothing_are_passed_over_and_rows_keep_their_numbers() -> None:
    sheet = sheets.read(b'\n,\na,b\n\n"1\nx",2\n,\n3,4\n')
    assert sheet.heading == ["a", "b"]
    assert sheet.rows == [(5, ["1\nx", "2"]), (8, ["3", "4"])]


def test_days_and_numbers_of_a_spreadsheet_are_written_as_text() -> None:
    def write(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 0, date(1990, 5, 1), day)
        sheet.write_datetime(
            1, 1, datetime(2026, 3, 2, 9, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )
        sheet.write_number(1, 2, 13800000000)
        sheet.write_number(1, 3, 330181111200001040201)

    sheet = sheets.read(an_xlsx([{"a": "", "b": "", "c": "", "d": ""}, {"a": "x"}], write))
    assert sheet.rows[0][1][:3] == ["1990-05-01", "2026-03-02 09:30", "13800000000"]
    # Of a number of so many digits the last are lost, and that is known.
    assert sheet.lossy == {(2, 3)}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sheet.empty"),
        (b" \r\n ", "sheet.empty"),
        (b"a,b\n", "sheet.no_rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "sheet.type"),
        (b"%PDF-1.7\n\0", "sheet.type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "sheet.old"),
        ("姓名,编号\n王,1\n".encode("utf-16"), "sheet.type"),
        (b"a,b\n\xff\xff\xff\xff,1\n", "codes.encoding"),
        (b'a,b\n"1,2\n', "sheet.type"),
        (b"PK\x03\x04 and then nothing", "sheet.type"),
        (b"a\n" + b"x" * 2_001, "sheet.long_cell"),
        (b"a\n" + b"1\n" * 50_001, "sheet.too_many"),
        (b",".join([b"a"] * 101) + b"\n1", "sheet.too_many"),
    ],
)  # fmt: skip
def test_what_is_no_plain_sheet_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        sheets.read(data)
    assert refusal.value.code == code
    assert refusal.value.mend


def test_a_file_past_the_limit_is_refused_before_it_is_read() -> None:
    assert refused(b"a,b\n" + b"1,2\n" * (6 * 1024 * 1024)) == "sheet.too_large"


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("people.csv", "a,b\n1,2\n")
    assert refused(out.getvalue()) == "sheet.type"


def test_formulas_are_refused_whatever_they_come_to() -> None:
    sheet = an_xlsx(ROWS, lambda _book, sheet: sheet.write_formula(3, 0, "=1+1", value="王"))
    assert refused(sheet) == "sheet.formula"


def test_merged_cells_are_refused_and_named() -> None:
    sheet = an_xlsx(ROWS, lambda _book, sheet: sheet.merge_range("A4:B5", "王"))
    with pytest.raises(Malformed, match=r"sheet\.merged: .*A4:B5"):
        sheets.read(sheet)


def test_a_cell_far_away_doesnt_fill_the_memory() -> None:
    far = an_xlsx(ROWS, lambda _book, sheet: sheet.write_string("XFD1048576", "x"))
    assert refused(far) == "sheet.too_many"
    one = changed(an_xlsx(ROWS), FIRST, lambda body: body.replace(b'r="A2"', b"r = 'ZZZ9999999'"))
    assert refused(one) == "sheet.too_many"


def test_one_text_that_is_written_many_times_over_is_refused() -> None:
    sheet = changed(
        an_xlsx(ROWS),
        "xl/sharedStrings.xml",
        lambda body: re.sub("王小川".encode(), b"x" * 30_000, body),
    )
    assert refused(sheet) == "sheet.long_cell"


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    bomb = changed(an_xlsx(ROWS), FIRST, lambda body: body + b" " * (201 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    assert refused(bomb) == "sheet.bomb"


def test_a_file_that_lies_about_what_it_unpacks_to_is_refused() -> None:
    honest = changed(an_xlsx(ROWS), FIRST, lambda body: body + b" " * 1_000_000)
    with zipfile.ZipFile(io.BytesIO(honest)) as packed:
        size = packed.getinfo(FIRST).file_size.to_bytes(4, "little")
    assert refused(honest.replace(size, (1_000).to_bytes(4, "little"))) == "sheet.type"


def test_entities_are_refused() -> None:
    sheet = changed(
        an_xlsx(ROWS),
        FIRST,
        lambda body: body.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1),
    )
    assert refused(sheet) == "sheet.type"
