"""What can be said about a citizen's identity number (GB 11643-1999). Pure.

A wrong number never refuses a person: it is kept as unverified, with what is wrong about it.
"""

from dataclasses import dataclass
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"  # ISO 7064 MOD 11-2, by the weighted sum's remainder


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found: whether the number is well formed, and if not, what is wrong with it."""

    verified: bool
    fault: str = ""
    region: str = ""
    born: date | None = None
    sex: str = ""


def check_character(first_17: str) -> str:
    """The check character of the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def examine(number: str) -> Examined:
    """Examine an 18-character number; the region is told and not judged (old ones were abolished)."""
    text = number.strip().upper()
    if len(text) != 18:
        return Examined(False, "length")
    if not (text.isascii() and text[:17].isdigit() and (text[17].isdigit() or text[17] == "X")):
        return Examined(False, "characters")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return Examined(False, "birth date")
    if check_character(text[:17]) != text[17]:
        return Examined(False, "check character")
    return Examined(True, "", text[:6], born, "1" if int(text[16]) % 2 else "2")
