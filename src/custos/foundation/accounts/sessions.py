"""The sessions of browsers: Django's, kept with their account, and what their holder sees of them."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from custos.foundation import clock
from custos.foundation.accounts import audit

#: Most open sessions of one account that are looked at; they last for twelve hours.
MOST = 200
_BEGAN, _ACTIVE = "began", "active_at"
_LONGEST_AGENT = 300


class SessionStore(DatabaseStore):
    """Django's sessions in the database, each with the account that signed in."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The table of ours."""
        from custos.foundation.accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row of a session, with whose it is."""
        row: Any = super().create_model_instance(data)
        row.user_id = int(data["_auth_user_id"]) if "_auth_user_id" in data else None
        return row


@dataclass(frozen=True, slots=True)
class Shown:
    """One open session as its holder sees it. `handle` names it without opening it."""

    handle: str
    began_at: datetime | None
    active_at: datetime | None
    address: str
    device: str
    own: bool


def listen() -> None:
    """Remember where and when somebody signed in, to be shown to them; called at start-up."""
    user_logged_in.connect(_begun, dispatch_uid="sessions.begun")


def _begun(sender: Any, request: HttpRequest, **_more: Any) -> None:
    request.session[_BEGAN] = {
        "at": clock.now().timestamp(),
        "address": request.META.get("REMOTE_ADDR", ""),
        "agent": request.headers.get("User-Agent", "")[:_LONGEST_AGENT],
    }


def of(request: HttpRequest) -> list[Shown]:
    """The open sessions of the account that asks: this one first, then latest first. One query."""
    rows = _open(request)
    shown = [_shown(row, request) for row in rows]
    shown.sort(key=lambda one: (not one.own, -(one.began_at.timestamp() if one.began_at else 0)))
    return shown


def end(request: HttpRequest, handle: str) -> int:
    """End one open session of the account that asks, or with an empty handle all but its own.

    Returns how many ended; one that is over already, or this one, is none.
    """
    keys = [
        row.session_key
        for row in _open(request)
        if row.session_key != request.session.session_key
        and (not handle or hmac.compare_digest(_handle(row.session_key), handle))
    ]
    ended = SessionStore.get_model_class().objects.filter(session_key__in=keys).delete()[0]
    if ended:
        audit.write("ended", request.user, request)
    return int(ended)


def _open(request: HttpRequest) -> list[Any]:
    rows = SessionStore.get_model_class().objects.filter(
        user_id=request.user.pk, expire_date__gt=clock.now()
    )
    # Those of an earlier password are in the table until they expire, and open nothing any more.
    current = request.session.get("_auth_user_hash", "")
    return [
        row
        for row in rows.order_by("-expire_date")[:MOST]
        if _data(row).get("_auth_user_hash") == current
    ]


def _data(row: Any) -> dict[str, Any]:
    return SessionStore().decode(row.session_data)


def _shown(row: Any, request: HttpRequest) -> Shown:
    data = _data(row)
    began = data.get(_BEGAN, {})
    return Shown(
        handle=_handle(row.session_key),
        began_at=_instant(began.get("at")),
        active_at=_instant(data.get(_ACTIVE)),
        address=began.get("address", ""),
        device=device_of(began.get("agent", "")),
        own=row.session_key == request.session.session_key,
    )


def _handle(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def device_of(agent: str) -> str:
    """Browser and system of a `User-Agent`, as people call them; empty for one that is unknown."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (browser, system) if part)


#: Signs in a `User-Agent`, the more telling first: Edge says Chrome too, and Chrome says Safari.
_BROWSERS = (
    ("Edg", "Edge"), ("360", "360"), ("QQBrowser", "QQ"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("HarmonyOS", "HarmonyOS"), ("iPhone", "iOS"), ("iPad", "iOS"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
