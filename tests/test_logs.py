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
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import SYSTEM, a_button, a_cell, a_press, somebody
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task

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


def test_a_line_break_in_what_is_logged_makes_no_second_line(said: Said) -> None:
    forged = 'quiet\n{"event": "record.erased", "level": "info"}\r\nnext'
    structlog.get_logger("custos.canary").error("canary.sang", kind=forged)
    logging.getLogger("somebody.elses").error(forged)
    assert all(line["event"] != "record.erased" for line in said.lines())
    assert len(said.stream.getvalue().split("\n")) == 3  # two lines and the end


def test_an_event_that_is_not_written_in_the_program_is_left_out(said: Said) -> None:
    structlog.get_logger("custos.duty").warning(NAME)
    structlog.get_logger("custos.duty").warning(f"answered: {NUMBER}")
    logging.getLogger("custos.duty").warning(NAME)
    logging.getLogger("custos").warning(NAME + " %s", NUMBER)
    logging.getLogger("custos.duty").warning("duty.answered", extra={"kind": "task"})
    *replaced, written = said.lines()
    for line in replaced:
        assert "test_an_event_that_is_not_written" in str(line["event"])
    assert (written["event"], written["kind"]) == ("duty.answered", "task")


@pytest.mark.django_db
def test_what_an_officer_writes_into_the_record_is_left_out(said: Said) -> None:
    """The whole life of a task; whatever it logs on its way, nobody's words are among it."""
    with scope.entered(SYSTEM):
        button = a_button(a_cell())
        for end in ("answer", "withdraw"):
            intake.take([a_press(button)])
            task = Task.objects.get(cell_id=button.cell_id, state="open")
            leader = somebody(Post.DUTY_LEADER)
            duty.accept(task.pk, by=leader)
            getattr(duty, end)(task.pk, f"{NAME} {NUMBER}", by=leader)
    said.lines()


def test_why_a_connection_fails_is_said_in_the_systems_words_only(said: Said) -> None:
    pool = logging.getLogger("psycopg.pool")
    refused = OSError(f"connection as {NAME} failed: Connection refused\n\tIs it running?")
    pool.warning("error connecting in %r: %s", "pool-1", refused)
    pool.warning("error connecting in %r: %s", "pool-1", ValueError(NAME))
    first, second = said.lines()
    assert (first["event"], first["error"]) == ("error connecting in %r: %s", "OSError")
    assert first["trouble"] == "Connection refused"
    assert (second["error"], second.get("trouble")) == ("ValueError", None)
