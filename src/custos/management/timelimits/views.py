"""The board, the calendar, figures and warnings of a facility; the clock of a person and its papers."""

import re
from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate, rates
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import lists
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import queries as people
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing
from custos.foundation.limits import law
from custos.foundation.media import services as media
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import queries as record
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import charts
from custos.foundation.ui.listing import Listing
from custos.foundation.ui.methods import form_of
from custos.foundation.ui.papers import Paper as Printed
from custos.management.timelimits import (
    catalogue,
    drawing,
    engine,
    former,
    forms,
    kinds,
    letters,
    queries,
    services,
    showing,
    tables,
    waiting,
)

ENTERING = tuple(sorted(kinds.ENTERING))
NOTIFYING = tuple(sorted(kinds.NOTIFYING))
#: How many results of before a page lists.
_FORMER = 20


# ---------------------------------------------------------------------- the board


def _board(request: HttpRequest) -> Listing:
    acting = acting_in(request)
    return Listing(
        request,
        tables.BoardInFacility if acting.organization.tier is Tier.FACILITY else tables.BoardBelow,
        queries.board(),
        name="limits",
        title=_("Limits of custody"),
        noun=lists.people,
        present=queries.held,
        filters=tables.BoardFilters(request.GET, acting=acting),
        export="limits_export",
        nothing=_("Nobody is held with such a clock"),
        hint=_(
            "Everybody in custody stands here: first whom no document holds, then whoever has least time "
            "left."
        ),
    )


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("limits.board")
def board(request: HttpRequest) -> HttpResponse:
    """Everybody held by the time that is left, and how many are near or past their limit."""
    acting = acting_in(request)
    context: dict[str, Any] = {
        "figures": queries.figures(acting.organization.pk),
        "warnings": queries.open_warnings(acting.organization.pk),
        "organization": acting.organization,
    }
    if request.headers.get("X-Live") == "true":
        return render(request, "timelimits/_figures.html", context)
    context["waiting"], context["more"] = waiting.within(acting.organization.pk)
    context["listing"] = _board(request)
    return render(request, "timelimits/board.html", context)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("limits.export")
