"""The components that pages are composed of; see each tag for what it takes."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.ui import charts, happenings, moments, papers, plans, ports, signs

register = template.Library()


register.simple_tag(signs.icon)
register.simple_tag(signs.severity)
register.simple_tag(signs.state)
register.simple_tag(signs.moment)
register.simple_tag(signs.deadline)
register.filter("grouped", papers.grouped)


# A page holds dozens of these: written out here they cost a tenth of what a template of their own
# does, which is most of what a list or a timeline costs.
_FACE = SafeString('<img class="chip-face" src="{}" alt="">')
_INITIAL = SafeString('<span class="chip-face" aria-hidden="true">{}</span>')
_TAIL = SafeString('<span class="chip-tail" title="{}">…{}</span>')


@register.simple_tag
def chip(person: Any, href: str = "", plain: bool = False) -> SafeString:
    """A person, the same everywhere: initial, name, cell, number's last four, needs.

    `person` has `name`, and as known `facility_name`, `cell_name`, `tail`, `photo` (a URL) and `needs`
    (short words, such as interpreter or never alone). With `href`, or its own `url`, it opens the file;
    `plain` leaves the link out.
    """
    name = str(person.name)
    url = "" if plain else href or getattr(person, "url", "")
    photo, facility = getattr(person, "photo", ""), getattr(person, "facility_name", "")
    cell, tail = getattr(person, "cell_name", ""), getattr(person, "tail", "")
    where = [format_html('<span class="chip-facility">{}</span>', facility)] if facility else []
    where += [format_html("<span>{}</span>", cell)] if cell else []
    where += [format_html(_TAIL, gettext("Last four of the number"), tail)] if tail else []
    return format_html(
        '{}{}<span class="chip-text"><span class="chip-name">{}</span>{}</span>{}{}',
        format_html('<a class="chip" href="{}">', url) if url else _CHIP,
        format_html(_FACE, photo) if photo else format_html(_INITIAL, _initial(name)),
        name,
        format_html('<span class="chip-where">{}</span>', SafeString("".join(where)))
        if where
        else "",
        format_html_join(
            "", '<span class="need">{}</span>', ((need,) for need in getattr(person, "needs", ()))
        ),
        SafeString("</a>" if url else "</span>"),
    )


_CHIP = SafeString('<span class="chip">')


def _initial(name: str) -> str:
    """The given name tells people apart better than the surname that thousands share."""
    letters = [sign for sign in name.partition("（")[0] if sign.isalpha()]
    return (letters[-1] if not name.isascii() else letters[0].upper()) if letters else ""


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(
    rows: Iterable[Any],
    names: Mapping[str, str] | None = None,
    more: str = "",
    doors: Mapping[Any, Sequence[tuple[Any, str]]] | None = None,
) -> dict[str, Any]:
    """Entries, latest first. `names` gives the names of writers by their `by_ref`, and of the second person
    of an act of two by `second_ref`.

    Rows are `record.queries.Line`, or anything with `occurred_at`, `recorded_at`, `title`, `text`
    and, as known, `by`, `post`, `second_ref`, `ground`, `corrects_id`, `corrected`, `erased`,
    `attachments`.
    `more` is the URL of the page of older lines, `doors` what may be done about an entry: by its id,
    pairs of words and URL.
    """
    names, doors = names or {}, doors or {}
    body = [
        happenings.written(
            row,
            by=getattr(row, "by", "") or names.get(str(getattr(row, "by_ref", "")), ""),
            post=getattr(row, "post", "") or _post_of(row),
            second=_second_of(row, names),
            doors=doors.get(getattr(row, "id", None), ()),
        )
        for row in rows
    ]
    return {"body": SafeString("".join(body)), "more": more}


def _second_of(row: Any, names: Mapping[str, str]) -> str:
    ref = getattr(row, "second_ref", "")
    return happenings.together_with(names.get(ref, "")) if ref else ""


def _post_of(row: Any) -> Any:
    code = getattr(row, "by_post", "")
    return ports.post_title(code) if code else _WRITERS.get(getattr(row, "by_kind", ""), "")


_WRITERS = {"device": _("Device"), "system": _("System"), "public": _("Public")}


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, helped: bool = True) -> dict[str, Any]:
    """A form's field with its label, help and errors, tied together for screen readers.

    `helped=False` leaves a foreign form's help out.
    """
    widget = bound.field.widget
    several = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    tick = isinstance(widget, CheckboxInput)
    if not helped:
        bound = copy(bound)
        bound.help_text = ""  # Django would tie the input to the help all the same
    described = [f"{bound.auto_id}-help"] * bool(bound.help_text)
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
        "help": bound.help_text,
        "optional": not (
            bound.field.required or bound.errors or getattr(bound.field, "where_needed", False)
        ),
    }


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """A field's control alone, where its label stands elsewhere: in the sentence of a list's filters."""
    kind = "form-select" if isinstance(bound.field.widget, Select) else "form-control"
    attrs: dict[str, Any] = {"class": f"{kind}{' is-invalid' if bound.errors else ''}"}
    if bound.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}-error"}
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("ui/parts/form_errors.html")
def form_errors(
    *forms: Any, saved: bool = False, asks: bool = False, filed: Any = None
) -> dict[str, Any]:
    """What is wrong with the forms that are sent together as a whole, and links to the fields that are
    wrong, in one box. `saved` where what was typed is kept all the same, as in a wizard; `asks` where the
    form only asks for something, and saves nothing; `filed` is the request for a second person that stands
    already, where one does: it isn't lost by what is wrong now.
    """
    sent = [form for form in forms if form and form.errors]
    request = next((form.filed for form in sent if getattr(form, "filed", None)), filed)
    return {
        "general": [error for form in sent for error in form.non_field_errors()],
        "wrong": [bound for form in sent for bound in form if bound.errors],
        "saved": saved,
        "asks": asks,
        "filed": request is not None and not (request.confirmed_at or request.declined_at),
    }


@register.inclusion_tag("ui/parts/facts.html")
def facts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Facts in two columns: pairs of label and value; a value of None or "" shows as unknown, a day as
    everywhere: 2026-11-30.
    """
    return {
        "pairs": [
            (label, value, True)
            if isinstance(value, datetime)
            else (label, value.isoformat() if isinstance(value, date) else value, False)
            for label, value in pairs
        ]
    }


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


