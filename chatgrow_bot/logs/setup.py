"""Where lines go: each to the console and to combined.log, errors to error.log too, requests to api.log. What
happens to messages goes to whatsapp.log, by a plugin."""

import json
import logging
import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from ..errors import ConfigError
from .files import LogFile
from .redaction import Redaction, clean
from .tracebacks import as_text, stacks_of, told

FILES = ("api", "combined", "error", "whatsapp")
#: The logger whose lines are requests: mappings, ready to be written.
API = "chatgrow.api"

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How large a log file gets, and how many old ones there are."""

    size: int = 20 << 20  #: bytes
    keep: int = 5


def configure(folder: Path, rotation: Rotation | None = None, secrets: Set[str] = frozenset()) -> None:
    """Send every logger to the console and to the files in `folder`. `secrets` are known by heart, and stand
    in no line. Raises ConfigError when no files can be kept there."""
    redaction = Redaction(secrets)
    files = _opened(folder, rotation or Rotation(), redaction)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(_formatter(redaction, _console(redaction)))
    logging.raiseExceptions = False  # it would print the line that could not be written, as it came
    root, api = logging.getLogger(), logging.getLogger(API)
    root.handlers = [console, files["combined"], files["error"]]
    root.setLevel(logging.INFO)
    api.handlers, api.propagate = [files["api"]], False
    for chatty in ("apscheduler", "aiosqlite", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _opened(folder: Path, rotation: Rotation, redaction: Redaction) -> dict[str, LogFile]:
    lines = _formatter(told, redaction, structlog.processors.JSONRenderer(ensure_ascii=False))
    files: dict[str, LogFile] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("combined", "error", "api"):
            level = logging.ERROR if name == "error" else logging.NOTSET
            path = folder / f"{name}.log"
            files[name] = LogFile(path, size=rotation.size, keep=rotation.keep, level=level)
            files[name].setFormatter(_Requests() if name == "api" else lines)
            files[name].begin()
    except OSError as error:
        for each in files.values():
            each.close()
        raise ConfigError(f"No logs can be kept in {folder}: {error.strerror}") from error
    return files


@contextmanager
def quiet() -> Iterator[None]:
    """For words that answer on the console themselves: beside their answers, warnings only, and no files;
    until something is configured otherwise."""
    before, redaction = structlog.get_config(), Redaction()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            redaction,
            _console(redaction),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)


class _Requests(logging.Formatter):
    """A line of api.log: the mapping as it is, with the time. Whoever makes it puts nothing in but ids and
    figures."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = record.msg if isinstance(record.msg, dict) else {"event": clean(record.getMessage())}
        line = {"timestamp": at, "level": record.levelname.lower(), **facts}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _console(redaction: Redaction) -> structlog.dev.ConsoleRenderer:
    def plain(to: Any, error: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
        to.write("\n".join(redaction.words(line) for line in as_text(stacks_of(error))))

    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)


def _formatter(*last: structlog.typing.Processor) -> logging.Formatter:
    drop_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=[drop_meta, *last])
