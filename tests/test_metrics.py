from datetime import UTC, datetime

import pytest
from django.test import Client

from custos.foundation.backups import status

pytestmark = pytest.mark.django_db


def test_figures_are_open_to_this_machine(client: Client) -> None:
    body = client.get("/metrics").content.decode()
    assert "custos_database_up 1.0" in body
    assert "custos_tasks_open 0.0" in body
    assert "custos_entries_total" in body


def test_figures_are_closed_to_other_machines(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403


def test_a_token_opens_them_from_anywhere_and_only_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_METRICS_TOKEN", "quiet-river")
    right, wrong = {"Authorization": "Bearer quiet-river"}, {"Authorization": "Bearer loud"}
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9", headers=right).status_code == 200
    assert client.get("/metrics", headers=wrong).status_code == 403


def test_requests_are_counted_by_route_and_never_by_address(client: Client) -> None:
    client.get("/nobody-named-canary/")
    body = client.get("/metrics").content.decode()
    assert "canary" not in body
    assert 'route="none"' in body


def test_the_age_of_the_backups_is_a_figure(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "custos_backup_copied_seconds" not in client.get("/metrics").content.decode()
    at = datetime(2026, 3, 5, tzinfo=UTC)
    known = status.Status(True, copied_at=at, verified_at=at, kept_at=at, missing="07")
    monkeypatch.setattr(status, "of", lambda *_: known)
    body = client.get("/metrics").content.decode()
    assert "custos_backup_copied_seconds 1.7726688e+09" in body
    assert "custos_backup_verified_seconds 1.7726688e+09" in body
    assert "custos_backup_kept_seconds 1.7726688e+09" in body
    assert "custos_backup_broken 1.0" in body
