"""The walks of a patrol: in time at each door, never alike, and the same for the same seed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid5

from custos.config.shift.script import sentence, stream
from custos.config.shift.walk import Door, Walk
from custos.prevention.duty.rounds import plan

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: The cells of the largest area; somebody in the first is on close watch.
GAPS = {f"2{number:02}": timedelta(minutes=15 if number == 1 else 30) for number in range(1, 14)}


def _cell(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def _walked(
    seed: int, hours: float, wanted: dict[str, datetime] | None = None
) -> list[plan.Looked]:
    """Walk for so long, by a list that is asked for every fifteen seconds."""
    walk = Walk(stream(seed, "walk"), NOW)
    due = wanted or {name: NOW + gap for name, gap in GAPS.items()}
    looks, now, shown = [], NOW, dict(due)
    while now < NOW + timedelta(hours=hours):
        if (now - NOW).seconds % 15 == 0:
            shown = dict(due)
        doors = [Door(str(_cell(name)), name, at) for name, at in shown.items()]
        door = walk.next_door(doors, now)
        if door is not None:
            text = sentence(walk.chance)
            looks.append(plan.Looked(UUID(door.cell), "x", now, "tag", text))
            due[door.name] = now + GAPS[door.name]
        now += timedelta(seconds=1)
    return looks


def test_each_cell_is_looked_into_before_its_time_runs_out() -> None:
    looks = _walked(1, 12)
    for name, gap in GAPS.items():
        at = [NOW, *(one.at for one in looks if one.cell == _cell(name))]
        assert max(b - a for a, b in pairwise(at)) <= gap, name
        assert NOW + timedelta(hours=12) - at[-1] <= gap, name


def test_nothing_stands_out_in_them() -> None:
    for seed in range(3):
        looks = _walked(seed, 4)
        for end in range(100, len(looks), 50):
            assert plan.signs(looks[:end]) == []


def test_the_same_seed_walks_alike_and_another_one_doesnt() -> None:
    assert _walked(5, 1) == _walked(5, 1)
    assert _walked(5, 1) != _walked(6, 1)


def test_what_fell_behind_is_walked_at_once() -> None:
    late = {name: NOW - timedelta(hours=9) for name in GAPS}
    looks = _walked(1, 0.2, late)
    first = [one.cell for one in looks[: len(GAPS)]]
    assert sorted(map(str, first)) == sorted(str(_cell(name)) for name in GAPS)
    assert looks[len(GAPS) - 1].at - NOW < timedelta(minutes=9)


def _doors(seen: dict[str, timedelta]) -> list[Door]:
    return [
        Door(name, name, NOW + gap, NOW - seen[name] if name in seen else None)
        for name, gap in GAPS.items()
    ]


def test_a_walk_that_was_broken_off_goes_on_where_it_was() -> None:
    seen = {name: timedelta(minutes=at) for at, name in enumerate(list(GAPS)[:6], 1)}
    walk, looked, doors = Walk(stream(1, "walk"), NOW), [], _doors(seen)
    for second in range(240):
        at = walk.next_door(doors, NOW + timedelta(seconds=second))
        looked += [at.name] if at else []
    assert looked
    assert not set(looked) & set(seen)


def test_who_has_just_been_everywhere_rests_and_then_walks_again() -> None:
    everywhere = dict.fromkeys(GAPS, timedelta(minutes=2))
    walk, doors = Walk(stream(1, "walk"), NOW), _doors(everywhere)
    looked = {}
    for second in range(900):
        at = walk.next_door(doors, NOW + timedelta(seconds=second))
        if at:
            looked.setdefault(at.name, second)
    assert min(looked.values()) > 150
    assert looked


def test_nobody_is_looked_in_on_where_nobody_is() -> None:
    walk = Walk(stream(1, "walk"), NOW)
    assert walk.next_door([], NOW) is None
    assert walk.next_door([], NOW + timedelta(hours=1)) is None
