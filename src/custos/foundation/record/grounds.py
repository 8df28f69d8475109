"""The ground of an entry in the language of whoever reads it."""

import re
from functools import cache
from pathlib import Path

from django.utils.translation import get_language
from pydantic import TypeAdapter

from custos.foundation import rulefiles

FILE = Path(__file__).parent / "rules" / "laws.yaml"
_ARTICLES = re.compile(r"第(?P<articles>\d+(?:[、至]\d+)*)条")
_RULES = re.compile(r"规则(?P<rules>\d)")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def load() -> dict[str, str]:
    """The English names of laws by the Chinese. Raises pydantic's `ValidationError` for others."""
    rows = rulefiles.read(FILE)
    return TypeAdapter(dict[str, str]).validate_python(rows)


@cache
def _laws() -> dict[str, str]:
    return load()


def in_words(ground: str) -> str:
    """Articles of known laws in English for who reads English; anything else as it was written.

    Several are parted by `；`, and each stands for itself: `看守所条例 第9条；纳尔逊·曼德拉规则 7(a)`.
    """
    if not (get_language() or "").startswith("en"):
        return ground
    return "; ".join(map(_in_english, ground.split("；")))


def _in_english(part: str) -> str:
    name, _space, where = part.strip().partition(" ")
    law = _laws().get(name)
    if law is None:
        return part
    # Rules 7 of the rules would say it twice.
    where = _RULES.sub(r"\g<rules>" if law.endswith("Rules") else r"rule \g<rules>", where)
    where = _ARTICLES.sub(r"art. \g<articles>", where).replace("、", ", ").replace("至", "–")
    where = where.replace(", art. ", ", ")
    return part if _CHINESE.search(where) else f"{law} {where}".strip()
