"""A superuser rewrites what was appended since heads were signed last; verifying finds it all the same."""

import errno
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from custos.config import proving
from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record import checkpoints, export, inspection, sightings, witness
from custos.foundation.record import services as recording
from custos.foundation.record.signing import signer
from custos.foundation.record.tests.rewriting import Superuser, rewrite, truncate
from custos.foundation.record.tests.worlds import (
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    draft,
    note,
    notes,
)
from custos.foundation.record.verify import Fault
from custos.foundation.record.wire import Header

SIGNED, LENGTH = 5, 9


@pytest.fixture
def sql(own_folders: object, live_database: str, superuser_sql: Superuser) -> Iterator[Superuser]:
    """Nine entries, of which five are signed; the superuser, whom no trigger stops."""
    notes(SIGNED)
    sign()
    notes(LENGTH - SIGNED)
    notes(2, organization=NEIGHBOUR)
    superuser_sql.execute("SET session_replication_role = replica")
    return superuser_sql


def sign() -> None:
    """What the worker does every minute."""
    with scope.entered(SYSTEM):
        witness.sign_heads()


def close_the_day() -> None:
    with scope.entered(SYSTEM):
        checkpoints.make(date(2026, 3, 5))


def honest(sql: Superuser) -> None:
    """Triggers are on again; the program goes on appending."""
    sql.execute("SET session_replication_role = origin")


def found() -> Fault:
    """The one fault there is; the neighbour's chain stays sound."""
    (fault,) = [verdict.fault for verdict in inspection.installation() if verdict.fault]
    assert fault.organization_id == FACILITY
    return fault


def place() -> tuple[str, int | None, int]:
    fault = found()
    return fault.code, fault.after_seq, fault.seq


def sound() -> bool:
    return all(verdict.sound for verdict in inspection.installation())


def edit_number_seven(headers: list[Header]) -> None:
    headers[6].ground = "law"


SEVENTH = ("rewritten", 6, 7)


def test_a_rewrite_between_two_signings_is_found_and_placed(sql: Superuser) -> None:
    close_the_day()
    rewrite(sql, edit_number_seven)
    assert place() == SEVENTH


def test_a_rewrite_stays_found_once_the_worker_has_signed_what_it_left(sql: Superuser) -> None:
    close_the_day()
    rewrite(sql, edit_number_seven)
    sign()
    assert not sightings.pending()
    assert place() == SEVENTH
    honest(sql)
    for _ in range(3):
        notes(2)
        sign()
    assert place() == SEVENTH


def test_a_rewrite_on_which_others_appended_before_it_was_signed_is_found(sql: Superuser) -> None:
    rewrite(sql, edit_number_seven)
    honest(sql)
    notes(3)
    assert place() == SEVENTH
    sign()
    assert place() == SEVENTH


def test_a_rewrite_while_nothing_was_ever_signed_is_found(
    own_folders: Path, live_database: str, superuser_sql: Superuser
) -> None:
    notes(LENGTH)
    superuser_sql.execute("SET session_replication_role = replica")
    rewrite(superuser_sql, edit_number_seven)
    assert not settings.WITNESS.exists()
    assert place() == SEVENTH


def test_a_rewrite_of_the_entry_that_was_appended_last_is_found(sql: Superuser) -> None:
    def edit(headers: list[Header]) -> None:
        headers[-1].ground = "law"

    rewrite(sql, edit)
    assert place() == ("rewritten", LENGTH - 1, LENGTH)


def test_what_was_cut_off_between_two_signings_is_found(sql: Superuser) -> None:
    truncate(sql, 7)
    assert place() == ("truncated", 7, LENGTH)
    sign()
    assert place() == ("truncated", 7, LENGTH)


def test_what_was_cut_off_back_to_the_signed_head_is_found(sql: Superuser) -> None:
    truncate(sql, SIGNED)
    assert place() == ("truncated", SIGNED, LENGTH)
    sign()
    assert place() == ("truncated", SIGNED, LENGTH)


