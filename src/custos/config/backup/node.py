"""The node that is backed up: its folders, its keys, and how its server is reached."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from custos.config import environment, postgres
from custos.foundation.backups import store
from custos.foundation.backups.keys import Recipient, recipient
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record import signing

#: What waits on disk to be recorded: the listener's spool and the embedded broker's journal.
WAITING = ("spool", "broker")


@dataclass(frozen=True, slots=True)
class Node:
    """One installation, by its data folder."""

    data: Path
    backups: Path

    @property
    def keys(self) -> Path:
        """Its secrets."""
        return self.data / "keys"

    @property
    def attachments(self) -> Path:
        """Its files, by digest."""
        return self.data / "attachments"

    @property
    def received(self) -> Path:
        """Where its log waits to be sealed."""
        return self.data / "log-received"

    @property
    def witness(self) -> Path:
        """Its file of signed heads."""
        return environment.witness_file(self.data)

    @property
    def store(self) -> store.Store:
        """Its backups."""
        return store.Store(self.backups)

    def recipient(self) -> Recipient:
        """For whom it seals. Raises `BackupTrouble` where no key was made yet."""
        found = recipient(self.keys)
        if found is None:
            raise BackupTrouble(
                "there is no backup key yet: `custos backup key FILE` makes one;"
                " keep FILE away from this machine"
            )
        return found

    def signer(self) -> signing.Signer:
        """Who it seals as; the key is made on first use. Raises `signing.KeyGone`."""
        return signing.signer_at(self.keys / signing.KEY, self.witness)


def signer_in(folder: Path) -> signing.Signer:
    """The signing key in a folder of keys. Raises `BackupTrouble` where there is none."""
    file = folder / signing.KEY
    try:
        return signing.signer_of(file)
    except (OSError, ValueError, TypeError):
        raise BackupTrouble(
            f"there is no signing key {file}; bring the copy of `keys/` that is kept apart, and name"
            " its folder by --keys"
        ) from None


def here(data: Path | None = None) -> Node:
    """The node of a data folder (default: the one the environment names)."""
    folder = (data or environment.data_folder()).absolute()
    return Node(folder, environment.backups_folder(folder))


@dataclass(frozen=True, slots=True)
class Source:
    """A server that lets itself be copied."""

    url: str
    embedded: bool

    def run(self, program: str, *arguments: str, **options: object) -> "subprocess.Popen[bytes]":
        """Start one of PostgreSQL's own tools on it; the password is in no command line."""
        parts = conninfo_to_dict(self.url)
        password = str(parts.pop("password", "") or "")
        # Of libpq's variables the operator's own stay: PGSSLROOTCERT, PGPASSFILE.
        told = {"LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {})
        line = [str(postgres.packaged_binaries() / program), "-w", "-d", make_conninfo("", **parts)]
        return subprocess.Popen([*line, *arguments], env=os.environ | told, **options)  # type: ignore[call-overload, no-any-return] # noqa: S603


def source(data: Path) -> Source:
    """Where the copy comes from. Raises `BackupTrouble` where that isn't said."""
    if named := os.environ.get("CUSTOS_BACKUP_URL"):
        return Source(named, _is_own(named, data))
    if os.environ.get("DATABASE_URL"):
        raise BackupTrouble(
            "DATABASE_URL names a server, but no role that may copy it: name one by"
            " CUSTOS_BACKUP_URL (docs/operator.md, Backup)"
        )
    place = postgres.place_for(data)
    if not (place.cluster / "PG_VERSION").exists():
        raise BackupTrouble(f"there is no database in {data}; name the data folder by CUSTOS_DATA")
    return Source(place.url(postgres.BACKUP, "postgres"), embedded=True)


def _is_own(url: str, data: Path) -> bool:
    return conninfo_to_dict(url).get("host") == str(postgres.place_for(data).socket_folder)
