"""The workbench and the operations page, by Django's client."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.models import Access
from custos.foundation.backups import status
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.tests.worlds import gone
from custos.foundation.database import pulse, scope
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.foundation.ui.models import BellSeen
from custos.management.reception.admission import services as reception
from custos.management.timelimits.models import Clock
from custos.management.timelimits.tests import worlds as limits
from custos.prevention.devices import intake
from custos.prevention.devices import services as devices
from custos.prevention.devices.intake import Received
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    a_press,
    somebody,
)
from custos.prevention.duty import queries
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task
from custos.web.workbenches import views
from tests import factories, leaving

pytestmark = pytest.mark.django_db

#: What a page may ask the database, its session, account and scope left out.
FEW = 13
#: What the whole workbench of the patrol asks, with what comes next and its people.
WORKBENCH = 22
_FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config", 'UPDATE "accounts_session"')
_FRAME_TABLES = ("accounts_session", '"accounts_user"', "accounts_posting")

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(
        post: Post = Post.PATROL, kind: StaffKind = StaffKind.OFFICER, name: str = "Zhao Min"
    ) -> Client:
        user = accounts.make_account(f"u{uuid4().hex[:10]}", None)
        accounts.post_staff(
            user,
            name=name,
            kind=kind,
            organization=a_facility(),
            post=post,
            by=Actor.system("tests"),
        )
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def cell() -> Cell:
    return a_cell()


@pytest.fixture
def button(cell: Cell) -> Device:
    return a_button(cell)


@pytest.fixture
def person(cell: Cell) -> Custody:
    return custody.admit(
        name="Wang Jianguo",
        sex="1",
        born=date(1980, 1, 1),
        basis="detention",
        basis_number="2026-0001",
        number=uuid4().hex[:12],
        arrived_at=clock.now() - timedelta(hours=1),
        cell=cell.pk,
        by=somebody(Post.ADMISSION),
        reason="Tests.",
    )


@pytest.fixture
def task(button: Device) -> Task:
    intake.take([a_press(button)])
    return Task.objects.get(cell_id=button.cell_id)


def asked(queries: CaptureQueriesContext) -> list[str]:
    return [
        query["sql"]
        for query in queries.captured_queries
        if not query["sql"].startswith(_FRAME)
        and not any(table in query["sql"] for table in _FRAME_TABLES)
    ]


@pytest.mark.parametrize(
    ("post", "page"),
    [
        (Post.PATROL, "/duty/"),
        (Post.DUTY_LEADER, "/duty/"),
        (Post.LEADER, "/duty/"),
        (Post.ADMISSION, "/reception/"),
        (Post.CASE_OFFICER, "/duty/"),
        (Post.RECEPTION, "/duty/"),
        (Post.INTERROGATION, "/duty/"),
        (Post.MEDICAL, "/duty/"),
        (Post.RESIDENT_PROSECUTOR, "/people/"),
        (Post.OVERSIGHT, "/facility/"),
        (Post.SYSTEM_ADMIN, "/operations/"),
    ],
)
def test_the_first_page_is_where_ones_post_works(sign_in: SignIn, post: Post, page: str) -> None:
    assert sign_in(post).get("/").headers["Location"] == page


@pytest.mark.parametrize("deed", ["accept", "answer", "hand-back", "withdraw"])
def test_whoever_opens_the_address_of_a_deed_comes_to_the_task(
    sign_in: SignIn, task: Task, deed: str
) -> None:
    answer = sign_in().get(f"/duty/{task.pk}/{deed}/")
    assert answer.headers["Location"] == f"/duty/?task={task.pk}"


def test_another_language_under_an_empty_answer_leads_back_to_the_task(
    sign_in: SignIn, task: Task
) -> None:
    client = sign_in()
    client.post(f"/duty/{task.pk}/accept/")
    refused = client.post(f"/duty/{task.pk}/answer/", {"text": ""})
    assert f'name="next" value="/duty/?task={task.pk}"' in refused.content.decode()


def test_nobody_sees_anything_without_signing_in() -> None:
    for path in ("/", "/duty/", "/duty/now/", "/duty/area/", "/duty/answers/", "/operations/"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/account/login/")


def test_the_workbench_shows_the_task_its_cell_and_the_people_in_it(
    sign_in: SignIn, task: Task, person: Custody, cell: Cell
) -> None:
    page = sign_in().get("/duty/").content.decode()
    for words in (cell.name, "Emergency button in a cell", "Wang Jianguo", "Accept and go"):
        assert words in page
    assert "Rule DUTY-EMERGENCY-BUTTON, version 1" in page


@pytest.mark.parametrize("path", ["/duty/", "/duty/{task}/"])
def test_who_is_outside_is_not_counted_as_being_in_the_cell(
    sign_in: SignIn, task: Task, person: Custody, path: str
) -> None:
    client, address = sign_in(), path.format(task=task.pk)
    assert "In the cell now · 1 person<" in client.get(address).content.decode()
    gone(person)
    assert "In the cell now · 0 people · 1 more outside" in client.get(address).content.decode()


def test_whoever_sees_names_is_in_the_access_log(
    sign_in: SignIn, task: Task, person: Custody
) -> None:
    sign_in().get("/duty/")
    (row,) = Access.objects.filter(route="duty")
    assert (row.purpose, row.detainees) == ("duty", [person.detainee_id])


def test_a_page_asks_the_database_a_few_questions_however_much_there_is(
    sign_in: SignIn, task: Task, person: Custody
) -> None:
    for _ in range(20):
        intake.take([a_press(a_button(a_cell()))])
    client = sign_in()
    client.get("/duty/")
    for path in (
        f"/duty/?task={task.pk}",
        "/duty/now/",
        "/duty/area/",
        f"/duty/{task.pk}/item/",
        f"/duty/{task.pk}/around/",
        f"/duty/{task.pk}/",
        "/duty/answers/",
        "/bell/",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        most = WORKBENCH if path.startswith("/duty/?") else FEW
        assert len(asked(queries)) <= most, (path, asked(queries))


def test_a_task_is_accepted_and_answered_by_the_page(sign_in: SignIn, task: Task) -> None:
    client = sign_in()
    answer = client.post(f"/duty/{task.pk}/accept/")
    assert answer.headers["Location"] == f"/duty/?task={task.pk}#item"
    page = client.get(f"/duty/?task={task.pk}").content.decode()
    assert "Accepted by Zhao Min" in page
    assert "Answer with the result" in page
    client.post(f"/duty/{task.pk}/answer/", {"text": "Stomach pain; doctor called."})
    task.refresh_from_db()
    assert task.answer == "Stomach pain; doctor called."
    assert "Stomach pain; doctor called." in client.get("/duty/answers/").content.decode()
    assert "Stomach pain; doctor called." in client.get(f"/duty/{task.pk}/").content.decode()


def test_an_answer_without_words_is_asked_for_again_and_nothing_is_written(
    sign_in: SignIn, task: Task
) -> None:
    client = sign_in()
    client.post(f"/duty/{task.pk}/accept/")
    answer = client.post(f"/duty/{task.pk}/answer/", {"text": "   "})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    task.refresh_from_db()
    assert task.state == "accepted"


def led(client: Client, task: Task) -> str:
    """Where the item of a task leads to, which opens for whoever reads it; empty without a link."""
    page = client.get(f"{reverse('duty')}?task={task.pk}").content.decode()
    found = re.search(r'class="task-doing"><a class="btn" href="([^"]+)"', page)
    if not found:
        return ""
    assert client.get(found[1], follow=True).status_code == 200
    return found[1]


def test_a_task_leads_to_the_page_on_which_its_act_is_done(
    sign_in: SignIn, person: Custody, task: Task
) -> None:
    _paper, warning = limits.overdue(person)
    over = Task.objects.get(source_kind="limit.over")
    leader = sign_in(Post.LEADER)
    assert led(leader, over) == reverse("limit_warning", args=[warning.pk])
    Organization.objects.filter(pk=person.organization_id).update(kind="KSS")
    leaving.received(person)
    out = Task.objects.get(source_kind="release.document_received")
    assert led(sign_in(Post.DUTY_LEADER), out) == reverse("release_of", args=[person.pk])
    assert led(sign_in(), task) == "", "a button's press is gone to and answered here"


def test_whoever_stands_at_the_door_is_gone_to_from_the_task_of_their_health_check(
    sign_in: SignIn,
) -> None:
    receiver = factories.somebody(Post.ADMISSION, at=a_facility())
    assert reception.start_unexpected(receiver)
    health = Task.objects.get(source_kind="arrival.at_the_door")
    doctor = sign_in(Post.MEDICAL, StaffKind.CLINICIAN)
    assert led(doctor, health) == reverse("reception_board")


def test_the_second_to_accept_reads_who_was_first(sign_in: SignIn, task: Task) -> None:
    sign_in(name="Zhao Min").post(f"/duty/{task.pk}/accept/")
    page = sign_in(name="Sun Yi").post(f"/duty/{task.pk}/accept/", follow=True)
    assert "Zhao Min accepted this task at" in page.content.decode()


def test_a_task_is_withdrawn_with_a_reason_by_police_only(sign_in: SignIn, task: Task) -> None:
    auxiliary = sign_in(kind=StaffKind.AUXILIARY)
    assert "Withdraw the task" not in auxiliary.get("/duty/").content.decode()
    url = f"/duty/{task.pk}/withdraw/"
    page = auxiliary.post(url, {"reason": "Pressed by mistake."}, follow=True)
    assert "The law reserves this to police officers." in page.content.decode()
    sign_in().post(url, {"reason": "Pressed by mistake."})
    task.refresh_from_db()
    assert (task.state, task.withdrawn_reason) == ("withdrawn", "Pressed by mistake.")


def test_a_task_is_handed_back_with_a_reason_by_who_accepted_it(
    sign_in: SignIn, task: Task
) -> None:
    client, url = sign_in(), f"/duty/{task.pk}/hand-back/"
    assert "Hand the task back" not in client.get("/duty/").content.decode()
    client.post(f"/duty/{task.pk}/accept/")
    assert "Hand the task back" in client.get(f"/duty/?task={task.pk}").content.decode()
    page = client.post(url, {"reason": " "})
    assert page.status_code == 422
    assert 'aria-labelledby="hand-back-title" data-shown>' in page.content.decode()
    assert 'id="hand_back_reason-error"' in page.content.decode()
    page = client.post(url, {"reason": "Called to the gate."}, follow=True)
    assert "its posts are asked" in page.content.decode()
    task.refresh_from_db()
    assert (task.state, task.accepted_by) == ("open", "")
    page = sign_in(name="Zhao Min").post(url, {"reason": "Called to the gate."}, follow=True)
    assert "Nobody has accepted this task yet." in page.content.decode()


def test_the_source_of_a_task_is_read_in_the_readers_language(sign_in: SignIn, task: Task) -> None:
    client, url = sign_in(), f"/duty/{task.pk}/"
    assert "Guiding opinion on smart custody" in client.get(url).content.decode()
    chinese = client.get(url, headers={"accept-language": "zh-hans"}).content.decode()
    assert "关于推进智慧监管建设的指导意见" in chinese
    # One that was opened by an earlier catalogue, which had its source in Chinese alone.
    Task.objects.filter(pk=task.pk).update(rule=task.rule | {"source": "旧的依据"})
    assert "旧的依据" in client.get(url).content.decode()


def test_a_withdrawal_without_a_reason_asks_for_it_in_the_open_dialog(
    sign_in: SignIn, task: Task
) -> None:
    client, url = sign_in(), f"/duty/{task.pk}/withdraw/"
    assert "data-shown" not in client.get("/duty/").content.decode()
    answer = client.post(url, {"reason": " "})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-labelledby="withdraw-title" data-shown>' in page
    assert 'id="id_reason-error"' in page
    long = client.post(url, {"reason": "x" * 5000}).content.decode()
    assert "x" * 5000 in long
    task.refresh_from_db()
    assert task.state == "open"


def test_what_devices_say_is_text_and_never_markup(sign_in: SignIn) -> None:
    a_facility()
    message = Received.of(
        f"{FACILITY}/<b>/onvif-ej/Device/Trigger/DigitalInput/&<script>", b"<script>", clock.now()
    )
    intake.take([message])
    page = sign_in(Post.LEADER).get("/operations/").content.decode()
    assert "&lt;script&gt;" in page
    assert "&<script>" not in page


def test_leaders_see_what_failed_was_refused_or_fell_silent(
    sign_in: SignIn, button: Device
) -> None:
    body = json.dumps({"UtcTime": "yesterday"}).encode()
    intake.take(
        [Received.of(f"{button.topic_prefix}/onvif-ej/Door/State/DoorMode", body, clock.now())]
    )
    devices.register(
        button.organization,
        kind=DeviceKind.CAMERA,
        name="Corridor camera",
        topic_prefix="corridor",
        by=Actor.system("tests"),
    )
    client = sign_in(Post.LEADER)
    pulse.beat("devices")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/operations/").content.decode()
    assert page.count("at work") == 1
    assert page.count("silent") >= 1
    assert "The time cannot be read" in page
    assert button.name not in page  # it speaks when it is pressed
    assert "Corridor camera" in page
    assert len(asked(queries)) <= FEW


def test_the_operations_page_says_how_fresh_the_backups_are(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, now = sign_in(Post.LEADER), clock.now()
    none = client.get("/operations/").content.decode()
    assert "This node makes no backups" in none
    first = none.split('class="tile tile-')[1]
    assert first.startswith("over")
    assert "Backups" in first
    good = status.Status(True, copied_at=now, verified_at=now, kept_at=now)
    for known, there, absent in (
        (good, ("in time", "at work", "tested"), ("overdue", "never tested")),
        (replace(good, copied_at=now - timedelta(hours=25)), ("overdue",), ("in time",)),
        (replace(good, kept_at=now - timedelta(minutes=3)), ("silent",), ()),
        (replace(good, missing="07"), ("cannot be used",), ("in time",)),
        (replace(good, verified_at=None), ("never tested",), ()),
    ):
        monkeypatch.setattr(status, "of", lambda *_, known=known: known)
        page = client.get("/operations/").content.decode()
        section = page.split('id="ops-backups"')[1].split("</section>")[0]
        assert all(word in section for word in there), section
        assert not any(word in section for word in absent), section


def test_what_is_wrong_stands_before_what_is_calm(sign_in: SignIn, button: Device) -> None:
    devices.register(
        button.organization,
        kind=DeviceKind.CAMERA,
        name="Corridor camera",
        topic_prefix="corridor",
        by=Actor.system("tests"),
    )
    pulse.beat("devices")
    page = sign_in(Post.LEADER).get("/operations/").content.decode()
    tones = [part.split('"')[0] for part in page.split('class="tile tile-')[1:]]
    assert tones == sorted(tones, key=["over", "near", "calm"].index)
    assert {"over", "near", "calm"} == set(tones)


def test_a_leader_without_tasks_reads_what_else_there_is_to_look_at(
    sign_in: SignIn, button: Device
) -> None:
    page = sign_in(Post.LEADER).get("/duty/").content.decode()
    assert "Meanwhile, to look at" in page
    assert "none are made" in page  # no backups
    assert 'href="/operations/#ops-backups"' in page
    assert "Meanwhile" not in sign_in().get("/duty/").content.decode()


def test_the_operations_page_is_for_leaders(sign_in: SignIn) -> None:
    client = sign_in(Post.PATROL)
    client.raise_request_exception = False
    answer = client.get("/operations/")
    assert answer.status_code == 403
    assert "Your post doesn&#x27;t allow this." in answer.content.decode()


def test_what_else_happened_in_the_cell_says_to_whom(
    sign_in: SignIn, task: Task, person: Custody
) -> None:
    page = sign_in().get(f"/duty/?task={task.pk}").content.decode()
    beside = page.split("What else happened in this cell")[1]
    assert f"{person.detainee.name}</span>" in beside


def test_a_timeline_says_which_task_was_opened(sign_in: SignIn, task: Task) -> None:
    page = sign_in().get(f"/duty/{task.pk}/").content.decode()
    assert "Emergency button in a cell · For Patrol" in page


def test_a_task_of_another_facility_is_not_there(sign_in: SignIn) -> None:
    intake.take([a_press(a_button(a_cell(number=FACILITY + 1)))])
    task = Task.objects.get(organization_id=FACILITY + 1)
    client = sign_in()
    client.raise_request_exception = False
    for path in (f"/duty/?task={task.pk}", f"/duty/{task.pk}/", "/duty/?task=nonsense"):
        assert client.get(path).status_code == 404


def test_a_post_off_the_ladder_sees_an_empty_list(sign_in: SignIn, task: Task) -> None:
    page = sign_in(Post.MEDICAL, StaffKind.CLINICIAN).get("/duty/").content.decode()
    assert "Nothing to do now" in page
    assert str(task.pk) not in page


def test_deadlines_climb_to_the_duty_leaders_page(sign_in: SignIn, task: Task) -> None:
    leader = sign_in(Post.DUTY_LEADER)
    assert str(task.pk) not in leader.get("/duty/now/").content.decode()
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        duty.sweep()
        page = leader.get("/duty/now/").content.decode()
    assert str(task.pk) in page
    assert "Duty leader has been told; nobody has accepted yet" in page


def test_a_task_that_climbs_still_says_when_it_was_to_be_accepted(
    sign_in: SignIn, task: Task
) -> None:
    promised = task.opened_at + timedelta(minutes=5)
    with clock.set_to(task.opened_at + timedelta(minutes=7)):
        duty.sweep()
        page = sign_in().get("/duty/").content.decode()
    assert f'datetime="{promised.isoformat()}"' in page
    assert "2 min over" in page
    assert "8 min left" not in page  # until the next post is asked


def test_who_was_asked_stands_with_the_time(sign_in: SignIn, task: Task) -> None:
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        duty.sweep()
        page = sign_in().get(f"/duty/{task.pk}/item/").content.decode()
    asked = (task.opened_at + timedelta(minutes=5)).astimezone(clock.LOCAL)
    assert "Duty leader" in page
    assert f"{asked:%H:%M}" in page


def test_who_was_told_again_stands_once(sign_in: SignIn, task: Task) -> None:
    with clock.set_to(task.opened_at + timedelta(hours=2)):
        for _ in range(12):
            duty.sweep()
    with clock.set_to(task.opened_at + timedelta(hours=4)):
        for _ in range(12):
            duty.sweep()
        page = sign_in().get(f"/duty/{task.pk}/item/").content.decode()
    told = page.split("Told besides, as its ladder says:")[1].split("</p>")[0]
    assert told.count("Facility leader") == 1
    assert "and again" in told


def test_more_calls_than_have_room_lead_to_all_of_them(sign_in: SignIn, cell: Cell) -> None:
    for _ in range(5):
        intake.take([a_press(a_button(factories.a_cell(facility=cell.organization)))])
    page = sign_in().get("/calls/").content.decode()
    assert page.count("data-alarm") == 3
    assert "All 5" in page
    assert "data-alarm" not in sign_in().get("/calls/?quiet").content.decode()


def test_every_page_is_told_what_waits_to_be_accepted(sign_in: SignIn, task: Task) -> None:
    page = sign_in().get("/calls/").content.decode()
    assert page.count("data-alarm") == 1
    assert f"/duty/?task={task.pk}" in page
    assert "data-alarm" not in sign_in(Post.DUTY_LEADER).get("/calls/").content.decode()
    duty.accept(task.pk, by=somebody(Post.PATROL))
    assert "data-alarm" not in sign_in().get("/calls/").content.decode()


def test_an_answer_that_came_too_late_is_given_back(sign_in: SignIn, task: Task) -> None:
    client = sign_in()
    client.post(f"/duty/{task.pk}/accept/")
    duty.answer(task.pk, "Handled.", by=somebody(Post.LEADER))
    page = client.post(f"/duty/{task.pk}/answer/", {"text": "A long text of mine."})
    assert page.status_code == 422
    assert "Your text was not sent" in page.content.decode()
    assert "A long text of mine." in page.content.decode()


def test_what_was_withdrawn_comes_back_with_its_reason(sign_in: SignIn, task: Task) -> None:
    duty.withdraw(task.pk, "Pressed by mistake.", by=somebody(Post.PATROL))
    client = sign_in()
    page = client.get("/duty/answers/").content.decode()
    assert "Withdrawn" in page
    assert "Pressed by mistake." in page
    bell = client.get("/bell/").content.decode()
    assert "state-refused" in bell
    assert "state-done" not in bell


def test_a_post_without_a_page_is_told_so(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custos.foundation.ui.navigation.places_for", lambda request, acting: [])
    page = sign_in(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER).get("/").content.decode()
    assert "Your post has no page of its own here." in page


def test_a_post_that_oversees_begins_with_the_people_and_finds_what_it_is_asked(
    sign_in: SignIn,
) -> None:
    client = sign_in(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER)
    assert client.get("/").headers["Location"] == "/people/"
    # The catalogue asks this post where somebody is held beyond the limit and others let it lie.
    assert 'href="/duty/"' in client.get("/people/").content.decode()


def test_a_task_about_somebody_at_the_door_says_whom_from_where_and_which_door(
    sign_in: SignIn,
) -> None:
    receiver = factories.somebody(Post.ADMISSION, at=a_facility())
    reception.expect(receiver, sort="new", name="郑学义", brought_by="市局预审支队")
    task = Task.objects.get(source_kind="arrival.at_the_door")
    doctor = sign_in(Post.MEDICAL, StaffKind.CLINICIAN)
    said = "郑学义 · New arrival · brought by 市局预审支队 · at the admission door"
    assert said in doctor.get("/duty/now/").content.decode()
    for page in (f"/duty/?task={task.pk}", f"/duty/{task.pk}/"):
        shown = doctor.get(page).content.decode()
        assert "郑学义" in shown, page
        assert "at the admission door" in shown, page


def test_a_task_about_somebody_in_custody_names_them_in_the_list(
    sign_in: SignIn, person: Custody
) -> None:
    limits.overdue(person)
    shown = sign_in(Post.LEADER).get("/duty/now/").content.decode()
    assert "Held beyond the limit of custody" in shown
    assert "Wang Jianguo" in shown


def test_tasks_about_limits_say_when_custody_ends_and_what_ends_first_stands_first(
    sign_in: SignIn,
) -> None:
    later, sooner = (factories.a_detainee(in_cell=a_cell(), name=name) for name in ("Li", "Wu"))
    limits.arrested(later, days_ago=56)
    limits.arrested(sooner, days_ago=58)
    for path in ("/duty/now/", "/duty/"):
        shown = sign_in(Post.CASE_OFFICER).get(path).content.decode()
        rows = re.findall(r'<li class="row-item.*?</li>', shown, re.DOTALL)
        assert [name for row in rows for name in ("Li", "Wu") if f">{name}<" in row] == ["Wu", "Li"]
        for row, stay in zip(rows, (sooner, later), strict=True):
            due = Clock.objects.get(pk=stay.pk).due_at
            assert due is not None
            assert "Custody ends" in row
            assert f'datetime="{due.isoformat()}"' in row
    # The one at hand is the first of the list.
    assert f'href="/duty/?task={Task.objects.get(custody_id=sooner.pk).pk}#item"' in rows[0]
    assert "aria-current" in rows[0]


def test_a_task_about_no_limit_keeps_its_place_among_those_about_limits(task: Task) -> None:
    (one,) = queries.now_list(somebody(Post.PATROL))
    end = clock.now()
    other = replace(one, severity=3, id=uuid4())
    tasks = [
        one,
        replace(other, limit_ends=end + timedelta(days=5), id=uuid4()),
        other,
        replace(other, limit_ends=end + timedelta(days=2), id=uuid4()),
        replace(other, limit_ends=end, tone="doing", id=uuid4()),
    ]
    ordered = views._by_the_limit(tasks)
    assert [tasks.index(task) for task in ordered] == [0, 3, 2, 1, 4]


def test_the_bell_tells_of_open_tasks_and_of_answers_and_remembers_what_was_read(
    sign_in: SignIn, task: Task
) -> None:
    client, other = sign_in(), sign_in()
    page = client.get("/bell/").content.decode()
    assert 'data-unread="1"' in page
    assert "Emergency button in a cell" in page
    key = f"task:{task.pk}:patrol"
    client.post("/bell/read/", {"key": [key, "made-up"]})
    assert BellSeen.objects.get().keys == [key]
    assert 'data-unread="0"' in client.get("/bell/").content.decode()
    assert 'data-unread="1"' in other.get("/bell/").content.decode()
    other.post(f"/duty/{task.pk}/accept/")
    assert key not in client.get("/bell/").content.decode()
    other.post(f"/duty/{task.pk}/answer/", {"text": "Stomach pain; doctor called."})
    page = client.get("/bell/").content.decode()
    assert "Stomach pain; doctor called." in page
    assert 'data-unread="1"' in page


def test_what_climbs_to_another_post_of_the_same_account_is_news_there(
    sign_in: SignIn, task: Task
) -> None:
    leader = sign_in(Post.DUTY_LEADER)
    assert 'data-unread="0"' in leader.get("/bell/").content.decode()
    with clock.set_to(task.opened_at + timedelta(minutes=5)):
        duty.sweep()
        assert 'data-unread="1"' in leader.get("/bell/").content.decode()


def test_the_bell_shows_nothing_of_another_facility(sign_in: SignIn) -> None:
    intake.take([a_press(a_button(a_cell(number=FACILITY + 1)))])
    assert 'data-unread="0"' in sign_in().get("/bell/").content.decode()


def test_a_cell_is_found_by_its_name_and_leads_to_its_people(sign_in: SignIn, cell: Cell) -> None:
    elsewhere = a_cell(f"{cell.name}-x", number=FACILITY + 1)
    page = sign_in().get("/search/", {"q": cell.name.lower()}).content.decode()
    assert f"/people/?cell={cell.pk}" in page
    assert elsewhere.name not in page


def test_the_facility_shows_its_cells_with_their_people_and_names_nobody(
    sign_in: SignIn, person: Custody, cell: Cell
) -> None:
    client = sign_in()
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/facility/").content.decode()
    assert len(asked(queries)) <= FEW
    assert f'aria-label="{cell.name} 1/12, places free"' in page
    assert f"/people/?cell={cell.pk}" in page
    assert "Wang Jianguo" not in page
    assert not Access.objects.exists()
    assert "No base record holds today." in page
    for tab in ("cells", "base", "nonsense"):
        assert client.get(f"/facility/?tab={tab}").status_code == 200
    for measure in ("room", "sex", "kind", "nonsense"):
        assert client.get(f"/facility/?measure={measure}").status_code == 200


def test_the_facilitys_figures_come_from_its_base_record(
    sign_in: SignIn, person: Custody, cell: Cell
) -> None:
    organizations.record_base(
        cell.organization,
        valid_from=clock.now().astimezone(clock.LOCAL).date(),
        grade="2",
        capacity=4,
        square_metres=Decimal("10.5"),
        staff={"officer": 2},
        installations=[organizations.Installed("Cameras", 8, 6)],
        by=Actor.system("tests"),
    )
    page = sign_in().get("/facility/?tab=base").content.decode()
    for words in ("4 certified places", "25", "10.5", "0.5", "2 broken", "1 kind doesn"):
        assert words in page


def test_a_cell_that_holds_too_many_is_said_in_words(sign_in: SignIn, person: Custody) -> None:
    Cell.objects.filter(pk=person.cell_id).update(capacity=1)
    assert " 1/1, full" in sign_in().get("/facility/").content.decode()


def test_a_higher_tier_begins_with_its_facilities_and_sees_no_others(
    person: Custody, sign_in: SignIn
) -> None:
    a_facility()
    elsewhere = factories.a_facility()
    assert sign_in().get(f"/facility/{elsewhere.pk}/").status_code == 404
    client = Client(headers={"accept-language": "en"})
    acting = factories.somebody(Post.OVERSIGHT, at=factories.a_city())
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/facility/").content.decode()
    assert elsewhere.name in page
    assert "no base record" in page
    assert "Beyond the limit of custody" in page
    assert "1 person" not in page
    with scope.entered(factories.SYSTEM):
        limits.overdue(factories.a_detainee(in_cell=factories.a_cell(facility=elsewhere)))
    assert "1 person" in client.get("/facility/").content.decode()
    assert client.get(f"/facility/{elsewhere.pk}/").status_code == 200


def test_an_alarm_stands_above_the_page_that_asks_who_one_is_too(sign_in: SignIn) -> None:
    asked = sign_in().get(reverse("account_reauthenticate")).content.decode()
    assert 'data-live-url="/calls/"' in asked
    assert "data-stream=" in asked
    nobody = Client().get(reverse("account_login")).content.decode()
    assert 'data-live-url="/calls/"' not in nobody
    assert "data-stream=" not in nobody
