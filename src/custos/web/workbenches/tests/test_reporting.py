"""What one reported, asking again, signing on and off, and the catalogue of information: as pages."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, time

import pytest
from django.test import Client

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty import services as duty
from custos.prevention.duty.information import services
from custos.prevention.duty.information.models import FacilityCatalogue
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import queries as shifts
from custos.prevention.duty.shifts import services as shift_services
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with scope.entered(factories.SYSTEM):
        yield World()


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    return client


def a_meal(world: World, by: Acting) -> Task:
    taken = services.observe(
        "I14",
        "Pushed the tray back.",
        facility=world.facility.pk,
        about=About(custody=world.stay.pk),
        by=by.actor,
    )
    return Task.objects.get(source_entry_id=taken.entry_id)


def test_who_reported_it_reads_what_was_done_and_asks_again(world: World) -> None:
    patrol, doctor = world.on(Post.PATROL), world.on(Post.MEDICAL)
    task, client = a_meal(world, patrol), client_of(patrol)
    duty.accept(task.pk, by=doctor.actor)
    duty.answer(task.pk, "Toothache; soft food.", by=doctor.actor)
    page = client.get("/duty/reported/").content.decode()
    assert "Meals refused" in page
    assert "Toothache; soft food." in page
    assert f"/duty/{task.pk}/reopen/" in page
    refused = client.post(f"/duty/{task.pk}/reopen/", {"reason": ""})
    assert refused.status_code == 422
    again = client.post(f"/duty/{task.pk}/reopen/", {"reason": "Refused supper too."}, follow=True)
    assert "Asked again" in again.content.decode()
    assert Task.objects.get(reopens=task).post == "medical"
    assert f"/duty/{task.pk}/reopen/" not in client.get("/duty/reported/").content.decode()


def test_what_nobody_has_answered_stands_first_then_the_latest(world: World) -> None:
    patrol, doctor = world.on(Post.PATROL), world.on(Post.MEDICAL)
    tasks = [a_meal(world, patrol) for _ in range(4)]
    for task, words in ((tasks[0], "first"), (tasks[3], "last")):
        duty.accept(task.pk, by=doctor.actor)
        duty.answer(task.pk, words, by=doctor.actor)
    listed = client_of(patrol).get("/duty/reported/").context["reported"]
    assert [one.entry_id for one in listed] == [tasks[at].source_entry_id for at in (2, 1, 3, 0)]


def test_what_a_colleague_reported_is_not_ones_own(world: World) -> None:
    a_meal(world, world.on(Post.PATROL))
    page = client_of(world.on(Post.PATROL)).get("/duty/reported/").content.decode()
    assert "Meals refused" not in page
    assert "You have reported nothing yet" in page


def test_the_workbench_says_what_to_do_first_and_who_is_on_duty_for_it(world: World) -> None:
    patrol, leader = world.on(Post.PATROL), world.on(Post.DUTY_LEADER)
    services.observe(
        "I05",
        "Says goodbye to everybody.",
        facility=world.facility.pk,
        about=About(custody=world.stay.pk),
        by=patrol.actor,
    )
    client = client_of(leader)
    assert "Sign on to duty" in client.get("/duty/").content.decode()
    client.post("/duty/sign-on/")
    assert shifts.signed_on(world.facility.pk, leader.actor) is not None
    page = client.get("/duty/").content.decode()
    assert "Constant watch until the doctor and the duty leader are there" in page
    assert "On duty for it:" in page
    assert "Sign off duty" in page
    client.post("/duty/sign-off/")
    assert shifts.signed_on(world.facility.pk, leader.actor) is None


def test_the_prosecutor_sees_whom_a_sealed_matter_is_about_and_the_leader_does_not(
    world: World,
) -> None:
    services.observe(
        "I04",
        "Says he was beaten on arrest.",
        facility=world.facility.pk,
        about=About(custody=world.stay.pk),
        by=world.on(Post.PATROL).actor,
    )
    task = Task.objects.get(rule_id="DUTY-INFO-SEALED")
    prosecutor = client_of(world.on(Post.RESIDENT_PROSECUTOR))
    page = prosecutor.get(f"/duty/?task={task.pk}").content.decode()
    assert "Says he was beaten on arrest." in page
    assert "Wang Jianguo" in page
    leader = client_of(world.on(Post.LEADER))
    page = leader.get(f"/duty/?task={task.pk}").content.decode()
    assert "A sealed matter for the resident prosecutor" in page
    assert "beaten" not in page
    # The workbench names its people beside; nothing of the task does.
    for of_the_task in ("item/", "around/", ""):
        part = leader.get(f"/duty/{task.pk}/{of_the_task}").content.decode()
        assert "beaten" not in part
        assert "Wang Jianguo" not in part
    assert "Wang Jianguo" not in leader.get("/duty/now/").content.decode()


def test_a_leader_adopts_a_file_and_a_wrong_one_is_told_with_its_row(world: World) -> None:
    client = client_of(world.on(Post.LEADER))
    assert "57 types" in client.get("/duty/catalogue/").content.decode()
    said = {"valid_from": "2099-01-01", "reason": "Agreed at the meeting."}
    wrong = {"text": "stricter: [{id: I15, deadline: {hours: 30}}]"} | said
    refused = client.post("/duty/catalogue/", wrong)
    assert refused.status_code == 422
    assert "I15: the law bounds the deadline: at most 1440 minutes" in refused.content.decode()
    right = {"text": "stricter: [{id: I15, deadline: {hours: 20}}]"} | said
    assert client.post("/duty/catalogue/", right).status_code == 302
    assert FacilityCatalogue.objects.get().version == 1


def test_a_post_that_is_short_is_named_in_the_leaders_list() -> None:
    ten = datetime.combine(clock.today(), time(10), clock.LOCAL)
    with scope.entered(factories.SYSTEM), clock.set_to(ten):
        world = World()
        services.adopt(
            "strength: {patrol: 2}",
            facility=world.facility.pk,
            valid_from=clock.today(),
            reason="x",
            by=world.on(Post.LEADER).actor,
        )
        assert shift_services.sweep() == 1
        page = client_of(world.on(Post.LEADER)).get("/duty/").content.decode()
    assert "Patrol and control room: 0 of 2" in page.split("workbench-item")[0]


def test_the_example_beside_the_box_is_a_file_that_can_be_adopted(world: World) -> None:
    client = client_of(world.on(Post.LEADER))
    page = client.get("/duty/catalogue/").content.decode()
    shown = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert shown
    said = {"valid_from": "2099-01-01", "reason": "Agreed at the meeting."}
    answer = client.post("/duty/catalogue/", {"text": html.unescape(shown[1])} | said)
    assert answer.status_code == 302
    kept = FacilityCatalogue.objects.get().text
    assert "strength: {patrol: 2" in kept
    assert "rounds: {longest_gap: 30" in kept


@pytest.mark.parametrize(
    ("post", "kind"), [(Post.DUTY_LEADER, StaffKind.OFFICER), (Post.LEADER, StaffKind.OTHER)]
)
def test_nobody_else_adopts_one(world: World, post: Post, kind: StaffKind) -> None:
    said = {"text": "types: []", "valid_from": "2099-01-01", "reason": "Because."}
    client_of(world.on(post, kind)).post("/duty/catalogue/", said)
    assert not FacilityCatalogue.objects.exists()
