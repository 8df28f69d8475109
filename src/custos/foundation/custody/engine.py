"""Who may share a cell: a pure function over plain values, and the rules it reads.

`conflicts()` gets the person, the cell and who is in it, and returns every rule that speaks against
the placing, with its version, source and effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

RULES = Path(__file__).parent / "rules" / "separation.yaml"

#: GB/T 2261.1-2003.
MALE, FEMALE = "1", "2"


class Titles(BaseModel):
    """A title in both languages."""

    zh: str
    en: str


class Rule(BaseModel):
    """One ground against sharing a cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Titles
    valid_from: date
    valid_to: date | None = None
    source: str
    confidence: Literal["V", "E", "M", "P"]
    effect: Literal["block", "warn", "record"]
    adult_at_years: int | None = None

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class RuleFile(BaseModel):
    """The separation rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    rules: tuple[Rule, ...]


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(yaml.safe_load(RULES.read_text(encoding="utf-8")))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()


@dataclass(frozen=True, slots=True)
class Person:
    """What separation needs to know of somebody: sex (GB/T 2261.1) and date of birth, if known."""

    sex: str
    born: date | None


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What separation needs to know of a cell: the sex it is for and its certified capacity."""

    sex: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that speaks against a placing, and the version of the file it stands in."""

    rule: Rule
    version: int


def years_old(born: date, day: date) -> int:
    """Age in completed years; somebody born on 29 February ages on 1 March of common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def conflicts(
    person: Person,
    cell: CellFacts,
    occupants: Sequence[Person],
    day: date,
    file: RuleFile | None = None,
) -> list[Found]:
    """Every rule in force on `day` that speaks against putting `person` into `cell`.

    Somebody whose age is not known counts as an adult here and as nobody's equal in doubt: a minor
    is not put with them.
    """
    file = file or rules()
    checks = {
        "KR-14-SEX": lambda rule: (
            person.sex not in (MALE, FEMALE)
            or person.sex != cell.sex
            or any(other.sex != person.sex for other in occupants)
        ),
        "CPL-280-MINORS": lambda rule: any(
            _minor(other, day, rule) != _minor(person, day, rule) for other in occupants
        ),
        "KI-27-CAPACITY": lambda rule: len(occupants) + 1 > cell.capacity,
    }
    return [
        Found(rule, file.version)
        for rule in file.rules
        if rule.in_force(day) and checks[rule.id](rule)
    ]


def _minor(person: Person, day: date, rule: Rule) -> bool:
    return person.born is not None and years_old(person.born, day) < (rule.adult_at_years or 18)
