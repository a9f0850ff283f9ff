"""The one writer. Works that wait are committed together: while one commit is on its way to the disk the next
batch gathers, so that fifty callers share a sync to disk instead of queueing for fifty of them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from ..background import task_group
from ..errors import StoreUnavailable
from .dialect import is_unavailable, unavailable
from .transactions import Transactions

T = TypeVar("T")
Item = TypeVar("Item")
#: Takes several items at once and gives one answer for each.
Many = Callable[[Connection, Sequence[Item]], Sequence[T]]

#: Works in one transaction, at most: what one failure makes run again, and what a commit has others wait for.
BATCH = 500

log = structlog.get_logger("chatgrow.store")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """An item, what to do with it (and with those beside it), and whom to tell."""

    many: Many[Any, Any]
    item: Any
    done: asyncio.Future[Any]


class Writer:
    """Runs works one after another, in the order in which they came but for those that are taken together:
    these run when the first of them does. Nobody who has not awaited one write can tell it from the next."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._waiting: deque[_Waiting] = deque()
        self._poke = asyncio.Event()
        self._open = False
        #: Called on the loop after each commit.
        self.listeners: list[Callable[[], None]] = []
        #: Called on the loop whenever the database itself failed.
        self.alarms: list[Callable[[StoreUnavailable], None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take works while the body runs; at its end commit what was accepted, then stop."""
        async with task_group() as tasks:
            self._open = True
            tasks.create_task(self._run(), name="store writer")
            try:
                yield
            finally:
                self._open = False
                self._poke.set()

    async def put(self, many: Many[Item, T], item: Item) -> T:
        """Have `many` take this item, and those of the same `many` that wait beside it, in one call.

        Answers once it is committed. Cancelled: it is done whole or not at all.
        """
        if not self._open:
            raise StoreUnavailable("the store is closed")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(many=many, item=item, done=done))
        self._poke.set()
        return await done

    async def _run(self) -> None:
        try:
            while self._open or self._waiting:
                if self._waiting:
                    await self._settle(self._take())
                else:
                    self._poke.clear()
                    await self._poke.wait()
        finally:  # only a cancelled writer leaves anybody waiting
            self._open = False
            _refuse(self._waiting, "the store was closed")

    def _take(self) -> Sequence[_Waiting]:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        return [waiting for waiting in batch if not waiting.done.cancelled()]

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._turn(batch)
        except BaseException:  # cancelled, it may be in the middle of trying them one by one
            _refuse(batch, "the store was closed while it was being written")
            raise

    async def _turn(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = await self._commit(batch)
        except Exception as error:
            await self._failed(batch, error)
        else:
            for waiting, answer in zip(batch, answers, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(answer)
            _call(self.listeners)
            # Whoever was answered just now may ask at once for something more: it goes with the next batch
            # instead of the one after that. Callers stay together, and each commit serves twice as many.
            await asyncio.sleep(0)

    async def clear_remains(self, names: Collection[str] | None) -> None:
        """What is deleted shall be nowhere in the file; works that come meanwhile wait while it is rewritten,
        and only then."""
        try:
            await self._transactions.clear_remains(names)
        except Exception as error:
            if is_unavailable(error):
                raise unavailable(error, "what was deleted cannot be cleared from the database") from error
            raise

    def alarm(self, trouble: StoreUnavailable) -> None:
        """Tell that the database itself failed."""
        _call([partial(each, trouble) for each in self.alarms])

    async def _commit(self, batch: Sequence[_Waiting]) -> Sequence[Any]:
        together: dict[Many[Any, Any], list[int]] = {}
        for place, waiting in enumerate(batch):
            together.setdefault(waiting.many, []).append(place)

        def work(conn: Connection) -> Sequence[Any]:
            answers: list[Any] = [None] * len(batch)
            for many, places in together.items():
                given = many(conn, [batch[place].item for place in places])
                if len(given) != len(places):
                    raise ValueError(f"{len(given)} answers to {len(places)} items from {many}")
                for place, answer in zip(places, given, strict=True):
                    answers[place] = answer
            return answers

        return await self._transactions.run(work)

    async def _failed(self, batch: Sequence[_Waiting], error: Exception) -> None:
        if is_unavailable(error):
            log.warning("store unavailable", cause=str(error), works=len(batch))
            await self._transactions.reset()
            trouble = unavailable(error, "the database cannot be written")
            _refuse(batch, trouble.detail, error, type(trouble))
            self.alarm(trouble)
        elif len(batch) > 1:
            for waiting in batch:  # so that the bad work fails alone
                await self._turn([waiting])
        elif not batch[0].done.done():
            batch[0].done.set_exception(error)


def _call(listeners: Iterable[Callable[[], None]]) -> None:
    for listener in listeners:
        try:
            listener()
        except Exception:
            log.exception("a listener of the store failed")


def _refuse(
    batch: Iterable[_Waiting],
    detail: str,
    cause: Exception | None = None,
    kind: type[StoreUnavailable] = StoreUnavailable,
) -> None:
    for waiting in batch:
        if not waiting.done.done():
            error = kind(detail)  # one each: they are raised in different tasks
            error.__cause__ = cause
            waiting.done.set_exception(error)
