"""Lets nobody in where a view isn't open to them, and puts every page under its reader's scope."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from custos.foundation import gate, rates
from custos.foundation.accounts import access, boards, idle, queries, tries
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.boards import Showing
from custos.foundation.database import scope
from custos.foundation.errors import CustosError, NotAllowed
from custos.foundation.gate import Gate, To
from custos.foundation.ui import refusals

log = structlog.get_logger(__name__)

V = TypeVar("V", bound=Callable[..., Any])

SESSION_KEY, FACTOR_KEY = "posting", "second_factor"


def watching_for(request: HttpRequest) -> Acting | Showing | None:
    """Whose range a live stream is for: of the account that acts, or of a wall board."""
    return acting_for(request) or boards.showing(request)


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


def _refusal(request: HttpRequest, needed: Gate) -> HttpResponse | None:
    """The answer to somebody for whom a view is not open, or None where it is."""
    if needed.to in (To.EVERYBODY, To.ITS_OWN_CHECK):
        return None
    if needed.to is To.NOBODY:
        return refusals.permission_denied(request)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if needed.to is To.SIGNED_IN:
        return None
    acting: Acting | None = request.acting or None  # type: ignore[attr-defined]
    if acting is None:
        return refusals.answer(request, _NO_POST)
    return None if needed.admits(acting.post) else refusals.permission_denied(request)


def _for_board(
    request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
) -> HttpResponse:
    """A view as a wall board sees it; another visitor is sent where a screen becomes one.

    Nothing records who looks, so a query that names people raises here.
    """
    board = boards.showing(request)
    if board is None:
        return redirect("board_enroll")
    if request.method != "GET":
        return refusals.permission_denied(request)
    request.board = board  # type: ignore[attr-defined]
    with scope.entered(board.scope):
        response: HttpResponse = view(request, *args, **kwargs)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


#: Views of other packages that a locked session reaches: leaving it, reading it, and a passkey.
_WHILE_LOCKED = {"account_logout", "set_language", "mfa_reauthenticate_webauthn"}


def _locked(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
    """The answer of a locked session, or None where it isn't or the view may be seen all the same."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    allowed = getattr(view, "while_locked", False) or name in _WHILE_LOCKED
    if not idle.is_locked(request):
        # What a page fetches by itself is no sign of anybody.
        if not allowed and request.headers.get("X-Live") != "true":
            idle.touch(request)
        return None
    if allowed:
        return None
    if name == settings.LOGIN_URL:
        # Whoever comes to a locked desk may sign in; until then they are nobody.
        request.user = AnonymousUser()
        return None
    if refusals.wants_data(request):
        return refusals.problem(423, "locked", str(_("This desk is locked.")))
    response = redirect("lock")
    response["Location"] += "?" + urlencode({"next": request.get_full_path()})
    return response


def _lacks_second_factor(request: HttpRequest) -> bool:
    """Whether the post needs a second factor and the account has none; asked once a session."""
    acting: Acting = request.acting  # type: ignore[attr-defined]
    if not acting or acting.post not in settings.SECOND_FACTOR_POSTS:
        return False
    if request.session.get(FACTOR_KEY) is None and queries.lacks_second_factor(
        acting.user, acting.post
    ):
        return True
    request.session.setdefault(FACTOR_KEY, True)
    return False


#: Views that an account with a password that was handed over reaches: changing it, and leaving.
_WHILE_HANDED_OVER = {"account_change_password", "account_logout", "set_language"}


