"""The page of one's own tokens, and the reference."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import administration
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.administration import Proof
from custos.foundation.api import services
from custos.foundation.api.models import Token
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import ADMINISTRATORS, Post, StaffKind
from tests.factories import SYSTEM, somebody
from tests.programs import Program, a_program

PASSWORD = "seven-quiet-corridors"
PROOF = {"own_password": PASSWORD}


@pytest.fixture
def acting(facility: Organization) -> Acting:
    with scope.entered(SYSTEM):
        return somebody(Post.INTERROGATION, at=facility, password=PASSWORD)


@pytest.fixture
def client(acting: Acting) -> Client:
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_who_has_no_token_is_told_how_to_make_one(client: Client) -> None:
    page = client.get("/tokens/").content.decode()
    assert "在本岗位上您还没有令牌" in page
    assert "生成令牌" in page


def offered(client: Client) -> set[str]:
    page = client.get("/tokens/").content.decode()
    return set(re.findall(r'name="scopes" value="([^"]+)"', page))


def test_only_what_the_post_may_use_is_offered_and_taken(client: Client) -> None:
    mine = offered(client)
    assert {"people:read", "people:write", "duty:read"} <= mine
    assert not mine & {"organizations:write", "devices:write", "access:read"}
    sent = {"name": "x", "scopes": ["organizations:write"], "days": "30"} | PROOF
    assert client.post("/tokens/", sent).status_code == 422
    with scope.entered(SYSTEM):
        assert not Token.objects.exists()


def test_a_leader_is_offered_what_leaders_may(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER, at=facility, password=PASSWORD)
    client = Client()
    client.force_login(leader.user, backend="django.contrib.auth.backends.ModelBackend")
    assert "organizations:write" in offered(client)


def test_what_a_token_lacks_is_said_at_its_field(client: Client) -> None:
    answer = client.post("/tokens/", {"name": "", "days": "30"} | PROOF)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写令牌名称。" in page
    assert "请选择可以做什么。" in page


def test_a_token_is_made_and_shown_once(client: Client) -> None:
    sent = {"name": "排班程序", "scopes": ["people:read", "duty:read"], "days": "30"} | PROOF
    made = client.post("/tokens/", sent)
    assert made.status_code == 200
    found = re.search(r'value="(cst_[^"]+)"', made.content.decode())
    assert found
    assert Program(found[1]).get("/me").json()["scopes"] == ["duty:read", "people:read"]
    again = client.get("/tokens/").content.decode()
    assert found[1] not in again
    assert "排班程序" in again
    assert found[1][:12] in again


def test_who_makes_a_token_proves_first_who_they_are(client: Client) -> None:
    sent = {"name": "x", "scopes": ["people:read"], "days": "30"}
    for given in ({}, {"own_password": "wrong-password-1"}):
        assert client.post("/tokens/", sent | given).status_code == 422
    with scope.entered(SYSTEM):
        assert not Token.objects.exists()


def test_tokens_end_with_the_password_the_factors_or_the_account_by_which_they_were_made(
    facility: Organization, client: Client, acting: Acting
) -> None:
    with scope.entered(SYSTEM):
        security = somebody(Post.SECURITY_ADMIN, StaffKind.OTHER, at=facility)
        bystander = a_program(at=facility)
    proof = Proof(clock.now())

    def ends(deed: Callable[[], object]) -> None:
        with scope.entered(SYSTEM):
            secret = services.make_personal(acting, "roster", wanted=["people:read"])[1]
        assert Program(secret).get("/me").status_code == 200
        deed()
        acting.user.refresh_from_db()
        assert Program(secret).get("/me").status_code == 401, deed
        with scope.entered(SYSTEM):
            assert not Token.objects.filter(user=acting.user, revoked_at=None).exists()

    def by_admin(deed: Callable[..., object], **more: object) -> Callable[[], object]:
        def does() -> None:
            with scope.entered(security.scope):
                deed(acting.staff.pk, reason="Changed to another facility", by=security, **more)

        return does

    ends(by_admin(administration.new_password, proof=proof))
    ends(by_admin(administration.reset_factors, proof=proof))

    def closes() -> None:
        by_admin(administration.close_account)()
        by_admin(administration.open_account)()

    ends(closes)
    ends(lambda: accounts.set_password(acting.user.username, PASSWORD))
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    other = {"password1": "eleven-other-windows", "password2": "eleven-other-windows"}
    ends(lambda: client.post(reverse("account_change_password"), other | {"oldpassword": PASSWORD}))
    assert bystander.get("/me").status_code == 200
    with scope.entered(SYSTEM):
        assert Entry.objects.filter(kind="token.revoked").count() == 5


def test_a_refused_form_keeps_what_was_typed(client: Client) -> None:
    page = client.post("/tokens/", {"name": "排班程序", "days": "900"})
    assert page.status_code == 422
    assert 'value="排班程序"' in page.content.decode()
    assert 'value="900"' in page.content.decode()
    with scope.entered(SYSTEM):
        assert not Token.objects.exists()


def test_a_token_is_revoked_on_the_page(client: Client) -> None:
    made = client.post("/tokens/", {"name": "x", "scopes": ["people:read"], "days": "30"} | PROOF)
    secret = re.search(r'value="(cst_[^"]+)"', made.content.decode())
    assert secret
    with scope.entered(SYSTEM):
        token = Token.objects.get()
    assert f'id="revoke-{token.pk}"' in client.get("/tokens/").content.decode()
    page = client.post(f"/tokens/{token.pk}/revoke/", follow=True).content.decode()
    assert "已吊销" in page
    assert Program(secret[1]).get("/me").status_code == 401


def test_nobody_revokes_the_token_of_a_colleague(client: Client, facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
        token = Token.objects.get()
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert program.get("/me").status_code == 200
    assert token.prefix not in client.get("/tokens/").content.decode()


def test_the_reference_is_for_those_who_sign_in(db: None) -> None:
    assert Client().get("/api/v1/docs").status_code == 302
    assert Client().get("/api/v1/openapi.json").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("post", [*sorted(ADMINISTRATORS), Post.PATROL, Post.LEADER])
def test_the_way_to_ones_own_tokens_is_shown_to_posts_that_have_some(post: Post) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(post)
    client = Client()
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    for route in ("bell", "api:docs"):
        page = client.get(reverse(route)).content.decode()
        assert (f'href="{reverse("tokens")}"' in page) is (post not in ADMINISTRATORS)
    assert client.get(reverse("tokens")).status_code == (403 if post in ADMINISTRATORS else 200)
