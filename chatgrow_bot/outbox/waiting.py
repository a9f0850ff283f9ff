"""Who waits for a message to leave. One reader follows the journal for all of them, and only while there are
any: a thousand that wait cost no more looks than one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import MessageNotFound, StoreUnavailable
from ..messages import UNSENT, Delivery, State
from ..store import journal
from ..store.database import Database
from ..store.journal import Entry
from ..store.rows import Outgoing, outgoing

#: Facts read at once; seconds after which the reader looks without having been woken, and after a failure.
_BATCH, _POLL, _PATIENCE = 500, 5.0, 1.0
#: Nothing comes of it any more by itself: it has left, has ended, or a person decides.
_AT_REST = frozenset({*State} - {*UNSENT}) | {State.QUARANTINED}

log = structlog.get_logger("chatgrow.outbox")


class Waiting:
    """Wakes whoever waits."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiters: dict[str, set[asyncio.Event]] = {}  #: by message id
        self._position = 0  #: in the journal: all of them have heard what is told up to there
        self._first = asyncio.Event()
        self._news = asyncio.Event()
        db.on_commit(self._poke)

    def __len__(self) -> int:
        return sum(map(len, self._waiters.values()))

    def _poke(self) -> None:
        # The old event wakes the reader; a new one is there for when it waits again.
        self._news.set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Read what is told, until cancelled."""
        while True:
            await self._first.wait()
            news = self._news
            try:
                if not await self._look():
                    await self._clock.wait(news, _POLL)
            except StoreUnavailable as error:
                log.warning("those who wait for a message cannot be told yet", cause=error.detail)
                await self._clock.sleep(_PATIENCE)
            except Exception:  # the hub must not end with it
                log.exception("those who wait for a message cannot be told yet")
                await self._clock.sleep(_PATIENCE)

    async def _look(self) -> bool:
        since = self._position
        entries = await self._db.read(lambda conn: journal.read_after(conn, since, _BATCH))
        for entry in entries:
            for waiter in self._waiters.get(_come_to_rest(entry), ()):
                waiter.set()
        if entries and self._position == since:  # else somebody came meanwhile who has not heard as much
            self._position = entries[-1].position
        return bool(entries)

    async def until_at_rest(self, tenant: str, message_id: str, seconds: float) -> Delivery:
        """A message once it has left, has ended or waits for a person; as it is then, or after so many
        seconds. Raises MessageNotFound."""
        delivery, position = await self._db.read(lambda conn: _look_up(conn, tenant, message_id))
        if delivery.state in _AT_REST or seconds <= 0:
            return delivery
        async with self._waiter(message_id, position) as waiter:
            await self._clock.wait(waiter, seconds)
        return (await self._db.read(lambda conn: _look_up(conn, tenant, message_id)))[0]

    @asynccontextmanager
    async def _waiter(self, message_id: str, position: int) -> AsyncIterator[asyncio.Event]:
        self._position = min(position, self._position) if self._waiters else position
        waiter = asyncio.Event()
        self._waiters.setdefault(message_id, set()).add(waiter)
        self._first.set()
        self._poke()  # what it waits for may have been told since it looked
        try:
            yield waiter
        finally:
            self._waiters[message_id].discard(waiter)
            if not self._waiters[message_id]:
                del self._waiters[message_id]
            if not self._waiters:
                self._first.clear()


def _come_to_rest(entry: Entry) -> str:
    """The message that has; none when a fact tells of something else, or cannot be read: one of another
    version must not keep the others from being heard."""
    match entry:
        case Entry(hook="on_outbound", body={"id": str(message_id), "state": str(state)}) if (
            state in _AT_REST
        ):
            return message_id
    return ""


def _look_up(conn: Connection, tenant: str, message_id: str) -> tuple[Delivery, int]:
    """A message, and how far the journal goes that was written until then."""
    row: Outgoing | None = outgoing(conn, tenant, message_id)
    if row is None:
        raise MessageNotFound(f"There is no message '{message_id}'")
    return row.delivery, journal.head(conn)
