"""Two connections at once: who is first, and what the other is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict
from custos.foundation.record import queries as record
from custos.foundation.record import services as recording
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.models import Device
from custos.prevention.devices.tests.worlds import SYSTEM, a_button, a_cell, a_press, somebody
from custos.prevention.duty import services
from custos.prevention.duty.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def button() -> Device:
    with scope.entered(SYSTEM):
        return a_button(a_cell())


@pytest.fixture
def task(button: Device) -> Task:
    intake.take([a_press(button)])
    with scope.entered(SYSTEM):
        return Task.objects.get(cell_id=button.cell_id)


def apart(work: Callable[[], object]) -> Callable[[], object]:
    """`work` on a connection of its own, which is given back."""

    def run() -> object:
        try:
            return work()
        finally:
            connection.close()

    return run


def accepting(task: Task) -> str:
    with scope.entered(SYSTEM):
        try:
            services.accept(task.pk, by=somebody(Post.PATROL))
        except Conflict as refusal:
            return refusal.code
    return "accepted"


def test_of_two_who_accept_at_once_one_is_told_that_the_other_was_first(task: Task) -> None:
    locked, go_on = threading.Event(), threading.Event()

    def first() -> str:
        with scope.entered(SYSTEM), recording.deed():
            services.accept(task.pk, by=somebody(Post.PATROL))
            locked.set()
            assert go_on.wait(10)
        return "accepted"

    with ThreadPoolExecutor(2) as officers:
        one = officers.submit(apart(first))
        assert locked.wait(10)
        two = officers.submit(apart(lambda: accepting(task)))
        # The second waits at the row for as long as the first has not committed.
        with pytest.raises(TimeoutError):
            two.result(0.3)
        go_on.set()
        assert (one.result(10), two.result(10)) == ("accepted", "task.already_accepted")
    with scope.entered(SYSTEM):
        kinds = [line.kind for line in record.following(task.source_entry_id)]
        assert kinds == ["task.opened", "task.accepted"]


def test_many_who_accept_at_once_give_one_acceptance(task: Task) -> None:
    with ThreadPoolExecutor(6) as officers:
        told = [officers.submit(apart(lambda: accepting(task))) for _ in range(6)]
        said = sorted(str(one.result(20)) for one in told)
    assert said == ["accepted", *["task.already_accepted"] * 5]


def test_the_sweep_leaves_alone_what_an_officer_is_just_accepting(task: Task) -> None:
    locked, go_on = threading.Event(), threading.Event()

    def accept_slowly() -> None:
        with scope.entered(SYSTEM), recording.deed():
            services.accept(task.pk, by=somebody(Post.PATROL))
            locked.set()
            assert go_on.wait(10)

    with ThreadPoolExecutor(1) as officer:
        accepted = officer.submit(apart(accept_slowly))
        assert locked.wait(10)
        # What other tests left behind may be due as well; this task must not be among it.
        with clock.set_to(clock.now() + timedelta(minutes=6)):
            services.sweep()
        go_on.set()
        accepted.result(10)
    with scope.entered(SYSTEM):
        task.refresh_from_db()
        assert (task.state, task.step) == ("accepted", 0)


def test_two_sweeps_at_once_climb_once(task: Task) -> None:
    late = task.opened_at + timedelta(minutes=5)

    def sweeping() -> None:
        with clock.set_to(late):
            services.sweep()

    with ThreadPoolExecutor(2) as workers:
        for done in [workers.submit(apart(sweeping)) for _ in range(4)]:
            done.result(20)
    with scope.entered(SYSTEM):
        kinds = [line.kind for line in record.following(task.source_entry_id)]
        assert kinds == ["task.opened", "task.escalated"]


def test_two_presses_at_once_open_one_task(button: Device) -> None:
    with ThreadPoolExecutor(4) as brokers:
        pressed = [a_press(button, ago=timedelta(milliseconds=i)) for i in range(4)]
        for done in [brokers.submit(apart(lambda m=m: intake.take([m]))) for m in pressed]:
            done.result(20)
    with scope.entered(SYSTEM):
        (task,) = Task.objects.filter(cell_id=button.cell_id)
        assert task.repeats == 3
