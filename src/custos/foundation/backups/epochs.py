"""The lives of a node, in a file beside its data: a restored node begins another epoch.

What the former life did after the restored instant may be known elsewhere (a parent node, a printed
paper, the witness file). So a restored node never goes on silently: its first act is a line here,
which federation tells the parent and which names each backup series.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = "epochs.jsonl"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One life: when it began, and, for a restored one, from what; `lost` is what came after.

    `lost` has a row for each chain of which later heads had been signed: organization, first and last
    number that are gone.
    """

    id: str
    began_at: str
    restored_to: str = ""
    last_transaction: str = ""
    former: str = ""
    base: str = ""
    lost: tuple[tuple[int, int, int], ...] = ()


def new_id() -> str:
    """A name for an epoch."""
    return secrets.token_hex(8)


def history(data: Path) -> list[Epoch]:
    """All lives of the node in a data folder, oldest first."""
    file = data / FILE
    if not file.exists():
        return []
    return [of(json.loads(line)) for line in file.read_text().splitlines()]


def of(said: dict[str, Any]) -> Epoch:
    """A life as JSON has it."""
    lost = tuple((row[0], row[1], row[2]) for row in said["lost"])
    return Epoch(**(said | {"lost": lost}))


def begin(data: Path, epoch: Epoch) -> None:
    """Write down that another life begins; on disk when this returns."""
    handle = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(json.dumps(asdict(epoch), sort_keys=True) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
