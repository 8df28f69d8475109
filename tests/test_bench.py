"""The test bench itself: whose rights tests have, and that databases don't mix."""

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests import databases


def made() -> ContentType:
    return ContentType.objects.create(app_label="bench", model="probe")


def probes() -> int:
    return ContentType.objects.filter(app_label="bench").count()


@pytest.mark.django_db
def test_tests_run_as_the_application_without_power_over_its_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("custos_app", False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("_", [1, 2])
def test_what_a_test_writes_is_rolled_back(_: int) -> None:
    assert probes() == 0
    made()
    assert probes() == 1


@pytest.mark.parametrize("_", [1, 2])
def test_a_live_database_is_a_tests_own(live_database: str, _: int) -> None:
    assert probes() == 0
    made()
    assert connection.settings_dict["NAME"] == live_database


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_commits_for_others_to_see(superuser_sql: psycopg.Connection) -> None:
    made()
    assert superuser_sql.execute(
        "SELECT count(*) FROM django_content_type WHERE app_label = 'bench'"
    ).fetchone() == (1,)
    assert superuser_sql.execute("SELECT current_user").fetchone() == ("custos_super",)


def test_a_live_database_is_gone_after_its_test(django_db_setup: None) -> None:
    with databases.superuser() as sql:
        names = [row[0] for row in sql.execute("SELECT datname FROM pg_database").fetchall()]
    assert (
        len([name for name in names if name.startswith("custos_") and name != databases.TEMPLATE])
        <= 4
    )
