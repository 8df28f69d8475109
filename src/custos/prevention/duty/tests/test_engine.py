"""The duty engine: deadlines, ladder, and which state may follow which.

Expected times are typed from the information table of the duty loop: severity 1 means 0 minutes to
alert and 5 minutes to accept, then the duty leader, and after 15 minutes the facility's leader.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.record.parties import Post
from custos.prevention.duty import catalogue, engine
from custos.prevention.duty.engine import Cause, Facts, State

OPENED = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
TODAY = date(2026, 11, 24)
BUTTON = next(rule for rule in catalogue.rules() if rule.id == "DUTY-EMERGENCY-BUTTON")


def after(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def facts(state: State = State.OPEN, *, step: int = 0, due: float, since: float = 0) -> Facts:
    return Facts(state, step, OPENED, after(since), after(due))


def test_duty_emergency_button_asks_patrol_at_once_to_accept_within_five_minutes() -> None:
    plan = engine.plan_for(catalogue.rules(), "alarm.emergency_button", TODAY, opened_at=OPENED)
    assert plan is not None
    assert plan.post is Post.PATROL
    assert plan.due_at == after(5)
    assert plan.rule.severity == 1
    assert plan.reasons[0].rule == "DUTY-EMERGENCY-BUTTON"
    assert plan.reasons[0].confidence == "P"


def test_duty_reaction_failed_is_for_the_leader() -> None:
    plan = engine.plan_for(catalogue.rules(), "record.reaction_failed", TODAY, opened_at=OPENED)
    assert plan is not None
    assert plan.post is Post.LEADER


def test_without_a_rule_in_force_nothing_is_opened() -> None:
    off = tuple(
        rule.model_copy(update={"valid_to": date(2026, 11, 23)}) for rule in catalogue.rules()
    )
    assert engine.plan_for(off, "alarm.emergency_button", TODAY, opened_at=OPENED) is None
    assert engine.plan_for((), "alarm.emergency_button", TODAY, opened_at=OPENED) is None
    assert engine.plan_for(catalogue.rules(), "talk.held", TODAY, opened_at=OPENED) is None


@pytest.mark.parametrize(
    ("left", "accept", "posts_above", "answer"),
    [
        # 84 minutes: taken on within half of it, and nobody asked with less than a quarter left.
        (timedelta(minutes=84), 42, [42, 63], timedelta(minutes=63)),
        (timedelta(hours=6), 180, [180, 270], timedelta(hours=4, minutes=30)),
        (timedelta(hours=20), 240, [240, 720], timedelta(hours=15)),
        (timedelta(days=7), 240, [240, 720], timedelta(hours=24)),
        (timedelta(0), 240, [240, 720], timedelta(hours=24)),
        (-timedelta(days=1), 240, [240, 720], timedelta(hours=24)),
    ],
)
def test_what_comes_too_late_from_an_instant_on_is_asked_in_time_for_it(
    left: timedelta, accept: int, posts_above: list[int], answer: timedelta
) -> None:
    before = OPENED + left
    plan = engine.plan_for(catalogue.rules(), "limit.near", TODAY, opened_at=OPENED, before=before)
    assert plan is not None
    assert plan.due_at == OPENED + timedelta(minutes=accept)
    waits = [rung.after.length / timedelta(minutes=1) for rung in plan.rule.ladder]
    assert waits == [0, *posts_above]
    assert engine.answer_due(plan.rule, OPENED) == OPENED + answer
    assert engine.Rule.model_validate(plan.rule.model_dump(mode="json")) == plan.rule


def test_what_is_accepted_late_is_asked_for_before_it_is_too_late() -> None:
    before = OPENED + timedelta(hours=29)
    plan = engine.plan_for(catalogue.rules(), "limit.near", TODAY, opened_at=OPENED, before=before)
    assert plan is not None
    # Ten hours on 19 are left, three quarters of which are 14 and a quarter.
    accepted = OPENED + timedelta(hours=10)
    assert engine.answer_due(plan.rule, accepted) == accepted + timedelta(hours=14, minutes=15)
    assert engine.answer_due(plan.rule, before) == before + timedelta(hours=24)


@given(
    back=st.timedeltas(timedelta(0), timedelta(days=2)),
    step=st.integers(0, len(BUTTON.ladder) - 1),
    state=st.sampled_from([State.OPEN, State.ACCEPTED]),
    held=st.sets(st.sampled_from(list(Post))),
)
def test_a_clock_that_is_put_back_gives_no_deadline_before_the_opening(
    back: timedelta, step: int, state: State, held: set[Post]
) -> None:
    """The table of tasks refuses such a one, and with it the whole sweep."""
    now = OPENED - back
    stands = Facts(state, step, OPENED, OPENED, now)
    there = {post: frozenset({"someone"}) for post in held}
    for climb in (
        engine.climb(BUTTON, stands, now, there),
        engine.pass_over(BUTTON, stands, now, there),
    ):
        assert climb is None or climb.due_at >= OPENED
    assert engine.accept_due(BUTTON, OPENED, step, now) >= OPENED


@pytest.mark.parametrize(
    ("minutes", "step", "post", "due"),
    [
        (5, 1, Post.DUTY_LEADER, 15),
        (9, 1, Post.DUTY_LEADER, 15),
        (15, 2, Post.LEADER, 30),
        (47, 2, Post.LEADER, 62),
    ],
)
def test_what_nobody_accepts_climbs_the_ladder(
    minutes: int, step: int, post: Post, due: int
) -> None:
    climb = engine.climb(BUTTON, facts(due=5), after(minutes))
    assert climb is not None
    assert (climb.step, climb.post, climb.due_at) == (step, post, after(due))
    assert climb.cause is Cause.NOT_ACCEPTED
    assert climb.waited == timedelta(minutes=minutes)


def test_the_last_rung_is_asked_again_every_quarter_of_an_hour() -> None:
    climb = engine.climb(BUTTON, facts(step=2, due=30), after(30))
    assert climb is not None
    assert (climb.step, climb.due_at) == (2, after(45))


def test_what_is_accepted_and_not_answered_in_half_an_hour_goes_to_the_duty_leader() -> None:
    assert engine.answer_due(BUTTON, after(2)) == after(32)
    climb = engine.climb(BUTTON, facts(State.ACCEPTED, due=32, since=2), after(32))
    assert climb is not None
    assert (climb.post, climb.cause) == (Post.DUTY_LEADER, Cause.NOT_ANSWERED)
    assert climb.due_at == after(47)
    assert climb.waited == timedelta(minutes=30)


def test_nothing_climbs_before_its_time_or_when_it_is_over() -> None:
    assert engine.climb(BUTTON, facts(due=5), after(4.99)) is None
    for state in (State.ANSWERED, State.WITHDRAWN):
        assert engine.climb(BUTTON, facts(state, due=5), after(500)) is None


def test_a_post_that_was_asked_stays_asked() -> None:
    assert engine.asked_posts(BUTTON, 0) == (Post.PATROL,)
    assert engine.asked_posts(BUTTON, 2) == (Post.PATROL, Post.DUTY_LEADER, Post.LEADER)


@pytest.mark.parametrize(
    ("state", "following", "allowed"),
    [
        ("open", "accepted", True),
        ("open", "withdrawn", True),
        ("open", "answered", False),
        ("accepted", "answered", True),
        ("accepted", "withdrawn", True),
        ("accepted", "open", True),
        ("answered", "withdrawn", False),
        ("answered", "accepted", False),
        ("withdrawn", "open", False),
        ("withdrawn", "accepted", False),
    ],
)
def test_which_state_may_follow_which(state: str, following: str, allowed: bool) -> None:
    assert engine.may_become(State(state), State(following)) is allowed


@given(waits=st.lists(st.integers(0, 600), min_size=1, max_size=12), accepted=st.integers(0, 3))
def test_the_ladder_is_only_climbed_and_every_step_sets_a_later_deadline(
    waits: list[int], accepted: int
) -> None:
    now, due, step = OPENED, after(5), 0
    for number, minutes in enumerate(waits):
        now += timedelta(minutes=minutes)
        state = State.ACCEPTED if number >= accepted else State.OPEN
        climb = engine.climb(BUTTON, Facts(state, step, OPENED, OPENED, due), now)
        if climb is None:
            assert now < due
            continue
        assert climb.step >= step
        assert climb.due_at > now
        step, due = climb.step, climb.due_at


def _with(tmp_path: Path, old: str, new: str) -> Path:
    text = catalogue.FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "catalogue.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("handler: patrol", "handler: leader", "begins with the handler"),
        (
            "{post: leader, after: {minutes: 15}}",
            "{post: leader, after: {minutes: 4}}",
            "no rung comes before",
        ),
        ("accept_within: {minutes: 5}", "accept_within: {minutes: 6}", "second rung"),
        ("answer_within: {minutes: 30}", "answer_within: {minutes: 0}", "more than 0"),
        ("severity: 1", "severity: 5", "severity"),
        ("post: duty_leader", "post: sheriff", "post"),
        ("confidence: P\n", "confidence: P\n  effort: 3\n", "effort"),
        ("DUTY-REACTION-FAILED", "DUTY-EMERGENCY-BUTTON", "stand twice"),
    ],
)
def test_a_catalogue_that_makes_no_sense_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        catalogue.load(_with(tmp_path, old, new))
