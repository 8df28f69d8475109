from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from custos.foundation.ui import navigation


@pytest.fixture(autouse=True)
def _empty_registry(monkeypatch):
    monkeypatch.setattr(navigation, "_items", {})


def places(path="/", post="patrol"):
    return navigation.places_for(RequestFactory().get(path), SimpleNamespace(post=post))


def test_items_stand_in_their_order():
    navigation.register("account_logout", "second", icon="x", order=2)
    navigation.register("account_login", "first", icon="x", order=1)
    assert [place.label for place in places()] == ["first", "second"]


def test_the_order_may_differ_by_post():
    navigation.register("account_logout", "people", icon="x", order=20)
    navigation.register(
        "account_login", "now", icon="x", order=lambda acting: 10 if acting.post == "patrol" else 30
    )
    assert [place.label for place in places(post="patrol")] == ["now", "people"]
    assert [place.label for place in places(post="medical")] == ["people", "now"]


def test_an_item_is_shown_only_to_whom_it_concerns():
    navigation.register(
        "account_login", "leaders", icon="x", shown=lambda acting: acting.post == "leader"
    )
    assert places(post="patrol") == []
    assert len(places(post="leader")) == 1


def test_a_page_that_would_be_refused_is_not_offered():
    navigation.register("admit", "admit", icon="x")
    navigation.register("account_signup", "open to nobody", icon="x")
    assert places(post="patrol") == []
    assert [place.label for place in places(post="admission")] == ["admit"]


def test_the_page_at_hand_is_current_on_the_pages_below_it_too():
    navigation.register("account_login", "here", icon="x")
    assert places("/account/login/")[0].current
    assert places("/account/login/more/")[0].current
    assert not places("/account/logout/")[0].current


def test_an_item_without_a_route_is_left_out():
    navigation.register("no_such_route", "nowhere", icon="x")
    assert places() == []
