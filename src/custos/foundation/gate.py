"""Who may use a view. Each view says so; the middleware of `accounts` refuses whatever says nothing.

    @require_GET
    @gate.posts(Post.LEADER, Post.DUTY_LEADER)
    def page(request): ...

This decides who comes in at all. What they then see follows from their scope, and what they may
write from the kinds of entry. Views of other packages can't be decorated: `declare()` names them by
route. Every route stands in `docs/reference/access-matrix.yaml` too, and a test compares.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from django.urls import ResolverMatch

V = TypeVar("V", bound=Callable[..., Any])


class To(Enum):
    """The sorts of visitor for whom a view can be open."""

    NOBODY = auto()
    EVERYBODY = auto()
    SIGNED_IN = auto()
    POSTS = auto()
    BOARD = auto()
    ITS_OWN_CHECK = auto()


@dataclass(frozen=True, slots=True)
class Gate:
    """For whom a view is open, by the codes of posts where it is `To.POSTS`.

    `foreign` says that the view is another package's: it runs outside of any scope.
    """

    to: To
    posts: frozenset[str] = frozenset()
    foreign: bool = False

    def admits(self, post: str) -> bool:
        """Whether whoever acts on this post comes in."""
        return self.to not in (To.NOBODY, To.POSTS, To.BOARD) or post in self.posts


SHUT = Gate(To.NOBODY)

_declared: dict[str, Gate] = {}


def posts(*allowed: str) -> Callable[[V], V]:
    """Open a view to those who act on one of these posts (`record.parties.Post`)."""
    if not allowed:
        raise ValueError("name the posts")
    return _marked(Gate(To.POSTS, frozenset(str(post) for post in allowed)))


def signed_in(view: V) -> V:
    """Open a view to every account that signed in, even without a post."""
    return _marked(Gate(To.SIGNED_IN))(view)


def everybody(view: V) -> V:
    """Open a view to every visitor: for what shows nothing of anybody, such as signing in."""
    return _marked(Gate(To.EVERYBODY))(view)


def board(view: V) -> V:
    """Open a view to wall boards only, which may GET it; it names nobody."""
    return _marked(Gate(To.BOARD))(view)


def own_check(view: V) -> V:
    """Leave a view to its own check, such as a token: it refuses by itself."""
    return _marked(Gate(To.ITS_OWN_CHECK))(view)


def while_locked(view: V) -> V:
    """Let a view answer while the session is locked: it shows no person and changes nothing."""
    view.while_locked = True  # type: ignore[attr-defined]
    return view


def in_no_transaction(view: V) -> V:
    """Run a view outside of any transaction and scope: what it counts stands at once, and no row and
    no connection is held while a password is looked at.
    """
    view.opens_own_scope = True  # type: ignore[attr-defined]
    return view


def _marked(gate: Gate) -> Callable[[V], V]:
    def mark(view: V) -> V:
        view.gate = gate  # type: ignore[attr-defined]
        return view

    return mark


def declare(route: str, to: To, *allowed: str) -> None:
    """Open a view of another package by its route's name; `name:*` means a whole namespace."""
    _declared[route] = Gate(to, frozenset(str(post) for post in allowed), foreign=True)


def of(view: Callable[..., Any], match: ResolverMatch | None) -> Gate:
    """For whom a view is open; nobody where neither it nor a declaration says so."""
    own: Gate | None = getattr(view, "gate", None)
    if own is not None:
        return own
    if match is None:
        return SHUT
    by_namespace = _declared.get(f"{match.namespaces[0]}:*") if match.namespaces else None
    return _declared.get(match.view_name or "") or by_namespace or SHUT
