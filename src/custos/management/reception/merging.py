"""Two records of one person: the grave acts of two officers, and their pages."""

from collections.abc import Callable
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
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.accounts.deciding import TwoPersonForm, answered, decided
from custos.foundation.accounts.middleware import purpose
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people import services
from custos.foundation.custody.people.kinds import LEADERS
from custos.foundation.errors import CustosError, Missing
from custos.foundation.ui.forms import ReasonForm


def _both(content: Content) -> list[Any]:
    found = {one.pk: one for one in people.records([UUID(content["kept"]), UUID(content["other"])])}
    return [found.get(UUID(content[which])) for which in ("kept", "other")]


def _lines(content: Content) -> list[tuple[Any, Any]]:
    kept, other = _both(content)
    return [
        (_("Record that is kept"), _named(kept)),
        (_("Record that reads as it"), _named(other)),
        (_("Reason"), content["reason"]),
    ]


def _named(one: Any) -> str:
    return f"{one.name} · {one.born or _('not known')} · {one.organization.name}" if one else "—"


def _act(
    name: str,
    title: Any,
    route: str,
    check: Callable[[Content], None],
    *,
    effect: Any,
    undone: Any,
    instead: Any,
) -> Act:
    return confirmations.register(
        Act(
            name,
            title,
            firsts=frozenset(LEADERS),
            seconds=frozenset(LEADERS),
            lines=_lines,
            url=lambda content: reverse(route, args=[content["custody"], content["other"]]),
            effect=effect,
            undone=undone,
            instead=instead,
            about=lambda content: Whom(custody=UUID(content["custody"])),
            check=lambda content, by: check(content),
            both_officers=True,
        )
    )


_act(
    services.MERGE,
    gettext_lazy("Read two records as one person"),
    "person_merge",
    services.may_merge,
    effect=gettext_lazy(
        "Stays, facts and entries of both are shown together, under the name of the record that is kept, to"
        " everybody who may read either. Nothing that was written is changed."
    ),
    undone=gettext_lazy("Two officers can part them again."),
    instead=gettext_lazy(
        "Refuse, and have fingerprints, photo and papers of both compared first: whoever is read as"
        " somebody else may be held, or released, on the wrong record."
    ),
)
_act(
    services.UNDO,
    gettext_lazy("Part two records again"),
    "person_part",
    services.may_part,
    effect=gettext_lazy(
        "Each record reads as itself again: stays, facts and entries stand where they were written."
    ),
    undone=gettext_lazy("They can be read as one again."),
    instead=gettext_lazy(
        "Refuse, and have the first decision's ground looked at again; until then both read as one."
    ),
)


@require_http_methods(["GET", "POST"])
@gate.posts(*LEADERS)
@purpose("custody.merge")
def merge(request: HttpRequest, custody_id: UUID, other_id: UUID) -> HttpResponse:
    """Both records side by side, the decision, and how far the second person is."""
    return _decide(request, custody_id, other_id, services.MERGE, services.merge)


@require_http_methods(["GET", "POST"])
@gate.posts(*LEADERS)
@purpose("custody.merge")
def part(request: HttpRequest, custody_id: UUID, other_id: UUID) -> HttpResponse:
    """Two records that read as one are parted again."""
    return _decide(request, custody_id, other_id, services.UNDO, services.undo_merge)


def _decide(
    request: HttpRequest,
    custody_id: UUID,
    other_id: UUID,
    act: str,
    do: Callable[..., None],
) -> HttpResponse:
    acting = acting_in(request)
    shown = custody.person(custody_id)
    wanted = {"custody": str(custody_id), "kept": str(shown.root_id), "other": str(other_id)}
    both = _both(wanted)
    merged = other_id in shown.records and other_id != shown.root_id
    if None in both or shown.root_id == other_id or merged != (act == services.UNDO):
        raise Missing("merge.no_such", _("There is no such record within your scope."))
    asked = confirmations.asked_for(acting, act, other=str(other_id))
    form = TwoPersonForm(request)
    why = ReasonForm(request.POST or None, initial=asked.content if asked else None)
    if request.method == "POST" and why.is_valid() and form.is_valid():
        content = wanted | {"reason": why.cleaned_data["reason"]}
        try:
            confirmed = decided(
                form, act, content, organization_id=shown.organization_id, asked=asked, by=acting
            )
            if confirmed:
                do(confirmed, content, by=acting)
        except CustosError as error:
            form.say(error)
        else:
            done = _("Done. The entry is on the record.")
            return answered(request, confirmed, done, "person", custody_id=custody_id)
    context = {
        "person": shown,
        "act": confirmations.act_of(act),
        "both": both,
        "form": form,
        "why": why,
        "asked": asked,
        "parting": act == services.UNDO,
        "wrong": bool(form.errors or why.errors),
    }
    return render(request, "reception/merge.html", context, status=422 if context["wrong"] else 200)
