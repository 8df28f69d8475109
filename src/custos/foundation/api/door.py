"""The API as a whole: what every request passes on its way in and out.

In: size, kind of body and rate; then, by `callers`, who asks and whether they may; then the shape of
the request, and the operation. Out: problems in the reader's language, the RateLimit fields, and
nothing that a browser or a proxy would keep.
"""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

import orjson
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import URLPattern, URLResolver, path
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from custos.foundation import gate
from custos.foundation.api import callers, problems, reference, views
from custos.foundation.api.problems import Refused
from custos.foundation.errors import CustosError
from custos.foundation.media.services import MAX_BYTES

#: A body of JSON; a file may be as large as `media` takes it.
LARGEST_BODY = 256 * 1024
_FILES = "/api/v1/files"
#: A sheet of people comes in Base64, which takes a third more.
_SHEETS, _LARGEST_SHEET = "/people-sheets", MAX_BYTES * 4 // 3 + 1024
_TAKES = {_FILES: reference.FILE_KINDS}
_JSON = ("application/json",)


class _Strict(Parser):
    """Bodies by orjson, which takes neither NaN nor half a character."""

    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)


class Api(NinjaAPI):
    """django-ninja's API with Custos's door, problems and reference."""

    def __init__(self) -> None:
        super().__init__(
            title="Custos",
            version="1.0.0",
            description=reference.DESCRIPTION,
            urls_namespace="api",
            docs_url=None,
            openapi_url=None,
            parser=_Strict(),
        )
        self.add_exception_handler(CustosError, _refused)
        self.add_exception_handler(ValidationError, _malformed)
        self.add_exception_handler(HttpError, _unreadable)
        self.add_exception_handler(IntegrityError, _simultaneous)

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The description of the API, with what django-ninja doesn't say of it."""
        return reference.completed(super().get_openapi_schema(path_prefix="api/v1/"))

    @cached_property
    def described(self) -> dict[str, Any]:
        """The description, made once."""
        return dict(self.get_openapi_schema())

    def _get_urls(self) -> list[URLPattern | URLResolver]:
        patterns = super()._get_urls()
        for pattern in patterns:
            assert isinstance(pattern, URLPattern)  # django-ninja nests no resolvers
            pattern.callback = through(pattern.callback)
        return [
            path("openapi.json", views.openapi(self), name="openapi"),
            path("docs", views.docs(self), name="docs"),
            *patterns,
        ]


def through(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of django-ninja behind the door."""

    @wraps(view)
    def passed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _speak_as_asked(request)
        try:
            callers.count_address(request)
            _require_readable(request)
            response = view(request, *args, **kwargs)
        except Refused as error:
            response = problems.of_refusal(error, has_body=False)
        if response.status_code == 405 and "json" not in response.get("Content-Type", ""):
            response = problems.response(
                405,
                "method",
                str(_("This address doesn't take that method.")),
                headers={"Allow": response["Allow"]},
            )
        left = getattr(request, "rate", None)
        for name, value in (left.headers if left else {}).items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    # The operation opens its own transaction, so that a refusal undoes it before it is answered.
    passed.opens_own_scope = passed.refuses_by_field = True  # type: ignore[attr-defined]
    return gate.own_check(passed)


def _speak_as_asked(request: HttpRequest) -> None:
    """Programs have no language cookie: their Accept-Language decides, also for a session."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            translation.activate(translation.get_supported_language_variant(code))
        except LookupError:
            continue
        return


def _require_readable(request: HttpRequest) -> None:
    """Refuse a body that is too large or of another kind before anything reads it."""
    largest = LARGEST_BODY
    if request.path == _FILES:
        largest = MAX_BYTES
    elif request.path.endswith(_SHEETS):
        largest = _LARGEST_SHEET
    said = request.META.get("CONTENT_LENGTH") or "0"
    if not said.isdecimal() or int(said) > largest:
        raise _too_large(largest)
    if request.method != "POST":
        return
    # Without a length (chunks) only reading tells. Django's own bound leaves files out.
    try:
        body = request.read(largest + 1)
    except UnreadablePostError:
        raise Refused(400, "body.unreadable", _("The body ended before its time.")) from None
    if len(body) > largest:
        raise _too_large(largest)
    request._body = body
    takes = _TAKES.get(request.path, _JSON)
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind not in takes and (body or kind):
        raise Refused(
            415,
            "body.kind",
            _("This address takes %(takes)s."),
            mend=_("Send the body as that, and say so in Content-Type."),
            headers={"Accept": ", ".join(takes)},
            takes=", ".join(takes),
        )


def _too_large(largest: int) -> Refused:
    return Refused(
        413, "body.too_large", _("The body is larger than %(limit)s kB."), limit=largest // 1024
    )


def _has_body(request: HttpRequest) -> bool:
    return request.method == "POST"


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.of_refusal(error, has_body=_has_body(request))


def _malformed(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.of_validation(error)


def _simultaneous(request: HttpRequest, error: Any) -> HttpResponse:
    """What services look for and find free may be taken a moment later; the database sees it."""
    return problems.response(
        409,
        "conflict.simultaneous",
        str(_("Somebody else changed the same thing at this moment, and nothing was saved.")),
        mend=str(_("Look at it again, then decide.")),
    )


def _unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    """What django-ninja refuses by itself: a body that can't be read."""
    return problems.response(
        error.status_code,
        "body.unreadable",
        str(_("The body is not JSON.")),
        mend=str(_("Send one JSON object in UTF-8.")),
    )
