"""Files that nobody else may read, from the first byte on."""

import os
from pathlib import Path


def write_new(file: Path, content: bytes) -> None:
    """Write a file that is not there yet, 0600; it is on the disk when this returns. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)
    sync(file.parent)


def read_own(file: Path) -> bytes:
    """What a file holds that nobody else may read. Raises OSError, also where others may."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if os.name == "posix" and os.fstat(descriptor).st_mode & 0o077:
            raise PermissionError(f"others may read it: chmod 600 {file}")
        return opened.read()


def sync(path: Path) -> None:
    """What a file holds, or which names a folder has, is on the disk when this returns. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
