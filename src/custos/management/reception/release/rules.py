"""The rules of leaving as data: what holds somebody, ways out, what forbids them, what must be ready."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from custos.foundation import rulefiles
from custos.foundation.record.parties import Post
from custos.management.reception.admission.rules import Dated, Strict, Title

FILE = Path(__file__).parents[1] / "rules" / "release.yaml"

#: Where a way out leads.
FREED, HANDED, DIED = "freed", "handed", "died"
#: The tasks that make somebody ready before a planned day.
TASKS = ("property", "medicine", "papers")


class Holding(Strict):
    """A kind of document on which somebody is held; see the file."""

    kind: str
    term: bool = False
    followed_by: tuple[str, ...] = ()


class Out(Strict):
    """A paper that the facility issues: a code of its catalogue, or words where it has no form here."""

    code: str = ""
    title: Title | None = None

    @model_validator(mode="after")
    def _either(self) -> "Out":
        if bool(self.code) == bool(self.title):
            raise ValueError("a paper has a code, or words")
        return self


class Within(Strict):
    """How long after the receipt of the paper somebody must have left."""

    minutes: int = 0
    days: int = 0
    months: int = 0


class Exit(Dated):
    """A way out."""

    kinds: tuple[str, ...]
    leads: Literal["freed", "handed", "died"]
    paper: Title | None = None
    ends_on_day: tuple[str, ...] = ()
    out: tuple[Out, ...] = ()
    receiver: Title | None = None
    within: Within | None = None
    prepare_days: int = 3
    article: str = ""
    entered: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Exit":
        if self.paper is None and not self.ends_on_day:
            raise ValueError(f"{self.id}: a way out has a paper or a last day")
        if (self.leads == HANDED) != (self.receiver is not None):
            raise ValueError(f"{self.id}: whoever is handed over has a receiver, and nobody else")
        return self


class Elsewhere(Dated):
    """Leaving that ends no stay."""

    then: Title
    entered: tuple[str, ...] = ()


class Rule(Dated):
    """Something that forbids a way out."""

    mend: Title
    of_death: bool = False

    @model_validator(mode="after")
    def _known(self) -> "Rule":
        if self.confidence == "M":
            raise ValueError(f"{self.id}: what is remembered only (M) never blocks")
        return self


class Item(Dated):
    """Something that is to be ready when somebody leaves."""

    posts: tuple[Post, ...]
    exits: tuple[str, ...] = ()
    task: Literal["", "property", "medicine", "papers"] = ""


class File(Strict):
    """The whole file."""

    version: int
    holds: tuple[Holding, ...]
    exits: tuple[Exit, ...]
    elsewhere: tuple[Elsewhere, ...]
    rules: tuple[Rule, ...]
    identity_minutes: int = Field(ge=1)
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "File":
        names = [one.id for one in (*self.exits, *self.elsewhere, *self.rules, *self.items)]
        if len(set(names)) != len(names):
            raise ValueError("an identifier stands twice")
        known = {one.id for one in self.exits}
        if astray := [item.id for item in self.items if not known.issuperset(item.exits)]:
            raise ValueError(f"items of ways out that there are not: {astray}")
        terms = {one.kind for one in self.holds if one.term}
        if astray := [one.id for one in self.exits if not terms.issuperset(one.ends_on_day)]:
            raise ValueError(f"ways out of terms that there are not: {astray}")
        return self

    def exit(self, name: str) -> Exit | None:
        """A way out by its id; None for one that there isn't."""
        return next((one for one in self.exits if one.id == name), None)

    def exits_for(self, kind: str, day: date) -> list[Exit]:
        """The ways out of a kind of facility on a day."""
        return [one for one in self.exits if kind in one.kinds and one.in_force(day)]

    def by_paper(self, paper: str, kind: str, day: date) -> Exit | None:
        """The way out by a paper of the clock that ends custody: the one that names its type, else the
        first into freedom that isn't for a last day.

        None where it leads nowhere out of here, or this kind of facility hasn't the way.
        """
        offered = self.exits_for(kind, day)
        named = [name for one in self.exits for name in one.entered]
        named += [name for one in self.elsewhere for name in one.entered]
        if paper in named:
            return next((one for one in offered if paper in one.entered), None)
        freed = [one for one in offered if one.leads == FREED]
        return next((one for one in freed if not one.ends_on_day), next(iter(freed), None))

    def holding(self, kind: str) -> Holding | None:
        """What a kind of document does; None for one that holds nobody."""
        return next((one for one in self.holds if one.kind == kind), None)

    def item(self, name: str) -> Item | None:
        """Something to be made ready, by its id."""
        return next((one for one in self.items if one.id == name), None)


def load() -> File:
    """Read the file as shipped. Raises pydantic's `ValidationError` for one that is wrong."""
    return File.model_validate(rulefiles.read(FILE))


@cache
def rules() -> File:
    """The file as shipped, read once."""
    return load()
