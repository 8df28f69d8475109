"""The `custos` program when something around it is wrong: words and what to do, no traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils import translation

from custos.config import program, supervisor
from custos.foundation.accounts.models import User

AWAY = "host=/nowhere user=custos_app dbname=custos password=x"


def custos(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(program.main, words, env=environment)


def alone(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own, on a data folder where nothing is yet."""
    ours = ("CUSTOS_", "DJANGO_", "DATABASE_URL", "LC_", "LANG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "custos.config.program", *words],
        env=kept | {"CUSTOS_DATA": str(data)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


# ---------------------------------------------------------------------- the database


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (("record", "verify"), "DATABASE_URL"),
        (("user", "list"), "DATABASE_URL"),
        (("migrate",), "CUSTOS_OWNER_URL"),
    ],
)
def test_a_database_that_is_away_is_told_in_one_line(
    tmp_path: Path, words: tuple[str, ...], variable: str
) -> None:
    ran = alone(tmp_path, *words, DATABASE_URL=AWAY, CUSTOS_OWNER_URL=AWAY)
    (line,) = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert line.startswith("Error: the database doesn't answer: ")
    assert f"correct {variable}; `custos check` looks closer" in line


def test_where_no_database_is_named_yet_the_first_step_is_told(tmp_path: Path) -> None:
    ran = alone(tmp_path, "user", "list")
    assert ran.returncode == 1
    assert "no database is named" in ran.stderr
    assert "start `custos demo`" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_tables_of_another_version_are_told(
    live_database: str, superuser_sql: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    superuser_sql.execute("ALTER TABLE accounts_user RENAME TO accounts_people")  # type: ignore[attr-defined]
    ran = custos("user", "list")
    assert (ran.exit_code, "run `custos migrate`" in ran.output) == (1, True)


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize("words", [("codes", "check"), ("codes", "regions"), ("record", "verify")])
def test_a_folder_where_a_file_is_meant_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = custos(*words, str(tmp_path))
    assert (ran.exit_code, "is a directory" in ran.output) == (2, True)


def test_a_data_folder_that_cannot_be_made_is_told() -> None:
    ran = custos("demo", "--data", "/proc/x", "--port", "8999", "--mqtt-port", "8998")
    assert (ran.exit_code, "can't use /proc/x" in ran.output) == (1, True)


def test_what_is_a_defect_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(supervisor.Demo, "run", fail)
    assert isinstance(custos("demo").exception, ZeroDivisionError)


def test_looking_writes_nothing_on_a_foreign_machine(tmp_path: Path) -> None:
    data, bundle = tmp_path / "data", tmp_path / "bundle.custos"
    bundle.write_bytes(b"no bundle")
    assert "Traceback" not in alone(data, "record", "verify", str(bundle)).stderr
    alone(data, "check")
    alone(data, "user", "list")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.custos"]


# ---------------------------------------------------------------------- ports and figures


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "--port", "99999999"),
        ("demo", "--port", "0"),
        ("demo", "--mqtt-port", "0"),
        ("serve", "--port", "99999"),
        ("bench", "record", "--scale", "0"),
        ("bench", "record", "--scale", "-1"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_before_anything_begins(words: tuple[str, ...]) -> None:
    ran = custos(*words)
    assert ran.exit_code == 2
    assert "is not in the range" in ran.output


def test_a_port_that_is_taken_is_told(taken_port: str, tmp_path: Path) -> None:
    ran = custos("serve", "--port", taken_port)
    assert ran.exit_code == 1
    assert f"port {taken_port} is taken by another program; choose another by --port" in ran.output
    ran = custos("demo", "--data", str(tmp_path / "data"), "--mqtt-port", taken_port)
    assert ran.exit_code == 1
    assert f"port {taken_port} is taken by another program; choose another by --mqtt-port" in (
        ran.output
    )


def test_an_address_that_is_not_this_machines_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUSTOS_TLS_CERT", "CUSTOS_TLS_KEY"):
        monkeypatch.setenv(name, "there.pem")
    ran = custos("serve", "--host", "192.0.2.1")
    assert (ran.exit_code, "can't listen at 192.0.2.1" in ran.output) == (1, True)


# ---------------------------------------------------------------------- language


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, "没有"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "en_US.UTF-8"}, "There is no account"),
        ({"LC_ALL": "C", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"}, "There is no account"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "C"}, "没有"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""}, "There is no account"),
    ],
)
def test_refusals_are_in_the_language_of_the_terminal(locale: dict[str, str], said: str) -> None:
    before = translation.get_language()
    ran = custos("user", "password", "nobody", "--password", "correct horse", **locale)
    assert (ran.exit_code, said in ran.output) == (1, True), ran.output
    assert translation.get_language() == before


@pytest.mark.django_db
def test_a_password_of_the_command_line_is_handed_over() -> None:
    for command in ("make", "password"):
        User.objects.update(must_change_password=False)
        said = custos("user", command, "patrol-9", "--password", "seven-quiet-corridors")
        assert said.exit_code == 0, said.output
        assert User.objects.get(username="patrol-9").must_change_password


def test_a_process_starts_without_what_few_of_them_need(tmp_path: Path) -> None:
    """Each process of a demo waits for it: readings of names alone take a third of a second."""
    heavy = {"pypinyin", "ortools", "openpyxl", "reportlab", "schemathesis"}
    code = f"""
import sys, django
django.setup()
import custos.config.urls
print(sorted({heavy!r} & set(sys.modules)))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "custos.config.settings", "CUSTOS_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "[]\n"
