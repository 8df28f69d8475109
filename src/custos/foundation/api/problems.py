"""Refusals as problems (RFC 9457): what happened, what to do, and which field is meant.

A field of the body is named by a JSON pointer, a part of the address or a header by its name.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja.errors import ValidationError

from custos.foundation.errors import CustosError

MEDIA_TYPE = "application/problem+json"


class Refused(CustosError):
    """A refusal of the API itself, with its status and what its headers say."""

    def __init__(
        self,
        status: int,
        code: str,
        message: Any,
        *,
        headers: Mapping[str, str] | None = None,
        parameter: str = "",
        mend: Any = "",
        **params: Any,
    ) -> None:
        super().__init__(code, message, mend=mend, **params)
        self.status, self.headers, self.parameter = status, dict(headers or {}), parameter


#: What pydantic found, in words for people. Its own words are English and for programmers.
_FOUND: dict[str, Any] = {
    "missing": _("This must be given."),
    "extra_forbidden": _("There is no such field here."),
    "string_too_short": _("At least %(min_length)s characters."),
    "string_too_long": _("At most %(max_length)s characters."),
    "string_type": _("This must be text."),
    "string_unicode": _("This holds characters that can't be stored."),
    "characters": _("This holds characters that can't be stored."),
    "int_type": _("This must be a whole number."),
    "int_parsing": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "int_parsing_size": _("This number is too large."),
    "decimal_parsing": _("This must be a number."),
    "decimal_type": _("This must be a number."),
    "bool_parsing": _("This must be true or false."),
    "bool_type": _("This must be true or false."),
    "greater_than_equal": _("At least %(ge)s."),
    "greater_than": _("More than %(gt)s."),
    "less_than_equal": _("At most %(le)s."),
    "uuid_parsing": _("This is no identifier."),
    "uuid_type": _("This is no identifier."),
    "date_from_datetime_parsing": _("This must be a day, such as 2026-03-02."),
    "date_parsing": _("This must be a day, such as 2026-03-02."),
    "date_type": _("This must be a day, such as 2026-03-02."),
    "datetime_parsing": _("This must be a time with its zone, such as 2026-03-02T09:30:00+08:00."),
    "datetime_from_date_parsing": _(
        "This must be a time with its zone, such as 2026-03-02T09:30:00+08:00."
    ),
    "datetime_type": _("This must be a time with its zone, such as 2026-03-02T09:30:00+08:00."),
    "timezone_aware": _("This must be a time with its zone, such as 2026-03-02T09:30:00+08:00."),
    "year": _("This lies too far from our time."),
    "enum": _("This must be one of: %(expected)s."),
    "literal_error": _("This must be one of: %(expected)s."),
    "list_type": _("This must be a list."),
    "dict_type": _("This must be an object."),
    "model_type": _("This must be an object."),
    "model_attributes_type": _("This must be an object."),
    "too_long": _("At most %(max_length)s items."),
    "too_short": _("At least %(min_length)s items."),
}
_OTHERWISE = _("This value is not one of those allowed.")


def pointer(location: Iterable[Any]) -> str:
    """A JSON pointer (RFC 6901) to a place in the body."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def response(
    status: int,
    code: str,
    title: str,
    *,
    mend: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem as an answer."""
    body: dict[str, Any] = {
        "type": f"urn:custos:problem:{code}",
        "title": title,
        "status": status,
        "detail": f"{title} {mend}".strip(),
        "code": code,
        "mend": mend,
        "errors": list(errors),
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def of_refusal(error: CustosError, *, has_body: bool) -> HttpResponse:
    """The problem for what a service or the API itself refused.

    `has_body` says that the request's fields stand in a body, which the pointer then leads into.
    """
    parameter = getattr(error, "parameter", "")
    errors: list[dict[str, str]] = []
    if parameter:
        errors = [{"parameter": parameter, "detail": error.message}]
    elif error.field:
        place = {"pointer": f"/{error.field}"} if has_body else {"parameter": error.field}
        errors = [place | {"detail": error.message}]
    return response(
        error.status,
        error.code,
        error.message,
        mend=error.mend,
        errors=errors,
        headers=getattr(error, "headers", None),
    )


def of_validation(error: ValidationError) -> HttpResponse:
    """The problem for a request that doesn't have the operation's shape: every place that is wrong."""
    return response(
        422,
        "request.malformed",
        str(_("The request doesn't have the shape that this operation takes.")),
        mend=str(_("Correct the places named under `errors`.")),
        errors=[_place(found) for found in error.errors[:50]],
    )


def _place(found: Mapping[str, Any]) -> dict[str, str]:
    source, *location = found["loc"]
    words = str(_FOUND.get(found["type"], _OTHERWISE)) % _Values(found.get("ctx") or {})
    if source == "body":
        # The first step is the name of the function's argument, which is nobody's business.
        return {"pointer": pointer(location[1:]), "detail": words}
    return {"parameter": str(location[-1]) if location else str(source), "detail": words}


class _Values(dict[str, Any]):
    """What a message is about; a place that pydantic leaves open stays empty."""

    def __missing__(self, key: str) -> str:
        return ""
