"""A mark on this machine that something was committed, so that whoever waits for that looks at once.

Whoever commits marks a file in the data folder; whoever waits asks for its state, which costs some
microseconds and no connection. It carries nothing, and promises nothing: other machines don't see it, so
who waits looks now and then without it too.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction

_FOLDER, _FILE = "live", "changed"


def once_committed() -> None:
    """Mark, once the transaction that is open here is committed."""
    transaction.on_commit(mark)


def mark() -> None:
    """Mark now. Where that can't be done, who waits finds it by looking."""
    now = time.time_ns()
    with suppress(OSError):
        try:
            os.utime(_file(), ns=(now, now))
        except FileNotFoundError:
            _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _file().touch(0o600)


def state() -> int:
    """What differs once somebody has marked."""
    try:
        return _file().stat().st_mtime_ns
    except OSError:
        return 0


def _file() -> Path:
    folder: Path = settings.DATA / _FOLDER
    return folder / _FILE
