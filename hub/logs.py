"""Logs: one JSON object a line on stderr, of fields that are known to hold no personal data and no secret.

A field that is not listed below is left out and only its name is kept. What libraries say is not repeated,
because their sentences quote values: who spoke, where, and which kind of error it was is enough to find it.
"""

import logging
import re
import sys
import traceback
import warnings
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, TextIO, cast
from uuid import UUID

import orjson
import structlog

FIELDS: Final = frozenset({
    "amount", "at", "attempt", "correlation", "document", "dropped", "error", "event", "host", "job", "kind",
    "level", "library", "method", "mode", "ms", "names", "port", "reason", "request", "route", "staff",
    "status", "task", "time",
})  # fmt: skip
TEXT_CHARACTERS: Final = 300
SHORT_CHARACTERS: Final = 40
FRAMES: Final = 12

# The most talkative of what is installed: at INFO or DEBUG they format values, at WARNING hardly ever.
TAMED: Final = {
    "PIL": logging.WARNING,
    "aiomysql": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncpg": logging.WARNING,
    "authlib": logging.WARNING,
    "mail.log": logging.WARNING,
    "procrastinate": logging.CRITICAL,
    "psycopg": logging.ERROR,
    "python_multipart": logging.ERROR,
    "sqlalchemy": logging.WARNING,
    "strawberry": logging.CRITICAL,
    "tortoise": logging.WARNING,
    "uvicorn": logging.ERROR,
    "uvicorn.access": logging.CRITICAL,
}

_PRIVATE = re.compile(
    r"""[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+          # an email address
      | \+\d[\d\s().-]{6,}\d                     # a phone number
      | eyJ[\w-]{5,}\.[\w-]+\.[\w-]*             # a token
      | (?<=://)[^/\s:@]*:[^\s@]+(?=@)           # user and password of an address
      | (?<=[Bb]earer\ )\S+ | (?<=[Bb]asic\ )\S+""",
    re.VERBOSE,
)
Event = MutableMapping[str, Any]


def configure(level: str = "INFO", *, pretty: bool = False, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr), ours and the libraries'.

    level: DEBUG, INFO, WARNING or ERROR. pretty: coloured lines for a person at a terminal instead of JSON.
    """
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _stamp,
            _explain,
            _allow,
            structlog.dev.ConsoleRenderer() if pretty else _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _hear_libraries(level)
    sys.excepthook = _last_words


def frames(error: BaseException) -> list[str]:
    """Where an error came from: the innermost calls, without any value."""
    return [
        f"{each.filename}:{each.lineno} {each.name}"
        for each in traceback.extract_tb(error.__traceback__)[-FRAMES:]
    ]


def clean(text: str) -> str:
    """A text for a log line: one line, not long, without what looks like an address, a number or a secret."""
    return text if len(text) < SHORT_CHARACTERS and text.isalnum() else _clean(text)


@lru_cache(maxsize=1024)
def _clean(text: str) -> str:
    shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return _PRIVATE.sub("...", shown[:TEXT_CHARACTERS])


class _Libraries(logging.Handler):
    """Repeats that a library spoke, and not what it said."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        fields: dict[str, Any] = {
            "library": record.name,
            "at": [f"{record.module}:{record.lineno} {record.funcName}"],
        }
        if error is not None:
            fields |= {"error": type(error).__qualname__, "at": frames(error)}
        structlog.get_logger().log(record.levelno, "library.spoke", **fields)


def _hear_libraries(level: str) -> None:
    root = logging.getLogger()
    root.handlers = [_Libraries()]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    for name, least in TAMED.items():
        logger = logging.getLogger(name)
        logger.setLevel(least)
        logger.handlers = []
        logger.propagate = True
    logging.captureWarnings(capture=True)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Let an error that nobody caught end up in the log like any other, not printed with its values."""
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("process.broke", exc_info=(kind, error, trace))


def _stamp(_: Any, __: str, event: Event) -> Event:
    event["time"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return event


def _explain(_: Any, __: str, event: Event) -> Event:
    """Turn an exception into its kind and its place."""
    raised = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if raised is True:
        raised = sys.exc_info()[1]
    error: object = cast("tuple[Any, ...]", raised)[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event.setdefault("error", type(error).__qualname__)
        event.setdefault("at", frames(error))
    return event


def _allow(_: Any, __: str, event: Event) -> Event:
    dropped = sorted(name for name in event if name not in FIELDS)
    kept: Event = {name: _value(value) for name, value in event.items() if name in FIELDS}
    if dropped:
        kept["dropped"] = [clean(name) for name in dropped]
    return kept


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, UUID | datetime):
        return str(value)
    if isinstance(value, list | tuple):
        return [_value(each) for each in value[:FRAMES]]  # pyright: ignore[reportUnknownVariableType] -- any items
    return type(value).__qualname__


def _render(_: Any, __: str, event: Event) -> str:
    first = {name: event.pop(name, None) for name in ("time", "level", "event")}
    return orjson.dumps({**first, **event}).decode()
