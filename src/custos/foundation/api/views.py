"""The page of one's own tokens, and the API's description."""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from custos.foundation import clock, gate
from custos.foundation.accounts.acting import acting_in
from custos.foundation.accounts.deciding import ProofForm
from custos.foundation.api import queries, reference, scopes, services
from custos.foundation.api.forms import TokenForm
from custos.foundation.api.models import Token
from custos.foundation.errors import CustosError, Missing
from custos.foundation.record.parties import DUTY_POSTS

View = Callable[[HttpRequest], HttpResponse]


class Described(Protocol):
    """An API with its OpenAPI description."""

    @property
    def described(self) -> dict[str, Any]:
        """The description."""
        ...


def openapi(api: Described) -> View:
    """The view of the description. It says nothing of this installation, and anybody may read it."""

    @require_GET
    @gate.everybody
    def view(_request: HttpRequest) -> HttpResponse:
        return JsonResponse(api.described, json_dumps_params={"ensure_ascii": False})

    return view


def docs(api: Described) -> View:
    """The view of the reference for people."""

    @require_GET
    @gate.signed_in
    def view(request: HttpRequest) -> HttpResponse:
        context = {"groups": list(reference.shown(api.described)), "scopes": scopes.SCOPES}
        return render(request, "api/reference.html", context)

    return view


@require_http_methods(["GET", "POST"])
@gate.posts(*DUTY_POSTS)
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens of the present post, and a form for another. The secret is shown once.

    A token outlives the session, so whoever makes one proves again who they are.
    """
    acting = acting_in(request)
    form = TokenForm(request.POST if request.method == "POST" else None, post=acting.post)
    own = ProofForm(request)
    made: Token | None = None
    secret = ""
    if request.method == "POST" and form.is_valid() and own.is_valid():
        try:
            made, secret = services.make_personal(
                acting,
                form.cleaned_data["name"],
                wanted=form.cleaned_data["scopes"],
                days=form.cleaned_data["days"],
            )
        except CustosError as error:
            form.say(error)
        else:
            form = TokenForm(post=acting.post)
    context = {
        "form": form,
        "proof": own,
        "rows": [_row(token) for token in queries.own(acting)],
        "made": made,
        "secret": secret,
        "acting": acting,
    }
    return render(
        request, "api/tokens.html", context, status=422 if form.errors or own.errors else 200
    )


def _row(token: Token) -> dict[str, Any]:
    if token.revoked_at:
        state = ("refused", _("Revoked"))
    elif token.expires_at <= clock.now():
        state = ("waiting", _("Over"))
    else:
        state = ("done", _("Valid"))
    return {
        "token": token,
        "id": str(token.pk),
        "tone": state[0],
        "state": state[1],
        "valid": state[0] == "done",
        "opens": [scopes.SCOPES[name] for name in token.scopes if name in scopes.SCOPES],
    }


@require_POST
@gate.posts(*DUTY_POSTS)
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    acting = acting_in(request)
    if token_id not in {token.pk for token in queries.own(acting)}:
        raise Missing("token.no_such", _("There is no such token."))
    try:
        services.revoke(token_id, by=acting.actor)
    except CustosError as error:
        messages.error(request, f"{error.message} {error.mend}".strip())
    else:
        messages.success(request, _("Revoked. Programs that use it are refused from now on."))
    return redirect("tokens")
