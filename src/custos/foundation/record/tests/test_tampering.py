"""A superuser rewrites the record in SQL; verifying finds it and names the place.

The superuser here is stopped by nothing in the database: triggers are off, policies don't bind. What
they don't have is the signing key and the witness file.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection
from PIL import Image

from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.media import services as media
from custos.foundation.record import checkpoints, inspection, sightings, signing, witness
from custos.foundation.record import services as recording
from custos.foundation.record.kinds import PayloadErased
from custos.foundation.record.models import Witnessed
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject
from custos.foundation.record.tests.rewriting import Superuser, rewrite, truncate
from custos.foundation.record.tests.worlds import (
    ABOUT,
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    Noted,
    chain,
    draft,
    notes,
    row,
    somebody,
)
from custos.foundation.record.verify import Expected, Fault, check_chain, erasure_message
from custos.foundation.record.wire import Header

LENGTH = 9


@pytest.fixture
def sql(own_folders: object, live_database: str, superuser_sql: Superuser) -> Superuser:
    """The superuser, with triggers off, on a record of two facilities of nine entries each."""
    for facility in (FACILITY, NEIGHBOUR):
        notes(LENGTH, organization=facility)
    superuser_sql.execute("SET session_replication_role = replica")
    return superuser_sql


def witnessed(*, day: int = 5) -> None:
    """What the worker does: close the day and sign."""
    with scope.entered(SYSTEM):
        checkpoints.make(date(2026, 3, day))
        witness.sign_heads()


def found() -> Fault:
    """The one fault there is; the neighbour's chain stays sound."""
    faults = [verdict.fault for verdict in inspection.installation() if verdict.fault]
    assert len(faults) == 1
    assert faults[0].organization_id == FACILITY
    return faults[0]


def place() -> tuple[str, int]:
    fault = found()
    return fault.code, fault.seq


def change(sql: Superuser, statement: str, seq: int = 4) -> None:
    """Run a statement about entry number `seq` of the facility."""
    done = sql.execute(statement.encode(), {"facility": FACILITY, "seq": seq})
    assert done.rowcount == 1


ENTRY = "WHERE organization_id = %(facility)s AND seq = %(seq)s"
PAYLOAD = f"WHERE id = (SELECT id FROM record_entry {ENTRY})"


def test_an_untouched_record_is_sound(sql: Superuser) -> None:
    witnessed()
    verdicts = inspection.installation()
    assert [(v.organization_id, v.entries, v.sound) for v in verdicts] == [
        (FACILITY, LENGTH, True),
        (NEIGHBOUR, LENGTH, True),
    ]


@pytest.mark.parametrize(
    "edit",
    [
        "kind = 'tests.followed'",
        "version = 2",
        "audience = 2",
        "detainee_id = gen_random_uuid()",
        "occurred_at = occurred_at - interval '1 microsecond'",
        "recorded_at = recorded_at + interval '1 day'",
        "by_ref = 'another'",
        "by_post = 'leader'",
        "second_ref = 'a second'",
        "ground = 'law'",
        "corrects_id = id",
        "payload_digest = decode(repeat('00', 32), 'hex')",
        "hash = decode(repeat('00', 32), 'hex')",
        "suite = 2",
    ],
)
def test_an_edited_header_is_named(sql: Superuser, edit: str) -> None:
    change(sql, f"UPDATE record_entry SET {edit} {ENTRY}")
    assert place() == ("header", 4)


def test_the_place_is_named_by_entry_and_number(
    sql: Superuser,
) -> None:
    change(sql, f"UPDATE record_entry SET ground = 'law' {ENTRY}")
    wanted = sql.execute(
        "SELECT id FROM record_entry WHERE organization_id = %s AND seq = 4", (FACILITY,)
    ).fetchone()
    assert wanted is not None
    assert found().entry == wanted[0]
    assert f"organization {FACILITY}, entry number 4 ({wanted[0]})" in str(found())


@pytest.mark.parametrize("edit", ["body = 'null'", "salt = salt || 'x'", "salt = 'x'"])
def test_an_edited_payload_is_named(sql: Superuser, edit: str) -> None:
    change(sql, f"UPDATE record_payload SET {edit} {PAYLOAD}")
    assert place() in (("payload", 4), ("unreadable", 4))


def test_a_payload_taken_away_is_named(sql: Superuser) -> None:
    change(sql, f"DELETE FROM record_payload {PAYLOAD}")
    assert place() == ("vanished", 4)


