"""Proposals: no rule is bent, little is changed, and what can't be filled is told with the reason."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.roster import plan, proposing
from custos.prevention.duty.roster.plan import Away, Line, Person, Staffing
from custos.prevention.duty.roster.rules import Frame, OwnRoster, frame_of
from custos.prevention.duty.roster.tests.test_plan import THREE, a_frame, a_person
from custos.prevention.duty.shifts.plan import shipped

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 11)
DAY, NIGHT = "08:00", "20:00"
_WORK = 0.5
WOMAN = frozenset({"woman"})


def by_pattern(frame: Frame, staffing: Staffing) -> list[Line]:
    return plan.by_pattern(frame, staffing, FIRST, LAST, works=lambda day: day.weekday() < 5)


def a_crew_of(count: int) -> dict[str, Person]:
    """People on patrol in four crews; the first of each is a woman officer."""
    found = {}
    for at in range(count):
        ref = f"p{at:02}"
        found[ref] = a_person(ref, crew=at % 4 + 1, marks=WOMAN if at < 4 else frozenset())
    return found


AWAY = st.lists(
    st.builds(
        lambda at, begins, days: Away(
            f"p{at:02}", FIRST + timedelta(begins), FIRST + timedelta(begins + days)
        ),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    away=AWAY,
    kinds=st.lists(st.sampled_from(list(StaffKind)), min_size=10, max_size=10),
    needed=st.integers(0, 4),
    women=st.integers(0, 2),
    three=st.booleans(),
    two=st.booleans(),
)
def test_a_proposal_never_breaks_a_hard_rule(
    away: list[Away], kinds: list[StaffKind], needed: int, women: int, three: bool, two: bool
) -> None:
    """Whoever is away, whatever they are by law, however many are needed."""
    people = {
        ref: Person(
            ref,
            ref,
            kind,
            (Post.PATROL, Post.DUTY_LEADER) if ref > "p07" else (Post.PATROL,),
            one.crew,
            one.marks,
        )
        for (ref, one), kind in zip(a_crew_of(10).items(), kinds, strict=True)
    }
    staffing = Staffing(people, away)
    own = OwnRoster(women={Post.PATROL: min(women, needed)}, two=(Post.PATROL,) if two else ())
    strength = {Post.PATROL: needed, Post.DUTY_LEADER: 1}
    frame = frame_of(THREE if three else shipped().shifts, strength, own)
    stands = by_pattern(frame, staffing)
    found = proposing.propose(frame, staffing, FIRST, LAST, stands=stands, work=_WORK)
    broken = plan.check(found.lines, frame, staffing, FIRST, LAST)
    assert [one for one in broken if one.blocks] == []
    assert {one.rule for one in broken} <= {"ROSTER-STRENGTH", "ROSTER-TWO"}
    if found.proven:
        short = {(one.day, one.turn, one.post) for one in broken if one.rule == "ROSTER-STRENGTH"}
        assert short == {(gap.day, gap.turn, gap.post) for gap in found.gaps}


def test_what_keeps_the_rules_is_proposed_as_it_stands() -> None:
    frame = a_frame({Post.PATROL: 2}, OwnRoster(women={Post.PATROL: 1}, two=(Post.PATROL,)))
    staffing = Staffing(a_crew_of(12))
    stands = by_pattern(frame, staffing)
    found = proposing.propose(frame, staffing, FIRST, LAST, stands=stands)
    assert found.lines == stands
    assert found.gaps == []
    assert found.proven


def test_somebody_who_falls_ill_is_replaced_and_hardly_anybody_else_is_touched() -> None:
    frame = a_frame({Post.PATROL: 3})
    ill = Away("p05", FIRST, LAST)
    people = a_crew_of(13)
    stands = by_pattern(frame, Staffing(people))
    staffing = Staffing(people, [ill])
    found = proposing.propose(frame, staffing, FIRST, LAST, stands=stands)
    assert found.gaps == []
    gone = [line for line in stands if line.staff == "p05"]
    others = [one for one in plan.differences(stands, found.lines) if one.staff != "p05"]
    assert len(others) <= 2 * len(gone)


def test_what_cannot_be_filled_is_told_with_the_reason() -> None:
    frame = a_frame({Post.PATROL: 1, Post.MEDICAL: 1})
    people = {"a": a_person("a", crew=1), "b": a_person("b", crew=2)}
    staffing = Staffing(people, [Away("b", FIRST, LAST)])
    found = proposing.propose(frame, staffing, FIRST, FIRST, stands=[])
    gaps = {(gap.post, gap.turn): gap for gap in found.gaps}
    assert gaps["medical", DAY].holders == 0
    (patrol,) = [gap for gap in found.gaps if gap.post == "patrol"]
    assert (patrol.holders, patrol.away, patrol.working, patrol.missing) == (2, 1, 1, 1)


def test_a_place_for_a_woman_is_not_filled_by_anybody_else() -> None:
    frame = a_frame({Post.PATROL: 1}, OwnRoster(women={Post.PATROL: 1}))
    staffing = Staffing({"a": a_person("a", crew=1), "b": a_person("b", crew=2)})
    found = proposing.propose(frame, staffing, FIRST, FIRST, stands=[])
    assert not any(line.women for line in found.lines)
    assert {(gap.women, gap.holders) for gap in found.gaps if gap.women} == {(True, 0)}


def test_days_that_are_over_are_left_as_they_were() -> None:
    frame = a_frame({Post.PATROL: 1})
    people = a_crew_of(8)
    today = FIRST + timedelta(days=4)
    stands = by_pattern(frame, Staffing(people))
    staffing = Staffing(people, [Away("p00", FIRST, LAST)])
    found = proposing.propose(frame, staffing, FIRST, LAST, stands=stands, from_day=today)
    old = [line for line in stands if line.day < today]
    assert [line for line in found.lines if line.day < today] == old
    assert not any(line.staff == "p00" for line in found.lines if line.day >= today)


def test_the_same_facts_give_the_same_proposal() -> None:
    frame = a_frame({Post.PATROL: 3})
    staffing = Staffing(a_crew_of(11), [Away("p03", FIRST, LAST)])
    stands = by_pattern(frame, staffing)
    one, two = (
        proposing.propose(frame, staffing, FIRST, LAST, stands=stands, work=_WORK) for _ in range(2)
    )
    assert one == two
