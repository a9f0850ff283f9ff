"""Log files read again: lines in their order across the rotated ones, and those that come."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .files import rotated
from .redaction import visible

_LEVELS = ("debug", "info", "warning", "error", "critical")
#: Bytes of a file that are read at once.
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines."""

    level: str = "debug"  #: at least
    request: str = ""
    message: str = ""

    def has(self, line: Mapping[str, Any]) -> bool:
        """Whether this is one."""
        level = str(line.get("level", "info"))
        loud = level not in _LEVELS or _LEVELS.index(level) >= _LEVELS.index(self.level)
        of_request = not self.request or line.get("request_id") == self.request
        return loud and of_request and (not self.message or line.get("message") == self.message)


def parsed(line: bytes) -> Mapping[str, Any] | None:
    """A line as data; None for half a line, as a full disk leaves it."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def last(path: Path, count: int, wanted: Wanted) -> list[Mapping[str, Any]]:
    """The last lines that are wanted, oldest first, however many files they are in."""
    found: deque[Mapping[str, Any]] = deque()
    for file in (path, *rotated(path)):
        found.extendleft(reversed(_of(file, count - len(found), wanted)))
        if len(found) >= count:
            break
    return list(found)


def _of(file: Path, count: int, wanted: Wanted) -> list[Mapping[str, Any]]:
    kept: deque[Mapping[str, Any]] = deque(maxlen=count)
    try:
        opened = file.open("rb")
    except FileNotFoundError:  # rotated away meanwhile
        return []
    with opened:
        for line in opened:
            if (found := parsed(line)) and wanted.has(found):
                kept.append(found)
    return list(kept)


class Follower:
    """What is written to a log file from now on, whoever rotates it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self._file: BinaryIO | None = None
        if path.exists():
            self._file = path.open("rb")
            self._file.seek(0, 2)

    def new(self) -> Iterator[Mapping[str, Any]]:
        """The lines that have come since it was asked last."""
        for file in self._files():
            while block := file.read(_BLOCK):
                *lines, self._rest = (self._rest + block).split(b"\n")
                yield from filter(None, map(parsed, lines))

    def close(self) -> None:
        """Read no more."""
        if self._file:
            self._file.close()

    def _files(self) -> Iterator[BinaryIO]:
        """What is left of the open file, and every one that was begun since."""
        if self._file:
            yield self._file
        for each in self._younger():
            self._rest = b""
            self.close()
            self._file = each.open("rb")
            yield self._file

    def _younger(self) -> list[Path]:
        """The files begun after the open one, oldest first."""
        if self._file is None:
            return [self._path] if self._path.exists() else []
        younger: list[Path] = []
        opened = os.fstat(self._file.fileno())
        for each in (self._path, *rotated(self._path)):
            with suppress(FileNotFoundError):  # renamed just now: the next look finds it
                if os.path.samestat(each.stat(), opened):
                    return younger[::-1]
                younger.append(each)
        return [self._path] if self._path.exists() else []


#: How a part of a line is coloured: the words, and what they are.
Paint = Callable[[str, str], str]


def told(line: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """A line for people; a traceback follows in lines of its own. Nothing in it moves a cursor."""
    rest = dict(line)
    at = str(rest.pop("timestamp", rest.pop("at", "")))
    level = str(rest.pop("level", "info"))
    said = rest.pop("event", rest.pop("fact", ""))
    if not said and "route" in rest:
        said = f"{rest.pop('method', '')} {rest.pop('route') or '(nowhere)'}"
    stacks = rest.pop("exception", None)
    facts = " ".join(f"{visible(str(name))}={_shown(value)}" for name, value in rest.items() if value != "")
    yield " ".join(
        (
            paint(visible(at[:23].replace("T", " ")), "time"),
            paint(f"{visible(level):<8}", level),
            paint(visible(str(said)), "event"),
            paint(facts, "facts"),
        )
    ).rstrip()
    for stack in stacks if isinstance(stacks, list) else ():
        yield from _traceback(stack)


def _traceback(stack: Any) -> Iterator[str]:
    if isinstance(stack, dict):
        for frame in stack.get("frames", ()):
            if isinstance(frame, dict):
                place = f"{frame.get('filename')}:{frame.get('lineno')} in {frame.get('name')}"
                yield f"    {visible(place)}"
        yield f"    {visible(str(stack.get('exc_type')))}: {visible(str(stack.get('exc_value')))}"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return visible(value if value and " " not in value else repr(value))
    return visible(json.dumps(value, ensure_ascii=False))
