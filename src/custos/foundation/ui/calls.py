"""What calls the reader on every page, whatever they are just doing there.

A module that can be in need of somebody at once registers a function here, from its `navigation.py`;
the shell shows what it returns above each page of that reader, with the alarm's sound, until it is
taken on; what is `quiet` is a plain line without one. Calls name places, never people, so that they are
shown even where nothing may be read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that waits for the reader: what and where, its severity, by when, and its page.

    `every` is the page that lists all of its kind; `mark` says what a quiet one asks for.
    """

    text: Any
    severity: int
    wanted_by: datetime
    url: str
    every: str = ""
    quiet: bool = False
    mark: Any = ""


#: Gives the calls of whoever acts (`request.acting`, never None), most urgent first.
Provider = Callable[[Any], Iterable[Call]]

_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Ask `provider` for calls on every page; the same name replaces it."""
    _providers[name] = provider


def calls_for(acting: Any) -> list[Call]:
    """All calls of whoever acts: quiet ones last, gravest first, of these the one that waits longest."""
    found = [call for provider in _providers.values() for call in provider(acting)]
    return sorted(found, key=lambda call: (call.quiet, call.severity, call.wanted_by))
