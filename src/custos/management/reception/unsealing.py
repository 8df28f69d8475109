"""Sealed past stays, shown on a lawful request: the grave act of two officers, and its page.

SL2025 136: records of violations of public order are given to nobody, but to a state organ that handles a
case or to whoever looks by a rule of the state. So it takes the request – whose, which document, for what –
the number that it names, two officers, and it stays on the record. What is found is shown once, and nowhere
else.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from custos.foundation import gate
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.confirmations import Act, Content
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.database import secrecy
from custos.foundation.errors import CustosError, Malformed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Subject
from custos.foundation.ui.forms import Form
from custos.management.reception import documents
from custos.management.reception.kinds import UNSEALING, SealedStaysShown

ACT = "custody.unseal"
PURPOSES = {
    "case": gettext_lazy("A state organ handles a case"),
    "rule": gettext_lazy("Looked up by a rule of the state"),
}


class RequestForm(Form):
    """Who asks, on what document, for what, and by which number."""

    authority = forms.CharField(label=gettext_lazy("Authority that asks"), max_length=200)
    document = forms.CharField(
        label=gettext_lazy("Number of its document"),
        max_length=100,
        help_text=gettext_lazy("The written request; keep it with the file."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("For what"), choices=list(PURPOSES.items()))
    number = forms.CharField(
        label=gettext_lazy("Document or custody number of the person"),
        max_length=64,
        help_text=gettext_lazy("Whole, as the request has it. It is not kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _lines(content: Content) -> list[tuple[Any, Any]]:
    return [
        (_("Authority that asks"), content["authority"]),
        (_("Number of its document"), content["document"]),
        (_("For what"), PURPOSES[content["purpose"]]),
        (_("Number of the person"), content["tail"]),
    ]


confirmations.register(
    Act(
        ACT,
        gettext_lazy("Show sealed records"),
        firsts=frozenset(UNSEALING),
        seconds=frozenset(UNSEALING),
        lines=_lines,
        url=lambda content: reverse("unsealing"),
        effect=gettext_lazy(
            "Whoever asks sees, once, what sealed stays are held here under this number. That it was shown,"
            " to which authority and for what, stays on the record."
        ),
        undone=gettext_lazy("Nothing. What has been seen can't be unseen."),
        instead=gettext_lazy(
            "Refuse, and have the authority say in writing for which case, or by which rule of the state,"
            " it looks: without one, nobody is told whether anything is sealed."
        ),
        both_officers=True,
    )
)


def content_of(number: str, *, authority: str, document: str, purpose: str) -> dict[str, str]:
    """What two officers confirm. Of the number it has the last four characters and a keyed digest."""
    plain = "".join(number.split()).upper()
    return {
        "authority": authority.strip(),
        "document": document.strip(),
        "purpose": purpose,
        "tail": f"…{plain[-4:]}",
        "digest": secrecy.blind(ACT, plain),
    }


def unseal(confirmation: UUID, content: Content, number: str, *, by: Acting) -> list[Custody]:
    """The sealed stays of the scope by a number, on a confirmation of exactly this request.

    Writes who asked and what was shown, also where nothing was found. Raises `Malformed` for another
    number than the confirmed one, and what `confirmations.consume()` raises. Source: 治安管理处罚法
    (2025 revision) art. 136.
    """
    said = {name: str(content[name]) for name in ("authority", "document", "purpose")}
    if dict(content) != content_of(number, **said):
        raise Malformed(
            "unsealing.number",
            _("This is another number than the one that was confirmed."),
            field="number",
        )
    with record.deed() as deed:
        second = confirmations.consume(confirmation, ACT, content, by=by)
        found = people.sealed_by_number("".join(number.split()).upper())
        deed.append(
            SealedStaysShown(**said, tail=content["tail"], stays=[stay.pk for stay in found]),
            about=Subject(by.organization.pk),
            by=by.actor,
            second=second,
            ground="治安管理处罚法（2025年修订）第136条",
        )
    return found


@require_http_methods(["GET", "POST"])
@gate.posts(*UNSEALING)
@purpose("custody.unseal")
def page(request: HttpRequest) -> HttpResponse:
    """The request, the decision of two, and what was found, once."""
    acting = acting_in(request)
    asked = confirmations.asked_for(acting, ACT)
    form = TwoPersonForm(request)
    wanted = RequestForm(request.POST or None, initial=asked.content if asked else None)
    found: list[Custody] | None = None
    if request.method == "POST" and wanted.is_valid() and form.is_valid():
        said = dict(wanted.cleaned_data)
        number = said.pop("number")
        content = content_of(number, **said)
        try:
            confirmed = decided(
                form,
                ACT,
                content,
                organization_id=acting.organization.pk,
                asked=asked,
                by=acting,
                ground=f"{content['authority']} {content['document']}",
            )
            if confirmed:
                found = unseal(confirmed, content, number, by=acting)
        except CustosError as error:
            form.say(error)
        else:
            if not confirmed:
                return answered(request, confirmed, "")
    wrong = bool(form.errors or wanted.errors)
    context = {
        "act": confirmations.act_of(ACT),
        "form": form,
        "wanted": wanted,
        "asked": asked,
        "waits": asked is not None and asked.confirmed_at is None and asked.declined_at is None,
        "wrong": wrong,
        "shown": found is not None,
        "stays": [(stay, documents.title_of(stay.basis)) for stay in found or ()],
        "content": content if found is not None else None,
    }
    return render(request, "reception/unsealing.html", context, status=422 if wrong else 200)
