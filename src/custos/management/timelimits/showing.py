"""A result as pages show it: stages with readings and sources, what is due beside, what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.limits import explaining, law, windows
from custos.foundation.limits.engine import Result
from custos.foundation.limits.walk import Stage
from custos.management.timelimits import catalogue, engine, kinds
from custos.management.timelimits.queries import Gap
from custos.management.timelimits.services import Told, Weighed, moment_words
from custos.management.timelimits.waiting import Waiting


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
    reasons: list[str]
    agree: bool
    words: str
    other: str


def stages_of(result: Result, unheld_since: datetime | None = None) -> list[StageShown]:
    """The stages of a result, in the reader's language first.

    Where no document has held the person `unheld_since`, stages that aren't over tell no end: they hold
    nobody until then.
    """
    english = catalogue.english()
    language, other = (explaining.EN, explaining.ZH) if english else (explaining.ZH, explaining.EN)
    now = result.case.as_of or 0
    shown = [
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
            [*explaining.reasons(stage, language), explaining.end(stage, language)],
            len({at for _name, at in stage.ends}) == 1,
            explaining.words(stage, language),
            explaining.words(stage, other),
        )
        for place, stage in enumerate(result.stages)
    ]
    if unheld_since is None:
        return shown
    return [
        one if one.tone == "done" else _without_end(one, stage, language, other)
        for one, stage in zip(shown, result.stages, strict=True)
    ]


def _without_end(one: StageShown, stage: Stage, language: str, other: str) -> StageShown:
    """A stage of which only what it rests on is told."""
    reasons = explaining.reasons(stage, language)
    return replace(
        one,
        due_at=None,
        last_day=None,
        ends=[],
        reasons=reasons,
        agree=True,
        words=_text(reasons, language),
        other=_text(explaining.reasons(stage, other), other),
    )


def _text(sentences: list[str], language: str) -> str:
    return (" " if language == explaining.EN else "").join(sentences)


@dataclass(frozen=True, slots=True)
class Lead:
    """What a clock asks for now: how pressing it is, in a word, and what must be done by whom and when."""

    pressing: bool
    title: str
    words: str


def lead_of(result: Result, beside: Sequence[object] = ()) -> Lead | None:
    """What must be done about a clock before it ends, or now that it has; None without any stage.

    `beside` are the documents that hold the person still where a paper has ended this custody.
    """
    stage = engine.effective(result)
    if engine.escaped(result):
        return Lead(
            True,
            gettext("By the papers the person has escaped"),
            gettext("The stay goes on. Enter the recapture here as soon as they are back."),
        )
    if result.status == "ended" and beside:
        return Lead(
            False,
            gettext("By its papers this custody has ended, and another document holds the person"),
            gettext("Held still on: %(documents)s. The person leaves when that has ended, too.")
            % {"documents": documents_words(beside)},
        )
    if result.status == "ended":
        return Lead(
            True,
            gettext("By its papers this custody has ended"),
            gettext("The person leaves now. If a paper holds them here, enter it."),
        )
    if stage is None or result.status == "no_basis":
        return None
    authority = catalogue.authorities()[catalogue.authority_of(stage.state)]
    named = {"authority": str(authority), "title": kinds.state_title(stage.state)}
    if stage.due is None:
        if not stage.running:
            return Lead(
                False,
                gettext("The count stands still"),
                gettext("It goes on with the paper that says so; until then no end is computed."),
            )
        return Lead(
            False,
            gettext("The law sets no end to this stage"),
            gettext("Who has the case: %(authority)s. The next paper says what follows.") % named,
        )
    named["at"] = _as_said(stage.due)
    past = stage.due <= (result.case.as_of or 0)
    title = gettext("The limit ended at %(at)s") if past else gettext("Until %(at)s at the latest")
    return Lead(past, title % named, _asked(result, stage, past) % named)


def _asked(result: Result, stage: Stage, past: bool) -> str:
    """What the end of a stage asks for, before it and after."""
    if engine.released_at_end(result, stage):
        if past:
            return gettext(
                "The person leaves now, unless another paper that holds them is entered."
            )
        return gettext("On that day the person leaves, unless another paper holds them.")
    if stage.state in ("S80", "S82", "S95"):
        return gettext("By then what this stage is for must be done: %(title)s.")
    if past:
        return gettext(
            "The handling authority (%(authority)s) must release the person or change the measure now "
            "(Criminal Procedure Law art. 99), unless a paper of before the end says otherwise."
        )
    return gettext(
        "Before that the handling authority (%(authority)s) must extend the limit by law, hand the case "
        "on, or decide. If none of these papers is here by then, the person is released or the measure "
        "changed (Criminal Procedure Law art. 99)."
    )


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


def coming_of(result: Result, unheld_since: datetime | None = None) -> list[Coming]:
    """What is due beside the clock: of each rule the next date, by time.

    What was owed at a stage before and outlasts it stands here, too. Where no document has held the person
    `unheld_since`, nothing says until when they may be interrogated.
    """
    english, now = catalogue.english(), result.case.as_of or 0
    stage = engine.effective(result)
    place = next((i for i, one in enumerate(result.stages) if one is stage), None)
    found: dict[str, Coming] = {}
    for window in windows.of(result):
        rule = window.rule
        beside = window.stage is None or window.stage in (place, result.current) or rule.outlasts
        missing = rule.kind == "paper" and rule.answered_by is not None
        if window.answered or not beside or rule.kind not in _BESIDE:
            continue
        if rule.kind == "permit" and unheld_since is not None:
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
    "admission": _("admission"),
    "case_officer": _("case officer"),
    "court": _("court"),
    "deciding_authority": _("deciding authority"),
    "duty_leader": _("duty leader"),
    "handling_authority": _("handling authority"),
    "interrogation_post": _("interrogation post"),
    "lawyer": _("lawyer"),
    "leader": _("leader"),
    "person": _("the person"),
    "procuratorate": _("procuratorate"),
    "resident_prosecutor": _("resident prosecutor"),
    "treatment_centre": _("treatment centre"),
}


def documents_words(documents: Iterable[object]) -> str:
    """Documents by name and number, one behind the other."""
    return (", " if catalogue.english() else "、").join(map(str, documents))


def problems_of(result: Result) -> list[tuple[str, bool]]:
    """What is wrong with the facts, in words, and whether a fact was left out because of it."""
    return [(str(Told(one)), law.problems()[one.code].refused) for one in result.problems]


def length_words(gap: Gap) -> str:
    """How long somebody was held without a document, in days and hours."""
    days, hours = gap.length
    parts = []
    if days:
        parts.append(ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
    if hours or not days:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    return (" " if catalogue.english() else "").join(parts)


def gap_words(gap: Gap) -> str:
    """A period without a document as a sentence, for the explanation on paper."""
    said = {"since": moment_words(gap.since), "length": length_words(gap), "paper": gap.paper}
    if gap.until is None:
        return gettext("Held without a document since %(since)s: %(length)s so far.") % said
    said |= {"until": moment_words(gap.until), "reason": gap.reason}
    if gap.of_file:
        words = gettext(
            "Held on no document of the file from %(since)s until %(until)s (%(length)s). What held "
            "before: %(reason)s. What was recorded then: %(paper)s."
        )
        return words % (said | {name: said[name] or "—" for name in ("reason", "paper")})
    if not gap.paper:
        words = gettext(
            "Held without a document here from %(since)s until %(until)s (%(length)s), when the stay ended."
        )
        return words % said
    if not gap.reason:
        words = gettext(
            "Held without a document here from %(since)s until %(until)s (%(length)s); this paper is dated "
            "after the end: %(paper)s."
        )
        return words % said
    return (
        gettext(
            "Held without a document here from %(since)s until %(until)s (%(length)s), by when this "
            "paper had come, or a leader had accepted it: %(paper)s. Why it came late: %(reason)s"
        )
        % said
    )


def waiting_words(one: Waiting) -> str:
    """A paper that waits for a leader as a sentence, for the explanation on paper."""
    said = {"paper": one.title, "day": f"{one.happened_on:%Y-%m-%d}", "words": one.words}
    return (
        gettext(
            "Entered after the end, waits for a leader's decision and doesn't count until then: %(paper)s "
            "of %(day)s. %(words)s"
        )
        % said
    )


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
    late: str
    unheld: bool


def seen(weighed: Weighed, unheld_since: datetime | None = None) -> Seen:
    """Both results of a paper that is being weighed. Where no document has held the person `unheld_since`,
    neither tells an end.
    """
    before, after = engine.standing(weighed.before), engine.standing(weighed.after)
    moves = before.due_at != after.due_at or before.state != after.state
    if unheld_since is not None:
        before, after = without_days(before), without_days(after)
    counts = engine.effective(weighed.after)
    place = next((i for i, one in enumerate(weighed.after.stages) if one is counts), None)
    stages = stages_of(weighed.after, unheld_since)
    return Seen(
        before,
        after,
        kinds.state_title(before.state) if before.state else gettext("nothing runs"),
        kinds.state_title(after.state) if after.state else gettext("nothing runs"),
        stages[place] if place is not None else None,
        [(str(Told(one)), law.problems()[one.code].refused) for one in weighed.problems],
        bool(weighed.refused),
        moves,
        _late(weighed),
        unheld_since is not None,
    )


def without_days(stands: engine.Standing) -> engine.Standing:
    """How a clock stands of whom no document holds: what its papers come to holds nobody until any day."""
    return stands._replace(due_at=None, last_day=None, permit_until=None)


def _late(weighed: Weighed) -> str:
    if weighed.passed is None or not weighed.late:
        return ""
    words = (
        gettext(
            "The limit ended at %(end)s. Say why what moves that end comes only now. The paper waits for a "
            "leader and counts only once it was accepted; until then the limit stays past."
        )
        if weighed.waits
        else gettext(
            "The limit ended at %(end)s. Say why what moves that end comes only now; the warning of "
            "custody beyond the limit stays open until a leader has answered it."
        )
    )
    return words % {"end": moment_words(weighed.passed)}
