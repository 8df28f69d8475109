"""The test bench: databases, and nothing that only one module needs.

| fixture | what a test gets |
| --- | --- |
| `db` | the worker's database; what the test writes is rolled back |
| `live_database` | a database of the test's own: commits are real, several connections may meet |
| `superuser_sql` | a connection that no grant, policy or trigger of ours stops, for tampering |
| `owner_sql` | a connection as the owner of the tables |
| `everywhere` | the scope of the system while it runs |
| `facility`, `cell`, `stay` | a detention centre, a cell of it, somebody in that cell |
| `live_site` | the address of the running site on `live_database`, for a browser or a real client |

`@pytest.mark.django_db(transaction=True)` gives a live database too: pytest-django would empty
tables by TRUNCATE, which the application's role may not. For the same reason there is `live_site`
and not its `live_server`.
"""

import gc
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from django.utils import translation
from pytest_django.fixtures import validate_django_db
from pytest_django.plugin import DjangoDbBlocker

from custos.config import postgres
from custos.foundation import rates
from tests import databases, samples

if TYPE_CHECKING:
    from custos.foundation.custody.models import Custody
    from custos.foundation.organizations.models import Cell, Organization

# `make test` tries samples of what may come in, `make proof` asks for the other.
hypothesis.settings.register_profile("sample", max_examples=100, deadline=None)
hypothesis.settings.register_profile("proof", max_examples=50_000, deadline=None)
hypothesis.settings.load_profile("sample")

_server: postgres.Server | None = None


def _start_once() -> None:
    global _server
    if _server is None:
        _server = databases.start()


def pytest_report_header() -> str:
    """Say which sample is taken."""
    return f"sample: {samples.NAME} (take another by CUSTOS_SAMPLE)"


def pytest_collection_finish() -> None:
    """What was imported by now stands until the end: it isn't looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_configure_node(node: object) -> None:
    """xdist is about to start a worker: the server has to outlive them all."""
    _start_once()


def pytest_unconfigure() -> None:
    """The run is over."""
    if _server is not None:
        databases.stop(_server)


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page that a test asked for in English leaves the thread in English; the next begins afresh."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _unhurried() -> Iterator[None]:
    """Many tests are one account to the counts of a process: each begins with its own minute."""
    rates.forget()
    yield
    rates.forget()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Instead of pytest-django's: a clone of the template for this process."""
    if not hasattr(request.config, "workerinput"):
        _start_once()
    with django_db_blocker.unblock(), databases.clone():
        yield


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest, django_db_setup: None) -> None:
    """What stands behind `db` and the marker, with live databases for transactional tests."""
    marker = request.node.get_closest_marker("django_db")
    transactional = marker is not None and validate_django_db(marker)[0]
    if transactional or "live_database" in request.fixturenames:
        request.getfixturevalue("live_database")
    else:
        request.getfixturevalue("_django_db_helper")


@pytest.fixture
def live_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A fresh database of this test's own, by name; whatever it commits is gone afterwards."""
    with django_db_blocker.unblock(), databases.clone() as name:
        yield name


@pytest.fixture
def superuser_sql(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The cluster's superuser in the test's database; sees only what was committed."""
    with databases.superuser(databases.current_name()) as connection:
        yield connection


@pytest.fixture
def owner_sql(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The owner of the tables in the test's database; sees only what was committed."""
    from django.conf import settings

    url = postgres.place_for(settings.DATA).url(postgres.OWNER, databases.current_name())
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def everywhere() -> Iterator[None]:
    """What the test does is seen and written as by the system."""
    from custos.foundation.database import scope
    from tests import factories

    with scope.entered(factories.SYSTEM):
        yield


@pytest.fixture
def facility() -> "Organization":
    """A detention centre."""
    from tests import factories

    return factories.a_facility()


@pytest.fixture
def cell(facility: "Organization") -> "Cell":
    """A cell for men."""
    from tests import factories

    return factories.a_cell(facility=facility)


@pytest.fixture
def stay(cell: "Cell") -> "Custody":
    """Somebody in that cell."""
    from tests import factories

    return factories.a_detainee(in_cell=cell, name="王小川")


@pytest.fixture
def live_site(live_database: str) -> Iterator[str]:
    """The site, served in a thread of this process on `live_database`; its address.

    It keeps the clock that is set where it is started.
    """
    import contextvars
    import socket

    import uvicorn
    from django.conf import settings

    from custos.config.asgi import application

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(
            uvicorn.Config(
                application, log_config=None, lifespan="off", timeout_graceful_shutdown=1
            )
        )
        here = contextvars.copy_context()
        thread = threading.Thread(target=here.run, args=(server.run, [listening]), daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        assert server.started, "the site didn't start"
        assert settings.DATABASES["default"]["NAME"] == live_database
        yield f"http://localhost:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)
