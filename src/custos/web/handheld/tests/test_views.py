"""What a handheld fetches and sends, without a browser: whole queues, doubles, and what can't be read."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.models import Task
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with scope.entered(factories.SYSTEM):
        yield World()


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept": "application/json", "accept-language": "en"})
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    return client


def me(acting: Acting) -> str:
    return f"{acting.staff.pk}:{acting.posting.pk}"


def sent(client: Client, acting: Acting, world: World, /, photo: bytes = b"", **said: Any) -> Any:
    given = {
        "me": me(acting),
        "client": str(uuid4()),
        "type": "I14",
        "text": "Pushed the tray back.",
        "custody": str(world.stay.pk),
        "observed": "2026-03-02T09:30:00.000Z",
        "details": {"meals": "2"},
    } | said
    data: dict[str, Any] = {"record": json.dumps(given)}
    if photo:
        data["photo"] = SimpleUploadedFile("photo-1.jpg", photo, "image/jpeg")
    return client.post("/handheld/send/", data)


def test_the_shell_names_nobody_and_the_list_stands_in_the_access_log(world: World) -> None:
    client = client_of(world.on(Post.PATROL))
    shell = client.get("/handheld/").content.decode()
    assert "Wang Jianguo" not in shell
    assert Access.objects.count() == 0
    kept = client.get("/handheld/data/").json()
    (cell,) = kept["cells"]
    assert [one["name"] for one in cell["people"]] == ["Wang Jianguo"]
    (row,) = Access.objects.all()
    assert (row.purpose, row.detainees) == ("handheld", [world.stay.detainee_id])
    assert client.get("/handheld/data/?only=me").json().keys() == {"me", "token", "now"}
    assert Access.objects.count() == 1


def test_each_post_is_offered_what_it_collects(world: World) -> None:
    offered = {
        post: {
            one["id"] for one in client_of(world.on(post)).get("/handheld/data/").json()["types"]
        }
        for post in (Post.PATROL, Post.MEDICAL, Post.FINANCE)
    }
    assert {"I14", "I07", "I04"} <= offered[Post.PATROL]
    assert "I10" in offered[Post.MEDICAL] - offered[Post.PATROL]
    assert offered[Post.FINANCE] == {"I04", "I05", "I30", "I36", "I41", "I50"}


def test_two_hundred_records_of_which_some_are_known_are_taken_once_each(world: World) -> None:
    patrol = world.on(Post.PATROL)
    client, ids = client_of(patrol), [str(uuid4()) for _ in range(200)]
    for client_id in ids[::5]:  # a fifth had arrived before the answer was lost
        assert sent(client, patrol, world, client=client_id).json()["known"] is False
    known = [sent(client, patrol, world, client=one).json()["known"] for one in ids]
    assert known == [at % 5 == 0 for at in range(200)]
    assert Observation.objects.count() == 200
    assert Task.objects.count() == 200


def test_a_photo_is_stored_with_the_record(world: World) -> None:
    patrol, picture = world.on(Post.PATROL), BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    assert sent(client_of(patrol), patrol, world, photo=picture.getvalue()).status_code == 200
    row = Observation.objects.get()
    (line,) = record.lines_of([row.entry_id]).values()
    assert [one["name"] for one in line.attachments] == ["photo-1.jpg"]


def test_a_record_of_somebody_else_or_of_another_post_is_refused(world: World) -> None:
    patrol, other = world.on(Post.PATROL), world.on(Post.PATROL)
    answer = sent(client_of(other), other, world, me=me(patrol))
    assert answer.status_code == 422
    assert answer.json()["type"] == "about:blank#handheld.somebody_else"


@pytest.mark.parametrize(
    "said",
    [
        {"type": 3},
        {"text": ["x"]},
        {"custody": "x"},
        {"client": "x"},
        {"observed": "yesterday"},
        {"details": "x"},
        {"text": "a\x00b"},
    ],
)
def test_what_is_no_record_is_refused_in_words_and_nothing_breaks(
    world: World, said: dict[str, Any]
) -> None:
    patrol = world.on(Post.PATROL)
    answer = sent(client_of(patrol), patrol, world, **said)
    assert answer.status_code == 422
    assert answer.json()["type"] == "about:blank#handheld.unreadable"
    assert not Observation.objects.exists()


def test_a_time_without_a_zone_is_taken_as_no_time(world: World) -> None:
    patrol = world.on(Post.PATROL)
    answer = sent(client_of(patrol), patrol, world, observed="2026-03-02T09:30:00")
    assert answer.status_code == 200
