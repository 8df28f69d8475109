"""`custos record`: what it prints and how it ends."""

from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from django.conf import LazySettings

from custos.config import program
from custos.foundation.database import scope
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Corrected
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject

FACILITY = 101_001_001


@pytest.fixture(autouse=True)
def a_record(settings: LazySettings, tmp_path: Path, live_database: str) -> None:
    """Three entries, and keys and a witness file of the test's own."""
    settings.KEYS, settings.WITNESS = tmp_path / "keys", tmp_path / "heads.jsonl"
    by = Actor(ActorKind.STAFF, "somebody", Post.PATROL, StaffKind.OFFICER)
    with scope.entered(scope.Scope.of_system("tests")), record.deed() as deed:
        for number in range(3):
            said = Corrected(entry="0" * 32, wrong="a", right=str(number), reason="c")
            deed.append(said, about=Subject(FACILITY), by=by)


def custos(*words: str) -> Result:
    return CliRunner().invoke(program.main, ["record", *words])


def test_a_whole_record_is_said_to_be_whole() -> None:
    ran = custos("verify")
    assert (ran.exit_code, ran.output) == (0, f"whole  organization {FACILITY}: 3 entries\n")


def test_the_first_wrong_entry_is_named_and_the_program_ends_with_one(
    superuser_sql: psycopg.Connection,
) -> None:
    superuser_sql.execute("SET session_replication_role = replica")
    wrong = superuser_sql.execute(
        "UPDATE record_entry SET ground = 'law' WHERE seq = 2 RETURNING id"
    ).fetchone()
    assert wrong is not None
    ran = custos("verify")
    assert ran.exit_code == 1
    assert f"WRONG  organization {FACILITY}, entry number 2 ({wrong[0]})" in ran.output


def test_a_changed_witness_file_is_refused_in_words(settings: LazySettings) -> None:
    assert custos("witness").exit_code == 0
    settings.WITNESS.write_bytes(settings.WITNESS.read_bytes().replace(b"[[", b"[ ["))
    settings.WITNESS.write_bytes(settings.WITNESS.read_bytes().replace(b",3,", b",2,"))
    ran = custos("verify")
    assert (ran.exit_code, "line 1 of the witness file" in ran.output) == (1, True)


def test_a_bundle_is_exported_and_verified(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.custos"
    assert custos("export", str(bundle), "-o", str(FACILITY)).exit_code == 0
    ran = custos("verify", str(bundle))
    assert (ran.exit_code, ran.output) == (0, f"whole  organization {FACILITY}: 3 entries\n")
    bundle.write_bytes(bundle.read_bytes()[:-50])
    ran = custos("verify", str(bundle))
    assert (ran.exit_code, "Traceback" in ran.output) == (1, False)
