"""Who may share a cell: pure functions over plain values, and the rules they read.

`conflicts()` gets the person, the cell, who is in it and who would stay behind, and returns every rule
that speaks against the placing, with its version, source, effect and the people it is about.
`broken_in()` asks the same of a cell as it stands. Numbers: people, m², completed years and days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from custos.foundation import rulefiles

RULES = Path(__file__).parent / "rules" / "separation.yaml"

#: GB/T 2261.1-2003.
MALE, FEMALE = "1", "2"

#: Co-defendants are a pair like others, of which law speaks by name.
CODEFENDANTS = "codefendants"

#: As which somebody counts of whom no document says more: Criminal Procedure Law art. 12.
UNCONVICTED = "unconvicted"


class Titles(BaseModel):
    """A title in both languages."""

    zh: str
    en: str


class Ground(BaseModel):
    """What every rule of this module says of itself: since when it holds, whose it is, what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Titles
    valid_from: date
    valid_to: date | None = None
    source: Titles
    confidence: Literal["V", "E", "M", "P"]
    effect: Literal["block", "warn", "record"]

    @model_validator(mode="after")
    def _memory_never_blocks(self) -> "Ground":
        if self.confidence == "M" and self.effect == "block":
            raise ValueError(f"{self.id}: what is known from memory never blocks")
        return self

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Rule(Ground):
    """One ground against sharing a cell, with the bounds that it compares by."""

    adult_at_years: int | None = None
    at_most_percent: int = 100
    square_metres_each: int = 0
    first_days: int = 0
    least_days: int = 0
    least_days_at: Mapping[str, int] = {}
    apart: tuple[tuple[str, ...], ...] = ()


class Category(BaseModel):
    """As what somebody is held: the legal category of a stay, and the documents that make it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    title: Titles
    documents: tuple[str, ...]


class RuleFile(BaseModel):
    """The separation rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    categories: tuple[Category, ...]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _known(self) -> "RuleFile":
        codes = {category.code for category in self.categories}
        for rule in self.rules:
            if rule.id not in _CHECKS:
                raise ValueError(f"{rule.id}: nothing here knows how to look for that")
            if strange := {code for group in rule.apart for code in group} - codes:
                raise ValueError(f"{rule.id}: no such category: {sorted(strange)}")
        return self

    def category_by(self, document: str) -> str:
        """The category of a stay by the document on which somebody was admitted."""
        return next((c.code for c in self.categories if document in c.documents), UNCONVICTED)


