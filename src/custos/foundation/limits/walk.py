"""The walk through the facts of a stay: its stages, their ends, what stops and what closes them.

What each kind of fact does stands in `engine`; this is what they do it to.
"""

from collections.abc import Callable, Iterable
from typing import Any

from custos.foundation.limits.dates import DAY, HOUR, months_later, police_months_later
from custos.foundation.limits.facts import Case, Fact, Problem
from custos.foundation.limits.law import EventKind, InForce, Law
from custos.foundation.limits.sentencing import Sentence

#: What stops a clock, by the fact that begins it: the name of the pause, and the rule that allows it.
_PAUSE_RULES = {
    "psychiatric_exam": "CPL-149",
    "trial_suspended": "CPL-206",
    "file_review": "SPC-396",
    "leave": "DR-27",
}
#: Nothing is under way.
_NOTHING: frozenset[str] = frozenset()


class Stage:
    """One stage: where its count begins, how long it is, every end it has, and why."""

    __slots__ = (
        "at", "basis", "bound", "caps", "chain", "chain_shift", "days", "due", "ended", "ended_by", "ends",
        "extended", "fact", "from_remand", "grant", "hours", "intervals", "later_paper", "months",
        "origin", "origin_at", "origin_whole", "paper", "pauses", "readings", "reasons", "restart", "rule",
        "running", "shift", "state", "term", "unlimited", "whole_day",
    )  # fmt: skip

    def __init__(self, state: str, held: InForce | None, fact: Fact) -> None:
        self.state, self.rule, self.fact = state, held.rule if held else None, fact
        self.at, self.whole_day = fact.at, fact.whole_day
        self.origin, self.origin_at, self.origin_whole = fact.day, fact.at, fact.whole_day
        limit = self.rule.limit if self.rule else None
        self.months = limit.months if limit else 0
        self.days = limit.days if limit else 0
        self.hours = limit.hours if limit else 0
        self.readings: tuple[str, ...] = ()
        self.chain: int | None = None
        self.chain_shift = 0
        self.shift = 0
        self.pauses: dict[str, Fact] = {}
        self.intervals: list[tuple[int, int, int | None]] = []
        self.extended: list[str] = []
        self.caps: list[tuple[str, int]] = []
        self.ends: list[tuple[str, int]] = []
        self.due: int | None = None
        self.ended: int | None = None
        self.ended_by: int | None = None
        self.grant: Stage | None = None
        self.paper: int | None = None
        #: The earliest date on the papers of the stages that were granted after it.
        self.later_paper: int | None = None
        self.term: tuple[int, ...] | None = None
        #: A last day that a rule beside the stage's own sets, which pauses move too.
        self.bound: tuple[str, int] | None = None
        self.restart = self.from_remand = False
        #: Whether the clock counts at all: not while identity is unknown.
        self.running = True
        self.unlimited = self.rule is not None and limit is None and not self.rule.readings
        self.reasons: list[tuple[Any, ...]] = []
        self.basis: list[InForce] = [held] if held else []

    @property
    def last_day(self) -> int | None:
        """The last day of the stage, as an ordinal."""
        if self.due is None:
            return None
        return (self.due - 1) // DAY


def late(fact: Fact, stage: Stage, grace: int = 0) -> bool:
    """Whether a fact came after a stage was due; one without its time counts as late as its day allows."""
    if stage.due is None:
        return False
    if fact.whole_day:
        return (fact.day + 1 - grace) * DAY > stage.due
    return fact.at - grace * DAY >= stage.due


def perhaps_in_time(fact: Fact, stage: Stage, grace: int = 0) -> bool:
    """Whether a fact is late only because it lacks its time: the stage was due within that day."""
    return fact.whole_day and stage.due is not None and (fact.day - grace) * DAY < stage.due


