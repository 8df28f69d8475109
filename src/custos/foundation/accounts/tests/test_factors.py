"""Second factors: set up in our frame, asked at sign-in, demanded of some posts."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import LazySettings
from django.core.cache import CacheHandler, cache
from django.core.cache.backends import locmem
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from custos.foundation.accounts import proof, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Confirmation, SignIn
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import SYSTEM, somebody

pytestmark = pytest.mark.django_db

PASSWORD = "seven-quiet-corridors"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    cache.clear()
    with scope.entered(SYSTEM):
        yield


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    given = {"login": acting.user.username, "password": PASSWORD}
    assert client.post(reverse("account_login"), given).status_code == 302
    return client


def code_of(secret: str) -> str:
    return totp.format_hotp_value(
        totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    )


class _Later:
    """A clock that the app and the server share, a minute on with each new code."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> _Later:
    made = _Later()
    monkeypatch.setattr(totp, "time", made)
    return made


def with_app(acting: Acting, later: _Later) -> str:
    """Sets up the app by the pages; its secret."""
    client = signed_in(acting)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = client.session[totp.SECRET_SESSION_KEY]
    assert secret in page
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.status_code == 302
    later.now += 60
    return str(secret)


def test_an_app_is_set_up_in_our_frame_and_its_secret_is_stored_encrypted(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    kept = Authenticator.objects.get(user=acting.user, type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)
    assert decrypt(kept.data["secret"]) == secret
    page = signed_in(somebody(password=PASSWORD)).get(reverse("mfa_index")).content.decode()
    assert 'class="bar"' in page


def test_signing_in_then_takes_the_code_too_and_a_code_counts_once(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    client = Client()
    given = {"login": acting.user.username, "password": PASSWORD}
    assert client.post(reverse("account_login"), given).headers["Location"] == reverse(
        "mfa_authenticate"
    )
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "_auth_user_id" in client.session
    again = Client()
    again.post(reverse("account_login"), given)
    again.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "_auth_user_id" not in again.session


def test_a_code_that_one_process_took_is_refused_by_every_other(
    later: _Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    kept = Authenticator.objects.get(user=acting.user, type=Authenticator.Type.TOTP)
    took = [totp.TOTP(kept).validate_code(code_of(secret))]
    for memory in (locmem._caches, locmem._expire_info):  # empty where another process begins
        memory.clear()
    monkeypatch.setattr(totp, "cache", CacheHandler()["default"])
    took.append(totp.TOTP(kept).validate_code(code_of(secret)))
    assert took == [True, False]
    later.now += 60
    assert totp.TOTP(kept).validate_code(code_of(secret))


def test_of_two_processes_that_take_a_code_at_once_one_is_refused(
    live_database: str, later: _Later
) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(password=PASSWORD)
        secret = totp.generate_totp_secret()
        kept = totp.TOTP.activate(acting.user, secret).instance
    for _ in range(4):
        together, code = threading.Barrier(2), code_of(secret)

        def take(_number: int, together: threading.Barrier = together, code: str = code) -> bool:
            try:
                with scope.entered(SYSTEM):
                    together.wait(10)
                    return totp.TOTP(kept).validate_code(code)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(take, range(2))) == [False, True]
        later.now += 60


def test_at_a_colleagues_desk_the_code_is_asked_too(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    request = RequestFactory().post("/")
    name = acting.user.username
    assert proof.of(request, name, PASSWORD) is None
    assert proof.of(request, name, PASSWORD, "000000") is None
    assert proof.of(request, name, PASSWORD, code_of(secret)) == acting.user
    assert proof.of(request, name, PASSWORD, code_of(secret)) is None, "a code counts once"


def with_passkey(acting: Acting) -> None:
    Authenticator.objects.create(
        user=acting.user, type=Authenticator.Type.WEBAUTHN, data={"name": "key", "credential": {}}
    )


def asked_at_my_desk(first: Acting, second: Acting, code: str = "") -> HttpResponse:
    """The first one makes a leader's account, with the second beside them."""
    given = {
        "username": "twin0",
        "name": "Li Min",
        "number": "A-twin0",
        "kind": "officer",
        "organization": str(first.organization.pk),
        "post": "leader",
        "crew": "",
        "reason": "Takes over from her predecessor",
        "own_password": PASSWORD,
        "second_name": second.user.username,
        "second_password": PASSWORD,
        "second_code": code,
    }
    client = Client(headers={"accept-language": "en"})
    client.force_login(first.user, backend="django.contrib.auth.backends.ModelBackend")
    answer: HttpResponse = client.post(reverse("account_new"), given)
    return answer


def test_at_a_colleagues_desk_nobody_is_second_by_less_than_their_own_sign_in_asks(
    settings: LazySettings, later: _Later, facility: Organization
) -> None:
    first = somebody(Post.SECURITY_ADMIN, StaffKind.OTHER, at=facility, password=PASSWORD)
    bare, keyed, apped = (somebody(Post.LEADER, at=facility, password=PASSWORD) for _ in range(3))
    with_passkey(keyed)
    secret = with_app(apped, later)
    settings.SECOND_FACTOR_POSTS = frozenset({"leader"})
    for second, said in (
        (bare, "needs a second factor, and this account has none"),
        (keyed, "by passkey, which needs a session of their own"),
        (apped, "This name, password or code is not right."),
    ):
        refused = asked_at_my_desk(first, second)
        assert (refused.status_code, said in refused.content.decode()) == (422, True), said
    assert not Confirmation.objects.filter(confirmed_at__isnull=False).exists()
    assert asked_at_my_desk(first, apped, code_of(secret)).status_code == 200
    assert Confirmation.objects.get().second_staff == apped.staff


def test_a_post_that_needs_a_second_factor_gets_nowhere_without(
    settings: LazySettings, later: _Later
) -> None:
    settings.SECOND_FACTOR_POSTS = frozenset({"leader"})
    leader, patrol = somebody(Post.LEADER, password=PASSWORD), somebody(password=PASSWORD)
    client = signed_in(leader)
    for page in ("people", "duty", "operations", "confirmations"):
        assert client.get(reverse(page)).headers["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert signed_in(patrol).get(reverse("people")).status_code == 200

    secret = with_app(leader, later)
    again = Client()
    given = {"login": leader.user.username, "password": PASSWORD}
    again.post(reverse("account_login"), given)
    again.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert again.get(reverse("people")).status_code == 200


def test_a_demo_asks_for_no_second_factor(settings: LazySettings) -> None:
    settings.SECOND_FACTOR_POSTS, settings.DEMO = frozenset({"leader"}), True
    assert (
        signed_in(somebody(Post.LEADER, password=PASSWORD)).get(reverse("people")).status_code
        == 200
    )


def test_recovery_codes_let_in_once(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    with_app(acting, later)
    kept = Authenticator.objects.get(user=acting.user, type=Authenticator.Type.RECOVERY_CODES)
    code = kept.wrap().get_unused_codes()[0]
    given = {"login": acting.user.username, "password": PASSWORD}
    for lets_in in (True, False):
        client = Client()
        client.post(reverse("account_login"), given)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) == lets_in
    assert not re.search(code, str(kept.data))


def test_a_new_password_leaves_the_second_factor(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    with_app(acting, later)
    services.set_password(acting.user.username, "eleven-other-windows")
    client = Client()
    given = {"login": acting.user.username, "password": "eleven-other-windows"}
    answer = client.post(reverse("account_login"), given)
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_factors_are_changed_by_whoever_proved_themselves_just_before(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    client = signed_in(acting)
    for page in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert (
            client.get(reverse(page))
            .headers["Location"]
            .startswith(reverse("account_reauthenticate"))
        ), page
    with_app(acting, later)
    client.post(reverse("mfa_deactivate_totp"))
    client.post(reverse("mfa_generate_recovery_codes"))
    assert Authenticator.objects.filter(user=acting.user).count() == 2


def test_a_code_of_an_app_lasts_half_a_minute_and_a_recovery_code_has_eight_digits(
    later: _Later,
) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    assert len(secret) == 32, "160 bits"
    app, codes = Authenticator.objects.filter(user=acting.user).order_by("-type")
    begun = later.now - later.now % 30
    for passed, counts in ((30, False), (-1, False), (29, True)):
        later.now = begun
        code = code_of(secret)
        later.now = begun + passed
        assert app.wrap().validate_code(code) == counts, passed
    shown = codes.wrap().get_unused_codes()
    assert len(set(shown)) == len(shown) == 10
    assert all(re.fullmatch(r"\d{8}", code) for code in shown)


def test_codes_are_not_tried_without_end_in_a_grave_act(later: _Later) -> None:
    leader = somebody(Post.LEADER, password=PASSWORD)
    secret = with_app(leader, later)
    request, name = RequestFactory().post("/"), leader.user.username
    for _ in range(5):
        assert proof.of(request, name, PASSWORD, "000000") is None
    assert proof.of(request, name, PASSWORD, code_of(secret)) is None, "locked out by now"


def rows_of(acting: Acting) -> list[tuple[str, str]]:
    return list(SignIn.objects.filter(user=acting.user).order_by("at").values_list("what", "by"))


def test_the_log_says_by_what_somebody_came_in_and_what_was_wrong(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    before = len(rows_of(acting))
    client = Client()
    client.post(reverse("account_login"), {"login": acting.user.username, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"credential": '{"id": "made up"}'})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert rows_of(acting)[before:] == [
        ("wrong_code", ""),
        ("wrong_passkey", ""),
        ("in", "password totp"),
    ]
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert rows_of(acting)[before + 3 :] == [("proved", "password")]


def test_a_proof_for_a_grave_act_and_its_wrong_code_are_rows(later: _Later) -> None:
    acting = somebody(password=PASSWORD)
    secret = with_app(acting, later)
    before, request = len(rows_of(acting)), RequestFactory().post("/")
    proof.of(request, acting.user.username, PASSWORD, "000000")
    proof.of(request, acting.user.username, PASSWORD, code_of(secret))
    assert rows_of(acting)[before:] == [("wrong_code", ""), ("proved", "password totp")]
