"""Setting a paper: a template, what it says, and the sheet it stands on, to PDF or to pictures.

The layouts are files of typst, fed with JSON; nothing of a paper is ever read as markup. The same input
gives the same bytes on a machine, for the date of the file is that of the paper. Fonts are Noto Serif SC
and Noto Sans SC, brought in by `npm run vendor`; a rare character that they lack is taken from a Chinese
font of the system, and where none has it the paper is refused rather than printed with a box in a name.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.documents import rights
from custos.foundation.documents.catalogue import LAYOUTS, Template
from custos.foundation.documents.contents import Content
from custos.foundation.documents.naming import Word
from custos.foundation.documents.showing import day, moment, shown
from custos.foundation.errors import Conflict, Missing

FONTS = Path(__file__).parent / "fonts"
#: Archived for as long as the law asks, read aloud by a machine: PDF/A-2 with tags (ISO 19005-2, level A).
STANDARD: Literal["a-2a"] = "a-2a"
#: Chinese fonts of systems, in the order in which they are asked for what ours lack.
FALLBACKS = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "AR PL UMing CN",
    "SimSun-ExtB",
    "HanaMinB",
)
_PREVIEW_PPI = 96.0
_SHAPELESS = re.compile(r'the text [`"]+(?P<text>.+?)[`"]+ could not be displayed')


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a paper besides what it says.

    `facility` is who issues it, `kind` the code of its kind; `number` and `record` are empty on a draft,
    and on a list that needs none and says so by `final`. `printed_by` is a member of staff and their
    post in words.
    """

    facility: str
    kind: str
    at: datetime
    printed_by: str
    number: str = ""
    record: str = ""
    final: bool = False


def pdf(template: Template, content: Content, word: Word | None, sheet: Sheet) -> bytes:
    """The paper as PDF/A-2a. Without a number it bears the word 草稿 across.

    Raises `Conflict` for a character that no font of this machine has, `Missing` without our fonts.
    """
    (made,) = _compiled(template, content, word, sheet, "pdf")
    return made


def pictures(
    template: Template, content: Content, word: Word | None, sheet: Sheet, ppi: float = _PREVIEW_PPI
) -> list[bytes]:
    """The paper's pages as PNG; raises as `pdf()` does, but for a missing character."""
    return _compiled(template, content, word, sheet, "png", ppi)


def lacking(text: str) -> str:
    """The first character of a text that no font of this machine has; empty where all have a shape."""
    for sign in dict.fromkeys(text):
        values = {"text": sign, "fonts": ["Noto Serif SC", *_fallbacks()]}
        try:
            _compile("probe", "pdf", values, None)
        except typst.TypstError as error:
            if _SHAPELESS.search(error.message):
                return sign
            raise
    return ""


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )


@cache
def _fallbacks() -> tuple[str, ...]:
    there = set(_fonts().families())
    return tuple(family for family in FALLBACKS if family in there)


def _compiled(
    template: Template,
    content: Content,
    word: Word | None,
    sheet: Sheet,
    form: Literal["pdf", "png"],
    ppi: float | None = None,
) -> list[bytes]:
    if not (FONTS / "NotoSerifSC-Regular.ttf").exists():
        raise Missing(
            "documents.no_fonts",
            _("The fonts of printed papers are missing on this machine."),
            mend=_("Whoever runs the installation brings them in by `make setup`."),
        )
    local = sheet.at.astimezone(clock.LOCAL)
    values = {
        "title": template.title.zh,
        "facility": sheet.facility,
        "code": template.code,
        "version": str(template.version),
        "number": sheet.number,
        "record": sheet.record,
        "draft": not (sheet.number or sheet.final),
        "day": day(local.date()),
        "printed": f"{sheet.printed_by} {moment(local)}",
        "word": word.title.zh if word else "",
        "content": shown(content, clock.LOCAL),
        "more": rights.said(sheet.kind, word.id if word else "")
        if template.layout == "rights"
        else {},
        "fallback": _fallbacks(),
    }
    try:
        return _compile(template.layout, form, values, sheet.at, ppi)
    except typst.TypstError as error:
        found = _SHAPELESS.search(error.message)
        if not found:
            raise
        raise Conflict(
            "documents.no_shape",
            _("No font of this machine has the character %(sign)s (%(point)s)."),
            mend=_("Whoever runs the installation adds one; `custos check` says which."),
            sign=found["text"],
            point=" ".join(f"U+{ord(sign):04X}" for sign in found["text"]),
        ) from None


def _compile(
    layout: str,
    form: Literal["pdf", "png"],
    values: dict[str, Any],
    at: datetime | None,
    ppi: float | None = None,
) -> list[bytes]:
    # The stubs don't know that several pages of PNG are a list.
    made: Any = typst.compile(
        str(LAYOUTS / f"{layout}.typ"),
        format=form,
        root=str(LAYOUTS),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
        pdf_standards=[STANDARD] if form == "pdf" else [],
        timestamp=int(at.timestamp()) if at else 0,
        ppi=ppi,
    )
    return made if isinstance(made, list) else [made]
