"""The ground of an entry in the language of whoever reads it."""

import re
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language
from pydantic import TypeAdapter

FILE = Path(__file__).parent / "rules" / "laws.yaml"
_ARTICLE = re.compile(r"^(?P<law>\S+) 第(?P<article>\d+)条$")


def load() -> dict[str, str]:
    """The English names of laws by the Chinese. Raises pydantic's `ValidationError` for others."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, str]).validate_python(rows)


@cache
def _laws() -> dict[str, str]:
    return load()


def in_words(ground: str) -> str:
    """An article of a known law in English for who reads English; anything else as it was written."""
    found = _ARTICLE.match(ground) if (get_language() or "").startswith("en") else None
    law = _laws().get(found["law"]) if found else None
    return f"{law} art. {found['article']}" if found and law else ground
