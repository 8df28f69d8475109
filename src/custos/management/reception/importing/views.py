"""The pages of bringing people in: send a sheet, read what was found in it, confirm it or throw it away."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
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
from custos.foundation.errors import CustosError, Missing
from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui.forms import Form, ReasonForm
from custos.foundation.ui.listing import Listing
from custos.foundation.ui.methods import form_of
from custos.management.reception.importing import queries, services, sheets, tables, template
from custos.management.reception.importing.columns import columns
from custos.management.reception.kinds import RECEIVING, PeopleBrought
from custos.management.reception.models import PeopleImport

CONFIRMING = PeopleBrought.writers.allowed_posts
PAGE = 20


class SheetForm(Form):
    """The sheet."""

    file = forms.FileField(
        label=gettext_lazy("Sheet (xlsx or CSV)"),
        help_text=gettext_lazy("Looking through it brings nobody in."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )


def _acting(request: HttpRequest) -> Acting:
    acting = acting_in(request)
    if acting.organization.tier is not Tier.FACILITY:
        raise PermissionDenied
    return acting


@require_http_methods(["GET", "POST"])
@gate.posts(*RECEIVING)
@purpose("reception.import")
def people_import(request: HttpRequest) -> HttpResponse:
    """Send a sheet to have it looked through; the sheets that were sent before."""
    acting = _acting(request)
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            upload = services.check(
                sent.read(sheets.MOST_BYTES + 1),
                sent.name or "",
                acting.organization.pk,
                by=acting.actor,
                sent_by=acting.staff.name,
            )
        except CustosError as error:
            form.say(error)
        else:
            return redirect("people_import_sheet", upload_id=upload.pk)
    language = request.LANGUAGE_CODE
    context = {
        "form": form,
        "page": Paginator(queries.uploads(), PAGE).get_page(request.GET.get("page", "1")),
        "columns": [
            (one.title(language), one.needed, one.helped(language), one.example)
            for one in columns().values()
        ],
    }
    wrong = request.method == "POST"
    return render(request, "reception/import.html", context, status=422 if wrong else 200)


@require_GET
@gate.posts(*RECEIVING)
def people_import_template(request: HttpRequest) -> HttpResponse:
    """The empty sheet to fill in."""
    kind = _acting(request).organization.kind
    return HttpResponse(
        template.empty(kind),
        content_type=sheets.XLSX,
        headers={"Content-Disposition": content_disposition_header(True, template.NAME) or ""},
    )


def _listing(request: HttpRequest, upload: PeopleImport) -> Listing:
    rows = queries.rows(upload).select_related("upload")
    return Listing(
        request,
        tables.RowTable,
        rows,
        name="import_rows",
        title=upload.name,
        noun=tables.rows,
        present=queries.shown,
        filters=tables.RowFilters(request.GET, queryset=rows),
        nothing=_("No rows"),
    )


def _page(
    request: HttpRequest, upload: PeopleImport, form: ReasonForm, status: int = 200
) -> HttpResponse:
    acting = acting_in(request)
    listing = _listing(request, upload)
    open_ = upload.state == PeopleImport.CHECKED
    context: dict[str, Any] = {
        "upload": upload,
        "listing": listing,
        "form": form,
        "wrong": status != 200,
        "open": open_,
        "ready": open_ and not upload.wrong and upload.new,
        "may_bring": acting.post in CONFIRMING,
    }
    return render(request, "reception/import_sheet.html", context, status=status)


@require_GET
@gate.posts(*RECEIVING)
@purpose("reception.import")
def people_import_sheet(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """What was found in a sheet, row by row, and what may be done with it."""
    _acting(request)
    return _page(request, queries.upload(upload_id), ReasonForm())


def _sheet(upload_id: UUID) -> str:
    return reverse("people_import_sheet", args=[upload_id])


@form_of(_sheet)
@gate.posts(*RECEIVING)
@purpose("reception.import")
def people_import_again(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Look through a sheet once more."""
    try:
        services.check_again(upload_id, by=_acting(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, _("Looked through anew."))
    return redirect("people_import_sheet", upload_id=upload_id)


@form_of(_sheet)
@gate.posts(*CONFIRMING)
@purpose("reception.import")
def people_import_bring(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Bring in everybody of a sheet who is new."""
    acting, form = _acting(request), ReasonForm(request.POST)
    upload = queries.upload(upload_id)
    if form.is_valid():
        try:
            services.bring(upload_id, reason=form.cleaned_data["reason"], by=acting.actor)
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Brought in. The entries are on the record."))
            return redirect("people_import_sheet", upload_id=upload_id)
    return _page(request, upload, form, status=422)


@form_of(_sheet)
@gate.posts(*RECEIVING)
@purpose("reception.import")
def people_import_drop(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Throw a sheet away."""
    try:
        services.drop(upload_id, by=_acting(request).actor)
    except Missing:
        raise
    except CustosError as error:
        messages.error(request, error.words)
        return redirect("people_import_sheet", upload_id=upload_id)
    messages.success(request, _("Thrown away. Nobody was brought in by it."))
    return redirect("people_import")
