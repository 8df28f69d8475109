"""What the page frame needs, looked up only when a template asks for it."""

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language

from custos.foundation import clock
from custos.foundation.ui import methods, moments, navigation, ports, search


class Role(NamedTuple):
    """A card of the demo's sign-in page, in the reader's language."""

    username: str
    name: str
    sees: str


class Shell:
    """The frame of one request's pages, as `shell` in every template."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def acting(self) -> Any:
        """As what the reader acts, or None; also where the request failed before that was known."""
        return getattr(self._request, "acting", None) or None

    @cached_property
    def places(self) -> list[navigation.Place]:
        """The top bar's items."""
        acting = self.acting
        return navigation.places_for(self._request, acting) if acting else []

    @property
    def searches(self) -> bool:
        """Whether the search box is shown."""
        acting = self.acting
        return bool(acting) and search.finds_for(acting)

    @property
    def gallery(self) -> bool:
        """Whether the way to the gallery is shown."""
        return ports.sees_gallery(self.acting)

    @property
    def tokens(self) -> str:
        """Where the reader's own tokens for programs stand; empty for posts that have none."""
        acting = self.acting
        return navigation.way_to("tokens", acting) if acting else ""

    @property
    def live_key(self) -> str:
        """Changes when the reader's range or language does: the browser opens a new stream."""
        acting = self.acting
        return f"{acting.posting.pk}-{get_language()}" if acting else ""

    @property
    def range(self) -> str:
        """The reader's organizations, as `data-live` takes them."""
        acting = self.acting
        return f"{acting.scope.lowest}-{acting.scope.highest}" if acting else ""

    @property
    def path(self) -> str:
        """The page's own address, to come back to."""
        return methods.own_address(self._request)

    @property
    def now(self) -> str:
        """The server's time, by which the browser ticks its own."""
        return clock.now().isoformat()

    @property
    def phrases(self) -> dict[str, str]:
        """How the browser says time."""
        return moments.phrases()

    @property
    def roles(self) -> list[Role]:
        """The demo's roles, as the sign-in page offers them; none outside a demo."""
        if not settings.DEMO:
            return []
        language = "en" if (get_language() or "").startswith("en") else "zh"
        return [
            Role(role.username, role.name[language], role.sees[language])
            for role in ports.demo_roles()
        ]

    @property
    def left_area(self) -> str:
        """The area whose patrol is left to whoever tries the demo; empty where no posts are played."""
        return str(settings.DEMO_LEFT) if settings.DEMO else ""

    @property
    def idle_seconds(self) -> int:
        """After how long without a key or a touch the page locks itself; 0 for never."""
        return int(settings.IDLE_MINUTES) * 60

    @property
    def demo(self) -> bool:
        """Whether this is a demonstration with invented people."""
        return bool(settings.DEMO)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
