"""Asking the API: over and over where it is away, and no write twice."""

from typing import Any

import pytest

from custos.config.shift.client import Answer, Client, Refused


class Site:
    """Answers one after another; an exception is raised."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers, self.asked, self.waited = list(answers), [], []  # type: ignore[var-annotated]

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.asked.append((method, path, body, headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def client(self) -> Client:
        return Client(self.send, self.waited.append)


def test_a_write_goes_on_with_the_same_key_until_the_site_is_back() -> None:
    site = Site(ConnectionRefusedError(), Answer(503, None), TimeoutError(), Answer(201, {"id": 1}))
    assert site.client.post("cst_x", "/rounds", {"cell": "c"}) == {"id": 1}
    keys = {headers["Idempotency-Key"] for *_rest, headers in site.asked}
    assert len(site.asked) == 4
    assert len(keys) == 1
    assert site.waited == [0.5, 1.0, 2.0]


def test_each_write_has_a_key_of_its_own_and_a_read_none() -> None:
    site = Site(Answer(200, 1), Answer(200, 2), Answer(200, 3))
    site.client.post("cst_x", "/shift/sign-on", {})
    site.client.post("cst_x", "/shift/sign-on", {})
    site.client.get("cst_x", "/shift")
    one, other, read = (headers.get("Idempotency-Key") for *_rest, headers in site.asked)
    assert one != other
    assert read is None


def test_who_asks_too_often_waits_as_long_as_is_said() -> None:
    site = Site(Answer(429, {"code": "limit.reached"}, 7.0), Answer(200, []))
    assert site.client.get("cst_x", "/tasks") == []
    assert site.waited == [7.0]


def test_a_write_that_still_runs_is_asked_for_again() -> None:
    site = Site(Answer(409, {"code": "idempotency.running"}, 5.0), Answer(200, "done"))
    assert site.client.post("cst_x", "/x", {}) == "done"


def test_a_refusal_is_no_reason_to_ask_again() -> None:
    site = Site(Answer(409, {"code": "task.already_accepted", "title": "x"}))
    with pytest.raises(Refused, match=r"task\.already_accepted") as refused:
        site.client.post("cst_x", "/tasks/1/accept", {})
    assert (refused.value.status, refused.value.code) == (409, "task.already_accepted")
    assert site.waited == []


class _Ended(Exception):
    pass


def test_no_request_outlasts_the_wish_to_end() -> None:
    site = Site(*[ConnectionRefusedError()] * 3)

    def wait(_seconds: float) -> None:
        raise _Ended

    with pytest.raises(_Ended):
        Client(site.send, wait).get("cst_x", "/shift")
    assert len(site.asked) == 1
