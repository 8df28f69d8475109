"""Assessment of duty: a facility's month for its leader, facilities side by side, one's own figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.deciding import ProofForm
from custos.foundation.errors import CustosError, Missing
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import listing
from custos.foundation.ui.forms import Form
from custos.foundation.ui.methods import form_of
from custos.prevention.duty.assessment import plan, queries, services
from custos.prevention.duty.assessment.plan import By, Figure, Figures, MeasureId, Month
from custos.prevention.duty.assessment.queries import MonthShown, Row
from custos.prevention.duty.assessment.services import READERS, SIGNERS

#: By what a leader looks at the figures; the first is what the page begins with.
WAYS: Mapping[str, Any] = {
    "post": gettext_lazy("By post"),
    "shift": gettext_lazy("By shift"),
    "officer": gettext_lazy("By officer"),
    "kind": gettext_lazy("By kind of staff"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table, with that of the month before, and where its cases are."""

    figure: Figure | None
    before: Figure | None
    counts: bool
    url: str = ""

    def __str__(self) -> str:
        """As a spreadsheet has it."""
        return in_short(self.figure, self.counts)


def in_short(figure: Figure | None, counts: bool) -> str:
    """A figure in one line; what has too few cases is a count, never a share."""
    if figure is None:
        return "—"
    if counts:
        return str(figure.cases)
    said = f"{figure.kept} / {figure.cases}"
    return said if figure.percent is None else f"{figure.percent}% · {said}"


def _remarks(cell: Cell) -> list[str]:
    """What stands below a figure: how long the middle case took, and what of the rest is nobody's."""
    figure, said = cell.figure, []
    if figure and figure.median is not None and not figure.is_few:
        said.append(_("half within %(time)s") % {"time": _length(figure.median)})
    if figure:
        for count, words in (
            (figure.short, _("%(count)s while the post was short")),
            (figure.nobody, _("%(count)s with nobody signed on")),
            (figure.several, _("%(count)s of several together")),
        ):
            if count:
                said.append(words % {"count": count})
    if cell.before:
        said.append(_("month before: %(figure)s") % {"figure": in_short(cell.before, cell.counts)})
    return said


