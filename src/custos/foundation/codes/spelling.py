"""Names, and numbers of documents, as they are compared, however they were typed. Pure.

It folds what a keyboard or a printer chooses: width, case, spaces, brackets, and the dot within a name;
where it is asked who may be the same person, forms of one character too. How people are looked for stands
in `custody.people.names`.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from custos.foundation import rulefiles

VARIANTS = Path(__file__).parent / "rules" / "name_variants.yaml"


class Variants(BaseModel):
    """Forms of one character in names, in groups, the standard form first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    source: str
    confidence: Literal["V", "E", "M", "P"]
    forms: str

    @model_validator(mode="after")
    def _each_once(self) -> "Variants":
        signs = "".join(self.forms.split())
        if len(set(signs)) != len(signs):
            raise ValueError("a character stands twice")
        if any(len(group) < 2 for group in self.forms.split()):
            raise ValueError("a group has one form only")
        return self


def load() -> Variants:
    """Read the file as shipped. Raises pydantic's `ValidationError` for one that is wrong."""
    return Variants.model_validate(rulefiles.read(VARIANTS))


@cache
def _standard() -> dict[int, str]:
    groups = load().forms.split()
    return {ord(form): group[0] for group in groups for form in group[1:]}


_BRACKETS = str.maketrans(dict.fromkeys("〔［[【（", "(") | dict.fromkeys("〕］]】）", ")"))
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅.", "·"))


def same_number(one: str, other: str) -> bool:
    """Whether two numbers of documents are one, however brackets, widths and spaces were typed."""
    return _plain_number(one) == _plain_number(other)


def plain_name(name: str) -> str:
    """A name as it is compared: dots, widths, spaces and case folded."""
    return _joined(unicodedata.normalize("NFKC", name).translate(_DOTS))


def name_key(name: str) -> str:
    """What is the same of two names that may be one person's: besides, forms of one character as one."""
    return plain_name(name).translate(_standard())


def _plain_number(number: str) -> str:
    return _joined(unicodedata.normalize("NFKC", number).translate(_BRACKETS))


def _joined(folded: str) -> str:
    return "".join(folded.split()).casefold()
