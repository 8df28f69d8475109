"""Where what a task asks for is done: the page of the warning, the way out, the count that it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import resolve, reverse
from django.utils.translation import gettext_lazy as _

from custos.foundation import gate
from custos.foundation.record import queries as record
from custos.prevention.duty.queries import TaskShown


@dataclass(frozen=True, slots=True)
class Doing:
    """A page on which a task's act is done, and what leads there in words."""

    url: str
    words: Any


def _plain(route: str) -> Callable[[TaskShown], str]:
    return lambda _shown: reverse(route)


def _of_person(route: str, *more: str) -> Callable[[TaskShown], str]:
    return lambda shown: reverse(route, args=[shown.custody_id, *more]) if shown.custody_id else ""


def _of_payload(route: str, name: str) -> Callable[[TaskShown], str]:
    """A page of what the entry names that opened the task; none where it isn't read. One query."""

    def url(shown: TaskShown) -> str:
        line = record.lines_of([shown.source_entry_id]).get(shown.source_entry_id)
        named = getattr(line.payload, name, None) if line else None
        return reverse(route, args=[named]) if named else ""

    return url


_WARNING = (_of_payload("limit_warning", "warning"), _("Open the warning"))
_LEAVING = (_of_person("release_of"), _("Open the release"))
#: By the kind of entry that opened a task, or what it begins with: the page, and its words.
_PLACES: dict[str, tuple[Callable[[TaskShown], str], Any]] = {
    "arrival.": (_plain("reception_board"), _("To the reception board")),
    "custody.transition_due": (
        _of_person("person_apart_do", "transition"),
        _("End the transition period"),
    ),
    "separation.": (_plain("beds"), _("Look at the beds")),
    "absence.": (_of_payload("absence", "absence"), _("Open the absence")),
    "count.": (_of_payload("count", "count"), _("Open the count")),
    "round.": (_plain("rounds"), _("To the rounds")),
    "handover.waits": (_plain("handover_now"), _("To the handover")),
    "release.": _LEAVING,
    "limit.papers_offered": (_of_person("person_limits"), _("Take the papers over")),
    "limit.": _WARNING,
    "access.glass_broken": (_plain("glass"), _("Who opened what in an emergency")),
    "record.reaction_failed": (_plain("operations"), _("To operations")),
}


def of(shown: TaskShown, post: str) -> Doing | None:
    """Where the act is done that a task asks for, where its reader's post comes in there.

    None where the task's own answer is all, or where it has ended.
    """
    if shown.ended_at:
        return None
    kind = shown.source_kind
    place = _PLACES.get(kind) or _PLACES.get(f"{kind.partition('.')[0]}.")
    url = place[0](shown) if place else ""
    if not place or not url:
        return None
    match = resolve(url)
    return Doing(url, place[1]) if gate.of(match.func, match).admits(post) else None
