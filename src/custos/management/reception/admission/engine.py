"""What may be made of an arrival: pure functions over plain values.

`Facts` are what is known: by step, by field, as the forms give it: text, "yes" and "no", dates, aware
moments, lists. A step that isn't there was not filled in yet: no rule speaks of it, but what it must hold
is missing. All functions take the file of rules, so that each can be tried with a rule switched off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from custos.management.reception.admission.rules import (
    ACCEPTED,
    ADMITTING,
    DEFERRED,
    EXCEPTIONAL,
    REFUSED,
    Document,
    File,
    Group,
    Item,
    Rule,
    Step,
    Title,
    rules,
)

Facts = Mapping[str, Mapping[str, Any]]

#: What `basis` says where somebody was brought without a document.
NO_DOCUMENT = "none"
#: Whose nationals no consul is told of (ISO 3166-1).
HOME = "CN"
#: A sheet that says who is looked for, and not who somebody is.
_WANTED = "wanted_person_register"
OUTCOMES = (ACCEPTED, REFUSED, DEFERRED, EXCEPTIONAL)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a step must hold and doesn't."""

    step: Step
    field: Item

    def within(self, language: str) -> str:
        """The gap in words, with the rule that asks for it."""
        told = f"{self.step.title.within(language)} · {self.field.title.within(language)}"
        if not self.field.rule7:
            return told
        rule = "Nelson Mandela Rule 7" if language.startswith("en") else "纳尔逊·曼德拉规则 7"
        left, right = (" (", ")") if language.startswith("en") else ("（", "）")
        return f"{told}{left}{rule}({self.field.rule7}){right}"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when: the facility's kind, the present moment, and today there."""

    kind: str
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be made of an arrival, and why.

    `outcomes` are allowed; `against` are the rules that speak against it, `groups` those of people who are
    not simply received; `gaps` is what must be known before anything is decided.
    """

    version: int
    outcomes: tuple[str, ...]
    against: tuple[Rule, ...]
    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]

    @property
    def reasons(self) -> list[Rule | Group]:
        """The grounds on which somebody may be refused."""
        barring = [rule for rule in self.against if rule.then]
        return [*barring, *(one for one in self.groups if one.then in _BARRING)]


_BARRING = ("refuse", "approve", "defer")
_BEFORE_DECISION = ("documents", "identity", "health", "injuries")


def blank(value: Any) -> bool:
    """Whether nothing was said. Zero yuan is something; a box that isn't ticked is nothing."""
    return value is None or value is False or value in ("", [], ())


def groups_of(facts: Facts, setting: Setting, file: File | None = None) -> list[Group]:
    """The groups of B.2 to which somebody belongs, at this kind of facility today.

    What isn't known yet (no examination, no birth date) puts nobody into a group.
    """
    file = file or rules()
    papers, found = facts.get("documents", {}), set(facts.get("health", {}).get("found") or ())
    age = years_old(facts.get("identity", {}).get("born"), setting.today)

    def belongs(group: Group) -> bool:
        years = group.years or 0
        if group.of == "from_years":
            return age is not None and age >= years
        if group.of == "under_years":
            return age is not None and age < years
        if group.of == "first_under_years":
            return age is not None and 16 <= age < years and papers.get("first_time") == "yes"
        if group.of == "deputy":
            return papers.get("deputy") == "yes"
        return group.of in found

    return [
        group
        for group in file.groups
        if setting.kind in group.kinds and group.in_force(setting.today) and belongs(group)
    ]


def years_old(born: date | None, day: date) -> int | None:
    """Age in completed years, or None where the birth date isn't known."""
    if born is None:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def objections(facts: Facts, setting: Setting, file: File | None = None) -> list[Rule]:
    """Every rule in force that speaks against what is known, in the order of the file."""
    file = file or rules()
    return [
        rule
        for rule in file.rules
        if rule.step in facts
        and rule.in_force(setting.today)
        and _CHECKS[rule.id](facts, setting, file)
    ]


def document_of(facts: Facts, setting: Setting, file: File) -> Document | None:
    """The document on which somebody was brought, where it opens this kind of facility."""
    basis = facts.get("documents", {}).get("basis")
    known = file.documents_for(setting.kind, setting.today)
    return next((one for one in known if one.title.zh == basis), None)


