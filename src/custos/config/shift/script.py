"""What the players notice and say, and how long they take. Pure; the words are in `script.yaml`."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles

FILE = Path(__file__).parent / "script.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Noticed(_Part):
    """Something to be noticed: of which type of information, by which post, and in which words."""

    type: str
    by: str
    about: Literal["cell", "person"]
    details: dict[str, str] = {}
    text: str


class Script(_Part):
    """Everything that may be noticed and said. `grave` is for the duty leader, who decides."""

    ordinary: tuple[Noticed, ...]
    grave: tuple[Noticed, ...]
    seen: tuple[str, ...]
    late: tuple[str, ...]
    behind: tuple[str, ...]
    defects: tuple[str, ...]
    words: tuple[str, ...]
    questions: tuple[str, ...]
    answers: dict[str, tuple[str, ...]]

    def answer(self, rule: str, chance: Random) -> str:
        """What is said of a task that a rule opened."""
        return chance.choice(self.answers.get(rule) or self.answers["other"])


@cache
def script() -> Script:
    """The script in use."""
    return Script.model_validate(rulefiles.read(FILE))


#: By severity: seconds until somebody takes a task, and until they say what was done.
_TAKES = {1: (20, 120), 2: (40, 240), 3: (60, 480), 4: (300, 1800)}
_DOES = {1: (180, 600), 2: (300, 1200), 3: (600, 2700), 4: (1200, 5400)}
#: Minutes to the first and between two that are noticed; grave ones, with hours between them.
_FIRST, _ORDINARY, _GRAVE = (2.0, 5.0), (12.0, 40.0), (100.0, 260.0)


def takes(severity: int, chance: Random) -> timedelta:
    """How long until somebody accepts a task."""
    return timedelta(seconds=chance.uniform(*_TAKES[severity]))


def does(severity: int, chance: Random) -> timedelta:
    """How long from there until they answer it."""
    return timedelta(seconds=chance.uniform(*_DOES[severity]))


@dataclass(slots=True)
class Noticing:
    """What is noticed one after another, and how long until the next."""

    chance: Random
    grave: bool = False
    _begun: bool = False

    def pause(self) -> timedelta:
        """How long until the next is noticed."""
        usual = _GRAVE if self.grave else _ORDINARY
        bounds = usual if self._begun or self.grave else _FIRST
        self._begun = True
        return timedelta(minutes=self.chance.uniform(*bounds))

    def next(self) -> Noticed:
        """What is noticed."""
        found = script().grave if self.grave else script().ordinary
        return self.chance.choice(found)


def sentence(chance: Random) -> str:
    """What a patrol says of a cell: mostly nothing, for all is as it should be."""
    return chance.choice(script().seen) if chance.random() < 0.08 else ""


def stream(seed: int, *names: Any) -> Random:
    """Chance of its own for one thing, so that what happens elsewhere changes nothing here."""
    return Random(" ".join(map(str, (seed, *names))))  # noqa: S311  (a play, not a secret)
