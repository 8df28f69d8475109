"""Every module's rules, read as the program reads them.

A module reads its own rule files by a function named `load` that raises `ValueError` for a wrong
one; it is listed here.
"""

import importlib
from collections.abc import Iterator

#: Modules with a `load()` of their rule files.
LOADERS = (
    "custos.foundation.record.grounds",
    "custos.foundation.codes.shipped",
    "custos.foundation.codes.spelling",
    "custos.foundation.organizations.kinds_of_facility",
    "custos.foundation.documents.catalogue",
    "custos.foundation.documents.rights",
    "custos.foundation.custody.engine",
    "custos.foundation.custody.arrival",
    "custos.foundation.limits.law",
    "custos.foundation.custody.people.readings",
    "custos.foundation.custody.people.sealing",
    "custos.foundation.custody.absences",
    "custos.foundation.custody.women",
    "custos.prevention.duty.catalogue",
    "custos.prevention.duty.information.catalogue",
    "custos.prevention.duty.assessment.plan",
    "custos.prevention.duty.handover.plan",
    "custos.prevention.duty.roster.rules",
    "custos.prevention.duty.rounds.plan",
    "custos.prevention.duty.shifts.plan",
    "custos.prevention.devices.timing",
    "custos.management.timelimits.catalogue",
    "custos.management.reception.registers",
    "custos.management.reception.importing.columns",
    "custos.management.reception.admission.rules",
    "custos.management.reception.release.rules",
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
