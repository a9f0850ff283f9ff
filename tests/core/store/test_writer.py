"""The writer over a database that takes its time: nobody who waits for it is forgotten."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import Connection, create_engine

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.store.transactions import Work
from chatgrow_bot.store.writer import Writer

T = TypeVar("T")


class Stuck:
    """Transactions of which the third does not end."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        self.begun = 0
        self.stuck = asyncio.Event()

    async def run(self, work: Work[T]) -> T:
        self.begun += 1
        if self.begun == 3:
            self.stuck.set()
            await asyncio.Event().wait()
        with self._engine.begin() as conn:
            return work(conn)

    async def reset(self) -> None:
        self._engine.dispose()

    async def clear_remains(self, names: Collection[str] | None) -> None:
        pass

    async def close(self) -> None:
        self._engine.dispose()


def each(conn: Connection, names: Sequence[str]) -> Sequence[str]:
    if "bad" in names:
        raise LookupError("bad")
    return names


async def test_stopped_while_it_tries_works_one_by_one_it_leaves_nobody_waiting() -> None:
    transactions = Stuck()
    writer = Writer(transactions)
    opened = asyncio.Event()

    async def hold() -> None:
        async with writer.running():
            opened.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        holder = tasks.create_task(hold())
        await opened.wait()
        asked = asyncio.gather(
            *(writer.put(each, name) for name in ("good", "stuck", "behind", "bad")), return_exceptions=True
        )
        await transactions.stuck.wait()
        holder.cancel()  # the body ends; what was accepted is still to be committed
        await asyncio.sleep(0)
        holder.cancel()  # somebody has no patience
        answers = await asked
    assert answers[0] == "good"
    assert [type(answer) for answer in answers[1:]] == [StoreUnavailable] * 3
    await transactions.close()
