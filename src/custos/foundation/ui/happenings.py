"""A line of a timeline, written out: a file shows twenty, and a template makes one ten times slower."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from custos.foundation.ui import moments, signs

_ROW = (
    '<li class="timeline-row{}"{}><div class="timeline-when">{}</div>'
    '<div class="timeline-what"><p class="timeline-title"><span class="timeline-name">{}</span>{}</p>'
    '{}{}{}<p class="timeline-by">{}</p>{}</div></li>'
)


def together_with(name: str) -> str:
    """The second person of an act of two, in words; also where their name isn't known here."""
    if not name:
        return _("together with a second officer")
    return _("together with %(name)s") % {"name": name}


def written(
    row: Any, *, by: Any, post: Any, second: str, doors: Sequence[tuple[Any, str]]
) -> SafeString:
    """One entry as a list item: when, what, in which words, on what ground, by whom.

    `row` as the tag `timeline` takes it; `by` and `post` name the writer, `second` says who confirmed an
    act of two, `doors` are pairs of words and URL of what may be done about the entry.
    """
    corrected, erased = getattr(row, "corrected", False), getattr(row, "erased", False)
    key = getattr(row, "id", None)
    return format_html(
        _ROW,
        f"{' is-corrected' if corrected else ''}{' is-erased' if erased else ''}",
        format_html(' id="entry-{}" data-key="{}"', key, key) if key else "",
        signs.moment(row.occurred_at),
        row.title,
        _flags(getattr(row, "corrects_id", None), corrected),
        _text(row.text, erased),
        _ground(getattr(row, "ground", "")),
        _files(getattr(row, "attachments", ())),
        _writer((by, post, second), row.recorded_at, row.occurred_at),
        _doors(doors),
    )


def _flags(corrects: Any, corrected: bool) -> str:
    flags = ""
    if corrects:
        flags += format_html(
            ' <span class="flag">{}{}</span>', signs.icon("pencil"), _("Correction")
        )
    if corrected:
        flags += format_html(' <span class="flag">{}</span>', _("Corrected later"))
    return SafeString(flags)


def _text(text: Any, erased: bool) -> str:
    if erased:
        lost = _(
            "The content is not shown: it was lawfully erased, or this station doesn't know its kind."
        )
        return format_html('<p class="timeline-text">{}{}</p>', signs.icon("lock"), lost)
    return format_html('<p class="timeline-text">{}</p>', text) if text else ""


def _ground(ground: Any) -> str:
    if not ground:
        return ""
    said = _("Ground: %(ground)s") % {"ground": ground}
    return format_html('<p class="timeline-ground">{}</p>', said)


def _files(files: Sequence[Any]) -> str:
    if not files:
        return ""
    clip = signs.icon("paperclip")
    # The record gives what a payload says of its files; the gallery gives objects.
    names = (file["name"] if isinstance(file, Mapping) else file.name for file in files)
    named = format_html_join("", "<span>{}{}</span>", ((clip, name) for name in names))
    return format_html('<p class="timeline-files">{}</p>', named)


def _writer(who: Sequence[Any], recorded: datetime | None, occurred: datetime | None) -> str:
    said = format_html_join("", "<span>{}</span>", ((one,) for one in who if one))
    if moments.later_than(recorded, occurred):
        said += format_html("<span>{} {}</span>", _("Recorded"), signs.moment(recorded))
    return said


def _doors(doors: Sequence[tuple[Any, str]]) -> str:
    links = format_html_join("", '<a href="{}">{}</a>', ((url, words) for words, url in doors))
    return format_html('<p class="timeline-doors">{}</p>', links) if links else ""
