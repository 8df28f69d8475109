"""What a computed clock means for the facility: how it stands, what is to be said, when to look again.

Pure functions over a result of `limits.engine` and the rules of `rules/`. A step is said once; what a
warning is about is its key, so that a computation that is repeated says nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from custos.foundation.limits import facts as cases
from custos.foundation.limits import windows
from custos.foundation.limits.dates import DAY, HOUR
from custos.foundation.limits.engine import Result
from custos.foundation.limits.facts import Case, Fact
from custos.foundation.limits.walk import Stage
from custos.foundation.limits.windows import Window
from custos.management.timelimits.catalogue import (
    WarningFile,
    WarningRule,
    authority_of,
    rules,
)

RUNNING, NO_BASIS, NO_LIMIT, ENDED, ESCAPED = "running", "no_basis", "no_limit", "ended", "escaped"

# ---------------------------------------------------------------------- instants


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The epoch as an instant of the engine, which counts in Beijing time.
_EPOCH_AT = _EPOCH.toordinal() * DAY + 8 * HOUR


def moment_of(at: int) -> datetime:
    """An instant of the engine as an aware moment."""
    return _EPOCH + timedelta(seconds=at - _EPOCH_AT)


def instant_of(moment: datetime) -> int:
    """An aware moment as an instant of the engine; parts of a second are left out."""
    since = moment - _EPOCH
    return _EPOCH_AT + since.days * DAY + since.seconds


def day_at(at: int) -> date:
    """The day of an instant of the engine."""
    return date.fromordinal(at // DAY)


def in_order(events: Iterable[Mapping[str, Any]]) -> list[int]:
    """The places of facts in the order of their dates; of one day, those without a time stay in place."""
    seconds: dict[str, str] = {}
    keys = []
    for place, event in enumerate(events):
        at = str(event.get("at", ""))
        day, time = at[:10], at[11:]
        if time:
            seconds[day] = max(time, seconds.get(day, ""))
        elif seconds:
            time = seconds.get(day, "")
        keys.append((day, time, place))
    keys.sort()
    return [place for _day, _time, place in keys]


def case_of(events: Sequence[Mapping[str, Any]], now: datetime) -> Case:
    """The facts of a stay as the engine reads them, at a moment."""
    return cases.of_one(events, instant_of(now))


# ---------------------------------------------------------------------- how a clock stands


class Standing(NamedTuple):
    """How a clock stands; the fields of the row that keeps it."""

    standing: str
    state: str
    authority: str
    started_at: datetime | None
    due_at: datetime | None
    last_day: date | None
    differs: bool
    paused: bool
    problems: int
    permit_until: date | None


def effective(result: Result) -> Stage | None:
    """The stage whose end counts: the one that runs, or the last of those granted after it."""
    if result.current is None:
        return None
    last = result.stages[-1]
    assert result.case.as_of is not None  # nothing runs without it
    return last if last.at > result.case.as_of else result.stages[result.current]


def standing(result: Result) -> Standing:
    """How a clock stands."""
    counts, current = effective(result), result.current
    stage = result.stages[current] if current is not None else None
    found = NO_BASIS
    if result.status == "ended":
        found = ESCAPED if escaped(result) else ENDED
    if stage is not None and counts is not None:
        found = RUNNING if counts.due is not None else NO_LIMIT
        if result.status == "no_basis":
            found = NO_BASIS
    due = counts.due if counts is not None and found == RUNNING else None
    last = counts.last_day if counts is not None and found == RUNNING else None
    return Standing(
        found,
        stage.state if stage is not None else "",
        authority_of(stage.state) if stage is not None else "",
        moment_of(stage.at) if stage is not None else None,
        moment_of(due) if due is not None else None,
        date.fromordinal(last) if last is not None else None,
        any(one.code == "PAPER_DIFFERS" for one in result.problems),
        bool(stage is not None and (stage.pauses or not stage.running)),
        len(result.problems),
        _permit_until(result),
    )


def ended_by(result: Result) -> int | None:
    """The place of the fact by which custody is over, or of an escape that lasts; None where it isn't."""
    fact = _last_fact(result)
    return None if fact is None else fact.index


