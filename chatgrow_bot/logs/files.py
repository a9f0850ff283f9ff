"""A log file: 0600, rotated by its size, so many old ones kept. A line that cannot be written is counted and
never the trouble of whoever wrote it.

Somebody else may rotate it too (`chatgrow logs rotate`, a logrotate): before each line it is seen whether the
name still means the open file. What was written meanwhile is in the renamed one: nothing is lost.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

#: The process's open log files, as the handlers of a logger that nobody writes to.
_OPEN = "chatgrow.files"
#: Room on a disk, in bytes, below which the next line may not fit.
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How a log file fares."""

    name: str  #: api, combined, error, whatsapp
    writable: bool
    failing: bool  #: whether the last line could not be written
    failures: int  #: lines that could not be written since the start
    reason: str  #: why the last of them could not
    size: int  #: bytes, with the rotated ones
    rotated: int  #: how many of these are kept
    free: int  #: bytes left on its disk

    @property
    def has_room(self) -> bool:
        """Whether the disk takes another line."""
        return self.free >= _ROOM

    @property
    def is_well(self) -> bool:
        """Whether lines are written."""
        return self.writable and self.has_room and not self.failing


class LogFile(logging.Handler):
    """Writes each line at once, whole, to the end of the file."""

    def __init__(self, path: Path, *, size: int, keep: int, level: int = logging.NOTSET) -> None:
        """`size`: bytes past which it is rotated; `keep`: how many rotated files there may be."""
        super().__init__(level)
        self.path = path
        self.failures = 0
        self.reason = ""  #: why the last line could not be written; empty when it was
        self._last_reason = ""
        self._size, self._keep = size, keep
        self._descriptor, self._opened = -1, (0, 0)
        self._torn = False  #: half a line is at the end
        logging.getLogger(_OPEN).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. What goes wrong is `handleError`'s."""
        try:
            self._write(f"{self.format(record)}\n".encode(errors="backslashreplace"))
            self.reason = ""
        except Exception as error:
            strerror = error.strerror if isinstance(error, OSError) else None
            self.reason = self._last_reason = strerror or type(error).__name__
            self.failures += 1
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: a log that cannot be written must not stop anybody, nor tell the line elsewhere."""

    def begin(self) -> None:
        """Open it, made if missing, for its owner only. Raises OSError."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        self._shut()
        self._descriptor, found = descriptor, os.fstat(descriptor)
        self._opened = (found.st_dev, found.st_ino)
        if S_ISREG(found.st_mode) and found.st_mode & 0o077:
            with suppress(PermissionError):  # another's file, who lets us write it
                os.fchmod(descriptor, 0o600)

    def close(self) -> None:
        """Write no more."""
        logging.getLogger(_OPEN).removeHandler(self)
        self._shut()
        super().close()

    def _shut(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: bytes) -> None:
        length = self._followed()
        if length and length + len(line) > self._size:
            self._rotate()
        if self._torn:
            line = b"\n" + line
        written = os.write(self._descriptor, line)
        self._torn = written < len(line)
        if self._torn:
            raise OSError(None, "No space left on device")

    def _followed(self) -> int:
        """The open file is the one of this name; how long it is."""
        with suppress(FileNotFoundError):
            found = os.stat(self.path)  # noqa: PTH116 (asked before each line: a third of the time)
            if self._descriptor >= 0 and (found.st_dev, found.st_ino) == self._opened:
                return found.st_size if S_ISREG(found.st_mode) else 0
        self.begin()
        self._torn = False
        return os.fstat(self._descriptor).st_size

    def _rotate(self) -> None:
        with _alone(self.path, wait=False) as alone:
            if alone and self._followed() + 1 > self._size // 2:  # else somebody was faster
                shift(self.path, self._keep)
                self.begin()

    def state(self) -> FileState:
        """How it fares now. Blocks."""
        files = list(rotated(self.path))
        at = self.path if self.path.exists() else self.path.parent
        try:
            free = shutil.disk_usage(at).free
        except OSError:
            free = 0
        return FileState(
            name=self.path.stem,
            writable=os.access(at, os.W_OK),
            failing=bool(self.reason),
            failures=self.failures,
            reason=self._last_reason,
            size=sum(_size(each) for each in (self.path, *files)),
            rotated=len(files),
            free=free,
        )


def open_files() -> Sequence[LogFile]:
    """The log files of this process."""
    return [each for each in logging.getLogger(_OPEN).handlers if isinstance(each, LogFile)]


def rotated(path: Path) -> Iterator[Path]:
    """Its rotated files, the newest first."""
    numbers = (each.name.removeprefix(f"{path.name}.") for each in path.parent.glob(f"{path.name}.*"))
    for number in sorted(int(each) for each in numbers if each.isdecimal()):
        yield path.with_name(f"{path.name}.{number}")


def rotate(path: Path, keep: int) -> bool:
    """Begin a new file, whoever writes to it; False when there is nothing to rotate. Raises OSError."""
    if not _size(path) or not path.is_file():
        return False
    with _alone(path, wait=True):
        shift(path, keep)
    return True


def shift(path: Path, keep: int) -> None:
    """Every file gets the next number, and those past `keep` go; nobody else may be at it."""
    for each in reversed(list(rotated(path))):
        number = int(each.suffix[1:])
        if number >= keep:
            each.unlink()
        else:
            each.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))


@contextmanager
def _alone(path: Path, *, wait: bool) -> Iterator[bool]:
    """While nobody else rotates in this folder; False when somebody does, and we do not wait for him."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
