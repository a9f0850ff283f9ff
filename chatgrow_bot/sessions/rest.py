"""Nobody works in a connection's folder: only then may its login be copied, replaced or removed."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

from ..errors import Conflict

#: By this file of a folder an engine shows that it has it open.
_LOCK = "lock"
#: Longer words are no paths: the system takes none.
_LONGEST = 4096


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
    """Processes that were started on something in the folder, by whatever name it was called then."""
    own, inside = os.getpid(), folder.resolve()

    @cache
    def is_in_it(place: str) -> bool:
        return Path(os.path.realpath(place)).is_relative_to(inside)

    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != own and any(map(is_in_it, _places(process.info["cmdline"] or ())))
    ]


def _places(command: Iterable[str]) -> Iterator[str]:
    """What in a command line may be a path: `/path`, `--flag=/path`."""
    for word in command:
        start = word.find(os.sep)
        if start >= 0 and len(word) < _LONGEST:
            yield word[start:]
