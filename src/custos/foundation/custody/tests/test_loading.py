"""Many rows in one statement stand as those that are saved one by one, and are refused alike."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people.models import FactRow
from custos.foundation.database import scope
from custos.foundation.database.loading import load, uncollected
from custos.foundation.organizations.models import Cell
from tests.factories import SYSTEM, a_cell, a_detainee

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 2, 1, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def stay() -> Iterator[Custody]:
    with scope.entered(SYSTEM):
        yield a_detainee(in_cell=a_cell())


def a_fact(stay: Custody, **more: Any) -> FactRow:
    held: dict[str, Any] = {"sort": "need", "says": {}, "since": BEGAN}
    return FactRow(
        organization_id=stay.organization_id, detainee_id=stay.detainee_id, **(held | more)
    )


def test_texts_bytes_times_and_json_come_back_as_they_went(stay: Custody) -> None:
    odd = "单𠮷 'quoted' \\ \"said\" %s {} \n é 😀"
    says = {"text": odd, "list": [1, None, True], "inner": {"a": odd}}
    one = a_fact(stay, says=says, sealed=bytes(range(256)), custody_id=stay.pk)
    other = a_fact(stay, says={}, until=BEGAN + timedelta(days=1))
    assert load([one, other]) == 2
    found = FactRow.objects.in_bulk([one.pk, other.pk])
    assert found[one.pk].says == says
    assert bytes(found[one.pk].sealed) == bytes(range(256))
    assert (found[one.pk].since, found[one.pk].until) == (BEGAN, None)
    assert found[one.pk].custody_id == stay.pk
    assert (found[other.pk].sealed, found[other.pk].custody_id) == (None, None)
    assert found[other.pk].until == BEGAN + timedelta(days=1)


def test_spans_and_numbers_come_back_as_they_went(stay: Custody) -> None:
    assert stay.cell is not None
    made = Cell(
        organization_id=stay.organization_id,
        area_id=stay.cell.area_id,
        name="Z9",
        sex="1",
        capacity=4,
        square_metres=Decimal("20.5"),
    )
    load([made])
    assert Cell.objects.get(pk=made.pk).square_metres == Decimal("20.5")
    other = a_detainee(in_cell=made)
    CellStay.objects.filter(custody=other).delete()
    closed = DateTimeTZRange(BEGAN, BEGAN + timedelta(hours=1))
    open_ = DateTimeTZRange(BEGAN + timedelta(hours=1), None)
    load(
        CellStay(
            custody_id=other.pk,
            organization_id=stay.organization_id,
            cell_id=made.pk,
            during=during,
        )
        for during in (closed, open_)
    )
    found = CellStay.objects.filter(custody=other).order_by("during")
    assert [one.during for one in found] == [closed, open_]


@pytest.mark.parametrize("name", ["王" * 201, "王\0伟"])
def test_what_a_column_does_not_hold_is_refused(stay: Custody, name: str) -> None:
    person = Detainee(organization_id=stay.organization_id, name=name, sex="1")
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        load([person])
    assert isinstance(caught.value, DataError)


def test_what_a_constraint_forbids_is_refused(stay: Custody) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        load([a_fact(stay, until=BEGAN - timedelta(days=1))])


def test_the_collector_runs_again_afterwards_whatever_happened() -> None:
    with suppress(ValueError), uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled()
