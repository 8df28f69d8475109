"""The live stream."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.dateparse import parse_datetime

from custos.foundation import clock
from custos.foundation.ui import live as streams
from custos.foundation.ui import ports

RECHECK = 60


def _acting_now(request: HttpRequest) -> Any:
    """As what the session acts, read afresh: it may have ended or switched meanwhile.

    Gives its connection back, or every open screen would keep one of the pool's.
    """
    try:
        request.session = type(request.session)(request.session.session_key)
        request.user = get_user(request)
        return ports.acting_of(request) if request.user.is_authenticated else None
    finally:
        connections.close_all()


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
