"""What the page frame needs, looked up only when a template asks for it."""

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from custos.foundation import clock
from custos.foundation.ui import moments, navigation, ports


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

    @property
    def places(self) -> list[navigation.Place]:
        """The top bar's items."""
        acting = self.acting
        return navigation.places_for(self._request, acting) if acting else []

    @property
    def live_key(self) -> str:
        """Changes when the reader's range or language does: the browser opens a new stream."""
        acting = self.acting
        return f"{acting.posting.pk}-{get_language()}" if acting else ""

    @property
    def path(self) -> str:
        """The page's own address, to come back to."""
        return self._request.get_full_path()

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
    def demo(self) -> bool:
        """Whether this is a demonstration with invented people."""
        return bool(settings.DEMO)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
