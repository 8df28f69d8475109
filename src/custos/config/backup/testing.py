"""Whether the last backup would do: all of it there, as it was written, without a hole in its log."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from custos.config.backup.node import Node
from custos.config.backup.restoring import log_needed
from custos.foundation.backups import envelope, keys, store
from custos.foundation.backups.trouble import BackupTrouble

Say = Callable[[str], None]


def verify(node: Node, opener: keys.Opener | None, say: Say) -> tuple[store.Base, float]:
    """Read the last base copy and what belongs to it; with the key every seal is opened.

    Returns the copy and how long it took in seconds. Raises `BackupTrouble` for the first thing that
    isn't as it should be. Only a reading by the key counts as a test of the copy.
    """
    began = time.monotonic()
    bases = node.store.bases()
    if not bases:
        raise BackupTrouble(f"there is no base copy in {node.backups}: `custos backup` makes one")
    base = bases[-1]
    trusted = node.signer().name
    if base.manifest.key != trusted:
        raise BackupTrouble(f"{base.folder} was signed by another node: {base.manifest.key}")
    log = log_needed(base, None)
    say(f"reading {base.folder} and {len(log)} segments of log")
    for name, sealed in (
        ("database", base.manifest.database),
        ("media.index", base.manifest.media_index),
    ):
        store.require_same(base.folder / name, sealed)
    for file, name in _files(base, log):
        envelope.read_header(file, trusted=trusted, name=name)
        if opener is not None:
            growing = file.suffix == store.PART or name == "witness"
            for _ in envelope.opened(file, name, key=opener, trusted=trusted, growing=growing):
                pass
    seconds = time.monotonic() - began
    if opener is not None:
        base.note_verified(datetime.now(UTC), "read", seconds)
    return base, seconds


def _files(base: store.Base, log: list[tuple[str, Path]]) -> list[tuple[Path, str]]:
    """Every sealed file that a restore may need, with the name that its header has to give."""
    series = base.series
    found = [(base.folder / "database", f"{series.folder.name}/{base.folder.name}/database")]
    found += [(file, f"wal/{name}") for name, file in log]
    for name in (base.folder / "media.index").read_text().splitlines():
        file = series.media / name[:2] / name
        if not file.exists():
            raise BackupTrouble(
                f"the attachment {file} is missing; find it in another copy of the backups"
            )
        found.append((file, f"media/{name}"))
    for name in series.waiting_kept()[-1:]:
        file = series.waiting / name
        if not file.exists():
            raise BackupTrouble(
                f"the device messages that waited are missing ({file}); find that file in another copy"
                " of the backups"
            )
        found.append((file, f"waiting/{name}"))
    if series.witness.exists():
        found.append((series.witness, "witness"))
    return found
