"""Lock-out after wrong passwords: by account and by address, in words, and unlocked by an administrator.

django-axes asks before a password is looked at; here stand the bounds and what is kept of an attempt
(`tries` counts). A shared desk is one address for many people, so an address bears more than an account
does.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from allauth.account.signals import authentication_step_completed
from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.signals import user_locked_out
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from custos.foundation.accounts import tries
from custos.foundation.accounts.models import User

#: Wrong passwords in a row for one account, and from one address; then nothing is tried for a while.
BY_ACCOUNT, BY_ADDRESS, LASTS = 5, 20, timedelta(minutes=15)


def username_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Under which name an attempt is counted: an account's own, else a digest of what was typed.

    People type passwords where names belong, so an unknown name is not kept.
    """
    typed = str((credentials or {}).get("username") or request.POST.get("login", ""))
    if User.objects.filter(username=typed).exists():
        return typed
    return f"unknown {sha256(typed.encode()).hexdigest()[:16]}"


def _account(username: str) -> str:
    return f"account {username}"


def _address(request: HttpRequest) -> str:
    return f"address {request.META.get('REMOTE_ADDR', '')}"


def is_locked_out(username: str) -> bool:
    """Whether an account is locked out just now."""
    return tries.is_over(_account(username), BY_ACCOUNT, lasts=LASTS)


def locked_until(usernames: Iterable[str]) -> dict[str, datetime]:
    """Those of these accounts that are locked out just now, and until when. One query."""
    by_key = {_account(username): username for username in usernames}
    last = tries.last_of_those_over(by_key, BY_ACCOUNT, lasts=LASTS)
    return {by_key[key]: at + LASTS for key, at in last.items()}


def unlock(username: str) -> None:
    """Forget the wrong passwords of an account."""
    tries.forget(_account(username))


def was_right(request: HttpRequest, username: str) -> None:
    """A try that was taken for this account from this address doesn't count."""
    tries.give_back(_address(request))
    tries.give_back(_account(username))


def listen() -> None:
    """Give back the try of who proves again who they are; called at start-up."""
    authentication_step_completed.connect(_proved, dispatch_uid="locking.proved")


def _proved(sender: Any, request: HttpRequest, user: User, method: str, **more: Any) -> None:
    if more.get("reauthenticated") and method == "password":
        was_right(request, user.get_username())


class Handler(AbstractAxesHandler, AxesBaseHandler):
    """Takes a try of the address and of the account before a password is looked at."""

    def is_allowed(self, request: HttpRequest, credentials: Any = None) -> bool:
        """Whether one more password may be tried; it is counted with that."""
        return tries.take(
            (_address(request), BY_ADDRESS),
            (_account(username_of(request, credentials)), BY_ACCOUNT),
            lasts=LASTS,
        )

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **_more: Any
    ) -> None:
        """Say that nothing more is tried, where this was the last try or none was left."""
        username = username_of(request, credentials)
        if not (
            request.axes_locked_out
            or is_locked_out(username)
            or tries.is_over(_address(request), BY_ADDRESS, lasts=LASTS)
        ):
            return
        request.axes_locked_out, request.axes_credentials = True, credentials
        address = request.META.get("REMOTE_ADDR", "")
        user_locked_out.send("axes", request=request, username=username, ip_address=address)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
        """Forget the tries of the account that signed in. Those of its address but this one stay:
        whoever has one account could else try others' passwords without end.
        """
        if tries.forget(_account(user.get_username())):
            tries.give_back(_address(request))

    def user_logged_out(self, *_about: Any, **_more: Any) -> None:
        """Signing out changes no count."""

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        """What axes would compare with its one limit; the bounds here are two, and asked above."""
        raise NotImplementedError


def answer(request: HttpRequest, _original: Any = None, _credentials: Any = None) -> HttpResponse:
    """The page of who is locked out."""
    return render(request, "429.html", status=429)
