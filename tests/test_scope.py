"""Nothing is read or written outside a scope, and the database itself sees to it."""

import os
import subprocess
import sys

import procrastinate
import psycopg
import pytest
from django.conf import settings
from django.contrib.sessions.backends.cache import SessionStore
from django.db import ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from procrastinate.testing import InMemoryConnector
from psycopg_pool import ConnectionPool

from custos.config import postgres
from custos.foundation import gate
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.middleware import ActingMiddleware
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.organizations.models import Area, Cell, Organization
from custos.foundation.record.models import Entry, Payload
from tests import databases
from tests.factories import SYSTEM, a_cell, a_detainee

FACILITY, ELSEWHERE = 101_001_001, 102_001_001

#: Where people are named, and what is written about them.
TABLES = (Area, Cell, Custody, CellStay, Detainee, Entry, Payload)

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


@pytest.fixture
def somebody_is_held(db: None) -> None:
    with scope.entered(SYSTEM):
        a_detainee(in_cell=a_cell())
        assert all(table.objects.exists() for table in TABLES)


def rows() -> int:
    return sum(table.objects.count() for table in TABLES)


@pytest.mark.usefixtures("somebody_is_held")
def test_a_page_of_an_account_without_a_posting_sees_nothing() -> None:
    request = RequestFactory().get("/")
    request.user = accounts.make_account("nobody", None)
    request.session = SessionStore()

    @gate.signed_in
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(rows()))

    def answer(asked: HttpRequest) -> HttpResponse:
        return middleware.process_view(asked, view, (), {}) or view(asked)

    middleware = ActingMiddleware(answer)
    assert middleware(request).content == b"0"


@pytest.mark.usefixtures("somebody_is_held")
def test_a_job_that_declares_no_scope_sees_nothing_and_writes_nothing() -> None:
    app = procrastinate.App(connector=InMemoryConnector())

    @app.task
    def careless() -> int:
        return rows()

    assert careless() == 0
    with scope.entered(SYSTEM):
        held = Detainee.objects.get()
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Detainee.objects.create(
            organization_id=held.organization_id, name="Li Wei", sex="1", born=None
        )
    assert Detainee.objects.update(name="Li Wei") == 0


def test_a_pooled_connection_carries_no_scope_to_whoever_borrows_it_next(
    live_database: str,
) -> None:
    with scope.entered(SYSTEM):
        a_cell()
    url = postgres.place_for(settings.DATA).url(postgres.APP, live_database)
    asked = "SELECT count(*) FROM organizations_cell"
    with ConnectionPool(url, min_size=1, max_size=1, open=True) as pool:
        with pool.connection() as first, first.transaction():
            backend = first.info.backend_pid
            first.execute(
                "SELECT set_config('custos.lowest', '100000000', true),"
                " set_config('custos.highest', '199999999', true)"
            )
            assert first.execute(asked).fetchone() == (1,)
        with pool.connection() as second:
            assert second.info.backend_pid == backend
            assert second.execute(asked).fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_scope_that_ended_in_an_error_is_gone_too() -> None:
    with scope.entered(SYSTEM):
        a_cell()
    with pytest.raises(ZeroDivisionError), scope.entered(SYSTEM):
        1 // (Cell.objects.count() - 1)
    assert Cell.objects.count() == 0
    with pytest.raises(scope.NoScope):
        scope.current()


def _an_area(number: int) -> Area:
    facility, _made = Organization.objects.get_or_create(
        id=number, defaults={"name": f"Centre {number}", "kind": "KSS"}
    )
    return Area.objects.create(organization=facility, name="A")
