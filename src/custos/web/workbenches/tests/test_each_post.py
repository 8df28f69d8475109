"""Each post's workbench: what is to be done now, what comes next, and who its people are."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Absence
from custos.foundation.custody.tests.worlds import gone, planned, watched
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.foundation.ui.workbench import Todo
from custos.management.reception.admission import services as reception
from custos.management.timelimits.models import Clock
from custos.management.timelimits.tests import worlds as limits
from custos.prevention.duty import orders, queries
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.services import About
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds import services as rounds
from custos.prevention.duty.rounds.tests.worlds import KeptFor
from custos.prevention.duty.shifts import services as shifts
from custos.web.workbenches import beside
from custos.web.workbenches.beside import Row
from tests import factories, leaving
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db

_FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config", 'UPDATE "accounts_session"')
_FRAME_TABLES = ("accounts_session", '"accounts_user"', "accounts_posting")


@pytest.fixture(autouse=True)
def _scoped() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def world() -> KeptFor:
    return KeptFor(45)


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def parts(acting: Acting, path: str = "/duty/") -> tuple[str, str, str]:
    """The text of the list of now, of what comes next, and of the post's people."""
    page = client_of(acting).get(path).content.decode()
    now, beside_it = (
        page.split('class="workbench-item"')[0],
        page.split('class="workbench-people"')[1],
    )
    beside_it = beside_it.split("<h2>My area</h2>")[0]
    coming, people = beside_it.split("<h2>My people</h2>")

    def words(html: str) -> str:
        return re.sub(r"\s+", " ", strip_tags(html.replace("<", " <")))

    return words(now.split("To do now")[1]), words(coming), words(people)


def another(world: KeptFor, name: str) -> Custody:
    return factories.a_detainee(in_cell=factories.a_cell(facility=world.facility), name=name)


def test_the_patrol_sees_which_rounds_were_missed_and_which_are_next(world: KeptFor) -> None:
    rounds.sweep()
    other = factories.a_cell(facility=world.facility)
    factories.a_detainee(in_cell=other, name="Li Na")
    now, coming, _people = parts(world.on(Post.PATROL))
    assert "1 cell not looked into in time, now" in now
    assert f"missed {world.cell.name}" in now
    assert "15 min over" in now
    assert f"Look into cell {other.name}" in coming
    assert f"Look into cell {world.cell.name}" not in coming
    assert "count the people" in coming
    assert "Day shift begins" in coming or "Night shift begins" in coming


def test_the_task_of_a_missed_round_names_the_cells_and_how_many_they_are(world: KeptFor) -> None:
    rounds.sweep()
    task = Task.objects.get(rule_id="DUTY-ROUNDS-BEHIND")
    assert task.rule_then().title.zh == f"漏巡：{world.cell.name}，共 1 间"
    now, _coming, _people = parts(world.on(Post.DUTY_LEADER))
    assert f"Rounds are behind: {world.cell.name}; 1 cell now" in now


def test_admission_sees_the_first_open_step_and_who_should_have_left(world: KeptFor) -> None:
    admission = world.on(Post.ADMISSION)
    reception.start(
        reception.expect(admission, sort="new", name="Zheng Xueyi", brought_by="City unit").pk,
        admission,
    )
    soon = clock.now() + timedelta(hours=3)
    reception.expect(
        admission, sort="new", name="Sun Wei", brought_by="County unit", expected_at=soon
    )
    case = leaving.received(world.stay)
    now, coming, people = parts(admission)
    assert "step 1 of 16" in now
    assert "Zheng Xueyi" in now
    assert "Expected: New arrival" in coming
    assert "Sun Wei" in coming
    assert "To leave by then:" in coming
    assert "Wang Jianguo" in people
    assert "leaves" in people
    case.due_at = clock.now() - timedelta(minutes=40)
    case.save()
    now, coming, _people = parts(admission)
    assert "late, still here" in now
    assert "40 min over" in now
    assert "To leave by then:" not in coming