@rates.limited("export")
def board_export(request: HttpRequest) -> HttpResponse:
    """The board as a spreadsheet; everybody in it stands in the access log."""
    return _board(request).workbook()


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar."""

    on: date
    people: int
    within: bool
    today: bool
    url: str


@require_GET
@gate.posts(*DUTY_POSTS)
def calendar(request: HttpRequest) -> HttpResponse:
    """How many limits end on each day of a month; names nobody."""
    acting, today = acting_in(request), clock.today()
    first = _month(request.GET.get("month", ""), today)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    ends = queries.ends_by_day(acting.organization.pk, weeks[0][0], weeks[-1][-1])
    board_url = reverse("limits")
    days = [
        [
            Day(
                on,
                ends.get(on, 0),
                on.month == first.month,
                on == today,
                f"{board_url}?{urlencode({'day': on.isoformat()})}",
            )
            for on in week
        ]
        for week in weeks
    ]
    after = (first + timedelta(days=31)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    context = {
        "first": first,
        "weeks": days,
        "count": sum(day.people for week in days for day in week if day.within),
        "earlier": f"?month={before:%Y-%m}",
        "later": f"?month={after:%Y-%m}",
        "organization": acting.organization,
    }
    return render(request, "timelimits/calendar.html", context)


def _month(text: str, today: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


@require_GET
@gate.posts(*DUTY_POSTS)
def statistics(request: HttpRequest) -> HttpResponse:
    """Figures by authority and stage; names nobody."""
    acting = acting_in(request)
    rows = queries.by_authority(acting.organization.pk)
    chart = charts.Chart(
        "by-authority",
        _("People held by handling authority"),
        _("Beyond the limit there should be nobody."),
        _("people"),
        [row.title for row in rows],
        [
            charts.Series(_("held"), [row.held for row in rows]),
            charts.Series(_("beyond the limit"), [row.over for row in rows]),
        ],
        label_title=_("Handling authority"),
    )
    states = [
        (kinds.state_title(state) if state else _("no basis"), people, over)
        for state, people, over in queries.by_state(acting.organization.pk)
    ]
    context = {
        "rows": rows,
        "states": states,
        "chart": chart if rows else None,
        "figures": queries.figures(acting.organization.pk),
        "organization": acting.organization,
    }
    return render(request, "timelimits/statistics.html", context)


# ---------------------------------------------------------------------- one person's clock


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("limits.clock")
def clock_page(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """One stay's clock: when it ends and why, its stages as a line, its papers and warnings."""
    acting = acting_in(request)
    person = custody.person(custody_id)
    result, facts = queries.result_of(custody_id)
    papers = queries.papers_of(custody_id)
    beside = queries.holding_beside(custody_id, result, facts, papers)
    names = accounts.names_of(
        {ref for paper in papers for ref in (paper.recorded_by, paper.decided_by)}
    )
    stands = queries.clock_of(custody_id)
    stages = showing.stages_of(result, stands.unheld_since)
    results = record.timeline(
        detainee=person.detainee_id,
        others=person.records,
        kinds=["limit.computed"],
        since=person.admitted_at,
        limit=_FORMER,
    )
    now = engine.instant_of(clock.now())
    titles = [stage.title for stage in stages]
    before = queries.unheld_before(custody_id, people.ever(custody_id, "basis"))
    gaps = queries.gaps_of(papers, stands, person.ended_at, before)
    context = {
        "person": person,
        "clock": stands,
        "gaps": [(gap, showing.length_words(gap)) for gap in gaps],
        "late_reason_title": forms.LATE_REASON,
        "lead": showing.lead_of(result, beside) if person.ended_at is None else None,
        "holding": queries.holding(custody_id) if person.ended_at is None else (),
        "stages": stages,
        "lines": [
            ("plan-wide", drawing.drawn(result.stages, titles, result.current, now, drawing.WIDE)),
            (
                "plan-narrow",
                drawing.drawn(result.stages, titles, result.current, now, drawing.NARROW),
            ),
        ]
        if stages and stands.unheld_since is None
        else [],
        "coming": showing.coming_of(result, stands.unheld_since),
        # Of a stay without papers all that is wrong is that there are none.
        "problems": showing.problems_of(result) if papers else [],
        "papers": [
            (paper, names.get(paper.recorded_by, ""), names.get(paper.decided_by, ""))
            for paper in papers
        ],
        "warnings": queries.warnings_of(custody_id),
        "former": results[1:],
        "waiting": waiting.of(custody_id) if stands.paper_waits else [],
        "may_enter": acting.post in kinds.ENTERING and person.ended_at is None,
        "totals": showing.totals_of(result),
        "brought": former.waiting(custody_id) if person.ended_at is None else None,
        "taking": forms.TakeOverForm() if queries.past_end(custody_id) else None,
    }
    return render(request, "timelimits/clock.html", context)


