"""Who asks: a person by a personal token or a session, or a system by an integration token."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from custos.foundation import rates
from custos.foundation.accounts import audit
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.api import queries
from custos.foundation.api.problems import Refused
from custos.foundation.api.queries import Known
from custos.foundation.database.scope import Scope
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post

#: How an integration stands where a post would.
INTEGRATION = "integration"
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, with the organization and audiences that follow.

    `acting` is None for an integration, `token` for a session.
    """

    acting: Acting | None
    token: Known | None
    organization_id: int
    scope: Scope
    actor: Actor

    @property
    def key(self) -> str:
        """Whose limit and whose stored answers these are."""
        if self.token:
            return f"token:{self.token.id}"
        assert self.acting is not None  # one of the two
        return f"posting:{self.acting.posting.pk}"

    @property
    def post(self) -> Post | None:
        """The post acted on; None for an integration."""
        return self.acting.post if self.acting else None

    @property
    def reader(self) -> tuple[UUID, str]:
        """Who reads and on which post, as the access log keeps it."""
        if self.acting:
            return self.acting.staff.pk, self.acting.post.value
        assert self.token is not None  # one of the two
        return self.token.id, INTEGRATION


def of_acting(acting: Acting, token: Known | None = None) -> Caller:
    """A person on a post."""
    return Caller(acting, token, acting.posting.organization_id, acting.scope, acting.actor)


def of_integration(token: Known) -> Caller:
    """A system. It reads what all staff of its organization read, and writes as itself."""
    lowest, highest = range_of(token.organization_id)
    return Caller(
        None,
        token,
        token.organization_id,
        Scope(lowest, highest, frozenset({int(Audience.STAFF)}), f"{INTEGRATION}:{token.id}"),
        Actor(ActorKind.SYSTEM, f"{INTEGRATION}:{token.id}"),
    )


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def unauthenticated(code: str, message: Any, mend: Any = "", *, error: str = "") -> Refused:
    """A refusal with the challenge that RFC 6750 asks for."""
    challenge = 'Bearer realm="custos"' + (f', error="{error}"' if error else "")
    return Refused(401, code, message, mend=mend, headers={"WWW-Authenticate": challenge})


class Rule:
    """Who may use one operation: on which posts, by a token of which scope, and whether a system."""

    def __init__(self, posts: frozenset[Post], scope: str, integrations: bool) -> None:
        self.posts, self.scope, self.integrations = posts, scope, integrations

    def require(self, caller: Caller) -> None:
        """Raise `NotAllowed` where this caller may not."""
        if caller.token and self.scope and self.scope not in caller.token.scopes:
            raise NotAllowed(
                "token.scope",
                _("This token lacks the scope %(scope)s."),
                mend=_("Make a token that has it."),
                scope=self.scope,
            )
        if caller.post is None:
            if not self.integrations:
                raise NotAllowed(
                    "caller.integration",
                    _("A named member of staff does this, never a system by itself."),
                    mend=_("Use a personal token."),
                )
        elif caller.post not in self.posts:
            raise NotAllowed(
                "caller.post",
                _("Only these posts may do this: %(posts)s."),
                mend=_("Ask a colleague whose post allows it."),
                posts="、".join(str(post.title) for post in sorted(self.posts)),
            )


def _admitted(request: HttpRequest, caller: Caller, rule: Rule) -> Caller:
    """Count the request, then see whether the caller may."""
    left = rates.take("token", caller.key)
    request.rate = left  # type: ignore[attr-defined]
    if not left.allowed:
        raise too_often(left)
    rule.require(caller)
    return caller


def too_often(left: rates.Left) -> Refused:
    """429, with when to come back."""
    return Refused(
        429,
        "limit.reached",
        _("Too many requests."),
        mend=_("Come back in %(seconds)s seconds."),
        headers=left.headers,
        seconds=left.seconds,
    )


class Token(HttpBearer):
    """`Authorization: Bearer cst_…`, a personal or an integration token."""

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller of a token. Raises `Refused` (401) for one that isn't valid now."""
        found = queries.known(token) if token.isascii() and token.startswith("cst_") else None
        if found is None:
            raise self._guessed(request)
        if found.posting_id is None or found.user_id is None:
            return _admitted(request, of_integration(found), self.rule)
        acting = accounts.acting_by(found.user_id, found.posting_id)
        if acting is None:
            raise unauthenticated(
                "token.posting_over",
                _("The post of this token has ended."),
                _("Make a token on a post that you hold."),
                error="invalid_token",
            )
        return _admitted(request, of_acting(acting, found), self.rule)

    def _guessed(self, request: HttpRequest) -> Refused:
        left = rates.take("address", _address(request), rates.GUESS)
        if not left.allowed:
            return too_often(left)
        # Bounded by the above: no more rows than guesses that are answered.
        audit.write("wrong_token", None, request)
        return unauthenticated(
            "token.invalid",
            _("This token is unknown, over or revoked."),
            _("Make a new one under My tokens."),
            error="invalid_token",
        )


class Session(APIKeyCookie):
    """The session of somebody who signed in by the pages; writes need its CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME  # as the description names it; another one over TLS

    def __init__(self, rule: Rule) -> None:
        super().__init__(csrf=False)  # checked below, to be refused as a problem
        self.rule = rule

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.COOKIES.get(settings.SESSION_COOKIE_NAME)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller:
        """The caller of a session. Raises `Refused` (401) without one."""
        if not key or not request.user.is_authenticated:
            raise unauthenticated(
                "caller.unknown",
                _("Sign in, or bring a token."),
                _("Send `Authorization: Bearer` with a token of yours."),
            )
        if request.method not in _SAFE and check_csrf(request):
            raise NotAllowed(
                "csrf",
                _("A session writes only with its CSRF token."),
                mend=_("Send the cookie `%(cookie)s` as header `X-CSRFToken`, or use a token."),
                cookie=settings.CSRF_COOKIE_NAME,
            )
        acting = request.acting  # type: ignore[attr-defined]
        if not acting:
            raise NotAllowed("posting.none", _("You hold no post today."))
        return _admitted(request, of_acting(acting), self.rule)


def count_address(request: HttpRequest) -> None:
    """Count a request of this address. Raises `Refused` (429) where there were too many."""
    left = rates.take("address", _address(request))
    if not left.allowed:
        raise too_often(left)
