"""A hub in a process of its own, for tests that kill it in the midst of a bulk send: `python -m
tests.core.bulk.killed FOLDER ROWS [COMMITS]`. What leaves is noted in a file, before the session answers;
with COMMITS it kills itself right after so many of them, counted from when it asks."""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.hub import BatchState, Progress
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeSession, TalkingBot

from .asking import order


def _noting(file: Path) -> Any:
    """What a page keeps over a kill: the ids that it was handed, and what it said by them."""

    def opened(session: FakeSession) -> None:
        sends = session.send
        for line in file.read_text().splitlines() if file.exists() else ():
            wa_id, _, chat = line.partition(" ")
            session.page[wa_id] = Ack(chat=chat.partition(" ")[0], wa_id=wa_id, ack=1)

        async def send(parcel: Parcel) -> Any:
            if parcel.wa_id not in session.page:  # WhatsApp drops an id that it has seen
                with file.open("a") as notes:
                    notes.write(f"{parcel.wa_id} {parcel.chat} {parcel.text}\n")
                    notes.flush()
                    os.fsync(notes.fileno())
            return await sends(parcel)

        session.send = send  # type: ignore[method-assign]

    return opened


def _dying(dies_at: int) -> Callable[[], None]:
    """What ends the process after a commit, before anything else is done."""
    commits = itertools.count(1)

    def committed() -> None:
        if next(commits) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return committed


async def live(folder: Path, count: int, dies_at: int) -> Progress:
    """One life: ask, as often as it takes, under one key; then wait for the end."""
    bot = TalkingBot(folder)
    bot.engine.on_open = _noting(folder / "left")
    try:
        await bot.start(settings={"diskReserve": 0})
        hub, tenant = bot.running.hub, bot.admin.user_id
        if not await hub.connections.list(tenant):
            await bot.connect()
        await bot.reaches("shop", ConnectionState.ONLINE)
        bot.running.ground.db.on_commit(_dying(dies_at))
        taken = await hub.bulk.take(tenant, order(count), key="the bulk", asked="same")
        print("taken", flush=True)
        async with asyncio.timeout(300):
            while True:
                found = await hub.bulk.progress(tenant, taken.batch.batch_id)
                if found.batch.state is BatchState.COMPLETED:
                    return found
                await asyncio.sleep(0.05)
    finally:
        await bot.stop()


if __name__ == "__main__":
    _, place, *figures = sys.argv
    ended = asyncio.run(live(Path(place), int(figures[0]), int(figures[1]) if figures[1:] else 0))
    print(dict(ended.counts), flush=True)
