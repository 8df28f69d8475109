"""Pages of handovers: what is to be done next, signing on both sides, reading, the list."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import boards
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.handover import services
from custos.prevention.duty.handover.models import Handover, HandoverReading
from custos.prevention.duty.handover.services import Said
from custos.prevention.duty.handover.tests.worlds import Changing, at
from custos.prevention.duty.handover.tests.worlds import waiting as waiting_at
from custos.prevention.duty.information.tests.worlds import World
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db

SAID = {"keys_expected": "42", "keys_counted": "42", "defects": "", "words": "夜间注意101室"}


class Page:
    """A facility whose shift has changed, and its leaders at their desks."""

    def __init__(self) -> None:
        with scope.entered(SYSTEM):
            self.world = World()
            places.watched(self.world.stay)
            self.row = waiting_at(self.world.facility, self.world.on(Post.LEADER))

    def at_desk(self, post: Post = Post.DUTY_LEADER, where: Any = None) -> tuple[Client, Acting]:
        with scope.entered(SYSTEM):
            acting = factories.somebody(post, at=where or self.world.facility)
        client = Client(headers={"accept-language": "en"})
        client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
        return client, acting

    def address(self, name: str = "handover") -> str:
        return reverse(name, args=[self.row.pk])

    def items(self) -> list[str]:
        with scope.entered(SYSTEM):
            return [str(pk) for pk in self.row.items.values_list("pk", flat=True)]

    def kept(self) -> Handover:
        with scope.entered(SYSTEM):
            return Handover.objects.get()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Everybody has just proven who they are; that it is asked for is tested apart."""
    monkeypatch.setattr("custos.foundation.accounts.proof.last", lambda _request: clock.now())
    return Page()


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_page_says_what_is_to_be_done_and_names_people_for_the_access_log(page: Page) -> None:
    client, _who = page.at_desk()
    text = shown(client, reverse("handover_now"))
    assert "Complete it below and sign" in text
    assert "never alone" in text
    name = page.world.stay.detainee.name
    assert name in text
    with scope.entered(SYSTEM):
        rows = Access.objects.filter(purpose="duty.handover")
        assert [row.detainees for row in rows] == [[page.world.stay.detainee_id]]


def test_two_leaders_sign_one_after_the_other(page: Page) -> None:
    (day, _one), (night, _two) = page.at_desk(), page.at_desk()
    answer = day.post(page.address("handover_sign"), SAID)
    assert answer.status_code == 302
    assert "Not signed by both" in shown(day, page.address())
    text = shown(night, reverse("handover_now"))
    items = page.items()
    assert f"Read {len(items)} items, then sign" in text
    assert reverse("handover_take", args=[page.row.pk]) not in text
    ticked = {"read": items[1:], f"remark-{items[0]}": "谁在看护？"}
    assert night.post(page.address("handover_read"), ticked).status_code == 302
    text = shown(night, page.address())
    assert "All is read: sign below" in text
    assert "谁在看护？" in text
    assert night.post(page.address("handover_take"), {}).status_code == 302
    assert page.kept().standing == "taken"
    for client in (day, night):
        assert "Signed by both" in shown(client, page.address())
    with scope.entered(SYSTEM):
        assert HandoverReading.objects.count() == len(items)


