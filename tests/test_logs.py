"""A canary: a name and a number go through everything that may fail, and never reach a log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import Client

from custos.config import logs

NAME, NUMBER = "欧阳金丝雀", "990101199003078888"


class Said:
    """What would stand in the log."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(logs.formatter())

    def lines(self) -> list[dict[str, object]]:
        text = self.stream.getvalue()
        assert NAME not in text
        assert NUMBER not in text
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def said() -> Iterator[Said]:
    made = Said()
    logging.getLogger().addHandler(made.handler)
    yield made
    logging.getLogger().removeHandler(made.handler)


def test_keys_that_are_not_known_to_be_harmless_are_left_out(said: Said) -> None:
    structlog.get_logger("custos.canary").error("canary.sang", detainee=NAME, count=3)
    (line,) = said.lines()
    assert (line["event"], line["count"], line["level"]) == ("canary.sang", 3, "error")


def test_what_was_filled_into_a_message_is_left_out(said: Said) -> None:
    logging.getLogger("somebody.elses").error("cannot read %s", NAME)
    logging.getLogger("somebody.elses").error(f"cannot read {NAME}")
    first, second = said.lines()
    assert first["event"] == "cannot read %s"
    assert "test_logs" in str(second["event"])


def test_an_exception_leaves_its_class_and_place_but_not_its_words(said: Said) -> None:
    def fail(name: str) -> None:
        raise ValueError(f"{name} is not a cell")

    try:
        try:
            fail(NAME)
        except ValueError as error:
            raise RuntimeError(NUMBER) from error
    except RuntimeError:
        structlog.get_logger("custos.canary").exception("canary.failed", error=f"{NAME} failed")
        logging.getLogger("custos.other").exception("canary.failed")
    for line in said.lines():
        assert "builtins.ValueError" in line["exception"]  # type: ignore[operator]
        assert any("in fail" in place for place in line["exception"])  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_databases_detail_of_a_row_is_left_out(said: Said) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE canary (name text UNIQUE) ON COMMIT DROP")
        with pytest.raises(DatabaseError) as caught:
            cursor.execute("INSERT INTO canary VALUES (%s), (%s)", (NAME, NAME))
    assert NAME in str(caught.value)
    logging.getLogger("django.request").error("failed: %s", "/x", exc_info=caught.value)
    (line,) = said.lines()
    assert any("UniqueViolation" in place for place in line["exception"])  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/login/", "/duty/", "/nowhere/", "/acting/"])
def test_what_is_typed_into_forms_and_addresses_is_left_out(said: Said, path: str) -> None:
    browser = Client(raise_request_exception=False)
    browser.post(path, {"login": NAME, "password": NUMBER, "name": NAME, "posting": NUMBER})
    browser.get(f"{path}?q={NAME}&id={NUMBER}")
    browser.get(f"/{NAME}/{NUMBER}/")
    said.lines()


def test_the_servers_own_log_tells_no_rows() -> None:
    """PostgreSQL would write a failed statement and the row's values into its log."""
    from custos.config import postgres

    place = postgres.place_for(settings.DATA)
    if place.log.exists():
        text = place.log.read_text()
        assert "STATEMENT" not in text
        assert "DETAIL" not in text
