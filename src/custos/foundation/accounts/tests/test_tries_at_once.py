"""Secrets tried by many requests at once: no more are looked at than one after another would be."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import LazySettings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from custos.foundation import clock, rates
from custos.foundation.accounts import idle, locking, tries
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from tests.factories import SYSTEM, somebody

pytestmark = pytest.mark.usefixtures("live_database")

PASSWORD = "seven-quiet-corridors"
THREADS = 12


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> list[str]:
    """What is compared from now on, always in vain; each comparison lets the others run first."""
    settings.ACCOUNT_RATE_LIMITS = False  # allauth's own bounds, and ours on
    settings.RATES = settings.RATES | {"unlock": 1000}  # requests, which this isn't about
    cache.clear()
    looked: list[str] = []

    def compared(what: str) -> None:
        looked.append(what)
        connection.cursor().execute("SELECT pg_sleep(0.05)")

    def authenticate(_self: ModelBackend, _request: object, **given: Any) -> None:
        compared(given["username"])

    def check(pin: str, _kept: str) -> bool:
        compared(pin)
        return False

    monkeypatch.setattr(ModelBackend, "authenticate", authenticate)
    monkeypatch.setattr(AuthenticationBackend, "authenticate", lambda *_given, **_more: None)
    monkeypatch.setattr(idle, "check_password", check)
    return looked


def somebodies(number: int) -> list[Acting]:
    with scope.entered(SYSTEM):
        return [somebody(password=PASSWORD) for _ in range(number)]


def together(act: Callable[[Any], Any], each: Iterable[Any]) -> None:
    begin = threading.Barrier(THREADS)

    def run(one: Any) -> None:
        begin.wait(30)
        try:
            act(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, each))


def signs_in(name: str, address: str) -> int:
    given = {"login": name, "password": "wrong-password-1"}
    return Client(REMOTE_ADDR=address).post(reverse("account_login"), given).status_code


def test_an_account_bears_five_wrong_passwords_however_many_come_at_once(
    looked: list[str],
) -> None:
    name = somebodies(1)[0].user.username
    together(lambda n: [signs_in(name, f"10.1.{n}.{k}") for k in range(2)], range(THREADS))
    assert looked == [name] * 5
    assert locking.is_locked_out(name)


def test_an_address_bears_twenty_wrong_passwords_however_many_come_at_once(
    looked: list[str],
) -> None:
    names = [one.user.username for one in somebodies(THREADS)]
    together(lambda name: [signs_in(name, "10.9.9.9") for _ in range(3)], names)
    assert len(looked) == 20


def test_a_session_bears_five_wrong_pins_however_many_come_at_once(looked: list[str]) -> None:
    client = Client()
    client.force_login(somebodies(1)[0].user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("lock_pin"), {"pin": "472918"}).status_code == 302
    client.post(reverse("lock_state"))
    session = client.cookies["sessionid"].value

    def tries_pins(number: int) -> None:
        own = Client(raise_request_exception=False)
        own.cookies["sessionid"] = session
        for n in range(4):
            own.post(reverse("lock"), {"secret": f"{number:03}{n}9"})

    together(tries_pins, range(THREADS))
    assert len(looked) == idle.TRIES
    assert client.get(reverse("people")).headers["Location"].startswith(reverse("account_login"))


def test_requests_of_pages_are_one_count_for_all_who_count() -> None:
    counts: list[int] = []
    together(
        lambda _one: counts.append(tries.counted("rate:x:1", window=timedelta(minutes=1))[0]),
        range(THREADS),
    )
    rates.forget()  # what a process remembers is not what counts
    counts.append(tries.counted("rate:x:1", window=timedelta(minutes=1))[0])
    assert sorted(counts) == list(range(1, THREADS + 2))


def test_a_window_begins_with_its_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    began = datetime.fromisoformat("2026-03-02T01:30:00+00:00")
    said = []
    for seconds in (0, 30, 59, 60, 61):
        monkeypatch.setattr(clock, "now", lambda late=seconds: began + timedelta(seconds=late))
        said.append(tries.counted("rate:y:1", window=timedelta(minutes=1)))
    assert [count for count, _age in said] == [1, 2, 3, 1, 2]
    assert [age.total_seconds() for _count, age in said] == [0, 30, 59, 0, 1]
