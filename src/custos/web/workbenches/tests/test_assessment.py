"""The pages of the assessment of duty and of its ledger."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.parties import Audience, Post
from custos.prevention.duty.assessment.models import FigureAnswer, SignedMonth
from custos.prevention.duty.assessment.tests.worlds import AFTER, Assessed
from tests import house
from tests.factories import SYSTEM, somebody

pytestmark = pytest.mark.django_db

OWN = "/assessment/own/?month=2026-03"


@pytest.fixture
def world() -> Any:
    with clock.set_to(AFTER):
        with scope.entered(SYSTEM):
            made = Assessed(password="seven-quiet-corridors")
            for minutes in range(4):
                made.task(opened=minutes, by=made.one, accepted=minutes + 2, answered=minutes + 9)
            made.reported(made.officer)
        yield made


def page(acting: Acting, way: str, language: str = "en") -> Any:
    client = Client(headers={"accept-language": language})
    with scope.entered(SYSTEM):
        client.cookies["sessionid"] = house.cookie_of(acting)
    return client.get(way)


def posted(acting: Acting, way: str, **fields: str) -> Any:
    client = Client(headers={"accept-language": "en"})
    with scope.entered(SYSTEM):
        client.cookies["sessionid"] = house.cookie_of(acting)
    return client.post(way, fields, follow=True)


def of_march(world: Assessed) -> str:
    return f"/assessment/{world.facility.pk}/2026-03/"


def test_few_cases_are_a_count_and_five_a_share(world: Assessed) -> None:
    answer = page(world.leader, of_march(world))
    assert ">4 / 4<" in answer.content.decode()
    assert "100%" not in answer.content.decode()
    with scope.entered(SYSTEM):
        world.task(opened=9, by=world.one, accepted=30, answered=40, step=1)
    assert "80% · 4 / 5" in page(world.leader, of_march(world)).content.decode()


def test_a_month_in_which_nothing_was_recorded_is_not_a_good_one(world: Assessed) -> None:
    said = page(world.leader, f"/assessment/{world.facility.pk}/2026-01/").content.decode()
    assert "100%" not in said
    assert "—" in said


def test_figures_lead_to_the_tasks_behind_them_and_say_nothing_of_health(world: Assessed) -> None:
    with scope.entered(SYSTEM):
        world.task(
            by=world.doctor,
            accepted=2,
            answered=4,
            handler=Post.MEDICAL,
            audience=Audience.CLINICAL,
        )
    where = f"{of_march(world)}cases/?measure=first_action&by=post&key=medical"
    said = page(world.leader, where)
    assert said.context["behind"].count == 1
    assert said.context["behind"].cases[0].task.restricted
    assert page(world.leader, f"{of_march(world)}cases/?measure=beauty").status_code == 404


def test_an_officer_sees_their_own_alone_and_not_those_of_others(world: Assessed) -> None:
    mine = page(world.one, OWN)
    assert "4 / 4" in mine.content.decode()
    assert "4 / 4" not in page(world.officer, OWN).content.decode()
    assert page(world.one, of_march(world)).status_code == 403


def test_an_officer_answers_and_the_leader_replies(world: Assessed) -> None:
    said = posted(
        world.one, "/assessment/own/answer/", month="2026-03", measure="closing", text="x y"
    )
    assert "x y" in said.content.decode()
    assert posted(
        world.one, "/assessment/own/answer/", month="2026-03", measure="closing", text=""
    ).status_code == 422  # fmt: skip
    with scope.entered(SYSTEM):
        row = FigureAnswer.objects.get()
    replied = posted(world.leader, f"/assessment/answers/{row.pk}/reply/", text="Seen by me.")
    assert "Seen by me." in replied.content.decode()
    assert "Seen by me." in page(world.one, OWN).content.decode()


def test_a_month_is_signed_only_as_it_was_seen_and_with_a_proof(world: Assessed) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER, at=world.facility, password="nine-open-windows")
    digest = page(leader, of_march(world)).context["found"].digest
    way, proof = f"{of_march(world)}sign/", {"own_password": "nine-open-windows"}
    assert posted(leader, way, digest=digest, own_password="wrong").status_code == 422
    assert posted(leader, way, digest="0" * 64, **proof).status_code == 422
    assert "Signed by the leader" in posted(leader, way, digest=digest, **proof).content.decode()
    with scope.entered(SYSTEM):
        assert SignedMonth.objects.get().digest == digest


def test_a_city_sees_its_facilities_side_by_side(world: Assessed) -> None:
    with scope.entered(SYSTEM):
        city = somebody(Post.OVERSIGHT, at=world.facility.parent)
    said = page(city, "/assessment/?month=2026-03").content.decode()
    assert world.facility.name in said
    assert "4 / 4" in said
    assert page(city, of_march(world)).status_code == 200


def test_a_month_that_is_none_or_not_begun_is_not_there(world: Assessed) -> None:
    for month in ("2026-13", "x", "2027-01", "1900-01"):
        assert page(world.leader, f"/assessment/{world.facility.pk}/{month}/").status_code == 404


def test_the_spreadsheet_has_every_figure_by_name(world: Assessed) -> None:
    answer = page(world.leader, f"{of_march(world)}export/")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    flat = [str(value) for row in rows for value in row]
    assert {"4 / 4", "Patrol and control room", "Police officer"} <= set(flat)


def test_a_days_ledger_says_who_stood_where_and_what_became_of_tasks(world: Assessed) -> None:
    with scope.entered(SYSTEM):
        world.stood(world.one)
        world.looked(world.one, 3)
        world.looked(world.one, 40, late=9)
        world.missed(33)
        world.task(opened=99)
    said = page(world.duty_leader, "/duty/ledger/?day=2026-03-03")
    rows = [(row.event, row.text) for row in said.context["rows"]]
    assert ("Stood on the post", "") in rows
    assert ("Rounds", "Looks into cells: 2, late: 1") in rows
    assert ("Rounds missed", "Looks missed: 1") in rows
    assert [event for event, _text in rows].count("Task taken on") == 4
    assert [event for event, _text in rows].count("Task not taken on") == 1
    assert not page(world.duty_leader, "/duty/ledger/?day=2026-03-09").context["rows"]
    only = page(world.duty_leader, "/duty/ledger/?day=2026-03-03&post=duty_leader")
    assert not only.context["rows"]


def test_the_ledger_is_printed_and_exported(world: Assessed) -> None:
    printed = page(world.leader, "/duty/ledger/print/?day=2026-03-03")
    assert printed.content.startswith(b"%PDF")
    sheet = page(world.leader, "/duty/ledger/export/?day=2026-03-03")
    rows = CalamineWorkbook.from_filelike(BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert sum("Task taken on" in row for row in rows) == 4