def test_what_comes_next_is_left_out_by_nothing_without_a_word(world: KeptFor) -> None:
    admission = world.on(Post.ADMISSION)

    def announced(count: int) -> str:
        for number in range(count):
            at = clock.now() + timedelta(minutes=30 + number)
            reception.expect(admission, sort="new", name="Sun Wei", brought_by="X", expected_at=at)
        return parts(admission)[1]

    assert "more come" not in announced(5)
    assert re.search(r"[1-9]\d* more comes? after these", announced(5))


@pytest.mark.parametrize(("waiting", "row"), [(6, None), (7, 1), (9, 3)])
def test_nobody_at_the_door_is_left_out_without_a_word(
    world: KeptFor, waiting: int, row: int | None
) -> None:
    admission = world.on(Post.ADMISSION)
    for number in range(waiting):
        announced = reception.expect(
            admission, sort="new", name=f"Sun {number}", brought_by="City unit"
        )
        reception.came(announced.pk, admission)
    now, _coming, _people = parts(admission)
    assert all(f"Sun {number}" in now for number in range(6))
    if row is None:
        assert "more at the door" not in now
        return
    assert f"And {row} more at the door" in now
    page = client_of(admission).get("/duty/").content.decode()
    assert f'href="{reverse("reception_board")}"' in page.split("more at the door")[0][-1500:]


def test_a_case_officers_people_are_those_of_the_cells_that_they_look_after(
    world: KeptFor,
) -> None:
    officer, leader, patrol = (
        world.on(post) for post in (Post.CASE_OFFICER, Post.LEADER, Post.PATROL)
    )
    other = another(world, "Li Na")

    def conflict_of(stay: Custody, text: str) -> None:
        information.observe(
            "I30", text, facility=world.facility.pk, about=About(custody=stay.pk), by=patrol.actor
        )

    conflict_of(other, "They threaten each other.")
    conflict_of(world.stay, "They are quarrelling.")
    now, _coming, people = parts(officer)
    assert "Li Na" in people
    assert now.index("Li Na") < now.index("Wang Jianguo"), "what waits longer stands first"
    assert "this is the whole facility" in people
    client = client_of(leader)
    ref, cell = officer.actor.ref, world.cell.name
    client.post("/roster/people/", {"staff": ref, "post": "case_officer", "cells": cell})
    shown = client.get("/roster/people/?post=case_officer").content.decode()
    assert f'name="cells" value="{cell}"' in shown
    now, _coming, people = parts(officer)
    assert f"Cells looked after: {cell}" in people
    assert "Wang Jianguo" in people
    assert "Li Na" not in people
    assert now.index("Wang Jianguo") < now.index("Li Na"), "what is about theirs stands first"


def test_on_a_handheld_what_is_not_now_is_a_link_away(world: KeptFor) -> None:
    admission = world.on(Post.ADMISSION)
    for number in range(7):
        announced = reception.expect(
            admission, sort="new", name=f"Sun {number}", brought_by="City unit"
        )
        reception.came(announced.pk, admission)
    client = client_of(admission)
    folded, whole = (client.get(path).content.decode() for path in ("/duty/", "/duty/?all=1"))
    assert "All 7 to do" in folded
    assert (folded.count("data-folds"), whole.count("data-folds")) == (2, 0)


def test_the_escort_post_sees_who_is_out_who_is_awaited_and_whose_permit_ended(
    world: KeptFor,
) -> None:
    gone(world.stay)
    due, behind = another(world, "Li Na"), another(world, "Zhou Qi")
    Absence.objects.filter(pk=planned(due, hours=30).pk).update(
        planned_from=clock.now() + timedelta(hours=20)
    )
    Absence.objects.filter(pk=planned(behind).pk).update(
        planned_from=clock.now() - timedelta(minutes=20)
    )
    expired = another(world, "Qian Duo")
    limits.arrested(expired, days_ago=9)
    Clock.objects.filter(pk=expired.pk).update(permit_until=clock.today() - timedelta(days=1))
    now, coming, people = parts(world.on(Post.INTERROGATION))
    assert "should have left" in now
    assert "Zhou Qi" in now
    assert "Back from: Court hearing" in coming
    assert "Goes out: Court hearing" in coming
    assert "Li Na" in coming
    assert "Wang Jianguo" in people
    assert "outside: Court hearing" in people
    assert "permit ended on" in people
    assert "Qian Duo" in people


