"""Where other modules bring what a handover has to name: limits that end, people to watch, what is broken.

    registry.register("limits", ends_soon)      # in the module's `handing_over.py`

A source is asked once a change of shifts, in the scope of its facility and for everybody on the staff: what
it says is read by all who read handovers. Sources are asked in the order of their names.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from custos.prevention.duty.handover.plan import Draft

#: Asked with the facility and the moment at which the handover is prepared.
Source = Callable[[int, datetime], Iterable[Draft]]

_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Have a source asked; a name stands for one source, so that a second import changes nothing."""
    _sources[name] = source


def drafts(facility: int, at: datetime) -> list[Draft]:
    """What all sources say of a facility now."""
    return [draft for name in sorted(_sources) for draft in _sources[name](facility, at)]
