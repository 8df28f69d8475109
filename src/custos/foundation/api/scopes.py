"""What a token may be narrowed to. A scope opens nothing that its holder's post doesn't."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.errors import Malformed
from custos.foundation.record.parties import Post

#: Scopes by name, each with what it opens in words.
SCOPES = {
    "organizations:read": _("See organizations, areas, cells, rooms and base records"),
    "organizations:write": _("Change organizations, cells, rooms and base records"),
    "codes:read": _("See code tables, regions and data items"),
    "people:read": _("See people in custody and their timelines"),
    "people:write": _("Admit and move people"),
    "duty:read": _("See tasks"),
    "duty:write": _("Accept, answer and withdraw tasks"),
    "record:read": _("See entries, attachments, heads and checkpoints"),
    "record:write": _("Correct entries and send files"),
    "devices:read": _("See devices and refused messages"),
    "devices:write": _("Register devices and switch them"),
    "access:read": _("See who saw whose data"),
    "node:read": _("See how this installation is"),
}

#: On which posts a scope opens anything at all, as the operations declare it.
_posts: dict[str, set[Post]] = {}


def opens(name: str, posts: Iterable[Post]) -> None:
    """Note that an operation of this scope is open to these posts; an unknown scope is a `ValueError`."""
    if name not in SCOPES:
        raise ValueError(f"there is no scope {name}")
    _posts.setdefault(name, set()).update(posts)


def of_post(post: Post) -> dict[str, Any]:
    """The scopes that open something to a post, each with what it opens in words."""
    return {name: words for name, words in SCOPES.items() if post in _posts.get(name, ())}


def require(names: Iterable[str]) -> list[str]:
    """The scopes, sorted and once each. Raises `Malformed` for none or an unknown one."""
    wanted = sorted(set(names))
    unknown = [name for name in wanted if name not in SCOPES]
    if unknown or not wanted:
        raise Malformed(
            "token.scopes",
            _("Choose at least one scope, and only such as exist."),
            field="scopes",
            mend=_("Known are: %(known)s."),
            known=", ".join(SCOPES),
        )
    return wanted
