"""What can be said about a custody number of 21 digits (在押人员编码, GA 300.3-2001). Pure.

It is nine digits of the facility's code (GA 300.1), the day of arrival and four digits that run on within
the facility. The standard was read in an excerpt only and later parts differ, so a number is taken apart
only where the facility bears a code of `SCHEME`; everywhere else it is text.
"""

from dataclasses import dataclass
from datetime import date

#: A facility that has a code of this scheme numbers its stays by it.
SCHEME = "GA 300.1"


@dataclass(frozen=True, slots=True)
class Examined:
    """What a number says, and what is wrong with it; `fault` is empty for nothing."""

    fault: str
    facility: str = ""
    day: date | None = None
    serial: int = 0


def examine(number: str, facility: str) -> Examined:
    """Take a custody number apart and hold it against the facility's nine digits."""
    if len(number) != 21:
        return Examined("length")
    if not (number.isascii() and number.isdigit()):
        return Examined("characters")
    if number[:9] != facility:
        return Examined("facility", number[:9])
    try:
        day = date(int(number[9:13]), int(number[13:15]), int(number[15:17]))
    except ValueError:
        return Examined("day", number[:9])
    serial = int(number[17:])
    return Examined("serial" if serial == 0 else "", number[:9], day, serial)
