"""A disk that tests can fill and slow down, beneath a hub that runs."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from typing import Any

from chatgrow_bot.testing import TalkingBot


class Disk:
    """Stands before the transactions of a running bot: the lowest place where a disk can fail."""

    def __init__(self, bot: TalkingBot) -> None:
        self.full = False
        self.refused = asyncio.Event()  #: set once something could not be written
        self.asked = asyncio.Event()  #: set once something that `watched` is about to be written
        self.watched: Callable[[Any], bool] = lambda item: True  #: whether the gate is there for it
        self.gate = asyncio.Event()  #: writing goes on only while it is set
        self.gate.set()
        writer: Any = bot.running.ground.db._writer
        self._commit = writer._commit
        writer._commit = self.commit

    async def commit(self, batch: Sequence[Any]) -> Any:
        if any(self.watched(waiting.item) for waiting in batch):
            self.asked.set()
            await self.gate.wait()
        if self.full:
            self.refused.set()
            raise OSError(errno.ENOSPC, "no space left on device")
        return await self._commit(batch)
