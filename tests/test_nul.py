"""No page fails over U+0000, which PostgreSQL keeps in no text: it is refused in words."""

import uuid

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import SYSTEM, a_facility, somebody
from tests.programs import a_program
from tests.test_access_matrix import ROUTES, UNKNOWN, routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Acting]:
    """One of each post, who between them open every page."""
    with scope.entered(SYSTEM):
        place = a_facility()
        return [somebody(post, StaffKind.OFFICER, at=place) for post in Post]


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def refused_in_words(answer: HttpResponse) -> bool:
    return answer.status_code == 400 and "couldn" in answer.content.decode()


def test_every_route_refuses_it_in_addresses_and_forms(people: list[Acting]) -> None:
    clients = {acting.post.value: client_of(acting) for acting in people}
    for name, route in routes().items():
        row = ROUTES[name]
        given = {argument: UNKNOWN.get(argument, uuid.UUID(int=1)) for argument in route.arguments}
        try:
            address = row.get("at") or reverse(name, kwargs=given)
        except Exception:
            continue
        said = row["open_to"]
        post = next((one for one in clients if isinstance(said, list) and one in said), "leader")
        for method in row.get("methods", ["GET"]):
            sent = {"x": "nul\0"}
            ask = clients[post].get if method == "GET" else clients[post].post
            answer = ask(address, sent)
            assert answer.status_code < 500, (name, method)
            if name not in ("board",):
                assert answer.status_code in (302, 400, 403, 404), (name, method)


def test_the_three_that_failed_refuse_it_in_words(people: list[Acting]) -> None:
    by_post = {acting.post: acting for acting in people}
    officer, leader, security = (
        client_of(by_post[post]) for post in (Post.CASE_OFFICER, Post.LEADER, Post.SECURITY_ADMIN)
    )
    someone = uuid.UUID(int=1)
    assert refused_in_words(
        officer.post(reverse("view_save", args=["people"]), {"name": "nul\0", "query": ""})
    )
    assert refused_in_words(leader.post(reverse("break_glass", args=[someone]), {"reason": "\0"}))
    assert refused_in_words(security.get(reverse("accounts"), {"q": "\0"}))


def test_a_program_hears_it_as_a_problem_of_a_field(people: list[Acting]) -> None:
    acting = next(acting for acting in people if acting.post is Post.LEADER)
    client, place = client_of(acting), acting.organization.pk
    for answer in (
        client.get("/api/v1/people?cursor=%00"),
        client.post(
            f"/api/v1/organizations/{place}/areas", {"name": "\0"}, content_type="application/json"
        ),
    ):
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_api_refuses_it_in_a_filter_and_takes_any_offset_of_a_time(
    people: list[Acting],
) -> None:
    leader = next(one for one in people if one.post is Post.DUTY_LEADER)
    with scope.entered(SYSTEM):
        program = a_program(Post.DUTY_LEADER, at=leader.organization)
    wrong = program.get("/organizations?kind=%1A%00")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["parameter"] == "kind"
    roll = f"/organizations/{leader.organization.pk}/roll?at="
    far = program.get(f"{roll}2026-03-01T06:43:45-23:11")
    same = program.get(f"{roll}2026-03-02T05:54:45Z")
    assert far.status_code == 200
    assert far.json() == same.json()
