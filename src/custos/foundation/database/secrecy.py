"""What stands encrypted in a row, and how it is still found: the one port to field encryption.

    row.sealed = secrecy.conceal(number, secrecy.Place("custody_fact", row.pk, "sealed"))
    secrecy.reveal(row.sealed, secrecy.Place("custody_fact", row.pk, "sealed"))
    secrecy.blind("identity.whole", number)

An envelope is `version | suite | number of the key | nonce | ciphertext | tag`. Table, row and field are
authenticated with it, so that a value that was copied into another row doesn't open there. Suite 1 is
AES-256-GCM, suite 2 is SM4-GCM; the node's digest suite says which one is written, both are read. A
blind index is an HMAC-SHA-256 under a key of its own: equal texts are found, and nothing is read back.

Keys are files of the installation's `keys/`, made on first use; the database never holds them.
"""

import hashlib
import hmac
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from django.conf import settings

VERSION = 1
AES, SM = 1, 2
_NONCE, _TAG, _HEAD = 12, 16, 4
#: The key that new envelopes are written by. A later one gets the next number; this one still reads.
_PRESENT_KEY = 1
_INDEX = "fields-index"


class Unreadable(ValueError):
    """An envelope that was changed, belongs to another row, or whose key is not here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: table, primary key and field."""

    table: str
    row: UUID
    field: str

    @property
    def bound(self) -> bytes:
        """What is authenticated with the value."""
        return f"{self.table}\x1f{self.row}\x1f{self.field}".encode()


def conceal(text: str, place: Place) -> bytes:
    """The envelope of a text for one place. The nonce is by chance: equal texts look different."""
    suite = SM if settings.RECORD_SUITE == SM else AES
    nonce = secrets.token_bytes(_NONCE)
    head = bytes((VERSION, suite)) + _PRESENT_KEY.to_bytes(2)
    work = _cipher(suite, _PRESENT_KEY, GCM(nonce)).encryptor()
    work.authenticate_additional_data(head + place.bound)
    body = work.update(text.encode()) + work.finalize()
    return head + nonce + body + work.tag


def reveal(envelope: bytes, place: Place) -> str:
    """The text of an envelope. Raises `Unreadable` where it isn't whole or isn't this place's."""
    raw = bytes(envelope)
    if len(raw) < _HEAD + _NONCE + _TAG or raw[0] != VERSION or raw[1] not in (AES, SM):
        raise Unreadable("no envelope that this program knows")
    nonce, body, tag = raw[_HEAD : _HEAD + _NONCE], raw[_HEAD + _NONCE : -_TAG], raw[-_TAG:]
    work = _cipher(raw[1], int.from_bytes(raw[2:_HEAD]), GCM(nonce, tag)).decryptor()
    work.authenticate_additional_data(raw[:_HEAD] + place.bound)
    try:
        return (work.update(body) + work.finalize()).decode()
    except InvalidTag:
        raise Unreadable("changed, or of another row") from None


def blind(purpose: str, text: str) -> str:
    """What equal texts of one purpose have in common, in 22 characters that tell nothing else."""
    said = f"{purpose}\x1f{text}".encode()
    digest = hmac.digest(_index_key(settings.KEYS), said, hashlib.sha256)[:16]
    return b64encode(digest, b"-_").decode().rstrip("=")


@cache
def _index_key(keys: Path) -> bytes:
    # Of the folder: to put a path together costs more than the digest.
    return _key(keys / _INDEX)


def _cipher(suite: int, number: int, mode: GCM) -> "Cipher[GCM]":
    file = settings.KEYS / f"fields-{number}"
    if number != _PRESENT_KEY and not file.exists():
        raise Unreadable(f"key {number} is not among this installation's keys")
    key = _key(file)
    return Cipher(SM4(key[:16]) if suite == SM else AES256(key), mode)


@cache
def _key(file: Path) -> bytes:
    """The 32 bytes in a file, which is made on first use and readable by its owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(b64encode(secrets.token_bytes(32)))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)  # fails where another process was first: its key is the one
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = b64decode(file.read_bytes().strip(), validate=True)
    if len(key) != 32:
        raise Unreadable(f"{file.name} holds no key of 32 bytes")
    return key
