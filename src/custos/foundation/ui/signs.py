"""The smallest parts of a page, which stand in it by the dozen: an icon, a sign, and when something was.

They are written out here: a template of their own would cost ten times as much.
"""

from datetime import datetime
from functools import cache
from typing import Any

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.ui import moments

_MOMENT = (
    '<time class="moment" datetime="{}" data-moment="ago" title="{}">'
    '<span class="moment-clock">{}</span> <span class="moment-dot">·</span>'
    ' <span class="moment-relative" data-relative>{}</span>'
    '<span class="moment-full">{}</span></time>'
)
_DEADLINE = (
    '<time class="moment{}" datetime="{}" data-moment="deadline" title="{}">'
    '<span class="moment-relative" data-relative>{}</span> <span class="moment-dot">·</span>'
    ' <span class="moment-clock">{}</span>'
    '<span class="moment-full">{}</span></time>'
)
#: What each severity is called, gravest first.
SEVERITIES = {1: _("Level 1"), 2: _("Level 2"), 3: _("Level 3"), 4: _("Information")}
_SHAPES = {
    1: '<path d="M8 1.5 15 14.5H1z"/>',
    2: '<path d="M8 .8 15.2 8 8 15.2.8 8z"/>',
    3: '<circle cx="8" cy="8" r="6.4"/>',
}
_SIGNS = {
    level: SafeString(f'<svg class="sign" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>')
    for level, shape in _SHAPES.items()
}
_TONES = {
    "todo": "clipboard-list",
    "doing": "walk",
    "waiting": "hourglass",
    "done": "check",
    "refused": "ban",
    "late": "alarm",
}
NEVER = SafeString('<span class="none">—</span>')


def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite (`static_src/icons.txt`). Without `label` it is decoration."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, _url(name)
        )
    return _decoration(name)


@cache
def _decoration(name: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', _url(name))


def _url(name: str) -> str:
    return f"{static('vendor/icons.svg')}#{name}"


def severity(level: int) -> SafeString:
    """The sign of a severity 1 to 4: always a shape, a word and a colour."""
    level = int(level)
    sign, word = _SIGNS.get(level, ""), SEVERITIES[level]
    return format_html('<span class="severity severity-{}">{}{}</span>', level, sign, word)


def state(tone: str, text: Any) -> SafeString:
    """A status chip. `tone`: todo, doing, waiting, done, refused or late; `text` says it."""
    return format_html(
        '<span class="state state-{}">{}{}</span>', tone, _decoration(_TONES[tone]), text
    )


def moment(at: datetime | None) -> SafeString:
    """When something is or was, both ways: `14:32 · 3 分钟前`. A dash for None."""
    if at is None:
        return NEVER
    now, full = clock.now(), moments.in_full(at)
    said = moments.ago(int((now - at).total_seconds()))
    return format_html(_MOMENT, at.isoformat(), full, moments.clock_of(at, now), said, full)


def deadline(at: datetime | None) -> SafeString:
    """By when something must be done: `余 2 天 3 时`, overdue `超 40 分`, with the time itself."""
    if at is None:
        return NEVER
    now, full = clock.now(), moments.in_full(at)
    seconds = int((at - now).total_seconds())
    return format_html(
        _DEADLINE,
        " moment-late" if seconds < 0 else "",
        at.isoformat(),
        full,
        moments.left(seconds),
        moments.clock_of(at, now),
        full,
    )
