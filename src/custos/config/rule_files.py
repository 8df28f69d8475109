"""Every module's rules, read as the program reads them.

A module reads its own rule files by a function named `load` that raises `ValueError` for a wrong
one; it is listed here.
"""

import importlib
from collections.abc import Iterator

#: Modules with a `load()` of their rule files.
LOADERS = (
    "custos.foundation.codes.shipped",
    "custos.foundation.organizations.kinds_of_facility",
    "custos.foundation.custody.engine",
    "custos.prevention.duty.catalogue",
    "custos.prevention.devices.timing",
    "custos.management.reception.documents",
)


def check() -> Iterator[tuple[str, str | None]]:
    """Each module with rules, and what is wrong with them (None: nothing)."""
    for name in LOADERS:
        module = importlib.import_module(name)
        try:
            module.load()
        except (ValueError, OSError) as error:
            yield name, str(error)
        else:
            yield name, None
