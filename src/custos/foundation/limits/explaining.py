"""Reasons in words, in both languages, when somebody asks. Computing never comes here."""

from collections.abc import Mapping
from datetime import date

from custos.foundation.limits import law as laws
from custos.foundation.limits.dates import DAY
from custos.foundation.limits.facts import Fact, Problem
from custos.foundation.limits.walk import Stage

ZH, EN = "zh", "en"

_REASONS = {
    "opened": (
        "{on}{type}，进入“{title}”（{sources}）{length}。",
        "{on}: {type}; the stage is “{title}” ({sources}){length}.",
    ),
    "granted": (
        "接续前一期限，仍自原起算日计算。",
        "It follows the stage before and counts from the same start.",
    ),
    "class": (
        "属于流窜、多次或结伙作案，期限为{0}日。",
        "One of the classes of case in which detention may last {0} days.",
    ),
    "extended": (
        "{on}{type}：{rule}，加{amount}，自{origin}起共{whole}。",
        "{on}: {type}, {rule}: {amount} more, {whole} in all from {origin}.",
    ),
    "paused": ("{on}{type}，停止计算（{rule}）。", "{on}: {type}; the clock stops ({rule})."),
    "resumed": (
        "{on}{type}，恢复计算，{1}日不计入。",
        "{on}: {type}; the clock goes on, and {1} days are not counted.",
    ),
    "restarted": ("{on}{type}：{rule}。", "{on}: {type}: {rule}."),
    "not_counted": ("{on}{type}：{rule}。", "{on}: {type}: {rule}."),
    "counted_from": ("自{on}起计算。", "The count begins on {on}."),
    "capped": ("{on}{type}：{rule}。", "{on}: {type}: {rule}."),
    "paper": ("文书载明截止日期为{day}。", "The paper names {day} as the last day."),
    "credited": ("折抵{2}日（{rule}）。", "{2} days are taken off ({rule})."),
    "combined": ("{on}合并执行，共{0}日。", "{on}: carried out together, {0} days in all."),
    "commuted": ("{on}{type}，刑期至{day}。", "{on}: {type}; the term now ends on {day}."),
    "escaped": ("脱逃{0}日不计入。", "{0} days of escape are not counted."),
}
_ENDS = {
    "CAPS": ("{rule}：{at}", "{rule}: {at}"),
    "DUE": ("以最早的{at}为届满。", "The earliest counts: {at}."),
    "LAST": ("最后一日为{day}。", "The last day is {day}."),
    "NONE": ("没有可计算的届满时间。", "No end can be computed."),
    "ONE": ("于{at}届满。", "It ends at {at}."),
    "DIFFER": (
        "各种算法结果不同，以最早的{at}为届满。",
        "The ways to count differ; the earliest is taken: {at}.",
    ),
    "READINGS": ("届满时间的各种算法：{all}。", "Ways to count the end: {all}."),
}


def words(stage: Stage, language: str) -> str:
    """Why a stage ends when it does, in sentences."""
    which = 0 if language == ZH else 1
    said = reasons(stage, language)
    if stage.due is not None:
        listed = ("；" if which == 0 else "; ").join(
            _ENDS["CAPS"][which].format(rule=_title(name, language), at=instant(at, language))
            for name, at in stage.ends
        )
        said.append(_ENDS["READINGS"][which].format(all=listed))
        said.append(_ENDS["DUE"][which].format(at=instant(stage.due, language)))
        last = stage.last_day
        assert last is not None
        said.append(_ENDS["LAST"][which].format(day=_day(last, language)))
    else:
        said.append(_ENDS["NONE"][which])
    return ("" if which == 0 else " ").join(said)


def reasons(stage: Stage, language: str) -> list[str]:
    """What a stage rests on and what changed its length, a sentence each, in the order of the papers."""
    which = 0 if language == ZH else 1
    return [_reason(reason, stage, language, which) for reason in stage.reasons]


def end(stage: Stage, language: str) -> str:
    """When a stage ends, and whether the ways to count agree on it."""
    which = 0 if language == ZH else 1
    if stage.due is None:
        return _ENDS["NONE"][which]
    agree = len({at for _name, at in stage.ends}) == 1
    return _ENDS["ONE" if agree else "DIFFER"][which].format(at=instant(stage.due, language))


