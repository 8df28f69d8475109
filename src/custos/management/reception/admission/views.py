"""The reception board, what is done on it, and the photos of injuries."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from custos.foundation import gate
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Missing
from custos.foundation.media import services as media
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import Post
from custos.foundation.ui import wizard
from custos.foundation.ui.dates import MomentField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.methods import form_of
from custos.management.reception.admission import board, services
from custos.management.reception.admission.forms import CHOOSE
from custos.management.reception.kinds import RECEIVING
from custos.management.reception.models import Arrival
from custos.management.reception.views import ADMITTING
from custos.management.reception.wizards import TAKING_PART


def _acting(request: HttpRequest) -> Acting:
    acting = acting_in(request)
    if acting.organization.tier is not Tier.FACILITY:
        raise PermissionDenied
    return acting


class ArrivalForm(Form):
    """Who is expected or stands at the door."""

    sort = forms.ChoiceField(
        label=gettext_lazy("Why they come"), choices=[CHOOSE, *Arrival.Sort.choices]
    )
    name = forms.CharField(
        label=gettext_lazy("Name, as far as known"), max_length=200, required=False
    )
    number = forms.CharField(
        label=gettext_lazy("Custody number"),
        max_length=32,
        required=False,
        help_text=gettext_lazy("Of somebody who comes back from court or hospital."),
    )
    brought_by = forms.CharField(label=gettext_lazy("Brought by"), max_length=200, required=False)
    expected_at = MomentField(
        label=gettext_lazy("Expected at"),
        required=False,
        help_text=gettext_lazy("Empty where they stand at the door now."),
    )


class ReturnForm(Form):
    """What was seen of somebody who came back."""

    injured = forms.ChoiceField(
        label=gettext_lazy("New injuries"),
        choices=[("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=gettext_lazy("What was seen, what they say"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_GET
@gate.posts(*TAKING_PART)
@purpose("reception.board")
def reception_board(request: HttpRequest) -> HttpResponse:
    """Who is expected or at the door, oldest first."""
    acting = _acting(request)
    sort = request.GET.get("sort", "")
    context = {
        "page": board.page(acting, request.GET.get("page", "1"), sort),
        "sorts": Arrival.Sort.choices,
        "sort": sort,
        "receives": acting.post in RECEIVING,
        "admits": acting.post in ADMITTING,
        "examines": acting.post is Post.MEDICAL,
        "organization": acting.organization,
    }
    return render(request, "reception/admission/board.html", context)


@require_http_methods(["GET", "POST"])
@gate.posts(*RECEIVING)
@purpose("reception.expect")
def arrival_new(request: HttpRequest) -> HttpResponse:
    """Announce somebody, or note that they stand at the door."""
    acting = _acting(request)
    form = ArrivalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        number = said.pop("number")
        try:
            services.require_somebody(said["sort"], said["name"], said["brought_by"])
            stay = custody.present().filter(number=number).first() if number else None
            services.expect(acting, **said, custody_id=stay.pk if stay else None)
        except CustosError as error:
            for found in error.findings:
                field = "number" if found.field == "custody" else found.field
                form.add_error(field if field in form.fields else None, found.words)
        else:
            messages.success(request, _("Put on the board."))
            return redirect("reception_board")
    return render(
        request,
        "reception/admission/arrival.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


#: Who begins the admission of somebody at the door: who receives, and the doctor; health waits for nobody.
BEGINNING = frozenset({*RECEIVING, Post.MEDICAL})


def _board(arrival_id: UUID) -> str:
    return reverse("reception_board")


@form_of(_board)
@gate.posts(*BEGINNING)
@purpose("reception.start")
def arrival_start(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Begin the admission of an arrival, or go on with it."""
    draft = services.start(arrival_id, _acting(request))
    return redirect("wizard", name=services.NAME, draft_id=draft.pk)


@form_of(_board)
@gate.posts(*RECEIVING)
@purpose("reception.drop")
def arrival_drop(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Take somebody off the board who did not come."""
    try:
        services.drop(arrival_id, request.POST.get("reason", ""), _acting(request))
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Taken off the board."))
    return redirect("reception_board")


@require_http_methods(["GET", "POST"])
@gate.posts(*RECEIVING)
@purpose("reception.return")
def arrival_return(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Record that somebody came back, and how they look."""
    acting = _acting(request)
    arrival = board.arrival(arrival_id)
    form = ReturnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.record_return(
                arrival_id, injured=said["injured"] == "yes", words=said["words"], acting=acting
            )
        except Missing:
            raise
        except CustosError as error:
            form.add_error("words", error.words)
        else:
            messages.success(request, _("The return is on the record."))
            return redirect("reception_board")
    return render(
        request,
        "reception/admission/return.html",
        {"form": form, "arrival": arrival},
        status=422 if form.errors else 200,
    )


@require_GET
@gate.posts(*RECEIVING)
@purpose("reception.notice")
def refusal_notice(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The notice of a refusal on grounds of health, for whoever issued it and has to hand it over now."""
    notice = services.notice_to_hand_over(entry_id, _acting(request))
    if "file" in request.GET:
        return HttpResponse(
            notice.body,
            content_type="application/pdf",
            headers={
                "Content-Disposition": content_disposition_header(True, notice.name) or "",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )
    return render(request, "reception/admission/notice.html", {"notice": notice})


def _draft(draft_id: UUID, acting: Acting) -> Any:
    return wizard.draft_of(services.NAME, draft_id, acting)


def _injuries_page(draft_id: UUID) -> str:
    return reverse("wizard_step", args=[services.NAME, draft_id, "injuries"])


@form_of(_injuries_page)
@gate.posts(*RECEIVING, "medical")
@purpose("reception.photo_add")
def injury_photo_add(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Keep a photo of an injury; what is no photo is said, and nothing else is lost."""
    acting = _acting(request)
    draft = _draft(draft_id, acting)
    sent = request.FILES.get("photo")
    try:
        services.add_photo(
            draft, sent.read() if sent else b"", (sent.name or "") if sent else "", acting
        )
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("The photo is kept."))
    return redirect(_injuries_page(draft_id))


@require_GET
@gate.posts(*RECEIVING, "medical")
@purpose("reception.photo")
def injury_photo(request: HttpRequest, draft_id: UUID, sha256: str) -> HttpResponse:
    """One photo of an admission that isn't closed."""
    draft = _draft(draft_id, _acting(request))
    photo = next((one for one in services.photos_of(draft) if one.sha256 == sha256), None)
    if photo is None:
        raise Missing("admission.no_such_photo", _("There is no such photo."))
    return HttpResponse(
        media.read(sha256),
        content_type=photo.media_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
