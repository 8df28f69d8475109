"""What limits of custody bring to a handover."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from custos.foundation.database import scope
from custos.management.timelimits.models import Clock
from custos.management.timelimits.tests import worlds
from custos.prevention.duty.handover.models import HandoverItem
from custos.prevention.duty.handover.tests.worlds import CHANGE, Changing, at
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scoped() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def named(world: Changing) -> list[HandoverItem]:
    return [item for item in world.items() if item.section == "limits"]


def test_a_limit_that_ends_within_two_days_is_named_after_one_that_has_ended() -> None:
    world = Changing()
    with at(-60):
        over, soon, later = (factories.a_detainee(in_cell=world.cell) for _ in range(3))
        worlds.overdue(over)
        for stay, hours in ((soon, 47), (later, 49)):
            worlds.arrested(stay, days_ago=0)
            Clock.objects.filter(custody=stay).update(due_at=CHANGE + timedelta(hours=hours))
        Clock.objects.filter(custody=world.stay).update(held=False, next_at=None)
    with at(0):
        world.prepared()
    found = named(world)
    assert [(item.custody_id, item.severity) for item in found] == [(over.pk, 1), (soon.pk, 2)]
    assert found[1].due_at == CHANGE + timedelta(hours=47)


def test_somebody_without_a_basis_is_named_first() -> None:
    world = Changing()
    with at(-60):
        worlds.overdue(factories.a_detainee(in_cell=world.cell))
        Clock.objects.filter(custody=world.stay).update(standing="no_basis", due_at=None)
    with at(0):
        world.prepared()
    first = named(world)[0]
    assert (first.custody_id, first.severity, first.due_at) == (world.stay.pk, 1, None)
