"""The roster for leaders: a month by people and days, a day by post, who is away, who holds what, swaps."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import xlsxwriter
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.errors import CustosError, Malformed, Missing
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import Post
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.methods import form_of
from custos.prevention.duty.roster import absences as away
from custos.prevention.duty.roster import facts, leading, queries, services, swaps, words
from custos.prevention.duty.roster.models import Sort, Standing, month_of
from custos.prevention.duty.roster.queries import Month
from custos.prevention.duty.roster.rules import shipped
from custos.prevention.duty.roster.services import PLANNING, Wanted, shown_as

#: A proposal that hasn't come for so long doesn't come any more: it can be asked for again.
_PATIENCE = timedelta(minutes=10)


def _month(said: str | None) -> date:
    """The month that an address names; this one where it names none."""
    try:
        return date.fromisoformat(f"{said}-01") if said else month_of(clock.today())
    except ValueError:
        raise Missing("roster.no_month", _("There is no such month.")) from None


def a_day(said: str | None) -> date:
    """The day that an address names; today where it names none."""
    try:
        return date.fromisoformat(said) if said else clock.today()
    except ValueError:
        raise Missing("roster.no_day_such", _("There is no such day.")) from None


def _facility(acting: Acting) -> int:
    if acting.organization.tier is not Tier.FACILITY:
        raise Missing("roster.no_facility", _("Only a facility has a roster."))
    return acting.organization.pk


def address(month: date, standing: str = "", post: str = "") -> str:
    """Where a month is shown."""
    asked = {"month": f"{month:%Y-%m}", "as": standing, "post": post}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('roster')}?{query}"


def _home(**_arguments: object) -> str:
    return reverse("roster")


def _standing(request: HttpRequest, facility: int, month: date) -> Standing:
    """What an address asks for: what is being made, where something is, else what is published."""
    asked = request.GET.get("as")
    if asked in set(Standing):
        return Standing(asked)
    draft = facts.the_plan(facility, month, Standing.DRAFT)
    return Standing.DRAFT if draft else Standing.PUBLISHED


@require_GET
@gate.posts(*PLANNING)
def month(request: HttpRequest) -> HttpResponse:
    """A month by people and days, what it breaks, and what can be done with it."""
    return _month_page(request)


def _month_page(request: HttpRequest, form: ReasonForm | None = None) -> HttpResponse:
    acting = acting_in(request)
    facility, of = _facility(acting), _month(request.GET.get("month"))
    found = _found(request, facility, of)
    planned = queries.months(facility)
    standings = planned.get(of, set())
    first = month_of(clock.today())
    choices = [first, *_following(first, 3)]
    if of not in choices:
        choices.insert(0, of)
    context = {
        "found": found,
        "organization": acting.organization,
        "months": [(one, address(one), one == of) for one in choices],
        "tabs": _tabs(of, standings, found),
        "posts": [
            (title, count, address(of, request.GET.get("as", ""), code), code == found.post)
            for code, title, count in found.posts
        ],
        "all_posts": address(of, request.GET.get("as", "")),
        "may_plan": of >= first,
        "is_published": Standing.PUBLISHED.value in standings,
        "is_begun": Standing.DRAFT.value in standings,
        "form": form or ReasonForm(),
        "waits": queries.swaps(facility),
        "proposing": _is_asked(found),
        "today": clock.today(),
        "legend": found.letters,
    }
    return render(
        request, "workbenches/roster.html", context, status=422 if form is not None else 200
    )


def _following(first: date, count: int) -> list[date]:
    found = [first]
    for _turn in range(count):
        found.append(month_of(found[-1] + timedelta(days=32)))
    return found[1:]


def _found(request: HttpRequest, facility: int, of: date) -> Month:
    return queries.month(
        facility,
        of,
        _standing(request, facility, of),
        post=request.GET.get("post", ""),
        page=request.GET.get("page"),
    )


def _is_asked(found: Month) -> bool:
    row = found.plan
    return bool(row and row.asked_at and clock.now() - row.asked_at < _PATIENCE)


def _tabs(of: date, standings: set[str], found: Month) -> list[tuple[str, Any, int | None]]:
    titles = {
        Standing.DRAFT.value: _("Being planned"),
        Standing.PUBLISHED.value: _("Published"),
    }
    if len(standings) < 2:
        return []
    return [(address(of, code, found.post), title, None) for code, title in titles.items()]


@require_GET
@gate.posts(*PLANNING)
def state(request: HttpRequest) -> HttpResponse:
    """How the proposal stands: a part of the month's page, fetched by it."""
    acting = acting_in(request)
    facility, of = _facility(acting), _month(request.GET.get("month"))
    row = facts.the_plan(facility, of, Standing.DRAFT)
    context = {
        "proposing": bool(row and row.asked_at and clock.now() - row.asked_at < _PATIENCE),
        "plan": row,
        "seen": request.GET.get("seen", ""),
        "here": address(of, Standing.DRAFT.value),
    }
    return render(request, "workbenches/_roster_state.html", context)