def test_what_was_cut_off_and_grew_anew_is_found(sql: Superuser) -> None:
    truncate(sql, 7)
    honest(sql)
    notes(4)
    assert place() == ("rewritten", 7, 8)
    sign()
    assert place() == ("rewritten", 7, 8)


def test_who_puts_back_what_was_cut_off_after_others_appended_is_found(sql: Superuser) -> None:
    """Then what the others appended is gone, though the old entries agree with the old signatures."""
    tables = ("record_entry", "record_payload", "record_head")
    for table in tables:
        sql.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}".encode())
    truncate(sql, 7)
    honest(sql)
    notes(1)
    sql.execute("SET session_replication_role = replica")
    for table in tables:
        sql.execute(f"DELETE FROM {table}".encode())
        sql.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}".encode())
    assert place() == ("rewritten", 7, 8)
    sign()
    assert place() == ("rewritten", 7, 8)


def test_a_chain_that_vanished_before_it_was_signed_is_found(
    own_folders: Path, live_database: str, superuser_sql: Superuser
) -> None:
    notes(3)
    superuser_sql.execute("SET session_replication_role = replica")
    for table in ("entry", "payload", "head"):
        superuser_sql.execute(f"DELETE FROM record_{table}".encode())
    assert place() == ("truncated", 0, 3)
    sign()
    assert place() == ("truncated", 0, 3)


def test_a_bundle_tells_of_a_rewrite_before_its_heads_were_signed(
    sql: Superuser, tmp_path: Path
) -> None:
    rewrite(sql, edit_number_seven)
    with scope.entered(SYSTEM):
        export.write(tmp_path / "bundle.custos", [FACILITY])
    (verdict,) = export.check(tmp_path / "bundle.custos", trusted={signer().name})
    assert verdict.fault is not None
    assert (verdict.fault.code, verdict.fault.seq) == ("rewritten", 7)


def test_a_rewrite_of_a_chain_that_was_loaded_in_bulk_is_found(
    own_folders: Path, live_database: str, superuser_sql: Superuser
) -> None:
    with scope.entered(SYSTEM):
        recording.append_many([draft(f"note {number}") for number in range(LENGTH)])
    superuser_sql.execute("SET session_replication_role = replica")
    rewrite(superuser_sql, edit_number_seven)
    assert place() == ("rewritten", 0, LENGTH)


# ------------------------------------------------------------------ what isn't tampering


def test_an_honest_record_is_sound_before_and_after_signing(sql: Superuser) -> None:
    assert sound()
    sign()
    assert sound()
    assert b'"seen"' not in settings.WITNESS.read_bytes()


def broken_off() -> None:
    """A deed in a transaction, or a savepoint, that is rolled back after it."""
    with transaction.atomic():
        note()
        raise RuntimeError


def test_a_deed_that_was_rolled_back_is_not_noted(sql: Superuser) -> None:
    before = sightings.pending()
    with pytest.raises(RuntimeError), scope.entered(SYSTEM):
        broken_off()
    with scope.entered(SYSTEM):
        with pytest.raises(RuntimeError):
            broken_off()
        note()
        assert sightings.pending() == before
    (new,) = sightings.pending()[len(before) :]
    assert (new.organization_id, new.seq) == (FACILITY, LENGTH + 1)
    assert sound()


