"""Exceptions as lines tell them: the type, every place it went through, and what it says if it is one of ours
or the system's. What a stranger's says may quote a message, a password, a file; its type and place are enough
to find it."""

import linecache
import sys
from collections.abc import Iterator
from typing import Any

import structlog

from ..errors import ChatgrowError

WITHHELD = "(what it says is not written down)"

#: Errors of Python itself and of the database, whose words are about code: of the latter the first line.
_ABOUT_CODE = frozenset(
    [
        "AttributeError",
        "NameError",
        "UnboundLocalError",
        "TypeError",
        "ImportError",
        "ModuleNotFoundError",
        "RecursionError",
        "MemoryError",
        "NotImplementedError",
        "ZeroDivisionError",
        "CancelledError",
        "OperationalError",
        "IntegrityError",
        "DatabaseError",
        "InterfaceError",
        "PendingRollbackError",
        "PluginStalled",
    ]
)
#: Without the values of variables, which are what people wrote, and tokens.
_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def said_of(error: BaseException) -> str:
    """An error in a sentence."""
    name = type(error).__name__
    return f"{name}: {str(error).partition(chr(10))[0]}" if _may_speak(name) and str(error) else name


def told(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A step of a logger: the exception of a line as data."""
    if info := line.pop("exc_info", None):
        line["exception"] = stacks_of(_info(info))
    return line


def stacks_of(info: Any) -> list[dict[str, Any]]:
    """An exception and what led to it, the last one first; none when there is none."""
    if not info or info[1] is None:
        return []
    stacks = _TRACEBACK(info)
    for stack in _every(stacks):
        spoken = _may_speak(stack["exc_type"])
        stack["exc_value"] = stack["exc_value"].partition("\n")[0] if spoken else WITHHELD
        stack.pop("exc_notes", None)
        stack.pop("syntax_error", None)
    return stacks


def as_text(stacks: list[dict[str, Any]]) -> Iterator[str]:
    """The same for people, line by line."""
    for number, stack in enumerate(reversed(stacks)):
        if number:
            yield "which led to:"
        yield "Traceback (most recent call last):"
        for frame in stack["frames"]:
            file, line = frame.get("filename", ""), frame.get("lineno", 0)
            yield f'  File "{file}", line {line}, in {frame.get("name", "")}'
            if source := linecache.getline(file, line).strip():
                yield f"    {source}"
        yield f"{stack['exc_type']}: {stack['exc_value']}"
        for inner in stack.get("exceptions", ()):
            yield from (f"  | {each}" for each in as_text(inner))


def _info(info: Any) -> Any:
    if isinstance(info, BaseException):
        return type(info), info, info.__traceback__
    return info if isinstance(info, tuple) else sys.exc_info()


def _every(stacks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for stack in stacks:
        yield stack
        for inner in stack.get("exceptions", ()):
            yield from _every(inner)


def _may_speak(name: str) -> bool:
    return name in _ABOUT_CODE or name in _family()


def _family() -> frozenset[str]:
    """Ours, and the system's."""
    return frozenset(each.__name__ for base in (ChatgrowError, OSError) for each in _below(base))


def _below(base: type[BaseException]) -> Iterator[type[BaseException]]:
    yield base
    for each in base.__subclasses__():
        yield from _below(each)
