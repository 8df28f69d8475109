"""Who plays a shift: whom the roster names, and whoever stood there before where it names too few."""

from custos.config.shift.casting import cast
from custos.config.shift.crew import Crew, Player


def _player(post: str, staff: str, crew: int | None) -> Player:
    return Player(post, staff, f"cst_{staff}", staff, crew)


CREW = Crew(
    facility="x",
    left="一监区",
    areas=("二监区", "女监区"),
    womens=("女监区",),
    password="x",
    players=(
        _player("patrol", "day1", 0),
        _player("patrol", "day2", 0),
        _player("patrol", "night1", 1),
        _player("patrol", "night2", 1),
        _player("patrol", "spare", None),
        _player("patrol", "woman", None),
        _player("duty_leader", "dayleader", 0),
        _player("duty_leader", "nightleader", 1),
        _player("duty_leader", "third", None),
    ),
    tags={},
)


def _who(number: int, named: dict[str, bool], **others: list[str]) -> dict[str, str]:
    return {one.staff: one.area for one in cast(CREW, number, named, **others)}


def test_where_no_roster_says_the_crew_of_that_time_comes() -> None:
    assert _who(0, {}).keys() == {"day1", "day2", "dayleader"}
    assert _who(1, {}).keys() == {"night1", "night2", "nightleader"}


def test_whom_the_roster_names_comes_on_whatever_day_they_first_came() -> None:
    named = {"spare": False, "night2": False, "third": False}
    assert _who(0, named).keys() == {"spare", "night2", "third"}


def test_a_place_that_the_roster_leaves_empty_is_filled_and_not_by_whom_it_names_next_door() -> (
    None
):
    assert _who(0, {"spare": False}, elsewhere=["day1"]).keys() == {"spare", "day2", "dayleader"}


def test_whom_the_roster_names_for_the_womens_area_walks_it() -> None:
    for named in ({"day1": False, "woman": True}, {"woman": True, "spare": False}):
        who = _who(0, named)
        assert who["woman"] == "女监区"
        assert {area for area in who.values() if area} == {"二监区", "女监区"}


def test_who_was_refused_is_stood_in_for() -> None:
    assert _who(0, {"third": False}, refused=["cst_third", "cst_day1"]).keys() == {
        "day2",
        "night1",
        "dayleader",
    }
