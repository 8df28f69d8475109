"""Sheets of people as files, for tests."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

#: What every row needs; tests say what is different.
BASE = {
    "人员编号": "A1",
    "姓名": "王小川",
    "性别": "男",
    "出生日期": "1990-05-01",
    "法律文书": "逮捕证",
    "文书号": "京公(2026)1号",
    "入所时间": "2025-11-02 09:30",
    "监室": "",
}


def rows_of(cell: str, *differing: Mapping[str, str]) -> list[dict[str, str]]:
    """Rows for one cell, numbered A1, A2 … where they don't say another number."""
    return [
        BASE | {"监室": cell, "人员编号": f"A{at}", "姓名": f"王小川{at}"} | dict(more)
        for at, more in enumerate(differing, 1)
    ]


def heading_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Every column that any row has, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row))


def a_csv(rows: Sequence[Mapping[str, str]], encoding: str = "utf-8-sig") -> bytes:
    """The rows as CSV."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, heading_of(rows))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def an_xlsx(rows: Sequence[Mapping[str, Any]], then: Any = None) -> bytes:
    """The rows as xlsx, all cells text; `then` may do more with book and sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        heading = heading_of(rows)
        for at, name in enumerate(heading):
            sheet.write_string(0, at, name)
        for number, row in enumerate(rows, 1):
            for at, name in enumerate(heading):
                value = row.get(name, "")
                if isinstance(value, str):
                    sheet.write_string(number, at, value)
                else:
                    sheet.write(number, at, value)
        if then:
            then(book, sheet)
    return out.getvalue()