def _papers(facts: Facts, setting: Setting, file: File) -> bool:
    document = document_of(facts, setting, file)
    shown = set(facts["documents"].get("papers") or ())
    return document is not None and any(paper.zh not in shown for paper in document.papers)


def _approval(facts: Facts, setting: Setting, file: File) -> bool:
    document, papers = document_of(facts, setting, file), facts["documents"]
    wants = (document is not None and document.approval) or papers.get("elsewhere") == "yes"
    return bool(wants) and blank(papers.get("approval"))


def _times(facts: Facts, setting: Setting, file: File) -> bool:
    papers = facts["documents"]
    seized, arrived, issued = (
        papers.get(name) for name in ("seized_at", "arrived_at", "issued_on")
    )
    if seized and arrived and seized > arrived:
        return True
    if issued and issued > setting.today:
        return True
    return any(moment and moment > setting.now for moment in (seized, arrived))


def _late(facts: Facts, setting: Setting, file: File) -> bool:
    document, papers = document_of(facts, setting, file), facts["documents"]
    seized, arrived = papers.get("seized_at"), papers.get("arrived_at")
    if not (document and document.within_hours and seized and arrived):
        return False
    return bool(arrived - seized > timedelta(hours=document.within_hours))


def _abolished(facts: Facts, setting: Setting, file: File) -> bool:
    said = " ".join(str(facts["documents"].get(name) or "") for name in ("basis", "reason"))
    return any(measure.title.zh in said for measure in file.abolished)


def _too_long_to_serve(facts: Facts, setting: Setting, file: File) -> bool:
    document, papers = document_of(facts, setting, file), facts["documents"]
    if document is None or document.remaining_months is None:
        return False
    if papers.get("criminal_detention_term") == "yes":
        return False
    left = papers.get("remaining_months")
    return left is None or left > document.remaining_months


def _expired(facts: Facts, setting: Setting, file: File) -> bool:
    ends = facts["documents"].get("expires_on")
    return bool(ends and ends < setting.today)


def _injured(facts: Facts) -> bool:
    return facts["injuries"].get("injured") == "yes"


def _any_blank(facts: Facts, *names: str) -> bool:
    return any(blank(facts["injuries"].get(name)) for name in names)


def _searched_by_other_sex(facts: Facts, setting: Setting, file: File) -> bool:
    searcher, person = facts["search"].get("searcher_sex"), facts.get("identity", {}).get("sex")
    return not blank(searcher) and not blank(person) and searcher != person


def _wanted_by_word(facts: Facts, setting: Setting, file: File) -> bool:
    document = document_of(facts, setting, file)
    stated = facts["identity"].get("verified_by") == "stated"
    return document is not None and document.code == _WANTED and stated


def _checked_late(facts: Facts, setting: Setting, file: File) -> bool:
    checked = facts["health"].get("checked_at")
    return bool(checked and checked > setting.now)


_CHECKS = {
    # Who hasn't said yet which document it is hasn't said that there is none.
    "KR-9-DOCUMENT": lambda facts, setting, file: (
        not blank(facts["documents"].get("basis")) and document_of(facts, setting, file) is None
    ),
    "KR-9-MATCH": lambda facts, setting, file: (
        facts["documents"].get("names_match") == "no"
        or facts.get("identity", {}).get("photo_match") == "no"
    ),
    "B1-SEAL": lambda facts, setting, file: facts["documents"].get("seal") == "no",
    "B1-PAPERS": _papers,
    "B1-APPROVAL": _approval,
    "B1-EXPIRED": _expired,
    "B1-TIMES": _times,
    "ABOLISHED": _abolished,
    "CPL-264": _too_long_to_serve,
    "B1-WANTED": _wanted_by_word,
    "CPL-85-24H": _late,
    "KI-6-TWO": lambda facts, setting, file: blank(facts["documents"].get("second_officer")),
    "HEALTH-FIRST": _checked_late,
    "HOSPITAL-FIRST": lambda facts, setting, file: facts["health"].get("conclusion") == "hospital",
    "SPP-656-EXPLAINED": lambda facts, setting, file: (
        _injured(facts) and _any_blank(facts, "escort_explains", "person_explains")
    ),
    "SPP-656-SIGNED": lambda facts, setting, file: (
        _injured(facts) and _any_blank(facts, "escort_signed", "officer_signed", "person_signed")
    ),
    "SPP-656-LISTED": lambda facts, setting, file: _injured(facts) and _any_blank(facts, "list"),
    "KR-11-SEX": _searched_by_other_sex,
}


