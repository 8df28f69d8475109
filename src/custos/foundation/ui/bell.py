"""The notification bell: what waits for the reader or came back to them, and what of it they have read.

An app with a `notices.py` registers a provider; the module is loaded at start-up. A provider answers
from its own module's queries, in the reader's scope, a few notices at most. The bell keeps nothing
but which of them were read: a notice goes when its provider no longer gives it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from custos.foundation.database import scope
from custos.foundation.ui.models import BellSeen

#: More than this is a list to work through on its own page, not a notice.
MOST = 50
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know. `key` is the same as long as it is the same news to this reader.

    `severity` and `due_at` where it must be done; `tone` and `state` (see the tag `state`) where not, or
    where it must be done and has no severity. `place` is the address in the top bar beside which it counts.
    """

    key: str
    title: Any
    url: str
    at: datetime
    line: Any = ""
    severity: int | None = None
    due_at: datetime | None = None
    tone: str = ""
    state: Any = ""
    place: str = ""

    @property
    def waits(self) -> bool:
        """Whether something is to be done about it now, unlike an answer that only came back."""
        return self.severity is not None or self.due_at is not None


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice, and whether this reader has read it."""

    notice: Notice
    unread: bool


#: Asked with `request.acting`, never None.
Provider = Callable[[Any], Iterable[Notice]]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Let a module's notices stand in the bell."""
    _providers[name] = provider


def _notices(acting: Any) -> list[Notice]:
    found = [notice for _name, give in sorted(_providers.items()) for notice in give(acting)]
    # What must be done stands first, gravest first and of these what is due first, as in the list of
    # now; news below it, latest first.
    found.sort(key=_order)
    return found[:MOST]


def _order(one: Notice) -> tuple[int, float, str]:
    if one.severity is not None:
        return one.severity, (one.due_at or one.at).timestamp(), one.key
    if one.due_at is not None:  # it waits for somebody, unlike news
        return 8, one.due_at.timestamp(), one.key
    return 9, -one.at.timestamp(), one.key


def _seen(acting: Any) -> Any:
    return BellSeen.objects.visible_to(scope.current()).filter(
        organization_id=acting.organization.pk, user_id=acting.user.pk
    )


def shown_to(acting: Any) -> list[Shown]:
    """The reader's notices in order. One query besides those of the providers."""
    read = set(_seen(acting).values_list("keys", flat=True).first() or ())
    return [Shown(notice, notice.key not in read) for notice in _notices(acting)]


@transaction.atomic
def read(acting: Any, keys: Collection[str]) -> None:
    """Remember that the reader has read these; what is no longer a notice is forgotten."""
    current = {notice.key for notice in _notices(acting)}
    row, _made = BellSeen.objects.get_or_create(
        organization_id=acting.organization.pk, user_id=acting.user.pk
    )
    row = _seen(acting).select_for_update().get(pk=row.pk)
    row.keys = sorted(current & ({*row.keys, *keys}))
    row.save(update_fields=["keys"])
