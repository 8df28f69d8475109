"""Signing in, by Django's client."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from custos.foundation.accounts import services
from custos.foundation.accounts.models import User
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