def escaped(result: Result) -> bool:
    """Whether the person has escaped and wasn't recaptured: custody isn't over, and they aren't here."""
    fact = _last_fact(result)
    return fact is not None and fact.type == "escaped"


def _last_fact(result: Result) -> Fact | None:
    if result.status != ENDED:
        return None
    closed = result.stages[-1].ended_by if result.stages else None
    return next(
        (one for one in reversed(result.used) if one.index == closed or one.type == "escaped"),
        None,
    )


def _permit_until(result: Result) -> date | None:
    """The last day of the latest permit; a transfer of custody ends it (公通字[1999]83号)."""
    until: int | None = None
    for fact in result.used:
        if fact.type == "permit_issued":
            until = fact.data["until"]
        elif fact.type == "transfer_of_custody" and fact.data.get("half") != "sent":
            until = None
    return date.fromordinal(until) if until is not None else None


# ---------------------------------------------------------------------- what is to be said


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to be said about a clock: its rule, what it is about, how often it was due by now."""

    rule: WarningRule
    key: str
    step: int
    at: datetime
    state: str
    due_at: datetime | None

    @property
    def replaced(self) -> list[str]:
        """Keys of the weaker warnings about the same limit."""
        limit = self.key.removeprefix(f"{self.rule.id}:")
        return [f"{name}:{limit}" for name in self.rule.replaces]


def _beside(result: Result, counts: Stage | None, file: WarningFile) -> list[Window]:
    """The windows that are warned of: those that events opened, and those of the stage that counts."""
    found = windows.of_events(result, file.by_window)
    if counts is not None:
        found += windows.of_stage(result, result.stages.index(counts), file.by_window)
    return [window for window in found if not window.answered]


def _steps(
    result: Result, papers: Sequence[str], file: WarningFile
) -> list[tuple[WarningRule, str, list[int], Stage | None]]:
    """Every warning about the clock as it stands, with the instants of its steps."""
    counts, by_window = effective(result), file.by_window
    found: dict[str, tuple[WarningRule, str, list[int], Stage | None]] = {}
    for window in _beside(result, counts, file):
        rule = by_window[window.rule.id]
        if window.event is None:
            assert counts is not None  # a window is beside a stage or an event
            key = f"{rule.id}:{_of_stage(counts)}"
        else:
            key = f"{rule.id}:{papers[window.event]}"
        found.setdefault(key, (rule, key, [], counts))[2].append(window.at)
    for rule, key, at in _beyond_windows(result, counts, papers, file):
        found[key] = (rule, key, [at], counts)
    return list(found.values())


def _of_stage(stage: Stage) -> str:
    return f"{stage.state}:{stage.at}:{stage.due}"


def _beyond_windows(
    result: Result, counts: Stage | None, papers: Sequence[str], file: WarningFile
) -> Iterable[tuple[WarningRule, str, int]]:
    rules_ = file.by_id
    if "AL-9" in rules_ and counts is not None and result.sentence is not None:
        last = result.sentence.last_day
        if last is not None and counts.state in _BEFORE_EXECUTION:
            yield rules_["AL-9"], f"AL-9:{last}", (last + 1) * DAY
    if "OUT" in rules_:
        if counts is not None and counts.due is not None and released_at_end(result, counts):
            yield rules_["OUT"], f"OUT:{_of_stage(counts)}", counts.due
        elif result.status == "ended" and result.stages and not escaped(result):
            ended = result.stages[-1].ended
            after = rules_["OUT"].after
            if ended is not None and after is not None:
                yield rules_["OUT"], f"OUT:ended:{ended}", ended + after.hours * HOUR
    if "DIFFERS" in rules_:
        for one in result.problems:
            if one.code == "PAPER_DIFFERS" and one.event is not None:
                at = result.case.as_of or 0
                yield rules_["DIFFERS"], f"DIFFERS:{papers[one.event]}", at


#: A judgment is known, and not yet executed.
_BEFORE_EXECUTION = frozenset({"S50", "S60", "S80"})
#: Stages whose last day is the day of release.
_RELEASED_AT_END = frozenset(
    {
        "S81",
        "administrative_detention",
        "judicial_detention",
        "compulsory_treatment",
        "foreigner_review",
        "extradition_detention",
    }
)


def released_at_end(result: Result, stage: Stage) -> bool:
    """Whether the person leaves on the last day of a stage: of a term, or of a judgment in force whose
    sentence ends with that day, before its papers of execution came. Source: 刑法 第44条、第47条.
    """
    if stage.state in _RELEASED_AT_END:
        return True
    last = result.sentence.last_day if result.sentence is not None else None
    return stage.state == "S80" and last is not None and stage.due == (last + 1) * DAY


def to_say(
    result: Result, papers: Sequence[str], now: datetime, file: WarningFile | None = None
) -> list[Said]:
    """Everything that should have been said about a clock by now, one row a warning with its last step.

    `papers` are the identifiers of the facts, by their place in the input.
    """
    file, at, day = file or rules(), instant_of(now), now.astimezone(cases.BEIJING).date()
    found = []
    for rule, key, instants, stage in _steps(result, papers, file):
        past = [one for one in sorted(instants) if one <= at]
        if past and rule.in_force(day):
            due = moment_of(stage.due) if stage is not None and stage.due is not None else None
            state = stage.state if stage is not None else ""
            found.append(Said(rule, key, len(past), moment_of(past[-1]), state, due))
    replaced = {key for one in found for key in one.replaced}
    return [one for one in found if one.key not in replaced]


def look_again(
    result: Result, papers: Sequence[str], now: datetime, file: WarningFile | None = None
) -> datetime | None:
    """When a clock is to be looked at next: at the next step of a warning, at the start of a stage that was
    granted, and while the count stands still each midnight. None where nothing is to come.
    """
    at, file, counts = instant_of(now), file or rules(), effective(result)
    coming = [window.at for window in _beside(result, counts, file) if window.at > at]
    beyond = _beyond_windows(result, counts, papers, file)
    coming += [one for _rule, _key, one in beyond if one > at]
    coming += [stage.at for stage in result.stages if stage.at > at]
    if result.current is not None:
        stage = result.stages[result.current]
        if stage.pauses or not stage.running:
            coming.append((at // DAY + 1) * DAY)
    return moment_of(min(coming)) if coming else None


def passed_end(
    before: Result,
    after: Result,
    said: Iterable[tuple[str, datetime | None]],
    watched_since: datetime,
) -> datetime | None:
    """The earliest end that had passed and stands no more after what came in: custody goes on, or is over.

    `said` are the stages and ends of the open warnings that say so. They count where the end stood until
    now, or where no basis is left at all, or custody was over by a paper and would go on. None where
    nothing had passed, and where nobody said so and the end lay before `watched_since`: what a person
    brings along is history.
    """
    stood, stands, at = standing(before), standing(after), before.case.as_of
    over = stood.standing == ENDED
    if over and stands.standing == ENDED:
        return None
    ends = [
        (state, due)
        for state, due in said
        if due is not None and (over or still_stands(state, due, stood))
    ]
    due = stood.due_at
    if due is not None and at is not None and watched_since < due <= moment_of(at):
        ends.append((stood.state, due))
    return min((due for state, due in ends if not still_stands(state, due, stands)), default=None)


def still_stands(said_state: str, said_due: datetime | None, now: Standing) -> bool:
    """Whether a warning about a stage's end still holds after a new paper.

    It ends only where custody ended, or goes on with a later end or without one.
    """
    if now.standing in (ENDED, ESCAPED, NO_LIMIT):
        return False
    if now.standing == NO_BASIS or now.due_at is None:
        return True
    return said_due is not None and now.due_at <= said_due
