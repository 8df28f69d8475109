"""Two connections at once: prepared twice, signed by two."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from custos.foundation.database import scope
from custos.foundation.errors import Conflict
from custos.foundation.record import services as recording
from custos.foundation.record.models import Entry
from custos.prevention.duty.handover.models import Handover
from custos.prevention.duty.handover.tests.worlds import Changing, at
from custos.prevention.duty.models import Task
from custos.prevention.duty.tests.test_at_once import apart
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def raced(first: Callable[[], object], second: Callable[[], object]) -> tuple[object, object]:
    """Both, the second begun while the first has done all but commit; what each returned or was told."""
    done, go_on = threading.Event(), threading.Event()

    def holds() -> object:
        with at(2), scope.entered(SYSTEM), recording.deed():
            found = first()
            done.set()
            assert go_on.wait(20)
            return found

    def waits() -> object:
        with at(2), scope.entered(SYSTEM):
            try:
                return second()
            except Conflict as refusal:
                return refusal.code

    with ThreadPoolExecutor(2) as leaders:
        one = leaders.submit(apart(holds))
        assert done.wait(20)
        two = leaders.submit(apart(waits))
        with pytest.raises(TimeoutError):
            two.result(0.3)
        go_on.set()
        return one.result(20), two.result(20)


def test_what_two_prepare_at_once_is_one_handover_with_one_task() -> None:
    with scope.entered(SYSTEM):
        world = Changing()
    one, two = raced(world.prepared, world.prepared)
    assert one == two
    with scope.entered(SYSTEM):
        assert Handover.objects.count() == 1
        assert Entry.objects.filter(kind="handover.prepared").count() == 1
        assert Task.objects.filter(rule_id="DUTY-HANDOVER").count() == 1
        positions = [item.position for item in world.items()]
    assert positions == list(range(1, len(positions) + 1))


def test_of_two_leaders_who_hand_over_at_once_one_is_told_of_the_other() -> None:
    with at(1), scope.entered(SYSTEM):
        world = Changing()
        world.prepared()
    _one, two = raced(world.sign, lambda: world.sign(by=world.leader))
    assert two == "handover.already"
    with scope.entered(SYSTEM):
        assert Handover.objects.get().signed_by == world.day.actor.ref
        assert Entry.objects.filter(kind="handover.signed").count() == 1


def test_of_two_leaders_who_take_over_at_once_one_is_told_of_the_other() -> None:
    with at(1), scope.entered(SYSTEM):
        world = Changing()
        world.sign()
        world.read()
        world.read(by=world.leader)
    _one, two = raced(world.take, lambda: world.take(by=world.leader))
    assert two == "handover.already"
    with scope.entered(SYSTEM):
        assert Handover.objects.get().taken_by == world.night.actor.ref
        assert Entry.objects.filter(kind="handover.taken").count() == 1


def test_one_who_hands_over_and_one_who_takes_at_once_are_two_people() -> None:
    """Whoever takes waits for the signature, and then has its items still to read."""
    with at(1), scope.entered(SYSTEM):
        world = Changing()
        world.prepared()
        world.read()
    _one, two = raced(world.sign, world.take)
    assert two == "handover.unread"
    with scope.entered(SYSTEM):
        assert Handover.objects.get().standing == "signed"
