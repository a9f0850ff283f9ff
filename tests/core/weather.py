"""A disk that tests can fill and slow down, beneath a hub that runs."""

import asyncio
from typing import Any

from chatgrow_bot.store.transactions import Work
from chatgrow_bot.testing import TalkingBot


class Disk:
    """Stands before the transactions of a running bot: the lowest place where a disk can fail."""

    def __init__(self, bot: TalkingBot) -> None:
        self.full = False
        self.refused = asyncio.Event()  #: set once something could not be written
        self.asked = asyncio.Event()  #: set once something is about to be written
        self.gate = asyncio.Event()  #: writing goes on only while it is set
        self.gate.set()
        transactions: Any = bot.running.ground.db._writer._transactions
        self._run = transactions.run
        transactions.run = self.run

    async def run(self, work: Work[Any]) -> Any:
        self.asked.set()
        await self.gate.wait()
        if self.full:
            self.refused.set()
            raise OSError("no space left on device")
        return await self._run(work)
