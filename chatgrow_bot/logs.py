"""Logging: a readable console, and JSON lines in files that rotate. No line holds message text, a full
number, a token or a QR code: whoever logs sees to it, save for numbers in what others say (an engine's error
names the chat), which are cut here."""

import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from .errors import ConfigError

_MEGABYTE = 1 << 20
#: Without the values of variables, which are what people wrote, and tokens.
_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
#: Digits that may be a phone number; beside capitals as in hexadecimal they are part of a message's id.
_NUMBER = re.compile(r"(?<![0-9A-F])\d{3,}(\d{3})(?![0-9A-F])")
#: Our own names of things, times, and an exception that is yet to be written.
_NO_WORDS = frozenset(
    {"timestamp", "level", "logger", "message", "connection", "request_id", "file", "exc_info"}
)
_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(folder: Path) -> None:
    """Send every logger to the console, to combined.log, and errors to error.log in `folder`. Raises
    ConfigError when no files can be kept there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [_file(folder / "combined.log"), _file(folder / "error.log", logging.ERROR)]
    except OSError as error:
        raise ConfigError(f"No logs can be kept in {folder}: {error.strerror}") from error
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(_formatter(_without_numbers, _console()))
    root = logging.getLogger()
    root.handlers = [console, *files]
    root.setLevel(logging.INFO)
    for chatty in ("apscheduler", "aiosqlite", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


@contextmanager
def quiet() -> Iterator[None]:
    """For words that answer on the console themselves: beside their answers, warnings only, and no files;
    until something is configured otherwise."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def _console() -> structlog.dev.ConsoleRenderer:
    # the plain form of a traceback: others, used if their packages are there, show the values of variables
    def plain(to: Any, error: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
        text = io.StringIO()
        structlog.dev.plain_traceback(text, error)
        to.write(_cut(text.getvalue()))

    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


def _without_numbers(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {name: value if name in _NO_WORDS else _cut(value) for name, value in line.items()}


def _cut(value: Any) -> Any:
    """All but the last three digits of what may be a number, in words and in whatever holds words."""
    match value:
        case str():
            return _NUMBER.sub(r"…\1", value)
        case dict():
            return {name: _cut(each) for name, each in value.items()}
        case list() | tuple():
            return [_cut(each) for each in value]
        case BaseException():
            return _cut(repr(value))
    return value


def _file(path: Path, level: int = logging.NOTSET) -> logging.Handler:
    path.touch(mode=0o600)
    handler = RotatingFileHandler(path, maxBytes=20 * _MEGABYTE, backupCount=5, encoding="utf-8")
    handler.setLevel(level)
    handler.setFormatter(
        _formatter(
            structlog.processors.ExceptionRenderer(_TRACEBACK),
            _without_numbers,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        )
    )
    return handler


def _formatter(*last: structlog.typing.Processor) -> logging.Formatter:
    drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=[drop_meta, *last])
