"""Signed, self-contained bundles of whole chains, and verifying them on any machine.

A bundle is a ZIP file:

- `manifest.json` – what is in it: chains with their number of entries and last hash, digests of all
  other files, the signing key; `manifest.sig` is the signature of these bytes;
- `chain-<organization>.rows` – each row as a 32-bit length and the bytes that `rows` describes;
- `witness.jsonl` – the witness file as it was;
- `attachments/<sha256>` – the files that entries name.
"""

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.errors import Malformed, Missing
from custos.foundation.media import services as media
from custos.foundation.record import rows, verify, witness
from custos.foundation.record.kinds import canonical_json
from custos.foundation.record.models import Attachment, Head
from custos.foundation.record.signing import Signer, signer, verifies

FORMAT = "custos-record-1"
_LENGTH = struct.Struct(">I")

#: What reading a damaged or a foreign file may raise.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    AttributeError,
    LookupError,
    TypeError,
    OSError,  # a compressor's, of its own data, and of a place before the file's beginning
    ValueError,
)


class _Digesting:
    """Writes on, and digests what it writes."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.digest = out, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self.out.write(data)


def write(path: Path, organizations: Iterable[int], *, by: Signer | None = None) -> dict[str, Any]:
    """Export the chains of some organizations, under the caller's scope; returns the manifest.

    The heads are signed first, so that the bundle's witness covers its last entries, and read after
    the witness file, so that it is never ahead of the chains. Raises `Missing` for an organization
    without a record.
    """
    by = by or signer()
    wanted = sorted(set(organizations))
    witness.sign_heads(by=by)
    testimony = settings.WITNESS.read_bytes()
    heads = {head.organization_id: head for head in Head.objects.filter(pk__in=wanted)}
    if absent := [number for number in wanted if number not in heads]:
        raise Missing(
            "record.no_chain",
            _("There is no record of organization %(number)s in your scope."),
            number=absent[0],
        )
    files: dict[str, str] = {}
    chains: list[dict[str, Any]] = []
    part = path.with_suffix(path.suffix + ".part")
    part.unlink(missing_ok=True)
    with (
        # Whoever may run this reads the record; others on the machine don't.
        os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle,
    ):
        for number in wanted:
            name = f"chain-{number}.rows"
            count, last, files[name] = _write_chain(bundle, name, number, heads[number].seq)
            chains.append({"organization_id": number, "entries": count, "last_hash": last.hex()})
        files["witness.jsonl"] = _write_bytes(bundle, "witness.jsonl", testimony)
        digests = Attachment.objects.filter(organization_id__in=wanted).values_list(
            "sha256", flat=True
        )
        for sha256 in digests.distinct():
            name = f"attachments/{sha256}"
            files[name] = _write_bytes(bundle, name, media.read(sha256))
        manifest = {
            "format": FORMAT,
            "made_at": clock.now().isoformat(),
            "chains": chains,
            "files": files,
            "key": by.name,
        }
        said = canonical_json(manifest)
        bundle.writestr("manifest.json", said)
        bundle.writestr("manifest.sig", by.sign(said))
    part.replace(path)
    return manifest


def _write_chain(
    bundle: zipfile.ZipFile, name: str, organization_id: int, last_seq: int
) -> tuple[int, bytes, str]:
    count, last = 0, b""
    with bundle.open(name, "w", force_zip64=True) as out, connection.cursor() as cursor:
        digesting = _Digesting(out)
        for row in rows.stream(cursor, organization_id, last_seq=last_seq):
            digesting.write(_LENGTH.pack(len(row)) + row)
            count, last = count + 1, row[4:36]
    return count, last, digesting.digest.hexdigest()


def _write_bytes(bundle: zipfile.ZipFile, name: str, data: bytes) -> str:
    bundle.writestr(name, data)
    return hashlib.sha256(data).hexdigest()


def _read_rows(stream: IO[bytes]) -> Iterator[bytes]:
    while length := stream.read(4):
        yield stream.read(_LENGTH.unpack(length)[0])


def _digest_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def check(path: Path, *, trusted: set[str] | None = None) -> list[verify.Verdict]:
    """Verify a bundle; needs no database.

    `trusted` are the public keys (base64) that may have signed it, as its maker published them; None
    takes the key that the bundle names, which proves that it is whole but not whose it is: say so,
    with `key_of`. Raises `Malformed` where the file is no bundle, holds no chain, or its signature,
    a digest or a file is wrong.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as bundle:
                return _check(bundle, trusted)
        except _BROKEN as error:
            raise _broken(str(error)) from error


def key_of(path: Path) -> str:
    """The public key that a bundle which was checked says it is signed by."""
    with zipfile.ZipFile(path) as bundle:
        return str(json.loads(bundle.read("manifest.json"))["key"])


def _broken(detail: str) -> Malformed:
    return Malformed(
        "record.bad_bundle",
        _("This is not a whole bundle of the record: %(detail)s."),
        mend=_("Ask for it to be exported again, and compare its digest after the transfer."),
        detail=detail,
    )


def _check(bundle: zipfile.ZipFile, trusted: set[str] | None) -> list[verify.Verdict]:
    said = bundle.read("manifest.json")
    manifest = json.loads(said)
    key = manifest["key"]
    if manifest.get("format") != FORMAT:
        raise _broken(f"format {manifest.get('format')!r}")
    if trusted is not None and key not in trusted:
        raise _broken(f"signed by {key}, which is not among the trusted keys")
    if not verifies(key, said, bundle.read("manifest.sig").decode()):
        raise _broken("its signature does not verify")
    extra = set(bundle.namelist()) - {"manifest.json", "manifest.sig", *manifest["files"]}
    if extra:
        raise _broken(f"{sorted(extra)[0]} is not in its manifest")
    for name, digest in manifest["files"].items():
        with bundle.open(name) as stream:
            if _digest_of(stream) != digest:
                raise _broken(f"{name} was changed")
    with bundle.open("witness.jsonl") as lines:
        testimony = witness.read_lines(lines, trusted={key})
    if not manifest["chains"]:
        raise _broken("it holds no chain")
    present = {
        name.removeprefix("attachments/"): digest for name, digest in manifest["files"].items()
    }
    verdicts = []
    for chain in manifest["chains"]:
        number = chain["organization_id"]
        expected = testimony.about(number)
        expected.head_seq, expected.head_hash = chain["entries"], bytes.fromhex(chain["last_hash"])
        with bundle.open(f"chain-{number}.rows") as stream:
            verdict = verify.check_chain(number, _read_rows(stream), expected)
        if verdict.sound:
            # The rows of the database that list files are not in a bundle: the payload's word counts.
            named = {one.entry: one.files for one in verdict.named}
            verdict.fault = verify.fault_of_files(
                verdict, named, lambda sha256: present.get(sha256) == sha256
            )
        verdicts.append(verdict)
    return verdicts
