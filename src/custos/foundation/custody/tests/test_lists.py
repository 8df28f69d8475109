"""Long lists are read along their index, whatever the scope."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from custos.foundation.accounts import access
from custos.foundation.custody import queries
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.organizations.numbers import MINISTRY
from tests.factories import SYSTEM, a_cell, a_detainee

PROVINCE = scope.Scope(101_000_000, 101_999_999, frozenset({1}), "user:1", 1)
COUNTRY = scope.Scope(MINISTRY, 199_999_999, frozenset({1}), "user:1", 1)


def _plan_of(ask: Callable[[], Any]) -> str:
    with CaptureQueriesContext(connection) as seen:
        ask()
    wanted = next(q["sql"] for q in seen if "ORDER BY" in q["sql"])
    before = [q["sql"] for q in seen][: [q["sql"] for q in seen].index(wanted)]
    with connection.cursor() as cursor:
        for word in before:
            if word.startswith("SET LOCAL"):
                cursor.execute(word)
        cursor.execute(f"EXPLAIN {wanted}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("seen", [PROVINCE, COUNTRY])
def test_the_people_of_many_facilities_are_not_sorted_to_show_fifty(seen: scope.Scope) -> None:
    with scope.entered(SYSTEM):
        cell = a_cell(capacity=50)
        stays = [a_detainee(in_cell=cell).pk for _ in range(3)]
    with (
        scope.entered(seen),
        access.recording_as(
            new_id(), "leader", organization_id=101_000_000, purpose="x", route="x"
        ),
    ):
        assert [one.custody_id for one in queries.listed(limit=2)] == stays[:0:-1]
        for ask in (lambda: queries.listed(limit=2), lambda: queries.in_custody(2)):
            plan = _plan_of(ask)
            assert "custody_latest" in plan
            assert "Sort" not in plan


@pytest.mark.django_db
def test_the_planner_decides_again_afterwards() -> None:
    with (
        scope.entered(PROVINCE),
        access.recording_as(
            new_id(), "leader", organization_id=101_000_000, purpose="x", route="x"
        ),
    ):
        queries.listed()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('enable_sort'), current_setting('enable_bitmapscan')"
            )
            assert cursor.fetchone() == ("on", "on")