@dataclass(frozen=True, slots=True)
class Apart:
    """Somebody from whom a person is kept apart, within what, and where that one is now.

    `kind` is `CODEFENDANTS` or another ground; `scope` the widest place they don't share.
    """

    kind: str
    scope: Literal["cell", "area", "facility"]
    other: UUID | None = None
    cell: UUID | None = None
    area: UUID | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What separation needs to know of somebody.

    `sex` by GB/T 2261.1, `born` if known, `category` of the stay. `isolation`: None without a medical
    order, else the group with which the order lets them share, "" for nobody. `never_alone`: other
    people have to be with them. `repeat` and `violent`: what is known of the offence. `days_in`: full
    days since the admission; `settled`: whether an assessment ended the transition period. `out`: has a
    place in the cell and is outside the facility just now. `aid`: needs an aid or help to move about. `ref`
    names them in what is found.
    """

    sex: str
    born: date | None
    category: str = UNCONVICTED
    isolation: str | None = None
    never_alone: bool = False
    repeat: bool | None = None
    violent: bool | None = None
    days_in: int = 0
    settled: bool = False
    out: bool = False
    aid: bool = False
    apart: tuple[Apart, ...] = ()
    ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What separation needs to know of a cell: the sex it is for, its certified capacity, floor space,
    kind and place, whether the facility has cells for new arrivals of that sex, and whether it has another
    area in which people of that sex live.
    """

    sex: str
    capacity: int
    square_metres: Decimal | None = None
    kind: str = "ordinary"
    id: UUID | None = None
    area: UUID | None = None
    transition_elsewhere: bool = False
    area_elsewhere: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that speaks against a placing, the version of its file, and the people it is about."""

    rule: Rule
    version: int
    others: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class _Placing:
    person: Person
    cell: CellFacts
    occupants: Sequence[Person]
    day: date
    behind: Sequence[Person]
    arriving: bool

    def who(self, differs: Callable[[Person], bool]) -> list[Person]:
        return [other for other in self.occupants if differs(other)]


#: What a check finds: nothing (None), or those whom it is about, who may be nobody in particular.
_Verdict = Sequence[Person | Apart] | None


def transition_rule(file: RuleFile | None = None) -> Rule | None:
    """The rule that says how long somebody is among new arrivals."""
    return next((one for one in (file or rules()).rules if one.least_days), None)


def in_transition(days_in: int, *, settled: bool) -> bool:
    """Whether the transition period goes on of somebody who was admitted so many full days ago."""
    rule = transition_rule()
    return rule is not None and not settled and days_in < rule.first_days


def years_old(born: date, day: date) -> int:
    """Age in completed years; somebody born on 29 February ages on 1 March of common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def born_to_be(years: int, day: date) -> list[date]:
    """The dates of birth of all who come to be so many years old on `day`; see `years_old()`."""
    first = date(day.year - years, day.month, 1)
    around = (first + timedelta(days=n) for n in range(-2, 32))
    eve = day - timedelta(days=1)
    return [
        born
        for born in around
        if years_old(born, day) == years and years_old(born, eve) == years - 1
    ]


def conflicts(
    person: Person,
    cell: CellFacts,
    occupants: Sequence[Person],
    day: date,
    file: RuleFile | None = None,
    *,
    behind: Sequence[Person] = (),
    arriving: bool = True,
) -> list[Found]:
    """Every rule in force on `day` that speaks against putting `person` into `cell`.

    `behind` are those who stay in the cell that the person leaves. `arriving` says that the person
    comes from outside: then a pair kept apart within the facility is a ground against it. Within the
    facility moving can't mend that any more, so only a shared area counts.

    Somebody whose age is not known counts as an adult here and as nobody's equal in doubt: a minor
    is not put with them.
    """
    file = file or rules()
    placing = _Placing(person, cell, occupants, day, behind, arriving)
    found = []
    for rule in file.rules:
        if not rule.in_force(day):
            continue
        verdict = _CHECKS[rule.id](rule, placing)
        if verdict is not None:
            others = tuple(ref for one in verdict if (ref := _ref(one)))
            found.append(Found(rule, file.version, others))
    return found


def broken_in(
    cell: CellFacts, people: Sequence[Person], day: date, file: RuleFile | None = None
) -> list[Found]:
    """The blocking rules that no longer hold in a cell as it stands, each once, with all it is about.

    A birthday, a sentence or a newly known danger breaks what was right when people were put there.
    """
    found: dict[str, Found] = {}
    for at, person in enumerate(people):
        others = [*people[:at], *people[at + 1 :]]
        for one in conflicts(person, cell, others, day, file, arriving=False):
            if one.rule.effect != "block":
                continue
            before = found[one.rule.id].others if one.rule.id in found else ()
            refs = (*before, *one.others, *([person.ref] if person.ref else []))
            found[one.rule.id] = Found(one.rule, one.version, tuple(dict.fromkeys(refs)))
    return list(found.values())


def blocks(found: Sequence[Found]) -> bool:
    """Whether any of what was found forbids the placing."""
    return any(one.rule.effect == "block" for one in found)