def test_a_deleted_entry_is_named(sql: Superuser) -> None:
    change(sql, f"DELETE FROM record_entry {ENTRY}")
    assert place() == ("gap", 4)


def test_a_deleted_entry_is_named_though_the_others_moved_up(sql: Superuser) -> None:
    change(sql, f"DELETE FROM record_entry {ENTRY}")
    sql.execute(
        "UPDATE record_entry SET seq = seq - 1 WHERE organization_id = %s AND seq > 4", (FACILITY,)
    )
    assert place() == ("header", 4)


def test_reordered_entries_are_named(sql: Superuser) -> None:
    sql.execute(
        "UPDATE record_entry SET seq = 11 - seq WHERE organization_id = %s AND seq IN (4, 7)",
        (FACILITY,),
    )
    assert place() == ("header", 4)


def test_an_entry_moved_to_another_chain_is_missed_in_its_own(sql: Superuser) -> None:
    change(sql, f"UPDATE record_entry SET organization_id = 199000000 {ENTRY}")
    faults = {v.organization_id: v.fault for v in inspection.installation()}
    own, other = faults[FACILITY], faults[199_000_000]
    assert own is not None
    assert (own.code, own.seq) == ("gap", 4)
    assert other is not None


def test_a_cut_is_found_by_the_head_row(sql: Superuser) -> None:
    sql.execute("DELETE FROM record_entry WHERE organization_id = %s AND seq > 6", (FACILITY,))
    sightings.file().unlink()
    fault = found()
    assert (fault.code, fault.after_seq, fault.seq) == ("head", 6, LENGTH)


def test_a_cut_is_found_by_the_witness_where_the_head_row_was_set_right(sql: Superuser) -> None:
    witnessed()
    truncate(sql, 6)
    fault = found()
    assert (fault.code, fault.after_seq, fault.seq) == ("truncated", 6, LENGTH)
    assert f"organization {FACILITY}, entry numbers 7 to 9" in str(fault)


def test_a_cut_that_grew_anew_is_found(sql: Superuser) -> None:
    witnessed()
    truncate(sql, 6)
    sql.execute("SET session_replication_role = origin")
    for _ in range(5):
        notes(1)
        witnessed(day=6)
    assert place() == ("rewritten", LENGTH)


def test_a_chain_that_vanished_altogether_is_found(sql: Superuser) -> None:
    witnessed()
    for table in ("entry", "payload", "head", "checkpoint"):
        sql.execute(f"DELETE FROM record_{table} WHERE organization_id = %s".encode(), (FACILITY,))
    fault = found()
    assert (fault.code, fault.after_seq, fault.seq) == ("truncated", 0, LENGTH)


def test_a_chain_without_a_head_is_found(sql: Superuser) -> None:
    sql.execute("DELETE FROM record_head WHERE organization_id = %s", (FACILITY,))
    assert place() == ("head", LENGTH)


def _edit(headers: list[Header]) -> None:
    headers[3].ground = "law"


def _delete(headers: list[Header]) -> None:
    del headers[3]


def _reorder(headers: list[Header]) -> None:
    headers[3], headers[6] = headers[6], headers[3]


@pytest.mark.parametrize(
    ("edit", "code"),
    [(_edit, "rewritten"), (_delete, "truncated"), (_reorder, "rewritten")],
)
def test_a_recomputed_chain_is_found_by_the_witness(
    sql: Superuser, edit: Callable[[list[Header]], None], code: str
) -> None:
    witnessed()
    rewrite(sql, edit)
    assert place() == (code, LENGTH)


def test_a_recomputed_chain_is_placed_between_two_signed_heads(sql: Superuser) -> None:
    with scope.entered(SYSTEM):
        witness.sign_heads()
    for _ in range(3):
        notes(1)
        with scope.entered(SYSTEM):
            witness.sign_heads()

    def edit(headers: list[Header]) -> None:
        headers[10].ground = "law"

    rewrite(sql, edit)
    fault = found()
    assert (fault.code, fault.after_seq, fault.seq) == ("rewritten", 10, 11)


