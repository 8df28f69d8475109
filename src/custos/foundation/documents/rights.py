"""What the notice of rights and duties says: data of `rules/rights.yaml`, and for whom it holds."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles

FILE = Path(__file__).parent / "rules" / "rights.yaml"


class Item(BaseModel):
    """One right or duty, for some kinds of facility and, where it names some, for some words only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[str, ...]
    words: tuple[str, ...] = ()
    text: str
    source: str
    confidence: Literal["V", "E", "M", "P"]

    def holds(self, kind: str, word: str) -> bool:
        """Whether it is said to somebody who is called `word` in this kind of facility."""
        return kind in self.kinds and (not self.words or word in self.words)


class RightsFile(BaseModel):
    """The notice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    rights: tuple[Item, ...]
    duties: tuple[Item, ...]


def load() -> RightsFile:
    """Read the notice. Raises pydantic's `ValidationError` for a file that is wrong."""
    return RightsFile.model_validate(rulefiles.read(FILE))


@cache
def _read() -> RightsFile:
    return load()


def said(kind: str, word: str, file: RightsFile | None = None) -> dict[str, list[dict[str, str]]]:
    """The rights and duties that are told to somebody, with the law they rest on, in their order.

    What is our own proposal names no law.
    """
    file = file or _read()
    return {
        part: [
            {"text": item.text, "source": "" if item.confidence == "P" else item.source}
            for item in items
            if item.holds(kind, word)
        ]
        for part, items in (("rights", file.rights), ("duties", file.duties))
    }
