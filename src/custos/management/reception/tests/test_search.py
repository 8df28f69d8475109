"""People in the search box, by Django's client."""

from collections.abc import Iterator

import pytest
from django.test import Client

from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody.models import Detainee
from custos.foundation.custody.people import tokens
from custos.foundation.database import scope
from custos.foundation.organizations import services as organizations
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(factories.SYSTEM):
        yield


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_person_is_found_by_part_of_a_name_and_by_the_end_of_the_number() -> None:
    cell = factories.a_cell()
    stay = factories.a_detainee(in_cell=cell, name="王小川")
    factories.a_detainee(in_cell=cell, name="赵铁山")
    client = signed_in(factories.somebody(at=cell.organization))
    for words in ("小川", stay.number[-6:], str(stay.pk)):
        page = client.get("/search/", {"q": words}).content.decode()
        assert f"/people/{stay.pk}/" in page
        assert "赵铁山" not in page


def test_somebody_of_exactly_this_name_or_number_stands_alone_and_the_rest_is_folded() -> None:
    cell = factories.a_cell()
    stay = factories.a_detainee(in_cell=cell, name="王小川")
    near = [factories.a_detainee(in_cell=cell, name=name) for name in ("王小川江", "王晓川")]
    client = signed_in(factories.somebody(at=cell.organization))

    def parts(words: str) -> tuple[str, str]:
        page = client.get("/search/", {"q": words}).content.decode()
        found = page[page.index('class="panel found"') :]
        return found.partition("<details")[::2]  # type: ignore[return-value]

    first, folded = parts("王小川")
    assert f"/people/{stay.pk}/" in first
    for other in near:
        assert f"/people/{other.pk}/" in folded
        assert f"/people/{other.pk}/" not in first
    assert "Others that are like it" in folded
    assert f"/people/{stay.pk}/" in parts(stay.number)[0]
    # Part of a name is nobody's: all of them are looked through.
    first, folded = parts("小川")
    assert f"/people/{near[0].pk}/" in first
    assert folded == ""


def test_looking_somebody_up_is_in_the_access_log() -> None:
    cell = factories.a_cell()
    stay = factories.a_detainee(in_cell=cell, name="王小川")
    client = signed_in(factories.somebody(at=cell.organization))
    client.get("/search/", {"q": "nobody"})
    assert not Access.objects.exists()
    client.get("/search/", {"q": "王"})
    row = Access.objects.get()
    assert (row.purpose, row.route, row.detainees) == ("search", "search", [stay.detainee_id])


def test_nobody_is_found_outside_ones_range() -> None:
    factories.a_detainee(in_cell=factories.a_cell(), name="王小川")
    page = signed_in(factories.somebody()).get("/search/", {"q": "王小川"}).content.decode()
    assert "Nothing in your range" in page
    assert not Access.objects.exists()


def test_who_types_a_cell_finds_it_first_with_those_who_are_in_it() -> None:
    area = factories.a_cell().area
    cell = organizations.add_cell(area, "8080", sex="1", capacity=12, by=factories.BY_SYSTEM)
    elsewhere = organizations.add_cell(
        cell.area, f"1{cell.name}", sex="1", capacity=12, by=factories.BY_SYSTEM
    )
    inside = factories.a_detainee(in_cell=cell, name="王小川")
    others = [factories.a_detainee(in_cell=elsewhere) for _number in range(7)]
    for at, stay in enumerate(others):
        type(stay).objects.filter(pk=stay.pk).update(number=f"20260000{at}{cell.name}")
    with scope.entered(factories.SYSTEM):
        tokens.rewrite([stay.detainee_id for stay in others])
    client = signed_in(factories.somebody(at=cell.organization))
    page = client.get("/search/", {"q": cell.name}).content.decode()
    order = [
        f"?cell={cell.pk}",
        f"/people/{inside.pk}/",
        f"?cell={elsewhere.pk}",
        'id="found-people"',
    ]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    assert f'href="/people/?words={cell.name}"' in page, "the way to all of them"


def test_while_typing_only_the_list_is_sent() -> None:
    cell = factories.a_cell()
    factories.a_detainee(in_cell=cell)
    Detainee.objects.update(name="<b>Wang</b>")  # as an old record may have it
    answer = signed_in(factories.somebody(at=cell.organization)).get(
        "/search/", {"q": "Wang"}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert "<html" not in page
    assert "&lt;b&gt;Wang" in page


def test_whoever_is_not_signed_in_finds_nothing() -> None:
    assert Client().get("/search/", {"q": "Wang"}).status_code == 302
