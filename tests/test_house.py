"""The house has every page that the program's addresses lead to."""

from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from tests import house
from tests.test_access_matrix import ROUTES
from tests.visitors import EXCEPT, Visitor, seen_otherwise, visitors


def _excepted() -> set[str]:
    return {route for routes in EXCEPT.values() for route in routes}


def _name(path: str) -> str:
    try:
        return resolve(path.partition("?")[0]).view_name
    except Resolver404:
        return ""  # the page of what isn't there


def _answers(visitor: Visitor) -> list[tuple[str, Any]]:
    client = Client(headers={"accept-language": "zh-CN"})
    client.cookies.load(visitor.cookies)
    return [(path, client.get(path)) for path in visitor.pages]


@pytest.fixture
def all_of_them(db: None, settings: Any) -> list[Visitor]:
    settings.DEMO = True
    lived_in = house.furnished()
    return [*visitors(lived_in), *seen_otherwise(lived_in)]


def test_every_page_that_an_address_leads_to_stands_in_the_house(
    all_of_them: list[Visitor],
) -> None:
    shown = {_name(path) for visitor in all_of_them for path in visitor.pages}
    pages = {
        name
        for name, row in ROUTES.items()
        if "GET" in row.get("methods", ()) and row["open_to"] != "nobody"
    }
    assert pages - shown - _excepted() == set(), "add these to tests/house.py or tests/visitors.py"
    assert shown & _excepted() == set(), "these are pages after all"
    assert _excepted() <= set(ROUTES), "these routes are gone"


def test_every_page_of_the_house_is_shown_to_whoever_opens_it(all_of_them: list[Visitor]) -> None:
    wrong = [
        f"{path}: {answer.status_code} {answer.headers.get('Location', '')}"
        for visitor in all_of_them
        for path, answer in _answers(visitor)
        if (
            answer.status_code not in (200, 423)
            and not (answer.status_code == 404 and "there-is-no" in path)
            and not (answer.status_code == 404 and "password/reset" in path)
        )
        or not answer.headers["Content-Type"].startswith("text/html")
    ]
    assert wrong == []
