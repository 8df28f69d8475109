"""The registry of what stands in the top bar.

An app with a `navigation.py` registers its items there; the module is loaded at start-up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, resolve, reverse

from custos.foundation import gate


def _always(_acting: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Item:
    """One place to go: a lazy label, an icon of the sprite, a route without arguments.

    `shown` is asked with `request.acting`, never None. Lower `order` stands further left, and what
    stands leftmost is where one's post begins; it may differ by who asks.
    """

    route: str
    label: Any
    icon: str
    order: int | Callable[[Any], int] = 100
    shown: Callable[[Any], bool] = _always

    def order_for(self, acting: Any) -> int:
        """How far to the right it stands for this reader."""
        return self.order(acting) if callable(self.order) else self.order


@dataclass(frozen=True, slots=True)
class Place:
    """An item as one request sees it."""

    url: str
    label: Any
    icon: str
    current: bool


_items: dict[str, Item] = {}


def register(
    route: str,
    label: Any,
    *,
    icon: str,
    order: int | Callable[[Any], int] = 100,
    shown: Callable[[Any], bool] = _always,
) -> None:
    """Put a page into the top bar of those to whom it is open and for whom `shown` is true."""
    _items[route] = Item(route, label, icon, order, shown)


class _Door(NamedTuple):
    url: str
    gate: gate.Gate


@cache
def _door(route: str, _urlconf: str | None) -> _Door | None:
    """Where a route leads and whom it admits, which is fixed while routes are."""
    try:
        url = reverse(route)
    except NoReverseMatch:  # an installation that leaves the module's routes out
        return None
    match = resolve(url)
    return _Door(url, gate.of(match.func, match))


def way_to(route: str, acting: Any) -> str:
    """The address of a page, empty where it isn't open to the reader's post: no door leads to a refusal."""
    door = _door(route, get_urlconf())
    return door.url if door and door.gate.admits(acting.post) else ""


def places_for(request: HttpRequest, acting: Any) -> list[Place]:
    """What stands in this request's top bar, in order; the longest route that fits is current."""
    found = []
    for item in sorted(_items.values(), key=lambda item: (item.order_for(acting), item.route)):
        if not item.shown(acting):
            continue
        door = _door(item.route, get_urlconf())
        if door and door.gate.admits(acting.post):
            found.append((door.url, item))
    fitting = [url for url, _item in found if request.path.startswith(url)]
    here = max(fitting, key=len, default="")
    # "/" begins every path, and is current only on the page itself.
    if here == "/" and request.path != "/":
        here = ""
    return [Place(url, item.label, item.icon, url == here) for url, item in found]
