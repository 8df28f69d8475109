"""`custos token`."""

import pytest

from custos.foundation.api import commands
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post
from tests.factories import SYSTEM, somebody
from tests.programs import Program


def test_tokens_are_made_listed_and_revoked(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(Post.LEADER, at=facility)
    said: list[str] = []
    wanted = {"scopes": ["people:read"], "days": 30, "say": said.append}
    commands.make("hospital", organization=facility.pk, username="", post="", **wanted)  # type: ignore[arg-type]
    commands.make(
        "roster",
        organization=None,
        username=acting.user.username,
        post="leader",
        **wanted,  # type: ignore[arg-type]
    )
    system, person = Program(said[1]), Program(said[3])
    assert system.get("/me").json()["sort"] == "integration"
    assert person.get("/me").json()["post"] == "leader"
    lines: list[str] = []
    commands.listed(lines.append)
    assert [line.split()[1] for line in lines] == ["valid", "valid"]
    assert all(secret not in "".join(lines) for secret in (said[1], said[3]))
    commands.revoke(said[1][:12], said.append)
    assert system.get("/me").status_code == 401
    assert person.get("/me").status_code == 200


def test_a_token_for_nobody_is_refused(facility: Organization) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(Post.LEADER, at=facility)
    wanted = {"scopes": ["people:read"], "days": 30, "say": print, "organization": None}
    for username, post in (("nobody", ""), (acting.user.username, "patrol")):
        with pytest.raises(Missing):
            commands.make("x", username=username, post=post, **wanted)  # type: ignore[arg-type]
    with pytest.raises(Missing):
        commands.revoke("cst_00000000", print)
