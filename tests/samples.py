"""What `make test` takes a sample of, and `make proof` takes whole.

Each day takes another sample, so that within a few days all of it was tried. The head of a run names
its sample; `CUSTOS_SAMPLE=2026-03-02 make test` takes the same one again.
"""

import os
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

#: The workers of a run take what the process that starts them takes.
NAME = os.environ.setdefault("CUSTOS_SAMPLE", datetime.now(UTC).date().isoformat())


def takes(count: int, *what: object) -> bool:
    """Whether the sample has this: it has about one of `count`."""
    return _number(what) % count == 0


def of(values: Iterable[Any], count: int, *, always: Sequence[Any] = ()) -> list[Any]:
    """Parameters of a test: `always` and `count` of the others now, the rest by `make proof`."""
    listed = list(values)
    others = sorted((one for one in listed if one not in always), key=lambda one: _number(one))
    now = [*always, *others[:count]]
    return [one if one in now else pytest.param(one, marks=pytest.mark.proof) for one in listed]


def _number(what: object) -> int:
    return zlib.crc32(f"{NAME} {what!r}".encode())
