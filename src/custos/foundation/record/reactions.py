"""What follows an entry: the registry of reactions.

    @on(EmergencyButtonPressed, emits=[TaskOpened])
    def open_a_task(event: Event, deed: Deed) -> None: ...

An immediate reaction (the default) runs inside the deed that wrote the entry, under a savepoint of
its own: if it raises, the entry is recorded all the same and the reaction is retried later. One
declared with `later=True` is run by the worker in batches. Both may run more than once in the
rare case that a retry follows a lost commit, so both must look before they leap.

Reactions to one entry run in the order of the layers and then of module names. `emits` says what a
reaction appends, so that a cycle is found at start-up and not at night.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, Subject

if TYPE_CHECKING:
    from custos.foundation.record.services import Deed

#: Groups from the ground upward: what a lower one does is there when a higher one reacts.
LAYERS = ("foundation", "prevention", "management", "service", "guidance", "web")


@dataclass(frozen=True, slots=True)
class Event:
    """An entry as a reaction sees it."""

    id: UUID
    payload: Kind
    about: Subject
    by: Actor
    occurred_at: datetime
    recorded_at: datetime


Reaction = Callable[[Event, "Deed"], Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """A reaction with its name (`module.function`, without the package), and what it emits."""

    name: str
    kind: type[Kind]
    run: Reaction
    emits: tuple[type[Kind], ...]
    later: bool

    @property
    def order(self) -> tuple[int, str]:
        """Layer, then module name."""
        layer = self.name.split(".", 1)[0]
        return (LAYERS.index(layer) if layer in LAYERS else len(LAYERS), self.name)


_reactions: dict[str, Registered] = {}


def on(
    kind: type[Kind], *, emits: Iterable[type[Kind]] = (), later: bool = False
) -> Callable[[Reaction], Reaction]:
    """Register a function as a reaction to a kind of entry."""

    def register(run: Reaction) -> Reaction:
        module = run.__module__.removeprefix("custos.").removesuffix(".reactions")
        name = f"{module}.{run.__name__}"
        _reactions[name] = Registered(name, kind, run, tuple(emits), later)
        return run

    return register


def reactions_to(kind: type[Kind]) -> list[Registered]:
    """The reactions to a kind, in the order in which they run."""
    found = [r for r in _reactions.values() if r.kind is kind]
    return sorted(found, key=lambda r: r.order)


def by_name(name: str) -> Registered | None:
    """A registered reaction, or None where this program no longer has it."""
    return _reactions.get(name)


def forget(name: str) -> None:
    """Take a reaction out again."""
    _reactions.pop(name, None)


class ReactionCycle(Exception):
    """Reactions would follow one another for ever."""


def refuse_cycles() -> None:
    """Raise `ReactionCycle`, naming the way round, where kinds lead back to themselves."""
    edges: dict[str, set[str]] = {}
    for reaction in _reactions.values():
        edges.setdefault(reaction.kind.name, set()).update(kind.name for kind in reaction.emits)
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            way = " → ".join((*path[path.index(name) :], name))
            raise ReactionCycle(f"reactions lead in a circle: {way}")
        if name in done:
            return
        for following in sorted(edges.get(name, ())):
            walk(following, (*path, name))
        done.add(name)

    for start in sorted(edges):
        walk(start, ())
