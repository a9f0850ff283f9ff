"""What a session's browser takes of the machine, read from the kernel's own books."""

import contextlib

import psutil

from chatgrow_bot.engine import Usage

from .profile import Profile


def used(profile: Profile) -> Usage | None:
    """The sum over the browser's processes; None when there is none. Blocks for some milliseconds a process:
    call it in a thread."""
    memory, cpu, processes = 0, 0.0, 0
    for process in profile.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            memory += _memory(process)
            times = process.cpu_times()
            cpu += times.user + times.system
            # of those of its children that have ended; living ones are counted themselves
            cpu += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
            processes += 1
    return Usage(memory=memory, cpu=cpu, processes=processes) if processes else None


def _memory(process: psutil.Process) -> int:
    """Its share (PSS), since a browser's processes have much in common; RSS where the kernel has no such."""
    with contextlib.suppress(psutil.AccessDenied):
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    return int(process.memory_info().rss)
