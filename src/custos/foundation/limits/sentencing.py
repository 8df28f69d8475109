"""Sentences: what is taken off, when they end, who serves where. Pure.

Sources: 刑法 第38条至第47条、第69条; 最高人民法院关于适用刑事诉讼法的解释 第202条.
"""

from typing import Any

from custos.foundation.limits.dates import (
    DAY,
    ends_of_term,
    months_later,
    police_months_later,
)
from custos.foundation.limits.facts import Fact
from custos.foundation.limits.law import InForce, Law

CONTROL, DETENTION = "control", "criminal_detention_term"


class Sentence:
    """A sentence: its kind, its first day, its term, and every last day it may have."""

    __slots__ = (
        "basis", "credits", "days", "ends", "fact", "kind", "lost", "months", "start", "years",
    )  # fmt: skip

    def __init__(self, fact: Fact) -> None:
        data = fact.data
        self.fact, self.kind, self.start = fact, data["kind"], data["from"]
        self.years, self.months = data.get("years", 0), data.get("months", 0)
        self.days = data.get("days", 0)
        #: Days of escape, which are no time served.
        self.lost = 0
        #: Rules by which days were taken off, with the fewest and the most days.
        self.credits: list[tuple[InForce, int, int, int]] = []
        self.basis: list[InForce] = []
        self.ends: tuple[int, ...] = ()

    @property
    def last_day(self) -> int | None:
        """The earliest last day, as an ordinal; the day of release."""
        return min(self.ends) if self.ends else None

    def count(self) -> None:
        """Find the last days of the term after credit; nothing where there is no term."""
        if not (self.years or self.months or self.days):
            return
        least = sum(credit[2] for credit in self.credits)
        most = sum(credit[3] for credit in self.credits)
        found = ends_of_term(self.start, self.years, self.months, self.days)
        self.ends = tuple(sorted({end - off for end in found for off in (least, most)}))


def of(fact: Fact, law: Law) -> Sentence:
    """The sentence that a fact states; without ends where its term or the arithmetic is missing.

    Where two days held are one day taken off, an odd day leaves a half: both readings are kept.
    """
    sentence = Sentence(fact)
    for held in law.credits:
        if not held.first <= fact.day <= held.last:
            continue
        credit = held.rule.credit
        value = fact.data.get(credit.field, 0)
        off, per = credit.control if sentence.kind == CONTROL else credit.others
        if value and off:
            sentence.credits.append((held, value, value * off // per, -(-value * off // per)))
            sentence.basis.append(held)
    term = law.rule("SPC-202-TERM", fact.day)
    if term is not None:
        sentence.basis.append(term)
        sentence.count()
    return sentence


def out_of_range(sentence: Sentence, law: Law) -> bool:
    """Whether a term lies outside what the law allows for its kind."""
    held = law.rule("CL-TERMS", sentence.fact.day)
    if held is None or not (sentence.years or sentence.months or sentence.days):
        return False
    least, most, combined = held.rule.months[sentence.kind]
    months = sentence.years * 12 + sentence.months
    top = combined if sentence.fact.data.get("combined") else most
    return bool(months < least or months > top or (months == top and sentence.days > 0))


def serves_here(sentence: Sentence, notice: Fact, law: Law) -> InForce | None:
    """The rule by which the sentence is served in the detention centre, or None.

    Counted from the day the execution notice was received. Sources: 刑事诉讼法 第264条;
    看守所留所执行刑罚罪犯管理办法 第2条.
    """
    if notice.data.get("minor"):
        minors = law.rule("RS128-2-MINORS", notice.day)
        if minors is None:
            return None
    held = law.rule("CPL-264", notice.day)
    if sentence.kind == DETENTION:
        return held
    last = sentence.last_day
    if held is None or last is None:
        return None
    # The day of receipt is not counted, so three months reach the same day of the third month.
    bound = police_months_later(notice.day, held.rule.left.months)
    within = last <= bound if law.rule("KR-49", notice.day) else last < bound
    return held if within else None


def shorten(sentence: Sentence, data: dict[str, Any]) -> tuple[int, ...]:
    """Take a commutation off a sentence; returns the last days that it may have now.

    The end moved back, and the shorter term from its start where the judgment named one: what was
    commuted before stays off. The ruling's own date is authoritative; these check it.
    """
    cut, days = data.get("years", 0) * 12 + data.get("months", 0), data.get("days", 0)
    found = {months_later(end + 1, -cut) - 1 - days for end in sentence.ends}
    if sentence.years or sentence.months or sentence.days:
        left = max(sentence.years * 12 + sentence.months - cut, 0)
        sentence.years, sentence.months = divmod(left, 12)
        sentence.days -= days
        least = sum(credit[2] for credit in sentence.credits)
        most = sum(credit[3] for credit in sentence.credits)
        by_term = ends_of_term(sentence.start, sentence.years, sentence.months, sentence.days)
        found |= {end + sentence.lost - off for end in by_term for off in (least, most)}
    return tuple(sorted(found))


def instant_of(day: int) -> int:
    """The instant at which a last day ends."""
    return (day + 1) * DAY