def test_the_case_officer_sees_first_who_is_beyond_a_limit_or_not_to_be_left_alone(
    world: KeptFor,
) -> None:
    near, over = another(world, "Li Na"), another(world, "Zhou Qi")
    limits.arrested(near, days_ago=55)
    limits.overdue(over)
    Custody.objects.update(admitted_at=clock.now() - timedelta(days=95))
    watched(world.stay)
    _now, coming, people = parts(world.on(Post.CASE_OFFICER))
    assert "Limit of custody ends" in coming
    assert "Look again at: never alone" in coming
    assert people.index("Zhou Qi") < people.index("Li Na")
    assert people.index("Wang Jianguo") < people.index("Li Na")
    assert "never alone" in people
    assert "ends within 7 days" in people


def test_the_doctor_sees_who_waits_to_be_examined_who_is_new_and_who_is_in_hospital(
    world: KeptFor,
) -> None:
    admission = world.on(Post.ADMISSION)
    draft = reception.start(
        reception.expect(admission, sort="new", name="Zheng Xueyi", brought_by="City unit").pk,
        admission,
    )
    assert draft
    away = another(world, "Li Na")
    gone(away, "hospital")
    gone(another(world, "Zhou Qi"), "court")
    Custody.objects.exclude(pk=world.stay.pk).update(admitted_at=clock.now() - timedelta(days=9))
    now, coming, people = parts(world.on(Post.MEDICAL))
    assert "Health" in now
    assert "Zheng Xueyi" in now
    assert "Back from: Hospital" in coming
    assert "outside: Hospital" in people
    assert "Wang Jianguo" in people
    assert "new arrival" in people
    assert "Zhou Qi" not in coming + people


def test_reception_sees_whose_relatives_will_come(world: KeptFor) -> None:
    leaving.received(world.stay)
    _now, coming, people = parts(world.on(Post.RECEPTION))
    assert "To leave by then:" in coming
    assert "Wang Jianguo" in people


def test_a_leader_sees_each_post_its_late_tasks_and_orders_without_a_result(world: KeptFor) -> None:
    patrol, leader = world.on(Post.PATROL), world.on(Post.LEADER)
    shifts.sign_on(world.facility.pk, by=patrol.actor)
    order = orders.give(
        orders.Given(
            text="Check the window bars",
            post=Post.PATROL,
            due_at=clock.now() + timedelta(hours=2),
        ),
        facility=world.facility.pk,
        by=leader.actor,
    )
    _now, coming, _people = parts(leader)
    assert "Order: Check the window bars" in coming
    assert "Patrol and control room · To accept" in coming
    each = coming.split("Each post now")[1]
    assert "Patrol and control room Zhao Min since" in each
    assert "last entry" in each
    assert "late" not in each
    Task.objects.filter(pk=order.pk).update(wanted_by=clock.now() - timedelta(minutes=1))
    each = parts(leader)[1].split("Each post now")[1]
    assert each.strip().startswith("Patrol and control room 1 task late")
    assert "Each post now" not in parts(patrol)[1]


@pytest.mark.parametrize("path", ["/duty/", "/duty/ahead/", "/duty/now/"])
@pytest.mark.parametrize("post", [Post.ADMISSION, Post.PATROL, Post.LEADER, Post.MEDICAL])
def test_twice_as_much_asks_the_database_nothing_more(
    world: KeptFor, post: Post, path: str
) -> None:
    admission, leader, acting = world.on(Post.ADMISSION), world.on(Post.LEADER), world.on(post)

    def more(name: str) -> None:
        stays = [another(world, f"{name}{sort}") for sort in "abcd"]
        gone(stays[0], "hospital")
        watched(stays[1])
        limits.arrested(stays[2], days_ago=55)
        leaving.received(stays[3])
        came = reception.expect(admission, sort="new", name=name, brought_by="City unit")
        reception.start(came.pk, admission)
        orders.give(
            orders.Given(text=name, post=Post.PATROL, due_at=clock.now() + timedelta(hours=2)),
            facility=world.facility.pk,
            by=leader.actor,
        )
        shifts.sign_on(world.facility.pk, by=world.on(Post.PATROL).actor)
        with clock.set_to(clock.now() + timedelta(hours=1)):
            rounds.sweep()

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return [
            query["sql"]
            for query in found.captured_queries
            if not query["sql"].startswith(_FRAME)
            and not any(table in query["sql"] for table in _FRAME_TABLES)
        ]

    more("Li")
    client = client_of(acting)
    client.get(path)
    before = asked()
    for name in ("Zhou", "Wu", "Zheng"):
        more(name)
    after = asked()
    assert len(after) <= len(before), after
    assert len(before) <= 38


