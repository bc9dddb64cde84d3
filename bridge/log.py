"""One JSON line per step, on one stream. Every line, our own or a library's, passes the redactor as its last step."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

from bridge.redact import Redactor

__all__ = ["Redactor", "get_log", "set_up"]

_QUIET = {
    "waitress": "WARNING",
    "waitress.queue": "ERROR",
    "urllib3": "WARNING",
    "apscheduler": "WARNING",
    "asyncio": "WARNING",
    "procrastinate": "CRITICAL",  # what ends its worker is told as `engine.lost`, in one line
    "psycopg.pool": "CRITICAL",  # the same
    "opentelemetry.exporter": "CRITICAL",  # the same as `traces.lost`
}


def get_log(name: str) -> FilteringBoundLogger:
    """A log whose lines say which part wrote them. Fields only: no request bodies, no headers."""
    log: FilteringBoundLogger = structlog.get_logger(part=name.removeprefix("bridge."))
    return log


def set_up(redactor: Redactor, level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything that is logged, warned of or raised in a thread to `stream` (default: standard error)."""
    out = _Out(redactor, stream or sys.stderr)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _exception, _line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: out,
        cache_logger_on_first_use=False,
    )
    _capture_libraries(_Handler(out), number)
    sys.excepthook, threading.excepthook = _uncaught, _uncaught_in_thread


class _Out:
    """The choke point: the only thing that writes a log line."""

    def __init__(self, redactor: Redactor, stream: TextIO) -> None:
        self._redactor, self._stream, self._lock = redactor, stream, threading.Lock()

    def write(self, line: str) -> None:
        line = self._redactor.text(line)
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            return  # the reader of our log is gone and there is nowhere to say so; pages go on

    debug = info = warning = error = critical = exception = write


class _Handler(logging.Handler):
    """What libraries log, as lines of ours."""

    def __init__(self, out: _Out) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        fields: EventDict = {"event": _message(record), "level": record.levelname.lower(), "part": record.name}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        self._out.write(_line(None, "", _exception(None, "", fields)))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a library's wrong arguments must not stop what it wanted to log about
        return str(record.msg)


def _capture_libraries(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, at_least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, logging.getLevelNamesMapping()[at_least]))
    logging.captureWarnings(capture=True)


def _exception(_log: object, _method: str, fields: EventDict) -> EventDict:
    return structlog.processors.format_exc_info(_log, _method, fields)


def _line(_log: object, _method: str, fields: EventDict) -> str:
    """Time, level and event first. JSON escapes newlines and terminal codes, so a value cannot forge a line."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    first = {"ts": now, "level": fields.pop("level", "info"), "event": fields.pop("event", "")}
    return _ENCODER.encode({**first, **fields})


_ENCODER = json.JSONEncoder(default=str, skipkeys=True)


def _uncaught(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger(part="process").critical("uncaught", exc_info=(kind, fault, trace))


def _uncaught_in_thread(told: Any) -> None:
    if told.exc_type is not SystemExit:
        thread = told.thread.name if told.thread else ""
        fault = (told.exc_type, told.exc_value, told.exc_traceback)
        structlog.get_logger(part="thread").critical("uncaught", thread=thread, exc_info=fault)
