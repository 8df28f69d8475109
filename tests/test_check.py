"""`custos check` finds what is wrong; each fault is made and must be named."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from custos.config import checks, landlock
from custos.config.checks import State
from custos.foundation import clock
from custos.foundation.backups import status
from custos.foundation.database import pulse, scope
from custos.foundation.record import signing, witness
from tests import certificates, factories
from tests.factories import SYSTEM


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUSTOS_DATA", str(tmp_path))
    return tmp_path


def only(check: checks.Check) -> checks.Finding:
    (finding,) = check()
    return finding


def test_a_finding_is_one_line_with_how_to_mend_it() -> None:
    assert str(checks.fail("it rains", "take an umbrella")) == "fail  it rains → take an umbrella"


def test_a_missing_data_folder_is_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOS_DATA", str(data / "gone"))
    assert only(checks.folder).state is State.FAIL


def test_a_key_that_others_can_read_is_found(data: Path) -> None:
    (data / "keys").mkdir(mode=0o700)
    key = data / "keys" / "django"
    key.write_text("secret")
    key.chmod(0o644)
    finding = only(checks.secrets)
    assert (finding.state, finding.mend) == (State.FAIL, f"chmod go= {key}")
    key.chmod(0o600)
    assert only(checks.secrets).state is State.OK


@pytest.mark.parametrize(("free", "state"), [(0.5, "fail"), (5, "warn"), (50, "ok")])
def test_a_full_disk_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch, free: float, state: str
) -> None:
    monkeypatch.setattr(
        checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=int(free * 2**30))
    )
    assert only(checks.disk).state == state


def test_serving_others_without_encryption_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_HOSTS", "localhost,custos.example")
    assert only(checks.tls).state is State.FAIL
    served_with(certificates.made(data, "custos.example"), monkeypatch)
    assert only(checks.tls).state is State.OK


def served_with(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOS_HOSTS", "custos.example")
    for name, file in zip(("CUSTOS_TLS_CERT", "CUSTOS_TLS_KEY"), files, strict=True):
        monkeypatch.setenv(name, str(file))


def test_a_certificate_that_a_browser_would_refuse_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = certificates.made(data, "custos.example")
    other = certificates.made(data, "another.example")
    for files, said in (
        (other, "is for another.example, and not for custos.example"),
        ((ours[0], other[1]), "no certificate with its key"),
    ):
        served_with(files, monkeypatch)
        assert said in only(checks.tls).what
    ours[1].chmod(0o644)
    served_with(ours, monkeypatch)
    assert "can be read by others" in only(checks.tls).what
    ours[0].write_text("no certificate")
    assert "no certificate with its key" in only(checks.tls).what


@pytest.mark.parametrize(("days", "state"), [(-1, "fail"), (5, "warn"), (60, "ok")])
def test_a_certificate_that_ends_is_found_before(
    data: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str
) -> None:
    served_with(certificates.made(data, "custos.example", days=days), monkeypatch)
    assert only(checks.tls).state == state


def test_a_secret_that_can_be_guessed_is_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "keys").mkdir(mode=0o700)
    monkeypatch.setenv("CUSTOS_SECRET_KEY", "x")
    assert "1 characters" in next(checks.secrets()).what


@pytest.mark.parametrize(
    ("version", "state", "said"),
    [(0, "warn", "can't be confined"), (2, "warn", "6.2"), (3, "ok", "confined"), (7, "ok", "")],
)
def test_a_kernel_that_cannot_confine_the_embedded_database_is_a_warning(
    data: Path, monkeypatch: pytest.MonkeyPatch, version: int, state: str, said: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(landlock, "version", lambda: version)
    finding = only(checks.confinement)
    assert (finding.state, said in str(finding)) == (state, True)
    monkeypatch.setenv("DATABASE_URL", "host=elsewhere")  # then it isn't ours to confine
    assert list(checks.confinement()) == []


def test_papers_without_their_fonts_are_a_failure_and_rare_characters_without_one_a_warning(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custos.foundation.documents import rendering

    assert only(checks.fonts).state is State.OK
    monkeypatch.setattr(rendering, "_fallbacks", lambda: ())
    found = only(checks.fonts)
    assert found.state is State.WARN
    assert "𠮷" in found.what
    assert "fonts-noto-cjk" in found.mend
    monkeypatch.setattr(rendering, "FONTS", data)
    assert only(checks.fonts).state is State.FAIL


def test_a_wrong_rule_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from custos.prevention.duty import catalogue

    assert only(checks.rule_files).state is State.OK

    def broken() -> None:
        raise ValueError("rung 3 has no post")

    monkeypatch.setattr(catalogue, "load", broken)
    assert "rung 3 has no post" in only(checks.rule_files).what


@pytest.mark.django_db
def test_a_sound_database_is_said_to_be_so() -> None:
    for check in (checks.database, checks.role, checks.row_security, checks.appended, checks.clock):
        assert [finding.state for finding in check()] == [State.OK], check.__name__
    assert only(checks.migrations).state is State.OK


@pytest.mark.django_db
def test_a_database_that_is_too_old_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "OLDEST_POSTGRES", 99)
    assert only(checks.database).state is State.FAIL


@pytest.mark.parametrize(
    ("mighty", "bypasses", "said"),
    [(True, True, "is a superuser"), (False, True, "bypass row-level security")],
)
def test_a_role_that_nothing_binds_is_found(
    monkeypatch: pytest.MonkeyPatch, mighty: bool, bypasses: bool, said: str
) -> None:
    # The role is the whole run's: the tests beside this one must not see it changed.
    monkeypatch.setattr(checks, "_ask", lambda _: ("postgres", mighty, bypasses))
    assert said in only(checks.role).what


def test_a_table_whose_security_was_switched_off_is_found(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    superuser_sql.execute("ALTER TABLE duty_task DISABLE ROW LEVEL SECURITY")
    assert "duty_task" in only(checks.row_security).what


@pytest.mark.django_db
def test_what_a_connection_keeps_for_itself_is_no_table_of_ours() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE staged (id int)")
    assert only(checks.role).state is State.OK


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("CREATE POLICY open ON record_entry TO custos_app USING (true)", "policy open of table"),
        ("CREATE POLICY shut ON record_entry AS RESTRICTIVE USING (seq <> 4)", "policy shut of"),
        ("ALTER POLICY scope ON duty_task USING (true)", "policy scope of table duty_task"),
        ("DROP POLICY scope ON record_payload", "record_payload has lost its policy"),
    ],
)
def test_a_policy_that_is_none_of_ours_is_found(
    live_database: str, superuser_sql: psycopg.Connection, deed: str, said: str
) -> None:
    superuser_sql.execute(deed.encode())
    assert said in only(checks.row_security).what


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("GRANT UPDATE, DELETE ON record_entry TO custos_app", "our role may UPDATE, DELETE"),
        ("ALTER TABLE record_head DISABLE TRIGGER head_grows", "head_grows of record_head is off"),
        ("DROP TRIGGER refuse_truncate ON accounts_access", "accounts_access is appended to only"),
    ],
)
def test_what_could_change_what_is_appended_is_found(
    live_database: str, superuser_sql: psycopg.Connection, deed: str, said: str
) -> None:
    superuser_sql.execute(deed.encode())
    assert said in only(checks.appended).what


def test_entries_outside_of_every_month_are_found(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    assert list(checks.strays()) == []
    superuser_sql.execute("SET session_replication_role = replica")
    superuser_sql.execute(
        "INSERT INTO record_payload_default (id, organization_id, audience, salt, body)"
        " VALUES ('ffffffff-ffff-7fff-bfff-ffffffffffff', 101001001, 1, '\\x00', '\\x00')"
    )
    assert only(checks.strays).state is State.WARN


@pytest.mark.django_db
def test_a_record_whose_key_is_gone_or_another_is_found(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.KEYS, settings.WITNESS = tmp_path / "keys", tmp_path / "heads.jsonl"
    assert list(checks.record_key()) == [], "nothing was signed yet"
    with scope.entered(SYSTEM):
        factories.a_detainee(in_cell=factories.a_cell(facility=factories.a_facility()))
        witness.sign_heads()
    assert only(checks.record_key).state is State.OK
    settings.WITNESS.chmod(0o666)
    assert "can be written by others" in next(checks.record_key()).what
    settings.WITNESS.chmod(0o600)
    signing.key_file().unlink()
    assert "is gone" in only(checks.record_key).what
    signing.signer_at(signing.key_file(), tmp_path / "none")
    assert "isn't what" in only(checks.record_key).what


def test_a_migration_that_was_not_applied_is_found(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    superuser_sql.execute("DELETE FROM django_migrations WHERE app = 'database'")
    finding = only(checks.migrations)
    assert (finding.state, finding.mend) == (State.FAIL, "custos migrate")


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("ALTER TABLE duty_task DROP COLUMN answer", "duty_task lacks the column answer"),
        (
            "ALTER TABLE duty_task ADD COLUMN more int",
            "duty_task has, and should not, the column more",
        ),
        (
            "ALTER TABLE duty_task ALTER COLUMN step TYPE bigint",
            "column step of table duty_task is bigint",
        ),
        (
            "ALTER TABLE duty_task ALTER COLUMN opened_at DROP NOT NULL",
            "column opened_at of table duty_task",
        ),
        ("DROP TABLE database_pulse", "there is no table database_pulse"),
    ],
)
def test_a_table_that_is_not_as_its_migrations_make_it_is_found(
    live_database: str, superuser_sql: psycopg.Connection, deed: str, said: str
) -> None:
    superuser_sql.execute(deed.encode())
    assert said in only(checks.migrations).what


@pytest.mark.django_db
def test_a_sweep_that_fails_is_named_while_the_others_go_on() -> None:
    pulse.beat(pulse.SWEEPS)
    pulse.say_failing(["duty.rounds"])
    assert [finding.state for finding in checks.sweeps()] == [State.OK, State.FAIL]
    assert "sweep duty.rounds fails since" in list(checks.sweeps())[1].what
    pulse.say_failing([])
    assert only(checks.sweeps).state is State.OK


@pytest.mark.django_db
def test_sweeps_that_fell_silent_are_found() -> None:
    assert only(checks.sweeps).state is State.WARN
    pulse.beat(pulse.SWEEPS)
    assert only(checks.sweeps).state is State.OK
    with clock.set_to(clock.now() + timedelta(minutes=3)):
        assert only(checks.sweeps).state is State.WARN


def test_a_node_without_backups_is_a_warning(data: Path) -> None:
    assert "custos backup key" in only(checks.backups).mend


@pytest.mark.parametrize(
    ("hours", "kept", "tested", "states"),
    [
        (1, 1, True, ["ok"]),
        (25, 1, True, ["fail"]),
        (1, 180, True, ["ok", "fail"]),
        (1, 1, False, ["ok", "warn"]),
        (None, 1, False, ["fail"]),
    ],
)
def test_a_backup_that_is_old_silent_or_untested_is_found(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    hours: int | None,
    kept: int,
    tested: bool,
    states: list[str],
) -> None:
    now = clock.now()
    known = status.Status(
        set_up=True,
        copied_at=None if hours is None else now - timedelta(hours=hours),
        verified_at=now if tested else None,
        kept_at=now - timedelta(seconds=kept),
    )
    monkeypatch.setattr(status, "of", lambda *_: known)
    assert [finding.state for finding in checks.backups()] == states


def test_log_that_is_missing_and_backups_that_cannot_be_read_are_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    known = status.Status(True, now, now, now, missing="000000010000000000000007")
    monkeypatch.setattr(status, "of", lambda *_: known)
    assert "000000010000000000000007 was not kept" in [f.what for f in checks.backups()][1]
    monkeypatch.setattr(status, "of", lambda *_: status.Status(True, trouble="it is torn"))
    assert only(checks.backups).mend == "it is torn"


def test_backups_on_the_disk_that_they_protect_are_a_warning(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(status, "of", lambda *_: status.Status(True, now, now, now))
    (data / "backups").mkdir()
    assert [finding.state for finding in checks.backups()] == ["ok", "warn"]
