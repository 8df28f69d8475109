"""Entries that law seals: about stays of which nobody is told any more. The chain keeps them whole.

Which stays these are is said by the module that keeps them (`foundation.custody`), as a condition over a
row that names a stay by `custody_id`. Whoever reads sees of such an entry that there is one, what kind it
is, when and by whom; not whom it is about, nor what it says.
"""

from collections.abc import Callable
from typing import Any

_said_by: Callable[[], Any] | None = None


def says(condition: Callable[[], Any]) -> Callable[[], Any]:
    """Register, as a decorator, what gives the condition; None of it where nothing is sealed today."""
    global _said_by
    _said_by = condition
    return condition


def condition() -> Any:
    """What holds of a row with a `custody_id` that is about a sealed stay; None where none is sealed."""
    return _said_by() if _said_by else None
