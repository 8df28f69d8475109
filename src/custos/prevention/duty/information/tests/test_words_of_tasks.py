"""What is said of a task is for those alone who read what the task is about."""

from collections.abc import Iterator

import pytest

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.prevention.duty import queries
from custos.prevention.duty import services as duty
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.models import Task
from tests import factories

pytestmark = pytest.mark.django_db

NOTE, BACK, RESULT, AGAIN = "WORDS-NOTE", "WORDS-BACK", "WORDS-RESULT", "WORDS-AGAIN"


@pytest.fixture
def world() -> Iterator[World]:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        yield World()


def reported(world: World, finder: Acting, type_id: str, **details: str) -> Task:
    with scope.entered(finder.scope):
        taken = information.observe(
            type_id,
            "x",
            facility=world.facility.pk,
            about=information.About(custody=world.stay.pk),
            by=finder.actor,
            details=details,
        )
    return Task.objects.get(source_entry_id=taken.entry_id)


def handled(task: Task, holder: Acting) -> None:
    with scope.entered(holder.scope):
        duty.accept(task.pk, by=holder.actor)
        duty.note(task.pk, NOTE, by=holder.actor)
        duty.hand_back(task.pk, BACK, by=holder.actor)
        duty.accept(task.pk, by=holder.actor)
        duty.answer(task.pk, RESULT, by=holder.actor)


def read_by(world: World, reader: Acting, task: Task) -> str:
    """All that a member of staff can read of a task, of its entries and of the person's timeline."""
    with scope.entered(reader.scope):
        shown = queries.task(task.pk, reader.actor)
        lines = [*record.latest(limit=50), *record.following(task.source_entry_id)]
        lines += record.timeline(detainee=world.stay.detainee_id)
        said = [f"{line.text} {line.by_ref}" for line in lines]
    return "\n".join([shown.result, shown.note, *said])


def test_words_about_health_stay_with_those_who_read_health(world: World) -> None:
    doctor, patrol = world.on(Post.MEDICAL), world.on(Post.PATROL)
    task = reported(world, doctor, "I10", scale="cows", score="17")
    handled(task, doctor)
    for words in (NOTE, BACK, RESULT):
        assert words in read_by(world, doctor, task)
        assert words not in read_by(world, patrol, task)
    with scope.entered(patrol.scope):
        assert queries.task(task.pk, patrol.actor).state == "answered"


def test_whoever_the_catalogue_tells_reads_the_result_and_no_entry(world: World) -> None:
    """I06 tells the case officer what care is needed."""
    doctor, officer = world.on(Post.MEDICAL), world.on(Post.CASE_OFFICER)
    task = reported(world, doctor, "I06")
    handled(task, doctor)
    with scope.entered(officer.scope):
        assert queries.task(task.pk, officer.actor).result == RESULT
        assert BACK not in "".join(line.text for line in record.latest(limit=50))


def test_nothing_said_under_seal_and_no_reporter_is_read_by_others(world: World) -> None:
    patrol, prosecutor = world.on(Post.PATROL), world.on(Post.RESIDENT_PROSECUTOR)
    task = reported(world, patrol, "I04")
    handled(task, prosecutor)
    with scope.entered(patrol.scope):
        assert queries.task(task.pk, patrol.actor).result == RESULT, "whoever reported it is told"
        information.reopen(task.pk, AGAIN, by=patrol.actor)
    for post in (Post.LEADER, Post.FINANCE):
        found = read_by(world, world.on(post), task)
        for words in (NOTE, BACK, RESULT, AGAIN, patrol.actor.ref):
            assert words not in found, (post, words)
    found = read_by(world, prosecutor, task)
    assert NOTE in found
    assert AGAIN in found


def test_words_of_an_ordinary_task_are_read_by_all(world: World) -> None:
    patrol, doctor = world.on(Post.PATROL), world.on(Post.MEDICAL)
    task = reported(world, patrol, "I14")
    handled(task, doctor)
    assert RESULT in read_by(world, world.on(Post.FINANCE), task)
