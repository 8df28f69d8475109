"""Two connections at once: two leaders publish, and one swap is decided twice."""

import pytest

from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.prevention.duty.handover.tests.test_at_once import raced
from custos.prevention.duty.handover.tests.worlds import at
from custos.prevention.duty.roster import services, swaps
from custos.prevention.duty.roster.models import RosterPlan, RosterSwap, Standing
from custos.prevention.duty.roster.services import Wanted, shown_as
from custos.prevention.duty.roster.tests.worlds import DAY, Planning
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def a_world() -> Planning:
    with at(0), scope.entered(SYSTEM):
        return Planning()


def test_of_two_leaders_who_publish_at_once_the_second_is_told_of_the_first() -> None:
    world = a_world()
    with at(1), scope.entered(SYSTEM):
        world.begin()
        seen = world.draft().revision
    _one, two = raced(
        lambda: world.publish(seen=seen),
        lambda: world.publish(by=world.other_leader, seen=seen),
    )
    assert two == "roster.already"
    with scope.entered(SYSTEM):
        assert RosterPlan.objects.get().published_by == world.leader.actor.ref
        assert Entry.objects.filter(kind="roster.published").count() == 1


def test_a_change_of_the_draft_that_meets_its_publication_is_not_lost_in_silence() -> None:
    world = a_world()
    with at(1), scope.entered(SYSTEM):
        world.begin()
        seen = world.draft().revision
        one = world.crew(1)[1]
        mine = world.lines(one, Standing.DRAFT)[0]

    def changes() -> object:
        return services.set_day(
            world.facility.pk,
            world.month,
            one.actor.ref,
            mine.day,
            Wanted(),
            seen=shown_as([mine]),
            by=world.other_leader.actor,
        )

    _one, two = raced(changes, lambda: world.publish(seen=seen))
    assert two == "roster.moved_on"


def test_two_who_begin_a_month_at_once_make_one_plan() -> None:
    world = a_world()
    _one, two = raced(world.begin, world.begin)
    assert two == "roster.begun"
    with scope.entered(SYSTEM):
        assert RosterPlan.objects.count() == 1


def test_a_swap_that_one_takes_back_is_not_approved_by_another() -> None:
    world = a_world()
    with at(1), scope.entered(SYSTEM):
        world.published()
        a, b = world.crew(1)[1], world.crew(2)[1]
        gives = next(line for line in world.lines(a) if line.turn == DAY)
        swap = swaps.ask(
            world.facility.pk,
            day=gives.day,
            turn=gives.turn,
            other=b.actor.ref,
            reason="家中有事",
            by=a.actor,
        )
        swaps.agree(swap.pk, by=b.actor)
    _one, two = raced(
        lambda: swaps.withdraw(swap.pk, by=a.actor),
        lambda: swaps.decide(swap.pk, approve=True, by=world.leader.actor),
    )
    assert two == "swap.over"
    with scope.entered(SYSTEM):
        assert gives in world.lines(a)
        assert RosterSwap.objects.get().state == "withdrawn"
