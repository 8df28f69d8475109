"""Who comes in: tokens, sessions, posts, scopes."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from custos.foundation import clock, rates
from custos.foundation.accounts.models import Posting, SignIn, User
from custos.foundation.api import services
from custos.foundation.api.kinds import TokenMade
from custos.foundation.api.models import Token
from custos.foundation.database import scope
from custos.foundation.errors import Malformed
from custos.foundation.organizations.models import Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.factories import BY_SYSTEM, SYSTEM, a_cell, a_detainee, a_facility, somebody
from tests.programs import Program, a_program, an_integration


def test_a_personal_token_acts_on_the_post_it_was_made_on(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(Post.CASE_OFFICER, at=facility)
    said = program.get("/me").json()
    assert (said["sort"], said["post"], said["organization_id"]) == (
        "personal",
        "case_officer",
        facility.pk,
    )


def test_an_integration_acts_as_itself(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = an_integration(facility, wanted=["codes:read"])
    said = program.get("/me").json()
    assert (said["sort"], said["name"], said["post"]) == ("integration", "prison hospital", "")
    assert said["scopes"] == ["codes:read"]


def test_only_a_digest_of_a_token_is_kept(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        secret = a_program(at=facility).secret
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM api_token t")
            (row,) = cursor.fetchone()
    assert secret not in row
    assert secret.rsplit("_", 1)[-1] not in row
    assert secret[:12] in row


def test_making_and_revoking_a_token_are_entries(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        token, secret = services.make_integration(
            facility, "hospital", wanted=["people:read"], by=BY_SYSTEM
        )
        services.revoke(token.pk, by=BY_SYSTEM)
        kinds = Entry.objects.filter(organization_id=facility.pk).values_list("kind", flat=True)
        assert list(kinds.order_by("seq"))[-2:] == [TokenMade.name, "token.revoked"]
    assert Program(secret).get("/me").status_code == 401


def test_without_a_token_the_answer_is_a_challenge(facility: Organization) -> None:
    answer = Client().get("/api/v1/people", headers={"Accept-Language": "en"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="custos"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "caller.unknown"


@pytest.mark.parametrize("secret", ["cst_00000000_x", "x", "密", "cst_", "a b"])
def test_a_wrong_token_is_refused(facility: Organization, secret: str) -> None:
    answer = Client().get(
        "/api/v1/people", headers={"Authorization": f"Bearer {secret}".encode().decode("latin-1")}
    )
    assert answer.status_code == 401


def test_a_token_ends_with_its_time(facility: Organization) -> None:
    with clock.set_to(clock.now() - timedelta(days=100)), scope.entered(SYSTEM):
        _token, secret = services.make_integration(
            facility, "hospital", wanted=["people:read"], by=BY_SYSTEM, days=90
        )
    assert Program(secret).get("/me").status_code == 401


def test_a_token_ends_with_the_posting(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
        assert program.acting is not None
        Posting.objects.filter(pk=program.acting.posting.pk).update(
            since=clock.now().date() - timedelta(days=9),
            until=clock.now().date() - timedelta(days=2),
        )
    answer = program.get("/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "token.posting_over"


def test_a_token_ends_with_the_account(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility)
    assert program.acting is not None
    User.objects.filter(pk=program.acting.user.pk).update(is_active=False)
    assert program.get("/me").status_code == 401


def test_the_use_of_a_token_is_noted(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = an_integration(facility)
    program.get("/me")
    with scope.entered(SYSTEM):
        assert Token.objects.get().last_used_at is not None


def test_a_scope_narrows_what_the_post_may(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(at=facility, wanted=["codes:read"])
    answer = program.get("/people")
    assert answer.status_code == 403
    assert answer.json()["code"] == "token.scope"
    assert "people:read" in answer.json()["title"]


def test_a_scope_opens_nothing_that_the_post_may_not(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(Post.PATROL, at=facility)
    answer = program.get("/access-log")
    assert answer.status_code == 403
    assert answer.json()["code"] == "caller.post"


def test_what_a_named_officer_does_no_system_does_by_itself(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = an_integration(facility)
        stay = a_detainee(in_cell=a_cell(facility=facility))
        other = a_cell(facility=facility)
    body = {"cell": str(other.pk), "reason": "order", "seen": "x"}
    answer = program.post(f"/people/{stay.pk}/moves", body)
    assert answer.status_code == 403
    assert answer.json()["code"] == "caller.integration"


def test_what_lies_out_of_scope_is_not_there(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        program = a_program(Post.LEADER, at=facility)
        elsewhere = a_facility()
        cell = a_cell(facility=elsewhere)
        stay = a_detainee(in_cell=cell)
    for path in (
        f"/people/{stay.pk}",
        f"/people/{stay.pk}/timeline",
        f"/cells/{cell.pk}",
        f"/cells/{cell.pk}/people",
        f"/organizations/{elsewhere.pk}/cells",
        f"/organizations/{elsewhere.pk}/entries",
    ):
        assert program.get(path).status_code == 404, path
    assert program.get("/people").json()["items"] == []
    assert program.get(f"/people?organization={elsewhere.pk}").json()["items"] == []


def _signed_in(facility: Organization, post: Post = Post.CASE_OFFICER) -> Client:
    with scope.entered(SYSTEM):
        acting = somebody(post, at=facility)
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_session_reads(facility: Organization) -> None:
    answer = _signed_in(facility).get("/api/v1/me")
    assert answer.json()["sort"] == "session"


def test_a_session_writes_with_its_csrf_token_only(facility: Organization) -> None:
    client = _signed_in(facility, Post.LEADER)
    path = f"/api/v1/organizations/{facility.pk}/areas"
    refused = client.post(path, {"name": "A"}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf"
    client.get("/tokens/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        path, {"name": "A"}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


def test_over_tls_a_session_is_known_by_its_cookie_there(
    facility: Organization, settings: LazySettings
) -> None:
    """As `config.settings` names the cookies where there is a certificate."""
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = _signed_in(facility, Post.LEADER)
    assert client.get("/api/v1/me", secure=True).json()["sort"] == "session"
    path = f"/api/v1/organizations/{facility.pk}/areas"
    sent: Any = {"content_type": "application/json", "secure": True}
    refused = client.post(path, {"name": "A"}, **sent).json()
    assert "`__Host-csrftoken`" in refused["detail"]
    client.get("/tokens/", secure=True)
    headers = {
        "X-CSRFToken": client.cookies["__Host-csrftoken"].value,
        "Referer": "https://testserver/",
    }
    assert client.post(path, {"name": "A"}, headers=headers, **sent).status_code == 201


def test_who_asks_too_often_waits(facility: Organization, settings: object) -> None:
    settings.RATES = {"token": 2, "address": 1000}  # type: ignore[attr-defined]
    with scope.entered(SYSTEM):
        program, other = an_integration(facility), an_integration(facility)
    first, second, third = (program.get("/me") for _ in range(3))
    assert first["RateLimit"].startswith('"token";r=1;t=')
    assert first["RateLimit-Policy"] == '"token";q=2;w=60'
    assert second.status_code == 200
    assert third.status_code == 429
    assert 0 < int(third["Retry-After"]) <= 60
    assert third.json()["code"] == "limit.reached"
    assert other.get("/me").status_code == 200


def test_whoever_tries_out_tokens_is_stopped_before_others(facility: Organization) -> None:
    statuses = [Program(f"cst_{n:08x}_x").get("/me").status_code for n in range(125)]
    assert set(statuses[:100]) == {401}
    assert statuses[-1] == 429
    with scope.entered(SYSTEM):
        rows = SignIn.objects.filter(what="wrong_token")
        assert rows.count() == statuses.count(401), "no more rows than answers"
        assert set(rows.values_list("user", "address")) == {(None, "127.0.0.1")}


def test_a_window_ends_after_a_minute() -> None:
    rates.forget()
    quota = 600
    for _ in range(quota):
        assert rates.take("token", "x", now=10.0).allowed
    assert not rates.take("token", "x", now=69.9).allowed
    assert rates.take("token", "x", now=70.0).allowed


@pytest.mark.parametrize(
    ("wanted", "days", "name"),
    [([], 9, "x"), (["x:read"], 9, "x"), (["people:read"], 366, "x"), (["people:read"], 9, " ")],
)
def test_a_token_without_bounds_is_refused(
    facility: Organization, wanted: list[str], days: int, name: str
) -> None:
    with scope.entered(SYSTEM), pytest.raises(Malformed):
        services.make_integration(facility, name, wanted=wanted, by=BY_SYSTEM, days=days)
