"""JSON lines on standard error, with no personal data in them.

A log is read by people who may not read a person's file. So nothing passes but what is known to be
harmless: the event as it is written in the program's code, and the keys of `ALLOWED`. An event that
was put together, or came from outside, is replaced by the place that logged it. Messages of other
programs' loggers are cut to their format string, without what was filled in; of an exception its
class and the places in the code stay, neither its message (a database's quotes rows) nor variables.
"""

import errno
import logging
import os
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

#: Keys that may be logged, besides the event. Values are numbers, names of classes, routes, kinds,
#: posts, organizations and identifiers of machines; never free text, never a person.
ALLOWED = frozenset(
    {
        "attempts", "code", "count", "error", "event", "exception", "job_id", "kind", "level",
        "logger", "method", "number", "organization_id", "outcome", "part", "port", "post", "reaction",
        "route", "seconds", "size", "status_code", "sweep", "task_name", "timestamp", "trouble",
    }
)  # fmt: skip
#: What a system or a database says when it can't be reached: of an exception's words these may be
#: told, because they are always the same.
_TROUBLES = (
    *sorted({os.strerror(number) for number in errno.errorcode}, key=len, reverse=True),
    "password authentication failed", "no pg_hba.conf entry", "too many clients already",
    "remaining connection slots are reserved", "the database system is starting up",
    "the database system is shutting down", "the database system is in recovery mode",
    "server closed the connection unexpectedly", "does not exist", "timeout expired",
    "could not translate host name", "certificate verify failed",
)  # fmt: skip
#: Values longer than this are text of somebody's.
_LONGEST = 80
_DEEPEST = 30


def without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let through what is known to be harmless; the last of the processors before the writing."""
    return {key: _harmless(key, value) for key, value in event.items() if key in ALLOWED}


def _harmless(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if key == "exception":
        return value
    text = str(value)
    if key == "error" and not text.replace(".", "").isidentifier():
        return f"({len(text)} characters)"  # a class is meant; a message may quote what was sent
    return text if len(text) <= _LONGEST else f"({len(text)} characters)"


def exception_places(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as the classes of its chain and the places in the code."""
    info = event.pop("exc_info", None)
    if info is True or (isinstance(info, tuple) and info[1] is None):
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = list(_places(error))
    event.pop("stack_info", None)
    return event


def _places(error: BaseException) -> Iterable[str]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield f"{type(current).__module__}.{type(current).__qualname__}"
        yield from _lines(current.__traceback__)
        current = current.__cause__ or current.__context__


def _lines(place: TracebackType | None) -> Iterable[str]:
    for frame in traceback.extract_tb(place)[-_DEEPEST:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


def _as_written(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of our own loggers: the event, if the code that logs it has it word for word."""
    event["event"] = _written_or_place(event.get("event"))
    return event


def _only_the_format(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of another program's logger: the sentence as written there, without what was filled in."""
    filled_in = event.pop("positional_args", None)
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        if record.name.split(".")[0] == "custos":
            event["event"] = _written_or_place(record.msg)
        elif not filled_in:
            event["event"] = f"{record.module}.{record.funcName}:{record.lineno}"
        for key in ALLOWED & record.__dict__.keys():
            event.setdefault(key, getattr(record, key))
    for one in filled_in if isinstance(filled_in, tuple) else ():
        if isinstance(one, BaseException):
            event.setdefault("error", type(one).__name__)
            event["trouble"] = next((said for said in _TROUBLES if said in str(one)), None)
    return event


def _written_or_place(said: object) -> object:
    """What was logged, if it is a constant of the code that logs it; else where that code is.

    Whatever is put together can hold anything: somebody's words, a name.
    """
    frame: FrameType | None = sys._getframe()
    while frame and _is_machinery(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    if frame is None:
        return "(unknown)"
    if said in frame.f_code.co_consts:
        return said
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}:{frame.f_lineno}"


def _is_machinery(module: str) -> bool:
    return module == __name__ or module.split(".")[0] in ("structlog", "logging")


_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    exception_places,
]


def formatter() -> logging.Formatter:
    """Writes every record, ours and others', as one line of JSON."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_only_the_format, *_SHARED],
        use_get_message=False,
        pass_foreign_args=True,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def configure(_settings: MutableMapping[str, Any]) -> None:
    """Set up logging for the whole process."""
    logging.raiseExceptions = False  # it would print what it couldn't write
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)
    logging.getLogger("custos").setLevel(logging.INFO)
    logging.getLogger("django").handlers.clear()
    # Every refusal is a warning there; they are counted in the metrics.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    structlog.configure(
        processors=[_as_written, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
