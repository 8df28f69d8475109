"""The life of a task: opened by an entry, accepted, answered or withdrawn; else it climbs."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from custos.foundation import clock
from custos.foundation.custody import going_out
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record import queries as record
from custos.foundation.record import reactions
from custos.foundation.record import services as recording
from custos.foundation.record.kinds import ReactionFailed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject
from custos.prevention.devices import intake
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.devices.models import Device
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_press,
    somebody,
)
from custos.prevention.duty import catalogue, queries, services
from custos.prevention.duty.engine import State
from custos.prevention.duty.kinds import TaskAnswered, TaskEscalated, TaskOpened
from custos.prevention.duty.models import Task
from tests import factories

pytestmark = pytest.mark.django_db

PATROL = somebody(Post.PATROL)
AUXILIARY = somebody(Post.PATROL, StaffKind.AUXILIARY)
DUTY_LEADER = somebody(Post.DUTY_LEADER)
DOCTOR = somebody(Post.MEDICAL, StaffKind.CLINICIAN)


@pytest.fixture
def button() -> Iterator[Device]:
    with scope.entered(SYSTEM):
        yield a_button(a_cell())


@pytest.fixture
def task(button: Device) -> Task:
    intake.take([a_press(button)])
    return Task.objects.get(cell_id=button.cell_id)


def kinds_after(task: Task) -> list[str]:
    return [line.kind for line in record.following(task.source_entry_id)]


def test_a_press_opens_a_task_for_the_patrol_due_in_five_minutes(button: Device) -> None:
    intake.take([a_press(button)])
    task = Task.objects.get(cell_id=button.cell_id)
    assert (task.post, task.severity, task.state) == ("patrol", 1, "open")
    assert task.due_at == task.opened_at + timedelta(minutes=5)
    (line,) = record.following(task.source_entry_id)
    assert isinstance(line.payload, TaskOpened)
    assert line.payload.reasons[0].rule == "DUTY-EMERGENCY-BUTTON"
    assert line.cell_id == button.cell_id


def test_the_task_stands_above_the_press_that_opened_it(button: Device) -> None:
    for _ in range(
        8
    ):  # both are of one deed and one millisecond; chance would be right once in 256
        intake.take([a_press(button)])
        task = Task.objects.latest("opened_at")
        services.withdraw(task.pk, "a trial", by=PATROL)
    kinds = [line.kind for line in reversed(record.timeline(cell=button.cell_id))]
    presses = [at for at, kind in enumerate(kinds) if kind == EmergencyButtonPressed.name]
    assert [kinds[at + 1] for at in presses] == [TaskOpened.name] * 8


def test_with_its_rule_switched_off_a_press_opens_no_task(
    button: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = tuple(
        rule.model_copy(update={"valid_to": date(2026, 1, 1)})
        if rule.id == "DUTY-EMERGENCY-BUTTON"
        else rule
        for rule in catalogue.rules()
    )
    monkeypatch.setattr(catalogue, "rules", lambda: ended)
    intake.take([a_press(button)])
    assert not Task.objects.exists()


def test_pressing_again_while_it_is_handled_is_counted_and_opens_nothing(task: Task) -> None:
    button = Device.objects.get(cell_id=task.cell_id)
    intake.take([a_press(button), a_press(button)])
    services.accept(task.pk, by=PATROL)
    intake.take([a_press(button)])
    task.refresh_from_db()
    assert task.repeats == 3
    services.answer(task.pk, "Stomach pain; doctor called.", by=PATROL)
    intake.take([a_press(button)])
    assert Task.objects.filter(cell_id=task.cell_id).count() == 2


def test_pressing_again_long_after_it_was_accepted_is_another_emergency(task: Task) -> None:
    button = Device.objects.get(cell_id=task.cell_id)
    services.accept(task.pk, by=PATROL)
    with clock.set_to(clock.now() + timedelta(minutes=4)):
        intake.take([a_press(button)])
    assert Task.objects.filter(cell_id=task.cell_id).count() == 1
    with clock.set_to(clock.now() + timedelta(minutes=6)):
        intake.take([a_press(button)])
    assert Task.objects.filter(cell_id=task.cell_id, state="open").count() == 1


def test_a_reaction_that_runs_again_for_the_same_entry_changes_nothing(task: Task) -> None:
    entry = Entry.objects.get(pk=task.source_entry_id)
    event = recording._events({entry.pk})[entry.pk]
    with recording.deed() as deed:
        services.open_task(event, deed)
    task.refresh_from_db()
    assert task.repeats == 0
    assert Task.objects.count() == 1
    assert kinds_after(task) == ["task.opened"]


def test_a_task_is_accepted_and_answered_and_every_step_is_an_entry(task: Task) -> None:
    accepted = services.accept(task.pk, by=AUXILIARY)
    assert accepted.due_at == accepted.accepted_at + timedelta(minutes=30)  # type: ignore[operator]
    answered = services.answer(task.pk, "  Asked and seen: all is well. ", by=AUXILIARY)
    assert (answered.state, answered.answer, answered.due_at) == (
        "answered",
        "Asked and seen: all is well.",
        None,
    )
    assert kinds_after(task) == ["task.opened", "task.accepted", "task.answered"]


def test_the_answer_goes_to_whoever_found_it(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    services.answer(task.pk, "All is well.", by=PATROL)
    payload = record.following(task.source_entry_id)[-1].payload
    assert isinstance(payload, TaskAnswered)
    device = Device.objects.get(cell_id=task.cell_id)
    assert (payload.finder_kind, payload.finder_ref) == (ActorKind.DEVICE, str(device.pk))
    assert [echo.result for echo in queries.echoes(PATROL)] == ["All is well."]
    assert queries.echoes(DOCTOR) == []


def test_an_officer_who_found_something_sees_its_answer_whatever_their_post(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(finder_kind="staff", finder_ref=DOCTOR.ref)
    services.accept(task.pk, by=PATROL)
    services.answer(task.pk, "All is well.", by=PATROL)
    assert [echo.id for echo in queries.echoes(DOCTOR)] == [task.pk]


def test_a_task_is_accepted_and_handed_back_by_a_clock_that_was_put_back(task: Task) -> None:
    with clock.set_to(task.opened_at - timedelta(minutes=31)):
        accepted = services.accept(task.pk, by=PATROL)
        assert accepted.due_at == task.opened_at
        services.hand_back(task.pk, reason="换人", by=PATROL)
    assert Task.objects.get(pk=task.pk).state == State.OPEN


def test_a_post_that_is_not_on_the_ladder_may_not_accept(task: Task) -> None:
    with pytest.raises(NotAllowed, match=r"task\.post"):
        services.accept(task.pk, by=DOCTOR)
    assert kinds_after(task) == ["task.opened"]


def test_the_second_to_accept_is_told_that_it_is_taken(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    with pytest.raises(Conflict, match=r"task\.already_accepted"):
        services.accept(task.pk, by=AUXILIARY)
    services.accept(task.pk, by=PATROL)  # a second click of the first is nothing
    assert kinds_after(task) == ["task.opened", "task.accepted"]


def test_an_answer_needs_words_and_an_accepted_task(task: Task) -> None:
    with pytest.raises(Conflict, match=r"task\.not_accepted"):
        services.answer(task.pk, "Done.", by=PATROL)
    services.accept(task.pk, by=PATROL)
    with pytest.raises(Malformed, match=r"task\.no_words"):
        services.answer(task.pk, " \n ", by=PATROL)
    with pytest.raises(Malformed, match=r"task\.too_long"):
        services.answer(task.pk, "长" * 4001, by=PATROL)


def test_only_the_holder_or_a_higher_post_answers(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    with pytest.raises(NotAllowed, match=r"task\.not_yours"):
        services.answer(task.pk, "Done.", by=AUXILIARY)
    assert services.answer(task.pk, "Seen to.", by=DUTY_LEADER).ended_by == DUTY_LEADER.ref


def test_withdrawing_takes_a_reason_and_a_police_officer(task: Task) -> None:
    with pytest.raises(Malformed, match=r"task\.no_words"):
        services.withdraw(task.pk, "", by=PATROL)
    with pytest.raises(NotAllowed, match=r"writer\.police_only"):
        services.withdraw(task.pk, "Pressed by mistake.", by=AUXILIARY)
    services.withdraw(task.pk, "Pressed by mistake.", by=PATROL)
    with pytest.raises(Conflict, match=r"task\.already_withdrawn"):
        services.accept(task.pk, by=PATROL)
    assert kinds_after(task) == ["task.opened", "task.withdrawn"]


def test_a_task_that_is_handed_back_is_open_again_and_its_ladder_goes_on(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    with pytest.raises(Malformed, match=r"task\.no_words"):
        services.hand_back(task.pk, " ", by=PATROL)
    with pytest.raises(NotAllowed, match=r"task\.not_yours"):
        services.hand_back(task.pk, "Not mine.", by=AUXILIARY)
    with clock.set_to(task.opened_at + timedelta(minutes=2)):
        back = services.hand_back(task.pk, "Called to the gate.", by=PATROL)
    assert (back.state, back.accepted_by, back.accepted_at) == ("open", "", None)
    assert back.wanted_by == back.due_at == task.opened_at + timedelta(minutes=5)
    assert [shown.may_accept for shown in queries.now_list(PATROL)] == [True]
    line = record.following(task.source_entry_id)[-1]
    assert (line.kind, line.payload.reason) == ("task.handed_back", "Called to the gate.")
    with pytest.raises(Conflict, match=r"task\.not_accepted"):
        services.hand_back(task.pk, "Again.", by=PATROL)
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        assert services.sweep() == 1
    task.refresh_from_db()
    assert task.asked == ["patrol", "duty_leader"]
    assert services.accept(task.pk, by=AUXILIARY).accepted_by == AUXILIARY.ref


def test_what_is_handed_back_late_is_asked_of_the_next_post_at_once(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    with clock.set_to(task.opened_at + timedelta(minutes=16)):
        services.hand_back(task.pk, "Called to the gate.", by=PATROL)
        assert services.sweep() == 1
        assert services.sweep() == 0
    task.refresh_from_db()
    assert (task.state, task.post) == ("open", "leader")


def test_a_post_above_hands_back_what_somebody_else_accepted(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    assert services.hand_back(task.pk, "He was sent home.", by=DUTY_LEADER).state == "open"
    with pytest.raises(NotAllowed, match=r"task\.post"):
        services.accept(task.pk, by=somebody(Post.FINANCE))


def test_what_is_handed_back_stands_beside_what_was_opened_meanwhile(
    task: Task, button: Device
) -> None:
    services.accept(task.pk, by=PATROL)
    later = task.opened_at + timedelta(minutes=30)
    with clock.set_to(later):
        intake.take([a_press(button)])
        services.hand_back(task.pk, "Called to the gate.", by=PATROL)
        assert len(queries.now_list(PATROL)) == 2
    with clock.set_to(later + timedelta(seconds=1)):
        intake.take([a_press(button)])
    first, second = Task.objects.order_by("opened_at")
    assert (first.repeats, second.repeats) == (0, 1)


def test_a_press_looks_for_what_it_may_join_by_an_index(
    live_database: str, owner_sql: psycopg.Connection
) -> None:
    """Else each press reads every task that the facility ever had."""
    with scope.entered(SYSTEM):
        button = a_button(a_cell())
        intake.take([a_press(button)])
        task = Task.objects.get(cell_id=button.cell_id)
        own = ("id", "source_entry_id", "join_key")
        fields = [f.attname for f in Task._meta.concrete_fields if f.attname not in own]
        same = {name: getattr(task, name) for name in fields}
        Task.objects.bulk_create(
            Task(**same, source_entry_id=new_id(), join_key=f"other:{number}")
            for number in range(2_000)
        )
    owner_sql.execute("ANALYZE duty_task")
    with scope.entered(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN UPDATE duty_task SET repeats = repeats + 1 WHERE join_key = %s"
            " AND (state = 'open' OR (state = 'accepted' AND since > %s))",
            [task.join_key, task.opened_at],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "duty_task_joins" in plan, plan


def test_a_task_of_another_facility_does_not_exist(task: Task) -> None:
    elsewhere = scope.Scope(FACILITY + 1, FACILITY + 1, frozenset({1}), "user:1", 1)
    with scope.entered(elsewhere), pytest.raises(Missing):
        services.accept(task.pk, by=PATROL)
    with scope.entered(elsewhere), pytest.raises(Missing):
        queries.task(task.pk, PATROL)


def test_what_nobody_accepts_climbs_and_each_climb_is_an_entry(task: Task) -> None:
    assert services.sweep() == 0
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        assert services.sweep() == 1
        assert services.sweep() == 0
    task.refresh_from_db()
    assert (task.post, task.asked) == ("duty_leader", ["patrol", "duty_leader"])
    assert task.due_at == task.opened_at + timedelta(minutes=15)
    with clock.set_to(task.opened_at + timedelta(minutes=16)):
        services.sweep()
    line = record.following(task.source_entry_id)[-1]
    assert isinstance(line.payload, TaskEscalated)
    assert (line.payload.post, line.payload.waited_minutes) == (Post.LEADER, 16)
    assert [shown.id for shown in queries.now_list(PATROL)] == [task.pk]
    assert [shown.id for shown in queries.now_list(DUTY_LEADER)] == [task.pk]


def test_what_waits_longest_stands_first_and_what_is_accepted_behind_it() -> None:
    with scope.entered(SYSTEM):
        first, second, third = (a_button(a_cell(name)) for name in ("A1", "A2", "A3"))
        for button in (first, second, third):
            intake.take([a_press(button)])
        tasks = {t.cell_id: t for t in Task.objects.all()}
        services.accept(tasks[second.cell_id].pk, by=PATROL)
        # Climbing moves when the sweep looks next, and no place in the list.
        with clock.set_to(tasks[first.cell_id].opened_at + timedelta(minutes=5)):
            services.sweep()
            listed = [(shown.cell_name, shown.wanted_by) for shown in queries.now_list(PATROL)]
        assert [name for name, _wanted_by in listed] == ["A1", "A3", "A2"]
        assert listed[0][1] == tasks[first.cell_id].opened_at + timedelta(minutes=5)


def test_an_accepted_task_without_a_result_is_brought_before_the_duty_leader(task: Task) -> None:
    services.accept(task.pk, by=PATROL)
    task.refresh_from_db()
    with clock.set_to(task.due_at):  # type: ignore[arg-type]
        assert services.sweep() == 1
    task.refresh_from_db()
    assert (task.post, task.state, task.accepted_by) == ("duty_leader", "accepted", PATROL.ref)
    assert record.following(task.source_entry_id)[-1].kind == "task.escalated"


def test_a_finished_task_is_never_swept(task: Task) -> None:
    services.withdraw(task.pk, "Pressed by mistake.", by=PATROL)
    with clock.set_to(clock.now() + timedelta(days=3)):
        assert services.sweep() == 0


def test_a_changed_catalogue_never_moves_a_running_deadline(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "rules", lambda: ())
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        assert services.sweep() == 1
    assert services.accept(task.pk, by=PATROL).state == State.ACCEPTED


def test_a_reaction_that_fails_becomes_a_leaders_task(
    button: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(event: reactions.Event, deed: recording.Deed) -> None:
        raise RuntimeError("a defect")

    name = "prevention.duty.call_the_patrol"
    broken = reactions.Registered(name, EmergencyButtonPressed, fails, (), False)
    monkeypatch.setitem(reactions._reactions, name, broken)
    intake.take([a_press(button)])
    task = Task.objects.get(rule_id="DUTY-REACTION-FAILED")
    assert task.post == "leader"
    assert task.source_kind == ReactionFailed.name
    (due,) = record.failed_reactions()
    assert (due.reaction, due.error) == (name, "RuntimeError")
    monkeypatch.undo()
    with clock.set_to(clock.now() + timedelta(minutes=2)):
        recording.run_due()
    assert (
        Task.objects.get(cell_id=button.cell_id, rule_id="DUTY-EMERGENCY-BUTTON").post == "patrol"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "answered"},
        {"state": "accepted"},
        {"due_at": None},
        {"answer": "done"},
        {"severity": 0},
        {"state": "sleeping"},
    ],
)
def test_the_database_refuses_a_state_without_its_facts(
    task: Task, wrong: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**wrong)


def test_a_task_without_a_cell_is_for_the_facility() -> None:
    with scope.entered(SYSTEM), recording.deed() as deed:
        a_cell()
        deed.append(
            ReactionFailed(
                entry="018f0000-0000-7000-8000-000000000000",
                entry_kind="x",
                reaction="y",
                error="Z",
            ),
            about=Subject(FACILITY),
            by=Actor.system("tests"),
        )
        (shown,) = queries.now_list(somebody(Post.LEADER))
        assert (shown.cell_name, shown.may_accept) == ("", True)


def test_whoever_was_missed_and_came_back_is_looked_for_no_more(button: Device) -> None:
    assert button.cell is not None
    stay = factories.a_detainee(in_cell=button.cell)
    absence = places.gone(stay)
    with clock.set_to(clock.now() + timedelta(days=1)):
        assert going_out.sweep() == 1
        task = Task.objects.get(custody_id=stay.pk, source_kind="absence.overdue")
        assert task.state == State.OPEN
        places.back(absence)
    task.refresh_from_db()
    assert (task.state, task.due_at) == (State.ANSWERED, None)
    assert "well" in task.answer


def test_each_rule_tells_its_source_in_english_too() -> None:
    same = [rule.id for rule in catalogue.rules() if rule.source.en == rule.source.zh]
    assert same == []


def test_what_is_to_be_done_about_somebody_is_where_they_are_after_a_move(button: Device) -> None:
    intake.take([a_press(button)])
    old = factories.a_cell(facility=button.organization)
    new = factories.a_cell(facility=button.organization)
    stay, beside = (factories.a_detainee(in_cell=old) for _ in range(2))
    places.watched(stay)
    absence = places.gone(beside)
    about = Task.objects.get(custody_id=stay.pk)
    assert about.cell_id == old.pk
    places.back(absence)
    factories.a_detainee(in_cell=new)
    places.moved(stay, new)
    about.refresh_from_db()
    assert about.cell_id == new.pk
    assert queries.tasks_about(stay.pk, PATROL)[0].cell_name == new.name
    # What is about a cell stays there.
    assert Task.objects.get(cell_id=button.cell_id).custody_id is None
    services.accept(about.pk, by=PATROL)
    services.answer(about.pk, "Sat with them", by=PATROL)
    places.moved(stay, old)
    about.refresh_from_db()
    assert about.cell_id == new.pk, "what is done is done where it was"