@register.inclusion_tag("ui/parts/listing.html", takes_context=True)
def listing(context: dict[str, Any], listing: Any) -> dict[str, Any]:
    """A data table with everything around it; `listing` is a `ui.listing.Listing`."""
    return {"listing": listing, "csrf_token": context.get("csrf_token"), "request": listing.request}


@register.inclusion_tag("ui/parts/rows.html")
def rows(table: Any, label: Any = "", listing: Any = None) -> dict[str, Any]:
    """The rows of a `ui.listing.Table` and nothing around them; `label` says what they are."""
    if listing is not None:
        heads, cells, label = listing.heads, listing.cells, listing.title
    else:
        columns = list(table.columns)
        heads = [{"title": c.header, "kind": c.column.kind} for c in columns]
        cells = table.cells([c.name for c in columns], table.rows)
    return {"heads": heads, "body": SafeString("".join(map(_row, cells))), "label": label}


def _row(row: tuple[str, Sequence[tuple[SafeString, Any]]]) -> str:
    key, cells = row
    inner = "".join(f"{begin}{conditional_escape(content)}</td>" for begin, content in cells)
    return format_html('<tr data-key="{}">{}</tr>', key, SafeString(inner))


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


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of an object's page."""

    url: str
    title: Any
    here: bool
    count: int | None


@register.inclusion_tag("ui/parts/tabs.html", takes_context=True)
def tabs(
    context: dict[str, Any], items: Iterable[tuple[str, Any, int | None]], here: str, label: Any
) -> dict[str, Any]:
    """The tabs of an object's page: name, title and, where something is counted, its number.

    A tab is an address of its own (`?tab=name`), so that a link leads to it and back comes back.
    """
    path = context["request"].path
    return {
        "tabs": [Tab(f"{path}?tab={name}", title, name == here, n) for name, title, n in items],
        "label": label,
    }