def test_an_entry_whose_process_died_before_it_was_noted_is_not_yet_witnessed(
    sql: Superuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(sightings, "note", lambda ends: None)
        notes(2)
    verdict, _ = inspection.installation()
    assert verdict.sound
    assert proving.line(verdict) == (
        f"whole  organization {FACILITY}: 11 entries, the last 2 not yet witnessed"
    )
    notes(1)
    verdict, _ = inspection.installation()
    assert proving.line(verdict) == f"whole  organization {FACILITY}: 12 entries"


def test_a_commit_that_was_noted_late_is_no_contradiction(sql: Superuser) -> None:
    late = sightings.file().read_bytes()
    sign()
    sightings.file().write_bytes(late)
    assert sound()
    sign()
    assert sound()


def test_a_disk_that_is_full_does_not_fail_the_deed(
    sql: Superuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, said: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sightings._unseen._value.get()
    with monkeypatch.context() as trouble:
        trouble.setattr(sightings.os, "write", full)
        notes(1)
    assert sightings._unseen._value.get() == before + 1
    assert sound()


def test_a_line_that_was_broken_off_spoils_no_other(sql: Superuser) -> None:
    whole = sightings.pending()
    said = sightings.file().read_bytes()
    lines = said.splitlines(keepends=True)
    for left in range(1, len(lines[1])):
        sightings.file().write_bytes(lines[0] + lines[1][:left] + b"".join(lines[2:]))
        kept = sightings.pending()
        assert set(kept) <= set(whole), f"a line of which {left} bytes are left"
        assert set(whole) - set(kept) <= {whole[1]}
    sightings.file().write_bytes(said + bytes(4096))
    assert sightings.pending() == whole


def test_nothing_that_is_noted_while_it_is_being_signed_is_lost(own_folders: Path) -> None:
    writers, each = 4, 300
    taken: list[sightings.Sighting] = []

    def write(writer: int) -> None:
        for seq in range(1, each + 1):
            sightings.note([(FACILITY + writer, seq, bytes(32))])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += sightings.take()
        sightings.drop_taken()
    taken += sightings.take()
    assert sorted((one.organization_id, one.seq) for one in taken) == [
        (FACILITY + writer, seq) for writer in range(writers) for seq in range(1, each + 1)
    ]


def test_signing_that_was_interrupted_is_taken_up_by_the_next(sql: Superuser) -> None:
    sightings.take()
    notes(1)
    rewrite(sql, edit_number_seven)
    assert place() == SEVENTH
    sign()
    assert place() == SEVENTH
    sign()
    assert not sightings.pending()
    assert place() == SEVENTH


def test_signing_that_was_interrupted_after_its_line_says_nothing_wrong(
    sql: Superuser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(sightings, "drop_taken", lambda: None)
        sign()
    assert sightings.pending()
    assert sound()
    sign()
    assert sound()


def test_what_was_noted_is_brought_to_the_disk_once(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(sightings.os, "fsync", synced.append)
    sightings.sync()
    sightings.note([(FACILITY, 1, bytes(32))])
    sightings.sync()
    sightings.sync()
    assert len(synced) == 1
    sightings.note([(FACILITY, 2, bytes(32))])
    sightings.sync()
    assert len(synced) == 2


def test_only_its_owner_reads_what_was_noted(own_folders: Path) -> None:
    sightings.note([(FACILITY, 1, bytes(32))])
    assert sightings.file().stat().st_mode & 0o777 == 0o600
    assert sightings.file().parent.stat().st_mode & 0o777 == 0o700


# ------------------------------------------------------------------ restoring

NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def dated(own_folders: object, live_database: str, superuser_sql: Superuser) -> Iterator[Superuser]:
    """Entries 1 to 5 are signed; 6 and 7 were noted at ten o'clock, 8 and 9 at noon."""
    with clock.set_to(NOW - timedelta(hours=6)):
        notes(SIGNED)
        sign()
    for hours in (4, 2):
        with clock.set_to(NOW - timedelta(hours=hours)):
            notes(2)
    superuser_sql.execute("SET session_replication_role = replica")
    return superuser_sql


def restore(hours: int) -> None:
    with clock.set_to(NOW), scope.entered(SYSTEM):
        witness.sign_restoration(to=NOW - timedelta(hours=hours), epoch="second")


def test_a_restore_gives_up_what_was_noted_after_the_instant(dated: Superuser) -> None:
    truncate(dated, 7)
    assert not sound()
    restore(3)
    assert sound()
    assert not sightings.pending()
    honest(dated)
    notes(3)
    assert sound()
    sign()
    assert sound()


def test_a_restore_does_not_excuse_what_was_noted_before_the_instant(dated: Superuser) -> None:
    truncate(dated, 6)
    restore(3)
    assert place() == ("truncated", 6, 7)


def test_a_restore_does_not_bless_what_was_rewritten_before_the_instant(dated: Superuser) -> None:
    rewrite(dated, edit_number_seven)
    truncate(dated, 7)
    restore(3)
    assert place() == SEVENTH
