"""Documents of the file on which somebody is held, and whether all say the same of them; within a scope."""

from typing import Any
from uuid import UUID

from custos.foundation.custody import leaving
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.record.parties import Post
from custos.management.timelimits.models import Clock, Warning
from custos.prevention.duty.models import Task
from tests.factories import an_officer

COUNTY, OTHER = "某县公安局", "邻县公安局"


def a_document(stay: Custody, **other: Any) -> UUID:
    """A document of the file; the one on which they were admitted unless something else is said."""
    said = {"kind": "detention_warrant", "number": "1", "issuer": COUNTY, "seal": True}
    return people.record_fact(
        stay.pk, facts.Basis(**(said | other)), by=an_officer(Post.INTERROGATION)
    )


def said_open(stay: Custody) -> list[str]:
    rows = Warning.objects.filter(custody=stay, closed_at=None, rule="UNHELD")
    return list(rows.values_list("kind", flat=True))


def unfinished(stay: Custody) -> set[str]:
    rows = Task.objects.filter(custody_id=stay.pk, ended_at=None)
    return set(rows.values_list("source_kind", flat=True))


def agree(stay: Custody) -> bool:
    """Whether somebody is held, as the gate says; the clock and its warnings say the same."""
    held = bool(leaving.grounds(stay))
    since = Clock.objects.get(custody=stay).unheld_since
    assert (since is None) == held
    assert len(said_open(stay)) == (0 if held else 1)
    return held