@form_of(lambda custody_id: reverse("person_limits", args=[custody_id]))
@gate.posts(*ENTERING)
@purpose("limits.paper")
def former_taken(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Take the papers of the former facility over."""
    queries.clock_of(custody_id)
    form = forms.TakeOverForm(request.POST)
    said = form.cleaned_data["late_reason"] if form.is_valid() else ""
    try:
        count = former.take_over(custody_id, by=acting_in(request).actor, late_reason=said)
    except Conflict as error:
        messages.error(request, error.words)
        return redirect("person_limits", custody_id=custody_id)
    taken = ngettext(
        "%(count)s paper was taken over; the clock runs on.",
        "%(count)s papers were taken over; the clock runs on.",
        count,
    )
    messages.success(request, taken % {"count": count})
    return redirect("person_limits", custody_id=custody_id)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("limits.print")
def clock_print(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """The explanation on paper, for the person and the lawyer: each date, and why."""
    acting = acting_in(request)
    person = custody.person(custody_id)
    result, facts = queries.result_of(custody_id)
    papers, stands = queries.papers_of(custody_id), queries.clock_of(custody_id)
    beside = queries.holding_beside(custody_id, result, facts, papers)
    stages = showing.stages_of(result, stands.unheld_since)
    paragraphs = [
        _("%(name)s, custody number %(number)s, held at %(facility)s.")
        % {"name": person.name, "number": person.number, "facility": person.facility}
    ]
    lead = showing.lead_of(result, beside)
    here = person.ended_at is None
    if here and (holding := queries.holding(custody_id)):
        held_on = {"documents": showing.documents_words(holding)}
        paragraphs.append(_("Held on: %(documents)s.") % held_on)
    if stands.unheld_since and here and stands.standing != engine.ESCAPED:
        paragraphs.append(
            _("Held on no document: the last one has ended. The person must be let go at once.")
        )
    elif lead is not None:
        paragraphs += [lead.title, lead.words]
    before = queries.unheld_before(custody_id, people.ever(custody_id, "basis"))
    gaps = queries.gaps_of(papers, stands, person.ended_at, before)
    paragraphs += [showing.gap_words(gap) for gap in gaps]
    if stands.paper_waits:
        paragraphs += [showing.waiting_words(one) for one in waiting.of(custody_id)]
    paragraphs.append(
        _(
            "Whoever holds that the limit has expired may ask for release or a change of the measure; the "
            "authority decides within three days (Criminal Procedure Law art. 99)."
        )
    )
    if not stages:
        paragraphs.append(_("No legal paper of this stay is known, so no end can be computed."))
    else:
        paragraphs.append(_("How that comes about, stage by stage:"))
    for stage in stages:
        paragraphs += _printed_stage(stage)
    paper = Printed(
        title=_("Explanation of the limit of custody"),
        paragraphs=paragraphs,
        code=str(custody_id),
        printed_by=acting.staff.name,
        printed_at=clock.now(),
        number=person.number,
    )
    return render(request, "timelimits/print.html", {"person": person, "paper": paper})


#: The name of a rule behind its title, for who looks it up on a screen.
_RULE_NAME = re.compile(r" \[[A-Z0-9-]+\]")


def _printed_stage(stage: showing.StageShown) -> Iterator[str]:
    """A stage on paper: every reading where they differ, and the sources that its words don't name."""
    yield _("%(number)s. %(title)s (%(word)s)") % {
        "number": stage.number,
        "title": stage.title,
        "word": stage.word,
    }
    between, comma = (" ", "; ") if catalogue.english() else ("", "；")
    words = between.join(stage.reasons) if stage.agree else _RULE_NAME.sub("", stage.words)
    yield words
    sources = dict.fromkeys(source for _title, source in stage.basis if source not in words)
    if sources:
        yield _("Sources: %(all)s") % {"all": comma.join(sources)}


# ---------------------------------------------------------------------- papers


@dataclass(frozen=True, slots=True)
class Choice:
    """A sort of paper to enter."""

    kind: str
    title: str
    url: str


#: What stops a clock and lets it go on, by the name that the stages' rules have for it.
_STOPS = {
    "psychiatric_exam_started": "psychiatric_exam",
    "psychiatric_exam_ended": "psychiatric_exam",
    "trial_suspended": "trial_suspended",
    "trial_resumed": "trial_suspended",
    "file_review_started": "file_review",
    "file_review_ended": "file_review",
    "leave_started": "leave",
    "leave_ended": "leave",
}


_STARTS = frozenset(
    {"psychiatric_exam_started", "trial_suspended", "file_review_started", "leave_started"}
)


def _may_come(kind: str, one: law.EventKind, state: str, paused: bool) -> bool:
    """Whether a sort of paper may come at this stage: what stops a clock only where it can and hasn't, what
    lets it go on only where it stands still.
    """
    if one.after is not None:
        return (state or "-") in one.after
    stop = _STOPS.get(kind)
    if stop is None:
        return True
    if paused == (kind in _STARTS):
        return False
    rules = law.shipped().stages.get("S20" if state in ("S21", "S22", "S23") else state, ())
    return any(stop in held.rule.pauses for held in rules)


def _choices(custody_id: UUID, stands: queries.ClockShown) -> tuple[list[Choice], list[Choice]]:
    """Sorts of paper that may come at this stage, and the others."""
    fits: list[Choice] = []
    others: list[Choice] = []
    path = reverse("limit_paper", args=[custody_id])
    for kind, one in law.events().items():
        choice = Choice(kind, kinds.type_title(kind), f"{path}?{urlencode({'type': kind})}")
        may = _may_come(kind, one, stands.state, stands.paused)
        (fits if may else others).append(choice)
    return fits, others


@require_http_methods(["GET", "POST"])
@gate.posts(*ENTERING)
@purpose("limits.paper")
def paper_new(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """Choose what came in, then enter it; what the clock becomes is seen before it is kept."""
    person = custody.person(custody_id)
    stands = queries.clock_of(custody_id)
    kind = request.POST.get("kind", "") or request.GET.get("type", "")
    if kind not in law.events():
        fits, others = _choices(custody_id, stands)
        given = {"person": person, "clock": stands, "fits": fits, "others": others}
        return render(request, "timelimits/paper_choice.html", given)
    form = forms.paper_form(
        kind,
        request.POST or None,
        request.FILES or None,
        initial=_at_first(kind),
        past_end=queries.past_end(custody_id),
        weighing="weigh" in request.POST,
    )
    if request.method == "POST" and form.is_valid() and "weigh" not in request.POST:
        said = form.cleaned_data
        try:
            services.require_named(said["number"], said["number_missing"], said["authority"])
            paper = services.record_paper(
                custody_id,
                form.event(),
                by=acting_in(request).actor,
                number=said["number"],
                number_missing=said["number_missing"],
                authority=said["authority"],
                reason=said["reason"],
                late_reason=said.get("late_reason", ""),
                scans=_kept(form),
            )
        except Missing:
            raise
        except CustosError as error:
            _say(form, error)
        else:
            messages.success(
                request,
                _entered_and_waits()
                if paper.waits
                else _("Entered. The clock was computed with it."),
            )
            return redirect("person_limits", custody_id=custody_id)
    context = {
        "person": person,
        "form": form,
        "title": kinds.type_title(kind),
        "action": reverse("limit_paper", args=[custody_id]),
        "weigh_url": reverse("limit_weigh", args=[custody_id]),
        **_weighed(custody_id, form),
    }
    return render(request, "timelimits/paper.html", context, status=422 if form.errors else 200)


def _entered_and_waits() -> str:
    return _("Entered. It waits for a leader's decision, and doesn't count until then.")


def _at_first(kind: str) -> dict[str, Any]:
    document = _DOCUMENT_OF.get(kind)
    return {"document": document} if document else {}


#: The paper that a sort of fact mostly stands on (B.21).
_DOCUMENT_OF = {
    "criminal_detention": "D01",
    "procuratorate_detention": "D01",
    "supervision_detention": "D01",
    "arrest": "D02",
    "arrest_request_received": "D04",
    "arrest_refused": "D04",
    "extension": "D05",
    "changed_limit_notice": "D06",
    "transfer_of_custody": "D07",
    "permit_issued": "D08",
    "released": "D11",
    "bail": "D11",
    "judgment_received": "D13",
    "judgment_effective": "D13",
    "execution_notice_received": "D13",
    "sentence": "D13",
    "administrative_detention": "D21",
    "judicial_detention": "D21",
    "compulsory_treatment": "D22",
    "outside_service": "D24",
}


def _kept(form: forms.PaperForm) -> list[media.StoredFile]:
    """The scans of a paper, checked and stored by their content. Raises `Malformed` at their field."""
    try:
        return [media.store(one.read(), one.name) for one in form.cleaned_data["scans"]]
    except Malformed as error:
        error.field = "scans"
        raise


def _say(form: forms.PaperForm, error: CustosError) -> None:
    """Put a refusal at its field, by the names that the form gives to the fields of a fact."""
    shown = {value: name for name, value in form.of_fact.items()}
    for found in error.findings:
        field = shown.get(found.field, found.field)
        form.add_error(field if field in form.fields else None, found.words)


@form_of(lambda custody_id: reverse("limit_paper", args=[custody_id]))
@gate.posts(*ENTERING)
@purpose("limits.paper")
def paper_weigh(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """What the clock would become with what is typed so far; the part of the page that shows it."""
    queries.clock_of(custody_id)
    kind = request.POST.get("kind", "")
    if kind not in law.events():
        given = {"weighed": None, "said": _("There is no such sort of paper.")}
        return render(request, "timelimits/_weighed.html", given, status=422)
    form = forms.paper_form(kind, request.POST, weighing=True)
    replaces = request.POST.get("replaces", "")
    given = _weighed(custody_id, form, UUID(replaces) if _is_id(replaces) else None)
    return render(request, "timelimits/_weighed.html", given)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _weighed(
    custody_id: UUID, form: forms.PaperForm, replaces: UUID | None = None
) -> dict[str, Any]:
    """What the page shows of a paper before it is kept; nothing while its date isn't typed."""
    if not form.is_bound or not form.is_valid():
        return {"weighed": None, "said": ""}
    try:
        weighed = services.weigh(custody_id, form.event(), replaces=replaces)
    except Missing:
        raise
    except CustosError as error:
        return {"weighed": None, "said": error.words}
    unheld_since = queries.clock_of(custody_id).unheld_since
    return {"weighed": showing.seen(weighed, unheld_since), "said": ""}


@require_http_methods(["GET", "POST"])
@gate.posts(*ENTERING)
@purpose("limits.paper")
def paper_correct(request: HttpRequest, legal_paper_id: UUID) -> HttpResponse:
    """Put a paper right that was entered wrongly, or take it back; the old one and its result stay."""
    custody_id, paper = queries.paper(legal_paper_id)
    person = custody.person(custody_id)
    known = {
        **(paper.event or {}),
        "number": paper.number,
        "number_missing": paper.number_missing,
        "authority": paper.authority,
    }
    taking_back = request.POST.get("take_back") == "1"
    sent = request.POST if request.method == "POST" and not taking_back else None
    files = request.FILES if sent is not None else None
    weighing = "weigh" in request.POST
    past_end = queries.past_end(custody_id)
    form = forms.paper_form(
        paper.type, sent, files, initial=known, past_end=past_end, weighing=weighing
    )
    back = forms.TakeBackForm(
        request.POST if taking_back else None, prefix="back", past_end=past_end
    )
    actor = acting_in(request).actor
    if sent is not None and form.is_valid() and "weigh" not in request.POST:
        said = form.cleaned_data
        try:
            services.require_named(said["number"], said["number_missing"], said["authority"])
            corrected = services.correct_paper(
                legal_paper_id,
                form.event(),
                reason=said["reason"],
                by=actor,
                number=said["number"],
                number_missing=said["number_missing"],
                authority=said["authority"],
                late_reason=said.get("late_reason", ""),
                scans=_kept(form),
            )
        except Missing:
            raise
        except CustosError as error:
            _say(form, error)
        else:
            stays = _("Corrected. What was entered before stays on the record.")
            messages.success(request, _entered_and_waits() if corrected.waits else stays)
            return redirect("person_limits", custody_id=custody_id)
    if taking_back and back.is_valid():
        try:
            taken = services.correct_paper(
                legal_paper_id,
                None,
                reason=back.cleaned_data["reason"],
                late_reason=back.cleaned_data.get("late_reason", ""),
                by=actor,
            )
        except Missing:
            raise
        except CustosError as error:
            back.say(error)
        else:
            stays = _("Taken back. What was entered stays on the record.")
            messages.success(request, _entered_and_waits() if taken.waits else stays)
            return redirect("person_limits", custody_id=custody_id)
    context = {
        "person": person,
        "form": form,
        "back": back,
        "paper": paper,
        "title": paper.title,
        "action": reverse("limit_correct", args=[legal_paper_id]),
        "weigh_url": reverse("limit_weigh", args=[custody_id]),
        **_weighed(custody_id, form, legal_paper_id),
    }
    wrong = bool(form.errors or back.errors)
    return render(request, "timelimits/paper.html", context, status=422 if wrong else 200)


# ---------------------------------------------------------------------- warnings


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("limits.warnings")
def warning_list(request: HttpRequest) -> HttpResponse:
    """The warnings that are open, or those that have ended."""
    listing = Listing(
        request,
        tables.Warnings,
        queries.warnings(),
        name="limit_warnings",
        title=_("Warnings about limits"),
        noun=tables.warnings,
        present=queries.warned,
        filters=tables.WarningFilters(request.GET),
        nothing=_("No such warning"),
        hint=_("A warning ends by a new basis or by release, never by a click."),
    )
    given = {"listing": listing, "organization": acting_in(request).organization}
    return render(request, "timelimits/warnings.html", given)


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
@purpose("limits.warnings")
def warning_page(request: HttpRequest, warning_id: UUID) -> HttpResponse:
    """One warning: why, what was sent, what came back; and what ends it."""
    acting = acting_in(request)
    warning = queries.warning(warning_id)
    person = custody.person(warning.custody_id)
    may_answer = acting.post in kinds.NOTIFYING and warning.closed_at is None
    late = _late_paper(warning)
    leads = acting.post in kinds.LEADING
    waits = waiting.of(warning.custody_id) if warning.late_paper and not warning.closed_at else []
    decides = bool(waits) and leads
    form = forms.AnswerForm(request.POST or None, decides=decides) if may_answer else None
    rule = catalogue.rules().named(warning.rule)
    if request.method == "POST":
        sent = form or forms.AnswerForm(request.POST, decides=decides)
        if sent.is_valid():
            try:
                services.answer(
                    warning_id,
                    sent.cleaned_data["intention"],
                    sent.cleaned_data["answer"],
                    by=acting.actor,
                )
            except Missing:
                raise
            except CustosError as error:
                sent.say(error)
            else:
                messages.success(request, _("Kept. The entry is on the record."))
                return redirect("limit_warning", warning_id=warning_id)
        form = sent
    context = {
        "warning": warning,
        "person": person,
        "clock": queries.clock_of(warning.custody_id),
        "form": form,
        "may_send": warning.closed_at is None and letters.may_issue(warning.notice, acting.post),
        "sent": queries.notice_of(warning),
        "late": late,
        "leads": leads,
        "waiting": waits,
        "lines": record.following(warning.entry_id),
        "to": [str(showing.WHO.get(one, one)) for one in rule.to],
        "todo": str(rule.todo),
        "doers": [
            str(post.title)
            for post in (
                kinds.LEADING if late else letters.issuing(warning.notice) or kinds.NOTIFYING
            )
        ],
        "source": law.english(rule.source) if catalogue.english() else rule.source,
        "ends_by": [
            str(one)
            for one in (
                kinds.LATE_ENDINGS if late else (kinds.ENDINGS[name] for name in rule.ends_by)
            )
        ],
        "comma": ", " if catalogue.english() else "、",
    }
    wrong = bool(form and form.errors)
    return render(request, "timelimits/warning.html", context, status=422 if wrong else 200)


def _late_paper(warning: queries.WarningShown) -> queries.PaperShown | None:
    """The paper that would have ended a warning, had it come in time."""
    if warning.late_paper is None:
        return None
    papers = queries.papers_of(warning.custody_id)
    return next((one for one in papers if one.id == warning.late_paper), None)


@require_http_methods(["GET", "POST"])
@gate.posts(*NOTIFYING)
@purpose("limits.notice")
def warning_notice(request: HttpRequest, warning_id: UUID) -> HttpResponse:
    """Look through the notice of a warning, and issue it."""
    acting = acting_in(request)
    warning = queries.warning(warning_id)
    if warning.notice is None:
        raise Missing("timelimits.no_notice", _("This warning asks for no paper."))
    person = custody.person(warning.custody_id)
    shape = letters.form_of(warning)
    sent = queries.notice_of(warning)
    form = shape(
        request.POST or None,
        initial=letters.proposed(warning, person),
        sent=warning.document_id is not None,
    )
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        again = typed.pop("again", "")
        try:
            services.send_notice(
                warning_id,
                letters.said(warning, person, typed),
                by=acting.actor,
                printed_by=_printed_by(acting),
                again=again,
            )
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Issued. The paper is on the record, to be sent."))
            return redirect("limit_warning", warning_id=warning_id)
    context = {"warning": warning, "person": person, "form": form, "sent": sent}
    return render(request, "timelimits/notice.html", context, status=422 if form.errors else 200)


def _printed_by(acting: Acting) -> str:
    return f"{acting.staff.name}（{acting.post.title}）"
