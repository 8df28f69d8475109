"""In which order notices stand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation.database import scope
from custos.foundation.ui import bell
from custos.foundation.ui.bell import Notice
from tests.factories import SYSTEM, somebody

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def at(minutes):
    return NOW + timedelta(minutes=minutes)


def test_what_must_be_done_stands_as_in_the_list_of_now_and_news_below(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(bell, "_providers", {})
    notices = [
        Notice("news early", "", "/", at(-60)),
        Notice("news late", "", "/", at(-1)),
        Notice("2 due", "", "/", at(-90), severity=2, due_at=at(-80)),
        Notice("1 due late", "", "/", at(-40), severity=1, due_at=at(-2)),
        Notice("1 due early", "", "/", at(-30), severity=1, due_at=at(-20)),
        Notice("1 undated", "", "/", at(-10), severity=1),
    ]
    bell.register("tests", lambda acting: notices)
    assert [notice.key for notice in bell._notices(object())] == [
        "1 due early",
        "1 undated",
        "1 due late",
        "2 due",
        "news late",
        "news early",
    ]


def test_what_is_to_be_done_waits_and_an_answer_that_came_back_does_not() -> None:
    assert Notice("task", "", "/", at(0), severity=3).waits
    assert Notice("confirm", "", "/", at(0), due_at=at(10)).waits
    assert not Notice("answer", "", "/", at(-600), tone="done").waits


@pytest.mark.django_db
def test_the_bell_counts_what_waits_apart_from_news(monkeypatch: pytest.MonkeyPatch) -> None:
    notices = [Notice("answer", "Answered", "/", at(-600), tone="done")]
    monkeypatch.setattr(bell, "_providers", {"tests": lambda acting: notices})
    with scope.entered(SYSTEM):
        acting = somebody()
    client = Client()
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    assert 'data-unread="1" data-waiting="0"' in client.get(reverse("bell")).content.decode()
    notices.append(Notice("task", "To do", "/", at(-1), severity=2))
    assert 'data-unread="2" data-waiting="1"' in client.get(reverse("bell")).content.decode()
