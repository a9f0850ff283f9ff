"""The same patterns with Python's `re`, in a process each that can be ended."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence

from .evil import Evil

_SEARCH = "import re, sys; print(flush=True); re.search(sys.argv[1], sys.stdin.read(), re.I)"
_AT_ONCE = 2


async def hanging(patterns: Sequence[Evil], seconds: float) -> int:
    """How many of these are not done after so many seconds."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def hangs(evil: Evil) -> bool:
        async with room:
            return await _hangs(evil, seconds)

    return sum(await asyncio.gather(*map(hangs, patterns)))


async def _hangs(evil: Evil, seconds: float) -> bool:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SEARCH, evil.pattern, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()  # it has begun
        async with asyncio.timeout(seconds):
            await process.communicate(evil.text.encode())
    except TimeoutError:
        return True
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return False
