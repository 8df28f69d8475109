"""KR 6, DR 15, Nelson Mandela Rules 81: a woman in custody is attended by a woman officer, who is named."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from custos.foundation.custody import going_out, services, women
from custos.foundation.custody.models import Custody
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations.models import Cell
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def cells() -> list[Cell]:
    facility = a_facility()
    return [a_cell("2", facility=facility) for _ in range(2)]


@pytest.fixture
def woman(cells: list[Cell]) -> Custody:
    return a_detainee(in_cell=cells[0], sex="2")


def move(stay: Custody, cell: Cell, attended_by: str) -> Custody:
    return services.move_to_cell(
        stay.pk, cell.pk, reason="x", by=an_officer(Post.CASE_OFFICER), attended_by=attended_by
    )


@pytest.mark.parametrize("nobody", ["", "  "])
def test_nmr_81_a_woman_is_not_moved_without_a_woman_officer(
    woman: Custody, cells: list[Cell], nobody: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        move(woman, cells[1], nobody)
    assert (refused.value.code, refused.value.field) == ("custody.NMR-81-WOMEN", "attended_by")
    woman.refresh_from_db()
    assert woman.cell_id == cells[0].pk


def test_who_she_was_stands_on_the_record(woman: Custody, cells: list[Cell]) -> None:
    move(woman, cells[1], " 林晓芸 ")
    entry = Entry.objects.get(kind="custody.attended", custody_id=woman.pk)
    said: Any = record.line(entry.pk)
    assert said.text == "林晓芸"
    assert said.because_id == Entry.objects.get(kind="cell.moved", custody_id=woman.pk).pk


def test_nmr_81_a_woman_doesnt_go_out_without_a_woman_officer(woman: Custody) -> None:
    absence = worlds.planned(woman)
    said: dict[str, Any] = {"escort": "x", "condition": "x", "by": an_officer(Post.INTERROGATION)}
    with pytest.raises(NotAllowed, match="NMR-81-WOMEN"):
        going_out.leave(absence.pk, **said)
    going_out.leave(absence.pk, **said, attended_by="林晓芸")
    assert Entry.objects.filter(kind="custody.attended", custody_id=woman.pk).count() == 1


def test_of_a_man_nothing_is_asked_and_nothing_is_written() -> None:
    facility = a_facility()
    first, second = (a_cell(facility=facility) for _ in range(2))
    man = a_detainee(in_cell=first)
    move(man, second, "")
    assert not Entry.objects.filter(kind="custody.attended").exists()


def test_the_rule_switched_off_asks_nothing() -> None:
    day = date(2026, 3, 2)
    assert [one.id for one in women.asks("2", day)] == ["NMR-81-WOMEN"]
    over = women.rules().rules[0].model_copy(update={"valid_to": date(2026, 3, 1)})
    assert women.asks("2", day, women.RuleFile(version=1, rules=(over,))) == []
    assert women.asks("1", day) == []
