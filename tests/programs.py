"""Programs that use the API in tests: with a personal token, or as an integration."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.test import Client

from custos.foundation.accounts.acting import Acting
from custos.foundation.api import scopes, services
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import BY_SYSTEM, somebody


@dataclass
class Program:
    """A program with a token."""

    secret: str
    acting: Acting | None = None

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request, as JSON; headers by their names with underscores."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().generic(
            method,
            f"/api/v1{path}",
            data=b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body),
            content_type=said.pop("Content-Type", "application/json" if body is not None else ""),
            headers={"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"} | said,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


def a_program(
    post: Post = Post.PATROL,
    *,
    at: Organization,
    kind: StaffKind = StaffKind.OFFICER,
    wanted: Any = tuple(scopes.SCOPES),
) -> Program:
    """A program of somebody on a post, made within a scope."""
    acting = somebody(post, kind, at=at)
    _token, secret = services.make_personal(acting, "roster", wanted=wanted)
    return Program(secret, acting)


def an_integration(at: Organization, *, wanted: Any = tuple(scopes.SCOPES)) -> Program:
    """A system of an organization."""
    _token, secret = services.make_integration(at, "prison hospital", wanted=wanted, by=BY_SYSTEM)
    return Program(secret)
