"""Storing and reading files by content."""

import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from custos.foundation.errors import Malformed, Missing

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000

_IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was checked and stored; `name` is what the user called it."""

    sha256: str
    name: str
    media_type: str
    size: int


def store(data: bytes, name: str) -> StoredFile:
    """Check a file and keep it. Photos (JPEG, PNG, WebP) and PDF are taken.

    The type is read from the content, never from the name. An image is encoded anew without its
    metadata: a photo must not tell where and with whose phone it was taken. Raises `Malformed` for
    what is empty, too large, of another type or damaged.
    """
    name = _plain(name)
    _require_size(data)
    if data.startswith(_PDF):
        media_type = "application/pdf"
    else:
        data, media_type = _picture(data)
    digest = hashlib.sha256(data).hexdigest()
    _write(_path(digest), data)
    return StoredFile(digest, name, media_type, len(data))


def keep(data: bytes, name: str, media_type: str) -> StoredFile:
    """Keep a file as it is whose content the caller has read and found to be of this type.

    For what is neither photo nor PDF. Raises `Malformed` for what is too large.
    """
    _require_size(data)
    digest = hashlib.sha256(data).hexdigest()
    _write(_path(digest), data)
    return StoredFile(digest, _plain(name), media_type, len(data))


def _require_size(data: bytes) -> None:
    if not data:
        raise Malformed("media.empty", _("The file is empty."), field="file")
    if len(data) > MAX_BYTES:
        raise Malformed(
            "media.too_large",
            _("The file is larger than %(limit)s MB."),
            field="file",
            mend=_("Choose a smaller file or scan at a lower resolution."),
            limit=MAX_BYTES // 1024 // 1024,
        )


def _plain(name: str) -> str:
    """A name without folders and without what neither a database nor a header can carry."""
    shown = "".join(letter for letter in name if letter.isprintable())
    last = Path(shown.replace("\\", "/")).name[:200]
    return last if last.strip(".") else "file"


def _picture(data: bytes) -> tuple[bytes, str]:
    refusal = Malformed(
        "media.type",
        _("This is neither a photo (JPEG, PNG, WebP) nor a PDF, or it is damaged."),
        field="file",
        mend=_("Take the photo again, or save the document as PDF."),
    )
    try:
        with Image.open(io.BytesIO(data), formats=list(_IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise refusal
            form = str(image.format)
            image.load()
            turned = ImageOps.exif_transpose(image)
            clean = Image.new(turned.mode, turned.size)
            clean.paste(turned)
            if turned.mode == "P":
                clean.putpalette(turned.getpalette() or [])
            out = io.BytesIO()
            clean.save(out, form, **({"quality": 92} if form != "PNG" else {}))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise refusal from None
    return out.getvalue(), _IMAGES[form]


def _path(sha256: str) -> Path:
    return Path(settings.ATTACHMENTS) / sha256[:2] / sha256


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    Path(draft).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(sha256: str) -> bytes:
    """The content of a stored file. Raises `Missing` where it is absent or was changed on disk."""
    path = _path(sha256)
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Missing(
            "media.missing",
            _("The file %(digest)s is missing or was changed on disk."),
            mend=_("Restore it from a backup."),
            digest=sha256[:12],
        )
    return data


def is_there(sha256: str) -> bool:
    """Whether a file of this digest is stored; its content isn't looked at."""
    return _path(sha256).exists()


def is_whole(sha256: str) -> bool:
    """Whether the content of a stored file is there and unchanged."""
    path = _path(sha256)
    if not path.exists():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


def remove(sha256: str) -> None:
    """Remove a file that nothing names any more."""
    _path(sha256).unlink(missing_ok=True)
