"""Where the access log can't be written, nobody is shown, and every alarm is."""

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody

pytestmark = pytest.mark.usefixtures("live_database")

#: How the row may fail to be written: no grant, and whatever else the database raises.
REVOKED = "REVOKE INSERT ON accounts_access FROM custos_app"
FULL = """
CREATE FUNCTION tests_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON accounts_access FOR EACH ROW EXECUTE FUNCTION tests_full();
"""


class World:
    """An alarm in a cell with somebody in it, and an officer on patrol."""

    def __init__(self) -> None:
        with scope.entered(SYSTEM):
            place = a_facility()
            cell = a_cell(facility=place)
            self.cell_name = cell.name
            self.stay: Custody = a_detainee(in_cell=cell, name="Wang Jianguo")
            intake.take([a_press(a_button(cell))])
            self.task = Task.objects.get(cell=cell)
            self.patrol: Acting = somebody(Post.PATROL, at=place)

    def get(self, path: str) -> tuple[int, str]:
        client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
        client.force_login(self.patrol.user, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(path)
        return answer.status_code, answer.content.decode()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("trouble", [REVOKED, FULL])
def test_alarms_are_shown_without_people_and_people_are_refused(
    world: World, trouble: str, superuser_sql: psycopg.Connection
) -> None:
    pages = {
        "duty": reverse("duty"),
        "chosen": f"{reverse('duty')}?task={world.task.pk}",
        "now": reverse("duty_now"),
        "item": reverse("duty_item", args=[world.task.pk]),
        "task": reverse("duty_task", args=[world.task.pk]),
        "calls": reverse("calls"),
    }
    _status, before = world.get(pages["chosen"])
    assert "Wang Jianguo" in before
    assert "People are left out" not in before

    superuser_sql.execute(trouble)
    for name, path in pages.items():
        status, page = world.get(path)
        assert status == 200, name
        assert world.cell_name in page, name
        assert "Level 1" in page, name
        assert "Wang" not in page, name
    for path in (pages["chosen"], pages["task"], reverse("duty_around", args=[world.task.pk])):
        assert "People are left out" in world.get(path)[1]
    for path in (reverse("people"), reverse("person", args=[world.stay.pk])):
        status, page = world.get(path)
        assert status == 503
        assert "Wang" not in page
        assert "The access log can&#x27;t be written" in page


def test_an_alarm_is_raised_and_accepted_all_the_same(
    world: World, superuser_sql: psycopg.Connection
) -> None:
    superuser_sql.execute(REVOKED)
    with scope.entered(SYSTEM):
        cell = a_cell(facility=world.patrol.organization)
        intake.take([a_press(a_button(cell))])
        raised = Task.objects.get(cell=cell)
    assert str(raised.pk) in world.get(reverse("duty_now"))[1]
    client = Client()
    client.force_login(world.patrol.user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("duty_accept", args=[raised.pk]))
    with scope.entered(SYSTEM):
        raised.refresh_from_db()
    assert raised.state == "accepted"
