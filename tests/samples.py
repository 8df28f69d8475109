"""What `make test` takes a sample of, and `make proof` takes whole.

Each day takes another sample, so that within a few days all of it was tried. The head of a run names
its sample; `CUSTOS_SAMPLE=2026-03-02 make test` takes the same one again.
"""

import os
import zlib
from datetime import UTC, datetime

#: The workers of a run take what the process that starts them takes.
NAME = os.environ.setdefault("CUSTOS_SAMPLE", datetime.now(UTC).date().isoformat())


def takes(count: int, *what: object) -> bool:
    """Whether the sample has this: it has about one of `count`."""
    return _number(what) % count == 0


def _number(what: object) -> int:
    return zlib.crc32(f"{NAME} {what!r}".encode())
