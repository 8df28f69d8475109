"""Each measure over cases typed by hand."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.parties import Audience, Post
from custos.prevention.duty.assessment import queries
from custos.prevention.duty.assessment.plan import By, Figure, MeasureId
from custos.prevention.duty.assessment.tests.worlds import AFTER, MARCH, Assessed, at
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Any:
    with clock.set_to(AFTER), scope.entered(SYSTEM):
        yield Assessed()


def figure(
    world: Assessed, measure: MeasureId, by: By = "facility", key: str | None = None
) -> Figure | None:
    found = world.month()
    return found.row(by, str(world.facility.pk) if key is None else key).figures.get(measure)


def test_who_accepts_in_time_is_counted_and_how_long_the_middle_one_took(world: Assessed) -> None:
    for minutes in (1, 4, 10):
        world.task(by=world.one, accepted=minutes, answered=20)
    found = figure(world, "first_action")
    assert found == Figure(3, 3, median=240)
    assert figure(world, "first_action", "officer", world.one.actor.ref) == found
    assert figure(world, "first_action", "kind", "officer") == found
    assert figure(world, "first_action", "shift", "08:00") == found


def test_what_was_caught_by_a_leader_counts_for_the_post_that_let_it_lie(world: Assessed) -> None:
    world.stood(world.one)
    world.task(by=world.duty_leader, accepted=25, answered=30, step=1)
    assert figure(world, "first_action", "post", "patrol") == Figure(1, 0, median=1500)
    assert figure(world, "first_action", "officer", world.one.actor.ref) == Figure(
        1, 0, median=1500
    )
    assert figure(world, "first_action", "officer", world.duty_leader.actor.ref) is None
    assert figure(world, "taken_over", "officer", world.duty_leader.actor.ref) == Figure(1, 1)
    assert figure(world, "taken_over", "post", "duty_leader") == Figure(1, 1)


def test_a_short_posts_misses_are_shown_as_such_and_laid_on_nobody(world: Assessed) -> None:
    world.stood(world.one)
    world.was_short()
    world.task(by=world.duty_leader, accepted=25, answered=30, step=1)
    assert figure(world, "first_action", "post", "patrol") == Figure(1, 0, 1500, short=1)
    assert figure(world, "first_action", "officer", world.one.actor.ref) is None
    nobody = world.month().row("officer", "")
    assert nobody.figures["first_action"].short == 1


def test_a_post_that_several_held_or_nobody_answers_as_a_post(world: Assessed) -> None:
    world.task()
    world.stood(world.one)
    world.stood(world.two)
    world.task(opened=30)
    found = figure(world, "first_action", "post", "patrol")
    assert found == Figure(2, 0, several=2)
    assert found is not None
    assert found.laid == 0


def test_nobody_answers_for_a_post_that_nobody_had_signed_on_to(world: Assessed) -> None:
    world.task()
    assert figure(world, "first_action") == Figure(1, 0, nobody=1)


def test_who_came_on_while_a_task_was_running_out_does_not_answer_for_it(world: Assessed) -> None:
    world.stood(world.one, since=9)
    world.task()
    assert figure(world, "first_action", "officer", "") == Figure(1, 0, several=1)


def test_what_still_runs_is_not_counted_and_what_was_withdrawn_in_time_is_kept(
    world: Assessed,
) -> None:
    world.task()
    world.task(by=world.one, accepted=5)
    world.task(by=world.one, withdrawn=6)
    seen = at(8)
    found = world.month(seen).whole.figures
    assert found["first_action"] == Figure(2, 2, median=300)
    assert "closing" not in found


def test_a_result_is_in_time_by_its_own_promise_and_stays_with_who_accepted_it(
    world: Assessed,
) -> None:
    world.task(by=world.one, accepted=5, answered=35)
    world.task(by=world.one, accepted=5, answered=36)
    world.task(by=world.one, accepted=5)
    world.task(by=world.one, accepted=5, withdrawn=7)
    found = figure(world, "closing", "officer", world.one.actor.ref)
    assert found == Figure(3, 1, median=1800)
    world.was_short()
    short = figure(world, "closing")
    assert short == Figure(3, 1, median=1800, short=2)
    assert figure(world, "closing", "officer", world.one.actor.ref) == Figure(1, 1, median=1800)


def test_a_result_that_was_asked_for_again_is_counted_as_returned(world: Assessed) -> None:
    first = world.task(by=world.one, accepted=5, answered=9)
    world.task(by=world.one, accepted=5, answered=9)
    world.task(opened=60, by=world.two, accepted=65, answered=70, again=first)
    assert figure(world, "answers", "officer", world.one.actor.ref) == Figure(2, 1)
    assert figure(world, "answers", "officer", world.two.actor.ref) == Figure(1, 1)


def test_rounds_in_time_stand_beside_those_missed_and_a_late_look_is_no_case(
    world: Assessed,
) -> None:
    world.stood(world.one)
    world.looked(world.one, 0)
    world.missed(30)
    world.looked(world.two, 45, late=15)
    assert figure(world, "rounds") == Figure(2, 1)
    assert figure(world, "rounds", "officer", world.one.actor.ref) == Figure(2, 1)
    assert figure(world, "rounds", "officer", world.two.actor.ref) is None


def test_a_round_made_in_time_and_sent_later_is_not_missed(world: Assessed) -> None:
    world.looked(world.one, 0)
    world.looked(world.one, 28, sent=50)
    world.missed(30)
    assert figure(world, "rounds") == Figure(2, 2)


def test_what_was_reported_stands_beside_and_what_is_sealed_is_in_no_figure(
    world: Assessed,
) -> None:
    world.reported(world.officer)
    sealed = world.task(audience=Audience.SEALED_COMPLAINT)
    world.reported(world.officer, entry=sealed.source_entry_id)
    found = world.month().row("officer", world.officer.actor.ref)
    assert dict(found.figures) == {"reported": Figure(1, 1)}
    assert "first_action" not in world.month().whole.figures


def test_a_month_has_its_own_tasks_by_local_time_and_that_before_beside_it(world: Assessed) -> None:
    world.task(opened=-(2 * 24 * 60 + 10 * 60) - 1, by=world.one, accepted=-3000)
    world.task(opened=-(2 * 24 * 60 + 10 * 60), by=world.one, accepted=-3479)
    whole = world.month().whole
    assert whole.figures["first_action"].cases == 1
    assert whole.before["first_action"].cases == 1


def test_a_nights_case_falls_into_the_night_shift_whatever_the_day(world: Assessed) -> None:
    world.task(opened=12 * 60, by=world.one, accepted=12 * 60 + 5)
    assert figure(world, "first_action", "shift", "20:00") == Figure(1, 1, median=300)


def test_the_cases_behind_a_figure_begin_with_those_that_were_not_kept(world: Assessed) -> None:
    late = world.task(by=world.duty_leader, accepted=25, answered=30, step=1)
    world.task(by=world.one, accepted=2, answered=9)
    world.task(by=world.doctor, accepted=2, handler=Post.MEDICAL)

    def behind(by: By, key: str) -> queries.Behind:
        return queries.behind(
            world.facility, MARCH, "first_action", by, key, reader=world.leader.actor, at=AFTER
        )

    found = behind("facility", str(world.facility.pk))
    assert (found.count, found.cases[0].task.id) == (3, late.pk)  # type: ignore[union-attr]
    assert [case.kept for case in found.cases] == [False, True, True]
    assert behind("post", "medical").count == 1
    assert behind("kind", "clinician").count == 1
    assert behind("officer", world.one.actor.ref).count == 1
    assert behind("officer", "").count == 1


def test_a_month_asks_as_many_queries_however_much_is_in_it(world: Assessed) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            world.month()
        return len(caught)

    assert asked() <= 16
    for minutes in range(20):
        world.task(opened=minutes, by=world.one if minutes % 2 else world.two, accepted=minutes + 1)
        world.looked(world.one, minutes)
        world.reported(world.two, minutes)
    assert asked() <= 16


def test_facilities_stand_side_by_side_by_their_number(world: Assessed) -> None:
    other = Assessed()
    world.task(by=world.one, accepted=5)
    other.task()
    above = world.facility.parent
    assert above is not None
    page = queries.side_by_side(above, MARCH, AFTER)
    assert [one.facility.pk for one in page] == [world.facility.pk, other.facility.pk]
    assert [one.figures["first_action"].kept for one in page] == [1, 0]
    with CaptureQueriesContext(connection) as caught:
        queries.side_by_side(above, MARCH, AFTER)
    assert len(caught) <= 14


def test_a_month_begins_and_ends_where_the_facilities_are() -> None:
    assert MARCH.begins.isoformat() == "2026-03-01T00:00:00+08:00"
    assert MARCH.ends - MARCH.begins == timedelta(days=31)
