"""What belongs to the shell itself: live stream, calls, search box, bell, saved views of lists."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from custos.foundation import clock, gate, rates
from custos.foundation.errors import CustosError, Missing
from custos.foundation.ui import bell as bells
from custos.foundation.ui import calls as waiting
from custos.foundation.ui import listing as lists
from custos.foundation.ui import live as streams
from custos.foundation.ui import ports, refusals, search

#: Seconds after which a stream asks whether its session is still there: it tells of chains that grew.
RECHECK = 10
#: More calls than this are counted, not shown: what is beneath them must stay in sight.
MOST_CALLS = 3


def _acting_now(request: HttpRequest) -> Any:
    """As what the session acts, read afresh: it may have ended or switched meanwhile.

    Gives its connection back, or every open screen would keep one of the pool's.
    """
    try:
        request.session = type(request.session)(request.session.session_key)
        request.user = get_user(request)
        return ports.acting_of(request)
    finally:
        connections.close_all()


@require_GET
@gate.while_locked
@gate.signed_in
def calls(request: HttpRequest) -> HttpResponse:
    """What calls the reader, as the live part above every page fetches it."""
    acting = request.acting  # type: ignore[attr-defined]
    found = waiting.calls_for(acting) if acting else []
    # A page that lists the loud ones itself asks for the others only.
    loud = [] if "quiet" in request.GET else [call for call in found if not call.quiet]
    context = {
        "calls": loud[:MOST_CALLS],
        "more": max(0, len(loud) - MOST_CALLS),
        "total": len(loud),
        "quiet": [call for call in found if call.quiet][:MOST_CALLS],
    }
    return render(request, "ui/parts/_calls.html", context)


@require_GET
@gate.while_locked
@gate.everybody  # whoever isn't signed in on a post hears "closed", and nothing else
async def live(request: HttpRequest) -> StreamingHttpResponse:
    """The stream of events of `ui.live`, for whoever is signed in on a post."""
    acting = await sync_to_async(_acting_now)(request)
    since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    events = _events(request, acting, _instant(since)) if acting else _closed()
    answer = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    # nginx would collect the events to send them in one piece.
    answer["X-Accel-Buffering"] = "no"
    return answer


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at and at.tzinfo else None


async def _closed() -> AsyncIterator[str]:
    yield streams.wire("closed", {}, at=clock.now().isoformat())


async def _events(request: HttpRequest, acting: Any, since: datetime | None) -> AsyncIterator[str]:
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    stream, hub = streams.Stream(acting.scope), streams.hub()
    hub.join(stream, since)
    checked = clock.now()
    try:
        while True:
            # The beats wake this at least every few seconds.
            for event, data in await stream.next():
                yield streams.wire(
                    event, _worded(event, data, language), at=clock.now().isoformat()
                )
            if (clock.now() - checked).total_seconds() >= RECHECK and hub.database_up:
                checked, acting = clock.now(), await sync_to_async(_acting_now)(request)
                if acting is None:
                    async for last in _closed():
                        yield last
                    return
                stream.scope = acting.scope
    finally:
        hub.leave(stream)


def _worded(event: str, data: dict[str, Any], language: str) -> dict[str, Any]:
    if event != "unrecorded":
        return data
    with translation.override(language):
        return data | {"title": str(ports.kind_title(data["kind"]))}


def acting_of(request: HttpRequest) -> Any:
    """As what the reader acts. Raises `Missing` for an account that holds no post today."""
    acting = getattr(request, "acting", None)
    if not acting:
        raise Missing("posting.none", _("You hold no post today."))
    return acting


@require_GET
@gate.signed_in
@rates.limited("search")
def find(request: HttpRequest) -> HttpResponse:
    """What the search box finds: a page, or the list below the box while words are typed."""
    words = search.words_of(request.GET.get("q", ""))
    context = {
        "words": words,
        "groups": search.ask(words, acting_of(request)),
        "enough": search.long_enough(words),
    }
    part = refusals.wants_data(request)
    return render(request, "ui/_found.html" if part else "ui/search.html", context)


# What the access log says of people who were found; `accounts` has a decorator for it, a layer above.
find.access_purpose = "search"  # type: ignore[attr-defined]


@require_GET
@gate.signed_in
def bell(request: HttpRequest) -> HttpResponse:
    """The reader's notices: a page, or what stands below the bell."""
    part = refusals.wants_data(request)
    return _bell(request, "ui/_bell.html" if part else "ui/bell.html")


bell.access_purpose = "notices"  # type: ignore[attr-defined]


def _bell(request: HttpRequest, template: str) -> HttpResponse:
    notices = bells.shown_to(acting_of(request))
    context = {
        "notices": notices,
        "unread": sum(one.unread for one in notices),
        "waiting": sum(one.unread and one.notice.waits for one in notices),
    }
    return render(request, template, context)


@require_POST
@gate.signed_in
def bell_read(request: HttpRequest) -> HttpResponse:
    """Remember which notices the reader has read: those that were shown to them, or the one opened."""
    keys = [key[: bells.LONGEST_KEY] for key in request.POST.getlist("key")[: bells.MOST]]
    bells.read(acting_of(request), keys)
    return _bell(request, "ui/_bell.html") if refusals.wants_data(request) else redirect("bell")


def _back(request: HttpRequest) -> str:
    """The page of ours that a form was sent from."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe else "/"


@require_POST
@gate.signed_in
def view_save(request: HttpRequest, listing: str) -> HttpResponse:
    """Keep a list as it is shown, under a name."""
    name, query = request.POST.get("name", ""), request.POST.get("query", "")
    try:
        view = lists.save_view(acting_of(request), listing, name, query)
    except CustosError as error:
        messages.error(request, f"{error.message} {error.mend}".strip())
        return redirect(_back(request))
    messages.success(request, _("Saved. The view stands above the list."))
    return redirect(f"{_back(request)}?{view.query}")


@require_POST
@gate.signed_in
def view_forget(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a saved view of one's own."""
    lists.forget_view(acting_of(request), view_id)
    return redirect(_back(request))
