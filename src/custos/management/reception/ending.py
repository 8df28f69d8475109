"""A document that holds somebody is ended, by two officers, or put right: the grave act and the pages."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from custos.foundation import gate
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import ending
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.kinds import ENDING, LEADERS
from custos.foundation.errors import CustosError, Missing
from custos.foundation.ui.forms import ReasonForm
from custos.management.reception.fact_forms import EndDocumentForm, fact_form
from custos.management.reception.file import known_fact
from custos.management.reception.release import gathered


def _lines(content: Content) -> list[tuple[Any, Any]]:
    said = [
        (_("Document that ends"), _named(content)),
        (_("What still holds the person then"), _left(content)),
        (_("How it ends"), ending.HOW[content["how"]]),
        (_("Paper that ends it"), content["paper"]),
        (_("Issued by"), content["issuer"]),
        (_("Date of that paper"), content["on"]),
        (_("Reason"), content["reason"]),
    ]
    return [(label, value) for label, value in said if value]


def _left(content: Content) -> str:
    """What holds somebody once the document has ended so, in words."""
    shown = custody.person(UUID(content["custody"]))
    held = people.file_of(shown.custody_id, shown.records)
    return _words_left(held, shown, UUID(content["fact"]), content["how"])


def _words_left(
    held: people.PersonFile, shown: custody.PersonShown, fact: UUID, how: str = ending.REVOKED
) -> str:
    grounds = gathered.grounds_in(held, shown, without=fact, how=how)
    nothing = _("Nothing: it is an alarm at once, and the person must be let go")
    return "、".join(gathered.named(grounds, shown)) or nothing


def _named(content: Content) -> str:
    held = people.ever(UUID(content["custody"]), "basis")
    return next((one.fact.words() for one in held if str(one.id) == content["fact"]), "—")


ACT = confirmations.register(
    Act(
        ending.END,
        gettext_lazy("End a document that holds somebody"),
        firsts=frozenset(ENDING),
        seconds=frozenset(LEADERS),
        lines=_lines,
        url=lambda content: reverse(
            "person_document_end", args=[content["custody"], content["fact"]]
        ),
        effect=gettext_lazy(
            "The document holds the person no longer: where nothing else does, it is an alarm at once, and"
            " they must be let go through the release gate. It stays on the record, with the paper that"
            " ends it and both officers."
        ),
        undone=gettext_lazy("A document that still holds is recorded anew, at once."),
        instead=gettext_lazy(
            "Refuse, and have the paper itself shown: by a word over the telephone nothing ends. What was"
            " only typed wrong is corrected instead."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
        check=lambda content, by: ending.may_end(content),
        both_officers=True,
    )
)


@require_http_methods(["GET", "POST"])
@gate.posts(*ENDING)
@purpose("custody.fact")
def end(request: HttpRequest, custody_id: UUID, document_id: UUID) -> HttpResponse:
    """The document, the paper that ends it, and how far the second person is."""
    acting = acting_in(request)
    shown = custody.person(custody_id)
    known = _document(shown, document_id)
    asked = confirmations.asked_for(acting, ending.END, fact=str(document_id))
    form = TwoPersonForm(request)
    paper = EndDocumentForm(request.POST or None, initial=asked.content if asked else None)
    if request.method == "POST" and paper.is_valid() and form.is_valid():
        content = ending.content_of(custody_id, document_id, **paper.cleaned_data)
        try:
            confirmed = decided(
                form,
                ending.END,
                content,
                organization_id=shown.organization_id,
                asked=asked,
                by=acting,
            )
            if confirmed:
                ending.end_document(confirmed, content, by=acting)
        except Missing:
            raise
        except CustosError as error:
            _say(error, paper, form)
        else:
            done = _("Ended. What was recorded stays on the record.")
            return answered(request, confirmed, done, "person", custody_id=custody_id)
    context = {
        "person": shown,
        "act": ACT,
        "known": known,
        "left": _words_left(people.file_of(custody_id, shown.records), shown, document_id),
        "form": form,
        "paper": paper,
        "asked": asked,
        "wrong": bool(form.errors or paper.errors),
    }
    status = 422 if context["wrong"] else 200
    return render(request, "reception/document_end.html", context, status=status)


def _document(shown: custody.PersonShown, document_id: UUID) -> people.Known:
    """A document of the file that holds. Raises `Missing` for any other fact."""
    known = known_fact(shown, document_id)
    if known.fact.sort != "basis":
        raise Missing("fact.no_such", _("There is no such fact about this person."))
    return known


def _say(error: CustosError, paper: EndDocumentForm, form: TwoPersonForm) -> None:
    """Each finding at the field that it is about."""
    for found in error.findings:
        asks = paper if found.field in paper.fields else form
        asks.add_error(found.field if found.field in asks.fields else None, found.words)


@require_http_methods(["GET", "POST"])
@gate.posts(*ENDING)
@purpose("custody.fact")
def correct(request: HttpRequest, custody_id: UUID, document_id: UUID) -> HttpResponse:
    """What was typed wrong of a document is put right; what was typed is kept where it is refused."""
    shown = custody.person(custody_id)
    known = _document(shown, document_id)
    form: Any = fact_form("basis", request.POST or None, held=known.fact)
    why = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and why.is_valid():
        try:
            ending.correct(
                custody_id,
                document_id,
                form.fact,
                reason=why.cleaned_data["reason"],
                by=acting_in(request).actor,
            )
        except Missing:
            raise
        except CustosError as error:
            form.say(error)
        else:
            messages.success(request, _("Corrected. What was recorded stays on the record."))
            return redirect("person", custody_id=custody_id)
    wrong = bool(form.errors or why.errors)
    context = {"person": shown, "known": known, "form": form, "why": why, "wrong": wrong}
    status = 422 if wrong else 200
    return render(request, "reception/document_correct.html", context, status=status)
