"""The clock of a stay: dated facts in, the chain of stages out. Pure and quick.

`compute()` walks through the facts in the order of their dates. Each stage keeps every reading of its end
and is due at the earliest. A fact that doesn't fit is refused with a coded problem: then the end stays
where it was, because an error may raise a false alarm but never lengthen custody. Reasons are kept as
codes with their figures; `explaining` puts them into words when somebody asks.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

from custos.foundation.limits import law as laws
from custos.foundation.limits import sentencing
from custos.foundation.limits.dates import (
    DAY,
    HOUR,
    ends_of_term,
    months_later,
    police_months_later,
)
from custos.foundation.limits.extending import extend
from custos.foundation.limits.facts import Case, Fact, Problem
from custos.foundation.limits.law import ClockRule, EventKind, InForce, Law
from custos.foundation.limits.sentencing import Sentence
from custos.foundation.limits.walk import Stage, Walk, late

_INVESTIGATION = frozenset({"S20", "S21", "S22", "S23"})
_TRIALS = {
    "ordinary": "S40",
    "simplified": "S41",
    "fast_track": "S42",
    "retrial": "S44",
    "private": "S45",
}
#: A retrial follows a judgment in force, every other trial a review for prosecution.
_AFTER_JUDGMENT = frozenset({"-", "S80", "S81"})
_AFTER_REVIEW = frozenset({"-", "S30", "S31"})


class Result(NamedTuple):
    """What became of a case. `current` is the place of the stage that runs, `used` the facts taken."""

    case: Case
    law: Law
    stages: list[Stage]
    used: list[Fact]
    current: int | None
    status: str
    problems: list[Problem]
    sentence: Sentence | None


def compute(case: Case, law: Law | None = None) -> Result:
    """The chain of stages of a case. Never raises for wrong facts: they are in `problems`.

    `status` is `running`, `due` (within the last 24 hours), `overdue`, `ended` (not in custody) or
    `no_basis` (in custody on nothing that can be computed).
    """
    walk = Walk(case, law or laws.shipped())
    if case.as_of is None:
        return Result(case, walk.law, [], [], None, "no_basis", walk.problems, None)
    kinds = laws.events()
    for fact in case.facts:
        if _take(walk, fact, kinds[fact.type]):
            walk.used.append(fact)
    return _result(walk, case.as_of)


def _take(walk: Walk, fact: Fact, kind: EventKind) -> bool:
    if kind.begins is not None and walk.contradicted(fact, kind.begins):
        return False
    before = walk.under_way()
    taken = _fits(walk, fact, kind)
    if before or kind.begins or kind.ends:
        walk.paired(fact, kind, before)
    return taken


def _fits(walk: Walk, fact: Fact, kind: EventKind) -> bool:
    stage = walk.stage
    state = stage.state if stage is not None else "-"
    allowed = _allowed(fact.type)
    if allowed is not None and state not in allowed:
        if stage is None:
            code = "NOTHING_RUNS"
        elif kind.basis:
            code = "TWO_BASES"
        else:
            code = "DOES_NOT_FOLLOW" if kind.opens else "NOT_IN_THIS_STAGE"
        return walk.wrong(code, fact)
    data = fact.data
    if "travel_days" in data and walk.law.rule("CPL-105-TRAVEL", fact.day):
        walk.wrong("TRAVEL_NOT_DEDUCTED", fact, value=data["travel_days"])
    if stage is not None and stage.pauses:
        walk.settle(stage, fact.day)
    handler = _HANDLERS.get(fact.type)
    if handler is not None:
        return handler(walk, fact)
    if kind.opens:
        walk.open(kind.opens, fact)
        return True
    return walk.close(fact) if kind.closes else True


@cache
def _allowed(kind: str) -> frozenset[str] | None:
    after = laws.events()[kind].after
    return None if after is None else frozenset(after)


def _result(walk: Walk, as_of: int) -> Result:
    stage = walk.stage
    if stage is not None:
        if stage.pauses:
            walk.settle(stage, max(as_of // DAY, stage.origin))
        if not stage.running:
            walk.wrong("IDENTITY_OPEN", stage.fact)
    half = walk.half
    if half is not None and len(walk.halves) == 1 and walk.law.rule("HY2014-FORM", half.day):
        walk.wrong("HALF_MISSING", half)
    current, known_until = None, walk.case.known_until
    away = walk.away is not None
    if not away:
        for index in range(len(walk.stages) - 1, -1, -1):
            one = walk.stages[index]
            if one.at <= known_until and (one.ended is None or one.ended > known_until):
                current = index
                break
    status = "no_basis"
    if current is not None:
        running = walk.stages[current]
        if running.due is not None:
            if as_of >= running.due:
                status = "overdue"
            else:
                status = "due" if as_of >= running.due - DAY else "running"
        elif running.unlimited or not running.running:
            status = "running"
    elif away or walk.closed is not None:
        status = "ended"
    return Result(
        walk.case, walk.law, walk.stages, walk.used, current, status, walk.problems, walk.sentence
    )


# ---------------------------------------------------------------------- detention and arrest


def _criminal_detention(walk: Walk, fact: Fact) -> bool:
    held = _to_thirty(walk, fact)
    if fact.whole_day and walk.law.rule("HX2006-4-HOURS", fact.day):
        early = held.rule.total.days if held is not None else 3
        walk.wrong("TIME_OF_DETENTION_MISSING", fact, early_days=early)

    def length(stage: Stage) -> None:
        if held is not None:
            stage.days = held.rule.total.days
            stage.extended.append(held.rule.id)
            stage.basis.append(held)
            stage.reasons.append(("class", fact, stage.days))

    walk.open("S10", fact, length=length)
    return True


def _to_thirty(walk: Walk, fact: Fact) -> InForce | None:
    if fact.data.get("class") != "up_to_30_days":
        return None
    return walk.law.rule("CPL-91-30D", fact.day)


def _arrest_request_received(walk: Walk, fact: Fact) -> bool:
    before = walk.stage
    if before is None:
        walk.wrong("DETENTION_MISSING", fact)
    stage = walk.open("S11", fact)
    if before is not None:
        # The seven days run from receipt, but a request that came late doesn't lengthen the whole.
        whole = before.origin + before.days + before.shift + stage.days
        held = walk.law.rule("MAX-POLICE", fact.day)
        if held is not None:
            whole = min(whole, before.origin + held.rule.most.days + before.shift)
            if whole < stage.origin + stage.days:
                stage.bound = ("MAX-POLICE", whole)
                stage.basis.append(held)
                stage.reasons.append(("capped", fact, "MAX-POLICE"))
                walk.settle(stage, fact.day)
    return True


def _arrest(walk: Walk, fact: Fact) -> bool:
    before = walk.stage
    state = before.state if before is not None else "-"
    if state == "S10":
        walk.wrong("ARREST_REQUEST_MISSING", fact)
    not_counted = walk.law.rule("CPL-170-NOT-COUNTED", fact.day)
    if state == "S13" and not_counted is not None:
        # No investigation follows: the case is under review for prosecution already.
        review = next((s for s in reversed(walk.stages) if s.state in ("S30", "S31")), None)
        stage = walk.open("S31" if review is not None and review.state == "S31" else "S30", fact)
        stage.basis.append(not_counted)
        return True
    stage = walk.open("S20", fact, length=_not_of_the_police if state == "S12" else None)
    if walk.identity_unknown and walk.law.rule("CPL-160-IDENTITY", fact.day):
        _stop_counting(walk, stage, fact, "CPL-160-IDENTITY")
    return True


def _not_of_the_police(stage: Stage) -> None:
    """HX2006 binds the police, not the procuratorate's own cases."""
    stage.readings = tuple(name for name in stage.readings if name != "HX2006-4")
    stage.basis = [b for b in stage.basis if b.rule.id != "HX2006-4"]


