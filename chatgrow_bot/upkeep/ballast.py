"""Room on the disk that is ours already. When others have filled it, giving ours up lets the hub finish its
books: acks of what was being sent, what customers write meanwhile."""

import os
import shutil
from pathlib import Path

import structlog

log = structlog.get_logger("chatgrow.upkeep")

#: On a disk smaller than so many times the ballast, none is kept: it would be what fills it.
_SHARE = 8


class Ballast:
    """A file that holds nothing but room. Blocking, for threads."""

    def __init__(self, folder: Path, size: int) -> None:
        self._file = folder / "ballast"
        self._size = size

    def free_space(self) -> int:
        """Bytes that may still be written on this disk."""
        return shutil.disk_usage(self._file.parent).free

    def ensure(self) -> bool:
        """Have it there, if it is wanted and the disk has room for two; whether all is as it should be."""
        if not self._wanted() or self._is_whole():
            return True
        if self.free_space() < 2 * self._size:
            return False
        handle = os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError as error:
            log.warning("no room can be kept", file=str(self._file), cause=error.strerror)
            self.give_up()
            return False
        finally:
            os.close(handle)
        return True

    def give_up(self) -> bool:
        """Give its room back; whether there was any."""
        there = self._file.exists()
        self._file.unlink(missing_ok=True)
        return there

    def _wanted(self) -> bool:
        return bool(self._size) and shutil.disk_usage(self._file.parent).total >= _SHARE * self._size

    def _is_whole(self) -> bool:
        return self._file.exists() and self._file.stat().st_size == self._size
