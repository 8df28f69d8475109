"""Entries about tokens: who may act through a program, and since when no more."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Readers, Writers


class TokenMade(Kind):
    """A token was made. Its secret stands nowhere, its beginning names it."""

    name, version = "token.made", 1
    title = _("API token made")
    writers = Writers.posts(system=True)
    readers, converges = Readers.STAFF, False
    token: UUID
    token_name: str
    prefix: str
    sort: str
    staff: UUID | None
    post: str
    scopes: list[str]
    expires_on: date

    def line(self) -> str:
        values = {"name": self.token_name, "prefix": self.prefix, "scopes": ", ".join(self.scopes)}
        return gettext("%(name)s (%(prefix)s): %(scopes)s") % values


class TokenRevoked(Kind):
    """A token ends before its time."""

    name, version = "token.revoked", 1
    title = _("API token revoked")
    writers = Writers.posts(system=True)
    readers, converges = Readers.STAFF, False
    token: UUID
    token_name: str
    prefix: str

    def line(self) -> str:
        return f"{self.token_name} ({self.prefix})"
