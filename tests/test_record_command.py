"""`custos record`: what it prints and how it ends."""

from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from django.conf import LazySettings

from custos.config import program
from custos.foundation.database import scope
from custos.foundation.record import services as record
from custos.foundation.record import signing
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
    assert (ran.exit_code, ran.output) == (
        0,
        f"signed by {signing.signer().name}\nwhole  organization {FACILITY}: 3 entries\n",
    )
    bundle.write_bytes(bundle.read_bytes()[:-50])
    ran = custos("verify", str(bundle))
    assert (ran.exit_code, "Traceback" in ran.output) == (1, False)


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    ran = custos("export", str(tmp_path / "missing" / "june.custos"), "-o", str(FACILITY))
    assert ran.exit_code == 1
    assert ran.output == (
        f"Error: can't use {tmp_path}/missing/june.custos.part: No such file or directory; correct "
        "the path, or make its folder first\n"
    )


def test_a_bundle_of_another_key_is_taken_only_where_the_key_is_named(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.custos"
    assert custos("export", str(bundle), "-o", str(FACILITY)).exit_code == 0
    maker = signing.signer().name
    signing.key_file().unlink()
    ran = custos("verify", str(bundle))
    assert (ran.exit_code, "NOT PROVEN" in ran.output, maker in ran.output) == (0, True, True)
    assert not signing.key_file().exists()
    signing.signer_at(signing.key_file())  # a node with a key of its own
    assert custos("verify", str(bundle)).exit_code == 1
    assert custos("verify", str(bundle), "--key", maker).exit_code == 0
