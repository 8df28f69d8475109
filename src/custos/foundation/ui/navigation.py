"""The registry of what stands in the top bar.

An app with a `navigation.py` registers its items there; the module is loaded at start-up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


def _always(_acting: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Item:
    """One place to go: a lazy label, an icon of the sprite, a route without arguments.

    `shown` is asked with `request.acting`, never None. Lower `order` stands further left.
    """

    route: str
    label: Any
    icon: str
    order: int = 100
    shown: Callable[[Any], bool] = _always


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
    order: int = 100,
    shown: Callable[[Any], bool] = _always,
) -> None:
    """Put a page into the top bar of those for whom `shown` is true."""
    _items[route] = Item(route, label, icon, order, shown)


def places_for(request: HttpRequest, acting: Any) -> list[Place]:
    """What stands in this request's top bar, in order; the longest route that fits is current."""
    found = []
    for item in sorted(_items.values(), key=lambda item: (item.order, item.route)):
        if not item.shown(acting):
            continue
        try:
            found.append((reverse(item.route), item))
        except NoReverseMatch:  # an installation that leaves the module's routes out
            continue
    fitting = [url for url, _item in found if request.path.startswith(url)]
    here = max(fitting, key=len, default="")
    # "/" begins every path, and is current only on the page itself.
    if here == "/" and request.path != "/":
        here = ""
    return [Place(url, item.label, item.icon, url == here) for url, item in found]