def said_of(ground: Rule | Group, facts: Facts) -> Title:
    """A ground in words, as it stands on paper: of several cases in one rule the one that is so."""
    if isinstance(ground, Rule) and ground.either:
        return ground.either[_WHICH[ground.id](facts)]
    return ground.title


#: Which of the cases that a rule names in one it is.
_WHICH = {
    "KR-9-DOCUMENT": lambda facts: 0 if facts["documents"].get("basis") == NO_DOCUMENT else 1,
    "CPL-264": lambda facts: 0 if facts["documents"].get("remaining_months") is None else 1,
}


def foreseen(facts: Facts, setting: Setting, file: File | None = None) -> str:
    """The outcome that was decided; until then what the papers let expect: accepted or refused."""
    if decided := facts.get("decision", {}).get("outcome"):
        return str(decided)
    file = file or rules()
    papers = [rule for rule in objections(facts, setting, file) if rule.then == "refuse"]
    return REFUSED if papers else ACCEPTED


def asked(step: Step, facts: Facts) -> bool:
    """Whether a step is asked at all: what is about foreigners, once it is known that somebody is one."""
    return not step.foreign or facts.get("identity", {}).get("nationality", HOME) != HOME


def wanted(step: Step, field: Item, facts: Facts, outcome: str, kind: str) -> bool:
    """Whether a step must hold a field, as the facts stand. An examination once begun is a whole one."""
    own = facts.get(step.id, {})
    begun = field.needed == "held" and any(not blank(value) for value in own.values())
    if not (begun or field.wanted_for(outcome)) or (field.kinds and kind not in field.kinds):
        return False
    if not asked(step, facts):
        return False
    if step.id == "documents" and own.get("basis") == NO_DOCUMENT and field.needed != "always":
        return False
    return all(own.get(name) in said for name, said in field.when.items())


def gaps(
    facts: Facts,
    outcome: str,
    kind: str,
    file: File | None = None,
    steps: Sequence[str] | None = None,
) -> list[Gap]:
    """What is missing for an outcome, in the order of the steps; of some steps only, where named."""
    file = file or rules()
    return [
        Gap(step, field)
        for step in file.steps
        if steps is None or step.id in steps
        for field in step.fields
        if wanted(step, field, facts, outcome, kind) and blank(facts.get(step.id, {}).get(field.id))
    ]


def verdict(facts: Facts, setting: Setting, file: File | None = None) -> Verdict:
    """What may be made of an arrival as it is known, and why.

    Nobody is accepted against a rule that refuses, nobody refused without one: an identity that isn't
    known or a doubtful number is no ground. Source: 看守所条例 第9、10条; B.2.
    """
    file = file or rules()
    against, groups = objections(facts, setting, file), groups_of(facts, setting, file)
    expected = foreseen({**facts, "decision": {}}, setting, file)
    missing = gaps(facts, expected, setting.kind, file, _BEFORE_DECISION)
    refusing = [rule for rule in against if rule.then == "refuse"]
    deferring = [rule for rule in against if rule.then == "defer"]
    then = {group.then for group in groups}
    barred = bool(refusing or deferring) or bool(then & set(_BARRING))
    allowed = {
        ACCEPTED: not barred,
        REFUSED: bool(refusing) or bool(then & set(_BARRING)),
        DEFERRED: not refusing and (bool(deferring) or any(g.until_hospital for g in groups)),
        EXCEPTIONAL: "approve" in then
        and not (refusing or deferring or then & {"refuse", "defer"}),
    }
    open_to = () if missing else tuple(one for one in OUTCOMES if allowed[one])
    return Verdict(file.version, open_to, tuple(against), tuple(groups), tuple(missing))


def unmet(facts: Facts, setting: Setting, file: File | None = None) -> tuple[list[Gap], list[Rule]]:
    """What keeps a decided arrival from being closed: what is missing, and the rules that block.

    A rule that refuses doesn't block a refusal; where somebody is admitted all of them do.
    """
    file = file or rules()
    outcome = foreseen(facts, setting, file)
    blocking = [
        rule
        for rule in objections(facts, setting, file)
        if rule.effect == "block" and (outcome in ADMITTING or not rule.then)
    ]
    return gaps(facts, outcome, setting.kind, file), blocking
