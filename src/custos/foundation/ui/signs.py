"""The smallest parts of a page, which stand in it by the dozen: an icon, and when something was.

They are written out here: a template of their own would cost ten times as much.
"""

from datetime import datetime
from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
