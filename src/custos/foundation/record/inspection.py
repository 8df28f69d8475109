"""Verifying the whole record of this installation against what is known outside the database.

Chains are read in one snapshot, under the system's scope. Many entries in several chains are walked
by two processes, each on a connection of its own that shares the snapshot.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.media import services as media
from custos.foundation.record import sightings, verify, walking, witness
from custos.foundation.record.models import Checkpoint, Head
from custos.foundation.record.signing import key_file, known_signer

#: Below this many entries a second process costs more than it saves.
WORTH_PROCESSES = 200_000
PROCESSES = 2

# The owners of entries, one probe of the chain's index each: a chain without a head is found too.
_OWNERS = """
WITH RECURSIVE owner (id) AS (
    (SELECT organization_id FROM record_entry ORDER BY organization_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.organization_id FROM record_entry e WHERE e.organization_id > owner.id
            ORDER BY e.organization_id LIMIT 1)
    FROM owner WHERE owner.id IS NOT NULL
)
SELECT id FROM owner WHERE id IS NOT NULL
"""

# A file that was put before other readers than its entry is not where the entry says.
_FILES = """
SELECT a.entry_id, a.sha256, a.name, a.media_type, a.size
FROM record_attachment a LEFT JOIN record_entry e ON e.id = a.entry_id
WHERE a.organization_id = %s
    AND (e.id IS NULL OR (e.audience = a.audience AND e.organization_id = a.organization_id))
"""


def installation(
    organizations: Collection[int] = (), *, worth_processes: int = WORTH_PROCESSES
) -> list[verify.Verdict]:
    """Verify the chains of this installation (default: all); a verdict each, by number.

    Judged is every chain that has a head, an entry, a checkpoint or a signature in the witness file:
    one that vanished from the database altogether is cut off at its first entry. Raises
    `witness.TamperedWitness`, with the verdicts where the chains could be walked, and `Missing` for an
    organization that has none of them. Opens the outermost transaction itself.
    """
    verdicts = _look(organizations, worth_processes)
    # A file that was lawfully erased since the snapshot was taken is gone by right: look once more.
    doubtful = {v.organization_id for v in verdicts if v.fault and v.fault.code == "attachment"}
    if doubtful:
        again = {v.organization_id: v for v in _look(doubtful, worth_processes)}
        verdicts = [again.get(v.organization_id, v) for v in verdicts]
    return verdicts


def _look(organizations: Collection[int], worth_processes: int) -> list[verify.Verdict]:
    # Before the snapshot, so that it can't be ahead of it.
    testimony = _testimony()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # Now: within the scope's savepoint it can't be exported.
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot: str = cursor.fetchone()[0]
        with scope.entered(scope.Scope.of_system("record.verify")):
            doubt = _doubt_of(testimony)
            heads = {head.organization_id: head for head in Head.objects.all()}
            stored = _stored_roots()
            everyone = {*heads, *_owners(), *stored, *testimony.heads, *testimony.roots}
            if strange := sorted(set(organizations) - everyone):
                raise Missing(
                    "record.no_chain",
                    _("There is no record of organization %(number)s in your scope."),
                    number=strange[0],
                )
            jobs = [
                (number, _expected(number, heads.get(number), stored.get(number, {}), testimony))
                for number in sorted(organizations or everyone)
            ]
            verdicts = _walk(jobs, snapshot, worth_processes)
            stands = _standing([number for number, _known in jobs])
            for verdict in verdicts:
                if verdict.sound:
                    verdict.fault = _beside(verdict, stands)
                if verdict.sound:
                    number = verdict.organization_id
                    verdict.fault = _resealed(number, stored.get(number, {}), testimony)
                if verdict.sound:
                    files = _files_of(verdict.organization_id)
                    verdict.fault = verify.fault_of_files(verdict, files, media.is_whole)
    if doubt is not None:
        doubt.verdicts = verdicts
        raise doubt
    return verdicts


def _doubt_of(testimony: witness.Testimony) -> witness.TamperedWitness | None:
    """What is wrong with the whole of the witness file. What it says is believed all the same: it is
    signed, and whoever made the database forget it would otherwise hide where they wrote.
    """
    try:
        witness.require_all_of(testimony)
    except witness.TamperedWitness as doubt:
        return doubt
    return None


def _testimony() -> witness.Testimony:
    """What the witness file says, checked against this installation's key, and sightings since."""
    seen = sightings.pending()
    own = known_signer()
    if own is None and settings.WITNESS.exists() and settings.WITNESS.stat().st_size:
        raise witness.TamperedWitness(
            f"the signing key {key_file()} is gone, and without it the witness file proves nothing;"
            " put the key back from where a copy of it is kept"
        )
    testimony = witness.read(settings.WITNESS, trusted={own.name} if own else None)
    testimony.add_sightings(seen)
    return testimony


