"""Signing in, by Django's client."""

import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import locking, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import SignIn, User
from custos.foundation.database import scope
from tests.factories import SYSTEM, somebody

pytestmark = pytest.mark.django_db

PASSWORD = "seven-quiet-corridors"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    cache.clear()  # wrong passwords are counted there
    with scope.entered(SYSTEM):
        yield


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_right_password_signs_in_and_a_wrong_one_does_not() -> None:
    acting = somebody(password=PASSWORD)
    client, page = Client(), reverse("account_login")
    assert client.get(page).status_code == 200
    wrong = client.post(page, {"login": acting.user.username, "password": "another-one-of-mine"})
    assert wrong.status_code == 200
    assert not signed_in(client)
    right = client.post(page, {"login": acting.user.username, "password": PASSWORD})
    assert right.status_code == 302
    assert signed_in(client)


def test_an_account_that_was_closed_signs_in_no_more_and_its_session_ends() -> None:
    acting = somebody(password=PASSWORD)
    before, after = Client(), Client()
    given = {"login": acting.user.username, "password": PASSWORD}
    before.post(reverse("account_login"), given)
    User.objects.filter(pk=acting.user.pk).update(is_active=False)
    after.post(reverse("account_login"), given)
    assert not signed_in(after)
    assert before.get("/").status_code == 302
    assert "login" in before.get("/").headers["Location"]


def test_a_password_is_changed_by_its_holder_who_knows_the_present_one() -> None:
    acting = somebody(password=PASSWORD)
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.post(reverse("account_login"), {"login": acting.user.username, "password": PASSWORD})
    other, page = "eleven-other-windows", reverse("account_change_password")
    for present, wanted, changes in (
        ("", other, False),
        ("another-one-of-mine", other, False),
        (PASSWORD, "short-one", False),
        (PASSWORD, other, True),
    ):
        here.post(page, {"oldpassword": present, "password1": wanted, "password2": wanted})
        acting.user.refresh_from_db()
        assert acting.user.check_password(other) == changes, (present, wanted)
    assert "login" in elsewhere.get("/").headers["Location"], "sessions elsewhere end"


def test_a_wrong_present_password_counts_as_a_failed_sign_in() -> None:
    acting = somebody(password=PASSWORD)
    here, other = Client(), "eleven-other-windows"
    here.post(reverse("account_login"), {"login": acting.user.username, "password": PASSWORD})
    for n in range(5):
        cache.clear()  # allauth's own bound, which this isn't about
        given = {"oldpassword": f"wrong-{n}", "password1": other, "password2": other}
        here.post(reverse("account_change_password"), given)
    assert locking.is_locked_out(acting.user.username)
    cache.clear()
    here.post(reverse("account_change_password"), given | {"oldpassword": PASSWORD})
    acting.user.refresh_from_db()
    assert acting.user.check_password(PASSWORD), "nothing more is tried"


def signs_in(acting: Acting, **more: Any) -> Client:
    client = Client(headers={"accept-language": "en"}, **more)
    given = {"login": acting.user.username, "password": PASSWORD}
    assert client.post(reverse("account_login"), given).status_code == 302
    return client


def test_a_password_that_was_handed_over_opens_nothing_until_it_is_changed() -> None:
    acting = somebody(password=PASSWORD)
    services.set_password(acting.user.username, PASSWORD, handed_over=True)
    client, change = signs_in(acting), reverse("account_change_password")
    for page in ("/", reverse("people"), reverse("duty"), reverse("mfa_index"), reverse("tokens")):
        assert client.get(page).headers.get("Location") == change, page
    api = client.get("/api/v1/me", headers={"accept": "application/json"})
    assert api.status_code == 403
    assert "password.handed_over" in api.json()["type"]
    shown = client.get(change).content.decode()
    assert "handed over to you" in shown
    assert "data-stream=" not in shown, "nothing live before"
    assert 'class="places"' not in shown
    for wanted in (PASSWORD, "short-one"):
        client.post(change, {"oldpassword": PASSWORD, "password1": wanted, "password2": wanted})
        assert client.get(reverse("people")).headers.get("Location") == change, wanted
    other = "eleven-other-windows"
    changed = client.post(change, {"oldpassword": PASSWORD, "password1": other, "password2": other})
    assert changed.headers["Location"] == "/"
    assert client.get(reverse("people")).status_code == 200
    assert not User.objects.get(pk=acting.user.pk).must_change_password


def test_one_sees_where_one_is_signed_in_and_ends_it_from_elsewhere() -> None:
    acting, stranger = somebody(password=PASSWORD), somebody(password=PASSWORD)
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0"
    here, there = (
        signs_in(acting, REMOTE_ADDR="10.0.0.7"),
        signs_in(acting, REMOTE_ADDR="10.0.0.8", HTTP_USER_AGENT=edge),
    )
    others = signs_in(stranger, REMOTE_ADDR="10.0.0.9")
    page = here.get(reverse("sessions")).content.decode()
    assert "10.0.0.8" in page
    assert "Edge · Windows" in page
    assert "10.0.0.9" not in page, "somebody else's"
    assert there.session.session_key not in page, "what is shown opens nothing"
    (handle,) = re.findall(r'name="handle" value="([0-9a-f]{64})"', page)
    (foreign,) = (sha256(others.session.session_key.encode()).hexdigest(),)
    here.post(reverse("sessions"), {"handle": foreign})
    assert others.get(reverse("people")).status_code == 200
    here.post(reverse("sessions"), {"handle": handle})
    assert "login" in there.get(reverse("people")).headers["Location"]
    assert here.get(reverse("people")).status_code == 200
    assert SignIn.objects.filter(user=acting.user, what="ended").count() == 1


