"""How often one caller may ask: a window of a minute that begins with its first request.

The API counts every request. Of the pages those count that say so, because they cost much or could be
used to try things out:

    @require_GET
    @gate.posts(*DUTY_POSTS)
    @rates.limited("export")
    def people_export(request): ...

Requests of the API are counted in the memory of the process: a bound against programs gone wild must
cost next to nothing and must not itself write with every read. With several processes each has its
own count, so that the bound is at most theirs together; nothing is lost when one starts anew. Pages that
are counted are few and bound what a person may take along, so they are counted in PostgreSQL, where
all processes see one count (`accounts.tries`); see docs/decisions/0031.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

V = TypeVar("V", bound=Callable[..., Any])

WINDOW = 60.0
#: Most callers that are counted at once; the one not heard for longest is forgotten.
MOST = 20_000
#: A refused sign-in costs as much as this many requests, so that nobody tries out tokens.
GUESS = 50


@dataclass(slots=True)
class _Count:
    began: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What one caller may still ask, and in how many seconds the window ends."""

    policy: str
    quota: int
    remaining: int
    seconds: int
    allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit fields of the IETF draft (`draft-ietf-httpapi-ratelimit-headers`)."""
        said = {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={int(WINDOW)}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.seconds}',
        }
        return said if self.allowed else said | {"Retry-After": str(self.seconds)}


_counts: OrderedDict[str, _Count] = OrderedDict()
_lock = threading.Lock()


def limited(policy: str, *, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[[V], V]:
    """Have requests of a view by these methods counted by account, under a policy of `settings.RATES`."""

    def mark(view: V) -> V:
        view.rate = (policy, methods)  # type: ignore[attr-defined]
        return view

    return mark


def of_view(view: Callable[..., Any], method: str | None) -> str | None:
    """The policy under which a request of a view is counted; None where it isn't."""
    policy, methods = getattr(view, "rate", ("", ()))
    return policy if method in methods else None


def left(policy: str, used: int, age: float) -> Left:
    """What is left of a policy's window that began `age` seconds ago and of which so much was used."""
    quota = settings.RATES[policy]
    return Left(policy, quota, max(0, quota - used), math.ceil(WINDOW - age), used <= quota)


def take(policy: str, who: str, cost: int = 1, *, now: float | None = None) -> Left:
    """Count a request of `who` under a policy of `settings.RATES`, and say what is left."""
    moment = time.monotonic() if now is None else now
    key = f"{policy}:{who}"
    with _lock:
        count = _counts.get(key)
        if count is None or moment - count.began >= WINDOW:
            count = _counts[key] = _Count(moment)
        _counts.move_to_end(key)
        while len(_counts) > MOST:
            _counts.popitem(last=False)
        count.used += cost
        used, began = count.used, count.began
    return left(policy, used, moment - began)


def forget() -> None:
    """Begin anew; for tests."""
    with _lock:
        _counts.clear()
