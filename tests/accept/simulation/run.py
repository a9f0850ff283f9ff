"""Plays a story from its seed."""

import asyncio
import functools
import itertools
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog

from chatgrow_bot.store import accounts
from chatgrow_bot.store.database import open_database

from .judge import Found, judge
from .story import OWNER, Story
from .virtual import VirtualClock, VirtualLoop

#: Memory, where there is such a place: what a power cut does to a disk is another check.
_SHM = Path("/dev/shm")


def played(seed: int, **wishes: Any) -> Found:
    """One story, from its beginning to its end."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    place = _SHM if _SHM.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="chatgrow-story-", dir=place) as folder:
        loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        try:
            story = Story(seed, loop, _template(), Path(folder), **wishes)
            with _ids(story.clock):
                found: Found = loop.run_until_complete(story.play(judge))
            return found
        finally:
            asyncio.set_event_loop(None)
            loop.close()


@functools.cache
def _template() -> Path:
    """A migrated database with its owner, made once."""
    file = Path(tempfile.mkdtemp(prefix="chatgrow-story-")) / "template.db"

    async def make() -> None:
        async with open_database(f"sqlite:///{file}") as db:
            user = accounts.User(identity=OWNER, password_hash="")
            await db.write(lambda conn: accounts.add(conn, user, datetime(2026, 1, 1, tzinfo=UTC)))

    asyncio.new_event_loop().run_until_complete(make())
    return file


@contextmanager
def _ids(clock: VirtualClock) -> Iterator[None]:
    """Ids made of the story's own time and a count: those of the product hold the true time and chance."""
    numbers = itertools.count(1)

    class _Id:
        def __init__(self) -> None:
            self.hex = f"{int(clock.now().timestamp() * 1000):012x}{next(numbers):020x}"

    with patch("chatgrow_bot.ids.uuid_utils.uuid7", _Id):
        yield
