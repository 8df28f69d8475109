"""The columns in which people are brought in: data, and what a heading names. Pure."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from custos.foundation import rulefiles

FILE = Path(__file__).parents[1] / "rules" / "import_columns.yaml"


class Help(BaseModel):
    """What belongs into a column, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str


class Column(BaseModel):
    """One column; see the head of `rules/import_columns.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    zh: str
    en: str
    also: tuple[str, ...] = ()
    needed: bool = False
    longest: int
    table: str = ""
    several: bool = False
    secret: bool = False
    yes_no: bool = False
    date: Literal["", "day", "moment"] = ""
    example: str
    help: Help

    @property
    def names(self) -> tuple[str, ...]:
        """Every heading that means this column."""
        return self.key, self.zh, self.en, *self.also

    def title(self, language: str) -> str:
        """The heading in a language."""
        return self.en if language.startswith("en") else self.zh

    def helped(self, language: str) -> str:
        """What belongs into it, in a language."""
        return self.help.en if language.startswith("en") else self.help.zh


class ColumnFile(BaseModel):
    """The columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    columns: tuple[Column, ...]

    @model_validator(mode="after")
    def _once(self) -> "ColumnFile":
        names = [
            name for one in self.columns for name in {fold(one.key), fold(one.zh), fold(one.en)}
        ]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two columns are called {sorted(twice)}")
        return self


def load() -> ColumnFile:
    """Read the file. Raises pydantic's `ValidationError` for one that is wrong."""
    return ColumnFile.model_validate(rulefiles.read(FILE))


@cache
def columns() -> Mapping[str, Column]:
    """The columns by their keys, in their order."""
    return {one.key: one for one in load().columns}


def fold(name: str) -> str:
    """A heading as it is compared: without case, spaces and the star of what is needed."""
    return "".join(name.split()).replace("_", "").strip("*＊").casefold()


@cache
def _named() -> Mapping[str, Column]:
    return {fold(name): one for one in columns().values() for name in one.names}


def of_heading(heading: Sequence[str]) -> list[Column | None]:
    """The column that each cell of a heading names; None for one that names none."""
    return [_named().get(fold(name)) for name in heading]
