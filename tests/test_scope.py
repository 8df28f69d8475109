"""Nothing is read or written outside a scope, and the database itself sees to it."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from custos.config import postgres
from custos.foundation.database import scope
from custos.foundation.organizations.models import Area, Organization
from tests import databases

FACILITY, ELSEWHERE = 101_001_001, 102_001_001

#: Tables with an organization that need no row-level security, each with its reason.
UNSCOPED = {
    "organizations_organizationcode": "codes of organizations; the tree is seen by everybody",
}


@pytest.mark.django_db
def test_every_table_of_an_organization_is_under_row_level_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, EXISTS ("
            "  SELECT 1 FROM pg_policies p WHERE p.tablename = c.relname"
            "  AND 'custos_app' = ANY (p.roles))"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'organization_id' AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
        )
        tables = {name: (secured, policed) for name, secured, policed in cursor.fetchall()}
    assert len(tables) > 15
    open_ = {name for name, both in tables.items() if both != (True, True)}
    assert open_ == set(UNSCOPED)


@pytest.mark.django_db
def test_the_application_is_bound_by_the_policies() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("custos_app", False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = 'custos_app'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_a_query_without_a_scope_returns_nothing() -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        _an_area(FACILITY)
        assert Area.objects.count() == 1
    assert Area.objects.count() == 0


@pytest.mark.django_db
def test_a_scope_shows_its_own_range_only() -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        here, _there = _an_area(FACILITY), _an_area(ELSEWHERE)
    with scope.entered(scope.Scope(101_000_000, 101_999_999)):
        assert list(Area.objects.all()) == [here]


@pytest.mark.django_db
def test_nothing_is_written_outside_the_scope() -> None:
    from django.db import ProgrammingError, transaction

    with scope.entered(scope.Scope.of_system("tests")):
        elsewhere = Organization.objects.create(id=ELSEWHERE, name="elsewhere", kind="KSS")
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        scope.entered(scope.Scope(FACILITY, FACILITY)),
        transaction.atomic(),
    ):
        Area.objects.create(organization=elsewhere, name="A")


@pytest.mark.django_db
def test_an_inner_scope_hands_back_the_outer_one() -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        _an_area(FACILITY)
        with scope.entered(scope.Scope(ELSEWHERE, ELSEWHERE)):
            assert Area.objects.count() == 0
        assert Area.objects.count() == 1
        with pytest.raises(RuntimeError), scope.entered(scope.Scope(ELSEWHERE, ELSEWHERE)):
            raise RuntimeError
        assert Area.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_next_transaction_of_a_connection_begins_without_a_scope() -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        _an_area(FACILITY)
    assert Area.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('custos.lowest', true)")
        assert cursor.fetchone()[0] in ("", None)


def test_a_shell_without_a_scope_sees_nothing(live_database: str) -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        _an_area(FACILITY)
    code = (
        "import django; django.setup();"
        "from custos.foundation.organizations.models import Area; print(Area.objects.count())"
    )
    from django.conf import settings

    url = postgres.place_for(settings.DATA).url(postgres.APP, databases.current_name())
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "custos.config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split()[-1] == "0"


def test_a_superuser_is_not_bound_which_is_why_heads_are_signed(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    with scope.entered(scope.Scope.of_system("tests")):
        _an_area(FACILITY)
    found = superuser_sql.execute("SELECT count(*) FROM organizations_area").fetchone()
    assert found == (1,)


def _an_area(number: int) -> Area:
    facility, _made = Organization.objects.get_or_create(
        id=number, defaults={"name": f"Centre {number}", "kind": "KSS"}
    )
    return Area.objects.create(organization=facility, name="A")
