"""Names that change what they mean while they are looked up; and the door that would be fooled."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from chatgrow_bot.errors import MediaRefused

from .traps import HONEST, Place

#: What is named while it turns: a file in a folder that turns, and a file that does.
TURNING = ("turning/file", "leaf")

# A process of its own, so that it really runs beside the hub. A swap is a folder or a file becoming a link.
_SWAPS = """
import os, sys, time
root, secret, count, pause, honest = sys.argv[1:]
os.chdir(root)
os.mkdir("turning")
open("turning/file", "w").write(honest)
open("leaf", "w").write(honest)
for _ in range(int(count) // 2):
    os.symlink(secret, "link-to-be")
    os.rename("turning", "kept")
    os.rename("link-to-be", "turning")
    os.symlink(secret + "/file", "leaf-to-be")
    os.rename("leaf-to-be", "leaf")
    time.sleep(float(pause))
    os.unlink("turning")
    os.rename("kept", "turning")
    open("leaf-to-be", "w").write(honest)
    os.rename("leaf-to-be", "leaf")
    time.sleep(float(pause))
"""


@asynccontextmanager
async def swapping(place: Place, count: int, pause: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """So many swaps, with pauses in seconds, beside whatever the block does."""
    words = (place.root, place.secret, str(count), str(pause), HONEST[0].decode())
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _SWAPS, *words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def opened_by_name(
    roots: Sequence[Path], path: Path, *, max_bytes: int | None = None
) -> tuple[BinaryIO, int]:
    """A door that looks at the name, finds all well, and opens whatever has the name a moment later."""
    for root in roots:
        real = (root / path).resolve()
        if real.is_relative_to(root.resolve()) and real.is_file() and real.stat().st_nlink == 1:
            time.sleep(0.002)  # no longer than a busy machine takes
            return (root / path).open("rb"), 1 << 20
    raise MediaRefused("There is no such file")
