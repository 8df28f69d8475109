"""Drawn portraits: flat shapes in a few variants, plainly nobody's face."""

import io

from PIL import Image, ImageDraw

from custos.foundation.media import services as media
from custos.foundation.media.services import StoredFile

#: Ground, clothes, hair of each variant.
_COLOURS = (
    ("#dfe7ea", "#47636b", "#3a3f44"),
    ("#e9e4da", "#6b5a47", "#2f2a26"),
    ("#e0e6da", "#56694a", "#4a4440"),
    ("#e8dfe4", "#6b4a5d", "#33302f"),
)
_SKIN = "#d8c3ad"
_SIZE = (240, 300)


def drawn(sex: str, variant: int) -> bytes:
    """A portrait as PNG: long hair for `sex` "2" (GB/T 2261.1), short for others."""
    ground, clothes, hair = _COLOURS[variant % len(_COLOURS)]
    image = Image.new("RGB", _SIZE, ground)
    pen = ImageDraw.Draw(image)
    if sex == "2":
        pen.rounded_rectangle((66, 62, 174, 222), 50, fill=hair)
    pen.ellipse((20, 216, 220, 420), fill=clothes)
    pen.rectangle((102, 184, 138, 226), fill=_SKIN)
    pen.ellipse((76, 74, 164, 198), fill=_SKIN)
    pen.pieslice((72, 64, 168, 168), 180, 360, fill=hair)
    if variant % 2 and sex != "2":
        pen.rectangle((72, 108, 168, 122), fill=hair)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def stored() -> dict[str, list[StoredFile]]:
    """Every variant kept as a file, by sex."""
    return {
        sex: [media.store(drawn(sex, n), "photo.png") for n in range(len(_COLOURS))]
        for sex in ("1", "2")
    }
