"""Moving, beds, the roll, counts and movements as pages, by Django's client."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from custos.foundation import clock
from custos.foundation.accounts.models import Access
from custos.foundation.custody import counting
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Absence, Count
from custos.foundation.custody.tests import worlds
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.models import Task
from tests.factories import a_cell, a_detainee, an_officer, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

SignIn = Callable[..., Client]


@pytest.fixture
def cells(facility: Organization) -> list[Cell]:
    return [a_cell(facility=facility) for _ in range(3)]


@pytest.fixture
def sign_in(facility: Organization) -> SignIn:
    def signed_in(post: Post, kind: StaffKind = StaffKind.OFFICER) -> Client:
        client = Client(headers={"accept-language": "en"})
        acting = somebody(post, kind, at=facility)
        client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_a_move_shows_both_sides_before_it_is_decided_and_logs_what_was_shown(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    stay, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="Li Wei")
    a_detainee(in_cell=cells[1])
    worlds.watched(other)
    client, where = sign_in(Post.CASE_OFFICER), f"/people/{stay.pk}/move/"
    before = client.get(where).content.decode()
    assert cells[1].name in before
    assert "Li Wei" not in before
    page = client.get(f"{where}?cell={cells[1].pk}").content.decode()
    assert "Li Wei" in page
    assert "never alone" in page
    answer = client.post(
        where,
        {
            "cell": str(cells[1].pk),
            "seen": _hidden(page, "seen"),
            "offered": _hidden(page, "offered"),
            "reason": "Quarrel",
        },
        follow=True,
    )
    assert f"To cell {cells[1].name}: Quarrel" in answer.content.decode()
    assert Entry.objects.filter(kind="placing.considered", custody_id=stay.pk).count() == 1
    looks = Access.objects.filter(route="person_move").order_by("at")
    assert [other.detainee_id in look.detainees for look in looks] == [False, True, False]


def test_kr_14_a_move_to_a_codefendant_has_no_button_and_is_refused(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    stay, other = a_detainee(in_cell=cells[0]), a_detainee(in_cell=cells[1], name="Li Wei")
    worlds.apart(stay, other)
    client, where = sign_in(Post.CASE_OFFICER), f"/people/{stay.pk}/move/"
    page = client.get(f"{where}?cell={cells[1].pk}").content.decode()
    assert "Co-defendants are held apart" in page
    assert f"Move to cell {cells[1].name}" not in page
    refused = client.post(where, {"cell": str(cells[1].pk), "reason": "ordered"})
    assert refused.status_code == 422
    assert "Co-defendants are held apart" in refused.content.decode()
    stay.refresh_from_db()
    assert stay.cell_id == cells[0].pk


def test_a_cell_filled_a_second_ago_is_shown_again_before_anything_happens(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    stay = a_detainee(in_cell=cells[0])
    client, where = sign_in(Post.CASE_OFFICER), f"/people/{stay.pk}/move/"
    page = client.get(f"{where}?cell={cells[1].pk}").content.decode()
    a_detainee(in_cell=cells[1], name="Li Wei")
    sent = {"cell": str(cells[1].pk), "seen": _hidden(page, "seen"), "reason": "Quarrel"}
    again = client.post(where, sent)
    shown = again.content.decode()
    assert again.status_code == 422
    assert "Something has changed in that cell since you looked" in shown
    assert "Li Wei" in shown
    assert "Quarrel</textarea>" in shown
    client.post(where, sent | {"seen": _hidden(shown, "seen")})
    stay.refresh_from_db()
    assert stay.cell_id == cells[1].pk


def test_proposing_cells_asks_as_often_for_many_people_as_for_few(
    sign_in: SignIn, cells: list[Cell], django_assert_max_num_queries: Callable[..., object]
) -> None:
    stay = a_detainee(in_cell=cells[0])
    for cell in cells:
        for _ in range(4):
            a_detainee(in_cell=cell)
    client = sign_in(Post.CASE_OFFICER)
    client.get("/roll/")
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        client.get(f"/people/{stay.pk}/move/?cell={cells[1].pk}")


def test_beds_show_who_is_where_with_what_others_must_know(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    stay = a_detainee(in_cell=cells[0], name="Li Wei")
    elsewhere = a_detainee(in_cell=cells[1], name="Sun Ming")
    worlds.isolated(stay)
    worlds.gone(stay)
    page = sign_in(Post.PATROL).get(f"/beds/?area={cells[0].area_id}").content.decode()
    for words in ("Li Wei", "apart by medical order", "outside", "1 of 12 places"):
        assert words in page
    assert "Sun Ming" not in page
    seen = Access.objects.filter(purpose="custody.beds").latest("at").detainees
    assert stay.detainee_id in seen
    assert elsewhere.detainee_id not in seen


def test_the_roll_of_an_instant_is_shown_and_names_nobody(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    worlds.gone(a_detainee(in_cell=cells[0], name="Li Wei"))
    a_detainee(in_cell=cells[0])
    client = sign_in(Post.PATROL)
    page = client.get("/roll/").content.decode()
    assert "1 present of 2" in page
    assert "it does<" in page
    assert "Li Wei" not in page
    long_ago = (clock.now() - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M")
    assert "This is not the roll of now" not in page
    past = client.get(f"/roll/?at={long_ago}").content.decode()
    assert "Nobody is held" in past
    assert "This is not the roll of now" in past
    assert "Begin the count" in page
    assert "Begin the count" not in past


def test_a_count_that_is_going_on_stands_above_those_that_have_ended(
    sign_in: SignIn, facility: Organization, cells: list[Cell]
) -> None:
    now = clock.now()
    going_on = Count.objects.create(
        organization=facility, occasion="night", at=now - timedelta(hours=1), state="recount"
    )
    Count.objects.create(organization=facility, occasion="meal", at=now, state="agreed")
    page = sign_in(Post.PATROL).get("/roll/").content.decode()
    assert "A count is going on" in page
    assert page.index(f"/counts/{going_on.pk}/") < page.index("Held")
    table = page[page.index("<tbody data-rows>") :]
    assert table.index("Night") < table.index("Meal")


def test_a_count_that_has_ended_says_who_was_left_out(sign_in: SignIn, cells: list[Cell]) -> None:
    worlds.gone(a_detainee(in_cell=cells[0]))
    for _someone in range(2):
        a_detainee(in_cell=cells[0])
    one, other = sign_in(Post.PATROL), sign_in(Post.PATROL)
    where = one.post("/counts/", {"occasion": "shift", "area": ""}).headers["Location"]
    page = one.get(where).content.decode()
    assert "Who is outside, such as at court or in hospital, is left out." in page
    numbers = {str(cell.pk): "2" if cell == cells[0] else "0" for cell in cells}
    for who in (one, other):
        assert "people were to be counted" not in one.get(where).content.decode()
        who.post(where, numbers)
    page = one.get(where).content.decode()
    assert "2 people were to be counted. 1 person was outside then" in page


def test_two_people_count_blind_and_a_leader_explains_what_differs(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    a_detainee(in_cell=cells[0])
    one, other, leader = (sign_in(post) for post in (Post.PATROL, Post.PATROL, Post.DUTY_LEADER))
    where = one.post("/counts/", {"occasion": "shift", "area": ""}).headers["Location"]
    page = one.get(where).content.decode()
    assert "By the roll" not in page
    wrong = {str(cell.pk): "0" for cell in cells}
    one.post(where, wrong)
    assert "The other one still counts" in one.get(where).content.decode()
    other.post(where, wrong)
    again = one.get(where).content.decode()
    assert str(cells[0].pk) in again
    assert str(cells[1].pk) not in again
    for who in (one, other):
        who.post(where, {str(cells[0].pk): "0"})
    page = leader.get(where).content.decode()
    assert "By the roll" in page
    leader.post(f"{where}explain/", {"reason": "At the doctor's, not written down"})
    assert Count.objects.get().state == "explained"
    task = Task.objects.get(source_kind="count.mismatch")
    assert (task.state, task.answer) == ("answered", "At the doctor's, not written down")
    told = one.get(where).content.decode()
    assert "What became of it" in told
    assert "At the doctor&#x27;s, not written down" in told
    assert "Zhao Min, Zhao Min" in told, "who counted"


def test_a_number_left_out_keeps_what_was_typed(
    sign_in: SignIn, facility: Organization, cells: list[Cell]
) -> None:
    count = counting.begin(facility, "shift", by=an_officer(Post.PATROL))
    answer = sign_in(Post.PATROL).post(f"/counts/{count.pk}/", {str(cells[0].pk): "7"})
    assert answer.status_code == 422
    assert 'value="7"' in answer.content.decode()


def test_somebody_goes_out_by_a_plan_and_comes_back(sign_in: SignIn, cells: list[Cell]) -> None:
    stay = a_detainee(in_cell=cells[0], name="Li Wei")
    client = sign_in(Post.INTERROGATION)
    now = clock.now().astimezone(clock.LOCAL)
    plan = {
        "kind": "court",
        "destination": "District court",
        "planned_from": now.strftime("%Y-%m-%dT%H:%M"),
        "planned_until": (now + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"),
    }
    refused = client.post(f"/people/{stay.pk}/absence/", plan)
    assert refused.status_code == 422
    where = client.post(f"/people/{stay.pk}/absence/", plan | {"document": "No. 7"}).headers[
        "Location"
    ]
    assert "District court" in client.get("/movements/").content.decode()
    said = {"escort": "Zhao, Qian", "condition": "well"}
    assert client.post(f"{where}leave/", {"escort": ""}).status_code == 422
    client.post(f"{where}leave/", said)
    assert ">outside<" in client.get("/movements/").content.decode()
    assert client.post(f"{where}back/", {"condition": "tired"}).status_code == 422
    client.post(f"{where}back/", {"condition": "tired", "injured": "no"})
    page = client.get("/movements/").content.decode()
    assert "Li Wei" not in page
    assert Absence.objects.get().back_at is not None
    assert "tired" in client.get(f"/people/{stay.pk}/").content.decode()
    assert not Task.objects.filter(rule_id="DUTY-RETURN-INJURED").exists()


def test_a_new_injury_on_return_calls_the_doctor_and_the_duty_leader_at_once(
    sign_in: SignIn, cells: list[Cell]
) -> None:
    """Information table no. 3; 人民检察院刑事诉讼规则 第656条: seen and reported at once."""
    stay = a_detainee(in_cell=cells[0])
    absence = worlds.gone(stay)
    said = {"condition": "左臂擦伤", "injured": "yes"}
    sign_in(Post.INTERROGATION).post(f"/movements/{absence.pk}/back/", said)
    entry = Entry.objects.get(kind="custody.injured_on_return", custody_id=stay.pk)
    assert entry.because_id == Entry.objects.get(kind="absence.back").pk
    task = Task.objects.get(rule_id="DUTY-RETURN-INJURED")
    assert (task.post, task.severity, task.custody_id) == ("medical", 1, stay.pk)
    for post, kind in (
        (Post.MEDICAL, StaffKind.CLINICIAN), (Post.DUTY_LEADER, StaffKind.OFFICER),
    ):  # fmt: skip
        page = sign_in(post, kind).get("/duty/").content.decode()
        assert "must be seen and reported now" in page, post


@pytest.mark.parametrize("path", ["/beds/", "/movements/"])
def test_the_live_part_is_fetched_without_the_page_around_it(
    sign_in: SignIn, cells: list[Cell], path: str
) -> None:
    worlds.gone(a_detainee(in_cell=cells[0], name="Li Wei"))
    part = sign_in(Post.PATROL).get(path, headers={"X-Live": "true"}).content.decode()
    assert "Li Wei" in part
    assert "<html" not in part


def test_an_auxiliary_lets_nobody_out(sign_in: SignIn, cells: list[Cell]) -> None:
    stay: Custody = a_detainee(in_cell=cells[0])
    absence = worlds.planned(stay)
    client = sign_in(Post.CASE_OFFICER, StaffKind.AUXILIARY)
    said = {"escort": "x", "condition": "x"}
    page = client.post(f"/movements/{absence.pk}/leave/", said, follow=True).content.decode()
    assert "The law reserves this to police officers" in page
    absence.refresh_from_db()
    assert absence.left_at is None