@dataclass(frozen=True, slots=True)
class Option:
    """A cell in which somebody could be put: who is in it, and whether it is in use."""

    cell: CellFacts
    occupants: Sequence[Person]
    name: str = ""
    out_of_use: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What speaks for and against a cell. `good` are codes of what speaks for it."""

    option: Option
    found: tuple[Found, ...]
    good: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether no rule forbids it."""
        return not blocks(self.found) and not self.option.out_of_use

    @property
    def free(self) -> int:
        """Certified places left before the person comes; below nothing where it is overfull."""
        return self.option.cell.capacity - len(self.option.occupants)

    @property
    def square_metres_each(self) -> Decimal | None:
        """Floor space for each once the person is there, to a tenth of a m²."""
        metres = self.option.cell.square_metres
        people = len(self.option.occupants) + 1
        return None if metres is None else (metres / people).quantize(Decimal("0.1"))


def propose(
    person: Person,
    options: Sequence[Option],
    day: date,
    file: RuleFile | None = None,
    *,
    behind: Sequence[Person] = (),
    arriving: bool = True,
) -> list[Proposal]:
    """Cells in the order in which they suit somebody, those that rules forbid last.

    What is allowed comes first; among that a cell that is kept for others (new arrivals, the sick) stands
    behind every other. Then comes what has the fewest warnings, then the kind of cell that fits, for
    somebody who needs an aid the most room for each, then the most free places, then the name. It
    proposes; an officer decides.
    """
    made = []
    for option in options:
        found = conflicts(
            person, option.cell, option.occupants, day, file, behind=behind, arriving=arriving
        )
        made.append(Proposal(option, tuple(found), tuple(_good(person, option))))
    return sorted(
        made,
        key=lambda one: (
            not one.allowed,
            sum(found.rule.effect == "block" for found in one.found),
            # A bed for the ill, or for whoever is new, isn't offered before one with a warning.
            _kept_for_others(person, one.option.cell),
            sum(found.rule.effect == "warn" for found in one.found),
            -len(one.good),
            -(one.square_metres_each or 0) if person.aid else 0,
            -one.free,
            one.option.name,
        ),
    )


def _kept_for_others(person: Person, cell: CellFacts) -> bool:
    if cell.kind == "transition":
        return not in_transition(person.days_in, settled=person.settled)
    return cell.kind == "medical" and person.isolation is None and not person.aid


def _good(person: Person, option: Option) -> list[str]:
    cell, fits = option.cell, []
    if cell.kind in ("transition", "medical") and not _kept_for_others(person, cell):
        fits.append(cell.kind)
    if person.never_alone and any(not other.out for other in option.occupants):
        fits.append("company")
    if len(option.occupants) < cell.capacity:
        fits.append("free")
    return fits


def _ref(one: Person | Apart) -> UUID | None:
    return one.other if isinstance(one, Apart) else one.ref


def _minor(person: Person, day: date, rule: Rule) -> bool:
    return person.born is not None and years_old(person.born, day) < (rule.adult_at_years or 18)


def _somebody(found: Sequence[Person | Apart]) -> _Verdict:
    return found or None


def _when(holds: bool) -> _Verdict:
    return () if holds else None


def _sex(_rule: Rule, p: _Placing) -> _Verdict:
    if p.person.sex not in (MALE, FEMALE) or p.person.sex != p.cell.sex:
        return ()
    return _somebody(p.who(lambda other: other.sex != p.person.sex))


def _minors(rule: Rule, p: _Placing) -> _Verdict:
    young = _minor(p.person, p.day, rule)
    return _somebody(p.who(lambda other: _minor(other, p.day, rule) != young))


def _categories(rule: Rule, p: _Placing) -> _Verdict:
    groups = {code: at for at, codes in enumerate(rule.apart) for code in codes}
    own = groups.get(p.person.category)
    if own is None:
        return None
    return _somebody(p.who(lambda other: groups.get(other.category, own) != own))


def _medical(_rule: Rule, p: _Placing) -> _Verdict:
    return _somebody(
        p.who(
            lambda other: (
                "" in (other.isolation, p.person.isolation) or other.isolation != p.person.isolation
            )
        )
    )