@form_of(_home)
@gate.posts(*PLANNING)
def begin(request: HttpRequest) -> HttpResponse:
    """Begin the plan of a month, or begin it anew."""
    acting, of = acting_in(request), _month(request.POST.get("month"))
    try:
        services.begin(_facility(acting), of, by=acting.actor, anew="anew" in request.POST)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Planned. Nobody is told before you publish."))
    return redirect(address(of))


@form_of(_home)
@gate.posts(*PLANNING)
def propose(request: HttpRequest) -> HttpResponse:
    """Have a proposal made in the background."""
    acting, of = acting_in(request), _month(request.POST.get("month"))
    services.ask_for_proposal(_facility(acting), of, by=acting.actor)
    messages.success(request, _("A proposal is being made; it takes a minute or two."))
    return redirect(address(of, Standing.DRAFT.value))


@form_of(_home)
@gate.posts(*PLANNING)
def publish(request: HttpRequest) -> HttpResponse:
    """Publish what is being made. What stops it is said at the plan."""
    acting, of = acting_in(request), _month(request.POST.get("month"))
    seen = request.POST.get("seen", "")
    try:
        services.publish(
            _facility(acting),
            of,
            seen=int(seen) if seen.isdecimal() and len(seen) < 9 else 0,
            by=acting.actor,
            reason=request.POST.get("reason", ""),
        )
    except Missing:
        raise
    except CustosError as error:
        for found in error.findings:
            messages.error(request, found.words)
        return redirect(address(of))
    messages.success(request, _("Published. Everybody whose shifts it changes is told."))
    return redirect(address(of, Standing.PUBLISHED.value))


# ---------------------------------------------------------------------- one person's day