def test_what_was_typed_is_kept_where_it_cannot_be_signed(page: Page) -> None:
    client, _who = page.at_desk()
    answer = client.post(page.address("handover_sign"), SAID | {"keys_counted": "41"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Say where the keys are that differ." in text
    assert "夜间注意101室" in text
    assert page.kept().standing == "prepared"


def test_whoever_handed_over_finds_nothing_to_read_or_take(page: Page) -> None:
    client, _who = page.at_desk()
    client.post(page.address("handover_sign"), SAID)
    text = shown(client, page.address())
    assert 'name="read"' not in text
    answer = client.post(page.address("handover_read"), {"read": page.items()}, follow=True)
    assert "You handed this shift over" in answer.content.decode()
    answer = client.post(page.address("handover_take"), {})
    assert answer.status_code == 422
    assert "You handed this shift over" in answer.content.decode()
    assert page.kept().standing == "signed"


def test_a_signature_asks_who_one_is() -> None:
    page = Page()
    client, _who = page.at_desk()
    text = shown(client, page.address())
    assert 'name="own_password"' in text
    for given in ({}, {"own_password": "wrong-password-1"}):
        answer = client.post(page.address("handover_sign"), SAID | given)
        assert answer.status_code == 422
    assert page.kept().standing == "prepared"


def test_an_item_that_is_none_is_not_there(page: Page) -> None:
    client, _who = page.at_desk()
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        assert client.post(page.address("handover_read"), {"read": wrong}).status_code == 404


def test_oversight_and_the_prosecutor_read_and_may_press_nothing(page: Page) -> None:
    with scope.entered(SYSTEM):
        city = page.world.facility.parent
    for post, where in ((Post.RESIDENT_PROSECUTOR, None), (Post.OVERSIGHT, city)):
        client, _who = page.at_desk(post, where)
        text = shown(client, page.address())
        assert "never alone" in text
        assert 'name="read"' not in text
        assert 'name="keys_counted"' not in text
        assert client.post(page.address("handover_sign"), SAID).status_code == 403
        assert page.address() in shown(client, reverse("handovers"))


def test_the_list_has_the_handovers_of_the_scope_alone(page: Page) -> None:
    other = Page()
    client, _who = page.at_desk()
    text = shown(client, reverse("handovers"))
    assert page.address() in text
    assert other.address() not in text
    assert client.get(other.address()).status_code == 404


def test_a_facility_without_a_roster_is_told_how_to_begin() -> None:
    with scope.entered(SYSTEM):
        world = World()
        leader = world.on(Post.DUTY_LEADER)
    client = Client(headers={"accept-language": "en"})
    client.force_login(leader.user, "django.contrib.auth.backends.ModelBackend")
    assert "Nothing is to be handed over" in shown(client, reverse("handover_now"))


def test_the_workbench_of_leaders_says_since_when_a_handover_is_open(page: Page) -> None:
    client, _who = page.at_desk()
    assert "Handover open since" in shown(client, reverse("duty"))
    patrol, _other = page.at_desk(Post.PATROL)
    assert "Handover open since" not in shown(patrol, reverse("duty"))


def test_a_wall_board_says_since_when_a_handover_is_open(page: Page) -> None:
    with scope.entered(SYSTEM):
        leader = factories.somebody(Post.LEADER, at=page.world.facility)
        _board, code = boards.make("Control room", by=leader)
    screen = Client(headers={"accept-language": "en"})
    screen.post(reverse("board_enroll"), {"code": code})
    assert "Handover open since" in shown(screen, reverse("board"))
    with scope.entered(SYSTEM):
        day, night = (
            factories.somebody(Post.DUTY_LEADER, at=page.world.facility) for _ in range(2)
        )
        services.sign(page.row.pk, Said(1, 1), by=day.actor, proven_at=clock.now())
        services.read(page.row.pk, dict.fromkeys(map(UUID, page.items()), ""), by=night.actor)
        services.take(page.row.pk, by=night.actor, proven_at=clock.now())
    assert "Handover open since" not in shown(screen, reverse("board"))


def test_who_is_sealed_since_is_named_no_more(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said stays; `custody.named` gives nobody whom law seals."""
    client, _who = page.at_desk()
    monkeypatch.setattr("custos.foundation.custody.queries.named", lambda _stays: {})
    text = shown(client, page.address())
    assert page.world.stay.detainee.name not in text
    assert "Somebody whose record is sealed by now" in text
    assert "never alone" in text


def test_a_change_is_handed_over_by_the_clock_of_the_facility() -> None:
    with scope.entered(SYSTEM):
        world = Changing(
            "strength: {duty_leader: 1}\nshifts:\n"
            '  - {name: {zh: 早班, en: Early}, begins: "07:00", ends: "21:00"}\n'
            '  - {name: {zh: 晚班, en: Late}, begins: "21:00", ends: "07:00"}\n'
        )
        with at(61):
            row = world.prepared()
    assert (row.at.astimezone(clock.LOCAL).hour, row.incoming_shift["en"]) == (21, "Late")


def test_what_is_kept_in_the_last_hour_stands_in_the_form_at_the_change() -> None:
    with scope.entered(SYSTEM):
        world = Changing()
        places.watched(world.stay)
    with at(-30):
        client = Client(headers={"accept-language": "en"})
        client.force_login(world.day.user, "django.contrib.auth.backends.ModelBackend")
        shown = client.get(reverse("handover_now")).content.decode()
        assert "Prepare the handover: Day shift to Night shift" in shown
        assert "Wang Jianguo" in shown
        assert "Sign and hand over" not in shown
        client.post(reverse("handover_now"), SAID)
        assert "夜间注意101室" in client.get(reverse("handover_now")).content.decode()
        assert client.post(reverse("handover_now"), {}).status_code == 422
    with at(1):
        client.force_login(world.day.user, "django.contrib.auth.backends.ModelBackend")
        shown = client.get(reverse("handover_now")).content.decode()
        assert "Sign and hand over" in shown
        assert "夜间注意101室" in shown
        late = client.post(reverse("handover_now"), SAID | {"words": "迟写的"})
        assert "迟写的" in late.content.decode(), "what was typed as the change came is not lost"