def _arrest_refused(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    walk.cap(stage, "CPL-92", walk.at_once(fact), fact)
    return True


def _new_major_crime(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    held = walk.law.rule("CPL-160-CRIME", fact.day)
    if held is None:
        return True
    if late(fact, stage):
        return walk.too_late("RESTART_AFTER_END", fact, stage)
    police = "HX2006-4" in stage.readings
    if not _approved(walk, fact, held.rule, police):
        return False
    walk.limit_before = stage.due
    counting = stage.running
    restarted = walk.open("S20", fact, restart=True)
    if not police:
        restarted.readings = tuple(n for n in restarted.readings if n != "HX2006-4")
    restarted.running = counting
    restarted.basis.append(held)
    restarted.reasons.append(("restarted", fact, "CPL-160-CRIME"))
    walk.settle(restarted)
    return True


def _approved(walk: Walk, fact: Fact, rule: ClockRule, police: bool) -> bool:
    """Whether nothing speaks against the approval of a restart; what it lacks is noted.

    `police`: the case is the police's own, whose head approves, and not the procuratorate's.
    """
    approved, approver = fact.data.get("approved_on"), fact.data.get("approver")
    if approved is None:
        walk.wrong("APPROVAL_MISSING", fact)
    elif rule.approved_within and approved > fact.day + rule.approved_within.days:
        return walk.wrong("APPROVAL_LATE", fact)
    if approver is None:
        walk.wrong("APPROVER_MISSING", fact)
    elif approver not in (rule.approvers if police else rule.own_approvers):
        return walk.wrong("APPROVER_NOT_ENTITLED", fact, value=approver)
    return True


def _stop_counting(walk: Walk, stage: Stage, fact: Fact, name: str) -> None:
    held = walk.law.rule(name, fact.day)
    if held is None:
        return
    stage.running = False
    stage.basis.append(held)
    stage.reasons.append(("not_counted", fact, name))
    walk.settle(stage)


def _identity_unknown(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    if stage.state == "foreigner_review" or stage.state in _INVESTIGATION:
        if not stage.running:
            return walk.wrong("PAUSE_TWICE", fact)
        if late(fact, stage):
            return walk.too_late("PAUSE_AFTER_END", fact, stage)
        name = "EER-29" if stage.state == "foreigner_review" else "CPL-160-IDENTITY"
        _stop_counting(walk, stage, fact, name)
        return True
    if walk.identity_unknown:
        return walk.wrong("PAUSE_TWICE", fact)
    walk.identity_unknown = True
    walk.wrong("IDENTITY_NOT_COUNTED", fact)
    return True


def _identity_established(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    investigated = stage.state in _INVESTIGATION or stage.state == "foreigner_review"
    if not investigated:
        if not walk.identity_unknown:
            return walk.wrong("PAUSE_WITHOUT_START", fact)
        walk.identity_unknown = False
        return True
    if stage.running:
        _counted_at_the_latest(walk, stage, fact)
        return True
    walk.identity_unknown = False
    if stage.state in ("S21", "S22", "S23"):
        police, paper = "HX2006-4" in stage.readings, stage.paper
        stage = walk.open("S20", fact, restart=True)
        if not police:
            stage.readings = tuple(n for n in stage.readings if n != "HX2006-4")
        walk.keep_paper(stage, fact, paper)
    else:
        limit = stage.rule.limit if stage.rule is not None else None
        stage.origin, stage.origin_at, stage.origin_whole = fact.day, fact.at, fact.whole_day
        stage.months, stage.days = (limit.months, limit.days) if limit else (0, 0)
        stage.extended, stage.intervals, stage.chain, stage.shift = [], [], None, 0
        stage.running = True
    stage.reasons.append(("counted_from", fact))
    walk.settle(stage, fact.day)
    return True


def _counted_at_the_latest(walk: Walk, stage: Stage, fact: Fact) -> None:
    """Identity is established that was never unknown here: a paper lacks, or a date is wrong.

    Had it been unknown, the count would begin on this day, and extensions of before would be void: of this
    end and the one as it was the earlier counts.
    """
    review = stage.state == "foreigner_review"
    held = walk.law.stage("foreigner_review" if review else "S20", fact.day)
    limit = held.rule.limit if held is not None else None
    if limit is None:
        return
    ends = [months_later(fact.day, limit.months) + limit.days]
    if "HX2006-4" in stage.readings:
        ends.append(police_months_later(fact.day, limit.months))
    if walk.cap(stage, "EER-29" if review else "CPL-160-IDENTITY", (min(ends) + 1) * DAY, fact):
        walk.wrong("IDENTITY_NEVER_UNKNOWN", fact)


# ---------------------------------------------------------------------- prosecution and trial


def _prosecution_received(walk: Walk, fact: Fact) -> bool:
    before = walk.stage
    state = "S31" if fact.data.get("procedure") == "fast_track" else "S30"
    stage = walk.open(state, fact)
    if before is not None and before.state == "S32":
        _again(walk, stage, fact, "CPL-175-RESTART", ("S30", "S31"))
    return True


def _again(walk: Walk, stage: Stage, fact: Fact, name: str, states: tuple[str, ...]) -> None:
    """A period begins anew by a rule; without it, the former end still stands."""
    held = walk.law.rule(name, fact.day)
    if held is not None:
        stage.basis.append(held)
        stage.reasons.append(("restarted", fact, name))
        return
    former = next((s for s in reversed(walk.stages[:-1]) if s.state in states), None)
    if former is not None and former.due is not None:
        stage.caps.append((former.rule.id if former.rule else "", former.due))
        walk.settle(stage)


def _returned(walk: Walk, fact: Fact) -> bool:
    held = walk.law.stage("S32", fact.day)
    times = held.rule.times if held is not None else None
    if times is not None and sum(s.state == "S32" for s in walk.stages) >= times:
        return walk.wrong("RETURNED_TOO_OFTEN", fact)
    walk.open("S32", fact)
    return True


def _trial_accepted(walk: Walk, fact: Fact) -> bool:
    before = walk.stage
    if fact.data.get("instance") == "second":
        if before is not None and before.state != "S50":
            return walk.wrong("DOES_NOT_FOLLOW", fact)
        return _second_instance(walk, fact)
    state = _TRIALS[fact.data.get("procedure", "ordinary")]
    wanted = _AFTER_JUDGMENT if state == "S44" else _AFTER_REVIEW
    if (before.state if before is not None else "-") not in wanted:
        return walk.wrong("DOES_NOT_FOLLOW", fact)
    walk.open(state, fact)
    _sentence_caps(walk, fact)
    return True


def _procedure_changed(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    wanted = fact.data["procedure"]
    if late(fact, stage):
        return walk.too_late("RESTART_AFTER_END", fact, stage)
    if stage.state == "S31":
        if wanted == "fast_track":
            return walk.wrong("NOT_IN_THIS_STAGE", fact)
        # Review for prosecution goes on from its own receipt: the texts know no new start here.
        origin = stage.origin
        changed = walk.open("S30", fact)
        changed.origin = origin
        walk.settle(changed, fact.day)
        return True
    allowed = ("S40", "S41") if stage.state == "S42" else ("S40",)
    state = _TRIALS[wanted]
    if state not in allowed:
        return walk.wrong("NOT_IN_THIS_STAGE", fact)
    held = walk.law.rule("SPC-368", fact.day)
    if held is None:
        return True
    changed = walk.open(state, fact, restart=True)
    changed.basis.append(held)
    changed.reasons.append(("restarted", fact, "SPC-368"))
    return True


def _jurisdiction_changed(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    if late(fact, stage):
        return walk.too_late("RESTART_AFTER_END", fact, stage)
    review = stage.state in ("S30", "S31")
    held = walk.law.rule("CPL-172-JURISDICTION" if review else "CPL-208-JURISDICTION", fact.day)
    if held is None:
        return True
    changed = walk.open(stage.state, fact, restart=True)
    changed.basis.append(held)
    changed.reasons.append(("restarted", fact, held.rule.id))
    return True


def _supplementary_started(walk: Walk, fact: Fact) -> bool:
    held = walk.law.stage("S43", fact.day)
    times = held.rule.times if held is not None else None
    used = 0
    for stage in reversed(walk.stages):
        if stage.from_remand:
            break
        used += stage.state == "S43"
    if times is not None and used >= times:
        return walk.wrong("RETURNED_TOO_OFTEN", fact)
    walk.open("S43", fact)
    return True


def _supplementary_ended(walk: Walk, fact: Fact) -> bool:
    trials = ("S40", "S41", "S42")
    former = next(s for s in reversed(walk.stages) if s.state in trials)
    stage = walk.open(former.state, fact, restart=True)
    _again(walk, stage, fact, "CPL-208-RESTART", trials)
    return True


def _remanded(walk: Walk, fact: Fact) -> bool:
    held = walk.law.rule("CPL-241", fact.day)
    if held is None:
        return True
    stage = walk.open("S40", fact, restart=True)
    stage.from_remand = True
    stage.basis.append(held)
    stage.reasons.append(("restarted", fact, "CPL-241"))
    walk.sentence = None
    return True


def _judgment_received(walk: Walk, fact: Fact) -> bool:
    stage = walk.open("S50", fact)
    if fact.data.get("paper") == "ruling":
        held = walk.law.rule("CPL-230-RULING", fact.day)
        if held is not None:
            stage.days = held.rule.limit.days
            stage.basis.append(held)
            walk.settle(stage)
    outcome = fact.data.get("outcome")
    for name in ("CPL-260", "SPC-170-2"):
        held = walk.law.rule(name, fact.day)
        if held is not None and outcome in held.rule.outcomes:
            walk.cap(stage, name, walk.at_once(fact), fact)
    _sentence_caps(walk, fact)
    return True


def _second_instance(walk: Walk, fact: Fact) -> bool:
    walk.open("S60", fact)
    _sentence_caps(walk, fact)
    return True


def _death_review(walk: Walk, fact: Fact) -> bool:
    walk.open("S70", fact)
    return True


# ---------------------------------------------------------------------- sentences


def _sentence_caps(walk: Walk, fact: Fact) -> None:
    """Nobody is held longer than the sentence that is known, even before it is in force."""
    sentence, stage = walk.sentence, walk.stage
    if sentence is None or stage is None or sentence.last_day is None:
        return
    name = "SPC-202-TERM" if stage.state == "S80" else "SPC-170-3"
    walk.cap(stage, name, sentencing.instant_of(sentence.last_day), fact)


def _judgment_effective(walk: Walk, fact: Fact) -> bool:
    # In force on the day after the period for appeal, which is then no custody past its end.
    grace = 1 if walk.stage is not None and walk.stage.state == "S50" else 0
    walk.open("S80", fact, grace=grace)
    _sentence_caps(walk, fact)
    return True


def _sentence(walk: Walk, fact: Fact) -> bool:
    sentence = sentencing.of(fact, walk.law)
    until = fact.data.get("until")
    if not (sentence.years or sentence.months or sentence.days) and until is None:
        return walk.wrong("TERM_MISSING", fact)
    if sentencing.out_of_range(sentence, walk.law):
        walk.wrong("TERM_OUT_OF_RANGE", fact)
    if sentence.last_day is not None and sentence.last_day < sentence.start:
        walk.wrong("CREDIT_OVER_TERM", fact)
    if sentence.kind == sentencing.CONTROL:
        walk.wrong("CONTROL_IS_NOT_CUSTODY", fact)
    if until is not None:
        if sentence.last_day is not None and sentence.last_day != until:
            walk.wrong("PAPER_DIFFERS", fact, value_day=until, limit_day=sentence.last_day)
        sentence.ends = tuple(sorted({*sentence.ends, until}))
    walk.sentence = sentence
    if walk.stage is None:
        _serve(walk, fact, sentence)
    elif walk.stage.state == "S80" and walk.notice is not None:
        _after_notice(walk, fact, walk.notice)
    else:
        _sentence_caps(walk, fact)
    return True


def _serve(walk: Walk, fact: Fact, sentence: Sentence) -> None:
    """Serving here: due at the earliest last day of the term."""

    def term(stage: Stage) -> None:
        stage.term = sentence.ends if stage.readings else None
        stage.basis += [held for held in sentence.basis if held not in stage.basis]
        for held, value, _, most in sentence.credits:
            stage.reasons.append(("credited", sentence.fact, held.rule.id, value, most))

    # The paper's own end is among the sentence's.
    plain = Fact(
        fact.type,
        fact.at,
        fact.whole_day,
        fact.index,
        {key: value for key, value in fact.data.items() if key != "until"},
    )
    walk.open("S81", plain, length=term)


def _execution_notice(walk: Walk, fact: Fact) -> bool:
    walk.notice = fact
    if walk.stage is None or walk.sentence is None:
        _deliver(walk, fact)
        return True
    _after_notice(walk, fact, fact)
    return True


def _after_notice(walk: Walk, fact: Fact, notice: Fact) -> None:
    sentence = walk.sentence
    assert sentence is not None
    held = sentencing.serves_here(sentence, notice, walk.law)
    if held is not None:
        _serve(walk, fact, sentence)
        assert walk.stage is not None
        walk.stage.basis.append(held)
        return
    walk.wrong("MUST_BE_DELIVERED", fact)
    if fact is notice:
        _deliver(walk, fact)
    _sentence_caps(walk, fact)


def _deliver(walk: Walk, fact: Fact) -> None:
    """Awaiting delivery: a month from the execution notice, and the 30 days that are checked.

    A co-defendant of a death case may be kept until its review has questioned them.
    """
    law, day = walk.law, fact.day
    together = fact.data.get("co_defendant_of_death_case")
    kept = law.rule("SPC-512", day) if together else None

    def length(stage: Stage) -> None:
        stage.days, stage.basis, stage.readings = 0, [], ()
        if kept is not None:
            stage.unlimited, stage.basis = True, [kept]
            return
        month, checked = law.rule("PRL-15", day), law.rule("SPP-625", day)
        if month is not None and law.rule("SPC-202", day):
            end = months_later(day, month.rule.limit.months)
            stage.caps.append(("PRL-15", (end + 1) * DAY))
            stage.basis.append(month)
        if checked is not None:
            stage.caps.append(("SPP-625", (day + checked.rule.limit.days + 1) * DAY))
            stage.basis.append(checked)

    walk.open("S80", fact, length=length)


def _commutation(walk: Walk, fact: Fact) -> bool:
    sentence, stage = walk.sentence, walk.stage
    assert stage is not None
    if sentence is None:
        return walk.wrong("TERM_MISSING", fact)
    if not _ruled(walk, fact):
        return False
    until = fact.data.get("until")
    old = sentence.last_day
    amount = any(fact.data.get(key) for key in ("years", "months", "days"))
    if until is None and not amount:
        return walk.wrong("AMOUNT_MISSING", fact)
    if until is not None and old is not None and until > old:
        return walk.wrong("COMMUTATION_LENGTHENS", fact, value_day=until, limit_day=old)
    found = sentencing.shorten(sentence, fact.data) if amount else ()
    if until is not None:
        if found and min(found) != until:
            walk.wrong("PAPER_DIFFERS", fact, value_day=until, limit_day=min(found))
        found = (*found, until)
    sentence.ends = tuple(sorted(found))
    if stage.term is not None:
        stage.term = sentence.ends
    stage.reasons.append(("commuted", fact, sentence.last_day))
    walk.settle(stage, fact.day)
    if stage.state == "S80":
        _sentence_caps(walk, fact)
    return True


def _ruled(walk: Walk, fact: Fact) -> bool:
    """Whether a court that may rule on commutation and parole did; a missing court is noted."""
    held = walk.law.rule("MPS-C-305", fact.day)
    approver = fact.data.get("approver")
    if held is None:
        return True
    if approver is None:
        walk.wrong("APPROVER_MISSING", fact)
        return True
    if approver not in held.rule.approvers:
        return walk.wrong("APPROVER_NOT_ENTITLED", fact, value=approver)
    return True


def _parole(walk: Walk, fact: Fact) -> bool:
    return _ruled(walk, fact) and walk.close(fact)


def _outside_service(walk: Walk, fact: Fact) -> bool:
    held = walk.law.rule("CPL-265", fact.day)
    ground = fact.data.get("ground")
    if held is not None:
        if ground is None:
            walk.wrong("GROUND_MISSING", fact, rule="CPL-265")
        elif ground not in held.rule.grounds:
            return walk.wrong("GROUND_DOES_NOT_FIT", fact, value=ground)
    return walk.close(fact)


# ---------------------------------------------------------------------- administrative measures


def _administrative(walk: Walk, fact: Fact) -> bool:
    data = fact.data
    before = walk.stage
    held = walk.law.rule("SL-16", fact.day)
    bounds = held.rule.range if held is not None else None
    days = data["days"]
    if before is not None and before.state == "administrative_detention":
        if late(fact, before):
            return walk.too_late("EXTENSION_AFTER_END", fact, before)
        most = bounds.combined if bounds is not None else None
        total = before.days + days - data.get("credit_days", 0)
        walk.limit_before = before.due
        before.days = _bounded(walk, fact, total, most)
        before.reasons.append(("combined", fact, before.days))
        walk.renew(before, fact)
        return True
    if bounds is not None:
        single = data.get("decisions") == 1
        if days > bounds.most and "decisions" not in data:
            walk.wrong("COMBINED_NOT_SAID", fact, value=days)
        days = _bounded(walk, fact, days, bounds.most if single else bounds.combined)
    _impose(walk, fact, "administrative_detention", days)
    _not_carried_out(walk, fact)
    return True


def _bounded(walk: Walk, fact: Fact, days: int, most: int | None) -> int:
    if most is None:
        return days
    if days > most:
        walk.wrong("DAYS_OVER_MAXIMUM", fact, value=days, most=most)
        return most
    return days


def _impose(walk: Walk, fact: Fact, state: str, days: int) -> None:
    credit = fact.data.get("credit_days", 0)
    if credit >= days:
        walk.wrong("CREDIT_OVER_TERM", fact)

    def length(stage: Stage) -> None:
        stage.days = max(days - credit, 0)
        if credit:
            stage.reasons.append(
                ("credited", fact, stage.rule.id if stage.rule else "", credit, credit)
            )

    walk.open(state, fact, length=length)


def _not_carried_out(walk: Walk, fact: Fact) -> None:
    """Persons on whom administrative detention is not carried out: by age on the day, by condition.

    From 2026 grave cases and repeated ones are excepted.
    Source: 治安管理处罚法 (2012) 第21条, (2025) 第23条.
    """
    data, law = fact.data, walk.law
    stage = walk.stage
    assert stage is not None
    new = law.rule("SL2025-23", fact.day)
    held = new or law.rule("SL2012-21", fact.day)
    if held is None:
        return
    name = held.rule.id
    serious = new is not None and data.get("serious", False)
    repeated = new is not None and data.get("repeated", False)
    why = None
    if data.get("pregnant_or_nursing"):
        why = "pregnant_or_nursing"
    elif "born" in data:
        years = _years(data["born"], fact.day)
        if years < 16 and not serious and not repeated:
            why = "under_16"
        elif 16 <= years < 18 and data.get("first_time") and not serious:
            why = "under_18_first_time"
        elif years >= 70 and not serious and not repeated:
            why = "over_70"
    if why is not None:
        walk.wrong("NOT_CARRIED_OUT", fact, other=why)
        walk.cap(stage, name, walk.at_once(fact), fact)


def _years(born: int, day: int) -> int:
    a, b = date.fromordinal(born), date.fromordinal(day)
    return b.year - a.year - ((b.month, b.day) < (a.month, a.day))


def _judicial(walk: Walk, fact: Fact) -> bool:
    held = walk.law.rule("CIVIL-118", fact.day)
    days = fact.data["days"]
    if held is not None:
        bounds = held.rule.range
        witness = fact.data.get("ground") == "witness_refuses"
        days = _bounded(walk, fact, days, bounds.witness if witness else bounds.most)
    _impose(walk, fact, "judicial_detention", days)
    return True


def _detention_suspended(walk: Walk, fact: Fact) -> bool:
    if walk.law.rule("MPS-A-222", fact.day) is None:
        return True
    return walk.close(fact)


def _boarding(walk: Walk, fact: Fact) -> bool:
    days = fact.data.get("days")
    if days is None and fact.data.get("until") is None:
        walk.wrong("NO_END_NAMED", fact)

    def length(stage: Stage) -> None:
        stage.days = days or 0

    walk.open("S95", fact, length=length)
    return True


def _treatment(walk: Walk, fact: Fact) -> bool:
    decided = fact.data["decided_on"]
    if decided > fact.day:
        return walk.wrong("DECIDED_AFTER_INTAKE", fact, value_day=decided)
    before = walk.stage
    detained = before if before is not None and before.state == "administrative_detention" else None
    if detained is not None and not walk.law.rule("MPS-A-221", fact.day):
        return walk.wrong("TWO_BASES", fact)
    runs_on = detained is not None and detained.due is not None and not late(fact, detained)

    def length(stage: Stage) -> None:
        stage.origin = decided
        years, months = divmod(stage.months, 12)
        if stage.readings:
            off = fact.data.get("escaped_days", 0)
            stage.term = tuple(day + off for day in ends_of_term(decided, years, months, 0))

    stage = walk.open("compulsory_treatment", fact, length=length)
    if runs_on and detained is not None:
        # Detention is served first; the treatment's period runs on from its decision.
        assert detained.due is not None
        detained.ended = stage.at = detained.due
        stage.grant = detained
        walk.bound_before(stage, fact)
        held = walk.law.rule("MPS-A-221", fact.day)
        if held is not None:
            stage.basis.append(held)
    return True


def _summons(walk: Walk, fact: Fact) -> bool:
    if fact.whole_day:
        walk.wrong("TIME_OF_DETENTION_MISSING", fact, early_days=0)

    def length(stage: Stage) -> None:
        longer = stage.rule.complex if stage.rule is not None else None
        if fact.data.get("complex") and longer is not None:
            stage.hours = longer.hours

    walk.open("summons", fact, length=length)
    return True


# ---------------------------------------------------------------------- what happens beside


def _wrongful(walk: Walk, fact: Fact) -> bool:
    stage = walk.stage
    assert stage is not None
    held = walk.law.rule("HX2006-8", fact.day)
    if held is not None:
        walk.cap(stage, "HX2006-8", fact.at + held.rule.limit.hours * HOUR, fact)
    return True


def _transfer(walk: Walk, fact: Fact) -> bool:
    half = fact.data.get("half", "both")
    walk.half = fact
    walk.halves = walk.halves | {half} if len(walk.halves) == 1 and half != "both" else {half}
    if half == "both" or len(walk.halves) == 2:
        walk.halves = set()
        walk.permit = None
    return True


def _changed_limit(walk: Walk, fact: Fact) -> bool:
    limit = walk.limit_before
    if limit is not None and walk.law.rule("HY2014-TIMING", fact.day):
        last = (limit - 1) // DAY
        if fact.day > last if fact.whole_day else fact.at > limit:
            walk.wrong("NOTICE_LATE", fact, limit_at=limit)
    return True


def _permit(walk: Walk, fact: Fact) -> bool:
    if (
        walk.permit is not None
        and walk.permit >= fact.day
        and walk.law.rule("GTZ1999-83", fact.day)
    ):
        walk.wrong("PERMIT_TWICE", fact)
    walk.permit = fact.data["until"]
    return True


def _escaped(walk: Walk, fact: Fact) -> bool:
    if walk.away is not None:
        return walk.wrong("PAUSE_TWICE", fact)
    if walk.stage is None and walk.outside is None:
        return walk.wrong("NOTHING_RUNS", fact)
    walk.away = fact
    return True


def _recaptured(walk: Walk, fact: Fact) -> bool:
    away, stage = walk.away, walk.stage
    if away is None:
        return walk.wrong("RECAPTURE_WITHOUT_ESCAPE", fact)
    walk.away = None
    lost = fact.day - away.day
    if stage is None:
        return _back_from_outside(walk, fact)
    name = {"S81": "CPL-268", "S80": "CPL-268", "compulsory_treatment": "DREG-32"}.get(stage.state)
    held = walk.law.rule(name, fact.day) if name is not None else None
    if held is None:
        walk.wrong("ESCAPE_KEEPS_END", fact)
        return True
    stage.basis.append(held)
    stage.reasons.append(("escaped", fact, lost))
    if walk.sentence is not None and stage.state != "compulsory_treatment":
        _lose(walk.sentence, lost)
    if stage.term is not None:
        stage.term = tuple(day + lost for day in stage.term)
        walk.settle(stage, fact.day)
    return True


def _back_from_outside(walk: Walk, fact: Fact) -> bool:
    """Escape from service outside is taken off only as a court ruled."""
    sentence = walk.sentence
    walk.outside = None
    if sentence is None:
        return walk.wrong("NOTHING_RUNS", fact)
    days = fact.data.get("excluded_days")
    held = walk.law.rule("CPL-268", fact.day)
    if days is None or held is None:
        walk.wrong("ESCAPE_RULING_MISSING", fact)
    else:
        _lose(sentence, days)
    _serve(walk, fact, sentence)
    return True


def _lose(sentence: Sentence, days: int) -> None:
    sentence.lost += days
    sentence.ends = tuple(day + days for day in sentence.ends)


def _pausing(name: str) -> tuple[Callable[[Walk, Fact], bool], Callable[[Walk, Fact], bool]]:
    def begins(walk: Walk, fact: Fact) -> bool:
        return walk.pause(fact, name)

    def ends(walk: Walk, fact: Fact) -> bool:
        return walk.resume(fact, name)

    return begins, ends


_EXAM, _SUSPENDED, _FILE, _LEAVE = (
    _pausing(name) for name in ("psychiatric_exam", "trial_suspended", "file_review", "leave")
)

_HANDLERS: dict[str, Callable[[Walk, Fact], bool]] = {
    "criminal_detention": _criminal_detention,
    "arrest_request_received": _arrest_request_received,
    "arrest": _arrest,
    "arrest_refused": _arrest_refused,
    "extension": extend,
    "new_major_crime": _new_major_crime,
    "identity_unknown": _identity_unknown,
    "identity_established": _identity_established,
    "psychiatric_exam_started": _EXAM[0],
    "psychiatric_exam_ended": _EXAM[1],
    "prosecution_received": _prosecution_received,
    "returned_for_investigation": _returned,
    "trial_accepted": _trial_accepted,
    "procedure_changed": _procedure_changed,
    "jurisdiction_changed": _jurisdiction_changed,
    "supplementary_investigation_started": _supplementary_started,
    "supplementary_investigation_ended": _supplementary_ended,
    "trial_suspended": _SUSPENDED[0],
    "trial_resumed": _SUSPENDED[1],
    "judgment_received": _judgment_received,
    "second_instance_accepted": _second_instance,
    "file_review_started": _FILE[0],
    "file_review_ended": _FILE[1],
    "remanded_for_retrial": _remanded,
    "death_review_received": _death_review,
    "judgment_effective": _judgment_effective,
    "execution_notice_received": _execution_notice,
    "sentence": _sentence,
    "commutation": _commutation,
    "parole": _parole,
    "outside_service": _outside_service,
    "administrative_detention": _administrative,
    "judicial_detention": _judicial,
    "detention_suspended": _detention_suspended,
    "temporary_boarding": _boarding,
    "compulsory_treatment": _treatment,
    "leave_started": _LEAVE[0],
    "leave_ended": _LEAVE[1],
    "summons": _summons,
    "wrongful_custody_found": _wrongful,
    "transfer_of_custody": _transfer,
    "changed_limit_notice": _changed_limit,
    "permit_issued": _permit,
    "escaped": _escaped,
    "recaptured": _recaptured,
}
