"""The folder of backups: what stands where, and what a base copy's manifest says.

    backups/
      20260301T020000Z-9f3c…/           a series: one epoch of the node, one backup key
        series.json                     which
        keeping.json                    how far the write-ahead log was kept, and when
        wal/000000010000000000000007    a sealed segment of the log; `.part` while it still grows
        media/3f/3fa1…                  an attachment, named by a keyed digest
        waiting/20260301T020501Z        device messages that waited on disk at that moment
        witness                         the witness file, growing
        base-20260301T020000Z/          a base copy
          manifest.json                 signed, written last: without it there is no copy
          database                      the cluster's files
          media.index                   the attachments that were there
          verified.json                 when it was last read or restored as a test

Folders that begin with a dot are unfinished. Nothing here opens a seal.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from custos.foundation.backups import envelope
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record.signing import Signer, verifies

VERSION = 1
PART = ".part"
_STAMP = "%Y%m%dT%H%M%SZ"
_SEGMENT = re.compile(r"[0-9A-F]{24}")


def stamp(at: datetime) -> str:
    """An instant as a part of a name."""
    return at.astimezone(UTC).strftime(_STAMP)


def moment(name: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.strptime(name, _STAMP).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Postgres:
    """The server of a base copy, and the stretch of log that makes the copy whole."""

    number: int
    system: str
    segment_size: int
    timeline: int
    start: int
    end: int
    database: str
    superuser: str
    app: str
    embedded: bool

    @property
    def major(self) -> int:
        """Its major version, which the restoring server must have too."""
        return self.number // 10_000

    def segment(self, place: int) -> str:
        """The name of the log's segment that holds a place in the log."""
        number, each = place // self.segment_size, 0x1_0000_0000 // self.segment_size
        return f"{self.timeline:08X}{number // each:08X}{number % each:08X}"

    def segments(self, first: int) -> Iterator[str]:
        """Names of the segments from that of `first` on, without an end."""
        while True:
            yield self.segment(first)
            first += self.segment_size


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file: length and SHA-256 as it stands, and how long its content is."""

    size: int
    sha256: str
    content: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a base copy is."""

    name: str
    series: str
    lives: list[dict[str, Any]]
    program: str
    tables: dict[str, str]
    began_at: datetime
    finished_at: datetime
    postgres: Postgres
    database: Sealed
    media_index: Sealed
    media_files: int
    media_bytes: int
    heads: list[list[Any]]
    demo: bool
    key: str

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON takes it."""
        times = {name: getattr(self, name).isoformat() for name in ("began_at", "finished_at")}
        return asdict(self) | times | {"version": VERSION}


@dataclass(frozen=True, slots=True)
class Base:
    """A whole base copy in its series."""

    folder: Path
    manifest: Manifest

    @property
    def series(self) -> "Series":
        """The series it belongs to."""
        return Series(self.folder.parent)

    def verified(self) -> dict[str, Any] | None:
        """When and how it was last tested; None if never."""
        file = self.folder / "verified.json"
        said: dict[str, Any] | None = json.loads(file.read_text()) if file.exists() else None
        return said

    def note_verified(self, at: datetime, how: str, seconds: float) -> None:
        """Remember a test that passed: `how` is "read" or "restored"."""
        said = {"at": at.isoformat(), "how": how, "seconds": round(seconds, 1)}
        write_json(self.folder / "verified.json", said)

    def missing_log(self) -> str | None:
        """The first segment that is missing between this copy and the newest one kept; None if none."""
        kept = self.series.segments()
        for name in self.manifest.postgres.segments(self.manifest.postgres.start):
            if name not in kept:
                needed = name <= self.manifest.postgres.segment(self.manifest.postgres.end - 1)
                return name if needed or any(later > name for later in kept) else None
        return None


@dataclass(frozen=True, slots=True)
class Series:
    """The backups of one epoch for one key."""

    folder: Path

    @property
    def said(self) -> dict[str, str]:
        """Epoch, key and beginning. Raises `BackupTrouble` for a file that doesn't say them."""
        file = self.folder / "series.json"
        try:
            found = json.loads(file.read_text())
            return {name: str(found[name]) for name in ("epoch", "key", "began_at")}
        except (OSError, ValueError, KeyError, TypeError):
            raise BackupTrouble(
                f"{file} was changed or is damaged; take it from another copy of the backups, or move"
                f" {self.folder} away to go on with the others"
            ) from None

    @property
    def wal(self) -> Path:
        """The segments of the log."""
        return self.folder / "wal"

    @property
    def media(self) -> Path:
        """The attachments."""
        return self.folder / "media"

    @property
    def waiting(self) -> Path:
        """Device messages that waited."""
        return self.folder / "waiting"

    @property
    def witness(self) -> Path:
        """The witness file."""
        return self.folder / "witness"

    def kept(self) -> dict[str, Any]:
        """What the keeper said last: `at`, and whether the log was `streaming`; {} before it ran."""
        file = self.folder / "keeping.json"
        found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def waiting_kept(self) -> list[str]:
        """Names of the files of waiting messages, oldest first: those that are there, and the last
        that the keeper wrote, whether or not it still is.
        """
        there = {f.name for f in self.waiting.glob("[!.]*")}
        return sorted(there | ({last} if (last := self.kept().get("waiting")) else set()))

    def segments(self) -> dict[str, Path]:
        """The log's segments that are kept, the growing one too, by name."""
        found: dict[str, Path] = {}
        if self.wal.exists():
            for file in self.wal.iterdir():
                name = file.name.removesuffix(PART)
                if _SEGMENT.fullmatch(name) and (name not in found or file.suffix != PART):
                    found[name] = file
        return found

    def bases(self) -> list[Base]:
        """The whole base copies, oldest first. Raises `BackupTrouble` for one that was changed."""
        found = [
            Base(folder, read_manifest(folder))
            for folder in self.folder.glob("base-*")
            if (folder / "manifest.json").exists()
        ]
        return sorted(found, key=lambda base: base.manifest.finished_at)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of backups."""

    folder: Path

    def series(self) -> list[Series]:
        """All series, oldest first."""
        if not self.folder.is_dir():
            return []
        found = [Series(file.parent) for file in self.folder.glob("[!.]*/series.json")]
        return sorted(found, key=lambda series: series.folder.name)

    def bases(self) -> list[Base]:
        """All base copies of all series, oldest first."""
        found = [base for series in self.series() for base in series.bases()]
        return sorted(found, key=lambda base: base.manifest.finished_at)

    def current(self, epoch: str, key: str) -> Series | None:
        """The series of an epoch and a key; None before it is begun."""
        for series in reversed(self.series()):
            if (series.said["epoch"], series.said["key"]) == (epoch, key):
                return series
        return None

    def begin(self, epoch: str, key: str, at: datetime) -> Series:
        """Begin a series."""
        folder = self.folder / f"{stamp(at)}-{epoch}"
        for part in ("wal", "media", "waiting"):
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        said = {"epoch": epoch, "key": key, "began_at": at.isoformat()}
        write_json(folder / "series.json", said)
        return Series(folder)


def write_manifest(folder: Path, manifest: Manifest, by: Signer) -> None:
    """Sign a manifest and write it; with it the copy is whole."""
    said = manifest.as_dict()
    said["signature"] = by.sign(_canonical(said))
    write_json(folder / "manifest.json", said)


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest and check its signature by the key that it names.

    Whether that key is this node's is for the caller. Raises `BackupTrouble`.
    """
    file = folder / "manifest.json"
    refusal = BackupTrouble(
        f"{file} was changed or is damaged; take another copy of the backup, or an older base copy"
        " (move this one away)"
    )
    try:
        said = json.loads(file.read_text())
        signature, version = said.pop("signature"), said["version"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise refusal from None
    if version != VERSION:
        raise BackupTrouble(
            f"{folder} is a backup of format {version}, and this program reads format {VERSION};"
            " use the version of Custos that made it"
        )
    if not verifies(str(said.get("key")), _canonical(said), signature):
        raise refusal
    del said["version"]
    try:
        parts: dict[str, Any] = {
            "began_at": datetime.fromisoformat(said["began_at"]),
            "finished_at": datetime.fromisoformat(said["finished_at"]),
            "postgres": Postgres(**said["postgres"]),
            "database": Sealed(**said["database"]),
            "media_index": Sealed(**said["media_index"]),
        }
        return Manifest(**(said | parts))
    except (KeyError, TypeError, ValueError):
        raise refusal from None


def require_same(file: Path, sealed: Sealed) -> None:
    """Raise `BackupTrouble` for a file of a base copy that isn't as its manifest says."""
    try:
        same = file.stat().st_size == sealed.size and envelope.digest_of(file) == sealed.sha256
    except FileNotFoundError:
        same = False
    if not same:
        raise BackupTrouble(
            f"{file} is missing or isn't as it was written; make another base copy (`custos backup`)"
        )


def write_json(file: Path, said: dict[str, Any]) -> None:
    """Write a small file in one step."""
    draft = file.with_name(f".{file.name}")
    draft.write_text(json.dumps(said, sort_keys=True, indent=1) + "\n")
    draft.replace(file)
    envelope.sync_folder(file.parent)


def _canonical(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def prune(store: Store, keep: int, current: Series | None) -> list[str]:
    """Remove all base copies but the newest `keep`, and what only they needed; says what went.

    An attachment stays as long as a kept copy has it or it is younger than the oldest of them. Raises
    `BackupTrouble`, before anything is gone, where a kept copy's list of attachments was changed.
    """
    bases = store.bases()
    kept = bases[-keep:]
    if not kept:
        raise BackupTrouble("there is no base copy to keep; make one first: `custos backup`")
    for base in kept:
        require_same(base.folder / "media.index", base.manifest.media_index)
    gone = []
    for base in bases[:-keep]:
        shutil.rmtree(base.folder)
        gone.append(f"{base.series.folder.name}/{base.folder.name}")
    for series in store.series():
        own = [base for base in kept if base.folder.parent == series.folder]
        if own:
            gone += _prune_series(series, own)
        elif current is None or series.folder != current.folder:
            shutil.rmtree(series.folder)
            gone.append(series.folder.name)
    return gone


def _prune_series(series: Series, kept: list[Base]) -> list[str]:
    oldest = kept[0].manifest
    first = oldest.postgres.segment(oldest.postgres.start)
    old = [file for name, file in series.segments().items() if name < first]
    named = {
        line for base in kept for line in (base.folder / "media.index").read_text().splitlines()
    }
    began = oldest.began_at.timestamp()
    media = [
        file
        for file in series.media.glob("*/*")
        if file.name not in named and file.stat().st_mtime < began
    ]
    waiting = sorted(
        file for file in series.waiting.iterdir() if file.name < stamp(oldest.began_at)
    )
    for file in [*old, *media, *waiting[:-1]]:
        file.unlink()
    said = [(len(old), "segments of the log"), (len(media), "attachments")]
    return [f"{count} {what} of {series.folder.name}" for count, what in said if count]
