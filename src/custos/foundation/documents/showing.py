"""What values look like on a Chinese paper: dates, times, money, sex. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from enum import Enum
from typing import Any

from pydantic import BaseModel

from custos.foundation.documents.contents import Money, Sex

#: What stands where nothing is to be said: a field isn't left open for whoever comes later.
NOTHING = "—"
_SEXES = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "未知", Sex.UNSAID: "未说明"}
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def shown(value: Any, zone: tzinfo) -> Any:
    """A value as the layouts take it: text, lists and dictionaries of text, in the time of `zone`."""
    if isinstance(value, Money):
        return {"figures": in_figures(value.fen), "capitals": in_capitals(value.fen)}
    if isinstance(value, BaseModel):
        return {name: shown(getattr(value, name), zone) for name in type(value).model_fields}
    if isinstance(value, Sex):
        return _SEXES[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return moment(value.astimezone(zone))
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str) and not isinstance(value, Enum):
        return value or NOTHING
    if isinstance(value, Sequence):
        return [shown(part, zone) for part in value]
    return NOTHING if value is None else str(value)


def day(value: date) -> str:
    """2026年3月2日: numbers of years aren't shortened, others have no zero in front (GB/T 9704)."""
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    """A local time to the minute."""
    return f"{day(value)}{value.hour}时{value.minute:02}分"


def in_figures(fen: int) -> str:
    """¥1,234.50."""
    return f"¥{fen // 100:,}.{fen % 100:02}"


def in_capitals(fen: int) -> str:
    """An amount in the capitals of accounts, as 正确填写票据和结算凭证的基本规定 has them.

    Zeros in a row are said once, and none at the end; without fen it ends with 整.
    """
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    text = f"{_whole(yuan)}元" if yuan or not fen else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif rest and yuan:
        text += "零"
    return f"{text}{_DIGITS[rest]}分" if rest else f"{text}整"


def _whole(number: int) -> str:
    """A whole number in capitals."""
    if not number:
        return _DIGITS[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text, gap = "", False
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if not group:
            gap = True
            continue
        # A zero is said where thousands are wanting, or groups before.
        if text and (gap or group < 1000):
            text += _DIGITS[0]
        text += _group(group) + _GROUPS[at]
        gap = False
    return text


def _group(number: int) -> str:
    """A number below ten thousand in capitals."""
    text, gap = "", False
    for at in range(3, -1, -1):
        digit = number // 10**at % 10
        if digit:
            text += (_DIGITS[0] if gap and text else "") + _DIGITS[digit] + _PLACES[at]
            gap = False
        else:
            gap = True
    return text
