"""What a clinician writes about a person isn't there for others, wherever it could come up.

Timeline, search, exports, API, live stream, print, certified copy, bell and tasks. Two guards keep it from
them: row-level security, which the database applies, and the audiences that queries name. Each surface is
asked with both guards, with either alone, and with none: then the entry is seen, which shows that the test
could fail. What shows no entries of the record by itself (search, bell, print of a file) is asked with a
part that does, as a module above may add one tomorrow.
"""

import io
import json
import re
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from custos.foundation.accounts.acting import Acting
from custos.foundation.api import services as tokens
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record import queries
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Audience, Post, Readers, StaffKind, Writers
from custos.foundation.ui import bell, search
from custos.management.reception import file, registers
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty.models import Task
from tests import browsers
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody
from tests.programs import Program

SAID, TITLE = "epilepsy-7731", "Found-by-the-doctor"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_EVERYBODYS = frozenset(map(int, Audience))


class Found(Kind):
    """Medical confidentiality covers this."""

    name, version, title = "tests.found", 1, TITLE
    writers, readers = Writers.posts(Post.MEDICAL), Readers.CLINICAL
    text: str

    def line(self) -> str:
        return self.text


class World:
    """A person with a clinical entry, whoever wrote it, and officers who may not read it."""

    def __init__(self) -> None:
        place = a_facility()
        self.cell = a_cell(facility=place)
        self.stay: Custody = a_detainee(in_cell=self.cell, name="Wang Jianguo")
        self.doctor = somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=place)
        self.patrol = somebody(Post.PATROL, at=place)
        self.leader = somebody(Post.LEADER, at=place)
        self.entry = self.diagnose()

    def diagnose(self) -> str:
        """One clinical entry; its number."""
        with record.deed() as deed:
            header = deed.append(Found(text=SAID), about=self.stay, by=self.doctor.actor)
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
    return any(sign in text for sign in (SAID, TITLE, "tests.found", world.entry))


DATABASE, CODE = "row-level security", "the audiences that queries name"


@contextmanager
def without(*guards: str) -> Iterator[None]:
    """Switch guards off: the database is told every audience, or the code is."""
    with pytest.MonkeyPatch.context() as patch:
        if DATABASE in guards:
            tell = scope._tell_database
            patch.setattr(
                scope,
                "_tell_database",
                lambda one: tell(one and replace(one, audiences=_EVERYBODYS)),
            )
        if CODE in guards:
            known = scope.current
            patch.setattr(scope, "current", lambda: replace(known(), audiences=_EVERYBODYS))
        yield


Surface = Callable[[World, Acting], str]


def hidden(surface: Surface, world: World, reader: Acting) -> None:
    """It isn't there while a guard stands, and would be with none."""
    for off in ((), (DATABASE,), (CODE,)):
        with without(*off):
            assert not says(surface(world, reader), world), f"seen without {off}"
    with without(DATABASE, CODE):
        assert says(surface(world, reader), world), "this surface shows no entries at all"


