"""The net under every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from custos.foundation.errors import CustosError
from custos.foundation.ui import refusals


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
