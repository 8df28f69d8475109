"""The key pair of backups (X25519, RFC 7748).

A node keeps the public half only: whoever takes the node and its backups together still opens
nothing. The private half is a PEM file that the operator keeps apart.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from custos.foundation.backups.trouble import BackupTrouble

#: The public half, among the node's keys.
PUBLIC = "backup-public"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who can open: the public half of a backup key."""

    public: X25519PublicKey

    @property
    def name(self) -> str:
        """The public half in base64, by which a key is told from another."""
        return _name(self.public)


@dataclass(frozen=True, slots=True)
class Opener:
    """The private half of a backup key."""

    private: X25519PrivateKey

    @property
    def name(self) -> str:
        """The name of the public half that belongs to it."""
        return _name(self.private.public_key())


def _name(public: X25519PublicKey) -> str:
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def make(file: Path) -> Opener:
    """Make a key pair and write the private half to `file`, which must not exist yet (0600)."""
    private = X25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupTrouble(
            f"{file} exists and is never overwritten: backups may depend on it. Name another file"
        ) from None
    except OSError as error:
        raise BackupTrouble(f"{file} can't be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    return Opener(private)


def load(file: Path) -> Opener:
    """Read a private half. Raises `BackupTrouble` where there is none in `file`."""
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise BackupTrouble(
            f"the backup key {file} can't be read: {error.strerror}. Without it nothing in a backup"
            " can be opened; bring the file that `custos backup key` made"
        ) from None
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, X25519PrivateKey):
        raise BackupTrouble(
            f"{file} is not a backup key; bring the file that `custos backup key` made"
        )
    return Opener(private)


def recipient(folder: Path) -> Recipient | None:
    """For whom a node with these keys seals; None before there is a backup key."""
    file = folder / PUBLIC
    if not file.exists():
        return None
    try:
        raw = base64.b64decode(file.read_text().strip(), validate=True)
        return Recipient(X25519PublicKey.from_public_bytes(raw))
    except ValueError:
        raise BackupTrouble(
            f"{file} holds no public half of a backup key; make a key by `custos backup key`"
        ) from None


def remember(folder: Path, opener: Opener) -> None:
    """Let a node with these keys seal for `opener` from now on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f"{PUBLIC}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(opener.name + "\n")
    draft.replace(folder / PUBLIC)
