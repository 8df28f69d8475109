"""What a handover is made of: its sections, the change it belongs to, what its signatures are about."""

from datetime import datetime, time
from pathlib import Path

import pytest

from custos.foundation.clock import LOCAL
from custos.prevention.duty.handover import plan
from custos.prevention.duty.handover.plan import Draft, SectionId
from custos.prevention.duty.shifts import plan as shifts

EIGHT = datetime(2026, 3, 3, 8, tzinfo=LOCAL)
ITEMS = [[1, "people", "不得独处", "never alone", 2], [2, "keys", "12", "12", None]]


def test_the_sections_are_those_of_the_order_of_the_meeting() -> None:
    # B.6: people at risk, ill, restrained, on watch; expiring limits;
    # issue 7: open tasks, defects, keys, counts
    assert [(section.id, section.by) for section in plan.rules().sections] == [
        ("people", "system"),
        ("tasks", "system"),
        ("limits", "system"),
        ("absences", "system"),
        ("cells", "system"),
        ("counts", "system"),
        ("keys", "leader"),
        ("defects", "leader"),
        ("words", "leader"),
    ]


def test_what_the_numbers_are_and_that_they_are_marked() -> None:
    rules = plan.rules()
    assert (rules.limits_within_hours, rules.gravest, rules.tell_again_minutes) == (48, 2, 30)
    assert rules.confidence == "E"
    assert all((rules.source.zh, rules.source.en))


def test_a_section_that_stands_twice_is_refused(tmp_path: Path) -> None:
    wrong = plan.FILE.read_text(encoding="utf-8").replace("{id: cells,", "{id: people,")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(ValueError, match="twice"):
        plan.load(tmp_path / "wrong.yaml")


def test_items_stand_in_the_order_of_the_sections() -> None:
    given: list[SectionId] = ["counts", "people", "limits", "people"]
    drafts = [Draft(section, str) for section in given]
    found = plan.in_order(drafts)
    assert [draft.section for draft in found] == ["people", "people", "limits", "counts"]
    assert found[0] is drafts[1]


@pytest.mark.parametrize(
    ("moment", "began", "change", "ends"),
    [
        (EIGHT, (2, 20), (3, 8), (3, 20)),
        (EIGHT.replace(hour=19, minute=59), (2, 20), (3, 8), (3, 20)),
        (EIGHT.replace(hour=20), (3, 8), (3, 20), (4, 8)),
        (EIGHT.replace(hour=3), (2, 8), (2, 20), (3, 8)),
    ],
)
def test_the_last_change_is_the_one_by_which_the_shift_of_now_began(
    moment: datetime, began: tuple[int, int], change: tuple[int, int], ends: tuple[int, int]
) -> None:
    found = plan.last_change(shifts.shipped().shifts, moment)
    days = (found.outgoing.begins, found.at, found.incoming.ends)
    assert [(day.day, day.hour) for day in days] == [began, change, ends]
    assert found.outgoing.ends == found.at == found.incoming.begins


def test_with_one_shift_a_day_it_is_handed_over_to_the_next_day() -> None:
    whole = shifts.shipped().shifts[0].model_copy(update={"begins": time(9), "ends": time(9)})
    found = plan.last_change([whole], EIGHT)
    assert (found.at.day, found.at.hour) == (2, 9)


def test_a_signature_is_about_every_word_of_every_item() -> None:
    signed = plan.digest(EIGHT, ITEMS)
    assert signed == plan.digest(EIGHT, ITEMS)
    assert len(signed) == 64
    for row, item in enumerate(ITEMS):
        for column in range(len(item)):
            other = [list(one) for one in ITEMS]
            other[row][column] = "another"
            assert plan.digest(EIGHT, other) != signed
    assert plan.digest(EIGHT, ITEMS[:1]) != signed
    assert plan.digest(EIGHT.replace(hour=20), ITEMS) != signed


def test_what_is_not_said_is_no_word_that_is() -> None:
    assert plan.digest(EIGHT, [[None]]) != plan.digest(EIGHT, [["None"]])
