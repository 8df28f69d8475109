"""Pages of rounds: the list, a look at a door with and without its tag, the tags, what stands out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.rounds import services
from custos.prevention.duty.rounds.models import Look
from custos.prevention.duty.rounds.tests.worlds import KeptFor
from tests import factories
from tests.factories import SYSTEM
from tests.house import cookie_of

pytestmark = pytest.mark.django_db


class Kept(KeptFor):
    """The same, with browsers of those on its posts."""

    def client(self, post: Post) -> Client:
        with scope.entered(SYSTEM):
            acting: Acting = self.on(post)
            client = Client(headers={"accept-language": "en"})
            client.cookies["sessionid"] = cookie_of(acting)
        return client


def page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def looks() -> list[Look]:
    with scope.entered(SYSTEM):
        return list(Look.objects.order_by("at"))


def test_the_list_begins_with_the_cell_that_is_missed() -> None:
    world = Kept(minutes=45)
    with scope.entered(SYSTEM):
        services.sweep()
        # Due before the next look into the one that is missed.
        with clock.set_to(clock.now() - timedelta(minutes=25)):
            later = factories.a_cell(facility=world.facility)
            factories.a_detainee(in_cell=later)
    shown = page(world.client(Post.PATROL), "rounds")
    assert "1 cell not looked into in time, now: begin with the first." in shown
    assert shown.index(world.cell.name) < shown.index(later.name)
    assert "Tags for the doors" not in shown


def test_a_look_by_the_tag_is_noted_and_the_reader_stands_in_the_access_log() -> None:
    world = Kept()
    client, address = world.client(Post.PATROL), reverse("round_tag", args=[world.row.code])
    assert "The tag at this door was scanned." in client.get(address).content.decode()
    with scope.entered(SYSTEM):
        assert Access.objects.get(purpose="duty.round").detainees == [world.stay.detainee_id]
    client.post(address, {"text": "都在睡"})
    (look,) = looks()
    assert (look.how, look.text, look.people) == ("tag", "都在睡", 1)


def test_a_late_look_asks_why_and_keeps_what_was_typed() -> None:
    world = Kept(minutes=45)
    with scope.entered(SYSTEM):
        services.sweep()
    client, address = world.client(Post.PATROL), reverse("round_cell", args=[world.cell.pk])
    refused = client.post(address, {"how": "door", "text": "一人未睡"})
    assert refused.status_code == 422
    assert "minutes late: say why" in refused.content.decode()
    assert "一人未睡" in refused.content.decode()
    assert looks() == []
    client.post(address, {"how": "door", "text": "一人未睡", "reason": "处置报警"})
    assert looks()[0].late_minutes >= 14


def test_a_screen_is_said_to_be_one() -> None:
    world = Kept()
    address = reverse("round_cell", args=[world.cell.pk])
    world.client(Post.PATROL).post(address, {"how": "screen"})
    assert looks()[0].how == "screen"


def test_an_old_tag_and_another_facilitys_are_unknown() -> None:
    world, other = Kept(), Kept()
    for code in ("nothing-like-it", other.row.code):
        answer = world.client(Post.PATROL).get(reverse("round_tag", args=[code]))
        assert answer.status_code == 404


def test_the_tags_are_drawn_for_leaders() -> None:
    world = Kept()
    shown = page(world.client(Post.DUTY_LEADER), "round_tags")
    assert shown.count("<svg width=") == 1
    assert world.cell.name in shown
    assert world.client(Post.PATROL).get(reverse("round_tags")).status_code == 403


def test_what_stands_out_is_asked_about() -> None:
    world = Kept(minutes=200)
    with scope.entered(SYSTEM):
        officer = world.on(Post.PATROL)
        began = clock.now() - timedelta(minutes=185)
        for turn in range(9):
            with clock.set_to(began + timedelta(minutes=20 * turn)):
                services.look(
                    world.cell.pk, facility=world.facility.pk, how="door", by=officer.actor
                )
    shown = page(world.client(Post.LEADER), "round_pattern")
    assert f"Cell {world.cell.name}: the last 8 gaps are alike" in shown
    assert "No area went beyond the bound within the last day." in shown


def test_without_rounds_the_page_says_how_they_begin_and_leads_there_who_may_begin_them() -> None:
    shown = {}
    for post in (Post.PATROL, Post.LEADER):
        with scope.entered(SYSTEM):
            client = Client(headers={"accept-language": "en"})
            client.cookies["sessionid"] = cookie_of(World().on(post))
        shown[post] = page(client, "rounds")
    way = f'href="{reverse("duty_catalogue")}">'
    assert all("They begin when" in words for words in shown.values())
    assert way in shown[Post.LEADER]
    assert way not in shown[Post.PATROL]
