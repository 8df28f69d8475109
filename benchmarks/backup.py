"""Backing up and restoring a node: how fast a base copy is made, and how long a restore takes.

The node has a record of a million entries (about a gigabyte) and 200 MB of attachments, which don't
compress. Rates are over what is backed up, before compression. A restore is the drill: unpacking,
following the log, verifying every chain.
"""

import os
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._place import database
from benchmarks.record import FACILITY, _drafts
from custos.config.benching import Figure

_MB = 1_000_000
_ATTACHMENT = 2 * _MB


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full size."""
    with database(), tempfile.TemporaryDirectory(prefix="custos-backups-") as folder:
        from custos.config.backup import copying, keeping, restoring
        from custos.config.backup.node import here
        from custos.foundation.backups import keys

        node = here()
        os.environ["CUSTOS_BACKUPS"], node = folder, here()
        os.environ["CUSTOS_BACKUP_URL"] = _replication(node.data)
        key = Path(folder) / "apart.pem"
        keys.remember(node.keys, keys.make(key))
        files = _fill(scale)

        stop = threading.Event()
        with keeping.sole(node.data):
            keeper = threading.Thread(target=keeping.run, args=(node, stop, lambda _: None))
            keeper.start()
            kept = _attachments_kept(node.backups, files)
            began = time.perf_counter()
            base = copying.make(node, lambda _: None)
            copied = time.perf_counter() - began
            stop.set()
            keeper.join()
        wanted = restoring.Wanted(node.backups, None, key, node.keys)
        report = restoring.drill(node.data, wanted, lambda _: None)
        if not report.sound or report.missing:
            raise RuntimeError(f"the drill failed: {report.verdicts}")
        size = base.manifest.database.content / _MB
        whole = size + base.manifest.media_bytes / _MB
        return [
            *_sealing(Path(folder), node.keys, round(256 * scale)),
            Figure("attachments kept", files * _ATTACHMENT / _MB / kept, "MB/s"),
            Figure("base copy, size", size, "MB"),
            Figure("base copy, sealed", base.manifest.database.size / _MB, "MB"),
            Figure("base copy", size / copied, "MB/s"),
            Figure("restore, verified", whole / report.seconds, "MB/s"),
            Figure("restore, verified, of all that", report.seconds, "s"),
        ]


def _replication(data: Path) -> str:
    from custos.config import postgres

    return postgres.place_for(data).url(postgres.BACKUP, "postgres")


def _fill(scale: float) -> int:
    """Entries, and attachments that entries name; returns how many of these."""
    from django.conf import settings

    from custos.foundation.database import scope
    from custos.foundation.media import services as media
    from custos.foundation.record import services as record
    from custos.foundation.record.kinds import Corrected
    from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject

    count = max(1, round(100 * scale))
    by = Actor(ActorKind.STAFF, "bench", Post.PATROL, StaffKind.OFFICER)
    said = Corrected(entry="0" * 32, wrong="a", right="b", reason="c")
    with scope.entered(scope.Scope.of_system("bench")):
        record.append_many(_drafts(round(1_000_000 * scale)))
        for _ in range(count):
            stored = media.store(b"%PDF-" + os.urandom(_ATTACHMENT), "paper.pdf")
            with record.deed() as deed:
                deed.append(said, about=Subject(FACILITY + 1), by=by, attachments=[stored])
    assert Path(settings.ATTACHMENTS).exists()
    return count


def _attachments_kept(backups: Path, count: int) -> float:
    began = time.perf_counter()
    while len([f for f in backups.glob("*/media/*/*") if f.name[0] != "."]) < count:
        time.sleep(0.05)
    return time.perf_counter() - began


def _sealing(folder: Path, keys_folder: Path, megabytes: int) -> list[Figure]:
    """Sealing and opening alone, of bytes that don't compress and aren't tried to."""
    from custos.foundation.backups import envelope, keys
    from custos.foundation.record import signing

    opener, by = keys.load(folder / "apart.pem"), signing.signer_at(keys_folder / signing.KEY)
    to, file, block = keys.recipient(keys_folder), folder / "sealed", os.urandom(_MB)
    assert to is not None
    began = time.perf_counter()
    with envelope.sealing(file, "x", to=to, by=by, at=datetime.now(UTC), compress=False) as sealed:
        for _ in range(megabytes):
            sealed.write(block)
    sealing = time.perf_counter() - began
    began = time.perf_counter()
    for _ in envelope.opened(file, "x", key=opener, trusted=by.name):
        pass
    opening = time.perf_counter() - began
    return [
        Figure("sealing alone, synced to disk", megabytes / sealing, "MB/s"),
        Figure("opening alone", megabytes / opening, "MB/s"),
    ]
