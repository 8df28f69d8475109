"""The rules of arrival as data: papers, grounds against receiving, what must agree, sixteen steps."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from custos.foundation import rulefiles
from custos.foundation.record.parties import Post

FILE = Path(__file__).parents[1] / "rules" / "admission.yaml"

#: What may be made of an arrival, as the rules' `needed` names it.
ACCEPTED, REFUSED, DEFERRED, EXCEPTIONAL = "accepted", "refused", "deferred", "exceptional"
#: Outcomes by which somebody is held from then on.
ADMITTING = frozenset({ACCEPTED, EXCEPTIONAL})

#: What all staff read of a ground that a clinician found: that it is one of health, and not which.
HEALTH = "HEALTH"

Confidence = Literal["V", "E", "M", "P"]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Title(Strict):
    """Words in both languages."""

    zh: str
    en: str

    def within(self, language: str) -> str:
        """The words in a language, Chinese where it isn't English."""
        return self.en if language.startswith("en") else self.zh


class Dated(Strict):
    """What everything here says of itself."""

    id: str
    title: Title
    source: str
    confidence: Confidence
    valid_from: date
    valid_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Document(Dated):
    """A legal document that opens some kinds of facility, and what must come with it."""

    code: str
    kinds: tuple[str, ...]
    papers: tuple[Title, ...] = ()
    approval: Title | None = None
    within_hours: int | None = None
    remaining_months: int | None = None

    @property
    def alone(self) -> bool:
        """Whether it opens the door by itself: no other paper, approval or length is asked with it."""
        return not (self.papers or self.approval or self.remaining_months)


class Abolished(Strict):
    """A measure that no longer exists."""

    title: Title
    source: str
    confidence: Confidence


_FOUND_BY_CLINICIANS = frozenset(
    {
        "mental_illness",
        "acute_infection",
        "serious_illness",
        "no_self_care",
        "pregnant",
        "nursing",
    }
)


class Group(Dated):
    """People of whom law says that they are not, or not simply, received."""

    of: Literal[
        "mental_illness",
        "acute_infection",
        "serious_illness",
        "no_self_care",
        "pregnant",
        "nursing",
        "from_years",
        "under_years",
        "first_under_years",
        "deputy",
    ]
    kinds: tuple[str, ...]
    then: Literal["refuse", "approve", "defer", "propose", "note"]
    years: int | None = None
    approver: Title | None = None
    until_hospital: bool = False

    @property
    def clinical(self) -> bool:
        """Whether naming the group tells what a clinician found."""
        return self.of in _FOUND_BY_CLINICIANS

    @model_validator(mode="after")
    def _consistent(self) -> "Group":
        if self.confidence == "M" and self.then not in ("propose", "note"):
            raise ValueError(f"{self.id}: what is remembered only (M) never blocks")
        if (self.then == "approve") != (self.approver is not None):
            raise ValueError(f"{self.id}: an exception names who approves it")
        if self.of.endswith("years") != (self.years is not None):
            raise ValueError(f"{self.id}: an age needs years")
        return self


class Rule(Dated):
    """Something that must agree before an arrival is closed."""

    step: str
    field: str
    effect: Literal["block", "warn", "record"]
    then: Literal["", "refuse", "defer"] = ""
    #: The cases that the title names in one, each as it stands on a notice.
    either: tuple[Title, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Rule":
        if self.confidence == "M" and self.effect == "block":
            raise ValueError(f"{self.id}: what is remembered only (M) never blocks")
        return self


def _several(said: Any) -> Any:
    return (said,) if isinstance(said, str) else said


class Item(Strict):
    """One thing that a step must hold."""

    id: str
    as_: Literal[
        "text", "long", "name", "yesno", "tick", "choice", "several", "date", "moment", "whole",
        "money", "sex", "code", "country", "people", "document", "papers", "outcome", "ground", "cell",
        "sides", "injuries", "dependants",
    ] = Field(alias="as")  # fmt: skip
    title: Title
    needed: Literal["always", "held", "admitted", "refused", "deferred", "exceptional", "no"]
    help: Title | None = None
    rule7: Literal["a", "b", "c", "d", "e", "f", "g"] | None = None
    when: dict[str, Annotated[tuple[str, ...], BeforeValidator(_several)]] = Field(
        default_factory=dict, alias="if"
    )
    kinds: tuple[str, ...] = ()
    choices: tuple[tuple[str, Title], ...] = ()
    table: str = ""
    initial: str = ""
    source: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> "Item":
        if (self.as_ == "code") != bool(self.table):
            raise ValueError(f"{self.id}: a code is of a table")
        return self

    def wanted_for(self, outcome: str) -> bool:
        """Whether an arrival with this outcome needs it, were its condition met."""
        if self.needed == "admitted":
            return outcome in ADMITTING
        if self.needed == "held":
            return outcome in ADMITTING or outcome == DEFERRED
        return self.needed == "always" or self.needed == outcome


class Due(Strict):
    """A length of time."""

    hours: int

    @property
    def length(self) -> timedelta:
        """The same as a duration."""
        return timedelta(hours=self.hours)


class Step(Strict):
    """One of the sixteen steps, or the decision (`number` 0)."""

    id: str
    number: int
    title: Title
    posts: tuple[Post, ...]
    deadline: Title
    source: str
    confidence: Confidence
    fields: tuple[Item, ...]
    due: Due | None = None
    clinical: bool = False
    care: bool = False
    foreign: bool = False


class File(Strict):
    """The whole file."""

    version: int
    documents: tuple[Document, ...]
    abolished: tuple[Abolished, ...]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "File":
        if sorted(step.number for step in self.steps) != list(range(17)):
            raise ValueError("sixteen steps, numbered from 1, and the decision as 0")
        names = [one.id for one in (*self.documents, *self.groups, *self.rules)]
        if len(set(names)) != len(names):
            raise ValueError("an identifier stands twice")
        known = {(step.id, field.id) for step in self.steps for field in step.fields}
        if astray := [rule.id for rule in self.rules if (rule.step, rule.field) not in known]:
            raise ValueError(f"rules about fields that no step has: {astray}")
        gone = [measure.title.zh for measure in self.abolished]
        if any(name in document.title.zh for document in self.documents for name in gone):
            raise ValueError("a document of an abolished measure is offered")
        return self

    def step(self, name: str) -> Step:
        """A step by name. Raises `KeyError` for one that isn't there."""
        found = next((step for step in self.steps if step.id == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def documents_for(self, kind: str, day: date) -> list[Document]:
        """The documents that open a kind of facility on a day."""
        return [one for one in self.documents if kind in one.kinds and one.in_force(day)]


def load() -> File:
    """Read the file as shipped. Raises pydantic's `ValidationError` for one that is wrong."""
    return File.model_validate(rulefiles.read(FILE))


def class_of_ground(code: str) -> str:
    """A ground of refusal as all staff read it: its own code, or `HEALTH` where a clinician found it."""
    clinical = any(group.id == code and group.clinical for group in rules().groups)
    return HEALTH if clinical else code


@cache
def rules() -> File:
    """The file as shipped, read once."""
    return load()