def test_without_the_witness_a_recomputed_chain_would_pass(sql: Superuser) -> None:
    """Shows that these tests rewrite the whole chain, so that only the witness can find it."""
    witnessed()
    rewrite(sql, _edit)
    settings.WITNESS.unlink()
    sql.execute("DELETE FROM record_witnessed")
    assert all(verdict.sound for verdict in inspection.installation())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_checkpoint SET root = decode(repeat('00', 32), 'hex')",
        "UPDATE record_checkpoint SET last_seq = 5",
        "DELETE FROM record_checkpoint",
    ],
)
def test_a_checkpoint_that_differs_from_the_signed_one_is_named(
    sql: Superuser, statement: str
) -> None:
    witnessed()
    sql.execute(f"{statement} WHERE organization_id = %s".encode(), (FACILITY,))
    assert place() == ("resealed", LENGTH)


def test_a_checkpoint_not_yet_signed_is_compared_with_the_entries(sql: Superuser) -> None:
    with scope.entered(SYSTEM):
        checkpoints.make(date(2026, 3, 5))
    sql.execute(
        "UPDATE record_checkpoint SET root = decode(repeat('00', 32), 'hex')"
        " WHERE organization_id = %s",
        (FACILITY,),
    )
    assert place() == ("checkpoint", LENGTH)


@contextmanager
def lines_changed() -> Iterator[list[bytes]]:
    lines = settings.WITNESS.read_bytes().splitlines(keepends=True)
    yield lines
    settings.WITNESS.write_bytes(b"".join(lines))


def test_a_changed_witness_file_is_refused_and_its_line_named(sql: Superuser) -> None:
    for day in (5, 6, 7):
        witnessed(day=day)
        notes(1)
    with lines_changed() as lines:
        lines[1] = lines[1].replace(b'"at":"2', b'"at":"1')
    with pytest.raises(witness.TamperedWitness, match="line 2"):
        inspection.installation()


def test_a_line_taken_out_of_the_witness_file_is_noticed(sql: Superuser) -> None:
    for day in (5, 6, 7):
        witnessed(day=day)
        notes(1)
    with lines_changed() as lines:
        del lines[1]
    with pytest.raises(witness.TamperedWitness, match="line 2"):
        inspection.installation()


def test_a_witness_file_signed_by_another_key_is_refused(sql: Superuser) -> None:
    witnessed()
    signing.key_file().unlink()
    signing.signer_at(signing.key_file())
    with pytest.raises(witness.TamperedWitness, match="line 1"):
        inspection.installation()


def test_without_the_signing_key_nothing_is_blamed_on_the_witness_and_no_key_is_made(
    sql: Superuser,
) -> None:
    witnessed()
    signing.key_file().unlink()
    with pytest.raises(witness.TamperedWitness, match=r"signing key .* is gone"):
        inspection.installation()
    assert not signing.key_file().exists()


def test_nothing_is_signed_by_a_second_key_where_the_first_is_gone(sql: Superuser) -> None:
    witnessed()
    key = signing.key_file().read_bytes()
    signing.key_file().unlink()
    notes(1, organization=FACILITY)
    with scope.entered(SYSTEM), pytest.raises(signing.KeyGone):
        witness.sign_heads()
    assert not signing.key_file().exists()
    signing.key_file().write_bytes(key)
    witnessed(day=6)
    assert [verdict.sound for verdict in inspection.installation()] == [True, True]


CHAINS_INDEX = "(organization_id, seq)"


def put_out_of(sql: Superuser, wanted: Callable[[str], bool], insert: bytes) -> None:
    """Insert a row that some of its partition's indexes don't learn of, as a superuser may do it."""
    named = sql.execute("SELECT tableoid::regclass::text FROM record_entry LIMIT 1").fetchone()
    assert named is not None
    part = named[0]
    indexes = sql.execute(
        "SELECT indexrelid, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass",
        (part,),
    ).fetchall()
    out = [number for number, said in indexes if wanted(said)]
    ready = "UPDATE pg_index SET indisready = %s WHERE indexrelid = ANY(%s)"
    anew = (
        f"ALTER TABLE {part} SET (autovacuum_enabled = false)".encode()
    )  # the catalogue is read again
    sql.execute(ready, (False, out))
    sql.execute(anew)
    sql.execute(insert)
    sql.execute(ready, (True, out))
    sql.execute(anew)


