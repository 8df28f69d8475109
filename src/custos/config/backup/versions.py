"""Which program made a backup, and which may restore it: the one whose tables it has."""

import re
from importlib.metadata import version
from pathlib import Path

import custos
from custos.foundation.backups.store import Manifest
from custos.foundation.backups.trouble import BackupTrouble


def tables() -> dict[str, str]:
    """The last migration of each module of this program, by the module's path."""
    top = Path(custos.__file__).parent
    found: dict[str, str] = {}
    for file in sorted(top.rglob("migrations/[0-9]*.py")):
        found[str(file.parent.parent.relative_to(top))] = file.stem
    return found


def require_same(manifest: Manifest) -> None:
    """Refuse a backup of another version: its tables are brought up only after it stands again."""
    ours, theirs, number = tables(), manifest.tables, version("custos")
    if manifest.program == number and ours == theirs:
        return
    newer = [name for name in theirs if theirs[name] > ours.get(name, "")]
    older = [name for name in ours if ours[name] > theirs.get(name, "")]
    if newer or _numbers(manifest.program) > _numbers(number):
        made = f", with {newer[0]} {theirs[newer[0]]}" if newer else ""
        raise BackupTrouble(
            f"this backup was made by a newer Custos ({manifest.program}{made}); this is {number}."
            " Install that version and restore with it"
        )
    what = f", before {older[0]} {ours[older[0]]}" if older else ""
    raise BackupTrouble(
        f"this backup was made by Custos {manifest.program}{what}, and this is"
        f" {number}. Restore with the version that made it, see that it is well, then"
        " upgrade and run `custos migrate`"
    )


def _numbers(number: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", number)]
