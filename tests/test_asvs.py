"""The project's list of ASVS items is whole, and what it names exists."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from custos.config import checks

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "docs" / "reference" / "asvs.yaml"
LEVELS = ROOT / "docs" / "reference" / "asvs-levels.csv"
SHOWN_BY = ("test", "check", "exception", "not_applicable", "open")


def rows() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(LIST.read_text())
    return found


def levels() -> dict[str, int]:
    with LEVELS.open() as lines:
        return {row["id"]: int(row["level"]) for row in csv.DictReader(lines)}


def known_tests() -> set[str]:
    return {
        name
        for top in ("src", "tests")
        for file in (ROOT / top).rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)\(", file.read_text(), re.MULTILINE)
    }


def test_every_item_of_the_standard_has_its_row_at_its_level() -> None:
    known = levels()
    assert [list(known.values()).count(level) for level in (1, 2, 3)] == [70, 183, 92]
    assert {item: row["level"] for item, row in rows().items()} == known


def test_no_item_is_listed_twice() -> None:
    items = re.findall(r"^(V[\d.]+):", LIST.read_text(), re.MULTILINE)
    assert len(items) == len(set(items))


def test_every_row_says_one_thing_in_words() -> None:
    for item, row in rows().items():
        said = [key for key in SHOWN_BY if key in row]
        assert len(said) == 1, f"{item} says {said}"
        assert row[said[0]], f"{item} is empty"
        assert not set(row) - {"level", "how", *SHOWN_BY}, item
        if said[0] in ("exception", "not_applicable"):
            assert len(row[said[0]]) > 15, f"{item} gives no reason"


def test_only_the_third_level_is_open() -> None:
    assert [item for item, row in rows().items() if "open" in row and row["level"] < 3] == []


def test_every_test_that_is_named_exists() -> None:
    there = known_tests()
    missing = {
        name: item
        for item, row in rows().items()
        for name in row.get("test", ())
        if name not in there
    }
    assert missing == {}


@pytest.mark.parametrize(
    ("item", "check"), [(item, row["check"]) for item, row in rows().items() if "check" in row]
)
def test_every_check_that_is_named_is_made(item: str, check: str) -> None:
    kind, _, name = check.rpartition(" ")
    if kind == "ruff":
        project = (ROOT / "pyproject.toml").read_text()
        (selected,) = re.findall(r"^select = \[(.*)\]$", project, re.MULTILINE)
        assert f'"{name.rstrip("0123456789")}"' in selected
        (left_out,) = re.findall(r"^ignore = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
        assert f'"{name}"' not in left_out
    elif kind == "custos check":
        assert callable(getattr(checks, name))
    elif kind == "setting":
        assert hasattr(settings, name)
    elif kind == "file":
        assert (ROOT / name).is_file()
    else:
        assert check == "mypy strict"
        assert "strict = true" in (ROOT / "pyproject.toml").read_text()


def test_every_page_of_the_docs_that_is_named_exists() -> None:
    named = set(re.findall(r"(?:docs/[\w./-]+\.md|[A-Z]+\.md)", LIST.read_text()))
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
