"""Puts every page under the scope of whoever asks for it."""

import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from custos.foundation.accounts import access, queries
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import CustosError
from custos.foundation.ui import refusals

SESSION_KEY = "posting"


def acting_for(request: HttpRequest) -> Acting | None:
    """As what the signed-in account acts in this session, or None."""
    if not request.user.is_authenticated:
        return None
    return queries.acting_of(request.user, request.session.get(SESSION_KEY))


def purpose(code: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare on a view for what it shows personal data; the access log keeps it."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        view.access_purpose = code  # type: ignore[attr-defined]
        return view

    return mark


class ActingMiddleware:
    """Sets `request.acting`, and runs each view in one transaction under that scope.

    Reads, the access row and at most one deed share the transaction; a page that fails leaves
    nothing. Asynchronous views (the live stream) open their own short scopes. Without a posting a
    view runs under no scope at all, and every protected table is empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.acting = SimpleLazyObject(lambda: acting_for(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Run the view inside its scope, rendering included."""
        acting = request.acting if request.user.is_authenticated else None  # type: ignore[attr-defined]
        if not acting or inspect.iscoroutinefunction(view):
            return None
        match = request.resolver_match
        route = (match.view_name if match else "") or request.path
        try:
            with (
                scope.entered(acting.scope),
                access.recording(
                    acting, purpose=getattr(view, "access_purpose", route), route=route
                ),
            ):
                response: HttpResponse = view(request, *args, **kwargs)
                render = getattr(response, "render", None)
                if callable(render):
                    response = render()
        except CustosError as error:
            # Outside the transaction, which a refusal undoes.
            return refusals.answer(request, error)
        # At a shared desk the way back shows nothing after a sign-out.
        response.headers.setdefault("Cache-Control", "no-store")
        return response
