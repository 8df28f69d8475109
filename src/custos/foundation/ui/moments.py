"""How time is said: both ways, `14:32 · 3 分钟前`, `余 2 天 3 时`, `超 40 分`. Pure.

The same phrases go to the browser (`phrases()`), which ticks them; a test holds the two together.
"""

from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock

MINUTE, HOUR, DAY = 60, 3600, 86_400

_PHRASES = {
    "now": _("just now"),
    "ago_minutes": _("%(n)s min ago"),
    "ago_hours": _("%(n)s h ago"),
    "ago_days": _("%(n)s d ago"),
    "in_minutes": _("in %(n)s min"),
    "in_hours": _("in %(n)s h"),
    "in_days": _("in %(n)s d"),
    "left": _("%(span)s left"),
    "over": _("%(span)s over"),
    "days": _("%(n)s d"),
    "hours": _("%(n)s h"),
    "minutes": _("%(n)s min"),
    "under_minute": _("under 1 min"),
    "left_last": _("under 1 min left"),
    "over_first": _("just overdue"),
}


def phrases() -> dict[str, str]:
    """The phrases in the active language, by name, with `%(n)s` and `%(span)s` to fill."""
    return {name: str(phrase) for name, phrase in _PHRASES.items()}


def _say(name: str, value: object) -> str:
    key = "span" if "%(span)s" in str(_PHRASES[name]) else "n"
    return str(_PHRASES[name]) % {key: value}


def span(seconds: int) -> str:
    """A length of time in its two largest units: `2 d 3 h`, `3 h 20 min`, `40 min`."""
    if seconds < MINUTE:
        return str(_PHRASES["under_minute"])
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    parts = [("days", days), ("hours", hours), ("minutes", rest // MINUTE)]
    first = next(index for index, (_name, count) in enumerate(parts) if count)
    return " ".join(_say(name, count) for name, count in parts[first : first + 2] if count)


def ago(seconds: int) -> str:
    """How long ago (or, below zero, in how long) something is."""
    way, length = ("ago", seconds) if seconds >= 0 else ("in", -seconds)
    if length < MINUTE:
        return str(_PHRASES["now"])
    for unit, size in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if length >= size:
            return _say(f"{way}_{unit}", length // size)
    raise AssertionError("a minute or more fits one of the units")


def left(seconds: int) -> str:
    """How much time is left, or by how much it is over."""
    if abs(seconds) < MINUTE:
        return str(_PHRASES["left_last" if seconds >= 0 else "over_first"])
    return _say("left", span(seconds)) if seconds >= 0 else _say("over", span(-seconds))


def clock_of(at: datetime, now: datetime) -> str:
    """The time of day; with the day where it isn't today, with the year where it isn't this one."""
    local, today = at.astimezone(clock.LOCAL), now.astimezone(clock.LOCAL)
    if local.date() == today.date():
        return local.strftime("%H:%M")
    # Translators: a day of this year with its time, in Django's format letters.
    near = gettext("j M H:i")
    # Translators: a day of another year with its time, in Django's format letters.
    far = gettext("j M Y H:i")
    return formats.date_format(local, near if local.year == today.year else far)


def in_full(at: datetime) -> str:
    """The instant to the second with its offset, as paper and the tooltip show it."""
    return at.astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M:%S %z")


def later_than(recorded: datetime | None, occurred: datetime | None) -> bool:
    """Whether something was recorded so much later than it happened that a reader should know."""
    if recorded is None or occurred is None:
        return False
    return (recorded - occurred).total_seconds() >= MINUTE
