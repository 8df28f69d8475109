"""Words that are kept for whoever reads them later, in either language."""

from collections.abc import Callable

from django.utils import translation

LANGUAGES = ("zh-hans", "en")


def in_both(say: Callable[[], str]) -> tuple[str, str]:
    """What something says in Chinese and in English."""
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            said.append(say())
    return said[0], said[1]
