"""The empty sheet to fill in, with what belongs into each column and every word that a column takes."""

import io
from functools import partial

import xlsxwriter
from django.utils.translation import get_language, gettext, pgettext

from custos.foundation.codes import shipped
from custos.foundation.custody.people import facts
from custos.foundation.custody.separating import PAIR_KINDS
from custos.management.reception import documents
from custos.management.reception.importing.columns import Column, columns
from custos.management.reception.importing.telling import in_both

NAME = "people.xlsx"
#: So far down its cells are text, so that a number of many digits stays what was typed.
_READY = 2_000


def words_of(column: Column, kind: str) -> list[tuple[str, str, str]]:
    """Code and both meanings of everything that a column takes; `kind` is the facility's."""
    if column.key == "basis":
        known = documents.held_on(kind)
        return [(one.title.zh, one.title.zh, one.title.en) for one in known]
    if column.table == "countries":
        countries = facts.countries()
        return [(code, *in_both(partial(facts.country_title, code))) for code in countries]
    if column.table == "pairs":
        return [(code, *in_both(partial(str, title))) for code, title in PAIR_KINDS.items()]
    if column.table:
        return [(code, *words) for code, words in shipped.meanings(column.table).items()]
    return []


def empty(kind: str) -> bytes:
    """The template for a kind of facility, its heading in the reader's language."""
    out, language = io.BytesIO(), get_language() or ""
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(gettext("People"))
        for at, column in enumerate(columns().values()):
            star = "*" if column.needed else ""
            sheet.set_column(at, at, 18, text)
            sheet.write_string(0, at, column.title(language) + star, head)
        sheet.freeze_panes(1, 2)
        sheet.set_default_row()
        _help(book.add_worksheet(pgettext("what they hold", "Columns")), bold, wrap)
        _words(book.add_worksheet(gettext("Words and codes")), bold, kind)
    return out.getvalue()


_HELP = ("列名", "Column", "key", "必填 Needed", "说明", "What belongs into it", "示例 Example")


def _help(sheet: "xlsxwriter.worksheet.Worksheet", bold: object, wrap: object) -> None:
    for at, title in enumerate(_HELP):
        sheet.write_string(0, at, title, bold)
    for number, column in enumerate(columns().values(), 1):
        needed = "是 yes" if column.needed else ""
        cells = (
            column.zh,
            column.en,
            column.key,
            needed,
            column.help.zh,
            column.help.en,
            column.example,
        )
        for at, said in enumerate(cells):
            sheet.write_string(number, at, said, wrap)
    sheet.set_column(0, 3, 18)
    sheet.set_column(4, 5, 60)
    sheet.set_column(6, 6, 26)
    sheet.freeze_panes(1, 0)


def _words(sheet: "xlsxwriter.worksheet.Worksheet", bold: object, kind: str) -> None:
    for at, title in enumerate(("列名", "Column", "代码 Code", "中文", "English")):
        sheet.write_string(0, at, title, bold)
    number = 0
    for column in columns().values():
        for said in words_of(column, kind):
            number += 1
            for at, one in enumerate((column.zh, column.en, *said)):
                sheet.write_string(number, at, one)
    sheet.set_column(0, 4, 26)
    sheet.freeze_panes(1, 0)
