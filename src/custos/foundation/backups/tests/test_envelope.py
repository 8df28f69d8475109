"""A sealed file: opened by its key only, and by nobody after it was changed."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custos.foundation.backups import envelope, keys
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record import signing

AT = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)


class World:
    """A key apart, a node that signs, and a file sealed by it for that key."""

    def __init__(self, top: Path) -> None:
        self.opener = keys.make(top / "backup.pem")
        keys.remember(top / "keys", self.opener)
        self.by = signing.signer_at(top / "keys" / signing.KEY)
        self.to = keys.recipient(top / "keys")
        self.file = top / "sealed"

    def seal(self, *pieces: bytes, name: str = "wal/1") -> envelope.Sealed:
        assert self.to is not None
        with envelope.sealing(self.file, name, to=self.to, by=self.by, at=AT) as sealed:
            for piece in pieces:
                sealed.write(piece)
        return sealed

    def read(self, *, name: str = "wal/1", growing: bool = False, **other: object) -> bytes:
        named = {"key": self.opener, "trusted": self.by.name} | other
        return b"".join(envelope.opened(self.file, name, growing=growing, **named))  # type: ignore[arg-type]

    def refused(self, **named: object) -> str:
        with pytest.raises(BackupTrouble) as caught:
            self.read(**named)  # type: ignore[arg-type]
        return str(caught.value)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("size", [0, 1, envelope.CHUNK - 1, envelope.CHUNK, 2 * envelope.CHUNK + 7])
def test_what_was_sealed_is_read_by_the_key(world: World, size: int) -> None:
    said = os.urandom(size)
    sealed = world.seal(said[: size // 3], said[size // 3 :])
    assert world.read() == said
    assert sealed.content == size
    assert sealed.size == world.file.stat().st_size
    assert sealed.sha256 == envelope.digest_of(world.file)


def test_nothing_of_it_stands_in_the_file(world: World) -> None:
    world.seal(b"Wang Jianguo " * 100)
    assert b"Wang" not in world.file.read_bytes()
    assert world.file.stat().st_mode & 0o077 == 0


def test_the_same_content_is_sealed_differently_each_time(world: World) -> None:
    world.seal(b"same")
    first = world.file.read_bytes()
    world.seal(b"same")
    assert first[-40:] != world.file.read_bytes()[-40:]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_changed_byte_is_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    world = World(tmp_path_factory.mktemp("sealed"))
    world.seal(bytes(range(256)) * 20)
    whole = bytearray(world.file.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    world.file.write_bytes(whole)
    world.refused()


def test_a_file_that_was_cut_off_is_refused_at_any_length(world: World) -> None:
    world.seal(b"x" * 3000)
    whole = world.file.read_bytes()
    for length in range(0, len(whole), 7):
        world.file.write_bytes(whole[:length])
        world.refused()


def test_a_last_chunk_that_was_left_out_is_found(world: World) -> None:
    world.seal(os.urandom(envelope.CHUNK + 5))
    whole = world.file.read_bytes()
    last = 4 + 16 + 8  # length, tag, and zlib's empty stream
    world.file.write_bytes(whole[:-last])
    assert "it ends too early" in world.refused()


def test_chunks_in_another_order_are_refused(world: World) -> None:
    world.seal(os.urandom(2 * envelope.CHUNK))
    whole = world.file.read_bytes()
    start = whole.index(b"\n", len(envelope.MAGIC)) + 1
    one = 4 + int.from_bytes(whole[start : start + 4], "big")
    first, second = whole[start : start + one], whole[start + one : start + 2 * one]
    world.file.write_bytes(whole[:start] + second + first + whole[start + 2 * one :])
    assert "damaged at chunk 0" in world.refused()


def test_something_behind_the_end_is_refused(world: World) -> None:
    world.seal(b"x")
    with world.file.open("ab") as stream:
        stream.write(b"more")
    assert "behind its end" in world.refused()


def test_another_key_is_told_from_a_broken_seal(world: World, tmp_path: Path) -> None:
    world.seal(b"x")
    other = keys.make(tmp_path / "other.pem")
    said = world.refused(key=other)
    assert world.opener.name in said
    assert other.name in said


def test_a_file_sealed_by_somebody_who_only_knows_the_public_half_is_refused(
    world: World, tmp_path: Path
) -> None:
    world.by, ours = signing.signer_at(tmp_path / "stranger.pem"), world.by
    world.seal(b"forged")
    assert "was not sealed by this node" in world.refused(trusted=ours.name)


def test_a_file_under_anothers_name_is_refused(world: World) -> None:
    world.seal(b"x", name="wal/2")
    assert "wal/2 under another name" in world.refused()


def test_a_growing_file_is_read_as_far_as_it_was_written(world: World) -> None:
    world.seal(b"first", b"second")
    whole = world.file.read_bytes()
    assert world.to is not None
    with world.file.open("wb") as stream:
        sealing = envelope.Sealing(stream.write, "wal/1", to=world.to, by=world.by, at=AT)
        sealing.write(b"first")
        sealing.write(b"second")
    assert world.read(growing=True) == b"firstsecond"
    assert "it ends too early" in world.refused()
    os.truncate(world.file, world.file.stat().st_size - 3)
    assert world.read(growing=True) == b"first"
    world.file.write_bytes(whole)
    assert world.read(growing=True) == b"firstsecond"


def test_a_growing_file_that_was_changed_before_its_end_is_refused(world: World) -> None:
    assert world.to is not None
    with world.file.open("wb") as stream:
        sealing = envelope.Sealing(stream.write, "wal/1", to=world.to, by=world.by, at=AT)
        sealing.write(b"first" * 100)
        middle = stream.tell() - 5
        sealing.write(b"second")
    data = bytearray(world.file.read_bytes())
    data[middle] ^= 1
    world.file.write_bytes(data)
    assert "damaged at chunk 0" in world.refused(growing=True)


def test_an_interrupted_sealing_leaves_nothing(world: World) -> None:
    assert world.to is not None
    with (
        pytest.raises(TypeError),
        envelope.sealing(world.file, "wal/1", to=world.to, by=world.by, at=AT) as sealed,
    ):
        sealed.write("no bytes")  # type: ignore[arg-type]
    assert not [path for path in world.file.parent.iterdir() if "sealed" in path.name]


def test_a_key_is_never_overwritten(world: World, tmp_path: Path) -> None:
    before = (tmp_path / "backup.pem").read_bytes()
    with pytest.raises(BackupTrouble, match="never overwritten"):
        keys.make(tmp_path / "backup.pem")
    assert (tmp_path / "backup.pem").read_bytes() == before
    assert (tmp_path / "backup.pem").stat().st_mode & 0o077 == 0


def test_a_node_knows_only_the_half_that_seals(world: World, tmp_path: Path) -> None:
    kept = b"".join(file.read_bytes() for file in (tmp_path / "keys").iterdir())
    assert world.opener.name.encode() in kept
    assert not [
        line
        for line in (tmp_path / "backup.pem").read_bytes().splitlines()
        if b"KEY" not in line and line in kept
    ]
