"""The key that signs heads, checkpoints and exports; it never enters the database."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from custos.foundation.errors import CustosError


def _name(public: Ed25519PublicKey) -> str:
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


#: The signing key's file among an installation's keys.
KEY = "record-signing.pem"


@dataclass(frozen=True, slots=True)
class Signer:
    """An Ed25519 key (RFC 8032); `name` is its public half in base64."""

    private: Ed25519PrivateKey

    @property
    def name(self) -> str:
        """The public key, by which signatures are verified."""
        return _name(self.private.public_key())

    def sign(self, message: bytes) -> str:
        """The signature of a message, in base64."""
        return base64.b64encode(self.private.sign(message)).decode()


class KeyGone(CustosError):
    """The signing key was there once and isn't now."""

    status = 503


def verifies(key: str, message: bytes, signature: str) -> bool:
    """Whether `signature` is that of `message` by the holder of `key` (both base64)."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_file() -> Path:
    """Where this installation keeps its signing key."""
    return settings.KEYS / KEY


def signer() -> Signer:
    """This installation's signer; the key is made on first use, readable by its owner only.

    For whoever is about to sign. Who only reads asks `known_signer`, and never makes a key that
    nothing was signed by. Raises `KeyGone` where the key was there once.
    """
    return signer_at(key_file(), settings.WITNESS)


def signer_at(file: Path, witness: Path | None = None) -> Signer:
    """The same, of the installation that keeps its key in `file` and its signed heads in `witness`.

    No second key is made: whatever it signed, nobody could tell from what a forger signs.
    """
    if not file.exists():
        if witness and witness.exists() and witness.stat().st_size:
            raise KeyGone(
                "record.key_gone",
                _("The key by which this installation signs its record is gone: %(file)s."),
                mend=_("Put it back from where a copy of it is kept; nothing is signed meanwhile."),
                file=str(file),
            )
        _make_key(file)
    return signer_of(file)


def known_signer() -> Signer | None:
    """This installation's signer where it has one."""
    file = key_file()
    return signer_of(file) if file.exists() else None


def signer_of(file: Path) -> Signer:
    """The signer whose key is in `file`. Raises `ValueError` where it holds none."""
    private = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(f"{file} holds no Ed25519 key")
    return Signer(private)


def _make_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = file.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(pem)
    try:
        os.link(draft, file)  # fails where another process was first: its key is the one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