class DayForm(Form):
    """What somebody is to work on a day."""

    turn = forms.ChoiceField(label=gettext_lazy("Shift"), required=False)
    post = forms.ChoiceField(label=gettext_lazy("Post"), required=False)
    women = forms.BooleanField(label=gettext_lazy("On a place in the women's area"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Whoever it is about reads it, and it stands in the record."),
        max_length=services.LONGEST_REASON,
        min_length=2,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)

    def __init__(
        self, *args: Any, facility: int, of: date, posts: list[Any], published: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        frame = facts.frame(facility, month_of(of))
        self.fields["turn"].choices = [("", _("Off"))] + [  # type: ignore[attr-defined]
            (turn.key, f"{words.of(turn.name)} {turn.since:%H:%M}–{turn.until:%H:%M}")
            for turn in frame.turns
        ]
        self.fields["post"].choices = [(post.value, post.title) for post in posts]  # type: ignore[attr-defined]
        if not published:
            del self.fields["reason"]


@require_http_methods(["GET", "POST"])
@gate.posts(*PLANNING)
def one_day(request: HttpRequest, staff_id: UUID, day: str) -> HttpResponse:
    """Change what somebody works on a day: of the plan that is being made, or of the published one."""
    acting, of = acting_in(request), a_day(day)
    facility, ref = _facility(acting), str(staff_id)
    standing = _standing(request, facility, month_of(of))
    row = facts.the_plan(facility, month_of(of), standing)
    person = facts.staffing(facility, of, of).people.get(ref)
    if row is None or person is None:
        raise Missing("roster.no_day_of", _("There is no such plan, or nobody such in it."))
    lines = queries.line_of(row, ref, of)
    first = {
        "turn": lines[0].turn if lines else "",
        "post": lines[0].post.value if lines else person.posts[0].value,
        "women": lines[0].women if lines else False,
        "seen": shown_as(lines),
    }
    published = standing is Standing.PUBLISHED
    form = DayForm(
        request.POST or None,
        initial=first,
        facility=facility,
        of=of,
        posts=list(person.posts),
        published=published,
    )
    if request.method == "POST" and form.is_valid():
        try:
            _set_day(acting, facility, ref, of, form.cleaned_data, published=published)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Changed."))
            return redirect(address(month_of(of), standing.value, person.posts[0].value))
    context = {
        "form": form,
        "person": person,
        "day": of,
        "published": published,
        "back": address(month_of(of), standing.value, person.posts[0].value),
        "around": _around(row, ref, of),
    }
    status = Malformed.status if form.is_bound else 200
    return render(request, "workbenches/roster_day_of.html", context, status=status)


def _set_day(
    acting: Acting, facility: int, ref: str, of: date, given: dict[str, Any], *, published: bool
) -> None:
    wanted = Wanted(given["turn"], given["post"] if given["turn"] else "", given["women"])
    if published:
        services.change(
            facility,
            month_of(of),
            ref,
            of,
            wanted,
            seen=given["seen"],
            reason=given["reason"],
            by=acting.actor,
        )
    else:
        services.set_day(
            facility, month_of(of), ref, of, wanted, seen=given["seen"], by=acting.actor
        )


def _around(row: Any, ref: str, of: date) -> list[tuple[date, str]]:
    """What they work on the days next to it."""
    frame = facts.frame(row.organization_id, row.month)
    lines = {line.day: line for line in facts.lines(row) if line.staff == ref}
    days = [of + timedelta(days=apart) for apart in range(-3, 4)]
    return [
        (day, words.turn_name(frame, lines[day].turn) if day in lines else _("Off"))
        for day in days
        if month_of(day) == row.month
    ]


# ---------------------------------------------------------------------- a day by post


@require_GET
@gate.posts(*PLANNING)
def day(request: HttpRequest) -> HttpResponse:
    """A day by shift and post: who is expected, and of the shift of now who has signed on."""
    return render(request, "workbenches/roster_day.html", _day_context(request))


@require_GET
@gate.posts(*PLANNING)
def day_part(request: HttpRequest) -> HttpResponse:
    """The same as a part, fetched by the page of the day."""
    return render(request, "workbenches/_roster_day.html", _day_context(request))


def _day_context(request: HttpRequest) -> dict[str, Any]:
    acting, of = acting_in(request), a_day(request.GET.get("day"))
    facility = _facility(acting)
    return {
        "day": of,
        "before": of - timedelta(days=1),
        "after": of + timedelta(days=1),
        "turns": queries.day(facility, of),
        "late": queries.not_signed_on(facility) if of == clock.today() else [],
        "is_today": of == clock.today(),
        "organization": acting.organization,
    }


# ---------------------------------------------------------------------- who is away, who holds what


class AbsenceForm(Form):
    """Who will not be there, why, and when."""

    staff = forms.ChoiceField(label=gettext_lazy("Who"))
    sort = forms.ChoiceField(
        label=gettext_lazy("Why"), choices=[(one.value, one.title) for one in Sort]
    )
    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"), help_text=gettext_lazy("The last day included."))


@require_http_methods(["GET", "POST"])
@gate.posts(*PLANNING)
def absences(request: HttpRequest) -> HttpResponse:
    """Who is away or will be; a leader notes it and answers for it."""
    acting = acting_in(request)
    facility = _facility(acting)
    form = AbsenceForm(request.POST or None, initial={"staff": request.GET.get("staff", "")})
    people = queries.people(facility).people.values()
    form.fields["staff"].choices = [  # type: ignore[attr-defined]
        (one.ref, f"{words.post_title(one.posts[0])} · {one.name}") for one in people
    ]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            away.note(
                facility,
                given["staff"],
                sort=given["sort"],
                first=given["first"],
                last=given["last"],
                by=acting.actor,
            )
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Noted. You answer for it."))
            return redirect("roster_absences")
    context = {
        "page": queries.absences(facility, request.GET.get("page")),
        "form": form,
        "back_form": ReasonForm(),
        "organization": acting.organization,
    }
    status = Malformed.status if form.is_bound else 200
    return render(request, "workbenches/roster_absences.html", context, status=status)


def _absences(**_arguments: object) -> str:
    return reverse("roster_absences")


@form_of(_absences)
@gate.posts(*PLANNING)
def absence_back(request: HttpRequest, leave_id: UUID) -> HttpResponse:
    """Somebody is there after all."""
    try:
        away.take_back(leave_id, reason=request.POST.get("reason", ""), by=acting_in(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Taken back."))
    return redirect("roster_absences")


@require_http_methods(["GET", "POST"])
@gate.posts(*PLANNING)
def people(request: HttpRequest) -> HttpResponse:
    """Who can be planned, with crew, and what a leader noted that they hold."""
    acting = acting_in(request)
    facility = _facility(acting)
    if request.method == "POST":
        staff = request.POST.get("staff", "")
        if "cells" in request.POST:
            leading.note(facility, staff, request.POST["cells"], by=acting.actor)
        else:
            away.mark(
                facility,
                staff,
                request.POST.get("mark", ""),
                holds=request.POST.get("holds") == "yes",
                by=acting.actor,
                day=clock.today(),
            )
        messages.success(request, _("Noted."))
        query = urlencode({"post": request.POST.get("post", "")})
        return redirect(f"{reverse('roster_people')}?{query}")
    staffing = queries.people(facility)
    posts = sorted({one.posts[0] for one in staffing.people.values()})
    wanted = request.GET.get("post") or (posts[0].value if posts else "")
    marks = [(one.id, words.of(one.title)) for one in shipped().marks]
    lead = wanted == Post.CASE_OFFICER.value
    cells = leading.of_everybody(facility) if lead else {}
    context = {
        "organization": acting.organization,
        "post": wanted,
        "lead": lead,
        "tabs": [(f"?post={one.value}", one.title, None) for one in posts],
        "chosen": f"?post={wanted}",
        "marks": marks,
        "people": [
            (
                one,
                one.kind.title,
                [post.title for post in one.posts],
                [(code, title, code in one.marks) for code, title in marks],
                " ".join(cells.get(one.ref, ())),
            )
            for one in staffing.people.values()
            if one.posts[0].value == wanted
        ],
    }
    return render(request, "workbenches/roster_people.html", context)


# ---------------------------------------------------------------------- swaps


@require_GET
@gate.posts(*PLANNING)
def swap_list(request: HttpRequest) -> HttpResponse:
    """Swaps that wait, and what became of those before."""
    acting = acting_in(request)
    found = queries.swaps(_facility(acting), waiting=False)
    context = {
        "waiting": [one for one in found if one.waits],
        "over": [one for one in found if not one.waits],
        "own": acting.actor.ref,
        "form": ReasonForm(),
        "organization": acting.organization,
    }
    return render(request, "workbenches/roster_swaps.html", context)


def _swaps(**_arguments: object) -> str:
    return reverse("roster_swaps")


@form_of(_swaps)
@gate.posts(*PLANNING)
def swap_decide(request: HttpRequest, swap_id: UUID) -> HttpResponse:
    """A leader approves a swap that both want, or refuses it."""
    approve = request.POST.get("answer") == "approve"
    try:
        swaps.decide(
            swap_id,
            approve=approve,
            words=request.POST.get("reason", ""),
            by=acting_in(request).actor,
        )
    except Missing as error:
        if error.code == "swap.no_such":
            raise
        messages.error(request, error.words)
    except CustosError as error:
        for found in error.findings:
            messages.error(request, found.words)
    else:
        messages.success(request, _("Approved; the roster has it.") if approve else _("Refused."))
    return redirect("roster_swaps")


# ---------------------------------------------------------------------- spreadsheet


@require_GET
@gate.posts(*PLANNING)
def sheet(request: HttpRequest) -> HttpResponse:
    """A month as a spreadsheet: people by days, as on the page, all of them."""
    acting = acting_in(request)
    facility, of = _facility(acting), _month(request.GET.get("month"))
    found = queries.month(
        facility,
        of,
        _standing(request, facility, of),
        post=request.GET.get("post", ""),
        most=queries.MOST_PEOPLE,
    )
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        _write(book, found, acting)
    return HttpResponse(
        body.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": content_disposition_header(True, f"roster-{of:%Y%m}.xlsx") or ""
        },
    )


def _write(book: Any, found: Month, acting: Acting) -> None:
    bold, night = book.add_format({"bold": True}), book.add_format({"bg_color": "#d9dde3"})
    wrong = book.add_format({"bold": True, "font_color": "#b3171f", "border": 1})
    page = book.add_worksheet(f"{found.month:%Y-%m}")
    now = f"{clock.now().astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
    page.write_string(0, 0, f"{acting.organization.name} · {found.month:%Y-%m}", bold)
    stands = _("Being planned") if found.is_draft else _("Published")
    page.write_string(1, 0, f"{stands} · {acting.staff.name} · {now}")
    for at, (letter, title, times) in enumerate(found.letters):
        page.write_string(2, at, f"{letter} {title} {times}")
    heads = [_("Name"), _("Post"), _("Crew"), *(str(day.day) for day, _free in found.days)]
    heads += [_("Shifts"), _("Nights"), _("Hours")]
    for at, head in enumerate(heads):
        page.write_string(4, at, head, bold)
    for number, row in enumerate(found.page.object_list if found.page else (), 5):
        page.write_string(number, 0, row.name)
        page.write_string(number, 1, str(row.post))
        page.write_string(number, 2, str(row.crew or ""))
        for at, cell in enumerate(row.cells, 3):
            said = cell.letter or (str(cell.away) if cell.away else "")
            form = wrong if cell.breaches else night if cell.is_night else None
            page.write_string(number, at, f"{said}{'!' if cell.breaches else ''}", form)
        for at, count in enumerate((row.shifts, row.nights, row.hours), 3 + len(row.cells)):
            page.write_number(number, at, count)
    page.set_column(0, 1, 14)
    page.set_column(3, 2 + len(found.days), 4)
    page.freeze_panes(5, 3)
