"""Extensions: which step a paper takes, whether it may, and what the stage's length becomes.

A paper that lacks its ground or approver is still counted and said to lack them. One whose ground
or approver contradicts the law, or that came too late, is refused and the end stays.
"""

from custos.foundation.limits.dates import ends_of_term, months_later
from custos.foundation.limits.facts import Fact
from custos.foundation.limits.law import ExtensionRule, InForce
from custos.foundation.limits.walk import Stage, Walk, late


def extend(walk: Walk, fact: Fact) -> bool:
    """Lengthen the stage that runs. The step is found by ground and approver, else by order."""
    stage = walk.stage
    if stage is None:
        return walk.wrong("NOTHING_RUNS", fact)
    data = fact.data
    if "_unit" in data and walk.law.rule("CPL-105-UNITS", fact.day):
        return walk.wrong("UNIT_UNKNOWN", fact, field=data["_unit"])
    if data.get("months") is not None and data.get("days") is not None:
        return walk.wrong("TWO_AMOUNTS", fact)
    if late(fact, stage) and walk.law.rule("SPP-309", fact.day):
        return walk.too_late("EXTENSION_AFTER_END", fact, stage)
    held = _step(walk, stage, fact)
    if held is None:
        return False
    rule: ExtensionRule = held.rule
    months, days = data.get("months", 0), data.get("days", 0)
    if not months and not days:
        if "months" in data or "days" in data:
            return walk.wrong("AMOUNT_MISSING", fact)
        if rule.total is None and data.get("until") is None:
            return walk.wrong("AMOUNT_MISSING", fact)
        if data.get("until") is None:
            walk.wrong("AMOUNT_ASSUMED", fact, rule=rule.id)
    elif months and _in_days(rule):
        return walk.wrong("UNIT_DOES_NOT_FIT", fact)
    if rule.grounds and "ground" not in data:
        walk.wrong("GROUND_MISSING", fact, rule=rule.id)
    if rule.approvers and "approver" not in data:
        walk.wrong("APPROVER_MISSING", fact)
    walk.limit_before = stage.due
    _lengthen(walk, stage, fact, held, months, days)
    return True


def _in_days(rule: ExtensionRule) -> bool:
    bound = rule.most or rule.total
    return bound is not None and not bound.months


def _step(walk: Walk, stage: Stage, fact: Fact) -> InForce | None:
    """The step that a paper takes, or None with a problem noted."""
    steps = walk.law.steps(stage.state, fact.day)
    if not steps:
        walk.wrong("NO_EXTENSION_HERE", fact)
        return None
    for field, code in (("ground", "GROUND_DOES_NOT_FIT"), ("approver", "APPROVER_NOT_ENTITLED")):
        value = fact.data.get(field)
        if value is None:
            continue
        named = [s for s in steps if value in getattr(s.rule, field + "s")]
        steps = named or [s for s in steps if not getattr(s.rule, field + "s")]
        if not steps:
            walk.wrong(code, fact, value=value)
            return None
    unused = [s for s in steps if s.rule.repeats or s.rule.id not in stage.extended]
    if not unused:
        walk.wrong("EXTENSION_USED_UP", fact)
        return None
    held = unused[0]
    if held.rule.needs and held.rule.needs not in stage.extended:
        walk.wrong("EXTENSION_SKIPS_STEP", fact, other_rule=held.rule.needs)
        return None
    return held


