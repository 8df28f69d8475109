"""Cursors: where a part of a list ended, so that the next begins there whatever was added.

A cursor holds the sort key of the last item, signed, so that nobody makes one up. It opens nothing:
what it leads to is asked in the scope of whoever brings it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from custos.foundation.api.schemas import Page, Paging
from custos.foundation.errors import Malformed

T = TypeVar("T")

_TYPES: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "u": UUID,
    "i": int,
    "s": str,
}


def _signer(operation: str) -> Signer:
    return Signer(salt=f"custos.api.cursor.{operation}")


def cursor_of(operation: str, key: Sequence[Any]) -> str:
    """The cursor behind an item with this sort key (instants, identifiers, integers, texts)."""
    plain = []
    for value in key:
        if isinstance(value, datetime):
            plain.append(["t", value.isoformat()])
        elif isinstance(value, UUID):
            plain.append(["u", str(value)])
        else:
            plain.append(["i" if isinstance(value, int) else "s", value])
    return _signer(operation).sign_object(plain)


def key_of(operation: str, cursor: str) -> tuple[Any, ...] | None:
    """The sort key in a cursor; None without one. Raises `Malformed` for one that isn't ours."""
    if not cursor:
        return None
    try:
        plain = _signer(operation).unsign_object(cursor)
        return tuple(_TYPES[sort](value) for sort, value in plain)
    except (BadSignature, ValueError, TypeError, KeyError):
        raise Malformed(
            "cursor.unreadable",
            _("This cursor isn't one of this list."),
            field="cursor",
            mend=_("Take `next` of the part before as it is, or begin without a cursor."),
        ) from None


def page(
    operation: str,
    paging: Paging,
    fetch: Callable[[tuple[Any, ...] | None, int], Sequence[T]],
    key: Callable[[T], Sequence[Any]],
) -> Page[T]:
    """A part of a list. `fetch(after, limit)` gives the items behind a sort key."""
    found = fetch(key_of(operation, paging.cursor), paging.limit + 1)
    shown = list(found[: paging.limit])
    more = len(found) > paging.limit
    # Not validated here: the operation's own schema does, when the answer is made.
    return Page.model_construct(
        items=shown, next=cursor_of(operation, key(shown[-1])) if more else None
    )
