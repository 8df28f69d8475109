"""The ledger of duty by post and day: a page, a spreadsheet and a printed list."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.documents import services as documents
from custos.foundation.documents.contents import Register
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.ui import listing
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.forms import Form
from custos.foundation.ui.widgets import Choices
from custos.prevention.duty.assessment import ledger
from custos.prevention.duty.assessment.ledger import READERS

_WIDTHS = (4, 4, 4, 3, 8, 5)


class LedgerTable(listing.Table):
    """What a day's duty was, in the order of time."""

    at = listing.MomentColumn(verbose_name=gettext_lazy("Time"))
    post_title = listing.Column(verbose_name=gettext_lazy("Post"))
    event = listing.Column(verbose_name=gettext_lazy("Event"))
    officer = listing.Column(verbose_name=gettext_lazy("Officer"))
    text = listing.Column(verbose_name=gettext_lazy("Content"))
    ended = listing.Column(verbose_name=gettext_lazy("How it ended"))


class DayForm(Form):
    """Which day, and of which post."""

    day = DayField(label=gettext_lazy("Day"), required=False)
    post = forms.ChoiceField(label=gettext_lazy("Post"), required=False, widget=Choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [(post.value, post.title) for post in Post if post in DUTY_POSTS]
        self.fields["post"].choices = [("", _("all posts")), *titles]  # type: ignore[attr-defined]


def _asked(
    request: HttpRequest, acting: Acting
) -> tuple[date, Post | None, list[ledger.Row], DayForm]:
    form = DayForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    day = given.get("day") or clock.today()
    post = Post(given["post"]) if given.get("post") else None
    return day, post, ledger.rows(acting.organization.pk, day, acting.actor, post), form


@require_GET
@gate.posts(*READERS)
def page(request: HttpRequest) -> HttpResponse:
    """A day's ledger of the facility, of one post where one is chosen."""
    acting = acting_in(request)
    day, post, rows, form = _asked(request, acting)
    query = urlencode({"day": day.isoformat(), "post": post.value if post else ""})
    shown = DayForm(initial={"day": day, "post": post.value if post else ""})
    context = {
        "form": form if form.errors else shown,
        "day": day,
        "post": post,
        "rows": rows,
        "table": LedgerTable(rows, orderable=False),
        "export_url": f"{reverse('duty_ledger_export')}?{query}",
        "print_url": f"{reverse('duty_ledger_pdf')}?{query}",
        "organization": acting.organization,
    }
    return render(request, "workbenches/ledger.html", context)


@require_GET
@gate.posts(*READERS)
def export(request: HttpRequest) -> HttpResponse:
    """The same as a spreadsheet."""
    acting = acting_in(request)
    day, post, rows, _form = _asked(request, acting)
    said = f"{acting.organization.name} · {_('Ledger of duty')} {day.isoformat()}"
    lines = [said, str(post.title) if post else _("all posts")]
    table = LedgerTable(rows, orderable=False)
    return listing.workbook_of(request, table, name=f"duty-{day:%Y%m%d}", lines=lines)


@require_GET
@gate.posts(*READERS)
def printed(request: HttpRequest) -> HttpResponse:
    """The same as a PDF, in Chinese whatever the reader's language: it is the facility's paper."""
    acting = acting_in(request)
    with translation.override("zh-hans"):
        day, post, rows, _form = _asked(request, acting)
        heads, texts = listing.texts_of(LedgerTable(rows, orderable=False))
        content = Register(
            name="勤务台账",
            narrowed=f"{day.isoformat()} · {post.title if post else _('all posts')}",
            columns=tuple(heads),
            widths=_WIDTHS,
            rows=tuple(tuple(row) for row in texts),
        )
        body = documents.unnumbered(
            "D26",
            content,
            facility=acting.organization.name,
            kind=acting.organization.kind,
            printed_by=f"{acting.staff.name}（{acting.post.title}）",
        )
    name = content_disposition_header(True, f"duty-{day:%Y%m%d}.pdf") or ""
    return HttpResponse(body, content_type="application/pdf", headers={"Content-Disposition": name})
