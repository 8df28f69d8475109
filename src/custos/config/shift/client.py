"""Asking the API of a demo on this machine, as often as it takes.

A write carries an `Idempotency-Key` that stays the same however often it is sent, so what was done before
an answer got lost is not done twice.
"""

import contextlib
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

#: What a server says that is away, is being started, or has too much to do just now.
_LATER = frozenset({429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE, _TIMEOUT = 0.5, 10.0, 20.0

Wait = Callable[[float], None]


class Refused(Exception):
    """The API refuses; asking again changes nothing."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{status} {code}: {words}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    retry_after: float = 0.0


class Send(Protocol):
    """One request; raises `OSError` where nobody answers."""

    def __call__(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Send it and wait for the answer."""


@dataclass(frozen=True, slots=True)
class Client:
    """`wait` lets time pass and raises where the program is asked to end, so no request outlasts that."""

    send: Send
    wait: Wait

    def get(self, token: str, path: str) -> Any:
        """Read. Raises `Refused`."""
        return self._until_answered("GET", path, None, self._headers(token))

    def post(self, token: str, path: str, body: Any) -> Any:
        """Write, once. Raises `Refused`."""
        headers = self._headers(token) | {"Idempotency-Key": str(uuid4())}
        return self._until_answered("POST", path, body, headers)

    @staticmethod
    def _headers(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Accept-Language": "zh-hans"}

    def _until_answered(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        pause = _FIRST_PAUSE
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.send(method, path, body, headers)
                if answer.status < 300:
                    return answer.body
                running = _code(answer.body) == "idempotency.running"
                if answer.status not in _LATER and not running:
                    raise Refused(answer.status, _code(answer.body), _title(answer.body))
                pause = max(pause, answer.retry_after)
            self.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _code(body: Any) -> str:
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def _title(body: Any) -> str:
    return str(body.get("title", "")) if isinstance(body, dict) else ""


def to_this_machine(port: int) -> Send:
    """Requests to the site on a port of this machine."""

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        with contextlib.closing(connection):
            sent = None if body is None else json.dumps(body).encode()
            named = headers | {"Host": "localhost"}
            if sent is not None:
                named["Content-Type"] = "application/json"
            connection.request(method, f"/api/v1{path}", body=sent, headers=named)
            response = connection.getresponse()
            said = response.read()
            later = response.headers.get("Retry-After", "0")
        parsed: Any = None
        with contextlib.suppress(ValueError):
            parsed = json.loads(said)
        return Answer(response.status, parsed, float(later) if later.isdigit() else 0.0)

    return send
