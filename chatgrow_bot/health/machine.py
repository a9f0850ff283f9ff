"""What the machine must offer: room on the disk and in memory, and a clock that has not run backwards."""

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

#: Bytes below which the disk is nearly full: a database and its log need some to write anything at all.
_DISK = 200 << 20
#: Bytes of memory below which the kernel may end any process at any moment.
_MEMORY = 64 << 20
#: How far the clock may be behind what was written down last: two clocks are never quite the same.
_BEHIND = timedelta(minutes=1)


async def has_disk(folder: Path) -> bool:
    """Whether there is room where everything is stored."""
    try:  # in a thread: a network's disk that is away hangs
        usage = await asyncio.to_thread(shutil.disk_usage, folder)
    except OSError:
        return False
    return usage.free >= _DISK


def has_memory(free: int) -> bool:
    """Whether there is memory left."""
    return free >= _MEMORY


def is_sound(now: datetime, last_written: datetime | None) -> bool:
    """Whether the clock is not behind what it said before; pace, age and time to live are told by it."""
    return last_written is None or now >= last_written - _BEHIND
