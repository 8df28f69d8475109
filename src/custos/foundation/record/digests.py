"""Digests and signatures of the record, behind one small port.

A suite is a digest algorithm by number: the number is part of every hashed header, so a chain cannot
be passed off as one of another suite. SHA-256 (FIPS 180-4) is the default; SM3 (GB/T 32905) serves
nodes that must use commercial cryptography of the state.
"""

import hashlib
from collections.abc import Callable
from enum import IntEnum

_SM3 = "sm3"


class Suite(IntEnum):
    """Digest algorithms by the number that is stored."""

    SHA256 = 1
    SM3 = 2


def _sm3(data: bytes) -> bytes:
    return hashlib.new(_SM3, data).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def digest_of(suite: int) -> Callable[[bytes], bytes]:
    """The function from bytes to a 32-byte digest. Raises `ValueError` for an unknown suite."""
    if suite == Suite.SHA256:
        return _sha256
    if suite == Suite.SM3:
        if _SM3 not in hashlib.algorithms_available:
            raise ValueError(
                "this Python's OpenSSL has no SM3; use a build with OpenSSL 1.1.1 or later"
            )
        return _sm3
    raise ValueError(f"unknown digest suite {suite}")


def merkle_root(leaves: list[bytes], suite: int = Suite.SHA256) -> bytes:
    """The Merkle tree hash of RFC 6962 §2.1 over `leaves` (each the bytes of one leaf)."""
    digest = digest_of(suite)
    if not leaves:
        return digest(b"")
    level = [digest(b"\x00" + leaf) for leaf in leaves]
    # RFC 6962 splits at the largest power of two below n. Pairing neighbours level by level and
    # carrying an odd last node upward builds the same tree without recursion.
    while len(level) > 1:
        pairs = [digest(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[-1:] if len(level) % 2 else pairs
    return level[0]
