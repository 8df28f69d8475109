"""Titles of rule files in the reader's language."""

from django.utils.translation import get_language

from custos.foundation.custody.engine import Titles


def in_words(titles: Titles) -> str:
    """A title of a rule file in the reader's language."""
    return titles.en if (get_language() or "").startswith("en") else titles.zh
