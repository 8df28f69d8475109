"""The pages of docs/ that stand in Chinese: beside each English one, and in the words of the screens."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from custos.foundation.ui import translations

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ROLES = DOCS / "roles"
#: Each English page that has a Chinese one, and where that is.
PAIRS = [
    *((page, ROLES / "zh-CN" / page.name) for page in sorted(ROLES.glob("*.md"))),
    *((DOCS / page.name, page) for page in sorted((DOCS / "zh-CN").glob("*.md"))),
]
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
#: What a page quotes is a button, a page, a state or a paper.
QUOTED = re.compile(r"[“《]([^”》]+)[”》]")
TITLE = re.compile(r"zh: ([^,}\n]+)")


def _words() -> Iterator[str]:
    """All that the program says in Chinese: its catalogues and the titles of its rules."""
    for app in translations.apps():
        for message in translations.kept(app):
            said = message.string or ""
            yield from (said,) if isinstance(said, str) else said
    for rules in translations.SOURCE.rglob("*.yaml"):
        yield from (title.strip() for title in TITLE.findall(rules.read_text()))


def _chinese() -> list[Path]:
    return [chinese for _, chinese in PAIRS]


def test_there_are_pages() -> None:
    assert len(PAIRS) >= 14


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda page: page.stem)
def test_a_page_and_its_chinese_one_lead_to_each_other(english: Path, chinese: Path) -> None:
    for page, other, name in ((english, chinese, "简体中文"), (chinese, english, "English")):
        found = re.search(rf"^\[{name}\]\(([^)]+)\)$", page.read_text(), re.MULTILINE)
        assert found, page
        assert (page.parent / found[1]).resolve() == other, page


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda page: page.stem)
def test_a_chinese_page_has_the_sections_pictures_and_commands_of_the_english_one(
    english: Path, chinese: Path
) -> None:
    def shape(page: Path) -> tuple[list[int], list[str], list[str]]:
        text = page.read_text()
        signs = [len(signs) for signs in re.findall(r"^(#+) ", text, re.MULTILINE)]
        commands = [line.split("  ")[0] for line in re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)]
        return signs, re.findall(r"images/([\w-]+)\.png", text), commands

    assert shape(chinese) == shape(english)


@pytest.mark.parametrize("page", [*_chinese(), ROOT / "README.zh-CN.md"], ids=lambda p: p.stem)
def test_what_a_chinese_page_leads_to_is_there_and_said_to_be_english_where_it_is(
    page: Path,
) -> None:
    text = page.read_text()
    for link in LINK.finditer(text):
        if link[1].startswith("http"):
            continue
        target = (page.parent / link[1]).resolve()
        assert target.exists(), link[1]
        after = text[link.end() :]
        chinese = "zh-CN" in str(target) or target.suffix == ".png" or target.name == "LICENSE"
        head = text[text.rfind("[", 0, link.start() + 1) : link.start()] == "[English"
        assert chinese or head or after.startswith(("（英文）", "，英文）")), link[1]


def test_chinese_pages_name_things_as_the_screens_do() -> None:
    words = set(_words())
    strange = {
        f"{page.name}: {name}"
        for page in _chinese()
        for name in QUOTED.findall(page.read_text())
        if name not in words
    }
    assert not strange
