"""Printed documents: text set on A4 sheets that are the same on the screen and on paper. Pure.

Official letters follow GB/T 9704-2012: 22 lines of 28 characters on 156 x 225 mm. The text is cut into
lines and sheets here, so that "page 2 of 3" is known before anything is printed, and is the same on
every machine. Forms as ruled tables are another shape of paper.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width

LINES, CHARACTERS = 22, 28
#: These never begin a line (GB/T 15834, 标点符号用法 5.1.10).
_NOT_FIRST = frozenset("，。、；：？！”’）》〉】』」…—·")
#: A run of Latin letters, digits and their marks, or any other character; with the marks that open it, for
#: they never end a line.
_PIECES = re.compile(r"[（“‘《〈【『「]*(?:[!-~]+|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its number, and its lines."""

    number: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: what it is, its text by paragraphs, the record it comes from, and who printed it.

    `to` is whom it is addressed to, `signed` the lines at its end.
    """

    title: str
    paragraphs: Sequence[str]
    code: str
    printed_by: str
    printed_at: datetime
    number: str = ""
    to: str = ""
    signed: Sequence[str] = field(default=())

    @property
    def sheets(self) -> list[Sheet]:
        """The pages, at least one. The first has room for the title, the last for who signs."""
        lines = [self.to] if self.to else []
        lines += [line for text in self.paragraphs for line in set_lines(text)]
        if self.signed:
            lines += ["", *(_to_the_right(line) for line in self.signed)]
        # The title takes four lines of the first sheet, and the number of the document one.
        first = LINES - 4 - bool(self.number)
        cut = [lines[:first], *(lines[at : at + LINES] for at in range(first, len(lines), LINES))]
        return [Sheet(number, part) for number, part in enumerate(cut, 1)]


def width_of(text: str) -> float:
    """How wide text is, in full-width characters: a Latin letter or a digit is half of one."""
    return sum(1.0 if east_asian_width(sign) in "WFA" else 0.5 for sign in text)


def set_lines(paragraph: str) -> list[str]:
    """A paragraph in lines of 28 characters, the first indented by two; no number or Latin word is cut."""
    lines, line = [], "　　"
    for piece in _pieces(paragraph):
        over = width_of(line) + width_of(piece) > CHARACTERS
        # A mark that may not begin a line hangs at the end of the one before; a space is not seen there.
        if over and piece not in _NOT_FIRST and piece != " ":
            lines.append(line)
            line = ""
        line += piece
    return [*lines, line]


def _pieces(text: str) -> Iterator[str]:
    """What a line may end after: each character, but a Latin word or a number whole if a line holds it."""
    for piece in _PIECES.findall(text):
        if len(piece) > 1 and width_of(piece) > CHARACTERS:
            yield from piece
        else:
            yield piece


def _to_the_right(line: str) -> str:
    """Four characters short of the right edge, where names and dates of letters stand."""
    space = CHARACTERS - 4 - width_of(line)
    return "　" * max(0, int(space)) + line


def grouped(code: Any) -> str:
    """An identifier in groups of four, as somebody types it from paper."""
    plain = str(code).replace("-", "").upper()
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
