"""Who may arrive, when, and under what name: pure functions over plain values.

`objections()` gets who arrived when and returns every rule of `rules/arrival.yaml` that speaks
against the admission. `stray_sign()` finds what cannot belong into a name.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.custody.engine import Ground, years_old

RULES = Path(__file__).parent / "rules" / "arrival.yaml"


class Rule(Ground):
    """One ground against an admission: an age, or the days between arrival and record."""

    under_years: int = 0
    after_days: int | None = None

    def speaks_against(self, born: date | None, arrived: date, today: date) -> bool:
        """Whether the rule speaks against recording this arrival today."""
        if self.after_days is not None:
            return (today - arrived).days > self.after_days
        return born is not None and years_old(born, arrived) < self.under_years


class RuleFile(BaseModel):
    """The rules of arrival."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    rules: tuple[Rule, ...]


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(rulefiles.read(RULES))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that speaks against an arrival, and the version of the file it stands in."""

    rule: Rule
    version: int


def objections(
    born: date | None, arrived: date, today: date, file: RuleFile | None = None
) -> list[Found]:
    """Every rule in force on `today` against recording now that somebody arrived on `arrived`."""
    file = file or rules()
    return [
        Found(rule, file.version)
        for rule in file.rules
        if rule.in_force(today) and rule.speaks_against(born, arrived, today)
    ]


#: Controls, formats (those that turn the direction of text among them), surrogates, characters of
#: private use, what Unicode has not assigned, separators of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Emoji and other symbols, and the marks that make an emoji of a digit.
_SYMBOLS = frozenset({"So", "Sk", "Sm", "Sc", "Me"})
#: Planes of rare Chinese characters: newer ones are assigned than a Python's Unicode data know.
_RARE = range(0x20000, 0x40000)
#: Letters, digits and usual punctuation alone, as nearly every text is: found out at once.
_PLAIN = re.compile(r"[\w .,:;·/()（）〔〕《》、，。：；-]*")


def stray_sign(text: str, *, symbols: bool = False) -> str:
    """The first character that a reader couldn't see or that turns the others round; "" for none.

    In a name (`symbols=False`) emoji and other symbols are as strange. Chinese characters, the rarest
    included, letters of every script, marks, digits, spaces and punctuation such as · all belong.
    """
    if _PLAIN.fullmatch(text):
        return ""
    strange = _UNSEEN if symbols else _UNSEEN | _SYMBOLS
    return next(
        (sign for sign in text if ord(sign) not in _RARE and unicodedata.category(sign) in strange),
        "",
    )
