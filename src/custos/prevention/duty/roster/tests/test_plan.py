"""What a plan breaks, the plans that patterns give, and what a facility may make stricter."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.information.catalogue import WrongFile, read_own
from custos.prevention.duty.roster import plan, rules
from custos.prevention.duty.roster.plan import Away, Breach, Line, Person, Staffing
from custos.prevention.duty.roster.rules import Frame, OwnRoster, RosterFile, frame_of
from custos.prevention.duty.shifts.plan import Shift, shipped

MONTH = date(2026, 3, 1)
LAST = date(2026, 3, 31)
DAY, NIGHT = "08:00", "20:00"
THREE = tuple(
    Shift.model_validate({"name": {"zh": zh, "en": en}, "begins": begins, "ends": ends})
    for zh, en, begins, ends in (
        ("夜班", "Night", "00:00", "08:00"),
        ("早班", "Morning", "08:00", "16:00"),
        ("中班", "Evening", "16:00", "00:00"),
    )
)


def a_person(ref: str = "a", kind: StaffKind = StaffKind.OFFICER, **more: object) -> Person:
    given = {"posts": (Post.PATROL,), "crew": None} | more
    return Person(ref, f"Officer {ref}", kind, **given)  # type: ignore[arg-type]


def a_frame(
    strength: dict[Post, int] | None = None, own: OwnRoster | None = None, three: bool = False
) -> Frame:
    return frame_of(THREE if three else shipped().shifts, strength or {}, own)


def found(
    lines: list[Line],
    *people: Person,
    frame: Frame | None = None,
    away: tuple[Away, ...] = (),
) -> set[tuple[str, str, str]]:
    """What is broken: the rule, its effect, and who it is about."""
    staffing = Staffing({one.ref: one for one in people or (a_person(),)}, away)
    broken = plan.check(lines, frame or a_frame(), staffing, MONTH, LAST)
    return {(one.rule, one.effect, one.staff) for one in broken if one.rule != "ROSTER-TWO"}


def on(
    day: int, turn: str = DAY, staff: str = "a", post: Post = Post.PATROL, women: bool = False
) -> Line:
    return Line(date(2026, 3, day), turn, post, staff, women)


# ------------------------------------------------------------------ the rules, from their sources


def test_roster_women_a_place_in_the_womens_area_is_held_by_a_woman_officer() -> None:
    """看守所条例 第6条; 拘留所条例 第15条; Nelson Mandela Rules 81."""
    place = on(3, women=True)
    assert found([place]) == {("ROSTER-WOMEN", "block", "a")}
    assert found([place], a_person(marks=frozenset({"woman"}))) == set()


@pytest.mark.parametrize(
    "post", ["admission", "interrogation", "case_officer", "duty_leader", "leader"]
)
@pytest.mark.parametrize("kind", ["auxiliary", "other", "clinician"])
def test_roster_police_posts_are_barred_to_auxiliaries_and_others(post: str, kind: str) -> None:
    """A proposal, after 国办发〔2016〕15号."""
    held = on(3, post=Post(post))
    who = a_person(kind=StaffKind(kind), posts=(Post(post),))
    assert found([held], who) == {("ROSTER-POLICE", "block", "a")}
    assert found([held], a_person(posts=(Post(post),))) == set()


def test_roster_aux_alone_auxiliaries_work_under_the_lead_of_officers() -> None:
    """A proposal, after 国办发〔2016〕15号."""
    auxiliary, officer = a_person(kind=StaffKind.AUXILIARY), a_person("b")
    assert found([on(3)], auxiliary, officer) == {("ROSTER-AUX-ALONE", "block", "a")}
    assert found([on(3), on(3, staff="b")], auxiliary, officer) == set()
    assert found([on(3), on(3, NIGHT, staff="b")], auxiliary, officer) != set()


@pytest.mark.parametrize(
    ("second", "broken"),
    [
        (on(3, NIGHT), True),  # at once after the day
        (on(4, DAY), False),  # twelve hours later
        (on(2, NIGHT), True),  # the night that ends when the day begins
        (on(2, DAY), False),
    ],
)
def test_roster_rest_eleven_hours_lie_between_two_shifts(second: Line, broken: bool) -> None:
    assert bool(found([on(3), second])) is broken
    if broken:
        assert {one[:2] for one in found([on(3), second])} == {("ROSTER-REST", "block")}


def test_rest_is_looked_for_across_the_end_of_the_month() -> None:
    before = Line(date(2026, 2, 28), NIGHT, Post.PATROL, "a")
    assert found([before, on(1)]) == {("ROSTER-REST", "block", "a")}


def test_roster_nights_a_fourth_night_in_a_row_is_told() -> None:
    nights = [on(day, NIGHT) for day in (3, 4, 5)]
    assert found(nights) == set()
    assert found([*nights, on(6, NIGHT)]) == {("ROSTER-NIGHTS", "warn", "a")}


def test_roster_hours_more_than_sixty_in_seven_days_are_told() -> None:
    assert found([on(day) for day in (2, 3, 4, 5, 6)]) == set()
    assert found([on(day) for day in (2, 3, 4, 5, 6, 7)]) == {("ROSTER-HOURS", "warn", "a")}
    assert found([on(day) for day in (2, 3, 4, 5, 6, 9)]) == set(), "the week before is over"


def test_roster_two_what_is_known_as_practice_is_told_and_stops_nothing() -> None:
    staffing = Staffing({"a": a_person()})
    broken = plan.check([on(3)], a_frame(), staffing, MONTH, LAST)
    assert [(one.rule, one.effect, one.found) for one in broken] == [("ROSTER-TWO", "warn", 1)]


def test_roster_own_two_a_facility_that_says_so_has_two_or_nobody() -> None:
    frame = a_frame(own=OwnRoster(two=(Post.PATROL,)))
    assert found([on(3)], frame=frame) == {("ROSTER-OWN-TWO", "block", "")}
    assert found([on(3), on(3, staff="b")], a_person(), a_person("b"), frame=frame) == set()


def test_roster_post_nobody_is_planned_for_a_post_that_they_do_not_hold() -> None:
    assert found([on(3, post=Post.MEDICAL)]) == {("ROSTER-POST", "block", "a")}
    assert found([on(3, staff="stranger")]) == {("ROSTER-POST", "block", "stranger")}


def test_roster_away_nobody_is_planned_while_they_are_away() -> None:
    leave = Away("a", date(2026, 3, 3), date(2026, 3, 5))
    assert found([on(5)], away=(leave,)) == {("ROSTER-AWAY", "block", "a")}
    assert found([on(6)], away=(leave,)) == set()


def test_roster_new_whoever_is_in_training_is_told_of_when_alone() -> None:
    new = a_person(marks=frozenset({"new"}))
    assert found([on(3)], new) == {("ROSTER-NEW", "warn", "a")}
    assert found([on(3), on(3, staff="b")], new, a_person("b")) == set()


def test_roster_strength_each_shift_that_is_short_is_told() -> None:
    frame = a_frame({Post.PATROL: 2})
    staffing = Staffing({"a": a_person(), "b": a_person("b")})
    lines = [on(3), on(3, staff="b"), on(3, NIGHT, staff="b")]
    broken = plan.check(lines, frame, staffing, date(2026, 3, 3), date(2026, 3, 3))
    short = [one for one in broken if one.rule == "ROSTER-STRENGTH"]
    assert [(one.turn, one.found, one.allowed) for one in short] == [(NIGHT, 1, 2)]


def test_a_rule_that_is_switched_off_finds_nothing_any_more() -> None:
    """Each of the tests above depends on its rule and on no other."""
    own = rules.shipped()
    off = RosterFile.model_validate(own.model_dump() | {"rules": ()})
    frame = Frame(a_frame().turns, {}, OwnRoster(), off)
    lines = [on(3, women=True), on(3, NIGHT), on(4, post=Post.MEDICAL)]
    assert found(lines, frame=frame) == set()


def test_what_is_known_from_memory_never_blocks() -> None:
    rule = rules.shipped().rule("two").model_dump() | {"effect": "block"}
    with pytest.raises(ValueError, match="never blocks"):
        rules.Rule.model_validate(rule)


# ------------------------------------------------------------------ a facility's own file


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("{rest_hours: 10}", "rest_hours.*11.*24"),
        ("{nights_in_a_row: 4}", "nights_in_a_row.*1.*3"),
        ("{hours_in_seven_days: 61}", "hours_in_seven_days.*40.*60"),
        ("{women: {patrol: 3}}", "patrol"),
        ("{women: {medical: 1}}", "medical"),
    ],
)
def test_a_facility_makes_nothing_looser(said: str, fault: str) -> None:
    with pytest.raises(WrongFile, match=fault):
        read_own(f"strength: {{patrol: 2}}\nroster: {said}")


def test_a_facility_is_stricter_and_its_numbers_hold() -> None:
    own = read_own("strength: {patrol: 2}\nroster: {rest_hours: 24, women: {patrol: 1}}").roster
    assert own is not None
    assert found([on(3), on(4)], frame=a_frame(own=own)) == {("ROSTER-REST", "block", "a")}


def test_one_shift_may_need_another_number() -> None:
    text = (
        "strength: {patrol: 2, reception: 1}\nshifts:\n"
        '  - {name: {zh: 白班, en: Day}, begins: "08:00", ends: "20:00"}\n'
        '  - {name: {zh: 夜班, en: Night}, begins: "20:00", ends: "08:00", strength: {reception: 0}}\n'
    )
    own = read_own(text)
    frame = frame_of(own.shifts, own.strength, own.roster)
    assert frame.needs == {
        (DAY, Post.PATROL): 2,
        (DAY, Post.RECEPTION): 1,
        (NIGHT, Post.PATROL): 2,
    }
    with pytest.raises(WrongFile, match="medical"):
        read_own(text.replace("{reception: 0}", "{medical: 1}"))


# ------------------------------------------------------------------ patterns


@pytest.mark.parametrize("three", [False, True])
@given(start=st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_by_the_patterns_each_shift_has_one_crew_and_no_rule_is_broken(
    three: bool, start: date
) -> None:
    """Four crews in two shifts of twelve hours, or in three of eight."""
    frame = a_frame({Post.PATROL: 1}, three=three)
    people = {str(crew): a_person(str(crew), crew=crew) for crew in (1, 2, 3, 4)}
    last = start + timedelta(days=31)
    staffing = Staffing(people)
    lines = plan.by_pattern(frame, staffing, start, last, works=lambda day: day.weekday() < 5)
    each = Counter((line.day, line.turn) for line in lines)
    assert set(each.values()) == {1}
    assert len(each) == 32 * (3 if three else 2)
    broken = plan.check(lines, frame, staffing, start, last)
    assert {one.rule for one in broken} <= {"ROSTER-TWO"}
    nights = plan.nights_of(lines, frame)
    assert max(nights.values()) - min(nights.values()) <= 2


def test_who_has_no_crew_works_office_hours_and_who_is_away_does_not() -> None:
    staffing = Staffing({"a": a_person()}, [Away("a", date(2026, 3, 3), date(2026, 3, 31))])
    lines = plan.by_pattern(a_frame(), staffing, MONTH, LAST, works=lambda day: day.weekday() < 5)
    assert [(line.day.day, line.turn) for line in lines] == [(2, "office")]


def test_places_in_the_womens_area_go_to_women_and_to_no_more_than_there_are() -> None:
    frame = a_frame({Post.PATROL: 3}, OwnRoster(women={Post.PATROL: 1}))
    woman = frozenset({"woman"})
    people = [a_person("a"), a_person("b", marks=woman), a_person("c", marks=woman)]
    staffing = Staffing({one.ref: one for one in people})
    lines = plan.seated([on(3, staff=one.ref) for one in people], frame, staffing)
    assert [line.staff for line in lines if line.women] == ["b"]
    kept = plan.seated([on(3), on(3, staff="b"), on(3, staff="c", women=True)], frame, staffing)
    assert [line.staff for line in kept if line.women] == ["c"], "who has it keeps it"


# ------------------------------------------------------------------ changes

LINES = st.lists(
    st.builds(
        Line,
        st.dates(date(2026, 3, 1), date(2026, 3, 6)),
        st.sampled_from([DAY, NIGHT]),
        st.just(Post.PATROL),
        st.sampled_from("ab"),
    ),
    max_size=8,
    unique=True,
)


@given(before=LINES, after=LINES)
def test_a_change_is_refused_for_what_it_breaks_and_not_for_what_was_broken(
    before: list[Line], after: list[Line]
) -> None:
    staffing = Staffing({"a": a_person(), "b": a_person("b")})

    def broken(lines: list[Line]) -> list[Breach]:
        return plan.check(lines, a_frame(), staffing, MONTH, LAST)

    new = plan.worse(broken(before), broken(after))
    assert {*new} <= {*broken(after)}
    assert not {*new} & {*broken(before)}
    assert plan.worse(broken(after), broken(after)) == []


@given(before=LINES, after=LINES)
def test_differences_lead_from_one_plan_to_the_other(before: list[Line], after: list[Line]) -> None:
    lines = set(before)
    for one in plan.differences(before, after):
        lines -= set(one.before)
        lines |= set(one.after)
    assert lines == set(after)