def _reason(reason: tuple[object, ...], stage: Stage, language: str, which: int) -> str:
    code, fact, *rest = reason
    assert isinstance(fact, Fact)
    kind = laws.events()[fact.type]
    rule = next((b.rule for b in stage.basis if rest and b.rule.id == rest[0]), None)
    title = stage.rule.title if stage.rule is not None else None
    sources = "；".join(b.rule.source for b in stage.basis[:1])
    named = {
        "on": _day(fact.day, language) if fact.whole_day else instant(fact.at, language),
        "type": getattr(kind, language),
        "title": getattr(title, language) if title is not None else stage.state,
        "sources": sources if language == ZH or not sources else laws.english(sources),
        "length": _length(stage, language),
        "rule": getattr(rule.title, language) if rule is not None else str(rest[0] if rest else ""),
        "day": _day(rest[0], language) if code in ("paper", "commuted") else "",
    }
    if code == "extended":
        _rule, months, days, origin, all_months, all_days = rest
        named |= {
            "amount": _amount(months, days, language),
            "origin": _day(origin, language),
            "whole": _amount(all_months, all_days, language),
        }
    return _REASONS[str(code)][which].format(*rest, **named)


def _length(stage: Stage, language: str) -> str:
    limit = stage.rule.limit if stage.rule is not None else None
    if limit is None or not (limit.months or limit.days or limit.hours):
        return ""
    amount = _amount(limit.months, limit.days, language, limit.hours)
    return f"，期限{amount}" if language == ZH else f", {amount}"


def _amount(months: object, days: object, language: str, hours: object = 0) -> str:
    parts = []
    for number, zh, en in ((months, "个月", "month"), (days, "日", "day"), (hours, "小时", "hour")):
        if number:
            many = "" if number == 1 else "s"
            parts.append(f"{number}{zh}" if language == ZH else f"{number} {en}{many}")
    return ("零" if language == ZH else " and ").join(parts) or (
        "0日" if language == ZH else "0 days"
    )


def _title(name: str, language: str) -> str:
    rule = laws.shipped().named(name)
    return name if rule is None else f"{getattr(rule.title, language)} [{name}]"


def _day(day: object, language: str) -> str:
    found = date.fromordinal(int(str(day)))
    if language == ZH:
        return f"{found.year}年{found.month}月{found.day}日"
    return found.isoformat()


def instant(at: int, language: str) -> str:
    """An instant as people say it: midnight is 24:00 of the day before."""
    day, second = divmod(at, DAY)
    if second == 0:
        return f"{_day(day - 1, language)}{'' if language == ZH else ' '}24:00"
    hour, minute = second // 3600, second % 3600 // 60
    return f"{_day(day, language)}{'' if language == ZH else ' '}{hour:02}:{minute:02}"


def problem(one: Problem, language: str) -> str:
    """What is wrong and how to mend it, as one text."""
    kind = laws.problems()[one.code]
    text = kind.zh + kind.mend_zh if language == ZH else f"{kind.en} {kind.mend_en}"
    return text.format_map(_Said(one.said, language))


class _Said(dict[str, str]):
    """What a problem's words name, made readable; what is not known reads as a dash."""

    def __init__(self, said: Mapping[str, object], language: str) -> None:
        super().__init__()
        self.said, self.language = said, language

    def __missing__(self, key: str) -> str:
        said, language = self.said, self.language
        if key == "type" and said.get("type") in laws.events():
            return str(getattr(laws.events()[str(said["type"])], language))
        if key == "state":
            return self._state()
        if key == "at" and isinstance(said.get("at"), int):
            at = int(str(said["at"]))
            return _day(at // DAY, language) if said.get("day") else instant(at, language)
        if key == "limit":
            return self._limit()
        if key == "value" and "value_day" in said:
            return _day(said["value_day"], language)
        if key == "other" and "rule" in said:
            return _title(str(said["rule"]), language)
        if key == "other" and "other_rule" in said:
            return _title(str(said["other_rule"]), language)
        return str(said.get(key, "–"))

    def _state(self) -> str:
        state = str(self.said.get("state", "–"))
        for held in laws.shipped().stages.get(state, ()):
            return str(getattr(held.rule.title, self.language))
        for held in laws.shipped().held:
            if getattr(held.rule, "opens", None) == state:
                return str(getattr(held.rule.title, self.language))
        return state

    def _limit(self) -> str:
        said, language = self.said, self.language
        if "limit_day" in said:
            return _day(said["limit_day"], language)
        if "early_days" in said:
            return _day(int(str(said["at"])) // DAY + int(str(said["early_days"])), language)
        if "most" in said:
            return str(said["most"])
        if "rule" in said:
            return _bound(str(said["rule"]), language)
        limit = said.get("limit_at")
        return instant(int(str(limit)), language) if limit is not None else "–"


def _bound(name: str, language: str) -> str:
    rule = laws.shipped().named(name)
    bound = rule.most or rule.total if rule is not None else None
    return _amount(bound.months, bound.days, language) if bound else name
