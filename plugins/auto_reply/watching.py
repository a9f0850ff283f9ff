"""Tells when rule files change: at once where the system tells of it, and by a look now and then where it
does not (folders on a network, one that was moved away and comes back). Only a true change is told."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import structlog
from watchfiles import awatch

from chatgrow_bot.clock import Clock, SystemClock

#: Seconds between two looks, whatever the system tells.
LOOK = 5.0
#: Milliseconds without a change after which several are one, and after which they are told in any case.
_REST, _LONGEST = 250, 2000

log = structlog.get_logger("chatgrow.plugins").bind(plugin="auto_reply")


@dataclass(frozen=True, slots=True)
class Look:
    """What a folder has in it, as far as one can tell without reading it."""

    folder: tuple[int, int] | None = None  #: which one it is; None: there is none
    files: Mapping[str, tuple[int, ...]] | None = None


async def changes(
    folder: Path, clock: Clock | None = None, *, since: Look | None = None
) -> AsyncGenerator[None, None]:
    """Yields once after the rule files in this folder have changed, come or gone, again and again; `since` is
    a look of before, so that what has changed since then is told too. A change while the last one is dealt
    with is told after it. Close it (`aclosing`) if it is left before its task ends."""
    clock = clock or SystemClock()
    seen = await asyncio.to_thread(look, folder) if since is None else since
    while True:
        async with aclosing(_stirs(folder, clock)) as stirs:
            async for _ in stirs:
                found, before = await asyncio.to_thread(look, folder), seen
                if found != before:
                    seen = found
                    yield
                if found.folder != before.folder:
                    break  # another folder is watched anew


async def _stirs(folder: Path, clock: Clock) -> AsyncGenerator[None, None]:
    """Each time that it is worth a look, and first before it is watched."""
    yield
    try:
        watch = awatch(
            folder,
            watch_filter=None,
            recursive=False,
            step=_REST,
            debounce=_LONGEST,
            rust_timeout=round(LOOK * 1000),
            yield_on_timeout=True,
        )
        async with aclosing(watch):
            async for _ in watch:
                yield
    except (OSError, RuntimeError) as error:  # there is no folder, or the system watches no more of them
        log.debug("a folder is looked at now and then, for it cannot be watched", why=type(error).__name__)
    await clock.sleep(LOOK)
    yield


def look(folder: Path) -> Look:
    """What is in a folder now."""
    try:
        at = folder.stat()
        with os.scandir(folder) as entries:
            files = {each.name: _state(each) for each in entries if _is_rules(each.name)}
    except OSError:
        return Look()
    return Look((at.st_dev, at.st_ino), files)


def _state(entry: "os.DirEntry[str]") -> tuple[int, ...]:
    try:
        found = entry.stat()
    except OSError:  # gone meanwhile, or a link that leads nowhere
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _is_rules(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) and not name.startswith(".")