@register.inclusion_tag("ui/parts/tile.html")
def tile(
    title: Any,
    value: Any,
    unit: Any = "",
    note: Any = "",
    url: str = "",
    tone: str = "calm",
    sign: str = "",
    word: Any = "",
) -> dict[str, Any]:
    """One figure with its meaning: `value` (None: not known) in `unit`, what it is measured against
    as `note`, and where it leads. `tone`: calm, near or over; then say it as well, by a `state`'s
    `sign` and `word`.
    """
    return {
        "title": title,
        "value": value,
        "unit": unit,
        "note": note,
        "url": url,
        "tone": tone,
        "sign": sign,
        "word": word,
    }


@register.inclusion_tag("ui/parts/plan.html")
def plan(
    wings: Sequence[plans.Wing],
    measure: Any,
    measures: Iterable[tuple[str, Any, bool]] = (),
) -> dict[str, Any]:
    """A floor plan of `plans.Wing`s, labelled by `measure`; `measures` are links to others."""
    legend: dict[str, Any] = {}
    for wing in wings:
        for room in wing.rooms:
            legend.setdefault(room.tone, room.meaning)
    return {
        "wings": [
            (w, plans.drawn(w, plans.WIDE), plans.drawn(w, plans.NARROW, filled=True))
            for w in wings
        ],
        "measure": measure,
        "measures": measures,
        "legend": sorted(legend.items(), key=lambda item: _TONES.index(item[0])),
        "width": plans.WIDTH,
        "height": plans.HEIGHT,
        "corridor": plans.CORRIDOR,
    }


_TONES = ("over", "near", "calm", "low", "none")


@register.inclusion_tag("ui/parts/chart.html")
def chart(chart: charts.Chart) -> dict[str, Any]:
    """A chart with its numbers behind it. The page needs `{% chart_scripts %}` in `scripts`."""
    return {"chart": chart, "spec": chart.spec(gettext("missing")), "data_id": f"{chart.name}-data"}


@register.simple_tag
def chart_scripts() -> SafeString:
    """What draws charts; only pages that have some load it."""
    return format_html(
        '<script src="{}" defer></script><script type="module" src="{}"></script>',
        static("vendor/echarts.js"),
        static("ui/charts.js"),
    )


@register.inclusion_tag("ui/parts/paper.html")
def paper(paper: papers.Paper) -> dict[str, Any]:
    """A document on A4 sheets, as it will be printed."""
    return {
        "paper": paper,
        "sheets": paper.sheets,
        "code": papers.grouped(paper.code),
        "printed_at": moments.in_full(paper.printed_at)[:16],
    }


@register.inclusion_tag("ui/parts/waiting.html")
def waiting(what: Any, seconds: int = 1) -> dict[str, Any]:
    """What is being done, for how long, and a way to stop it. The shell shows one by itself for
    whatever takes longer than a second; see `waiting.js`.
    """
    return {"what": what, "seconds": seconds}


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
    where: Any = "",
    ground: Any = "",
    undoes: Any = "",
    grave: bool = False,
    shown: Any = False,
) -> SafeString:
    """A decision, never a bare "sure?": what will happen, to whom, on what ground, what undoes it.

        {% decision "withdraw" title=_("Withdraw") action=url submit=_("Withdraw") what=... %}
          {% field form.reason %}
        {% enddecision %}

    The block is the form's own fields (hidden ones too). A button with `data-opens="withdraw"`
    opens it; `whom` may be a person as `chip` takes it, or text, and `where` is the place it is about.
    `grave` marks the button. With `shown` (the errors of its form) it stands open when the page comes.
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
        "where": where,
        "person": whom if hasattr(whom, "name") else None,
        "ground": ground,
        "undoes": undoes,
        "grave": grave,
        "shown": shown,
        "content": content,
    }
    return SafeString(render_to_string("ui/parts/decision.html", inner))
