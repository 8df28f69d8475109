"""Files are checked by their content, cleaned, and kept by their digest."""

import hashlib
import io
from pathlib import Path

import pytest
from django.conf import LazySettings
from PIL import Image, PngImagePlugin

from custos.foundation.errors import Malformed, Missing
from custos.foundation.media import services as media

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@pytest.fixture(autouse=True)
def attachments(settings: LazySettings, tmp_path: Path) -> Path:
    settings.ATTACHMENTS = tmp_path / "attachments"
    return tmp_path / "attachments"


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def picture(form: str = "PNG", size: tuple[int, int] = (6, 4), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 90).save(out, form)
    return out.getvalue()


def telling(form: str) -> bytes:
    """A picture whose metadata say where, when and by whom it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "maker of the phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    options: dict[str, object] = {"exif": exif.tobytes()}
    if form == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", "maker of the phone")
        options["pnginfo"] = words
    out = io.BytesIO()
    Image.new("RGB", (6, 4), (1, 2, 3)).save(out, form, **options)
    return out.getvalue()


def code_of(data: bytes, name: str = "photo.jpg") -> str:
    with pytest.raises(Malformed) as refused:
        media.store(data, name)
    assert refused.value.field == "file"
    assert refused.value.message
    return refused.value.code


@pytest.mark.parametrize(
    ("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_photo_is_kept_under_the_digest_of_what_is_kept(form: str, media_type: str) -> None:
    stored = media.store(picture(form), "photo")
    data = media.read(stored.sha256)
    assert hashlib.sha256(data).hexdigest() == stored.sha256
    assert (stored.media_type, stored.size) == (media_type, len(data))
    assert Image.open(io.BytesIO(data)).format == form


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_metadata_are_stripped(form: str) -> None:
    source = telling(form)
    assert b"maker of the phone" in source
    data = media.read(media.store(source, "photo").sha256)
    assert b"maker of the phone" not in data
    kept = Image.open(io.BytesIO(data))
    assert dict(kept.getexif()) == {}
    assert not {"exif", "Author", "xmp", "icc_profile"} & set(kept.info)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_is_hidden_behind_a_picture_goes(form: str) -> None:
    data = media.read(media.store(picture(form) + b"<script>alert(1)</script>", "x").sha256)
    assert b"script" not in data


def test_a_photo_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (6, 4)).save(out, "JPEG", exif=exif.tobytes())
    kept = Image.open(io.BytesIO(media.read(media.store(out.getvalue(), "x").sha256)))
    assert kept.size == (4, 6)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA"])
def test_every_mode_of_png_keeps_its_pixels(mode: str) -> None:
    source = picture(mode=mode)
    kept = Image.open(io.BytesIO(media.read(media.store(source, "x").sha256)))
    assert (
        kept.convert("RGBA").tobytes() == Image.open(io.BytesIO(source)).convert("RGBA").tobytes()
    )


def test_a_pdf_is_kept_as_it_is() -> None:
    stored = media.store(PDF, "paper.pdf")
    assert (media.read(stored.sha256), stored.media_type) == (PDF, "application/pdf")


def test_the_type_is_read_from_the_content_and_never_from_the_name() -> None:
    assert media.store(PDF, "photo.jpg").media_type == "application/pdf"
    assert code_of(b"MZ\x90\x00", "photo.jpg") == "media.type"


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(50),
        b"<html>",
        picture()[:40],
        picture("JPEG")[:200],
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
    ],
)
def test_other_types_and_damaged_pictures_are_refused_and_leave_nothing(
    data: bytes, attachments: Path
) -> None:
    assert code_of(data) == "media.type"
    assert files(attachments) == []


def test_an_empty_file_is_refused() -> None:
    assert code_of(b"") == "media.empty"


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_BYTES", 1024)
    assert media.store(PDF + bytes(1024 - len(PDF)), "x").size == 1024
    assert code_of(PDF + bytes(1025 - len(PDF))) == "media.too_large"


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    bomb = picture(size=(10_000, 5_001), mode="1")
    assert len(bomb) < 20_000
    assert code_of(bomb) == "media.type"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\photos\a.jpg", "a.jpg"),
        ("照片.jpg", "照片.jpg"),
        ("", "file"),
        ("..", "file"),
        ("n" * 300, "n" * 200),
        ("a\x00b\r\nc.jpg", "abc.jpg"),
    ],
)
def test_a_name_is_no_path(given: str, kept: str) -> None:
    assert media.store(PDF, given).name == kept


def test_the_same_content_is_kept_once(attachments: Path) -> None:
    one, other = media.store(PDF, "a"), media.store(PDF, "b")
    assert one.sha256 == other.sha256
    assert len(files(attachments)) == 1


def test_what_was_changed_on_disk_is_not_given_out(attachments: Path) -> None:
    stored = media.store(PDF, "a")
    files(attachments)[0].write_bytes(b"%PDF-2")
    with pytest.raises(Missing):
        media.read(stored.sha256)


def test_what_was_removed_is_missing() -> None:
    stored = media.store(PDF, "a")
    media.remove(stored.sha256)
    media.remove(stored.sha256)
    with pytest.raises(Missing):
        media.read(stored.sha256)


def test_files_are_their_owners_only(attachments: Path) -> None:
    media.store(PDF, "a")
    assert files(attachments)[0].stat().st_mode & 0o077 == 0