def _shares(apart: Apart, p: _Placing, *, within: str) -> bool:
    """Whether the two would share a place of this size."""
    if apart.cell is None:
        return False
    if within == "facility" and p.arriving:
        return True
    if apart.cell == p.cell.id:
        return True
    return within != "cell" and apart.area is not None and apart.area == p.cell.area


def _pairs(p: _Placing, *, codefendants: bool) -> list[Apart]:
    return [
        apart
        for apart in p.person.apart
        if (apart.kind == CODEFENDANTS) == codefendants and _shares(apart, p, within=apart.scope)
    ]


def _codefendants(_rule: Rule, p: _Placing) -> _Verdict:
    return _somebody(_pairs(p, codefendants=True))


def _yard(_rule: Rule, p: _Placing) -> _Verdict:
    return _somebody(_sharing_a_yard(p)) if p.cell.area_elsewhere else None


def _one_yard(_rule: Rule, p: _Placing) -> _Verdict:
    return None if p.cell.area_elsewhere else _somebody(_sharing_a_yard(p))


def _sharing_a_yard(p: _Placing) -> list[Apart]:
    """Co-defendants in the same area of whom no pair of its own forbids it."""
    blocked = _pairs(p, codefendants=True)
    return [
        apart
        for apart in p.person.apart
        if apart.kind == CODEFENDANTS and apart not in blocked and _shares(apart, p, within="area")
    ]


def _kept_apart(_rule: Rule, p: _Placing) -> _Verdict:
    return _somebody(_pairs(p, codefendants=False))


def _alone(_rule: Rule, p: _Placing) -> _Verdict:
    if p.person.never_alone and all(other.out for other in p.occupants):
        return [p.person]
    left = [other for other in p.behind if not other.out]
    return left if len(left) == 1 and left[0].never_alone else None


def _places(rule: Rule, p: _Placing) -> _Verdict:
    # Half a person is rounded up: a cell for one may hold two in need, never three.
    return _when(len(p.occupants) + 1 > -(-p.cell.capacity * rule.at_most_percent // 100))


def _space(rule: Rule, p: _Placing) -> _Verdict:
    metres = p.cell.square_metres
    return _when(metres is not None and metres < rule.square_metres_each * (len(p.occupants) + 1))


def _unlike(of: Callable[[Person], bool | None]) -> Callable[[Rule, _Placing], _Verdict]:
    def check(_rule: Rule, p: _Placing) -> _Verdict:
        own = of(p.person)
        return _somebody(p.who(lambda other: None not in (own, of(other)) and of(other) != own))

    return check


def _transition(rule: Rule, p: _Placing) -> _Verdict:
    return _when(
        p.cell.transition_elsewhere
        and p.cell.kind not in ("transition", "medical")
        and p.person.days_in < rule.first_days
        and not p.person.settled
    )


def _segregation(_rule: Rule, p: _Placing) -> _Verdict:
    return _when(p.cell.kind == "segregation")


_CHECKS: dict[str, Callable[[Rule, _Placing], _Verdict]] = {
    "KR-14-SEX": _sex,
    "CPL-280-MINORS": _minors,
    "KR-14-CODEFENDANTS": _codefendants,
    "KR-14-CODEFENDANTS-YARD": _yard,
    "KR-14-ONE-YARD": _one_yard,
    "NMR-12-KEEP-APART": _kept_apart,
    "SPP-659-CONVICTED": _categories,
    "DR-34-ADMINISTRATIVE": _categories,
    "DR-18-MEDICAL": _medical,
    "RISK-NEVER-ALONE": _alone,
    "CELL-HARD-LIMIT": _places,
    "KI-27-CAPACITY": _places,
    "KI-27-SPACE": _space,
    "CPT-44-SPACE": _space,
    "KR-14-FIRST-TIME": _unlike(lambda person: person.repeat),
    "KR-14-VIOLENT": _unlike(lambda person: person.violent),
    "TRANSITION-PERIOD": _transition,
    "NMR-45-SEGREGATION": _segregation,
}


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(rulefiles.read(RULES))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()
