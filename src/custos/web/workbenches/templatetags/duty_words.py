"""Codes of the information catalogue, and who is in a cell, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from custos.foundation.custody.queries import PersonShown
from custos.foundation.ui.wording import enumerated

register = template.Library()


@register.simple_tag
def named(codes: Iterable[str], words: Mapping[str, Any]) -> str:
    """Codes as words, one after the other."""
    return enumerated(words.get(code, code) for code in codes)


@register.simple_tag
def by_when(deadline: str, words: Mapping[str, Any]) -> str:
    """A deadline's code in words, or its length in the largest unit that is whole."""
    if deadline in words:
        return str(words[deadline])
    minutes = int(deadline)
    if minutes % 1440 == 0 and minutes > 2880:
        days = minutes // 1440
        return ngettext("within %(count)s day", "within %(count)s days", days) % {"count": days}
    if minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("within %(count)s hour", "within %(count)s hours", hours) % {"count": hours}
    return ngettext("within %(count)s minute", "within %(count)s minutes", minutes) % {
        "count": minutes
    }


@register.simple_tag
def cell_heading(people: Sequence[PersonShown]) -> str:
    """Who is in a cell now: those who are outside belong to it and are not in it."""
    outside = sum(1 for person in people if person.outside)
    inside = len(people) - outside
    words = [gettext("In the cell now")]
    if people:
        words.append(ngettext("%(n)s person", "%(n)s people", inside) % {"n": inside})
    if outside:
        words.append(gettext("%(n)s more outside") % {"n": outside})
    return " · ".join(words)
