"""The registers: rows from the record, in groups, as spreadsheet and as paper; certified copies."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pypdfium2
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.documents import queries as documents
from custos.foundation.documents import services as papers
from custos.foundation.documents.models import Issued
from custos.foundation.documents.tests import samples
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, StaffKind, Writers
from custos.management.reception import copies, registers
from tests import factories

pytestmark = pytest.mark.django_db


class ToldInConfidence(Kind):
    """What leaders alone read."""

    name, version = "test.told_in_confidence", 1
    title = "Told in confidence"
    writers, readers = Writers.posts(), Readers.LEADERS
    text: str

    def line(self) -> str:
        return self.text


@pytest.fixture(autouse=True)
def _world(tmp_path: Path, settings: LazySettings) -> Iterator[None]:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(factories.SYSTEM):
        yield


@pytest.fixture
def cell() -> Cell:
    return factories.a_cell(capacity=200)


@pytest.fixture
def leader(cell: Cell) -> Acting:
    return factories.somebody(Post.LEADER, at=cell.organization)


def client_of(acting: Acting, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(acting: Acting, **query: str) -> str:
    answer = client_of(acting).get(reverse("registers"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def people(cell: Cell) -> tuple[Custody, Custody]:
    """Two who were admitted, of whom the first was moved and got a paper."""
    first = factories.a_detainee(in_cell=cell, name="𠮷田㐂")
    second = factories.a_detainee(in_cell=cell, name="王小川")
    other = factories.a_cell(facility=cell.organization)
    mover = factories.an_officer(Post.CASE_OFFICER)
    first = custody.move_to_cell(first.pk, other.pk, reason="便于就医", by=mover)
    papers.issue(
        "D14-1",
        samples.ADMISSION,
        about=first.record_subject(),
        facility=cell.organization,
        by=factories.an_officer(Post.ADMISSION),
        printed_by="陈安平",
    )
    return first, second


def rows_on(page: str) -> int:
    return len(re.findall(r"<tr[^>]* data-key=", page))


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub(r"[\s\u200b\ufffe]", "", "".join(pages))


def body_of(acting: Acting, route: str, **query: str) -> bytes:
    answer = client_of(acting).get(reverse(route), query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content


def test_the_admission_register_is_generated_from_entries(leader: Acting, cell: Cell) -> None:
    first, second = people(cell)
    page = page_of(leader, business="admissions")
    assert rows_on(page) == 2
    assert "收押台账" in page
    for stay in (first, second):
        assert stay.detainee.name in page
        assert stay.number in page
    assert rows_on(page_of(leader, business="moves")) == 1
    assert rows_on(page_of(leader, business="papers")) == 1
    assert rows_on(page_of(leader, business="releases")) == 0
    assert rows_on(page_of(leader)) == 4


def test_a_release_stands_in_the_release_register(
    leader: Acting, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No module writes releases yet: an entry of that name is made for the register to find."""
    stay = factories.a_detainee(in_cell=cell, name="王小川")
    file = registers.load()
    release = next(one for one in file.registers if one.code == "releases")
    assert "custody.released" in release.kinds

    class Released(Kind):
        name, version = "test.released", 1
        title = "出所"
        writers = Writers.posts()

    mine = [
        one.model_copy(update={"kinds": ("test.released",)}) if one is release else one
        for one in file.registers
    ]
    monkeypatch.setattr(registers, "known", lambda: tuple(mine))
    with record.deed() as deed:
        deed.append(Released(), about=stay, by=factories.an_officer(Post.ADMISSION))
    page = page_of(leader, business="releases")
    assert rows_on(page) == 1
    assert "出所台账" in page


