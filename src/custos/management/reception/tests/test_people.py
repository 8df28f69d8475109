"""The list of people as a data table: narrowed, ordered, saved as a view, exported."""

from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.conf import LazySettings
from django.test import Client

from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Post
from custos.foundation.ui import listing
from custos.foundation.ui.models import SavedView
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(factories.SYSTEM):
        yield


@pytest.fixture
def cell() -> Cell:
    return factories.a_cell(capacity=200)


@pytest.fixture
def reader(cell: Cell) -> Acting:
    return factories.somebody(at=cell.organization)


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def names_on(page: str, *stays: Custody) -> list[str]:
    found = [(page.find(f'data-key="{stay.pk}"'), stay.detainee.name) for stay in stays]
    return [name for at, name in sorted(found) if at >= 0]


def text_of(book: bytes) -> str:
    with ZipFile(BytesIO(book)) as file:
        return "".join(
            file.read(f"xl/{part}.xml").decode() for part in ("worksheets/sheet1", "sharedStrings")
        )


def test_it_is_narrowed_by_a_sentence(reader: Acting, cell: Cell) -> None:
    other = factories.a_cell(sex="2", facility=cell.organization)
    wang = factories.a_detainee(in_cell=cell, name="王小川")
    zhao = factories.a_detainee(in_cell=other, sex="2", name="赵兰")
    client = signed_in(reader)
    for query, wanted in (
        ("words=小川", ["王小川"]),
        (f"cell={other.pk}", ["赵兰"]),
        ("sex=1", ["王小川"]),
        ("admitted=7&sex=2", ["赵兰"]),
        ("words=nobody", []),
    ):
        page = client.get(f"/people/?{query}").content.decode()
        assert names_on(page, wang, zhao) == wanted, query


@pytest.mark.parametrize("query", ["cell=nonsense", "sort=nonsense", "page=99999", "admitted=x"])
def test_an_address_that_means_nothing_still_shows_the_list(
    reader: Acting, cell: Cell, query: str
) -> None:
    stay = factories.a_detainee(in_cell=cell)
    page = signed_in(reader).get(f"/people/?{query}").content.decode()
    assert names_on(page, stay)


def test_it_is_ordered_both_ways_by_its_headings(reader: Acting, cell: Cell) -> None:
    first, second = (factories.a_detainee(in_cell=cell, name=name) for name in ("Ai", "Bo"))
    client = signed_in(reader)
    page = client.get("/people/").content.decode()
    assert names_on(page, first, second) == ["Bo", "Ai"]
    assert 'aria-sort="descending"' in page
    page = client.get("/people/?sort=name").content.decode()
    assert names_on(page, first, second) == ["Ai", "Bo"]
    assert 'href="?sort=-name"' in page


def test_a_chosen_column_comes_and_the_name_always_stays(reader: Acting, cell: Cell) -> None:
    factories.a_detainee(in_cell=cell)
    page = signed_in(reader).get("/people/?column=basis_number").content.decode()
    assert page.count("<th scope") == 2
    assert "Number of the document" in page


def test_a_saved_view_is_the_accounts_own_and_keeps_no_more_than_it_should(
    reader: Acting, cell: Cell
) -> None:
    factories.a_detainee(in_cell=cell)
    client = signed_in(reader)
    sent = {"name": "  My   cells ", "query": f"cell={cell.pk}&sort=name", "next": "/people/"}
    answer = client.post("/views/people/save/", sent)
    assert answer.headers["Location"] == f"/people/?cell={cell.pk}&sort=name"
    assert "My cells" in client.get("/people/").content.decode()
    colleague = signed_in(factories.somebody(at=cell.organization))
    assert "My cells" not in colleague.get("/people/").content.decode()
    view = SavedView.objects.get()
    colleague.post(f"/views/{view.pk}/forget/")
    assert SavedView.objects.exists()
    client.post(f"/views/{view.pk}/forget/")
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_refused_and_leads_nowhere_else(reader: Acting) -> None:
    client = signed_in(reader)
    sent = {"name": " ", "query": "", "next": "https://example.org/"}
    answer = client.post("/views/people/save/", sent, follow=True)
    assert answer.redirect_chain[0][0] == "/"
    assert "needs a name" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_views_end_somewhere(reader: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_VIEWS", 1)
    client = signed_in(reader)
    for name in ("One", "One", "Two"):
        client.post("/views/people/save/", {"name": name, "query": "sort=name", "next": "/people/"})
    assert [view.name for view in SavedView.objects.all()] == ["One"]


def test_an_export_holds_what_the_filters_leave_and_says_who_made_it(
    reader: Acting, cell: Cell
) -> None:
    wang = factories.a_detainee(in_cell=cell, name="王小川")
    factories.a_detainee(in_cell=cell, name="赵铁山")
    factories.a_detainee(in_cell=factories.a_cell(), name="王大川")
    answer = signed_in(reader).get("/people/export/?words=川")
    text = text_of(answer.content)
    for words in ("王小川", "Exported by", "Zhao Min", "whose name or number has 川"):
        assert words in text
    for words in ("赵铁山", "王大川"):
        assert words not in text
    row = Access.objects.get()
    assert (row.purpose, row.detainees) == ("custody.export", [wang.detainee_id])


def test_a_legal_document_is_named_in_the_readers_language(reader: Acting, cell: Cell) -> None:
    factories.a_detainee(in_cell=cell)
    client = signed_in(reader)
    english = client.get("/people/").content.decode()
    assert "Detention warrant (拘留证)" in english
    assert "Detention warrant (拘留证)" in text_of(client.get("/people/export/").content)
    chinese = client.get("/people/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "拘留证" in chinese
    assert "Detention warrant" not in chinese


def test_a_name_is_never_a_formula(reader: Acting, cell: Cell) -> None:
    factories.a_detainee(in_cell=cell)
    Detainee.objects.update(name='=HYPERLINK("http://example.org")')  # as an old record may have it
    text = text_of(signed_in(reader).get("/people/export/").content)
    assert "<f>" not in text
    assert "=HYPERLINK" in text


def test_an_export_that_is_too_long_is_refused_and_notes_nobody(
    reader: Acting, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_EXPORTED", 1)
    for _ in range(2):
        factories.a_detainee(in_cell=cell)
    answer = signed_in(reader).get("/people/export/", headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "Narrow the list" in answer.json()["detail"]
    assert not Access.objects.exists()


def test_lists_are_exported_a_few_times_a_minute(
    reader: Acting, cell: Cell, settings: LazySettings
) -> None:
    settings.RATES = settings.RATES | {"export": 2}
    factories.a_detainee(in_cell=cell)
    client = signed_in(reader)
    said = [client.get("/people/export/").status_code for _ in range(3)]
    assert said == [200, 200, 429]
    assert Access.objects.count() == 2


def test_whoever_looks_at_several_facilities_chooses_among_them() -> None:
    cells = [factories.a_cell(), factories.a_cell()]
    stays = [factories.a_detainee(in_cell=cell, name=f"P{n}") for n, cell in enumerate(cells)]
    client = signed_in(factories.somebody(Post.OVERSIGHT, at=factories.a_city()))
    assert len(names_on(client.get("/people/").content.decode(), *stays)) == 2
    page = client.get(f"/people/?facility={cells[1].organization_id}").content.decode()
    assert names_on(page, *stays) == ["P1"]
    page = client.get(f"/people/?cell={cells[0].pk}").content.decode()
    assert names_on(page, *stays) == ["P0"]