def _must_change_password(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
    """The answer to who signed in by a password that somebody else knows, or None where all is well.

    Nobody acts by it: pages that may be seen all the same have neither a post nor a live stream.
    """
    if not getattr(request.user, "must_change_password", False):
        return None
    request.acting = None  # type: ignore[attr-defined]
    name = request.resolver_match.view_name if request.resolver_match else ""
    if getattr(view, "while_locked", False) or name in _WHILE_HANDED_OVER:
        return None
    if refusals.wants_data(request):
        said = _("This password was handed over to you. Change it first.")
        return refusals.problem(403, "password.handed_over", str(said))
    return redirect("account_change_password")


def _too_often(request: HttpRequest, view: Callable[..., Any]) -> HttpResponse | None:
    """The answer to an account that asks for this too often, or None where it doesn't."""
    policy = rates.of_view(view, request.method)
    if policy is None or not request.user.is_authenticated:
        return None
    window = timedelta(seconds=rates.WINDOW)
    count, age = tries.counted(f"rate:{policy}:{request.user.pk}", window=window)
    left = rates.left(policy, count, age.total_seconds())
    if left.allowed:
        return None
    title, mend = _("Too many requests."), _("Come back in %(seconds)s seconds.")
    said = str(mend) % {"seconds": left.seconds}
    if refusals.wants_data(request):
        answer = refusals.problem(429, "limit.reached", str(title), said)
    else:
        answer = refusals.page(request, 429, str(title), said)
    answer.headers["Retry-After"] = str(left.seconds)
    return answer


#: Answers that are a refusal: unknown, not allowed, not there for whoever asks, too often.
_REFUSED = (401, 403, 404, 429)


def _log_refusal(request: HttpRequest, status_code: int) -> None:
    """One line for the collector of the site: what was refused to which post, never to whom.

    An address that is no page at all says nothing of access; whoever is not signed in has no post.
    """
    match = request.resolver_match
    if status_code not in _REFUSED or match is None:
        return
    acting = getattr(request, "acting", None) or None
    log.warning(
        "access.refused",
        route=match.view_name or match.route,
        method=request.method,
        status_code=status_code,
        post=acting.post.value if acting else None,
        organization_id=acting.posting.organization_id if acting else None,
    )


def _to_second_factor(request: HttpRequest) -> HttpResponse:
    if refusals.wants_data(request):
        return refusals.problem(403, "factor.missing", str(_("This post needs a second factor.")))
    return redirect("mfa_index")


_NO_POST = NotAllowed(
    "posting.none",
    _("You hold no post today."),
    mend=_("Ask your facility's leader to put you on a post."),
)


def shown_regardless(view: V) -> V:
    """Declare on a view that shows alarms: where the access log can't be written, it is shown without
    people (`access.withheld()`), and never refused.
    """
    view.shown_regardless = True  # type: ignore[attr-defined]
    return view


class ActingMiddleware:
    """Sets `request.acting`, and runs each view that is open to it in one transaction in its scope.

    A view that declares no `gate` is open to nobody.

    Reads, the access row and at most one deed share the transaction; a page that fails leaves
    nothing. Asynchronous views (the live stream) and those that `opens_own_scope` (the API) open
    their own. Without a posting a view runs under no scope at all, and every protected table is
    empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.acting = SimpleLazyObject(lambda: acting_for(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        _log_refusal(request, response.status_code)
        if getattr(request, "signed_out", False):
            # Pages and what belonged to them; the theme, all that is in the storage, stays.
            response.headers["Clear-Site-Data"] = '"cache"'
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # At a shared desk the way back shows nothing after a sign-out.
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse, or run the view inside its scope, rendering included."""
        match = request.resolver_match
        needed = gate.of(view, match)
        if needed.to is To.BOARD:
            return _for_board(request, view, args, kwargs)
        if request.user.is_authenticated:
            changes = _must_change_password(request, view)
            if changes is not None:
                return changes
        if (refused := _refusal(request, needed)) is not None:
            return refused
        if request.user.is_authenticated and (locked := _locked(request, view)) is not None:
            return locked
        if (too_often := _too_often(request, view)) is not None:
            return too_often
        own_scope = hasattr(view, "opens_own_scope")
        guarded = needed.to is To.POSTS or (own_scope and needed.to is To.ITS_OWN_CHECK)
        if guarded and request.user.is_authenticated and _lacks_second_factor(request):
            return _to_second_factor(request)
        if needed.foreign:
            # Raises what its own middleware answers, which an exception from here would not reach.
            return None
        acting = request.acting if request.user.is_authenticated else None  # type: ignore[attr-defined]
        if not acting or inspect.iscoroutinefunction(view) or own_scope:
            return None
        route = (match.view_name if match else "") or request.path

        def answered() -> HttpResponse:
            with (
                scope.entered(acting.scope),
                access.recording(
                    acting,
                    purpose=getattr(view, "access_purpose", route),
                    route=route,
                    by_itself=request.headers.get("X-Live") == "true",
                ),
            ):
                response: HttpResponse = view(request, *args, **kwargs)
                render = getattr(response, "render", None)
                return render() if callable(render) else response

        try:
            try:
                return answered()
            except access.NotWritten:
                if not getattr(view, "shown_regardless", False):
                    raise
                with access.withholding():
                    return answered()
        except CustosError as error:
            # Outside the transaction, which a refusal undoes.
            return refusals.answer(request, error)