def test_a_register_is_narrowed_by_person_event_cell_and_day(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    assert rows_on(page_of(leader, words="㐂")) == 3
    assert rows_on(page_of(leader, words=str(first.pk))) == 3
    assert rows_on(page_of(leader, event="cell.moved")) == 1
    assert rows_on(page_of(leader, place=str(cell.pk))) == 2
    today = clock.now().astimezone(clock.LOCAL).date()
    yesterday = (today - timedelta(days=1)).isoformat()
    assert rows_on(page_of(leader, since=today.isoformat(), until=today.isoformat())) == 4
    assert rows_on(page_of(leader, since=yesterday, until=yesterday)) == 0


def test_without_a_day_it_shows_the_last_month() -> None:
    today = clock.now().astimezone(clock.LOCAL).date()
    assert registers.days_of({}) == (today - timedelta(days=30), today)
    assert registers.days_of({"since": "2026-03-01", "until": "2026-03-02"}) == (
        date(2026, 3, 1),
        date(2026, 3, 2),
    )
    assert registers.days_of({"since": "x", "until": "9999-99-99"})[1] == today


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("person", [("𠮷田㐂", 3), ("王小川", 1)]),
        ("business", [("收押台账", 2), ("监室调整台账", 1), ("文书台账", 1)]),
        ("event", [("收押", 2), ("调整监室", 1), ("出具文书", 1)]),
    ],
)
def test_rows_are_counted_in_groups(
    leader: Acting, cell: Cell, by: str, said: list[tuple[str, int]]
) -> None:
    people(cell)
    page = page_of(leader, grouped=by)
    found = re.findall(r'<dt><a href="[^"]*">([^<]*)</a></dt><dd>(\d+)</dd>', page)
    assert sorted((title.split(" · ")[0], int(count)) for title, count in found) == sorted(said)


def test_groups_of_days_and_places_add_up_and_lead_to_their_rows(
    leader: Acting, cell: Cell
) -> None:
    people(cell)
    for by in ("day", "place"):
        page = page_of(leader, grouped=by)
        found = re.findall(r'<dt><a href="([^"]*)">[^<]*</a></dt><dd>(\d+)</dd>', page)
        assert sum(int(count) for _url, count in found) == 4
        for url, count in found:
            inner = client_of(leader).get(reverse("registers") + url.replace("&amp;", "&"))
            assert rows_on(inner.content.decode()) == int(count)


def test_a_page_takes_as_many_queries_for_many_rows_as_for_few(leader: Acting, cell: Cell) -> None:
    people(cell)
    client = client_of(leader)
    url = reverse("registers")
    client.get(url)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(url, {"grouped": "person"}).status_code == 200
        return len(made)

    few = queries()
    for _ in range(20):
        factories.a_detainee(in_cell=cell)
    assert queries() == few


def test_a_long_register_is_paged(leader: Acting, cell: Cell) -> None:
    for _ in range(53):
        factories.a_detainee(in_cell=cell)
    assert rows_on(page_of(leader, business="admissions")) == 50
    assert rows_on(page_of(leader, business="admissions", page="2")) == 3


def test_another_facility_does_not_see_it(cell: Cell) -> None:
    people(cell)
    elsewhere = factories.somebody(Post.LEADER, at=factories.a_facility())
    assert rows_on(page_of(elsewhere)) == 0


def test_who_is_shown_stands_in_the_access_log(leader: Acting, cell: Cell) -> None:
    first, second = people(cell)
    for route, purpose in (
        ("registers", "registers.list"),
        ("registers_export", "registers.export"),
        ("registers_pdf", "registers.print"),
    ):
        body_of(leader, route, business="admissions")
        seen = Access.objects.filter(purpose=purpose).latest("at")
        assert set(seen.detainees) == {first.detainee_id, second.detainee_id}, route


