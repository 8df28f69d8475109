"""Erasing what an entry says, as law ordered: the grave act of two officers, and its page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from custos.foundation import gate
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting, acting_in
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.errors import CustosError, Missing
from custos.foundation.record import queries as record
from custos.foundation.record import services as recording
from custos.foundation.record.parties import Post
from custos.foundation.record.queries import Line
from custos.management.reception.forms import ErasureForm

ERASING = (Post.LEADER, Post.DUTY_LEADER)
ACT = "record.erase_payload"


def _lines(content: Content) -> list[tuple[Any, Any]]:
    line = record.lines_of([UUID(content["entry"])]).get(UUID(content["entry"]))
    person = custody.person(UUID(content["custody"]))
    return [
        (_("Person"), f"{person.name} · {person.number}"),
        (_("Entry"), f"{line.title} · {line.text}" if line else "—"),
        (_("Happened"), line.occurred_at if line else None),
        (_("Legal ground"), content["legal_ground"]),
        (_("Reason"), content["reason"]),
    ]


def _of_another(content: Content, by: Acting) -> None:
    line = _line(UUID(content["custody"]), UUID(content["entry"]))
    recording.require_of_another(line.by_ref, by.actor)


confirmations.register(
    Act(
        ACT,
        gettext_lazy("Erase the content of an entry"),
        firsts=frozenset(ERASING),
        seconds=frozenset({Post.LEADER, Post.DUTY_LEADER, Post.OVERSIGHT}),
        lines=_lines,
        url=lambda content: reverse("entry_erase", args=[content["custody"], content["entry"]]),
        effect=gettext_lazy(
            "What this entry says goes for good, with files that only it names. Who wrote it, when, and"
            " that it was erased stay."
        ),
        undone=gettext_lazy("Nothing. It can't be brought back."),
        instead=gettext_lazy(
            "Refuse, and have the order looked at: what is wrong is corrected by a new entry, and what not"
            " everybody may read is sealed; only what law orders erased is erased."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
        check=_of_another,
        check_second=_of_another,
        both_officers=True,
    )
)


def erase(confirmation: UUID, content: Content, *, by: Acting) -> None:
    """Erase, with a confirmation of exactly this content; both stand or fall together."""
    with recording.deed():
        second = confirmations.consume(confirmation, ACT, content, by=by)
        recording.erase_payload(
            UUID(content["entry"]),
            legal_ground=content["legal_ground"],
            reason=content["reason"],
            by=by.actor,
            second=second,
        )


@require_http_methods(["GET", "POST"])
@gate.posts(*ERASING)
@purpose("record.erase")
def page(request: HttpRequest, custody_id: UUID, entry_id: UUID) -> HttpResponse:
    """The entry, the decision, and how far the second person is."""
    acting = acting_in(request)
    person, line = custody.person(custody_id), _line(custody_id, entry_id)
    asked = confirmations.asked_for(acting, ACT, entry=str(entry_id))
    form = TwoPersonForm(request)
    ground = ErasureForm(request.POST or None, initial=asked.content if asked else None)
    if request.method == "POST" and ground.is_valid() and form.is_valid():
        content = {"custody": str(custody_id), "entry": str(entry_id), **ground.cleaned_data}
        try:
            confirmed = decided(
                form, ACT, content, organization_id=line.organization_id, asked=asked, by=acting
            )
            if confirmed:
                erase(confirmed, content, by=acting)
        except CustosError as error:
            form.say(error)
        else:
            done = _("Erased. That it was, by whom and why stays on the record.")
            return answered(request, confirmed, done, "person", custody_id=custody_id)
    waits = asked is not None and asked.confirmed_at is None and asked.declined_at is None
    context = {
        "act": confirmations.act_of(ACT),
        "waits": waits,
        # Only then are the three fields of the second person in sight.
        "second_here": waits or bool(form.data.get("second_name")),
        "person": person,
        "line": line,
        "form": form,
        "ground": ground,
        "asked": asked,
        "wrong": bool(form.errors or ground.errors),
    }
    status = 422 if context["wrong"] else 200
    return render(request, "reception/erase.html", context, status=status)


def _line(custody_id: UUID, entry_id: UUID) -> Line:
    """An entry about this stay whose content is still there and may be erased."""
    line = record.lines_of([entry_id]).get(entry_id)
    if line is None or line.custody_id != custody_id or line.erased:
        raise Missing("record.no_such_entry", _("There is no such entry in your scope."))
    if not _erasable(line):
        raise recording.not_erasable()
    return line


def _erasable(line: Line) -> bool:
    return not line.erased and (line.payload is None or line.payload.erasable)


def doors(lines: list[Line], custody_id: UUID, by: Acting) -> dict[UUID, list[tuple[Any, str]]]:
    """The way to this page from each entry of a timeline that may be erased, for whom it is open."""
    if by.post not in ERASING:
        return {}
    return {
        line.id: [(_("Erase by law"), reverse("entry_erase", args=[custody_id, line.id]))]
        for line in lines
        if line.custody_id == custody_id and _erasable(line)
    }