def page(acting: Acting, route: str, *args: object, **query: str) -> str:
    answer = client_of(acting).get(reverse(route, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def file_of(acting: Acting, route: str, *args: object) -> bytes:
    answer = client_of(acting).get(reverse(route, args=args))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def sheet_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def paper_of(content: bytes) -> str:
    """A PDF's text; where a line was broken says nothing."""
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub(r"[\s\u200b\ufffe]", "", "".join(pages))


def timeline(world: World, reader: Acting) -> str:
    return page(reader, "person", world.stay.pk)


def test_not_on_the_timeline(world: World) -> None:
    assert says(timeline(world, world.doctor), world)
    hidden(timeline, world, world.patrol)
    hidden(timeline, world, world.leader)


@pytest.mark.parametrize("words", ["Wang Jianguo", SAID, TITLE])
def test_nobody_is_found_by_what_is_written(world: World, words: str) -> None:
    found = page(world.patrol, "search", q=words)
    assert (str(world.stay.pk) in found) == (words == "Wang Jianguo")
    assert not says(found.replace(words, ""), world)


def test_not_in_the_search(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a source that looks into the record, as one may be added."""
    monkeypatch.setattr(search, "_sources", dict(search._sources))
    search.register(
        "tests",
        "Record",
        lambda words, acting, limit: [
            search.Hit("/", title=line.title, line=line.text) for line in queries.latest()
        ],
        icon="search",
    )

    def found(world: World, reader: Acting) -> str:
        return page(reader, "search", q="Wang Jianguo")

    assert says(found(world, world.doctor), world)
    hidden(found, world, world.patrol)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries stand in a register."""
    known = registers.load()
    own = known.registers[0].model_copy(update={"code": "tests", "kinds": ("tests.found",)})
    more = known.model_copy(update={"registers": (*known.registers, own)})
    monkeypatch.setattr(registers, "_read", lambda: more)


@pytest.mark.usefixtures("register")
def test_not_in_the_export_of_a_register(world: World) -> None:
    def sheet(world: World, reader: Acting) -> str:
        return sheet_of(file_of(reader, "registers_export"))

    assert says(sheet(world, world.doctor), world)
    assert "Wang Jianguo" in sheet(world, world.patrol)
    hidden(sheet, world, world.patrol)


@pytest.mark.usefixtures("register")
def test_not_in_the_printed_register(world: World) -> None:
    def paper(world: World, reader: Acting) -> str:
        return paper_of(file_of(reader, "registers_pdf"))

    assert says(paper(world, world.doctor), world)
    assert "WangJianguo" in paper(world, world.patrol)
    hidden(paper, world, world.patrol)


@pytest.mark.usefixtures("register")
def test_not_in_the_register_itself_nor_behind_its_entry(world: World) -> None:
    def listed(world: World, reader: Acting) -> str:
        # The filter offers each kind of entry by its title, to everybody.
        return page(reader, "registers").replace(TITLE, "").replace("tests.found", "")

    hidden(listed, world, world.patrol)
    where = reverse("entry_files", args=[world.entry])
    assert client_of(world.doctor).get(where).status_code == 200
    for off in ((), (DATABASE,), (CODE,)):
        with without(*off):
            assert client_of(world.patrol).get(where).status_code == 404
    with without(DATABASE, CODE):
        assert client_of(world.patrol).get(where).status_code == 200


def test_not_in_the_certified_copy_of_a_file(world: World) -> None:
    """Whoever asks for it and hands it out; only the leader does."""

    def copy(world: World, reader: Acting) -> str:
        client = client_of(reader)
        asked = {"reason": "Asked for by the person"}
        answer = client.post(reverse("person_copy", args=[world.stay.pk]), asked)
        assert answer.status_code == 302
        entry = answer.headers["Location"].strip("/").split("/")[-1]
        (attachment,) = queries.line(UUID(entry)).attachments
        made = client.get(answer.headers["Location"], {"file": attachment["sha256"]})
        return paper_of(made.content)

    assert "WangJianguo" in copy(world, world.leader)
    hidden(copy, world, world.leader)


def test_not_in_the_printed_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no timeline today; with one it would obey the guards."""

    def printed(world: World, reader: Acting) -> str:
        return page(reader, "person_print", world.stay.pk)

    for reader in (world.patrol, world.doctor):
        assert "Wang Jianguo" in printed(world, reader)
        assert not says(printed(world, reader), world)
    paragraphs = file._paragraphs
    monkeypatch.setattr(
        file,
        "_paragraphs",
        lambda shown, *rest: [
            *paragraphs(shown, *rest),
            *(line.text for line in queries.timeline(detainee=shown.detainee_id)),
        ],
    )
    hidden(printed, world, world.patrol)


def test_not_over_the_api(world: World) -> None:
    def answers(world: World, reader: Acting) -> str:
        program = Program(
            tokens.make_personal(reader, "x", wanted=["people:read", "record:read"])[1]
        )
        place = world.stay.organization_id
        given = [
            program.get(path).content.decode()
            for path in (
                f"/people/{world.stay.pk}/timeline",
                f"/organizations/{place}/entries",
                f"/entries/{world.entry}",
            )
        ]
        # The entry's own number stands in the address that was asked.
        return "".join(given).replace(world.entry, "")

    for name in ("doctor", "patrol"):
        assert "custody.admitted" in answers(world, getattr(world, name))
    assert says(answers(world, world.doctor), world)
    hidden(answers, world, world.patrol)


def test_not_in_the_live_stream_nor_in_what_it_has_fetched(
    committed: World, live_site: str
) -> None:
    """That a chain has grown is told to everybody who watches it, and nothing of what was written; the
    page then fetches its parts again.
    """
    heard: list[str] = []

    def streamed(world: World, reader: Acting) -> str:
        client = client_of(reader)
        session = client.cookies["sessionid"].value
        asked = urllib.request.Request(
            f"{live_site}/live/", headers={"Cookie": f"sessionid={session}"}
        )
        heard.clear()
        with urllib.request.urlopen(asked, timeout=30) as stream:
            _event(stream)  # joined
            while _event(stream, heard)[0] != "beat":
                pass
            with scope.entered(SYSTEM):
                world.entry = world.diagnose()
            name, data = _event(stream, heard)
            while name != "changed" or data["organizations"] is None:
                name, data = _event(stream, heard)
        assert sorted(data) == ["at", "organizations"]
        assert data["organizations"] == [world.stay.organization_id]
        told = str(heard)
        assert not says(told, world)
        assert str(world.stay.pk) not in told
        assert str(world.stay.detainee_id) not in told
        part = client.get(
            reverse("person", args=[world.stay.pk]),
            headers={"X-Live": "true", "HX-Request": "true"},
        )
        return told + part.content.decode()

    hidden(streamed, committed, committed.patrol)


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
    def printed(world: World, reader: Acting) -> str:
        context = browser.new_context(base_url=live_site, locale="en")
        session = client_of(reader).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_site}])
        page = context.new_page()
        page.goto(reverse("person", args=[world.stay.pk]))
        page.emulate_media(media="print")
        text = page.inner_text("body")
        context.close()
        assert "Wang Jianguo" in text
        return text

    assert says(printed(committed, committed.doctor), committed)
    hidden(printed, committed, committed.patrol)


def test_not_in_the_bell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a provider that tells what is new on the record, as one may be added."""
    monkeypatch.setattr(bell, "_providers", dict(bell._providers))
    bell.register(
        "tests",
        lambda acting: [
            bell.Notice(str(line.seq), line.title, "/", line.occurred_at, line=line.text)
            for line in queries.latest()
        ],
    )

    def told(world: World, reader: Acting) -> str:
        return page(reader, "bell")

    assert says(told(world, world.doctor), world)
    hidden(told, world, world.patrol)


def test_not_among_tasks_nor_what_else_happened_in_the_cell(world: World) -> None:
    intake.take([a_press(a_button(world.cell))])
    task = Task.objects.get(cell=world.cell)

    def around(world: World, reader: Acting) -> str:
        return page(reader, "duty_around", task.pk)

    for route in ("duty", "duty_answers"):
        assert not says(page(world.patrol, route), world)
    assert "Wang Jianguo" in around(world, world.patrol)
    hidden(around, world, world.patrol)
