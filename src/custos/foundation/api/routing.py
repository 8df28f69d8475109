"""How an operation is declared, and how it runs: one transaction under its caller's scope."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import ninja
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from pydantic import TypeAdapter

from custos.foundation import clock
from custos.foundation.accounts import access, proof
from custos.foundation.accounts.acting import Acting
from custos.foundation.api import idempotency, scopes
from custos.foundation.api.callers import Caller, Rule, Session, Token
from custos.foundation.api.problems import Refused
from custos.foundation.api.schemas import Proof
from custos.foundation.database import scope as scopes_of_rows
from custos.foundation.database.scope import Scope
from custos.foundation.record.parties import DUTY_POSTS, Actor, Post

F = TypeVar("F", bound=Callable[..., Any])

#: What an operation gives that answers with a file as it is.
FILE = None

#: A purpose is a code, not a story: it stands in the access log beside the route.
_LONGEST_PURPOSE = 64


@dataclass(frozen=True, slots=True)
class Operation:
    """What is declared about an operation; `custos.config.api` and its tests list them all."""

    name: str
    method: str
    path: str
    posts: frozenset[Post]
    scope: str
    integrations: bool
    purpose: str
    writes: bool
    may_miss: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request as its operation sees it."""

    request: HttpRequest
    caller: Caller
    #: When the caller last proved who they are; None where the operation doesn't ask (`schemas.Proof`).
    proven_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Whoever the entries that follow are by."""
        return self.caller.actor

    @property
    def scope(self) -> Scope:
        """What may be seen and written."""
        return self.caller.scope

    @property
    def acting(self) -> Acting | None:
        """The person on a post; None for an integration."""
        return self.caller.acting


def _purpose(request: HttpRequest, usual: str) -> str:
    """For what the data is used: the `Purpose` header, or the operation's own code."""
    said = request.headers.get("Purpose", "")
    if not said:
        return usual
    if len(said) > _LONGEST_PURPOSE or not said.isascii() or not said.isprintable():
        raise Refused(
            422,
            "purpose.unreadable",
            _("A Purpose has at most 64 visible ASCII characters."),
            parameter="Purpose",
            mend=_("Give a short code of what the data is used for."),
        )
    return said


#: What each operation is called, by its name.
TITLES: dict[str, Any] = {}


class Router(ninja.Router):
    """A module's operations. `tag` names them in the reference.

    An operation returns rows as its queries give them; `gives` says which of their attributes go
    out, and in what form.
    """

    def __init__(self, tag: Any) -> None:
        super().__init__(tags=[_in_english(tag)])
        self.declared: list[Operation] = []

    def read(
        self,
        path: str,
        *,
        gives: Any,
        scope: str,
        posts: Iterable[Post] = DUTY_POSTS,
        integrations: bool = True,
        purpose: str = "",
        summary: Any,
        may_miss: bool = False,
    ) -> Callable[[F], F]:
        """Declare a GET. `purpose` is named where it shows people's data.

        `may_miss`: what a filter names may not be there, and is refused as missing (404); what the address
        itself names always may.
        """
        return self._declare(
            "GET", path, gives, 200, scope, posts, integrations, purpose, summary,
            writes=False, may_miss=may_miss,
        )  # fmt: skip

    def write(
        self,
        path: str,
        *,
        gives: Any,
        scope: str,
        posts: Iterable[Post],
        integrations: bool = False,
        purpose: str = "",
        summary: Any,
        made: bool = False,
    ) -> Callable[[F], F]:
        """Declare a POST, repeatable by `Idempotency-Key`. `made`: it answers 201."""
        status = 201 if made else 200
        return self._declare(
            "POST", path, gives, status, scope, posts, integrations, purpose, summary, writes=True
        )

    def _declare(
        self,
        method: str,
        path: str,
        gives: Any,
        status: int,
        scope: str,
        posts: Iterable[Post],
        integrations: bool,
        purpose: str,
        summary: Any,
        *,
        writes: bool,
        may_miss: bool = False,
    ) -> Callable[[F], F]:
        open_to = frozenset(posts)
        if scope:
            scopes.opens(scope, open_to)

        def declare(view: F) -> F:
            name = view.__name__
            known = Operation(
                name, method, path, open_to, scope, integrations, purpose, writes, may_miss
            )
            rule = Rule(known.posts, scope, integrations)
            self.declared.append(known)
            TITLES[name] = summary
            self.api_operation(
                [method],
                path,
                auth=[Token(rule), Session(rule)],
                response={status: gives},
                operation_id=name,
                summary=_in_english(summary),
                openapi_extra=_extra(known),
            )(_running(view, known, gives, status))
            return view

        return declare


