"""An idle desk is locked by the server, and unlocked by whoever sits there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import idle
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import SignIn
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody

pytestmark = pytest.mark.django_db

PASSWORD = "seven-quiet-corridors"
LATER = timedelta(minutes=12)
DATA = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _scope(settings: LazySettings) -> Iterator[None]:
    cache.clear()
    settings.IDLE_MINUTES = 10
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def stay() -> Custody:
    return a_detainee(in_cell=a_cell(facility=a_facility()), name="Wang Jianguo")


@pytest.fixture
def officer(stay: Custody) -> Acting:
    return somebody(Post.CASE_OFFICER, at=stay.organization, password=PASSWORD)


@pytest.fixture
def client(officer: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.post(reverse("account_login"), {"login": officer.user.username, "password": PASSWORD})
    assert client.get(reverse("people")).status_code == 200
    return client


def locked(client: Client) -> bool:
    answer = client.get(reverse("people"))
    return answer.status_code == 302 and answer.headers["Location"].startswith(reverse("lock"))


def test_after_some_minutes_the_server_answers_nothing_but_the_lock_and_alarms(
    client: Client, stay: Custody
) -> None:
    person = reverse("person", args=[stay.pk])
    with clock.set_to(clock.now() + LATER):
        for path in (person, reverse("people"), reverse("duty"), reverse("confirmations")):
            answer = client.get(path)
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("lock"))
        for headers in ({"HX-Request": "true", "X-Live": "true"}, DATA):
            answer = client.get(reverse("duty_now"), headers=headers)
            assert answer.status_code == 423
        move = reverse("person_move", args=[stay.pk])
        assert client.post(move, {}).status_code in (302, 403)
        page = client.get(reverse("lock"))
        assert page.status_code == 423
        assert "Wang" not in page.content.decode()
        assert "This desk is locked" in page.content.decode()
        assert client.get(reverse("calls")).status_code == 200


def test_an_alarm_is_seen_at_a_locked_desk_by_place_and_level(stay: Custody) -> None:
    patrol = somebody(Post.PATROL, at=stay.organization, password=PASSWORD)
    client = Client(headers={"accept-language": "en"})
    given = {"login": patrol.user.username, "password": PASSWORD}
    client.post(reverse("account_login"), given)
    client.post(reverse("lock_state"))
    assert stay.cell is not None
    intake.take([a_press(a_button(stay.cell))])
    shown = client.get(reverse("calls")).content.decode()
    assert stay.cell.name in shown
    assert "Level 1" in shown
    assert "Wang" not in shown


def test_whoever_is_there_keeps_it_open_and_what_a_page_fetches_by_itself_does_not(
    client: Client,
) -> None:
    now = clock.now()
    for minutes in range(5, 60, 5):
        with clock.set_to(now + timedelta(minutes=minutes)):
            assert client.post(reverse("lock_active")).status_code == 204
    for minutes in range(56, 70, 2):
        with clock.set_to(now + timedelta(minutes=minutes)):
            client.get(reverse("people"), headers={"X-Live": "true"})
    with clock.set_to(now + timedelta(minutes=70)):
        assert locked(client)


def test_a_password_unlocks_and_a_wrong_one_counts_as_a_failed_sign_in(client: Client) -> None:
    client.post(reverse("lock_state"))
    assert locked(client)
    wrong = client.post(reverse("lock"), {"secret": "wrong-password-1"}, headers=DATA)
    assert wrong.status_code == 422
    assert SignIn.objects.filter(what="failed").count() == 1
    assert locked(client)
    assert client.post(reverse("lock"), {"secret": PASSWORD}, headers=DATA).status_code == 204
    assert not locked(client)


def test_a_pin_of_the_shift_unlocks_and_five_wrong_ones_end_the_session(client: Client) -> None:
    for weak in ("12", "1111", "123456", "abcd", "123456789"):
        assert client.post(reverse("lock_pin"), {"pin": weak}).status_code == 422
    assert client.post(reverse("lock_pin"), {"pin": "472918"}).status_code == 302
    assert "472918" not in str(dict(client.session))
    client.post(reverse("lock_state"))
    assert client.post(reverse("lock"), {"secret": "472918"}, headers=DATA).status_code == 204
    assert not locked(client)
    client.post(reverse("lock_state"))
    for n in range(idle.TRIES):
        client.post(reverse("lock"), {"secret": f"{n}72910"}, headers=DATA)
    assert "_auth_user_id" not in client.session
    client.post(reverse("lock"), {"secret": "472918"})
    assert "_auth_user_id" not in client.session


def test_wrong_pins_are_not_forgotten_by_asking_for_the_state(client: Client) -> None:
    client.post(reverse("lock_pin"), {"pin": "472918"})
    client.post(reverse("lock_state"))
    for n in range(idle.TRIES):
        client.get(reverse("lock_state"))
        client.post(reverse("lock_state"))
        client.post(reverse("lock"), {"secret": f"{n}72910"}, headers=DATA)
    assert "_auth_user_id" not in client.session


def test_a_proof_from_before_the_lock_does_not_unlock(client: Client) -> None:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    with clock.set_to(clock.now() + timedelta(seconds=5)):
        client.post(reverse("lock_state"))
        client.get(reverse("lock_passkey"))
        assert locked(client)


def test_while_locked_no_pin_is_set(client: Client) -> None:
    client.post(reverse("lock_state"))
    client.post(reverse("lock_pin"), {"pin": "472918"})
    assert idle.has_pin(type("R", (), {"session": client.session})()) is False  # type: ignore[arg-type]


def test_somebody_else_may_sign_in_at_a_locked_desk(client: Client) -> None:
    client.post(reverse("lock_state"))
    assert client.post(reverse("account_logout")).status_code == 302
    assert client.get(reverse("account_login")).status_code == 200


def test_somebody_else_signs_in_at_a_locked_desk_without_its_holder(
    client: Client, officer: Acting
) -> None:
    other = somebody(Post.PATROL, at=officer.organization, password="nine-open-windows")
    client.post(reverse("lock_state"))
    assert client.get(reverse("account_login")).status_code == 200
    wrong = {"login": other.user.username, "password": "wrong-password-1"}
    assert client.post(reverse("account_login"), wrong).status_code == 200
    assert locked(client), "still the other's, and still locked"
    client.post(reverse("account_login"), wrong | {"password": "nine-open-windows"})
    assert client.session["_auth_user_id"] == str(other.user.pk)
    assert not locked(client)
    client.post(reverse("lock_state"))
    again = {"login": other.user.username, "password": "nine-open-windows"}
    client.post(reverse("account_login"), again)
    assert not locked(client), "signing in anew is more than unlocking"


def test_without_a_bound_nothing_is_locked(client: Client, settings: LazySettings) -> None:
    settings.IDLE_MINUTES = 0
    with clock.set_to(clock.now() + timedelta(hours=5)):
        assert not locked(client)


def test_unlocking_and_wrong_pins_are_rows_of_the_sign_ins(client: Client, officer: Acting) -> None:
    client.post(reverse("lock_pin"), {"pin": "4711"})
    client.post(reverse("lock_state"))
    client.post(reverse("lock"), {"secret": "4712"}, headers=DATA)
    client.post(reverse("lock"), {"secret": "4711"}, headers=DATA)
    client.post(reverse("lock_state"))
    client.post(reverse("lock"), {"secret": PASSWORD}, headers=DATA)
    rows = SignIn.objects.filter(user=officer.user).order_by("at").values_list("what", "by")
    assert list(rows) == [
        ("in", "password"),
        ("wrong_pin", ""),
        ("unlocked", "pin"),
        ("unlocked", "password"),
    ]
