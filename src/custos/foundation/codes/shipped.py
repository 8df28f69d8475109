"""The tables and data items that come with the program: checked by `custos rules check`, and read where
the program itself knows what a code means.
"""

from collections.abc import Mapping
from functools import cache

from django.utils.translation import get_language

from custos.foundation.codes import services


def load() -> None:
    """Read them all. Raises `ValueError` for a file that is wrong."""
    report = services.Report()
    for table in services.tables():
        services.meanings(services.RULES / table.file, report)
    services.items()
    if report.wrong:
        raise ValueError("; ".join(report.lines))


@cache
def meanings(table: str) -> Mapping[str, tuple[str, str]]:
    """The codes of a shipped table with their meanings in Chinese and English, in the file's order.

    Raises `KeyError` where no such table is shipped.
    """
    files = {one.id: one.file for one in services.tables()}
    return services.meanings(services.RULES / files[table], services.Report())


def title(table: str, code: str) -> str:
    """What a shipped code means, in the active language; the code itself where it isn't one."""
    zh, en = meanings(table).get(code, (code, code))
    return en if (get_language() or "").startswith("en") else zh