class Walk:
    """The state of one computation."""

    def __init__(self, case: Case, law: Law) -> None:
        self.case, self.law = case, law
        self.problems = list(case.problems)
        self.stages: list[Stage] = []
        self.used: list[Fact] = []
        self.stage: Stage | None = None
        self.closed: Fact | None = None
        self.away: Fact | None = None
        self.outside: Stage | None = None
        self.identity_unknown = False
        self.sentence: Sentence | None = None
        self.notice: Fact | None = None
        self.half: Fact | None = None
        self.halves: set[str] = set()
        self.permit: int | None = None
        self.limit_before: int | None = None
        #: Days of ends before which nothing had begun, and beginnings that weren't counted, whose end
        #: may still come.
        self.ends_before: dict[str, int] = {}
        self.ends_to_come: set[str] = set()

    # ------------------------------------------------------------------ taking facts

    def wrong(self, code: str, fact: Fact, **said: object) -> bool:
        """Note a problem; the result is False, so that a refusal reads `return self.wrong(…)`."""
        stage = self.stage
        said = {"type": fact.type, "at": fact.at, "day": fact.whole_day} | said
        if stage is not None:
            said.setdefault("state", stage.state)
            said.setdefault("limit_at", stage.due)
        self.problems.append(Problem(code, fact.index, said))
        return False

    def too_late(self, code: str, fact: Fact, stage: Stage) -> bool:
        """Refuse what came after a stage was due, by its own code where it lacks only its hour."""
        return self.wrong("HOUR_MISSING" if perhaps_in_time(fact, stage) else code, fact)

    # ------------------------------------------------------------------ stages

    def open(
        self,
        state: str,
        fact: Fact,
        *,
        length: Callable[[Stage], None] | None = None,
        restart: bool = False,
        grace: int = 0,
    ) -> Stage:
        """End the stage that runs and begin another on this fact."""
        before = self.stage
        held = self.law.stage(state, fact.day)
        stage = Stage(state, held, fact)
        if before is None:
            self.away = None  # whoever escaped from service outside is held again
        else:
            self.end(before, fact, grace)
            if (
                "psychiatric_exam" in before.pauses
                and held
                and "psychiatric_exam" in held.rule.pauses
            ):
                stage.pauses["psychiatric_exam"] = fact
                stage.basis += [b for b in before.basis if b.rule.id == "CPL-149"]
        if held is not None:
            for name in held.rule.readings:
                reading = self.law.rule(name, fact.day)
                if reading is not None:
                    stage.readings += (name,)
                    stage.basis.append(reading)
        stage.restart = restart
        stage.reasons.append(("opened", fact, stage.state))
        if length is not None:
            length(stage)
        until = fact.data.get("until")
        if until is not None:
            stage.paper = until
        self.stages.append(stage)
        self.stage, self.closed = stage, None
        self.settle(stage)
        if not stage.ends and not stage.unlimited and stage.running and stage.state != "S95":
            self.wrong("LAW_UNKNOWN", fact)
        if until is not None:
            self.compare(stage, fact, until)
        return stage

    def end(self, stage: Stage, fact: Fact, grace: int = 0) -> None:
        """A stage ends by a fact; held past its due instant is a problem."""
        if late(fact, stage, grace):
            unsure = perhaps_in_time(fact, stage, grace)
            self.wrong("HOUR_OF_END_MISSING" if unsure else "HELD_PAST_DUE", fact)
        self._finish(stage, fact.at, fact)

    def _finish(self, stage: Stage, at: int, fact: Fact) -> None:
        stage.ended, stage.ended_by = at, fact.index
        while stage.grant is not None and stage.at > at:
            # What was granted never began: the stage before it ended first.
            self.stages.remove(stage)
            stage = stage.grant
            stage.ended, stage.ended_by = at, fact.index

    def close(self, fact: Fact) -> bool:
        """Custody ends."""
        if self.stage is None:
            return self.wrong("NOTHING_RUNS", fact)
        if self.away is None:
            self.end(self.stage, fact)
        else:
            if self.stage.pauses:
                self.settle(self.stage, self.away.day)
            self._finish(self.stage, self.away.at, fact)
        if fact.type == "outside_service":
            self.outside = self.stage
        self.stage, self.closed, self.away = None, fact, None
        self.identity_unknown = False
        return True

    def settle(self, stage: Stage, until: int | None = None) -> None:
        """Compute every end of a stage anew; an open pause counts as ended on the day `until`."""
        if stage.intervals or stage.pauses:
            self._shift(stage, until)
        ends: list[tuple[str, int]] = []
        origin, shift, months, days = stage.origin, stage.shift, stage.months, stage.days
        if stage.running:
            if stage.term is not None:
                name = stage.readings[0] if stage.readings else ""
                if name:
                    ends = [(name, (day + shift + 1) * DAY) for day in stage.term]
            else:
                for name in stage.readings:
                    if name == "SPC-202":
                        ends.append((name, (months_later(origin, months) + days + shift + 1) * DAY))
                    elif name == "HX2006-4":
                        end = police_months_later(origin, months) + days + shift
                        ends.append((name, (end + 1) * DAY))
                    elif name == "HX2006-4-HOURS":
                        if not stage.origin_whole and not months:
                            end = stage.origin_at + days * DAY + self._exact_shift(stage)
                            ends.append((name, end))
                    elif stage.hours:
                        ends.append((name, stage.origin_at + stage.hours * HOUR))
                    elif months:
                        end = months_later(origin, months) + days + shift
                        ends.append((name, (end + 1) * DAY))
                    elif days or name == "DR-32" or (stage.rule and stage.rule.limit):
                        ends.append((name, (origin + days + shift + 1) * DAY))
                if stage.bound is not None:
                    name, day = stage.bound
                    ends.append((name, (day + shift + 1) * DAY))
                if stage.chain is not None:
                    end = stage.chain + shift - stage.chain_shift
                    ends.append(("SPC-202-CHAINED", (end + 1) * DAY))
            if ends and not stage.extended and stage.state in ("S40", "S45"):
                self._beside(stage, ends)
            if stage.intervals and ends and self.law.rule("PAUSE-INCLUSIVE", stage.at // DAY):
                longest = max(at for _, at in ends)
                ends.append(("PAUSE-INCLUSIVE", longest + len(stage.intervals) * DAY))
        if stage.caps:
            ends += stage.caps
        if stage.paper is not None:
            ends.append(("DOCUMENT", (stage.paper + 1) * DAY))
        if stage.later_paper is not None and ends:
            end = (stage.later_paper + 1) * DAY
            if end < min(at for _, at in ends):
                ends.append(("DOCUMENT", end))
        stage.ends = ends
        stage.due = min([at for _, at in ends]) if ends else None

    def _beside(self, stage: Stage, ends: list[tuple[str, int]]) -> None:
        for held in self.law.steps(stage.state, stage.origin):
            if held.rule.beside:
                most = held.rule.most
                end = months_later(stage.origin, stage.months + most.months) + stage.shift
                ends.append((held.rule.id, (end + 1) * DAY))

    # ------------------------------------------------------------------ pauses

    def _shift(self, stage: Stage, until: int | None) -> None:
        spans = [(first, last) for first, last, _ in stage.intervals]
        if until is not None:
            for name, fact in stage.pauses.items():
                first = fact.day + (2 if name == "file_review" else 0)
                if until > first:
                    spans.append((first, until))
        segment: Stage | None = stage
        segments: list[Stage] = []
        while segment is not None:
            segments.append(segment)
            segment = segment.grant
        if len(segments) == 1:
            stage.shift = _days_of(spans)
            return
        for older, newer in zip(reversed(segments), reversed(segments[:-1]), strict=False):
            older.shift = 0
            self._settle_plain(older)
            if older.due is None and older.ended is not None:
                # One that doesn't count is over where the time that was added begins.
                last = older.ended // DAY
                older.shift = _days_of([(a, min(b, last)) for a, b in spans if a < last])
                continue
            for count in range(1, len(spans) + 1):
                held = sorted(spans)[:count]
                if older.due is None or held[-1][0] * DAY < older.due:
                    older.shift = _days_of(held)
                    self._settle_plain(older)
            if older.due is not None:
                older.ended = newer.at = older.due
        stage.shift = _days_of(spans)

    def _settle_plain(self, stage: Stage) -> None:
        kept, stage.intervals = stage.intervals, []
        pauses, stage.pauses = stage.pauses, {}
        shift = stage.shift
        self.settle(stage)
        stage.shift, stage.intervals, stage.pauses = shift, kept, pauses

    def _exact_shift(self, stage: Stage) -> int:
        """Seconds of pauses in a stage that counts hours: the shorter of days and seconds."""
        exact = 0
        for first, last, seconds in stage.intervals:
            whole = (last - first) * DAY
            exact += whole if seconds is None else min(seconds, whole)
        return min(exact, stage.shift * DAY) if not stage.pauses else stage.shift * DAY

    def under_way(self) -> frozenset[str]:
        """What has begun and not ended, by the names that `events.yaml` gives to such pairs."""
        stage, names = self.stage, _NOTHING
        if stage is not None:
            names = frozenset(stage.pauses) if stage.pauses else names
            if stage.state == "S43":
                names |= {"supplementary_investigation"}
            if not stage.running:
                names |= {"identity"}
        if self.identity_unknown:
            names |= {"identity"}
        return names | {"escape"} if self.away is not None else names

    def contradicted(self, fact: Fact, name: str) -> bool:
        """Whether a beginning stands after an end that nothing began: then it is refused.

        Either it belongs to that end, and one of the dates is wrong, or a beginning is missing. Counted,
        it would be open for ever. An escape from service outside lengthens nothing but by a ruling.
        """
        day = self.ends_before.get(name)
        if day is None or (name == "escape" and self.stage is None and self.outside is not None):
            return False
        del self.ends_before[name]
        self.wrong("END_BEFORE_START", fact, value_day=day)
        return True

    def paired(self, fact: Fact, kind: EventKind, before: frozenset[str]) -> None:
        """Keep which beginnings and ends have no counterpart yet, after a fact was taken or refused.

        `before` was under way until then. What goes with its stage or with custody waits for its end,
        and so does a beginning that counts for nothing, so that its end contradicts nothing later.
        """
        begun, ended, after = kind.begins, kind.ends, self.under_way()
        self.ends_to_come |= before - after - {ended}
        if begun is not None and begun not in before:
            if begun in after:
                self.ends_to_come.discard(begun)
            else:
                self.ends_to_come.add(begun)
        if ended is not None and ended not in before:
            if ended in self.ends_to_come:
                self.ends_to_come.remove(ended)
            else:
                self.ends_before[ended] = fact.day

    def pause(self, fact: Fact, name: str) -> bool:
        """A clock stops."""
        stage = self.stage
        if stage is None:
            return self.wrong("NOTHING_RUNS", fact)
        if stage.rule is None or name not in stage.rule.pauses:
            return self.wrong("NOT_IN_THIS_STAGE", fact)
        if name in stage.pauses:
            return self.wrong("PAUSE_TWICE", fact)
        if late(fact, stage):
            return self.too_late("PAUSE_AFTER_END", fact, stage)
        held = self.law.rule(_PAUSE_RULES[name], fact.day)
        if held is None:
            return True
        stage.pauses[name] = fact
        stage.basis.append(held)
        stage.reasons.append(("paused", fact, held.rule.id))
        return True

    def resume(self, fact: Fact, name: str) -> bool:
        """A clock goes on."""
        stage = self.stage
        if stage is None:
            return self.wrong("NOTHING_RUNS", fact)
        begun = stage.pauses.pop(name, None)
        if begun is None:
            if not self.law.rule(_PAUSE_RULES[name], fact.day):
                return True
            return self.wrong("PAUSE_WITHOUT_START", fact)
        first = begun.day + (2 if name == "file_review" else 0)
        if fact.day > first:
            exact = None if begun.whole_day or fact.whole_day else fact.at - begun.at
            stage.intervals.append((first, fact.day, exact))
            stage.reasons.append(("resumed", fact, _PAUSE_RULES[name], fact.day - first))
        self.settle(stage, fact.day)
        return True

    # ------------------------------------------------------------------ papers

    def compare(self, stage: Stage, fact: Fact, until: int) -> None:
        """The date on a paper beside the computed one: a difference is for a person to see."""
        others = [at for name, at in stage.ends if name != "DOCUMENT"]
        if others:
            computed = (min(others) - 1) // DAY
            if computed != until:
                self.wrong("PAPER_DIFFERS", fact, value_day=until, limit_day=computed)
        if (held := self.law.rule("DOCUMENT", fact.day)) is not None:
            stage.basis.append(held)
            stage.reasons.append(("paper", fact, until))
        else:
            stage.paper = None
            self.settle(stage)
        self.bound_before(stage, fact)

    def bound_before(self, stage: Stage, fact: Fact) -> None:
        """What was granted ends by its paper's date, and so does each stage before it, from then on.

        Source: DA-14 of the reference: the earlier date drives alarms.
        """
        held, bound, changed = self.law.rule("DOCUMENT", fact.day), stage.paper, False
        newer, older = stage, stage.grant
        while older is not None:
            if bound != older.later_paper:
                older.later_paper, changed = bound, True
                self._settle_plain(older)
                if older.ends and older.ends[-1] == ("DOCUMENT", older.due) and held is not None:
                    older.basis.append(held)
                    older.reasons.append(("paper", fact, bound))
                if older.due is not None:
                    older.ended = newer.at = older.due
            if older.paper is not None:
                bound = older.paper if bound is None else min(bound, older.paper)
            newer, older = older, older.grant
        if changed and (stage.intervals or stage.pauses):
            self.settle(stage, fact.day)

    def keep_paper(self, stage: Stage, fact: Fact, until: int | None) -> None:
        """A paper of before names a last day, and its stage is counted anew: the earlier drives alarms.

        Source: DA-14 of the reference.
        """
        held = self.law.rule("DOCUMENT", fact.day)
        if until is not None and held is not None:
            stage.paper = until
            stage.basis.append(held)
            stage.reasons.append(("paper", fact, until))

    def renew(self, stage: Stage, fact: Fact) -> None:
        """A paper lengthens a stage: its own date takes the place of that of the paper before."""
        stage.paper = until = fact.data.get("until")
        self.settle(stage, fact.day)
        if until is not None:
            self.compare(stage, fact, until)
        else:
            self.bound_before(stage, fact)

    def cap(self, stage: Stage, name: str, at: int, fact: Fact) -> bool:
        """A stage ends no later than this, if the rule is in force."""
        held = self.law.rule(name, fact.day)
        if held is None:
            return False
        stage.basis.append(held)
        stage.reasons.append(("capped", fact, name))
        newer: Stage | None = None
        segment: Stage | None = stage
        while segment is not None:
            # What was granted before it began ends no later than what it follows.
            segment.caps.append((name, at))
            if segment is stage:
                self.settle(segment, fact.day)
            else:
                self._settle_plain(segment)
            if newer is not None and segment.due is not None and segment.due < newer.at:
                segment.ended = newer.at = segment.due
            newer, segment = segment, segment.grant
        return True

    def at_once(self, fact: Fact) -> int:
        """The instant of "at once": the fact's own, or the end of its day where only that is known."""
        return (fact.day + 1) * DAY if fact.whole_day else fact.at


def _days_of(spans: Iterable[tuple[int, int]]) -> int:
    """Days in the union of half-open spans."""
    total, covered = 0, 0
    for first, last in sorted(spans):
        if last > covered:
            total += last - max(first, covered)
            covered = last
    return total
