"""One sealed file: a header that the node signed, then chunks that are compressed and encrypted.

    CUSTOS-SEALED 1
    {"at":…,"from":…,"key":…,"name":…,"signature":…,"suite":…,"to":…}
    length | chunk   length | chunk   …

Each file has a key of its own: a fresh X25519 key agrees with the backup's public half (HKDF-SHA-256,
RFC 5869), so whoever sealed it can't open it afterwards. A chunk is AES-256-GCM over zlib, its nonce
its number and whether it is the last; the header is its associated data. So chunks can't be changed,
left out, reordered or taken from another file, and a file can't be given another's name. The node's
signature over the header says who sealed it: the file's key follows from what the header holds, and
nobody but its author and the holder of the private half knows it.

A file that still grows has no last chunk yet; what its reader then gets is what was written so far.
"""

import base64
import hashlib
import io
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from custos.foundation.backups.keys import Opener, Recipient
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record.signing import Signer, verifies

MAGIC = b"CUSTOS-SEALED 1\n"
SUITE = "X25519 HKDF-SHA256 AES-256-GCM zlib"
CHUNK = 1024 * 1024
_LAST = 0x8000_0000
_LENGTH = struct.Struct(">I")
_NONCE = struct.Struct(">Q3xB")
#: A chunk with its tag, and what zlib adds to what it can't compress.
_LONGEST = CHUNK + 4096
_LONGEST_HEADER = 4096
_FAST, _STORED = 1, 0


class Damaged(BackupTrouble):
    """A sealed file isn't as it was written."""


@dataclass(frozen=True, slots=True)
class Header:
    """What can be read of a sealed file without the key."""

    name: str
    at: datetime
    to: str
    signer: str
    ephemeral: bytes
    digest: bytes


class Sealing:
    """A sealed file in the making; each `write` is one chunk and can be read at once."""

    def __init__(
        self,
        out: Callable[[bytes], object],
        name: str,
        *,
        to: Recipient,
        by: Signer,
        at: datetime,
        compress: bool = True,
    ) -> None:
        self._out, self._level = out, _FAST if compress else _STORED
        private = X25519PrivateKey.generate()
        ephemeral = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        said = {
            "suite": SUITE,
            "name": name,
            "at": at.isoformat(),
            "to": to.name,
            "from": base64.b64encode(ephemeral).decode(),
            "key": by.name,
        }
        said["signature"] = by.sign(_canonical(said))
        head = MAGIC + _canonical(said) + b"\n"
        self._associated = hashlib.sha256(head).digest()
        self._cipher = _cipher(private, to.public, self._associated)
        self._number = 0
        out(head)

    def write(self, data: bytes, *, last: bool = False) -> None:
        """Seal at most `CHUNK` bytes as one chunk."""
        if len(data) > CHUNK:
            raise ValueError("a chunk is at most CHUNK bytes")
        nonce = _NONCE.pack(self._number, last)
        sealed = self._cipher.encrypt(nonce, zlib.compress(data, self._level), self._associated)
        self._out(_LENGTH.pack(len(sealed) | (_LAST if last else 0)) + sealed)
        self._number += 1

    def finish(self) -> None:
        """Say that this was all."""
        self.write(b"", last=True)


class Sealed:
    """What `sealing` wrote: takes pieces of any size, and knows lengths and digest afterwards."""

    def __init__(
        self, raw: BinaryIO, name: str, to: Recipient, by: Signer, at: datetime, compress: bool
    ) -> None:
        self._raw, self._digest = raw, hashlib.sha256()
        self.size = self.content = 0
        self._rest = bytearray()
        self._sealing = Sealing(self._sealed, name, to=to, by=by, at=at, compress=compress)

    def write(self, data: bytes) -> int:
        """Seal a piece."""
        self._rest += data
        self.content += len(data)
        while len(self._rest) >= CHUNK:
            self._sealing.write(bytes(self._rest[:CHUNK]))
            del self._rest[:CHUNK]
        return len(data)

    def _sealed(self, data: bytes) -> None:
        self.size += len(data)
        self._digest.update(data)
        self._raw.write(data)

    def finish(self) -> None:
        """Seal what is left."""
        self._sealing.write(bytes(self._rest))
        self._sealing.finish()

    @property
    def sha256(self) -> str:
        """The digest of the file in hex."""
        return self._digest.hexdigest()


