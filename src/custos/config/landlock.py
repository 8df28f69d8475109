"""Landlock: a program that reaches the files it was given, whatever its account may otherwise read.

A process confined so can neither regain what it gave up nor hand more to its children. Where the
kernel can't do it the program runs unconfined, and `custos check` says so.

What Landlock doesn't hold: sockets that have a name in the file system. A confined program can ask
a service that its account may ask.
"""

import contextlib
import ctypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

#: The first version of Landlock that holds all that a server could do to a file (Linux 6.2):
#: before it, a program may cut short a file that it can't open.
COMPLETE = 3

# Of <linux/landlock.h>; the numbers of the calls are the same on every architecture we know.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
#: How many of the rights each version knows, counted from the lowest bit.
_KNOWN = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_SINCE, _BIND_AND_CONNECT = 4, 0b11
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 0b11

_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_RUN = _EXECUTE | _READ_FILE | _READ_DIR
_PR_SET_NO_NEW_PRIVS = 38


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    ]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The version of Landlock in the running kernel; 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)))


@contextlib.contextmanager
def confinement(*, run: Iterable[Path], write: Iterable[Path]) -> Iterator[Callable[[], None]]:
    """What a child calls before its program, to reach nothing but the paths named here.

    Beneath `run` it may read files and start programs, beneath `write` read, make, change and
    delete them. It opens no TCP port, connects to none, and signals and traces only processes
    confined with it. Paths that don't exist are passed over; those that do are held by what they
    are now, not by their name. Call it inside the `with` only.
    """
    found = version()
    if not found:
        yield lambda: None
        return
    files = (1 << _KNOWN.get(found, max(_KNOWN.values()))) - 1
    network = _BIND_AND_CONNECT if found >= _NETWORK_SINCE else 0
    scopes = _SOCKETS_AND_SIGNALS if found >= _SCOPES_SINCE else 0
    asked = _Ruleset(files, network, scopes)
    ruleset = _call(_CREATE_RULESET, ctypes.byref(asked), ctypes.c_size_t(ctypes.sizeof(asked)), 0)
    try:
        changing = files & ~(_EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _IOCTL)
        for paths, rights in ((run, _RUN), (write, changing)):
            for path in paths:
                _allow(ruleset, path, rights)

        def confine() -> None:
            if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")
            _call(_RESTRICT_SELF, ruleset, 0)

        yield confine
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_A_FILE
        beneath = _Beneath(rights, handle)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(handle)


def _call(number: int, *arguments: object) -> int:
    done = int(_libc.syscall(number, *arguments))
    if done < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return done
