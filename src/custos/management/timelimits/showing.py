"""A result as pages show it: stages with readings and sources, what is due beside, what is wrong."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.limits import explaining, law, windows
from custos.foundation.limits.engine import Result
from custos.foundation.limits.walk import Stage
from custos.management.timelimits import catalogue, engine, kinds
from custos.management.timelimits.services import Told, Weighed


@dataclass(frozen=True, slots=True)
class StageShown:
    """One stage of a clock as the page lists it."""

    number: int
    title: str
    tone: str
    word: str
    began_at: Any
    ended_at: Any
    due_at: Any
    last_day: date | None
    ends: list[tuple[str, str, Any, bool]]
    basis: list[tuple[str, str]]
    words: str
    other: str


def stages_of(result: Result) -> list[StageShown]:
    """The stages of a result, in the reader's language first."""
    english = catalogue.english()
    language, other = (explaining.EN, explaining.ZH) if english else (explaining.ZH, explaining.EN)
    now = result.case.as_of or 0
    return [
        StageShown(
            place + 1,
            kinds.state_title(stage.state),
            *_stand(stage, place, result.current, now),
            engine.moment_of(stage.at),
            engine.moment_of(stage.ended) if stage.ended is not None else None,
            engine.moment_of(stage.due) if stage.due is not None else None,
            date.fromordinal(stage.last_day) if stage.last_day else None,
            [(_rule_title(name), name, _as_said(at), at == stage.due) for name, at in stage.ends],
            _basis(stage, english),
            explaining.words(stage, language),
            explaining.words(stage, other),
        )
        for place, stage in enumerate(result.stages)
    ]


def _stand(stage: Stage, place: int, current: int | None, now: int) -> tuple[str, str]:
    if place == current:
        if stage.due is not None and now >= stage.due:
            return "late", gettext("overdue")
        return "doing", gettext("runs")
    if stage.ended is not None and stage.ended <= now:
        return "done", gettext("over")
    return "todo", gettext("granted")


def _rule_title(name: str) -> str:
    rule = law.shipped().named(name)
    if rule is None:
        return name
    return str(rule.title.en if catalogue.english() else rule.title.zh)


def _as_said(at: int) -> str:
    """An end as people say it: midnight is 24:00 of the day before."""
    return explaining.instant(at, explaining.EN if catalogue.english() else explaining.ZH)


def _basis(stage: Stage, english: bool) -> list[tuple[str, str]]:
    seen: dict[str, tuple[str, str]] = {}
    for held in stage.basis:
        rule = held.rule
        source = law.english(rule.source) if english else rule.source
        seen[rule.id] = (rule.title.en if english else rule.title.zh, source)
    return list(seen.values())


@dataclass(frozen=True, slots=True)
class Coming:
    """Something due beside the clock."""

    title: str
    at: Any
    source: str
    to: str


#: What has warnings of its own is listed with them; these stand beside the clock.
_BESIDE = frozenset({"review", "paper", "transfer", "measure", "filing", "permit", "release"})


def coming_of(result: Result) -> list[Coming]:
    """What is due beside the clock: of each rule the next date, papers that are missing first."""
    english, now = catalogue.english(), result.case.as_of or 0
    stage = engine.effective(result)
    place = next((i for i, one in enumerate(result.stages) if one is stage), None)
    found: dict[str, Coming] = {}
    for window in windows.of(result):
        rule = window.rule
        beside = window.stage is None or window.stage in (place, result.current)
        missing = rule.kind == "paper" and rule.answered_by is not None
        if window.answered or not beside or rule.kind not in _BESIDE:
            continue
        if (window.at < now and not missing) or rule.id in found:
            continue
        found[rule.id] = Coming(
            rule.title.en if english else rule.title.zh,
            engine.moment_of(window.at),
            law.english(rule.source) if english else rule.source,
            str(WHO.get(rule.who, rule.who)),
        )
    return sorted(found.values(), key=lambda one: one.at)


#: Who has to do what stands beside a clock.
WHO: dict[str, Any] = {
    "case_officer": _("case officer"),
    "court": _("court"),
    "deciding_authority": _("deciding authority"),
    "handling_authority": _("handling authority"),
    "interrogation_post": _("interrogation post"),
    "leader": _("leader"),
    "person": _("the person"),
    "procuratorate": _("procuratorate"),
    "treatment_centre": _("treatment centre"),
}


def problems_of(result: Result) -> list[tuple[str, bool]]:
    """What is wrong with the facts, in words, and whether a fact was left out because of it."""
    return [(str(Told(one)), law.problems()[one.code].refused) for one in result.problems]


def totals_of(result: Result) -> list[tuple[str, date, bool]]:
    """How far each span of stages may reach at most, and whether it is exceeded."""
    english = catalogue.english()
    return [
        (
            one.rule.title.en if english else one.rule.title.zh,
            date.fromordinal(one.last_day),
            one.exceeded,
        )
        for one in windows.totals(result)
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """Two results beside each other, as the page shows them."""

    before: engine.Standing
    after: engine.Standing
    before_title: str
    after_title: str
    stage: StageShown | None
    problems: list[tuple[str, bool]]
    refused: bool
    moves: bool


def seen(weighed: Weighed) -> Seen:
    """Both results of a paper that is being weighed."""
    before, after = engine.standing(weighed.before), engine.standing(weighed.after)
    counts = engine.effective(weighed.after)
    place = next((i for i, one in enumerate(weighed.after.stages) if one is counts), None)
    stages = stages_of(weighed.after)
    return Seen(
        before,
        after,
        kinds.state_title(before.state) if before.state else gettext("nothing runs"),
        kinds.state_title(after.state) if after.state else gettext("nothing runs"),
        stages[place] if place is not None else None,
        [(str(Told(one)), law.problems()[one.code].refused) for one in weighed.problems],
        bool(weighed.refused),
        before.due_at != after.due_at or before.state != after.state,
    )
