"""The idle lock of shared desks: after some minutes without a key or a touch the session is locked.

The lock is in the session, so the server answers nothing but what may be seen while locked: the form
that unlocks, and alarms by place. The page keeps what was being typed; a cover hides it and makes it
inert (`ui/lock.js`). Whoever is there unlocks by password, passkey, or a PIN set for this shift.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import audit, proof, tries
from custos.foundation.errors import Malformed

#: Wrong PINs before the session ends; digits of a PIN.
TRIES, LEAST_DIGITS, MOST_DIGITS = 5, 4, 8

#: A page tells of keys and touches once in this time, so the server waits for that much longer.
TOLD_EVERY = timedelta(minutes=1)
#: No session lasts longer, nor does the count of its PINs.
_SESSION = timedelta(seconds=settings.SESSION_COOKIE_AGE)

_ACTIVE, _LOCKED, _PIN = "active_at", "locked_at", "pin"


def after() -> timedelta | None:
    """After how long without activity a session is locked; None for never."""
    minutes = settings.IDLE_MINUTES
    return timedelta(minutes=minutes) if minutes else None


def is_locked(request: HttpRequest) -> bool:
    """Whether the session is locked; locks it where it was idle for too long."""
    if _LOCKED in request.session:
        return True
    limit, active = after(), request.session.get(_ACTIVE)
    if limit and active and _now() - active > (limit + TOLD_EVERY).total_seconds():
        lock(request)
        return True
    return False


def touch(request: HttpRequest) -> None:
    """Somebody is there; written once a minute at most."""
    if _now() - request.session.get(_ACTIVE, 0) > TOLD_EVERY.total_seconds() / 2:
        request.session[_ACTIVE] = _now()


def lock(request: HttpRequest) -> None:
    """Lock the session from now on."""
    request.session.setdefault(_LOCKED, _now())


def _unlock(request: HttpRequest, *, by: str) -> None:
    audit.write("unlocked", request.user, request, by=by)
    request.session.pop(_LOCKED, None)
    tries.forget(_tried(request))
    request.session[_ACTIVE] = _now()


def listen() -> None:
    """Begin without a lock when somebody signs in, at a desk that was locked too; at start-up."""
    user_logged_in.connect(_signed_in, dispatch_uid="idle.signed_in")


def _signed_in(sender: Any, request: HttpRequest, **_more: Any) -> None:
    request.session.pop(_LOCKED, None)
    request.session[_ACTIVE] = _now()


def set_pin(request: HttpRequest, pin: str) -> None:
    """Keep a PIN for this session. Raises `Malformed` for what is no PIN or one digit repeated."""
    if not (pin.isascii() and pin.isdigit() and LEAST_DIGITS <= len(pin) <= MOST_DIGITS):
        raise Malformed("pin.form", _("A PIN is four to eight digits."), field="pin")
    if len(set(pin)) == 1 or pin in "0123456789876543210":
        raise Malformed("pin.weak", _("Choose digits that are harder to guess."), field="pin")
    request.session[_PIN] = make_password(pin)


def has_pin(request: HttpRequest) -> bool:
    """Whether a PIN was set in this session."""
    return _PIN in request.session


def _tried(request: HttpRequest) -> str:
    """Under which key PINs of this session are counted, outside of it: requests made at once would
    each count in a copy of their own.
    """
    return f"pin {sha256(str(request.session.session_key).encode()).hexdigest()}"


def unlock_by_pin(request: HttpRequest, pin: str) -> bool:
    """Try a PIN. After five wrong ones `is_over` says that the session must end."""
    kept = request.session.get(_PIN)
    if not kept or not tries.take((_tried(request), TRIES), lasts=_SESSION):
        return False
    if check_password(pin, kept):
        _unlock(request, by="pin")
        return True
    audit.write("wrong_pin", request.user, request)
    return False


def is_over(request: HttpRequest) -> bool:
    """Whether too many wrong PINs were tried."""
    return tries.is_over(_tried(request), TRIES, lasts=_SESSION)


def unlock_by_password(request: HttpRequest, password: str) -> bool:
    """Try the account's password; wrong ones count as failed sign-ins.

    Without the code of an app: the session has had it, and this one is short.
    """
    if not proof.knows_password(request, request.user.get_username(), password):
        return False
    _unlock(request, by="password")
    return True


def unlock_by_proof(request: HttpRequest) -> bool:
    """Unlock where the account proved itself since the lock, as a passkey does."""
    at = proof.last(request)
    locked = datetime.fromtimestamp(request.session.get(_LOCKED, 0), UTC)
    if at is None or at < locked:
        return False
    _unlock(request, by="webauthn")
    return True


def _now() -> float:
    return clock.now().timestamp()