def _files_of(organization_id: int) -> dict[UUID, list[tuple[str, str, str, int]]]:
    """The files of one organization's entries, as the database lists them."""
    files: dict[UUID, list[tuple[str, str, str, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [organization_id])
        for entry, *file in cursor:
            files.setdefault(entry, []).append(tuple(file))
    return files


def _owners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS)
        return [number for (number,) in cursor.fetchall()]


def _stored_roots() -> dict[int, dict[int, verify.SignedRoot]]:
    """The database's checkpoints by organization and first number."""
    roots: dict[int, dict[int, verify.SignedRoot]] = {}
    for c in Checkpoint.objects.order_by("first_seq"):
        roots.setdefault(c.organization_id, {})[c.first_seq] = verify.SignedRoot(
            c.organization_id, c.first_seq, c.last_seq, bytes(c.root), c.suite, c.day.isoformat()
        )
    return roots


def _expected(
    number: int,
    head: Head | None,
    stored: dict[int, verify.SignedRoot],
    testimony: witness.Testimony,
) -> verify.Expected:
    expected = testimony.about(number)
    # Where both know a checkpoint, the signed one is walked; the newest are not signed yet.
    expected.roots = tuple({**stored, **{r.first_seq: r for r in expected.roots}}.values())
    expected.head_seq, expected.head_hash = (head.seq, bytes(head.hash)) if head else (0, b"")
    return expected


def _resealed(
    number: int, stored: dict[int, verify.SignedRoot], testimony: witness.Testimony
) -> verify.Fault | None:
    """The first checkpoint that the database doesn't hold as it was signed."""
    for root in sorted(testimony.roots.get(number, ()), key=lambda root: root.first_seq):
        found = stored.get(root.first_seq)
        if found is None or found._replace(day=root.day and found.day) != root:
            return verify.Fault(number, "resealed", root.last_seq, after_seq=root.first_seq - 1)
    return None


#: Whoever can write the catalogue can keep a row out of one index and show it by another.
_INDEXES = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")
_STANDING = """
SELECT organization_id, count(*) FROM record_entry WHERE organization_id = ANY(%s) GROUP BY 1
"""
_TWICE = """
SELECT seq FROM record_entry WHERE organization_id = %s
GROUP BY seq HAVING count(*) > 1 ORDER BY seq LIMIT 1
"""


@contextmanager
def _by_no_index() -> Iterator[Any]:
    """A cursor that reads tables from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
        cursor.execute("; ".join(f"SET LOCAL {name} = off" for name in _INDEXES))
        yield cursor
        cursor.execute("; ".join(f"RESET {name}" for name in ("enable_seqscan", *_INDEXES)))


def _standing(organizations: list[int]) -> dict[int, int]:
    """How many entries of these organizations stand in the table."""
    with _by_no_index() as cursor:
        cursor.execute(_STANDING, [organizations])
        return dict(cursor.fetchall())


def _beside(verdict: verify.Verdict, stands: dict[int, int]) -> verify.Fault | None:
    """The first place at which the table holds what the chain's own index doesn't show, or the other way.

    Asked where every number that the index shows was right.
    """
    number = verdict.organization_id
    count = stands.get(number, 0)
    if count == verdict.entries:
        return None
    with _by_no_index() as cursor:
        cursor.execute(_TWICE, [number])
        twice = cursor.fetchone()
    if twice:
        return verify.Fault(number, "beside", twice[0])
    return verify.Fault(number, "beside", max(count, verdict.entries), after_seq=0)


def _walk(
    jobs: Sequence[tuple[int, verify.Expected]], snapshot: str, worth_processes: int
) -> list[verify.Verdict]:
    with connection.cursor() as cursor:
        if len(jobs) < 2 or sum(known.head_seq or 0 for _, known in jobs) < worth_processes:
            return [walking.walk(cursor, number, known) for number, known in jobs]
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
            (list(walking.SCOPE),),
        )
        scope_of_parent: dict[str, str] = dict(cursor.fetchall())
    info = connection.connection.info
    place = walking.Place(
        {**info.get_parameters(), "password": info.password}, snapshot, scope_of_parent
    )
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        walks = [pool.submit(walking.walk_apart, place, number, known) for number, known in jobs]
        return [walk.result() for walk in walks]
