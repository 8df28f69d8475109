"""Erasing by law from the person's page: two officers, at one desk or at two."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.kinds import GlassBroken
from custos.foundation.accounts.models import Confirmation, Tries
from custos.foundation.custody.models import Custody
from custos.foundation.errors import Conflict
from custos.foundation.organizations.models import Organization
from custos.foundation.record import queries as record
from custos.foundation.record import services as recording
from custos.foundation.record.kinds import Corrected
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import a_facility, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
WHY = {"legal_ground": "刑事诉讼法 第286条", "reason": "Record of a minor is sealed."}


@pytest.fixture
def leader(facility: Organization) -> Acting:
    return somebody(Post.LEADER, at=facility, password=MINE)


@pytest.fixture
def deputy(facility: Organization) -> Acting:
    return somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)


def page_of(stay: Custody) -> tuple[str, Entry]:
    entry = Entry.objects.get(custody_id=stay.pk)
    return reverse("entry_erase", args=[stay.pk, entry.pk]), entry


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_erased(entry: Entry) -> bool:
    return record.lines_of([entry.pk])[entry.pk].erased


Signed = Callable[..., dict[str, str]]


def test_two_at_one_desk_erase_and_the_record_names_both(
    stay: Custody, leader: Acting, deputy: Acting
) -> None:
    url, entry = page_of(stay)
    client = client_of(leader)
    file = reverse("person", args=[stay.pk])
    assert url not in client.get(file).content.decode(), "a rare act stands beside no entry"
    assert url in client.get(f"{file}?erase=1").content.decode()
    page = client.get(url).content.decode()
    assert "王小川" in page
    assert "What it says" in page
    assert '<details class="aside"><summary>' in page, (
        "the second person's fields are out of the way"
    )
    both = {"own_password": MINE, "second_name": deputy.user.username, "second_password": THEIRS}
    assert client.post(url, WHY | both).status_code == 302
    assert is_erased(entry)
    (order,) = record.following(entry.pk)
    assert (order.by_ref, order.second_ref) == (str(leader.staff.pk), str(deputy.staff.pk))
    assert Entry.objects.get(pk=order.id).ground == WHY["legal_ground"]
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"own_password": "wrong-password-1"}, "not right"),
        ({"second_password": "wrong-password-1"}, "not right"),
        ({"second_name": "nobody-at-all"}, "not right"),
        ({"legal_ground": ""}, "Legal ground"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_erased_or_asked(
    stay: Custody, leader: Acting, deputy: Acting, changed: dict[str, str], said: str
) -> None:
    url, entry = page_of(stay)
    both = {"own_password": MINE, "second_name": deputy.user.username, "second_password": THEIRS}
    answer = client_of(leader).post(url, WHY | both | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not is_erased(entry)
    assert not Confirmation.objects.exists()


def test_one_person_is_not_two(stay: Custody, leader: Acting) -> None:
    url, entry = page_of(stay)
    alone = {"own_password": MINE, "second_name": leader.user.username, "second_password": MINE}
    answer = client_of(leader).post(url, WHY | alone)
    assert answer.status_code == 422
    assert "it takes a second person" in answer.content.decode()
    assert not is_erased(entry)


def test_what_staff_answer_for_is_not_erased(stay: Custody, leader: Acting, deputy: Acting) -> None:
    with recording.deed() as deed:
        said = GlassBroken(reason="He stopped breathing, and I must know.", until=clock.now())
        opened = deed.append(said, about=stay, by=deputy.actor)
    url = reverse("entry_erase", args=[stay.pk, opened.id])
    client = client_of(leader)
    page = client.get(reverse("person", args=[stay.pk]) + "?erase=1").content.decode()
    assert "He stopped breathing" in page
    assert url not in page
    assert client.get(url).status_code == 409
    with pytest.raises(Conflict, match="not_erasable"):
        recording.erase_payload(
            opened.id, legal_ground="x", reason="x", by=leader.actor, second=deputy.actor
        )
    assert not record.lines_of([opened.id])[opened.id].erased


@pytest.mark.parametrize("writer", ["first", "second"])
def test_nobody_decides_about_an_entry_of_their_own(
    stay: Custody, leader: Acting, deputy: Acting, writer: str
) -> None:
    by = leader if writer == "first" else deputy
    with recording.deed() as deed:
        need = Corrected(entry=UUID(int=1), wrong="a", right="b", reason="c")
        own = deed.append(need, about=stay, by=by.actor)
    url = reverse("entry_erase", args=[stay.pk, own.id])
    both = {"own_password": MINE, "second_name": deputy.user.username, "second_password": THEIRS}
    answer = client_of(leader).post(url, WHY | both)
    assert answer.status_code == 422
    assert "You wrote this entry yourself" in answer.content.decode()
    assert not record.lines_of([own.id])[own.id].erased


def test_a_colleague_without_the_post_is_no_second_person(
    stay: Custody, leader: Acting, facility: Organization
) -> None:
    url, entry = page_of(stay)
    patrol = somebody(Post.PATROL, at=facility, password=THEIRS)
    stranger = somebody(Post.DUTY_LEADER, at=a_facility(), password=THEIRS)
    aide = somebody(Post.DUTY_LEADER, StaffKind.AUXILIARY, at=facility, password=THEIRS)
    for who in (patrol, stranger, aide):
        both = {"own_password": MINE, "second_name": who.user.username, "second_password": THEIRS}
        assert client_of(leader).post(url, WHY | both).status_code == 422
    assert not is_erased(entry)


def test_two_at_two_desks_erase_when_the_second_has_confirmed(
    stay: Custody, leader: Acting, deputy: Acting
) -> None:
    url, entry = page_of(stay)
    first, second = client_of(leader), client_of(deputy)
    assert first.post(url, WHY | {"own_password": MINE}).status_code == 302
    assert not is_erased(entry)
    asked_page = first.get(url).content.decode()
    assert "You have asked already" in asked_page
    assert '<details class="aside" open>' in asked_page
    assert 'btn btn-danger" data-opens="erase"' not in asked_page
    assert first.post(url, WHY | {"own_password": MINE}).status_code == 302
    assert not is_erased(entry)

    asked = Confirmation.objects.get()
    assert str(asked.pk) in second.get(reverse("confirmations")).content.decode()
    its_page = reverse("confirmation", args=[asked.pk])
    assert WHY["legal_ground"] in second.get(its_page).content.decode()
    assert second.post(its_page, {"own_password": "wrong-password-1"}).status_code == 422
    assert second.post(its_page, {"own_password": THEIRS}).status_code == 302
    assert "has confirmed it" in first.get(url).content.decode()

    changed = WHY | {"reason": "Something else", "own_password": MINE}
    assert first.post(url, changed).status_code == 302
    assert not is_erased(entry), "what was changed is asked for anew"
    assert first.post(url, WHY | {"own_password": MINE}).status_code == 302
    assert is_erased(entry)


def test_the_second_person_may_refuse(stay: Custody, leader: Acting, deputy: Acting) -> None:
    url, entry = page_of(stay)
    first, second = client_of(leader), client_of(deputy)
    first.post(url, WHY | {"own_password": MINE})
    second.post(reverse("confirmation", args=[Confirmation.objects.get().pk]), {"decline": "1"})
    assert "refused. Nothing is erased" in first.get(url).content.decode()
    assert not is_erased(entry)


def test_nothing_of_a_decision_is_kept_where_failures_are_counted(
    stay: Custody, leader: Acting, deputy: Acting
) -> None:
    url, _entry = page_of(stay)
    given = {"own_password": MINE, "second_name": deputy.user.username, "second_password": "oops-1"}
    client_of(leader).post(url, WHY | given)
    counted = dict(Tries.objects.values_list("key", "count"))
    assert counted == {
        "address 127.0.0.1": 1,
        f"account {leader.user.username}": 0,
        f"account {deputy.user.username}": 1,
    }