def test_all_other_sessions_of_ones_own_end_at_once() -> None:
    acting = somebody(password=PASSWORD)
    clients = [signs_in(acting) for _ in range(3)]
    clients[0].post(reverse("sessions"))
    assert [client.get(reverse("people")).status_code for client in clients] == [200, 302, 302]


def test_who_tries_pins_or_searches_without_end_waits(settings: LazySettings) -> None:
    settings.RATES = settings.RATES | {"search": 2, "unlock": 2}
    acting, colleague = somebody(password=PASSWORD), somebody(password=PASSWORD)
    client, other = signs_in(acting), signs_in(colleague)
    search = reverse("search")
    assert [client.get(search, {"q": "ab"}).status_code for _ in range(3)] == [200, 200, 429]
    assert 0 < int(client.get(search, {"q": "ab"}).headers["Retry-After"]) <= 60
    part = client.get(search, {"q": "ab"}, headers={"HX-Request": "true"})
    assert part.headers["Content-Type"] == "application/problem+json"
    assert other.get(search, {"q": "ab"}).status_code == 200
    client.post(reverse("lock_state"))
    tried = [client.post(reverse("lock"), {"secret": "11"}).status_code for _ in range(3)]
    assert tried == [422, 422, 429]
    assert client.get(reverse("lock")).status_code == 423, "seeing it is free"


def test_a_password_does_not_end_by_age() -> None:
    acting = somebody(password=PASSWORD)
    with clock.set_to(clock.now() + timedelta(days=3 * 365)):
        assert signs_in(acting).get("/").headers["Location"] != reverse("account_change_password")


def test_signing_out_tells_the_browser_to_forget_its_pages() -> None:
    client = signs_in(somebody(password=PASSWORD))
    assert "Clear-Site-Data" not in client.get(reverse("people")).headers
    assert client.post(reverse("account_logout")).headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.post(reverse("account_logout")).headers


def test_nobody_signs_up() -> None:
    client = Client()
    client.post(
        reverse("account_signup"),
        {"username": "visitor", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.filter(username="visitor").exists()
    assert not signed_in(client)


def test_outside_a_demo_there_is_no_sign_in_without_a_password(settings: LazySettings) -> None:
    services.make_account("patrol", None)
    settings.DEMO = False
    client = Client()
    assert client.post(reverse("demo_sign_in"), {"username": "patrol"}).status_code == 404
    assert not signed_in(client)


def test_a_demo_signs_in_its_own_roles_and_nobody_else(settings: LazySettings) -> None:
    services.make_account("patrol", None)
    services.make_account("somebody-else", None)
    settings.DEMO = True
    client = Client()
    for username in ("somebody-else", "doctor", ""):  # the doctor has no account here
        assert client.post(reverse("demo_sign_in"), {"username": username}).status_code == 404
    assert not signed_in(client)
    assert client.post(reverse("demo_sign_in"), {"username": "patrol"}).status_code == 302
    assert signed_in(client)


def test_a_demo_says_whose_posts_are_played_and_what_is_left(settings: LazySettings) -> None:
    settings.DEMO, settings.DEMO_LEFT = True, "一监区"
    page = reverse("account_login")
    shown = Client(headers={"accept-language": "en"}).get(page).content.decode()
    assert "Left to you are the patrol of 一监区 and what the duty leader decides." in shown
    settings.DEMO_LEFT = ""
    assert (
        "A program plays"
        not in Client(headers={"accept-language": "en"}).get(page).content.decode()
    )
    settings.DEMO, settings.DEMO_LEFT = False, "一监区"
    assert (
        "A program plays"
        not in Client(headers={"accept-language": "en"}).get(page).content.decode()
    )


def test_who_forgot_a_password_is_told_whom_to_ask_and_led_nowhere() -> None:
    acting = somebody(password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    for page in ("account_change_password", "account_reauthenticate"):
        shown = client.get(reverse(page)).content.decode()
        assert "Forgotten? Your administrator gives you a new password." in shown
        assert "password/reset" not in shown


def test_the_secret_of_an_app_is_shown_whole_and_in_groups() -> None:
    acting = somebody(password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    given = {"login": acting.user.username, "password": PASSWORD}
    client.post(reverse("account_login"), given)
    where = f"{reverse('account_reauthenticate')}?next={reverse('mfa_activate_totp')}"
    page = client.post(where, {"password": PASSWORD}, follow=True).content.decode()
    secret = page.split('data-copies="')[1].split('"')[0]
    assert len(secret) == 32
    groups = page.split('<code id="secret"')[1].split(">", 1)[1].split("</code>")[0].split()
    assert "".join(groups) == secret
    assert {len(group) for group in groups} == {4}
    assert "<br" not in page.split('<div class="field">')[1]
    form = page.split('<form class="form', 1)[1].split("</form>")[0]
    assert form.count("btn-primary") == 1, "one main action"
