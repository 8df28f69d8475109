"""What tests that cross modules share."""

import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.test_faults import Demo


#: A browser on a crowded machine misses a moment that no user would: what fails is tried so often
#: again, and a run names what needed it. What is broken fails each time.
TRIES_AGAIN = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests in a real browser be tried again; no other test may."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=TRIES_AGAIN))


@pytest.fixture(autouse=True)
def _within_the_policy(request: pytest.FixtureRequest) -> Iterator[None]:
    """No journey makes a page do what its Content Security Policy forbids."""
    if not request.node.get_closest_marker("browser"):
        yield
        return
    from tests import browsers

    browsers.forbidden.clear()
    yield
    assert browsers.forbidden == []


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A real browser, started once a module."""
    from tests import browsers

    with browsers.running() as running:
        yield running


@pytest.fixture(scope="session")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Demo"]:
    """A demo that was started once and stopped, for others to begin as."""
    from tests.test_faults import Demo

    made = Demo(tmp_path_factory.mktemp("stopped") / "data")
    try:
        made.start()
        made.end(signal.SIGTERM)
        yield made
    finally:
        made.forget()