@contextmanager
def sealing(
    file: Path, name: str, *, to: Recipient, by: Signer, at: datetime, compress: bool = True
) -> Iterator[Sealed]:
    """Seal what the block writes into `file`, which appears only when it is whole and on disk."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw:
            sealed = Sealed(raw, name, to, by, at, compress)
            yield sealed
            sealed.finish()
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(file.parent)


def read_header(file: Path, *, trusted: str, name: str) -> Header:
    """Read and check what stands before the chunks.

    `trusted` is the node's public signing key, `name` what the file must be. Raises `Damaged`.
    """
    with file.open("rb") as stream:
        return _header(stream, file, trusted, name)


def opened(
    file: Path, name: str, *, key: Opener, trusted: str, growing: bool = False
) -> Iterator[bytes]:
    """The content, chunk by chunk. Raises `Damaged` where a chunk isn't as it was written.

    A `growing` file may end anywhere: its last, broken chunk was never finished and is left out.
    """
    with file.open("rb") as stream:
        header = _header(stream, file, trusted, name)
        if header.to != key.name:
            raise BackupTrouble(
                f"this backup was sealed for the key {header.to}, and the key given is {key.name};"
                " bring the key that was in use then"
            )
        ephemeral = X25519PublicKey.from_public_bytes(header.ephemeral)
        cipher = _cipher(key.private, ephemeral, header.digest)
        number, last = 0, False
        while not last:
            prefix = stream.read(_LENGTH.size)
            length = _LENGTH.unpack(prefix)[0] if len(prefix) == _LENGTH.size else 0
            last, length = bool(length & _LAST), length & ~_LAST
            sealed = stream.read(length) if length <= _LONGEST else b""
            if not length or len(sealed) < length:
                if growing:
                    return
                raise _damaged(file, number, "it ends too early")
            try:
                packed = cipher.decrypt(_NONCE.pack(number, last), sealed, header.digest)
                yield zlib.decompressobj().decompress(packed, CHUNK)
            except (InvalidTag, zlib.error):
                if growing and not stream.read(1):
                    return  # the power went while it was being written
                raise _damaged(file, number, "its seal is broken") from None
            number += 1
        if stream.read(1):
            raise _damaged(file, number, "something stands behind its end")


def _header(stream: BinaryIO, file: Path, trusted: str, name: str) -> Header:
    if stream.read(len(MAGIC)) != MAGIC:
        raise Damaged(
            f"{file} is not a sealed file of this version; take another copy of the backup"
        )
    line = stream.readline(_LONGEST_HEADER)
    try:
        said: dict[str, Any] = json.loads(line)
        signature = said.pop("signature")
        genuine = said["key"] == trusted and verifies(trusted, _canonical(said), signature)
        header = Header(
            said["name"],
            datetime.fromisoformat(said["at"]),
            said["to"],
            said["key"],
            base64.b64decode(said["from"]),
            hashlib.sha256(MAGIC + line).digest(),
        )
        known = said["suite"] == SUITE
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged(
            f"the first line of {file} can't be read; take another copy of the backup"
        ) from None
    if not known:
        raise Damaged(f"{file} is sealed in a way that this program doesn't know; use a newer one")
    if not genuine:
        raise Damaged(
            f"{file} was not sealed by this node: its signature isn't that of {trusted}."
            " Take another copy of the backup"
        )
    if header.name != name:
        raise Damaged(
            f"{file} is {header.name} under another name; take another copy of the backup"
        )
    return header


def _damaged(file: Path, chunk: int, why: str) -> Damaged:
    return Damaged(
        f"{file} is damaged at chunk {chunk}: {why}."
        " Take another copy of it, or restore from another base copy (`custos backup list`)"
    )


def _cipher(private: X25519PrivateKey, public: X25519PublicKey, context: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, MAGIC + context).derive(private.exchange(public)))


class Reader(io.RawIOBase):
    """Chunks as a file that can be read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        """It can."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 at the end."""
        while not self._rest:
            try:
                self._rest = next(self._chunks)
            except StopIteration:
                return 0
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def _canonical(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def digest_of(file: Path) -> str:
    """The SHA-256 of a file as it stands, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
