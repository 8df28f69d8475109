"""Views that are no pages: where the form of a page is sent to."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

View = Callable[..., HttpResponse]


def form_of(page: Callable[..., str]) -> Callable[[View], View]:
    """Declare a view as where a form of another page is sent to: it takes POST alone.

    `page` gets the arguments of the route and returns the page's own address. Whoever comes there by
    GET is led to it: by the language button under a refused form, a reload, or a kept address.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def posted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in ("GET", "HEAD"):
                return redirect(page(**kwargs))
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "POST"])
            return view(request, *args, **kwargs)

        posted.page_of_form = page  # type: ignore[attr-defined]
        return posted

    return mark


def own_address(request: HttpRequest) -> str:
    """The address by which the page that answers this request is reached by GET."""
    match = request.resolver_match
    page = getattr(match.func, "page_of_form", None) if match else None
    return str(page(**match.kwargs)) if match and page else request.get_full_path()
