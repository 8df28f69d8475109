"""The workbench and the operations page, by Django's client."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.models import Access
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.database import pulse, scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.intake import Received
from custos.prevention.devices.models import Device
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    a_press,
    somebody,
)
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task

pytestmark = pytest.mark.django_db

#: What a page may ask the database, its session, account and scope left out.
FEW = 12
_FRAME = ("SAVEPOINT", "RELEASE", "SELECT set_config", 'UPDATE "django_session"')
_FRAME_TABLES = ("django_session", '"accounts_user"', "accounts_posting")

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


def test_the_first_page_is_where_ones_post_works(sign_in: SignIn) -> None:
    assert sign_in().get("/").headers["Location"] == "/duty/"


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
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert len(asked(queries)) <= FEW, (path, asked(queries))


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
    client = sign_in(Post.LEADER)
    pulse.beat("devices")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/operations/").content.decode()
    assert page.count("at work") == 1
    assert page.count("silent") >= 1
    assert "The time cannot be read" in page
    assert button.name in page
    assert len(asked(queries)) <= FEW


def test_the_operations_page_is_for_leaders(sign_in: SignIn) -> None:
    client = sign_in(Post.PATROL)
    client.raise_request_exception = False
    answer = client.get("/operations/")
    assert answer.status_code == 403
    assert "This page is for leaders." in answer.content.decode()


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
    assert "climbed to" in page


def test_a_post_without_a_page_is_told_so(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custos.foundation.ui.navigation.places_for", lambda request, acting: [])
    page = sign_in(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER).get("/").content.decode()
    assert "Your post has no page of its own here." in page


def test_a_post_that_no_task_asks_begins_with_the_people(sign_in: SignIn) -> None:
    answer = sign_in(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER).get("/")
    assert answer.headers["Location"] == "/people/"
