"""What goes wrong around the program, in words for whoever sits at the terminal.

A database that is away, a folder that isn't there, a port that is taken: each with what to do.
What is not known here is a defect of the program, and keeps its traceback.
"""

import errno
import os
import socket

_MEND = {
    errno.ENOENT: "correct the path, or make its folder first",
    errno.ENOTDIR: "correct the path: a file stands where a folder is needed",
    errno.EISDIR: "name a file in it",
    errno.EEXIST: "move away what is there, or name another path",
    errno.EACCES: "run as its owner, or change its owner or mode",
    errno.EPERM: "run as its owner, or name another path",
    errno.EROFS: "name a path on a disk that can be written",
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room on that disk",
}


def in_words(error: Exception) -> str:
    """What happened and what to do about it; "" where we don't know."""
    import psycopg
    from django.db import DatabaseError, InterfaceError

    from custos.config.postgres import DatabaseTrouble

    if isinstance(error, DatabaseTrouble):
        return str(error)
    if isinstance(error, DatabaseError | InterfaceError | psycopg.Error):
        return _of_database(error)
    if isinstance(error, OSError):
        return _of_file(error)
    return ""


def _of_database(error: Exception) -> str:
    from django.db import InterfaceError, OperationalError
    from psycopg import OperationalError as LostOnTheWay
    from psycopg import errors

    from custos.config.environment import acts_as_owner, data_folder, database_url
    from custos.config.postgres import address

    if isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn):
        return "the database's tables aren't those of this version: run `custos migrate`"
    if not isinstance(error, OperationalError | InterfaceError | LostOnTheWay):
        return ""
    if not (database_url() or address(data_folder())):
        return (
            f"no database is named, and there is none in {data_folder()}: start `custos demo`, or "
            "name a PostgreSQL server by DATABASE_URL and CUSTOS_OWNER_URL, or another folder by "
            "CUSTOS_DATA"
        )
    variable = "CUSTOS_OWNER_URL" if acts_as_owner() else "DATABASE_URL"
    return (
        f"the database doesn't answer: {str(error).strip().splitlines()[0]}. Start it (`custos "
        f"demo` starts the embedded one), or correct {variable}; `custos check` looks closer"
    )


def _of_file(error: OSError) -> str:
    if error.filename is None or error.errno is None:
        return ""
    mend = _MEND.get(error.errno, "correct the path")
    return f"can't use {os.fsdecode(error.filename)}: {os.strerror(error.errno)}; {mend}"


def of_port(host: str, port: int, option: str) -> str:
    """Why this machine can't listen at a port, and what to do; "" where it can."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"port {port} is taken by another program; choose another by {option}"
        if error.errno == errno.EACCES:
            return f"port {port} is the system's; choose one from 1024 by {option}, or run as root"
        return f"this machine can't listen at {host}: {error.strerror}; correct --host"
    return ""