def _length(seconds: int) -> str:
    minutes = max(1, -(-seconds // 60))
    if minutes < 120:
        return _("%(count)s min") % {"count": minutes}
    return _("%(count)s h") % {"count": round(minutes / 60)}


def shown(cell: Cell) -> SafeString:
    """A figure in a cell, with what stands below it."""
    short = in_short(cell.figure, cell.counts)
    head = format_html('<a href="{}">{}</a>', cell.url, short) if cell.url else short
    below = format_html_join(
        "", '<span class="quiet">{}</span>', ((one,) for one in _remarks(cell))
    )
    return format_html(
        '<div class="duty-figure"><span class="duty-figure-main">{}</span>{}</div>', head, below
    )


class FigureColumn(listing.Column):
    """A figure of a measure, with that of the month before."""

    def shown(self, value: Any, record: Any) -> Any:
        return shown(value)


class FigureTable(listing.Table):
    """Figures of posts, shifts, officers or kinds of staff, by name; nothing ranks them."""

    title = listing.Column(verbose_name=pgettext_lazy("figures", "Of whom"))
    reported = FigureColumn()
    first_action = FigureColumn()
    closing = FigureColumn()
    rounds = FigureColumn()
    answers = FigureColumn()
    taken_over = FigureColumn()

    def __init__(self, rows: Any) -> None:
        super().__init__(rows, orderable=False)
        for measure in queries.measures():
            self.columns[measure.id].column.verbose_name = queries.in_words(measure.title)


class MonthColumn(listing.LinkColumn):
    """A facility, which leads to its month."""

    def url(self, record: Any) -> str:
        """Where its month stands."""
        return reverse(self.route, args=[record["id"], record["month"]])


class FacilityTable(FigureTable):
    """Facilities side by side."""

    title = MonthColumn(route="assessment_month", verbose_name=gettext_lazy("Facility"))
    signed = listing.StateColumn(verbose_name=pgettext_lazy("a month", "Signed"))


class WordsForm(Form):
    """What an officer says to a figure, or a leader replies."""

    text = forms.CharField(
        label=gettext_lazy("What you say to it"),
        max_length=services.LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _month(text: str | None, at: datetime) -> Month:
    """The month that an address names; the last that is over where it names none. Raises `Missing`."""
    if not text:
        return Month.of(clock.day_of(at)).before
    try:
        found = Month(datetime.strptime(text, "%Y-%m").date())  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise Missing("assessment.no_month", _("There is no such month.")) from None
    if not 2000 <= found.first.year <= 2199 or found.begins > at:
        raise Missing("assessment.no_month", _("There is no such month."))
    return found


def _cells(figures: Figures, before: Figures, url: str = "") -> dict[str, Cell]:
    return {
        measure.id: Cell(
            figures.get(measure.id),
            before.get(measure.id),
            measure.kind == "count",
            f"{url}&measure={measure.id}" if url and _leads(figures, measure.id) else "",
        )
        for measure in queries.measures()
    }


def _leads(figures: Figures, measure: MeasureId) -> bool:
    """Whether a figure has cases to be looked at; what was reported is read where it was."""
    return measure in figures and measure != "reported"


def _rows(found: MonthShown, rows: list[Row]) -> list[dict[str, Any]]:
    where = reverse("assessment_cases", args=[found.facility.pk, str(found.month)])
    return [
        {"id": row.key, "title": row.title}
        | _cells(row.figures, row.before, f"{where}?{urlencode({'by': row.by, 'key': row.key})}")
        for row in rows
    ]


def _definitions() -> list[tuple[str, str]]:
    return [(queries.in_words(m.title), queries.in_words(m.definition)) for m in queries.measures()]


def _ways_on(month: Month, at: datetime) -> dict[str, Any]:
    return {
        "month": month,
        "earlier": str(month.before),
        "later": str(month.after) if month.ends <= at else "",
        "definitions": _definitions(),
        "source": queries.in_words(plan.rules().source),
        "version": plan.rules().version,
        "fewest": plan.rules().fewest,
    }


@require_GET
@gate.posts(*READERS)
def now(request: HttpRequest) -> HttpResponse:
    """The last month of the own facility; a higher tier begins with its facilities."""
    acting, at = acting_in(request), clock.now()
    if acting.organization.tier is Tier.FACILITY:
        return _page(request, acting.organization.pk, "")
    return _side_by_side(request, acting.organization, _month(request.GET.get("month"), at), at)


def _side_by_side(
    request: HttpRequest, above: Organization, month: Month, at: datetime
) -> HttpResponse:
    page = queries.side_by_side(above, month, at, request.GET.get("page"))
    rows = [
        {
            "id": one.facility.pk,
            "title": one.facility.name,
            "month": str(month),
            "signed": ("done", _("signed")) if one.signed_at else ("waiting", _("not signed")),
        }
        | _cells(one.figures, one.before)
        for one in page.object_list
    ]
    context = {"page": page, "table": FacilityTable(rows), "rows": rows, "organization": above}
    return render(request, "workbenches/assessment_facilities.html", context | _ways_on(month, at))


@require_GET
@gate.posts(*READERS)
def page(request: HttpRequest, facility_id: int, month: str) -> HttpResponse:
    """A facility's month: its figures, what officers said to theirs, and its signature."""
    return _page(request, facility_id, month)


def _page(
    request: HttpRequest, facility_id: int, month: str, *, own: ProofForm | None = None
) -> HttpResponse:
    acting, at = acting_in(request), clock.now()
    found = queries.month_of(organizations.facility(facility_id), _month(month, at), at)
    way = request.GET.get("tab", "post")
    way = way if way in WAYS else "post"
    rows = _rows(found, [found.whole, *found.rows(cast(By, way))])
    context = {
        "found": found,
        "way": way,
        "ways": [(name, words, None) for name, words in WAYS.items()],
        "table": FigureTable(rows),
        "differences": [
            (found.title_of(one.by, one.key), queries.title_of(one.measure), *_both(one))
            for one in found.differences
        ][:50],
        "may_reply": _signs(acting, found),
        "me": acting.actor.ref,
        "may_sign": _signs(acting, found) and found.is_over and not found.signed,
        "waiting": [one for one in found.unreplied if one.staff_ref != acting.actor.ref],
    }
    if context["may_sign"]:
        context["own"] = own or ProofForm(request, sent=False)
    status = 422 if own is not None else 200
    whole = context | _ways_on(found.month, at)
    return render(request, "workbenches/assessment.html", whole, status=status)


def _both(one: plan.Difference) -> tuple[str, str]:
    counts = one.measure in ("taken_over", "reported")
    return in_short(one.signed, counts), in_short(one.now, counts)


def _signs(acting: Acting, found: MonthShown) -> bool:
    at_home = acting.organization.pk == found.facility.pk
    return at_home and acting.post in SIGNERS and acting.actor.is_officer


@require_GET
@gate.posts(*READERS)
def export(request: HttpRequest, facility_id: int, month: str) -> HttpResponse:
    """All figures of a month as a spreadsheet, by post, shift, officer and kind of staff."""
    at = clock.now()
    found = queries.month_of(organizations.facility(facility_id), _month(month, at), at)
    rows = [found.whole, *(row for way in WAYS for row in found.rows(cast(By, way)))]
    title = _("Assessment of duty %(month)s") % {"month": found.month}
    lines = [
        f"{found.facility.name} · {title}",
        _("By version %(version)s of the rules") % {"version": plan.rules().version},
        _("signed") if found.signed else _("not signed"),
    ]
    return listing.workbook_of(
        request, FigureTable(_rows(found, rows)), name=f"assessment-{found.month}", lines=lines
    )


@require_GET
@gate.posts(*READERS)
def cases(request: HttpRequest, facility_id: int, month: str) -> HttpResponse:
    """The cases behind a figure, those first that were not kept."""
    acting, at = acting_in(request), clock.now()
    facility, which = organizations.facility(facility_id), _month(month, at)
    measure, by = request.GET.get("measure", "first_action"), request.GET.get("by", "facility")
    key, wanted = request.GET.get("key", ""), request.GET.get("page", "1")
    known = {one.id for one in queries.measures()} - {"reported"}
    if measure not in known or by not in {"facility", *WAYS} or len(key) > 64:
        raise Missing("assessment.no_figure", _("There is no such figure."))
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 5 else 1
    found = queries.behind(
        facility,
        which,
        measure,
        cast(By, by),
        key,
        reader=acting.actor,
        at=at,
        page=max(1, number),
    )
    context = {
        "facility": facility,
        "month": which,
        "way": by if by in WAYS else "post",
        "title": queries.title_of(measure),
        "behind": found,
        "later": number + 1 if number * queries.A_PAGE < found.count else 0,
        "query": urlencode({"measure": measure, "by": by, "key": key}),
    }
    return render(request, "workbenches/assessment_cases.html", context)


def _address(facility_id: int, month: str) -> str:
    return reverse("assessment_month", args=[facility_id, month])


@form_of(_address)
@gate.posts(*SIGNERS)
def sign(request: HttpRequest, facility_id: int, month: str) -> HttpResponse:
    """A leader signs a month as they saw it."""
    acting, own = acting_in(request), ProofForm(request)
    facility = organizations.facility(facility_id)
    if own.is_valid():
        try:
            services.sign(
                facility,
                _month(month, clock.now()),
                request.POST.get("digest", ""),
                by=acting.actor,
                proven_at=own.proven_at,
            )
        except Missing:
            raise
        except CustosError as error:
            messages.error(request, error.words)
        else:
            messages.success(request, _("Signed. What is recorded later changes nothing of it."))
            return redirect("assessment_month", facility_id, month)
    return _page(request, facility_id, month, own=own)


def _back(answer_id: UUID) -> str:
    return reverse("assessment")


@form_of(_back)
@gate.posts(*SIGNERS)
def reply(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """A leader replies to what an officer said to a figure."""
    acting, form = acting_in(request), WordsForm(request.POST)
    words = form.cleaned_data["text"] if form.is_valid() else request.POST.get("text", "")
    try:
        row = services.reply(answer_id, words, by=acting.actor).answer
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
        return redirect("assessment")
    messages.success(request, _("Replied. The officer reads it beside their figure."))
    return redirect("assessment_month", row.organization_id, f"{row.month:%Y-%m}")


@require_GET
@gate.posts(*DUTY_POSTS)
def own(request: HttpRequest) -> HttpResponse:
    """One's own figures of a month, and what one says to them."""
    return _own(request, request.GET.get("month"))


def _own(
    request: HttpRequest, month: str | None, *, form: WordsForm | None = None, measure: str = ""
) -> HttpResponse:
    acting, at = acting_in(request), clock.now()
    which = _month(month, at)
    found = queries.own(acting.organization, which, acting.actor, at)
    cells = _cells(found.row.figures, found.row.before)
    context = {
        "found": found,
        "figures": [
            {
                "id": one.id,
                "title": queries.in_words(one.title),
                "definition": queries.in_words(one.definition),
                "shown": shown(cells[one.id]),
                "may_answer": one.id in found.row.figures,
                "answers": [said for said in found.answers if said.measure == one.id],
                "form": form if form is not None and one.id == measure else WordsForm(),
                "open": one.id == measure,
            }
            for one in queries.measures()
        ],
        "organization": acting.organization,
    }
    status = 422 if form is not None else 200
    whole = context | _ways_on(which, at)
    return render(request, "workbenches/assessment_own.html", whole, status=status)


def _own_address() -> str:
    return reverse("assessment_own")


@form_of(_own_address)
@gate.posts(*DUTY_POSTS)
def answer(request: HttpRequest) -> HttpResponse:
    """Say something to a figure of one's own."""
    acting, form = acting_in(request), WordsForm(request.POST)
    month, measure = request.POST.get("month", ""), request.POST.get("measure", "")
    which = _month(month, clock.now())
    if form.is_valid():
        try:
            services.answer(
                acting.organization, which, measure, form.cleaned_data["text"], by=acting.actor
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(
                request, _("Said. Your leader reads it beside the figure and replies.")
            )
            return redirect(f"{_own_address()}?{urlencode({'month': str(which)})}")
    return _own(request, str(which), form=form, measure=measure)
