"""A bundle verifies on a machine that has neither this database nor this key; a changed one doesn't."""

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PIL import Image

from custos.foundation.database import scope
from custos.foundation.errors import Malformed, Missing
from custos.foundation.media import services as media
from custos.foundation.record import checkpoints, export, signing, witness
from custos.foundation.record import services as record
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.parties import Post, Readers, StaffKind
from custos.foundation.record.tests.worlds import (
    ABOUT,
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    Diagnosed,
    Noted,
    note,
    somebody,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def bundle(own_folders: Path) -> Path:
    """A bundle of a chain with an attachment, a lawful erasure and a checkpoint."""
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    photo = media.store(out.getvalue(), "photo.png")
    with scope.entered(SYSTEM):
        with record.deed() as deed:
            deed.append(Noted(text="seen"), about=ABOUT, by=somebody(), attachments=[photo])
        child = note("a child's name").id
        leader, second = somebody(Post.LEADER), somebody(Post.LEADER)
        record.erase_payload(child, legal_ground="x", reason="x", by=leader, second=second)
        checkpoints.make(date(2026, 3, 5))
        export.write(own_folders / "bundle.custos", [FACILITY])
    return own_folders / "bundle.custos"


def test_a_bundle_verifies_elsewhere(bundle: Path, tmp_path: Path) -> None:
    published = signing.signer().name
    settings.KEYS, settings.WITNESS = tmp_path / "elsewhere", tmp_path / "none"
    settings.ATTACHMENTS = tmp_path / "none"
    (verdict,) = export.check(bundle, trusted={published})
    assert verdict.sound
    assert (verdict.organization_id, verdict.entries, verdict.erased) == (FACILITY, 3, 1)


def test_a_key_that_is_not_trusted_is_refused(bundle: Path) -> None:
    other = signing.Signer(Ed25519PrivateKey.generate())
    with pytest.raises(Malformed, match="not among the trusted keys"):
        export.check(bundle, trusted={other.name})


def changed(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The bundle with one file of it changed, each with a checksum that fits."""
    forged = bundle.with_name("forged.custos")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(forged, "w") as target:
        for one in source.namelist():
            data = source.read(one)
            target.writestr(one, change(data) if one == name else data)
    return forged


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("part", ["chain", "witness", "manifest.json", "manifest.sig", "attach"])
def test_a_changed_bundle_is_refused(bundle: Path, part: str) -> None:
    with zipfile.ZipFile(bundle) as source:
        (name,) = [name for name in source.namelist() if name.startswith(part)]
    with pytest.raises(Malformed) as refused:
        export.check(changed(bundle, name, flipped))
    assert refused.value.code == "record.bad_bundle"


def test_what_is_exported_is_nobody_elses_to_read(bundle: Path) -> None:
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600


def test_what_the_manifest_does_not_name_is_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as target:
        target.writestr("chain-1.rows", b"")
    with pytest.raises(Malformed, match=r"chain-1\.rows is not in its manifest"):
        export.check(bundle)


@effort(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 100_000), st.integers(1, 255))
@example(-5, 16)  # the directory would begin before the file
@example(-376, 4)  # another kind of compression
def test_a_damaged_file_is_refused_or_what_it_says_is_unchanged(
    bundle: Path, at: int, change: int
) -> None:
    data = bytearray(bundle.read_bytes())
    data[at % len(data)] ^= change
    damaged = bundle.with_name("damaged.custos")
    damaged.write_bytes(bytes(data))
    try:
        (verdict,) = export.check(damaged, trusted={signing.signer().name})
    except Malformed:
        return
    # ZIP has bytes that say nothing, such as the time of a file.
    assert (verdict.sound, verdict.entries) == (True, 3)


@pytest.mark.parametrize("content", [b"", b"PK", b"no bundle", b"\x00" * 500])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(Malformed):
        export.check(file)


def test_a_bundle_that_its_maker_cut_is_found_by_the_witness_in_it(bundle: Path) -> None:
    """Whoever holds the key but not the older lines of the witness can't shorten a chain."""
    signer = signing.signer()
    forged = bundle.with_name("forged.custos")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(forged, "w") as target:
        manifest = json.loads(source.read("manifest.json"))
        name = f"chain-{FACILITY}.rows"
        data = source.read(name)
        rows = list(export._read_rows(io.BytesIO(data)))[:2]
        data = b"".join(len(row).to_bytes(4, "big") + row for row in rows)
        manifest["files"][name] = export._digest_of(io.BytesIO(data))
        manifest["chains"][0] |= {"entries": 2, "last_hash": rows[-1][4:36].hex()}
        said = canonical_json(manifest)
        for one in source.namelist():
            target.writestr(one, source.read(one)) if one not in (
                name,
                "manifest.json",
                "manifest.sig",
            ) else None
        target.writestr(name, data)
        target.writestr("manifest.json", said)
        target.writestr("manifest.sig", signer.sign(said))
    (verdict,) = export.check(forged)
    assert verdict.fault is not None
    assert (verdict.fault.code, verdict.fault.after_seq) == ("truncated", 2)


def test_a_bundle_without_a_chain_is_refused(bundle: Path) -> None:
    empty = bundle.with_name("empty.custos")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(empty, "w") as target:
        manifest = json.loads(source.read("manifest.json"))
        testimony = source.read("witness.jsonl")
        files = {"witness.jsonl": hashlib.sha256(testimony).hexdigest()}
        manifest |= {"chains": [], "files": files}
        target.writestr("witness.jsonl", testimony)
        said = canonical_json(manifest)
        target.writestr("manifest.json", said)
        target.writestr("manifest.sig", signing.signer().sign(said))
    with pytest.raises(Malformed, match="no chain"):
        export.check(empty)


def test_an_organization_without_a_record_is_missing(own_folders: Path) -> None:
    with scope.entered(SYSTEM), pytest.raises(Missing):
        export.write(own_folders / "bundle", [NEIGHBOUR])
    assert not (own_folders / "bundle").exists()


def test_signing_again_says_nothing_where_nothing_moved(bundle: Path) -> None:
    with scope.entered(SYSTEM):
        assert witness.sign_heads() == 0
        note()
        assert witness.sign_heads() == 1
    said = witness.read(settings.WITNESS)
    assert [head.seq for head in said.heads[FACILITY]] == [3, 4]
    assert [(root.first_seq, root.last_seq) for root in said.roots[FACILITY]] == [(1, 3)]


def test_the_signing_key_and_the_witness_file_are_their_owners_only(bundle: Path) -> None:
    for path in (settings.WITNESS, signing.key_file()):
        assert path.stat().st_mode & 0o077 == 0


def test_an_export_holds_nothing_that_its_maker_may_not_read(own_folders: Path) -> None:
    """A clinician's entry is no part of a bundle that a patrol officer makes."""
    patrol = scope.Scope(FACILITY, FACILITY, frozenset({int(Readers.STAFF)}), "user:1")
    with scope.entered(SYSTEM):
        note("quiet")
        clinician = somebody(Post.MEDICAL, StaffKind.CLINICIAN)
        with record.deed() as deed:
            deed.append(Diagnosed(text="arrhythmia"), about=ABOUT, by=clinician)
    made = own_folders / "patrol.custos"
    with scope.entered(patrol):
        export.write(made, [FACILITY])
    with zipfile.ZipFile(made) as bundle:
        held = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"quiet" in held
    assert b"arrhythmia" not in held
    assert b"tests.diagnosed" not in held