def _lengthen(walk: Walk, stage: Stage, fact: Fact, held: InForce, months: int, days: int) -> None:
    rule: ExtensionRule = held.rule
    shift_before = stage.shift
    chain = stage.chain + stage.shift - stage.chain_shift if stage.chain is not None else None
    if rule.opens and rule.opens != stage.state:
        stage = _granted(walk, stage, rule.opens, fact)
    if rule.taken is not None and stage.months < rule.taken.months:
        stage.months = rule.taken.months
        chain = None
    if chain is None and stage.months:
        chain = months_later(stage.origin, stage.months) + stage.days + stage.shift
    asked = (months, days)
    months, days = _lawful(walk, stage, rule, months, days)
    until = fact.data.get("until")
    if rule.most is None and rule.total is None and until is not None and not months and not days:
        # The law sets no length: the paper does.
        days = max(until - months_later(stage.origin, stage.months) - stage.days - stage.shift, 0)
    if asked not in ((0, 0), (months, days)):
        walk.wrong("EXTENSION_TOO_LONG", fact, rule=rule.id)
    if stage.term is not None:
        total = stage.months + months
        stage.months = total
        off = min(stage.term) - ends_of_term(stage.origin, 2, 0, 0)[0]
        found = ends_of_term(stage.origin, total // 12, total % 12, days)
        stage.term = tuple(day + off for day in found)
    elif rule.total is not None and rule.total.months and months == rule.total.months:
        stage.months, stage.days = months, days
    else:
        stage.months += months
        stage.days += days
        if months and chain is not None and walk.law.rule("SPC-202-CHAINED", fact.day):
            stage.chain, stage.chain_shift = months_later(chain, months) + days, shift_before
        elif stage.chain is not None:
            stage.chain += days
    stage.extended.append(rule.id)
    stage.basis.append(held)
    whole = (stage.origin, stage.months, stage.days)
    stage.reasons.append(("extended", fact, rule.id, months, days, *whole))
    walk.renew(stage, fact)


def _granted(walk: Walk, stage: Stage, state: str, fact: Fact) -> Stage:
    """The stage that added time is: it begins when the one before is over, and counts from its start."""
    granted = Stage(state, None, fact)
    granted.rule, granted.basis = (
        stage.rule,
        [b for b in stage.basis if b.rule.id in stage.readings],
    )
    granted.origin, granted.origin_at = stage.origin, stage.origin_at
    granted.origin_whole, granted.unlimited = stage.origin_whole, False
    granted.months, granted.days, granted.shift = stage.months, stage.days, stage.shift
    granted.readings, granted.running = stage.readings, stage.running
    granted.chain, granted.chain_shift = stage.chain, stage.chain_shift
    granted.extended = list(stage.extended)
    granted.intervals, granted.pauses = list(stage.intervals), stage.pauses
    stage.pauses = {}
    granted.grant = stage
    granted.reasons.append(("granted", fact))
    granted.caps = list(stage.caps)
    granted.whole_day = False
    granted.at = stage.due if stage.due is not None else fact.at
    stage.ended, stage.ended_by = granted.at, fact.index
    walk.stages.append(granted)
    walk.stage = granted
    return granted


def _lawful(
    walk: Walk, stage: Stage, rule: ExtensionRule, months: int, days: int
) -> tuple[int, int]:
    """What may be added of what was asked for: never more than the law's own number."""
    inclusive = walk.law.rule("KR-49", stage.origin) is not None
    if rule.total is not None and rule.total.months:
        total = months_later(stage.origin, rule.total.months) + rule.total.days
        asked = stage.origin + stage.days + days
        if not days or asked > total or (asked == total and not inclusive):
            return rule.total.months, rule.total.days
        return 0, days
    bound = rule.most
    if rule.total is not None:
        room = rule.total.days - stage.days
        most = min(room, bound.days) if bound is not None else room
        return 0, _within(days, most, inclusive)
    if bound is None:
        return months, days
    if not bound.months:
        return 0, _within(days, bound.days, inclusive)
    if days:
        whole = months_later(stage.origin, stage.months + bound.months) + stage.days
        if months_later(stage.origin, stage.months) + stage.days + days > whole:
            return bound.months, 0
        return 0, days
    return _within(months, bound.months, inclusive), 0


def _within(asked: int, most: int, inclusive: bool) -> int:
    """What was asked for if it is within the bound, which is part of it; the bound otherwise."""
    if not asked or asked > most:
        return max(most, 0)
    return asked if inclusive or asked < most else most - 1
