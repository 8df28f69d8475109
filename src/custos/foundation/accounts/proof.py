"""Proving again who one is: for grave acts, at one's own session or at a colleague's desk."""

from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import audit, locking
from custos.foundation.accounts.confirmations import FRESH
from custos.foundation.accounts.models import User
from custos.foundation.errors import NotAllowed


def last(request: HttpRequest) -> datetime | None:
    """When the account of this session last proved itself by password, code or passkey."""
    records = get_authentication_records(request, request.user)
    if not records:
        return None
    return datetime.fromtimestamp(max(record["at"] for record in records), UTC)


def is_fresh(request: HttpRequest) -> bool:
    """Whether that is recent enough for a grave act."""
    at = last(request)
    return at is not None and clock.now() - at <= FRESH


def of(request: HttpRequest, username: str, password: str, code: str = "") -> User | None:
    """Whoever knows this password, and the code where they have an authenticator app; or None.

    Wrong ones are counted like failed sign-ins, so the caller must not undo its transaction.
    """
    user = _by_password(request, username, password)
    if user is None:
        return None
    totp = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if totp is not None and not TOTP(totp).validate_code(code):
        # Whoever knows the password could otherwise try codes without end.
        bare = _bare(request)
        bare.wrong = "wrong_code"  # type: ignore[attr-defined]
        user_login_failed.send(sender=__name__, credentials={"username": username}, request=bare)
        return None
    locking.was_right(request, username)
    audit.write("proved", user, request, by="password totp" if totp else "password")
    return user


def at_this_desk(request: HttpRequest, username: str, password: str, code: str = "") -> User:
    """A colleague who proves themselves at somebody else's desk, as strongly as if they signed in there.

    A passkey belongs to a session of its own. Raises `NotAllowed` where a word is wrong, which is counted
    like a failed sign-in (so the caller must not undo its transaction), and where only a passkey would do.
    """
    user = of(request, username, password, code)
    if user is None:
        raise wrong("second_password")
    by_passkey, by_app = Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP
    if is_mfa_enabled(user, [by_passkey]) and not is_mfa_enabled(user, [by_app]):
        raise NotAllowed(
            "proof.passkey",
            _(
                "This colleague proves themselves by passkey, which needs a session of their own. Leave"
                " their name empty: the request stands in their list."
            ),
            field="second_name",
        )
    return user


def knows_password(request: HttpRequest, username: str, password: str) -> User | None:
    """Whoever signs in by this password, or None; wrong ones are counted."""
    user = _by_password(request, username, password)
    if user is not None:
        locking.was_right(request, username)
    return user


def _by_password(request: HttpRequest, username: str, password: str) -> User | None:
    """The same, with the try still counted: a code may have to be right too."""
    user = authenticate(_bare(request), username=username, password=password)
    return user if isinstance(user, User) else None


def _bare(request: HttpRequest) -> HttpRequest:
    """The request without its form and address: failed attempts are stored with what was sent."""
    bare = HttpRequest()
    bare.method = "POST"
    bare.META = {
        name: request.META[name]
        for name in ("REMOTE_ADDR", "HTTP_USER_AGENT")
        if name in request.META
    }
    return bare


def wrong(field: str) -> NotAllowed:
    """The refusal of a name, password or code that doesn't fit."""
    return NotAllowed("proof.wrong", _("This name, password or code is not right."), field=field)
