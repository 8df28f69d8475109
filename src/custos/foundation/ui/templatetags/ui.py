"""The components that pages are composed of; see each tag for what it takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.ui import moments, ports

register = template.Library()

_SEVERITIES = {1: _("Level 1"), 2: _("Level 2"), 3: _("Level 3"), 4: _("Information")}
_SIGNS = {
    "todo": "clipboard-list",
    "doing": "walk",
    "waiting": "hourglass",
    "done": "check",
    "refused": "ban",
    "late": "alarm",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite (`static_src/icons.txt`). Without `label` it is decoration."""
    url = f"{static('vendor/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, url
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', url)


@register.inclusion_tag("ui/parts/severity.html")
def severity(level: int) -> dict[str, Any]:
    """The sign of a severity 1 to 4: always a shape, a word and a colour."""
    return {"level": int(level), "word": _SEVERITIES[int(level)]}


@register.inclusion_tag("ui/parts/state.html")
def state(tone: str, text: Any) -> dict[str, Any]:
    """A status chip. `tone`: todo, doing, waiting, done, refused or late; `text` says it."""
    return {"tone": tone, "text": text, "sign": _SIGNS[tone]}


@register.inclusion_tag("ui/parts/chip.html")
def chip(person: Any, href: str = "", plain: bool = False) -> dict[str, Any]:
    """A person, the same everywhere: initial, name, cell, number's last four, needs.

    `person` has `name`, and as known `cell_name`, `tail`, `photo` (a URL) and `needs` (short words,
    such as interpreter or never alone). With `href`, or its own `url`, it opens the file; `plain`
    leaves the link out.
    """
    name = str(person.name)
    url = "" if plain else href or getattr(person, "url", "")
    # The given name tells people apart better than the surname that thousands share.
    initial = name[-1:] if name and not name.isascii() else name[:1].upper()
    return {"person": person, "url": url, "initial": initial}


@register.inclusion_tag("ui/parts/moment.html")
def moment(at: datetime | None) -> dict[str, Any]:
    """When something is or was, both ways: `14:32 · 3 分钟前`. A dash for None."""
    if at is None:
        return {"at": None}
    now = clock.now()
    return {
        "at": at,
        "mode": "ago",
        "clock": moments.clock_of(at, now),
        "relative": moments.ago(int((now - at).total_seconds())),
        "full": moments.in_full(at),
    }


