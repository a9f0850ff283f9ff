"""A hub that dies in the moment in which somebody's word is stored, with so many messages queued for him:
`python -m tests.accept.consent.life FOLDER COUNT`."""

import asyncio
import signal
import sys
from pathlib import Path

from .shop import KILLED, Shop


async def live(folder: Path, count: int) -> None:
    """It fills its queue, hears the word, and is gone."""
    shop = Shop(folder)
    await shop.open()
    await shop.meets([KILLED])
    await shop.fills([KILLED], count)
    await shop.bot.engine.opened["second"].hears(KILLED.word, KILLED.lid)
    signal.raise_signal(signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
