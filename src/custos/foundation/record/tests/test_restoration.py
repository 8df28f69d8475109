"""A witness file after a restore: the future that was lost is told from tampering."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.conf import settings

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record import checkpoints, inspection, witness
from custos.foundation.record.signing import signer
from custos.foundation.record.tests.worlds import FACILITY, NEIGHBOUR, SYSTEM, notes

Superuser = psycopg.Connection

MORNING = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
NOON = MORNING + timedelta(hours=4)


@pytest.fixture
def sql(own_folders: object, live_database: str, superuser_sql: Superuser) -> Superuser:
    """Five entries signed in the morning; the superuser, whom no trigger stops."""
    notes(5)
    notes(2, organization=NEIGHBOUR)
    sign(MORNING)
    superuser_sql.execute("SET session_replication_role = replica")
    return superuser_sql


def sign(at: datetime) -> None:
    with clock.set_to(at), scope.entered(SYSTEM):
        witness.sign_heads()


def close_the_day(at: datetime) -> None:
    with clock.set_to(at), scope.entered(SYSTEM):
        checkpoints.make(at.date())
        witness.sign_heads()


def restore(to: datetime, epoch: str = "second") -> None:
    with clock.set_to(NOON + timedelta(hours=1)), scope.entered(SYSTEM):
        witness.sign_restoration(to=to, epoch=epoch)


def cut_off(sql: Superuser, after: int, organization: int = FACILITY) -> None:
    """What a restore does to a chain, or a superuser: entries behind `after` were never there."""
    place = {"o": organization, "after": after}
    sql.execute(
        "DELETE FROM record_payload WHERE id IN (SELECT id FROM record_entry"
        " WHERE organization_id = %(o)s AND seq > %(after)s)",
        place,
    )
    sql.execute(
        "DELETE FROM record_checkpoint WHERE organization_id = %(o)s AND last_seq > %(after)s",
        place,
    )
    sql.execute("DELETE FROM record_entry WHERE organization_id = %(o)s AND seq > %(after)s", place)
    sql.execute(
        "UPDATE record_head SET seq = %(after)s, hash = coalesce((SELECT hash FROM record_entry"
        " WHERE organization_id = %(o)s AND seq = %(after)s), hash) WHERE organization_id = %(o)s",
        place,
    )


def faults() -> dict[int, str]:
    found = inspection.installation()
    return {v.organization_id: v.fault.code for v in found if v.fault}


def lost() -> tuple[tuple[int, int, int], ...]:
    said = witness.read(settings.WITNESS, trusted={signer().name})
    return said.restorations[-1].lost


def test_heads_that_were_signed_after_the_instant_are_a_lost_future(sql: Superuser) -> None:
    notes(4)
    sign(NOON)
    cut_off(sql, after=5)
    assert faults() == {FACILITY: "truncated"}
    restore(MORNING + timedelta(hours=1))
    assert faults() == {}
    assert lost() == ((FACILITY, 6, 9),)


def test_a_chain_that_goes_on_from_there_verifies_and_is_signed_again(sql: Superuser) -> None:
    notes(4)
    close_the_day(NOON)
    cut_off(sql, after=5)
    restore(MORNING + timedelta(hours=1))
    sql.execute("SET session_replication_role = origin")
    notes(6)
    close_the_day(NOON + timedelta(hours=2))
    assert faults() == {}
    signed = witness.read(settings.WITNESS).about(FACILITY)
    assert [head.seq for head in signed.heads] == [5, 5, 11]
    assert [(root.first_seq, root.last_seq) for root in signed.roots] == [(1, 11)]


def test_a_head_that_was_signed_before_the_instant_is_no_loss_by_restoring(sql: Superuser) -> None:
    cut_off(sql, after=3)
    restore(MORNING + timedelta(hours=1))
    assert faults() == {FACILITY: "truncated"}
    assert lost() == ()


def test_a_chain_that_was_rewritten_before_the_instant_stays_found(sql: Superuser) -> None:
    cut_off(sql, after=3)
    sql.execute("SET session_replication_role = origin")
    notes(2)
    restore(MORNING + timedelta(hours=1))
    assert faults() == {FACILITY: "rewritten"}


def test_an_organization_that_began_after_the_instant_is_gone_as_a_whole(sql: Superuser) -> None:
    other = NEIGHBOUR + 1
    notes(3, organization=other)
    sign(NOON)
    cut_off(sql, after=0, organization=other)
    restore(MORNING + timedelta(hours=1))
    assert faults() == {}
    assert lost() == ((other, 1, 3),)


def test_signing_after_a_restore_does_not_need_a_process_of_its_own(sql: Superuser) -> None:
    """The process that signed before the restore has read the file, and reads on."""
    notes(4)
    sign(NOON)
    cut_off(sql, after=5)
    restore(MORNING + timedelta(hours=1))
    sql.execute("SET session_replication_role = origin")
    notes(4)
    sign(NOON + timedelta(hours=2))
    assert [head.seq for head in witness.read(settings.WITNESS).about(FACILITY).heads] == [5, 5, 9]


def test_a_second_restore_sets_aside_what_the_first_life_after_it_signed(sql: Superuser) -> None:
    notes(1)
    sign(NOON)
    cut_off(sql, after=5)
    restore(MORNING + timedelta(hours=1))
    sql.execute("SET session_replication_role = origin")
    notes(2)
    sign(NOON + timedelta(hours=2))
    sql.execute("SET session_replication_role = replica")
    cut_off(sql, after=6)
    restore(NOON + timedelta(hours=1), "third")
    assert faults() == {}
    assert lost() == ((FACILITY, 7, 7),)


def test_nobody_without_the_key_declares_a_restore(sql: Superuser) -> None:
    notes(1)
    sign(NOON)
    cut_off(sql, after=5)
    lines = settings.WITNESS.read_bytes()
    restore(MORNING + timedelta(hours=1))
    said = settings.WITNESS.read_bytes()[len(lines) :]
    settings.WITNESS.write_bytes(lines + said.replace(b"T03:00", b"T01:00"))
    with pytest.raises(witness.TamperedWitness, match="line 3"):
        inspection.installation()