def test_whom_the_post_sees_is_in_the_access_log(world: KeptFor) -> None:
    watched(world.stay)
    parts(world.on(Post.PATROL))
    (row,) = Access.objects.filter(route="duty")
    assert (row.purpose, row.detainees) == ("duty", [world.stay.detainee_id])


def test_nobody_of_another_facility_is_among_them(world: KeptFor) -> None:
    elsewhere = factories.a_detainee(in_cell=factories.a_cell(), name="Li Na")
    watched(elsewhere)
    gone(elsewhere)
    for post in (Post.PATROL, Post.INTERROGATION, Post.LEADER, Post.CASE_OFFICER):
        assert "Li Na" not in "".join(parts(world.on(post)))


def test_what_else_there_is_to_do_stands_among_the_tasks_by_its_level_and_time(
    world: KeptFor,
) -> None:
    now = clock.now()

    def todo(key: str, severity: int, minutes: int) -> Row:
        by = now + timedelta(minutes=minutes)
        return Row(todo=Todo(key, key, "/", severity, ("todo", "x"), by=by))

    others = [todo("later", 3, 5), todo("grave", 1, 60), todo("sooner", 3, -5)]
    merged = beside.merged([], others)
    assert [row.todo.key for row in merged if row.todo] == ["grave", "sooner", "later"]


def test_an_order_offers_the_officers_of_the_chosen_post(world: KeptFor) -> None:
    patrol, doctor = world.on(Post.PATROL), world.on(Post.MEDICAL)
    page = client_of(world.on(Post.LEADER)).get("/duty/orders/new/").content.decode()
    chosen = page.split('name="officer"')[1].split("</select>")[0]
    assert 'data-choices-by="post"' in page
    for acting, post in ((patrol, "patrol"), (doctor, "medical")):
        option = re.search(rf'<option value="{post} {acting.actor.ref}"[^>]*>', chosen)
        assert option is not None
        assert f'data-for="{post}"' in option[0]
    assert "data-for" not in chosen.split("<option")[1]


def test_more_tasks_than_have_room_are_counted(
    world: KeptFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    patrol, leader = world.on(Post.PATROL), world.on(Post.LEADER)
    for at in range(3):
        orders.give(
            orders.Given(
                text=f"Order {at}", post=Post.PATROL, due_at=clock.now() + timedelta(hours=2)
            ),
            facility=world.facility.pk,
            by=leader.actor,
        )
    assert "no room here" not in parts(patrol)[0]
    monkeypatch.setattr(queries, "MOST_NOW", 2)
    assert "1 more task has no room here" in parts(patrol)[0]


@pytest.mark.parametrize("room", [2, 3])
def test_where_the_list_is_cut_no_limit_is_left_out_that_ends_before_one_that_is_listed(
    world: KeptFor, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    officer = world.on(Post.CASE_OFFICER)
    # What ends first is the last that was opened; all of them wait equally long, as after a midnight.
    for days, name in ((55, "Li Na"), (56, "Wu Di"), (57, "He Ping"), (58, "Gu Yan")):
        limits.arrested(another(world, name), days_ago=days)
    Task.objects.update(wanted_by=clock.now(), severity=3)
    monkeypatch.setattr(queries, "MOST_NOW", room)
    shown = parts(officer)[0]
    listed = re.findall("Li Na|Wu Di|He Ping|Gu Yan", shown)
    assert listed == ["Gu Yan", "He Ping", "Wu Di"][:room]
    assert f"{4 - room} more task" in shown
