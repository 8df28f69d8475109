"""How fresh the backups are; what the check, the metrics and the operations page ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from custos.foundation.backups import epochs, keys, store
from custos.foundation.backups.trouble import BackupTrouble

#: A nightly copy that is older than this was not made.
OLDEST = timedelta(days=1)
#: The keeper says every second how far it got.
SILENT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of this node's backups.

    `copied_at` is when the last base copy ended, `verified_at` when one was last tested, `kept_at` up
    to when the log is kept. `missing` names a segment of the log without which the last copy doesn't
    reach the present; `trouble` says why the folder can't be read.
    """

    set_up: bool
    copied_at: datetime | None = None
    verified_at: datetime | None = None
    kept_at: datetime | None = None
    missing: str | None = None
    trouble: str = ""

    def too_old(self, now: datetime) -> bool:
        """Whether last night's copy is missing."""
        return self.copied_at is None or now - self.copied_at > OLDEST

    def silent(self, now: datetime) -> bool:
        """Whether what happens now isn't being kept."""
        return self.kept_at is None or now - self.kept_at > SILENT_AFTER


def of(data: Path, backups: Path) -> Status:
    """The status of the node in a data folder. Never raises for what stands in the folders."""
    try:
        recipient = keys.recipient(data / "keys")
        if recipient is None:
            return Status(set_up=False)
        lives = epochs.history(data)
        series = store.Store(backups).current(lives[-1].id, recipient.name) if lives else None
        if series is None:
            return Status(set_up=True)
        bases = series.bases()
        kept = series.kept()
        tested = [said["at"] for base in bases if (said := base.verified())]
        return Status(
            set_up=True,
            copied_at=bases[-1].manifest.finished_at if bases else None,
            verified_at=max(map(datetime.fromisoformat, tested)) if tested else None,
            kept_at=datetime.fromisoformat(kept["streamed_at"]) if "streamed_at" in kept else None,
            missing=bases[-1].missing_log() if bases else None,
        )
    except (BackupTrouble, OSError, ValueError, KeyError) as error:
        return Status(set_up=True, trouble=str(error))
