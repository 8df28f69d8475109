"""A spreadsheet as rows of text: xlsx and CSV, and nothing that would run or burst.

A sheet is data here. Formulas, merged cells and files built to fill the memory are refused in words before
anything is read of them.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from custos.foundation.codes.services import decoded
from custos.foundation.errors import Malformed

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 100
#: No cell of ours says more; one that does is a mistake, or a text that is written a million times over.
LONGEST_CELL = 2_000
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_PARTS = 500
#: Beyond these digits a spreadsheet's number has lost some.
_EXACT = 10**15

_XLSX, _OLD, _ZIP = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"\xd0\xcf\x11\xe0",
    b"PK\x03\x04",
)
CSV, XLSX = "text/csv", _XLSX

_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,4})(\d{1,8})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\sr\s*=\s*["'](\d+)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\b[^>]*?ref\s*=\s*["']([^"']{1,40})["']""")
_SHARED = re.compile(rb"<(?:\w+:)?si[\s>](.*?)</(?:\w+:)?si>", re.DOTALL)
_TAG = re.compile(rb"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A heading and the rows under it, each with its number in the file; `lossy` are cells, by row and
    column, whose digits the spreadsheet has rounded away.
    """

    heading: list[str]
    rows: list[tuple[int, list[str]]]
    media_type: str
    lossy: frozenset[tuple[int, int]] = frozenset()


def _refused(code: str, message: Any, mend: Any, **values: Any) -> Malformed:
    return Malformed(f"sheet.{code}", message, field="file", mend=mend, **values)


def _no_sheet() -> Malformed:
    return _refused(
        "type",
        _("This is neither an xlsx file nor CSV, or it is damaged."),
        _("Save the sheet as xlsx, or as CSV in UTF-8 or GB 18030."),
    )


def read(data: bytes) -> Sheet:
    """The first sheet of a file. Raises `Malformed` for what isn't a plain sheet of bearable size."""
    if not data.strip():
        raise _refused("empty", _("The file is empty."), _("Choose another file."))
    if len(data) > MOST_BYTES:
        raise _refused(
            "too_large",
            _("The file is larger than %(limit)s MB."),
            _("Bring people in by several files."),
            limit=MOST_BYTES // 1024 // 1024,
        )
    if data.startswith(_OLD):
        raise _refused(
            "old",
            _("This is a sheet with a password, or one of the old xls form."),
            _("Save it as xlsx without a password."),
        )
    return _of_xlsx(data) if data.startswith(_ZIP) else _of_csv(data)


# ------------------------------------------------------------------ xlsx


def _of_xlsx(data: bytes) -> Sheet:
    _require_plain(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        raw = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError, IndexError):
        raise _no_sheet() from None
    lossy: set[tuple[int, int]] = set()

    def texts() -> Iterator[tuple[int, list[str]]]:
        for number, row in enumerate(raw, 1):
            for at, value in enumerate(row):
                if isinstance(value, float) and abs(value) >= _EXACT:
                    lossy.add((number, at))
            yield number, [_text(value) for value in row]

    heading, rows = _headed(texts())
    return Sheet(heading, rows, XLSX, frozenset(lossy))


def _text(value: Any) -> str:
    """A cell as it is written in a CSV file."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value).strip()


def _require_plain(data: bytes) -> None:
    """Look at the parts of an xlsx file before it is read: what they unpack to, and what they hold."""
    burst = _refused(
        "bomb",
        _("This file unpacks to more than any sheet of people holds."),
        _("Copy the rows into the empty template, and send that."),
    )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if len(parts) > _MOST_PARTS or sum(one.file_size for one in parts) > _MOST_UNPACKED:
                raise burst
            if not any(one.filename == "xl/workbook.xml" for one in parts):
                raise _no_sheet()
            for one in parts:
                # Reads no more than the size that was just summed up: a false one fails its checksum.
                if one.filename.endswith(".xml"):
                    _look_into(packed.read(one))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _no_sheet() from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]  # the module that zipfile itself unpacks by
        raise _no_sheet() from None


def _look_into(part: bytes) -> None:
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise _no_sheet()
    for text in _SHARED.finditer(part):
        if len(text[1]) > LONGEST_CELL and len(_TAG.sub(b"", text[1])) > LONGEST_CELL * 4:
            raise _too_long()
    if b"sheetData" not in part:
        return
    if _FORMULA.search(part):
        raise _refused(
            "formula",
            _("The sheet has formulas."),
            _("Copy everything and paste it as values, and send that."),
        )
    if merged := _MERGED.search(part):
        raise _refused(
            "merged",
            _("The sheet has merged cells: %(cells)s."),
            _("Unmerge them, and fill in each cell."),
            cells=merged[1].decode("ascii", "replace"),
        )
    rows = (int(found[1]) for found in _ROW.finditer(part))
    if max(rows, default=0) > MOST_ROWS * 2:
        raise _too_many()
    for found in _PLACE.finditer(part):
        if _column(found[1]) > MOST_COLUMNS or int(found[2]) > MOST_ROWS * 2:
            raise _too_many()


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_many() -> Malformed:
    return _refused(
        "too_many",
        _("The sheet is larger than %(rows)s rows of %(columns)s columns."),
        _("Delete what stands below and beside the table, or bring people in by several files."),
        rows=MOST_ROWS,
        columns=MOST_COLUMNS,
    )


def _too_long() -> Malformed:
    return _refused(
        "long_cell",
        _("A cell has more than %(limit)s characters."),
        _("Shorten it."),
        limit=LONGEST_CELL,
    )


# ------------------------------------------------------------------ CSV


def _of_csv(data: bytes) -> Sheet:
    if b"\0" in data:
        raise _no_sheet()
    text = decoded(data)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    try:
        heading, rows = _headed(
            _lines(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        )
    except csv.Error:
        raise _no_sheet() from None
    return Sheet(heading, rows, CSV)


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows by the number of the line on which each begins: what an editor shows."""
    begins = 1
    for row in reader:
        yield begins, [value.strip() for value in row]
        begins = reader.line_num + 1


# ------------------------------------------------------------------ both


def _headed(
    lines: Iterable[tuple[int, list[str]]],
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The first line that says anything, and those under it that do."""
    heading: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, row in lines:
        if not any(row):
            continue
        if any(len(value) > LONGEST_CELL for value in row):
            raise _too_long()
        if not heading:
            heading = row
            while heading and not heading[-1]:
                heading.pop()
            if len(heading) > MOST_COLUMNS:
                raise _too_many()
            continue
        rows.append((number, row))
        if len(rows) > MOST_ROWS:
            raise _too_many()
    if not rows:
        raise _refused(
            "no_rows",
            _("There is no row under the heading."),
            _("Fill in the empty template: the first row names the columns."),
        )
    return heading, rows
