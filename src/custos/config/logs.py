"""JSON lines on standard error, with no personal data in them.

A log is read by people who may not read a person's file. So nothing passes but what is known to be
harmless: the event's name as written in the program, and the keys of `ALLOWED`. Messages of other
programs' loggers are cut to their format string, without what was filled in; of an exception its
class and the places in the code stay, neither its message (a database's quotes rows) nor variables.
"""

import logging
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

#: Keys that may be logged, besides the event. Values are numbers, names of classes, routes, kinds,
#: organizations and identifiers of machines; never free text, never a person.
ALLOWED = frozenset(
    {
        "attempts", "code", "count", "error", "event", "exception", "job_id", "kind", "level",
        "logger", "method", "number", "organization_id", "outcome", "part", "port", "reaction",
        "route", "seconds", "size", "status_code", "sweep", "task_name", "timestamp",
    }
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


def _only_the_format(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of another program's logger: the sentence as written there, without what was filled in."""
    filled_in = event.pop("positional_args", None)
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        if not filled_in:
            event["event"] = _bare(record)
        for key in ALLOWED & record.__dict__.keys():
            event.setdefault(key, getattr(record, key))
    return event


def _bare(record: logging.LogRecord) -> str:
    """A message that came ready-made can hold anything: where it was made is said instead."""
    if record.name.startswith("custos") and isinstance(record.msg, str):
        return record.msg
    return f"{record.module}.{record.funcName}:{record.lineno}"


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
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