@register.inclusion_tag("ui/parts/moment.html")
def deadline(at: datetime | None) -> dict[str, Any]:
    """By when something must be done: `余 2 天 3 时`, overdue `超 40 分`, with the time itself."""
    if at is None:
        return {"at": None}
    now = clock.now()
    seconds = int((at - now).total_seconds())
    return {
        "at": at,
        "mode": "deadline",
        "clock": moments.clock_of(at, now),
        "relative": moments.left(seconds),
        "late": seconds < 0,
        "full": moments.in_full(at),
    }


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline, as the template shows it."""

    row: Any
    by: str
    post: Any


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(
    rows: Iterable[Any], names: Mapping[str, str] | None = None, more: str = ""
) -> dict[str, Any]:
    """Entries, latest first. `names` gives the names of writers by their `by_ref`.

    Rows are `record.queries.Line`, or anything with `occurred_at`, `recorded_at`, `title`, `text`
    and, as known, `by`, `post`, `ground`, `corrects_id`, `corrected`, `erased`, `attachments`.
    `more` is the URL of the page of older lines.
    """
    names = names or {}
    return {
        "happenings": [
            Happening(
                row,
                getattr(row, "by", "") or names.get(str(getattr(row, "by_ref", "")), ""),
                getattr(row, "post", "") or _post_of(row),
            )
            for row in rows
        ],
        "more": more,
    }


def _post_of(row: Any) -> Any:
    code = getattr(row, "by_post", "")
    return ports.post_title(code) if code else _WRITERS.get(getattr(row, "by_kind", ""), "")


@register.filter
def later_than(recorded: datetime, occurred: datetime) -> bool:
    """Whether something was recorded so much later than it happened that a reader should know."""
    return bool(recorded and occurred) and (recorded - occurred).total_seconds() >= moments.MINUTE


_WRITERS = {"device": _("Device"), "system": _("System"), "public": _("Public")}


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, helped: bool = True) -> dict[str, Any]:
    """A form's field with its label, help and errors, tied together for screen readers.

    `helped=False` leaves a foreign form's help out.
    """
    widget = bound.field.widget
    several = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    tick = isinstance(widget, CheckboxInput)
    described = [f"{bound.auto_id}-help"] * bool(helped and bound.help_text)
    described += [f"{bound.auto_id}-error"] * bool(bound.errors)
    attrs: dict[str, Any] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if not several:
        kind = "form-check-input" if tick else "form-control"
        kind = "form-select" if isinstance(widget, Select) else kind
        own = widget.attrs.get("class", "")
        attrs["class"] = f"{own} {kind}{' is-invalid' if bound.errors else ''}".strip()
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attrs),
        "several": several,
        "tick": tick,
    }


@register.inclusion_tag("ui/parts/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """What is wrong with a form as a whole, and links to the fields that are wrong."""
    return {"form": form, "wrong": [bound for bound in form if bound.errors] if form.errors else []}


@register.inclusion_tag("ui/parts/facts.html")
def facts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Facts in two columns: pairs of label and value; a value of None or "" shows as unknown."""
    return {"pairs": [(label, value, isinstance(value, datetime)) for label, value in pairs]}


@register.inclusion_tag("ui/parts/pages.html", takes_context=True)
def pages(context: dict[str, Any], page: Page[Any]) -> dict[str, Any]:
    """Where one is in a long list, and the ways on; keeps the other query parameters."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)

    def to(number: int) -> str:
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "earlier": to(page.previous_page_number()) if page.has_previous() else "",
        "later": to(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("ui/parts/empty.html")
def empty(
    text: Any, hint: Any = "", url: str = "", action: Any = "", checked_at: datetime | None = None
) -> dict[str, Any]:
    """An empty place: what would be here, when it was last checked, and how to make the first."""
    return {
        "text": text,
        "hint": hint,
        "url": url,
        "action": action,
        "checked_at": checked_at or clock.now(),
    }


@register.inclusion_tag("ui/parts/trouble.html")
def trouble(text: Any, kept: Any = "", mend: Any = "", number: str = "") -> dict[str, Any]:
    """A part that failed: what happened, what was kept, what to do, a number for support."""
    return {"text": text, "kept": kept, "mend": mend, "number": number}


@register.simple_block_tag(takes_context=True)
def decision(
    context: dict[str, Any],
    content: str,
    name: str,
    *,
    title: Any,
    action: str,
    submit: Any,
    what: Any,
    whom: Any = "",
    ground: Any = "",
    undoes: Any = "",
    grave: bool = False,
) -> SafeString:
    """A decision, never a bare "sure?": what will happen, to whom, on what ground, what undoes it.

        {% decision "withdraw" title=_("Withdraw") action=url submit=_("Withdraw") what=... %}
          {% field form.reason %}
        {% enddecision %}

    The block is the form's own fields (hidden ones too). A button with `data-opens="withdraw"`
    opens it; `whom` may be a person as `chip` takes it, or text. `grave` marks the button.
    """
    inner = {
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
        "name": name,
        "title": title,
        "action": action,
        "submit": submit,
        "what": what,
        "whom": "" if hasattr(whom, "name") else whom,
        "person": whom if hasattr(whom, "name") else None,
        "ground": ground,
        "undoes": undoes,
        "grave": grave,
        "content": content,
    }
    return SafeString(render_to_string("ui/parts/decision.html", inner))
