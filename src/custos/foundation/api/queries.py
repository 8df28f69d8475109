"""Questions about tokens, in the scope of whoever asks."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.api.models import Token
from custos.foundation.api.services import digest_of
from custos.foundation.database import scope


@dataclass(frozen=True, slots=True)
class Known:
    """A token that is valid now, as whoever brings it is recognized."""

    id: UUID
    organization_id: int
    posting_id: int | None
    user_id: int | None
    name: str
    prefix: str
    scopes: frozenset[str]
    expires_at: datetime


_KNOWN = "id, organization_id, posting_id, user_id, name, prefix, scopes, expires_at"


def known(secret: str) -> Known | None:
    """The token of this secret, if there is one that is neither over nor revoked. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_KNOWN} FROM api_token_of(%s, %s)",  # noqa: S608 - our own column names
            (digest_of(secret), clock.now()),
        )
        row = cursor.fetchone()
    if row is None:
        return None
    found = Known(*row)
    return replace(found, scopes=frozenset(found.scopes))


def own(acting: Acting) -> list[Token]:
    """A person's own tokens of the post that they act on, latest first. One query."""
    return list(
        Token.objects.visible_to(scope.current())
        .filter(posting=acting.posting)
        .order_by("-made_at")[:100]
    )


def all_tokens() -> list[Token]:
    """The tokens of the scope, latest first. One query."""
    return list(
        Token.objects.visible_to(scope.current())
        .select_related("organization", "posting__staff")
        .order_by("-made_at")
    )
