"""Admission, the list and a person's page, by Django's client."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from custos.foundation import clock
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.models import Access
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind

pytestmark = pytest.mark.django_db

FACILITY, ELSEWHERE = 101_001_001, 102_001_001
SYSTEM = scope.Scope.of_system("tests")

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with scope.entered(SYSTEM):
        for number in (FACILITY, ELSEWHERE):
            Organization.objects.create(id=number, name=f"Centre {number}", kind="KSS")
        yield


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(post: Post, kind: StaffKind = StaffKind.OFFICER, at: int = FACILITY) -> Client:
        user = accounts.make_account(f"u{uuid4().hex[:10]}", None)
        accounts.post_staff(
            user,
            name="Zhao Min",
            kind=kind,
            organization=Organization.objects.get(pk=at),
            post=post,
            by=Actor.system("tests"),
        )
        client = Client(headers={"accept-language": "en"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


def a_cell(sex: str = "1", capacity: int = 12, facility: int = FACILITY) -> Cell:
    return Cell.objects.create(
        organization_id=facility, name=uuid4().hex[:6], sex=sex, capacity=capacity
    )


def a_custody(cell: Cell, name: str = "Wang Jianguo") -> Custody:
    return custody.admit(
        name=name,
        sex=cell.sex,
        born=date(1980, 1, 1),
        basis="拘留证",
        basis_number="1",
        number=uuid4().hex[:21],
        arrived_at=clock.now(),
        cell=cell.pk,
        by=Actor(ActorKind.STAFF, str(uuid4()), Post.ADMISSION, StaffKind.OFFICER),
    )


def typed(cell: Cell, **changed: str) -> dict[str, str]:
    arrived = clock.now().astimezone(clock.LOCAL) - timedelta(hours=1)
    return {
        "name": "Li 㐂",
        "sex": "1",
        "born": "1990-05-01",
        "basis": "拘留证",
        "basis_number": "2026-17",
        "number": "101001001202603020001",
        "arrived_at": arrived.strftime("%Y-%m-%dT%H:%M"),
        "cell": str(cell.pk),
        "reason": "",
    } | changed


def admitted(client: Client, said: dict[str, str], *, follow: bool = False) -> Any:
    """The short form, its review, and the record; what refuses it, where something does."""
    review = client.post("/reception/admit/", said)
    if review.status_code != 200:
        return review
    confirmed = said | {"go": "record", "seen": review.context["seen"]}
    return client.post("/reception/admit/", confirmed, follow=follow)


def test_what_will_be_recorded_is_shown_before_it_is(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    worlds.watched(a_custody(cell, name="Sun Bo"))
    page = client.post("/reception/admit/", typed(cell))
    text = page.content.decode()
    for word in ("Li 㐂", "Male", "2026-17", cell.name, "Sun Bo", "never alone", "new arrival"):
        assert word in text
    assert Custody.objects.count() == 1
    # Without what was seen nothing is recorded, and what was typed goes back to be changed.
    assert client.post("/reception/admit/", typed(cell, go="record")).status_code == 200
    form = client.post("/reception/admit/", typed(cell, go="change"))
    assert 'value="2026-17"' in form.content.decode()
    assert Custody.objects.count() == 1
    assert admitted(client, typed(cell)).status_code == 302
    assert Entry.objects.filter(kind="placing.considered").exists()


def test_a_person_is_admitted_and_their_page_tells_of_it(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    answer = admitted(client, typed(cell), follow=True)
    stay = Custody.objects.get(number="101001001202603020001")
    assert answer.redirect_chain[-1][0] == f"/people/{stay.pk}/"
    assert stay.cell_id == cell.pk
    page = answer.content.decode()
    assert "Li 㐂" in page
    assert "Admitted" in page
    assert "Zhao Min" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"basis": ""}, "Choose: Legal document."),
        ({"number": "123"}, "at least 12 digits"),
        ({"basis_number": "x"}, "has a digit"),
        ({"name": "Li 㐂" + "x" * 197}, "At most 200 characters; this is 201."),
        ({"basis": "行政拘留决定书"}, "valid choice"),
        ({"born": "2190-01-01"}, "impossible"),
        ({"arrived_at": "2190-01-01T00:00"}, "future"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_leaves_nothing(
    sign_in: SignIn, changed: dict[str, str], said: str
) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    before = Entry.objects.count()
    answer = client.post("/reception/admit/", typed(cell, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Li 㐂" in answer.content.decode()
    assert not Detainee.objects.exists()
    assert Entry.objects.count() == before


def test_a_man_is_not_put_into_a_womens_cell(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell(sex="2")
    answer = client.post("/reception/admit/", typed(cell))
    assert answer.status_code == 422
    assert "Men and women are held apart" in answer.content.decode()
    assert not Custody.objects.exists()


def test_what_was_typed_at_the_door_can_be_checked_on_the_page(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    arrived = clock.now() - timedelta(days=2)
    today = clock.now().astimezone(clock.LOCAL).date()
    born = date(today.year - 30, today.month, 1)
    said = typed(
        cell,
        arrived_at=arrived.astimezone(clock.LOCAL).strftime("%Y-%m-%dT%H:%M"),
        born=born.isoformat(),
    )
    page = admitted(client, said, follow=True).content.decode()
    stay = Custody.objects.get()
    assert f"{born} · 30 years old" in page
    assert "<dd>Male</dd>" in page
    assert f"Centre {FACILITY}</dd>" in page
    assert arrived.replace(second=0, microsecond=0).isoformat() in page
    assert stay.admitted_at.isoformat() in page
    assert 'class="chip"' not in page


def test_in_english_documents_grounds_and_sources_are_english(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    form = client.get("/reception/admit/").content.decode()
    assert '<option value="拘留证">Detention warrant (拘留证)</option>' in form
    refused = client.post("/reception/admit/", typed(a_cell(sex="2"))).content.decode()
    assert "Men and women are held apart (Regulations on Detention Centres art. 14;" in refused
    page = admitted(client, typed(cell), follow=True).content.decode()
    assert "Detention warrant (拘留证) 2026-17" in page
    assert "Ground: Regulations on Detention Centres art. 9" in page


def test_a_wrong_time_doesnt_hide_the_wrong_cell(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell(sex="2")
    answer = client.post("/reception/admit/", typed(cell, arrived_at="2190-01-01T00:00"))
    page = answer.content.decode()
    assert "future" in page
    assert "Men and women are held apart" in page


def test_cells_are_offered_by_sex(sign_in: SignIn) -> None:
    a_cell(sex="1")
    a_cell(sex="2")
    page = sign_in(Post.ADMISSION).get("/reception/admit/").content.decode()
    assert '<optgroup label="Male">' in page
    assert '<optgroup label="Female">' in page
    assert page.count('data-for="1"') == page.count('data-for="2"') == 1
    assert 'data-choices-by="sex"' in page


def test_a_full_cell_asks_for_a_reason_and_takes_one(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell(capacity=1)
    a_custody(cell)
    assert client.post("/reception/admit/", typed(cell)).status_code == 422
    answer = admitted(client, typed(cell, reason="Flood in wing two"))
    assert answer.status_code == 302


def test_sent_twice_it_is_admitted_once(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    assert admitted(client, typed(cell)).status_code == 302
    again = client.post("/reception/admit/", typed(cell))
    assert again.status_code == 422
    assert "belongs to another stay" in again.content.decode()
    assert Custody.objects.count() == 1


def test_the_short_form_asks_about_the_person_of_the_same_name_who_is_here(sign_in: SignIn) -> None:
    """However the name is written: 戶 and 户 are one character."""
    client, cell = sign_in(Post.ADMISSION), a_cell()
    a_custody(cell, name="户 建国")
    same = typed(cell, name="戶建国", born="1980-01-01")
    refused = client.post("/reception/admit/", same)
    assert refused.status_code == 422
    assert "is in custody already" in refused.content.decode()
    assert 'value="戶建国"' in refused.content.decode()
    told = same | {"same_name": "指纹不同，不是同一人"}
    assert "指纹不同" in client.post("/reception/admit/", told).content.decode()
    assert admitted(client, told).status_code == 302
    stay = Custody.objects.latest("admitted_at")
    assert stay.detainee.name == "戶建国", "what was written is kept"
    (line,) = record.timeline(detainee=stay.detainee_id, kinds=["custody.admitted"])
    assert getattr(line.payload, "somebody_else", "") == "指纹不同，不是同一人"


def test_of_one_person_who_is_admitted_twice_at_once_the_second_is_told_at_the_record(
    sign_in: SignIn,
) -> None:
    client, cell = sign_in(Post.ADMISSION), a_cell()
    said = typed(cell)
    review = client.post("/reception/admit/", said)
    a_custody(cell, name="Li 㐂")
    Detainee.objects.update(born=date(1990, 5, 1))
    confirmed = said | {"go": "record", "seen": review.context["seen"]}
    answer = client.post("/reception/admit/", confirmed)
    assert answer.status_code == 422
    assert "is in custody already" in answer.content.decode()


def test_an_auxiliary_may_not_admit(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.ADMISSION, StaffKind.AUXILIARY), a_cell()
    answer = admitted(client, typed(cell))
    assert "reserves this to police" in answer.content.decode()
    assert not Custody.objects.exists()


def test_the_patrol_may_not_admit(sign_in: SignIn) -> None:
    assert sign_in(Post.PATROL).get("/reception/admit/").status_code == 403


@pytest.mark.parametrize("path", ["/people/", f"/people/{UUID(int=7)}/", "/reception/admit/"])
def test_an_account_without_a_post_is_told_so_and_sees_nobody(path: str) -> None:
    user = accounts.make_account("between-posts", None)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(path)
    assert answer.status_code == 403
    assert "You hold no post today." in answer.content.decode()


def test_each_page_that_shows_people_writes_one_access_row(sign_in: SignIn) -> None:
    client, cell = sign_in(Post.PATROL), a_cell()
    stay, other = a_custody(cell), a_custody(cell, "Sun Li")
    client.get("/people/")
    row = Access.objects.get()
    assert (row.purpose, row.route) == ("custody.list", "people")
    assert set(row.detainees) == {stay.detainee_id, other.detainee_id}
    client.get(f"/people/{stay.pk}/")
    assert [(r.purpose, r.detainees) for r in Access.objects.order_by("at")][1:] == [
        ("custody.file", [stay.detainee_id])
    ]


def test_somebody_held_elsewhere_is_not_there(sign_in: SignIn) -> None:
    stay = a_custody(a_cell(facility=ELSEWHERE))
    client = sign_in(Post.LEADER)
    assert client.get(f"/people/{stay.pk}/").status_code == 404
    assert "Wang Jianguo" not in client.get("/people/").content.decode()


def test_a_case_officer_moves_somebody_and_says_why(sign_in: SignIn) -> None:
    stay, cell = a_custody(a_cell()), a_cell()
    client = sign_in(Post.CASE_OFFICER)
    where = f"/people/{stay.pk}/move/"
    unseen = client.post(where, {"cell": str(cell.pk), "reason": "quarrel"})
    assert unseen.status_code == 422, "nobody decides without having looked"
    shown = re.search(r'name="seen" value="([0-9a-f]+)"', unseen.content.decode())
    assert shown is not None
    seen = {"cell": str(cell.pk), "seen": shown[1]}
    assert client.post(where, seen | {"reason": ""}).status_code == 422
    answer = client.post(where, seen | {"reason": "quarrel"}, follow=True)
    assert f"To cell {cell.name}: quarrel" in answer.content.decode()
    stay.refresh_from_db()
    assert stay.cell_id == cell.pk


def test_an_overseer_sees_in_which_facility_somebody_is(sign_in: SignIn) -> None:
    stay = a_custody(a_cell())
    Organization.objects.create(id=101_001_000, name="City")
    city = sign_in(Post.OVERSIGHT, at=101_001_000)
    for path in ("/people/", f"/people/{stay.pk}/"):
        assert f"Centre {FACILITY}" in city.get(path).content.decode()
    assert 'data-label="Facility"' in city.get("/people/").content.decode()
    assert 'data-label="Facility"' not in sign_in(Post.PATROL).get("/people/").content.decode()


def test_the_list_is_paged(sign_in: SignIn) -> None:
    cell = a_cell(capacity=200)
    for serial in range(52):
        a_custody(cell, f"Person {serial}")
    page = sign_in(Post.LEADER).get("/people/?page=2").content.decode()
    assert "52 people" in page
    assert page.count("data-key=") == 2


def test_what_the_list_cannot_be_narrowed_by_is_said_and_not_taken_for_done(
    sign_in: SignIn,
) -> None:
    a_custody(a_cell())
    client = sign_in(Post.CASE_OFFICER)
    said = "It was left out"
    assert said not in client.get("/people/?sex=1&sort=name&page=2").content.decode()
    for query, left_out in (
        ("sex=9", "of sex 9"),
        ("cell=x", "in cell x"),
        ("state=out", "state out"),
    ):
        shown = client.get(f"/people/?{query}").content.decode()
        assert said in shown, query
        assert f"<li>{left_out}</li>" in shown, query
