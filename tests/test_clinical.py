"""What a clinician writes about a person isn't there for a patrol officer, wherever it could come up.

Timeline, search, export, API, live stream and print; the bell and the list of tasks besides. A clinician
finds it where entries are shown at all, or the test would show nothing.
"""

import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from custos.foundation.accounts.acting import Acting
from custos.foundation.api import services as tokens
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record import services as record
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.record.tests.worlds import Diagnosed
from tests import browsers
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody
from tests.programs import Program

SAID, TITLE = "epilepsy-7731", "Diagnosed"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class World:
    """A person with a clinical entry, whoever wrote it, and an officer who may not read it."""

    def __init__(self) -> None:
        place = a_facility()
        self.stay: Custody = a_detainee(in_cell=a_cell(facility=place), name="Wang Jianguo")
        self.doctor = somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=place)
        self.patrol = somebody(Post.PATROL, at=place)
        self.entry = self.diagnose()

    def diagnose(self) -> str:
        """One clinical entry; its number."""
        with record.deed() as deed:
            header = deed.append(Diagnosed(text=SAID), about=self.stay, by=self.doctor.actor)
        return str(header.id)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with scope.entered(SYSTEM):
        yield World()


@pytest.fixture
def committed(live_site: str) -> World:
    with scope.entered(SYSTEM):
        return World()


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend=_BACKEND)
    return client


def says(text: str, world: World) -> bool:
    """Whether something of the entry stands in a text."""
    return any(sign in text for sign in (SAID, TITLE, "tests.diagnosed", world.entry))


def page(acting: Acting, route: str, *args: object, **query: str) -> str:
    answer = client_of(acting).get(reverse(route, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_not_on_the_timeline(world: World) -> None:
    assert says(page(world.doctor, "person", world.stay.pk), world)
    assert not says(page(world.patrol, "person", world.stay.pk), world)


@pytest.mark.parametrize("words", ["Wang Jianguo", SAID, TITLE])
def test_not_in_the_search(world: World, words: str) -> None:
    found = page(world.patrol, "search", q=words)
    assert (str(world.stay.pk) in found) == (words == "Wang Jianguo"), "never by what is written"
    assert not says(found.replace(words, ""), world)


def test_not_in_the_export(world: World) -> None:
    for acting in (world.patrol, world.doctor):
        answer = client_of(acting).get(reverse("people_export"))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            cells = "".join(book.read(name).decode() for name in book.namelist())
        assert "Wang Jianguo" in cells
        assert not says(cells, world)


def test_not_over_the_api(world: World) -> None:
    def answers(acting: Acting) -> list[str]:
        wanted = ["people:read", "record:read"]
        program = Program(tokens.make_personal(acting, "x", wanted=wanted)[1])
        place = world.stay.organization_id
        return [
            program.get(path).content.decode()
            for path in (
                f"/people/{world.stay.pk}/timeline",
                f"/organizations/{place}/entries",
                f"/entries/{world.entry}",
            )
        ]

    assert all(SAID in text or TITLE in text for text in answers(world.doctor))
    for text in answers(world.patrol):
        assert SAID not in text
        assert "tests.diagnosed" not in text


def test_not_in_the_live_stream(committed: World, live_site: str) -> None:
    """That a chain has grown is told to everybody who watches it, and nothing of what was written."""
    client = client_of(committed.patrol)
    session = client.cookies["sessionid"].value
    asked = urllib.request.Request(f"{live_site}/live/", headers={"Cookie": f"sessionid={session}"})
    heard = []
    with urllib.request.urlopen(asked, timeout=30) as stream:
        _event(stream)  # joined
        while _event(stream, heard)[0] != "beat":
            pass
        with scope.entered(SYSTEM):
            committed.entry = committed.diagnose()
        name, data = _event(stream, heard)
        while name != "changed" or data["organizations"] is None:
            name, data = _event(stream, heard)
    assert sorted(data) == ["at", "organizations"]
    assert data["organizations"] == [committed.stay.organization_id]
    text = str(heard)
    assert not says(text, committed)
    assert str(committed.stay.pk) not in text
    assert str(committed.stay.detainee_id) not in text


def _event(stream: object, heard: list[str] | None = None) -> tuple[str, dict[str, object]]:
    name, data = "", {}
    for raw in stream:  # type: ignore[attr-defined]
        line = raw.decode().rstrip("\n")
        if heard is not None:
            heard.append(line)
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
        elif not line and name:
            return name, data
    raise AssertionError("the stream ended")


@pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED)
def test_not_in_print(committed: World, live_site: str, browser: Browser) -> None:
    def printed(acting: Acting) -> str:
        context = browser.new_context(base_url=live_site, locale="en")
        session = client_of(acting).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_site}])
        page = context.new_page()
        page.goto(reverse("person", args=[committed.stay.pk]))
        page.emulate_media(media="print")
        text = page.inner_text("body")
        context.close()
        return text

    assert says(printed(committed.doctor), committed)
    text = printed(committed.patrol)
    assert "Wang Jianguo" in text
    assert not says(text, committed)


def test_not_in_the_bell_or_among_tasks(world: World) -> None:
    for route in ("bell", "duty", "duty_answers"):
        assert not says(page(world.patrol, route), world)
