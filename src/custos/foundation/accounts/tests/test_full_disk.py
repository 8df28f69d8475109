"""A node whose disk is full says so, to whoever signs in too."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from custos.foundation.database import scope
from tests.factories import SYSTEM, somebody

PASSWORD = "seven-quiet-corridors"

#: What PostgreSQL answers to each write that needs room.
_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON custos_cache EXECUTE FUNCTION full_disk();
"""


@contextmanager
def full_disk(owner_sql: psycopg.Connection) -> Iterator[None]:
    owner_sql.execute(_FULL)
    yield
    owner_sql.execute("DROP FUNCTION full_disk CASCADE")


@pytest.mark.django_db(transaction=True)
def test_signing_in_on_a_full_disk_says_that_it_is_full_and_not_that_one_tried_too_often(
    owner_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(password=PASSWORD)
    client, page = Client(raise_request_exception=False), reverse("account_login")
    given = {"login": acting.user.username, "password": PASSWORD}
    with full_disk(owner_sql):
        answer = client.post(page, given)
        assert answer.status_code == 503
        said = answer.content.decode()
        assert "磁盘已满" in said
        assert "The disk is full" in said
        assert "_auth_user_id" not in client.session
    assert client.post(page, given).status_code == 302, "as soon as there is room"


@pytest.mark.django_db(transaction=True)
def test_the_cache_says_when_it_cannot_be_written_and_keeps_quiet_about_a_race(
    owner_sql: psycopg.Connection,
) -> None:
    assert cache.add("kept", 1)
    assert not cache.add("kept", 2), "somebody else was faster"
    assert cache.get("kept") == 1
    with full_disk(owner_sql):
        for write in (cache.add, cache.set):
            with pytest.raises(OperationalError):
                write("new", 1)
    assert cache.get("new") is None
    assert not cache.touch("nobody wrote this")
