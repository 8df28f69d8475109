"""What stands around every page: the net below it, the gate before it, and its compression."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from custos.foundation.errors import CustosError
from custos.foundation.ui import refusals

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def known_methods(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that lets no other method through: not every page looks, and files don't."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return get_response(request)

    return answered


class OtherMethods:
    """Puts an answer of 405, which Django leaves empty, into words for who reads it in a browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HttpResponseNotAllowed.status_code or response.streaming:
            return response
        if response.content:
            return response
        said = refusals.method_not_allowed(request)
        said.headers["Allow"] = response.headers["Allow"]
        return said


class NoNul:
    """Refuses U+0000 in addresses and forms: no text of ours has it, and PostgreSQL keeps none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        """Raise what becomes 400. The API looks by itself, and refuses it field by field."""
        if hasattr(view, "refuses_by_field"):
            return
        sent = [request.GET, *([request.POST] if request.method == "POST" else [])]
        if "\0" in request.path or any(
            "\0" in text for form in sent for key, texts in form.lists() for text in (key, *texts)
        ):
            raise BadRequest("U+0000")


class PlainOutagePage:
    """Answers what views raise: refusals in words, a lost database or full disk by a plain page.

    What is raised further out, by other middleware, reaches `refusals.server_error`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn what a view raised into an answer, or leave it to Django."""
        if isinstance(error, CustosError):
            return refusals.answer(request, error)
        return refusals.outage(request, error) if refusals.is_outage(error) else None


class StaticFiles(WhiteNoiseMiddleware):
    """Serves styles, scripts and pictures, each in one piece: they are small, and an answer without a body,
    such as "not modified", has none that a compressor could make bytes of.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """The answer for one file."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            body = found.file.read()
            found.file.close()
        answer = HttpResponse(body, status=int(found.status))
        del answer["Content-Type"]
        for name, value in found.headers:
            answer[name] = value
        return answer


class Compressed(GZipMiddleware):
    """Compresses pages, and styles and scripts that aren't stored compressed; never the live stream,
    which would wait for a full block. A page's length tells nothing of its secrets: Django pads what it
    compresses at random, and masks form tokens anew each time.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Leave the live stream alone, and parts of files, whose bytes are counted uncompressed."""
        stream = response.get("Content-Type", "").startswith("text/event-stream")
        if stream or response.status_code == HTTPStatus.PARTIAL_CONTENT:
            return response
        return super().process_response(request, response)
