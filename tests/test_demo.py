"""The demo's world: complete, believable, lawful, and the same for the same seed."""

from datetime import UTC, datetime

import pytest
from django.db.models import Count

from custos.config import demo
from custos.foundation import clock
from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.accounts.queries import acting_of, demo_roles
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.models import Entry
from custos.prevention.duty.models import Task
from tests import databases

MAIN = 101_001_001
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def _built() -> list[tuple[str, str, str]]:
    with clock.set_to(NOW):
        demo.build(lambda line: None, seed=7)
    with scope.entered(scope.Scope.of_system("tests")):
        return sorted(
            (c.number, c.detainee.name, c.cell.name if c.cell else "")
            for c in Custody.objects.select_related("detainee", "cell")
        )


@pytest.mark.django_db(transaction=True)
def test_the_world_is_whole():
    _built()
    with scope.entered(scope.Scope.of_system("tests")):
        tiers = [o.tier for o in Organization.objects.all()]
        assert tiers.count(Tier.MINISTRY) == 1
        assert tiers.count(Tier.PROVINCE) == 2
        assert tiers.count(Tier.CITY) == 4
        assert tiers.count(Tier.FACILITY) == 8
        cells = Cell.objects.filter(organization_id=MAIN)
        assert sum(cell.capacity for cell in cells) == 600
        assert Staff.objects.filter(organization_id=MAIN).count() == 180
        assert Posting.objects.filter(organization_id=MAIN, crew__isnull=False).exists()
        assert Task.objects.filter(state="answered").count() >= 10
        assert not Task.objects.exclude(state="answered").exists()
        sexes = Custody.objects.values_list("cell", "detainee__sex", "cell__sex").distinct()
        assert all(person == room for _cell, person, room in sexes)
        fullest = Custody.objects.values("cell", "cell__capacity").annotate(people=Count("id"))
        assert all(row["people"] <= row["cell__capacity"] for row in fullest)
        assert all(entry.recorded_at <= NOW for entry in Entry.objects.all())
    for role in demo_roles():
        assert acting_of(User.objects.get(username=role.username)).post == role.post


@pytest.mark.django_db(transaction=True)
def test_no_region_of_the_world_exists():
    _built()
    regions = set(Organization.objects.exclude(region="").values_list("region", flat=True))
    assert regions
    assert all(region[:2] in ("98", "99") for region in regions)


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_people_in_the_same_cells():
    first = _built()
    with databases.clone():
        assert _built() == first
