"""What stands beside a clock: reviews, warnings, papers, and the totals of spans. Asked for apart.

A window never moves a clock. Warnings count back from the due instant of a stage, so they come from
whichever reading is earliest; a holiday moves only the filing of an appeal.
"""

from collections.abc import Container
from typing import NamedTuple

from custos.foundation.limits import law as laws
from custos.foundation.limits.dates import DAY, HOUR, ends_of_term, months_later
from custos.foundation.limits.engine import Result
from custos.foundation.limits.facts import Fact
from custos.foundation.limits.law import InForce, Length, TotalRule, WindowRule
from custos.foundation.limits.walk import Stage


class Window(NamedTuple):
    """One thing due beside a clock. `stage` and `event` say whose it is; `answered` that it was done."""

    held: InForce
    at: int
    stage: int | None
    event: int | None
    answered: bool

    @property
    def rule(self) -> WindowRule:
        """The rule it stands on."""
        found: WindowRule = self.held.rule
        return found


class Total(NamedTuple):
    """The furthest that a span of stages may reach, and whether its last stage reaches further."""

    held: InForce
    first: int
    last_day: int
    exceeded: bool

    @property
    def rule(self) -> TotalRule:
        """The rule it stands on."""
        found: TotalRule = self.held.rule
        return found


def of(result: Result) -> list[Window]:
    """Every window of a result, in the order of their instants."""
    found: list[Window] = []
    for index in range(len(result.stages)):
        found += of_stage(result, index)
    found += of_events(result)
    return sorted(found, key=lambda window: window.at)


def of_stage(result: Result, index: int, only: Container[str] | None = None) -> list[Window]:
    """The windows beside one stage of a result; by `only` these rules, where named."""
    stage = result.stages[index]
    day = stage.at // DAY
    found: list[Window] = []
    for held in result.law.windows_of_state.get(stage.state, ()):
        if (only is None or held.rule.id in only) and held.first <= day <= held.last:
            for at in _beside_stage(held.rule, stage, result):
                until = _last_held(result, index) if held.rule.outlasts else stage
                found.append(Window(held, at, index, None, _over(until, at)))
    return found


def of_events(result: Result, only: Container[str] | None = None) -> list[Window]:
    """The windows that events of a result opened; by `only` these rules, where named."""
    found: list[Window] = []
    by_event = result.law.windows_of_event
    for place, fact in enumerate(result.used):
        for held in by_event.get(fact.type, ()):
            rule = held.rule
            if only is not None and rule.id not in only:
                continue
            if held.first <= fact.day <= held.last and _wanted(rule, fact, result):
                answered = _answered(rule, place, result)
                for length in rule.at:
                    at = _later(fact.at, fact.whole_day, length)
                    found.append(Window(held, at, None, fact.index, answered))
    return found


def _beside_stage(rule: WindowRule, stage: Stage, result: Result) -> list[int]:
    found: list[int] = []
    if rule.anchor == "due":
        if stage.due is None:
            return []
        if rule.longer_than is not None and stage.days <= rule.longer_than.days:
            return []
        found = [_before(stage.due, length) for length in rule.at]
        if rule.rolls and result.law.rule("CPL-105-HOLIDAY", stage.at // DAY):
            found = [_rolled(at) for at in found]
    else:
        # A stage that counts from a decision is reviewed from there, one handed over from intake.
        start, whole = stage.at, stage.whole_day
        if rule.anchor == "start":
            start = stage.origin_at
            if stage.origin != start // DAY:
                start, whole = stage.origin * DAY, True
        if rule.anchor == "start" and stage.term is not None:
            # A term that counts its first day: a year from 20 May is over with 19 May.
            found = [_term_later(start // DAY, length) for length in rule.at]
        else:
            found = [_later(start, whole, length) for length in rule.at]
        if stage.due is not None:
            found += [_before(stage.due, length) for length in rule.before_due]
    return found


def _before(due: int, length: Length) -> int:
    return due + length.days * DAY + length.hours * HOUR


def _later(at: int, whole_day: bool, length: Length) -> int:
    """The end of a length from an instant: hours from it, days and months to the end of a day."""
    if length.hours:
        return at + length.hours * HOUR
    if not length.days and not length.months:
        return (at // DAY + 1) * DAY if whole_day else at
    day = months_later(at // DAY, length.months) if length.months else at // DAY
    return (day + length.days + 1) * DAY


def _term_later(day: int, length: Length) -> int:
    years, months = divmod(length.months, 12)
    return (min(ends_of_term(day, years, months, length.days)) + 1) * DAY


def _rolled(at: int) -> int:
    day = laws.next_working_day((at - 1) // DAY)
    return at if day is None else (day + 1) * DAY


def _last_held(result: Result, index: int) -> Stage:
    """The last of the stages that follow one without a break: with it custody ends."""
    last = result.stages[index]
    for stage in result.stages[index + 1 :]:
        if last.ended is None or stage.at > last.ended:
            break
        last = stage
    return last


def _over(stage: Stage, at: int) -> bool:
    """A stage that ended before the instant leaves nothing to be done."""
    return stage.ended is not None and stage.ended < at


def _wanted(rule: WindowRule, fact: Fact, result: Result) -> bool:
    if rule.unless is not None and any(
        stage.state == rule.unless and stage.at >= fact.at for stage in result.stages
    ):
        return False
    return not rule.when or all(
        fact.data.get(field) in values for field, values in rule.when.items()
    )


def _answered(rule: WindowRule, place: int, result: Result) -> bool:
    if rule.answered_by is None:
        return False
    after = result.used[place + 1 :]
    if rule.answered_by != "transfer_of_custody":
        return any(other.type == rule.answered_by for other in after)
    halves: set[str] = set()
    for other in after:
        if other.type == rule.answered_by:
            halves.add(other.data.get("half", "both"))
        elif result.law.windows_of_event.get(other.type, ()) and any(
            held.rule.id == rule.id for held in result.law.windows_of_event[other.type]
        ):
            break
    return "both" in halves or len(halves) == 2


def interrogation_blocked(result: Result, at: int) -> list[Window]:
    """The windows by which interrogation is refused at an instant: a permit past its limit, no transfer.

    Source: 公安机关适用刑事羁押期限规定 第28条; 看守所条例 第15条、第19条.
    """
    found = []
    for window in of(result):
        if window.rule.blocks != "interrogation" or window.answered or window.at > at:
            continue
        if window.stage is not None and window.stage != result.current:
            continue
        found.append(window)
    return found


def totals(result: Result) -> list[Total]:
    """How far each span of stages may reach at most; a restart begins another span."""
    found = []
    for held in result.law.totals:
        rule: TotalRule = held.rule
        span: list[Stage] = []
        for stage in result.stages:
            if stage.state not in rule.states:
                continue
            if stage.restart and span:
                found += _total(held, span)
                span = []
            span.append(stage)
        if span:
            found += _total(held, span)
    return found


def _total(held: InForce, span: list[Stage]) -> list[Total]:
    first = span[0]
    if not held.first <= first.origin <= held.last:
        return []
    most = held.rule.most
    shift = max(stage.shift for stage in span)
    last = months_later(first.origin, most.months) + most.days + shift
    due = max((stage.last_day or 0) for stage in span)
    approved = any(set(stage.extended) & {"SPC-210", "CPL-243-SUPREME"} for stage in span)
    return [Total(held, first.origin, last, due > last and not approved)]
