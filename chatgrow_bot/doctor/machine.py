"""The machine: whether browsers have room on it."""

import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil

from ..config import Settings
from ..plugin import Finding, Grade

_GB = 1 << 30
#: What one more browser needs, about.
_BROWSER = 400 << 20
#: Files that ten browsers and a busy server have open, with room.
_FILES = 4096


def machine(settings: Settings) -> Iterator[Finding]:
    """Memory, cores, shared memory, open files, names."""
    free, total = psutil.virtual_memory().available, psutil.virtual_memory().total
    yield memory(free, total, settings.memory_reserve)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding(what="cores", said=f"{cores}")
    yield _shared_memory(Path("/dev/shm"))  # noqa: S108 (looked at, not written to)
    yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield _names()


def memory(free: int, total: int, reserve: int) -> Finding:
    """Room for one more browser beside what is to stay free. All in bytes."""
    said = f"{free / _GB:.1f} of {total / _GB:.1f} GB free"
    if free >= reserve + _BROWSER:
        return Finding(what="memory", said=said)
    do = "end other programs, add memory or swap, or lower memoryReserve: a connection needs about 0.4 GB"
    return Finding(what="memory", grade=Grade.BAD if free < reserve else Grade.WARN, said=said, do=do)


def _shared_memory(place: Path) -> Finding:
    if not place.is_dir():
        return Finding(what="shared memory", said="none here, and none is needed")
    size = psutil.disk_usage(str(place)).total
    return Finding(what="shared memory", said=f"{size / (1 << 20):.0f} MB; the browser does without")


def open_files(most: int) -> Finding:
    """How many files a process may have open."""
    if most == resource.RLIM_INFINITY or most >= _FILES:
        return Finding(what="open files", said=f"{most} at most" if most > 0 else "as many as needed")
    do = f"ulimit -n {_FILES}, or LimitNOFILE={_FILES} in the service's unit"
    grade = Grade.BAD if most < _FILES // 8 else Grade.WARN
    return Finding(what="open files", grade=grade, said=f"{most} at most", do=do)


def _names() -> Finding:
    try:
        found = {each[4][0] for each in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    except OSError as error:
        found, said = set(), f"'localhost' is not found: {error.strerror}"
    else:
        said = f"localhost is {', '.join(sorted(map(str, found)))}"
    if "127.0.0.1" in found:
        return Finding(what="names", said=said)
    do = "write the line `127.0.0.1 localhost` into /etc/hosts"
    return Finding(what="names", grade=Grade.BAD, said=said, do=do)
