"""The columns: what a heading names, and the reference and the template that tell of them."""

import io
from pathlib import Path

import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from custos.management.reception.importing import template
from custos.management.reception.importing.columns import columns, of_heading

REFERENCE = Path(__file__).parents[6] / "docs" / "reference" / "people-import.md"


def test_the_reference_has_every_column_and_no_other() -> None:
    lines = REFERENCE.read_text(encoding="utf-8").partition("## Columns")[2].splitlines()
    told = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    assert told[2:] == [
        [
            one.zh,
            one.en,
            f"`{one.key}`",
            "yes" if one.needed else "",
            str(one.longest),
            one.help.en,
            one.example,
        ]
        for one in columns().values()
    ]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("人员编号", "number"),
        ("人员编号*", "number"),
        (" Custody  Number ", "number"),
        ("number", "number"),
        ("identity_number", "identity_number"),
        ("出生 日期＊", "born"),
        ("绰号", None),
        ("", None),
    ],
)
def test_a_heading_is_the_name_in_either_language_or_the_key(heading: str, key: str | None) -> None:
    (found,) = of_heading([heading])
    assert (found.key if found else None) == key


def test_nothing_that_is_never_held_has_a_column() -> None:
    words = " ".join(name for one in columns().values() for name in one.names)
    for never in ("民族", "宗教", "政治", "ethnic", "religio", "politic"):
        assert never not in words


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_template_names_every_column_and_its_words(language: str) -> None:
    with translation.override(language):
        book = CalamineWorkbook.from_filelike(io.BytesIO(template.empty("KSS")))
    heading, *rows = book.get_sheet_by_index(0).to_python()
    assert [one.key for one in of_heading([str(name) for name in heading]) if one] == [*columns()]
    assert rows == []
    assert len(book.get_sheet_by_index(1).to_python()) == len(columns()) + 1
    words = {(row[0], row[2]) for row in book.get_sheet_by_index(2).to_python()}
    assert {
        ("性别", "1"),
        ("法律文书", "逮捕证"),
        ("国籍", "VN"),
        ("隔离原因", "codefendants"),
    } <= words
    assert ("法律文书", "行政拘留决定书") not in words
