"""Text and signs stand out from what they stand on, in both themes (WCAG 2.2, 1.4.3: 4.5 to 1)."""

import re
from pathlib import Path

import pytest

from custos.foundation import ui

CSS = (Path(ui.__file__).parent / "static" / "ui" / "custos.css").read_text(encoding="utf-8")
THEMES = ("light", "dark")

#: What is written or drawn in the first colour on the second.
PAIRS = [
    *((text, ground) for text in ("ink", "ink-2") for ground in ("surface", "panel", "sunken")),
    *((sign, "panel") for sign in ("red", "orange", "yellow-ink", "green", "accent-text")),
    *((sign, "surface") for sign in ("red", "orange", "yellow-ink", "accent-text")),
    ("yellow-edge", "panel"),
    ("accent-ink", "accent"),
    ("ink", "accent-soft"),
    ("ink-2", "accent-soft"),
    ("accent-text", "accent-soft"),
    ("red", "accent-soft"),
    ("orange", "accent-soft"),
    ("yellow-ink", "accent-soft"),
    ("red", "red-soft"),
    ("ink", "orange-soft"),
    ("ink", "yellow-soft"),
    ("panel", "red"),
]


def tokens(theme):
    block = re.search(rf'\[data-bs-theme="{theme}"\] {{(.*?)}}', CSS, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1]))


def luminance(colour):
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_does():
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_it_can_be_read(theme, text, ground):
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["surface", "panel"])
def test_the_edges_of_controls_can_be_seen(theme, ground):
    """WCAG 2.2, 1.4.11: 3 to 1."""
    assert contrast(tokens(theme)["line-strong"], tokens(theme)[ground]) >= 3
