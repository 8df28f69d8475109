"""Signing on and off, the shift of an instant, and posts below their strength."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty import services as duty
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan, queries, services
from custos.prevention.duty.shifts.models import SignOn
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        world = World()
        information.adopt(
            "strength: {patrol: 2, medical: 1}",
            facility=world.facility.pk,
            valid_from=clock.today(),
            reason="The roster of the shifts.",
            by=world.on(Post.LEADER).actor,
        )
        yield world


@pytest.mark.parametrize(
    ("hour", "name", "begins", "ends"),
    [
        (8, "Day shift", "03-03 08:00", "03-03 20:00"),
        (19, "Day shift", "03-03 08:00", "03-03 20:00"),
        (20, "Night shift", "03-03 20:00", "03-04 08:00"),
        (7, "Night shift", "03-02 20:00", "03-03 08:00"),
    ],
)
def test_a_moment_falls_into_one_shift_also_in_the_night(
    hour: int, name: str, begins: str, ends: str
) -> None:
    moment = datetime(2026, 3, 3, hour, tzinfo=clock.LOCAL).astimezone(UTC)
    found = plan.shift_at(plan.shipped().shifts, moment)
    assert found.shift.name.en == name
    assert (found.begins.strftime("%m-%d %H:%M"), found.ends.strftime("%m-%d %H:%M")) == (
        begins,
        ends,
    )


def test_signing_on_twice_is_one_duty_and_signing_off_ends_it(world: World) -> None:
    patrol = world.on(Post.PATROL)
    first = services.sign_on(world.facility.pk, by=patrol.actor)
    assert services.sign_on(world.facility.pk, by=patrol.actor).pk == first.pk
    assert [one.staff_ref for one in queries.on_post(world.facility.pk)] == [patrol.actor.ref]
    services.sign_off(world.facility.pk, by=patrol.actor)
    assert queries.on_post(world.facility.pk) == []
    with pytest.raises(Conflict, match=r"shift\.not_on"):
        services.sign_off(world.facility.pk, by=patrol.actor)
    kinds = Entry.objects.filter(kind__startswith="duty.signed").values_list("kind", flat=True)
    assert sorted(kinds) == ["duty.signed_off", "duty.signed_on"]


def test_who_forgot_to_sign_off_holds_no_post_in_the_next_shift(world: World) -> None:
    doctor = world.on(Post.MEDICAL)
    services.sign_on(world.facility.pk, by=doctor.actor)
    with clock.set_to(datetime(2026, 3, 3, 20, 59, tzinfo=clock.LOCAL)):
        assert len(queries.on_post(world.facility.pk)) == 1, "an hour for handing over"
    late = datetime(2026, 3, 3, 21, 1, tzinfo=clock.LOCAL)
    with clock.set_to(late):
        assert queries.on_post(world.facility.pk) == []
        services.sweep()
        row = SignOn.objects.get()
        assert row.until == datetime(2026, 3, 3, 21, tzinfo=clock.LOCAL)
        services.sign_on(world.facility.pk, by=doctor.actor)
        assert len(queries.on_post(world.facility.pk)) == 1


def test_who_comes_early_signs_on_to_the_shift_that_begins(world: World) -> None:
    doctor = world.on(Post.MEDICAL)
    with clock.set_to(datetime(2026, 3, 3, 19, 30, tzinfo=clock.LOCAL)):
        row = services.sign_on(world.facility.pk, by=doctor.actor)
    assert row.ends_at == datetime(2026, 3, 4, 9, tzinfo=clock.LOCAL)


def test_a_post_below_its_strength_is_told_once_and_in_each_shift_and_is_the_leaders_task(
    world: World,
) -> None:
    services.sign_on(world.facility.pk, by=world.on(Post.PATROL).actor)
    services.sign_on(world.facility.pk, by=world.on(Post.MEDICAL).actor)
    assert services.sweep() == 1
    assert services.sweep() == 0
    task = Task.objects.get(rule_id="DUTY-POST-SHORT")
    assert (task.post, task.severity, task.source_kind) == ("leader", 2, "duty.post_short")
    with clock.set_to(TUESDAY_AT_TEN + timedelta(days=1)):
        assert services.sweep() == 2, "a new shift, and now the doctor is missing too"


def test_after_a_change_of_shifts_there_are_minutes_of_grace(world: World) -> None:
    with clock.set_to(datetime(2026, 3, 3, 20, 14, tzinfo=clock.LOCAL)):
        assert services.sweep() == 0
    with clock.set_to(datetime(2026, 3, 3, 20, 15, tzinfo=clock.LOCAL)):
        assert services.sweep() == 2


def test_a_full_post_is_told_of_when_somebody_leaves_it_in_the_shift(world: World) -> None:
    doctor, patrols = world.on(Post.MEDICAL), [world.on(Post.PATROL) for _ in range(2)]
    for one in (doctor, *patrols):
        services.sign_on(world.facility.pk, by=one.actor)
    assert services.sweep() == 0
    services.sign_off(world.facility.pk, by=doctor.actor)
    assert services.sweep() == 1


def test_a_post_that_is_short_again_in_the_same_shift_is_told_again(world: World) -> None:
    doctor, patrols = world.on(Post.MEDICAL), [world.on(Post.PATROL) for _ in range(2)]
    for one in patrols:
        services.sign_on(world.facility.pk, by=one.actor)
    assert services.sweep() == 1
    first = Task.objects.get(rule_id="DUTY-POST-SHORT")
    leader = world.on(Post.LEADER)
    duty.accept(first.pk, by=leader.actor)
    duty.answer(first.pk, "The doctor is on the way.", by=leader.actor)
    with clock.set_to(TUESDAY_AT_TEN + timedelta(hours=1)):
        services.sign_on(world.facility.pk, by=doctor.actor)
        assert services.sweep() == 0
    with clock.set_to(TUESDAY_AT_TEN + timedelta(hours=2)):
        services.sign_off(world.facility.pk, by=doctor.actor)
        assert services.sweep() == 1
        assert services.sweep() == 0
    assert Task.objects.filter(rule_id="DUTY-POST-SHORT", state="open").count() == 1


def test_a_short_post_that_falls_further_is_told_again_each_time(world: World) -> None:
    services.sign_on(world.facility.pk, by=world.on(Post.MEDICAL).actor)
    patrol = world.on(Post.PATROL)
    services.sign_on(world.facility.pk, by=patrol.actor)
    assert services.sweep() == 1, "one of two"
    services.sign_off(world.facility.pk, by=patrol.actor)
    assert services.sweep() == 1, "none of two"
    assert services.sweep() == 0
    services.sign_on(world.facility.pk, by=patrol.actor)
    assert services.sweep() == 0, "one of two again is better, and was told"
    services.sign_off(world.facility.pk, by=patrol.actor)
    assert services.sweep() == 1, "and worse once more"
    shorts = Entry.objects.filter(kind="duty.post_short").order_by("seq")
    said = [line.payload for line in record.lines_of([row.pk for row in shorts]).values()]
    assert sorted(one.on_duty for one in said) == [0, 0, 1]


def test_a_facility_that_said_nothing_of_strength_is_never_short() -> None:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        World()
        assert services.sweep() == 0
