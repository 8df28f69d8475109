"""As what a paper names its subject: a pure function of the legal stage.

Nobody is a convict before a judgment has legal effect (刑事诉讼法 第12条; Nelson Mandela Rule 111). The
words are data of `rules/words.yaml`.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles

FILE = Path(__file__).parent / "rules" / "words.yaml"
#: Names of laws stand between these, and may say what the paper may not.
_NAMES_OF_LAWS = re.compile("《[^》]*》")


class Titles(BaseModel):
    """A word in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str


class Word(BaseModel):
    """What a person is called at some stages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Titles
    stages: tuple[str, ...]
    source: str
    confidence: Literal["V", "E", "M", "P"]
    valid_from: date
    effect: Literal["block", "warn", "record"]


class Reserved(BaseModel):
    """A word that is said of those only whom one of these words names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: str
    only: tuple[str, ...]


class WordFile(BaseModel):
    """The words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    words: tuple[Word, ...]
    reserved: tuple[Reserved, ...]


def load() -> WordFile:
    """Read the words. Raises pydantic's `ValidationError` for a file that is wrong."""
    return WordFile.model_validate(rulefiles.read(FILE))


@cache
def words() -> WordFile:
    """The words as shipped, read once."""
    return load()


def word_at(stage: str, file: WordFile | None = None) -> Word | None:
    """The word for somebody at a stage of custody; None for a stage that nobody knows."""
    return next((word for word in (file or words()).words if stage in word.stages), None)


def strays(texts: Iterable[str], word: Word, file: WordFile | None = None) -> list[str]:
    """Words in some texts that may not be said of somebody who is called `word`."""
    said = [_NAMES_OF_LAWS.sub("", text) for text in texts]
    return [
        reserved.word
        for reserved in (file or words()).reserved
        if word.id not in reserved.only and any(reserved.word in text for text in said)
    ]