def _in_english(words: Any) -> str:
    """The source of a translation: the description is for programmers; the page translates it."""
    with translation.override("en"):
        return str(words)


def _extra(known: Operation) -> dict[str, Any]:
    """What the reference says besides: who may, and the headers that the operation heeds."""
    headers = []
    if known.purpose:
        headers.append({"$ref": "#/components/parameters/Purpose"})
    if known.writes:
        headers.append({"$ref": "#/components/parameters/IdempotencyKey"})
    return {
        "parameters": headers,
        "x-custos-posts": sorted(post.value for post in known.posts),
        "x-custos-integrations": known.integrations,
        "x-custos-scope": known.scope,
        "x-custos-may-miss": known.may_miss,
    }


def _running(view: Callable[..., Any], known: Operation, gives: Any, status: int) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(gives)

    def answer(call: Call, values: dict[str, Any]) -> HttpResponse:
        result = view(call, **values)
        if isinstance(result, HttpResponse):
            return result
        shown = adapter.validate_python(result, from_attributes=True)
        return HttpResponse(
            adapter.dump_json(shown),
            status=status,
            content_type="application/json; charset=utf-8",
        )

    @wraps(view)
    def run(request: HttpRequest, **values: Any) -> HttpResponse:
        caller: Caller = request.auth  # type: ignore[attr-defined]
        # Before the transaction: a refusal undoes that, and a wrong password stays counted.
        call = Call(request, caller, _proven_at(request, caller, values))
        reader, post = caller.reader
        _require_known_filters(request, run)
        with (
            scopes_of_rows.entered(caller.scope),
            access.recording_as(
                reader,
                post,
                organization_id=caller.organization_id,
                purpose=_purpose(request, known.purpose or known.name),
                route=f"api:{known.name}",
            ) as shown,
        ):
            if known.writes:
                return idempotency.once(request, caller, shown, lambda: answer(call, values))
            return answer(call, values)

    # django-ninja takes the request by name, the operation takes its `Call` there.
    signature = inspect.signature(view)
    first, *others = signature.parameters.values()
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[first.replace(name="request", annotation=HttpRequest), *others]
    )
    return run


def _proven_at(request: HttpRequest, caller: Caller, values: dict[str, Any]) -> datetime | None:
    """When the caller last proved who they are, now or in their session. Raises `NotAllowed` for a password
    or code that isn't right; it is counted like a failed sign-in.
    """
    asked = next((value for value in values.values() if isinstance(value, Proof)), None)
    if asked is None or caller.acting is None:
        return None
    if not asked.own_password:
        return None if caller.token else proof.last(request)
    name = caller.acting.user.get_username()
    if proof.of(request, name, asked.own_password, asked.own_code) is None:
        raise proof.wrong("own_password")
    return clock.now()


def _require_known_filters(request: HttpRequest, run: Any) -> None:
    """Refuse a name that the operation doesn't know: a mistyped filter must not show everything."""
    known: set[str] = set()
    for model in run._ninja_operation.models:
        if model.__ninja_param_source__ == "query":
            known.update(model.__ninja_flatten_map__)
    for name in request.GET:
        if name not in known:
            raise Refused(
                422,
                "request.parameter",
                _("This list knows no parameter of that name."),
                parameter=name[:100],
                mend=_("Known are: %(known)s."),
                known=", ".join(sorted(known)) or "–",
            )


def operations(routers: Iterable[Router]) -> Iterator[Operation]:
    """Everything that some routers declare."""
    for router in routers:
        yield from router.declared
