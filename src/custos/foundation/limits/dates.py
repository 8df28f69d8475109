"""Arithmetic of dates, as texts of law want it. Pure: days are proleptic ordinals, instants are seconds.

An instant counts seconds of Beijing time since the beginning of year 1, so that `instant // DAY` is the
ordinal of its day. China has had no summer time since 1991, and earlier instants are refused.
"""

from datetime import date

#: Seconds of a day, and of an hour.
DAY, HOUR = 86_400, 3_600

_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_in(year: int, month: int) -> int:
    """The number of days of a month."""
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _LENGTHS[month]


def months_later(day: int, months: int) -> int:
    """The last day of a period of months, from a month's last day to a month's last day.

    Source: 最高人民法院关于适用刑事诉讼法的解释 第202条.
    """
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = days_in(year, month + 1)
    number = start.day
    if number > last or number == days_in(start.year, start.month):
        number = last
    return date(year, month + 1, number).toordinal()


def police_months_later(day: int, months: int) -> int:
    """The last day of a period of months: the corresponding day, or else the month's last day.

    Source: 公安机关适用刑事羁押期限规定 第4条.
    """
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = days_in(year, month + 1)
    return date(year, month + 1, min(start.day, last)).toordinal()


def years_later(day: int, years: int) -> int:
    """The same day of a later year; where there is none, that month's last day."""
    return police_months_later(day, years * 12)


def ends_of_term(day: int, years: int, months: int, days: int) -> tuple[int, ...]:
    """The last days that a term from `day` may have, the earliest first.

    Years run to the day before the same day; months too, and from a month's last day to the day before
    a month's last day. Where months follow years and the years end on a month's last day, the law
    does not say whether that day sticks: both ends are given.
    Source: 最高人民法院关于适用刑事诉讼法的解释 第202条.
    """
    from_years = years_later(day, years) if years else day
    if not months:
        return (from_years + days - 1,)
    sticking = months_later(from_years, months) + days - 1
    if years:
        plain = police_months_later(from_years, months) + days - 1
        if plain != sticking:
            return (plain, sticking)
    return (sticking,)
