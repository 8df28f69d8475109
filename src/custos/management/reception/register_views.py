"""The registers as a page, a spreadsheet and a printed list; and the files behind an entry."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.foundation.accounts import access
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.middleware import purpose
from custos.foundation.documents import services as documents
from custos.foundation.documents.contents import Register as Printed
from custos.foundation.media import services as media
from custos.foundation.record import queries as record
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui.listing import Listing
from custos.management.reception import registers

#: A printed list is for reading: some eighty sheets.
MOST_PRINTED = 2_000


def _listing(request: HttpRequest) -> Listing:
    filters = registers.RegisterFilters(request.GET, acting=acting_in(request))
    return Listing(
        request,
        registers.RegisterTable,
        filters.queryset,
        name="registers",
        title=_title(request),
        noun=registers.entries,
        present=registers.shown,
        filters=filters,
        export="registers_export",
        nothing=_("Nothing was recorded in these days"),
        hint=_("Rows come of entries of the record, and are never typed here."),
    )


def _title(request: HttpRequest) -> str:
    wanted = request.GET.get("business", "")
    one = next((one for one in registers.known() if one.code == wanted), None)
    return str(one.title) if one else _("Registers")


@dataclass(frozen=True, slots=True)
class _GroupLink:
    """A group of rows with the address that narrows the list to it."""

    title: str
    count: int
    url: str


def _groups(request: HttpRequest, listing: Listing) -> tuple[list[_GroupLink], int]:
    by = request.GET.get("grouped", "")
    filters = listing.filters
    if filters is None or not filters.is_valid():
        return [], 0
    found, rest = registers.groups(filters.qs, by)
    kept = {name: str(value) for name, value in listing.query.items() if name != "grouped"}
    return [
        _GroupLink(group.title, group.count, f"?{urlencode(kept | group.query)}") for group in found
    ], rest


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("registers.list")
def page(request: HttpRequest) -> HttpResponse:
    """Rows of the registers, narrowed, paged and counted in groups."""
    listing = _listing(request)
    groups, rest = _groups(request, listing)
    since, until = registers.days_of(request.GET)
    context = {
        "listing": listing,
        "title": listing.title,
        "groups": groups,
        "rest": rest,
        "since": since,
        "until": until,
        "print_url": f"{reverse('registers_pdf')}?{listing.query.urlencode()}",
    }
    return render(request, "reception/registers.html", context)


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("registers.export")
def export(request: HttpRequest) -> HttpResponse:
    """The rows as a spreadsheet; everybody in it stands in the access log."""
    return _listing(request).workbook()


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("registers.print")
def printed(request: HttpRequest) -> HttpResponse:
    """The rows as a PDF, in Chinese whatever the reader's language: it is the facility's paper."""
    acting = acting_in(request)
    with translation.override("zh-hans"):
        listing = _listing(request)
        heads, rows = listing.texts(MOST_PRINTED)
        since, until = registers.days_of(request.GET)
        said = f"{since.isoformat()} 至 {until.isoformat()}"
        filters = listing.filters
        assert filters is not None
        words = filters.in_words_but("since", "until", "grouped", "business")
        content = Printed(
            name=str(listing.title) if request.GET.get("business") else "台账",
            narrowed=" · ".join(part for part in (said, words) if part),
            columns=tuple(heads),
            widths=tuple(registers.WIDTHS[name] for name in listing.names),
            rows=tuple(tuple(row) for row in rows),
        )
        body = documents.unnumbered(
            "D26",
            content,
            facility=acting.organization.name,
            kind=acting.organization.kind,
            printed_by=f"{acting.staff.name}（{acting.post.title}）",
        )
    at = clock.now().astimezone(clock.LOCAL)
    return _file(body, "application/pdf", f"registers-{at:%Y%m%d-%H%M}.pdf")


@require_GET
@gate.posts(*DUTY_POSTS)
@purpose("record.attachment")
def files(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The files behind an entry, for its readers; one of them by `?file=` and its digest."""
    line = record.line(entry_id)
    if line.detainee_id:
        access.note([line.detainee_id])
    wanted = request.GET.get("file")
    if wanted:
        found = record.attachment(entry_id, wanted)
        return _file(media.read(found.sha256), found.media_type, found.name)
    context: dict[str, Any] = {
        "line": line,
        "files": [
            {**file, "url": f"{request.path}?{urlencode({'file': file['sha256']})}"}
            for file in line.attachments
        ],
    }
    return render(request, "reception/files.html", context)


def _file(body: bytes, media_type: str, name: str) -> HttpResponse:
    """A file to keep; whatever it holds, it runs nothing here."""
    return HttpResponse(
        body,
        content_type=media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
