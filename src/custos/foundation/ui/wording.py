"""Small things of language that are the same everywhere."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import pgettext


def enumerated(parts: Iterable[Any]) -> str:
    """Parts one after the other, as the reader's language separates them: `a, b` or `甲、乙`."""
    return pgettext("between two of a list", ", ").join(str(part) for part in parts)