def test_a_register_is_exported_as_a_spreadsheet(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    with ZipFile(BytesIO(body_of(leader, "registers_export", business="admissions"))) as book:
        text = book.read("xl/sharedStrings.xml").decode()
    for said in ("收押台账", "𠮷田㐂", "王小川", cell.name):
        assert said in text
    assert first.number in text


def test_a_register_is_printed_with_what_it_was_narrowed_to(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    text = text_of(body_of(leader, "registers_pdf", business="admissions", words="㐂"))
    day = clock.now().astimezone(clock.LOCAL).date().isoformat()
    assert f"{cell.organization.name}收押台账".replace(" ", "") in text
    assert f"至{day}" in text
    assert "共1条" in text
    assert "𠮷田㐂" in text
    assert first.number in text
    assert "王小川" not in text
    assert "草稿" not in text
    assert "Zhao" in text  # whoever printed it


def test_more_than_a_printed_list_holds_is_refused_in_words(
    leader: Acting, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(cell)
    monkeypatch.setattr("custos.management.reception.register_views.MOST_PRINTED", 3)
    answer = client_of(leader).get(reverse("registers_pdf"))
    assert answer.status_code == 422
    assert "4 行超过一份清单的上限（3）" in answer.content.decode()


# ---------------------------------------------------------------------- the files behind an entry


def test_the_files_behind_an_entry_open_to_its_readers(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    paper = documents.issued(custody=first.pk)[0]
    url = reverse("entry_files", args=[paper.entry_id])
    page = client_of(leader).get(url).content.decode()
    (link,) = re.findall(r'href="([^"]*\?file=[^"]*)"', page)
    answer = client_of(leader).get(link)
    assert answer.content == documents.paper(paper.id)[1]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    elsewhere = factories.somebody(Post.LEADER, at=factories.a_facility())
    assert client_of(elsewhere).get(link).status_code == 404
    assert client_of(leader).get(f"{url}?file={'0' * 64}").status_code == 404


def test_a_persons_page_names_the_paper_that_was_issued(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    page = client_of(leader).get(reverse("person", args=[first.pk])).content.decode()
    year = clock.now().astimezone(clock.LOCAL).year
    assert f"收押登记表 收登〔{year}〕1号" in page
    assert f"D14-1-{year}-1.pdf" in page


# ---------------------------------------------------------------------- a certified copy


def test_a_copy_of_a_file_holds_what_is_on_the_record_about_the_person(
    leader: Acting, cell: Cell
) -> None:
    first, _second = people(cell)
    with record.deed() as deed:
        deed.append(ToldInConfidence(text="密报内容"), about=first, by=leader.actor)
    answer = client_of(leader).post(
        reverse("person_copy", args=[first.pk]), {"reason": "本人释放时申请"}
    )
    paper = Issued.objects.get(code="D25")
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("entry_files", args=[paper.entry_id])
    text = text_of(documents.paper(paper.pk)[1])
    for said in (
        "在押人员档案副本",
        "𠮷田㐂",
        "身份在押人员",
        "出具理由本人释放时申请",
        "收押",
        "便于就医",
    ):
        assert said in text
    assert "记录条数3" in text
    assert "密报内容" not in text
    assert "王小川" not in text


def test_a_copy_is_made_by_the_leader_only_and_with_a_reason(leader: Acting, cell: Cell) -> None:
    first, _second = people(cell)
    url = reverse("person_copy", args=[first.pk])
    assert client_of(leader).post(url, {"reason": ""}).status_code == 422
    officer = factories.somebody(Post.CASE_OFFICER, at=cell.organization)
    assert client_of(officer).post(url, {"reason": "本人申请"}).status_code == 403
    with pytest.raises(NotAllowed):
        copies.make(first.pk, "本人申请", by=officer)
    assert not Issued.objects.filter(code="D25").exists()


def test_a_clinician_leader_cannot_put_clinical_entries_into_a_copy(cell: Cell) -> None:
    first, _second = people(cell)
    papers.issue(
        "D14-2",
        samples.HEALTH,
        about=first.record_subject(),
        facility=cell.organization,
        by=factories.an_officer(Post.MEDICAL, StaffKind.CLINICIAN),
        printed_by="何静波",
    )
    leader = factories.somebody(Post.LEADER, StaffKind.CLINICIAN, at=cell.organization)
    paper = copies.make(first.pk, "本人申请", by=leader)
    assert "健康检查笔录" not in text_of(documents.paper(paper.pk)[1])
