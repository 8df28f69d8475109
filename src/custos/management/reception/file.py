"""The person's file: everything that holds of a person and a stay, and where it is recorded and ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import clock, gate
from custos.foundation.accounts import breakglass
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import leaving
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import facts, kinds
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people import services as recording
from custos.foundation.custody.people.queries import Known
from custos.foundation.errors import CustosError, Missing
from custos.foundation.media import services as media
from custos.foundation.record.kinds import all_kinds
from custos.foundation.record.parties import DUTY_POSTS, Post, refusal_of
from custos.foundation.ui.papers import Paper
from custos.management.reception import documents, erasing
from custos.management.reception.fact_forms import EndFactForm, PhotoForm, fact_form
from custos.management.reception.forms import SEXES
from custos.management.reception.release import gathered
from custos.management.timelimits import queries as timelimits
from custos.management.timelimits import waiting
from custos.management.timelimits.showing import gap_words
from custos.prevention.duty import queries as duty

#: As many entries as two screens show; the older ones are a link away.
PAGE = 20
#: Who sees the whole number of an identity document and telephone numbers: whoever compares papers,
#: calls somebody, or oversees. Others see the last four.
COMPARING = frozenset(
    {
        Post.RECEPTION,
        Post.ADMISSION,
        Post.INTERROGATION,
        Post.CASE_OFFICER,
        Post.DUTY_LEADER,
        Post.LEADER,
        Post.RESIDENT_PROSECUTOR,
        Post.OVERSIGHT,
    }
)
#: Who may record anything of a person at all; each sort of fact narrows it.
RECORDING = tuple(
    sorted(frozenset().union(*(kind.writers.allowed_posts for kind in kinds.OF_SORT.values())))
)
TAKING_PHOTOS = tuple(sorted(kinds.PhotoTaken.writers.allowed_posts))

_PANELS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("Needs and care"), ("need", "language")),
    (gettext_lazy("Identity"), ("identified", "name", "identity", "nationality", "consular")),
    (gettext_lazy("Case"), ("basis", "authority", "charge", "co_defendant")),
    (gettext_lazy("Family, contacts and lawyers"), ("contact", "dependant", "lawyer")),
)
_FAULTS = {
    "length": gettext_lazy("not verified: a citizen's number has 18 characters"),
    "characters": gettext_lazy("not verified: digits, and at the end perhaps an X"),
    "birth date": gettext_lazy("not verified: there is no such date of birth"),
    "check character": gettext_lazy("not verified: the last character doesn't fit"),
}
#: What a timeline can be narrowed to: kinds by the first word of their names.
_GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "stay": (gettext_lazy("Stay and places"), ("custody", "cell", "access", "record")),
    "person": (gettext_lazy("Facts about the person"), ("person",)),
    "limit": (gettext_lazy("Limit of custody"), ("limit",)),
    "duty": (gettext_lazy("Alarms and tasks"), ("alarm", "task", "device")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One fact as the file shows it; `more` is what is seen by few, `warning` what is wrong with it."""

    title: Any
    words: str
    more: str
    warning: Any
    since: datetime
    end: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Facts of one subject, and what may be added."""

    title: Any
    rows: list[Row]
    doors: list[tuple[Any, str]]


def _may(acting: Acting, sort: str) -> bool:
    return refusal_of(kinds.OF_SORT[sort].writers, acting.actor, None) is None


def _row(known: Known, custody_id: UUID, acting: Acting) -> Row:
    fact = known.fact
    secret = fact.secret_part() if acting.post in COMPARING else {}
    fault = getattr(fact, "fault", "")
    holds = fact.sort == "basis" and leaving.holds(fact.kind)
    where = reverse(
        "person_document_end" if holds else "person_fact_end", args=[custody_id, known.id]
    )
    return Row(
        known.title,
        known.words,
        " · ".join(secret.values()),
        _FAULTS.get(fault, fault),
        known.since,
        where if _may(acting, fact.sort) else "",
    )


def _panels(held: people.PersonFile, custody_id: UUID, acting: Acting) -> list[Panel]:
    return [
        Panel(
            title,
            [_row(known, custody_id, acting) for known in held.of(*sorts)],
            [
                (facts.SORTS[sort].title, reverse("person_fact", args=[custody_id, sort]))
                for sort in sorts
                if _may(acting, sort)
            ],
        )
        for title, sorts in _PANELS
    ]


def _kinds_of(group: str) -> list[str]:
    begins = _GROUPS[group][1] if group in _GROUPS else ()
    return [kind.name for kind in all_kinds() if kind.name.partition(".")[0] in begins]


def context(request: HttpRequest, custody_id: UUID) -> dict[str, Any]:
    """Everything the file shows, in twelve queries."""
    acting = acting_in(request)
    shown = custody.person(custody_id)
    places = custody.places_of(custody_id)
    older = _older(request.GET.get("before", ""))
    group = request.GET.get("about", "")
    as_happened = request.GET.get("order") != "recorded"
    with breakglass.reading(custody_id, by=acting) as opened:
        lines = custody.timeline_of(
            custody_id,
            shown=shown,
            places=places,
            kinds=_kinds_of(group),
            before=older,
            limit=PAGE,
            own=opened.own if opened else None,
            as_happened=as_happened,
        )
    held = people.file_of(custody_id, shown.records)
    stands = timelimits.clock_of(custody_id)
    return {
        "person": shown,
        "basis": documents.title_of(shown.basis),
        "grounds": _grounds(held, shown),
        "sex": SEXES.get(shown.sex, _("not known")),
        "arrived_at": custody.arrival_of(shown),
        "needs": [*dict.fromkeys([*shown.needs, *held.needs])],
        "photo": reverse("person_photo", args=[custody_id]) if held.one("photo") else "",
        "photo_form": PhotoForm() if acting.post in TAKING_PHOTOS else None,
        "panels": _panels(held, custody_id, acting),
        "places": places,
        "clock": stands,
        "waiting": waiting.of(custody_id) if stands.paper_waits else [],
        "unheld_before": _unheld_before(held, custody_id) if stands.was_unheld else [],
        "tasks": duty.tasks_about(custody_id, acting.actor),
        "past": people.past_stays_of(shown.records, custody_id),
        "duplicates": people.duplicates_of(shown.root_id),
        "merged": _merged(shown.records),
        "may_merge": acting.post in kinds.LEADERS,
        "lines": lines,
        "groups": [(code, title, code == group) for code, (title, _first) in _GROUPS.items()],
        "group": group,
        "as_happened": as_happened,
        "order": "" if as_happened else "recorded",
        "doors": erasing.doors(lines, custody_id, acting) if "erase" in request.GET else {},
        "may_erase": acting.post in erasing.ERASING,
        "names": accounts.writers_of(lines),
        "opened_until": opened.until if opened else None,
        "may_open": acting.post in breakglass.OPENING and opened is None,
        "least_reason": breakglass.LEAST_REASON,
        "older": lines[-1].id if len(lines) == PAGE else None,
    }


def _unheld_before(held: people.PersonFile, custody_id: UUID) -> list[str]:
    """The periods that are over in which no document held somebody, in words."""
    return [gap_words(one) for one in timelimits.unheld_before(custody_id, held.documents)]


def _grounds(held: people.PersonFile, shown: custody.PersonShown) -> list[str]:
    """The documents on which somebody is held now; of an ended stay that on which they were admitted."""
    if shown.ended_at:
        return [f"{documents.title_of(shown.basis)} {shown.basis_number}"]
    return gathered.named(gathered.grounds_in(held, shown), shown)


def _merged(records: tuple[UUID, ...]) -> list[Any]:
    """The records that read as this person, where there are several."""
    return people.records(records) if len(records) > 1 else []


def _older(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@gate.posts(*RECORDING)
@purpose("custody.fact")
def record_fact(request: HttpRequest, custody_id: UUID, sort: str) -> HttpResponse:
    """Record one fact; what was typed is kept where it is refused."""
    if sort not in facts.TYPED:
        raise Missing("fact.no_sort", _("There is no such sort of fact."))
    shown = custody.person(custody_id)
    form = fact_form(sort, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            recording.record_fact(custody_id, form.fact, by=acting_in(request).actor)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Recorded. The entry is on the record."))
            return redirect("person", custody_id=custody_id)
    given = {"person": shown, "form": form, "sort": facts.SORTS[sort].title}
    return render(request, "reception/fact.html", given, status=422 if form.errors else 200)


def known_fact(shown: custody.PersonShown, fact_id: UUID) -> Known:
    """A fact that holds of somebody. Raises `Missing` for any other."""
    held = people.file_of(shown.custody_id, shown.records)
    known = next((one for one in held.of(*facts.SORTS) if one.id == fact_id), None)
    if known is None:
        raise Missing("fact.no_such", _("There is no such fact about this person."))
    return known


@require_http_methods(["GET", "POST"])
@gate.posts(*RECORDING)
@purpose("custody.fact")
def end_fact(request: HttpRequest, custody_id: UUID, fact_id: UUID) -> HttpResponse:
    """Say that a fact no longer holds, and why."""
    shown = custody.person(custody_id)
    known = known_fact(shown, fact_id)
    form = EndFactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            recording.end_fact(
                custody_id, fact_id, reason=form.cleaned_data["reason"], by=acting_in(request).actor
            )
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Ended. What was recorded stays on the record."))
            return redirect("person", custody_id=custody_id)
    given = {"person": shown, "form": form, "sort": known.title, "ending": known}
    return render(request, "reception/fact.html", given, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
@purpose("custody.photo")
def photo(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """The person's photo; sent anew by whoever may."""
    shown = custody.person(custody_id)
    if request.method == "POST":
        return _take(request, custody_id)
    held = people.photo_of(shown.records)
    if held is None:
        raise Missing("fact.no_photo_yet", _("There is no photo of this person yet."))
    return HttpResponse(
        media.read(held.sha256),
        content_type=held.media_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


def _take(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for es in form.errors.values() for e in es))
        return redirect("person", custody_id=custody_id)
    file = form.cleaned_data["file"]
    try:
        recording.take_photo(custody_id, file.read(), file.name, by=acting_in(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Recorded. The entry is on the record."))
    return redirect("person", custody_id=custody_id)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("custody.print")
def printed(request: HttpRequest, custody_id: UUID) -> HttpResponse:
    """The file on paper: what holds now, without the timeline."""
    acting = acting_in(request)
    shown = custody.person(custody_id)
    held = people.file_of(custody_id, shown.records)
    paper = Paper(
        title=_("Person's file"),
        paragraphs=_paragraphs(
            shown,
            _panels(held, custody_id, acting),
            _grounds(held, shown),
            _unheld_before(held, custody_id),
        ),
        code=str(custody_id),
        printed_by=acting.staff.name,
        printed_at=clock.now(),
        number=shown.number,
    )
    return render(request, "reception/person_print.html", {"person": shown, "paper": paper})


def _outside(out: custody.Outside) -> str:
    since, due = (at.astimezone(clock.LOCAL) for at in (out.since, out.due_back))
    return _("%(what)s, %(where)s, since %(since)s, due back %(due)s") % {
        "what": out.kind_title,
        "where": out.destination,
        "since": f"{since:%Y-%m-%d %H:%M}",
        "due": f"{due:%Y-%m-%d %H:%M}",
    }


def _paragraphs(
    shown: custody.PersonShown, panels: list[Panel], grounds: list[str], unheld: list[str]
) -> list[str]:
    first: Mapping[Any, Any] = {
        _("Name"): shown.name,
        _("Sex"): shown.sex_title,
        _("Date of birth"): shown.born or _("not known"),
        _("Facility"): shown.facility,
        _("Cell"): shown.cell_name or "—",
        **({_("Outside now"): _outside(shown.outside)} if shown.outside else {}),
        _("Legal document"): "、".join(grounds) or _("Held on no document"),
        _("Admitted at"): f"{shown.admitted_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}",
    }
    lines = [_("%(what)s: %(value)s") % {"what": k, "value": v} for k, v in first.items()]
    lines += unheld
    for panel in panels:
        for row in panel.rows:
            said = " · ".join(str(part) for part in (row.words, row.more, row.warning) if part)
            lines.append(_("%(what)s: %(value)s") % {"what": row.title, "value": said})
    return lines