def test_an_entry_that_pages_see_by_one_index_and_the_chain_by_another_is_found(
    sql: Superuser,
) -> None:
    witnessed()
    for step in (
        f"CREATE TABLE kept AS SELECT * FROM record_entry WHERE organization_id = {FACILITY} AND seq = 4",
        "CREATE TABLE forged AS SELECT * FROM kept",
        "UPDATE forged SET ground = 'another law'",
        f"DELETE FROM record_entry WHERE organization_id = {FACILITY} AND seq = 4",
    ):
        sql.execute(step.encode())
    put_out_of(
        sql, lambda said: CHAINS_INDEX not in said, b"INSERT INTO record_entry SELECT * FROM kept"
    )
    put_out_of(
        sql, lambda said: CHAINS_INDEX in said, b"INSERT INTO record_entry SELECT * FROM forged"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")  # as where a table is too large to be read whole
    sql.execute("SET enable_seqscan = off")
    read = sql.execute(
        "SELECT ground FROM record_entry WHERE id = (SELECT id FROM kept)"
    ).fetchall()
    assert read == [("another law",)], "so do pages read it"
    assert place() == ("beside", 4)


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_witness_file_that_was_cut_off_is_noticed(sql: Superuser, left: int) -> None:
    for day in (5, 6, 7):
        witnessed(day=day)
        notes(1)
    with lines_changed() as lines:
        del lines[left:]
    with pytest.raises(witness.TamperedWitness, match=rf"has {left} lines.* remembers 3"):
        inspection.installation()
    # Signing on does not make it forgotten.
    notes(1)
    witnessed(day=8)
    if left < 2:
        with pytest.raises(witness.TamperedWitness, match="remembers 3"):
            inspection.installation()


def test_a_witness_file_that_was_lost_is_noticed(sql: Superuser) -> None:
    witnessed()
    settings.WITNESS.unlink()
    with pytest.raises(witness.TamperedWitness, match=r"has 0 lines.* remembers 1"):
        inspection.installation()


@pytest.mark.parametrize(
    "forgetting",
    ["DELETE FROM record_witnessed", "UPDATE record_witnessed SET lines = lines + 1"],
)
def test_who_makes_the_database_forget_the_witness_hides_no_place(
    sql: Superuser, forgetting: str
) -> None:
    witnessed()
    rewrite(sql, _edit)
    sql.execute(forgetting)
    with pytest.raises(witness.TamperedWitness, match="the database remembers") as doubt:
        inspection.installation()
    faults = [verdict.fault for verdict in doubt.value.verdicts if verdict.fault]
    assert [(fault.organization_id, fault.code) for fault in faults] == [(FACILITY, "rewritten")]


def test_the_application_never_forgets_the_witness(sql: Superuser) -> None:
    witnessed()
    with pytest.raises(ProgrammingError, match="permission denied"), scope.entered(SYSTEM):
        Witnessed.objects.all().delete()


def test_a_database_that_was_set_back_agrees_with_a_witness_that_went_on(sql: Superuser) -> None:
    witnessed()
    before = sql.execute("SELECT lines, digest FROM record_witnessed").fetchone()
    notes(1)
    witnessed(day=6)
    sql.execute("UPDATE record_witnessed SET lines = %s, digest = %s", before)
    assert all(verdict.sound for verdict in inspection.installation())


@pytest.mark.parametrize("edit", ["audience = 2", f"organization_id = {NEIGHBOUR}"])
def test_a_payload_put_before_other_readers_is_named(sql: Superuser, edit: str) -> None:
    change(sql, f"UPDATE record_payload SET {edit} {PAYLOAD}")
    assert place() == ("vanished", 4)


def test_the_day_of_a_checkpoint_is_signed_too(sql: Superuser) -> None:
    witnessed()
    sql.execute(
        "UPDATE record_checkpoint SET day = day - 1 WHERE organization_id = %s", (FACILITY,)
    )
    assert place() == ("resealed", LENGTH)


def test_a_fault_early_in_a_long_chain_is_named_and_the_next_chain_is_walked(
    sql: Superuser,
) -> None:
    """Long enough that the walk breaks off a COPY that the server is still sending."""
    with scope.entered(SYSTEM):
        for facility in (FACILITY, NEIGHBOUR):
            recording.append_many(draft("x" * 400, organization=facility) for _ in range(3_000))
    change(sql, f"UPDATE record_entry SET ground = 'law' {ENTRY}")
    assert place() == ("header", 4)
    sql.execute(
        "UPDATE record_entry SET ground = 'law' WHERE organization_id = %s AND seq = 7",
        (NEIGHBOUR,),
    )
    assert [(v.fault and v.fault.seq) for v in inspection.installation()] == [4, 7]


def test_an_organization_without_a_chain_is_not_called_whole(sql: Superuser) -> None:
    with pytest.raises(Missing):
        inspection.installation([199_999_999])


@pytest.mark.parametrize(
    ("by", "second", "payload"),
    [
        ("a", "b", True),
        (str(UUID(int=1)), str(UUID(int=1)), True),
        (str(UUID(int=1)), str(UUID(int=2)), False),
    ],
)
def test_an_order_of_erasure_that_is_none_excuses_nothing(
    own_folders: object, by: str, second: str, payload: bool
) -> None:
    target = draft("what was said")
    said = PayloadErased(
        entry=target.header.id,
        legal_ground="law",
        reason="sealed",
        signature=signing.signer().sign(erasure_message(target.header.id)),
    )
    order = recording.draft(
        said,
        about=Subject(FACILITY),
        by=Actor(ActorKind.STAFF, str(UUID(int=1)), Post.LEADER, StaffKind.OFFICER),
        second=Actor(ActorKind.STAFF, str(UUID(int=2)), Post.LEADER, StaffKind.OFFICER),
        at=target.header.recorded_at,
        because=target.header.id,
    )
    assert _erased(target, order) is None
    order.header.by_ref, order.header.second_ref = by, second
    if not payload:
        order.body = b"{}"
    fault = _erased(target, order)
    assert fault is not None
    assert (fault.code, fault.seq) == ("vanished", 1)


def _erased(target: recording.Draft, order: recording.Draft) -> Fault | None:
    """What verifying finds on a chain of an entry that was erased and the order for it."""
    rows = chain([target, order])
    rows[0] = row(target.header, target.salt, None)
    signers = frozenset({signing.signer().name})
    return check_chain(FACILITY, rows, Expected(signers=signers)).fault


@pytest.mark.parametrize("forged", ["", "of another entry", "by another key"])
def test_an_order_of_erasure_that_the_installation_did_not_sign_excuses_nothing(
    own_folders: Path, forged: str
) -> None:
    """Whoever writes SQL can append an entry that looks like an order; they don't have the key."""
    target = draft("what was said")
    key = signing.signer_at(own_folders / "another.pem") if "key" in forged else signing.signer()
    about = UUID(int=7) if "entry" in forged else target.header.id
    said = PayloadErased(
        entry=target.header.id,
        legal_ground="law",
        reason="sealed",
        signature=key.sign(erasure_message(about)) if forged else "",
    )
    order = recording.draft(
        said,
        about=Subject(FACILITY),
        by=Actor(ActorKind.STAFF, str(UUID(int=1)), Post.LEADER, StaffKind.OFFICER),
        second=Actor(ActorKind.STAFF, str(UUID(int=2)), Post.LEADER, StaffKind.OFFICER),
        at=target.header.recorded_at,
        because=target.header.id,
    )
    fault = _erased(target, order)
    assert fault is not None
    assert (fault.code, fault.seq) == ("vanished", 1)


@pytest.mark.parametrize(
    "edit", ["audience = audience + 1", "organization_id = organization_id + 1"]
)
def test_a_file_put_before_other_readers_is_named(sql: Superuser, edit: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    kept = media.store(out.getvalue(), "photo.png")
    with scope.entered(SYSTEM), recording.deed() as deed:
        deed.append(Noted(text="with a file"), about=ABOUT, by=somebody(), attachments=[kept])
    assert all(verdict.sound for verdict in inspection.installation())
    assert sql.execute(f"UPDATE record_attachment SET {edit}".encode()).rowcount == 1
    assert place() == ("attachment", LENGTH + 1)


def test_a_line_that_was_not_finished_is_written_again(sql: Superuser) -> None:
    witnessed()
    with settings.WITNESS.open("ab") as stream:
        stream.write(b'{"at":"2026')
    notes(1)
    witnessed(day=6)
    assert all(verdict.sound for verdict in inspection.installation())


def test_two_processes_find_what_one_finds(sql: Superuser) -> None:
    witnessed()
    assert all(verdict.sound for verdict in inspection.installation(worth_processes=0))
    change(sql, f"UPDATE record_entry SET ground = 'law' {ENTRY}")
    one, other = inspection.installation(), inspection.installation(worth_processes=0)
    assert one == other
    assert isinstance(one[0].fault and one[0].fault.entry, UUID)
