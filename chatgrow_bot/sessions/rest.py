"""Nobody works in a connection's folder: only then may its login be copied, replaced or removed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ..errors import Conflict

#: By this file of a folder an engine shows that it has it open.
_LOCK = "lock"


@contextmanager
def at_rest(folder: Path) -> Iterator[None]:
    """Hold a connection's folder for the time of the block. Raises Conflict when anybody works in it: a hub,
    or a program that outlived its own."""
    descriptor = _held(folder)
    try:
        if pids := _working_in(folder):
            raise Conflict(
                f"Process {pids[0]} still works in {folder}, for it outlived its hub: start the hub and stop "
                "it, which ends that one too"
            )
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _held(folder: Path) -> int | None:
    """The engine's lock, if the folder has one; closing it lets go."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Conflict(f"The session in {folder} is open: stop the hub first") from error
    return descriptor


def _working_in(folder: Path) -> list[int]:
    """Processes that were started on something in the folder."""
    inside = f"{folder.resolve()}{os.sep}"
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and any(inside in word for word in process.info["cmdline"] or ())
    ]
