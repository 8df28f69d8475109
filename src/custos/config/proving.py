"""Verifying the record of this installation, or of a bundle, for the command line."""

from collections.abc import Collection
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from custos.foundation.database import scope
from custos.foundation.record import export, rows, verify, witness
from custos.foundation.record.models import Checkpoint, Head
from custos.foundation.record.signing import signer


def bundle(file: Path, trusted: set[str] | None) -> list[verify.Verdict]:
    """Verify an exported bundle; asks no database."""
    return export.check(file, trusted=trusted)


def installation(organizations: Collection[int] = ()) -> list[verify.Verdict]:
    """Verify the chains of this installation (default: all) in one snapshot.

    A chain that the witness file knows and the database doesn't is judged too, as cut off. Raises
    `witness.TamperedWitness`.
    """
    # Before the snapshot, so that it can't be ahead of it.
    testimony = witness.read(settings.WITNESS, trusted={signer().name})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with scope.entered(scope.Scope.of_system("record.verify")):
            heads = {head.organization_id: head for head in Head.objects.all()}
            wanted = sorted(organizations or {*heads, *testimony.heads})
            return [_chain(number, heads.get(number), testimony) for number in wanted]


def _chain(number: int, head: Head | None, testimony: witness.Testimony) -> verify.Verdict:
    expected = testimony.about(number)
    witnessed = {root.first_seq for root in expected.roots}
    expected.roots = [
        *expected.roots,
        *(
            verify.SignedRoot(number, c.first_seq, c.last_seq, bytes(c.root), c.suite)
            for c in Checkpoint.objects.filter(organization_id=number)
            if c.first_seq not in witnessed
        ),
    ]
    expected.head_seq, expected.head_hash = (head.seq, bytes(head.hash)) if head else (0, b"")
    with connection.cursor() as cursor:
        return verify.check_chain(number, rows.stream(cursor, number), expected)


def line(verdict: verify.Verdict) -> str:
    """A verdict in one line."""
    if verdict.fault:
        return f"WRONG  {verdict.fault}"
    erased = f", {verdict.erased} payloads lawfully erased" if verdict.erased else ""
    return f"whole  organization {verdict.organization_id}: {verdict.entries} entries{erased}"
