"""Tells plugins what happened: each instance has a reader of the journal with a bookmark of its own, so that
a slow or failing plugin delays only itself and a restart loses nothing."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count

import structlog
from sqlalchemy import Connection

from .clock import Clock
from .errors import ChatgrowError, PluginError, ReceiverDown, StoreUnavailable
from .hooks import Hooks
from .logs import logged
from .messages import Fact, Fault
from .store import journal
from .store.database import Database
from .store.journal import Entry

#: Seconds before each further try of a fact that a plugin failed at; after the last one it is parked.
RETRIES = (1.0, 5.0, 15.0, 30.0)
#: Facts read at once, and seconds after which one looks without having been woken.
BATCH, POLL = 100, 5.0
#: Seconds for which told facts may go unmarked, so that a burst does not cost a write each. It is also marked
#: at the end of a batch, before a wait and when the reader stops: only a crash tells such facts again.
STALE = 1.0
#: Seconds before a reader that met an error of ours goes on; the longest that a receiver may ask us to wait.
AFTER_AN_ERROR, LONGEST_WAIT = 5.0, 3600.0
#: Seconds of errors of ours after which a reader is stuck. One whose receiver is down is not.
STUCK = 120.0

log = structlog.get_logger("chatgrow.facts")

_keys: ContextVar[Iterator[str] | None] = ContextVar("chatgrow_fact_keys", default=None)


def next_key() -> str | None:
    """Within a fact's hook, the key of the next thing it sends: the same when the fact is told again, so that
    a repeat makes no double. Elsewhere None."""
    keys = _keys.get()
    return next(keys) if keys else None


@contextmanager
def keyed(prefix: str | None) -> Iterator[None]:
    """Number what is sent within; None numbers nothing."""
    token = _keys.set((f"{prefix}:{number}" for number in count()) if prefix else None)
    try:
        yield
    finally:
        _keys.reset(token)


@dataclass(slots=True)
class _Reader:
    """How far one instance has come, and how far that is written down."""

    instance: str
    position: int
    marked: int
    marked_at: float
    failing_since: float | None = None


class Facts:
    """The journal's readers."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        report: Callable[[Fault], None],
        is_logged: Callable[[str], bool] = lambda connection_id: True,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._report = report
        self._is_logged = is_logged  #: whether a connection's facts have lines in whatsapp.log
        self._news = asyncio.Event()
        self._readers: dict[str, _Reader] = {}

    @property
    def are_stuck(self) -> bool:
        """Whether any reader has not been able to read the journal for long."""
        now, readers = self._clock.monotonic(), self._readers.values()
        return any(r.failing_since is not None and now - r.failing_since > STUCK for r in readers)

    def poke(self) -> None:
        """There may be new facts."""
        # The old event wakes who waits; a new one is there for whoever reads from now on.
        self._news.set()
        self._news = asyncio.Event()

    async def begin(self, instance: str) -> int:
        """Where an instance left off; one that has never read starts with what happens from now on."""

        def work(conn: Connection) -> int:
            position = journal.bookmark(conn, instance)
            if position is None:
                position = journal.head(conn)
                journal.move(conn, instance, position)
            return position

        return await self._db.write(work)

    async def follow(self, instance: str, position: int) -> None:
        """Tell an instance every fact after `position` that it may hear, in order, until cancelled."""
        reader = _Reader(instance, position, position, self._clock.monotonic())
        self._readers[instance] = reader
        try:
            while True:
                await self._read_on(reader)
        finally:
            self._readers.pop(instance, None)

    async def _read_on(self, reader: _Reader) -> None:
        """Tell what there is, or wait for it."""
        news = self._news
        try:
            is_done = not await self._batch(reader)
            reader.failing_since = None
            if is_done:
                await self._clock.wait(news, POLL)
        except Exception as error:  # whatever it is, a reader that ended would make its plugin deaf
            log.exception(
                "the facts cannot be read on yet", plugin=reader.instance, error=type(error).__name__
            )
            if reader.failing_since is None:
                reader.failing_since = self._clock.monotonic()
            await self._clock.sleep(AFTER_AN_ERROR)

    async def _batch(self, reader: _Reader) -> bool:
        """Tell what there is, at most BATCH; whether there was anything."""
        entries = await self._db.read(lambda conn: journal.read_after(conn, reader.position, BATCH))
        try:
            for entry in entries:
                if self._hooks.hears(reader.instance, entry.hook, entry.tenant):
                    await self._tell(reader, entry)
                reader.position = entry.position
                if self._clock.monotonic() - reader.marked_at >= STALE:
                    await self._mark(reader)
            await self._mark(reader)
        except asyncio.CancelledError:
            with suppress(ChatgrowError):  # then they are told again; being stopped goes on
                await self._mark(reader)
            raise
        return bool(entries)

    async def _tell(self, reader: _Reader, entry: Entry) -> None:
        """One fact, tried until it is taken or parked."""
        try:
            fact = await self._db.read(lambda conn: journal.load(conn, entry))
        except StoreUnavailable:
            raise
        except Exception as error:
            await self._park(reader, entry, f"it cannot be read: {type(error).__name__}")
            return
        if fact is None or (isinstance(fact, Fault) and fact.where == reader.instance):
            return  # erased since; or about the listener itself, whose next fault would be the next fact
        reason = await self._try(reader, entry, fact)
        for wait in RETRIES:
            if reason is None:
                return
            await self._pause(reader, wait)
            reason = await self._try(reader, entry, fact)
        if reason is not None:
            await self._park(reader, entry, reason)

    async def _try(self, reader: _Reader, entry: Entry, fact: Fact) -> str | None:
        """Tell a fact once the plugin is awake and its receiver there; why it failed, or None."""
        tell = getattr(self._hooks, entry.hook)  # the journal names each fact by the hook that hears it
        while True:
            while rest := self._hooks.isolation.asleep(reader.instance):
                await self._pause(reader, rest)
            try:
                wanted = logged(not entry.connection_id or self._is_logged(entry.connection_id))
                with keyed(f"fact:{entry.position}:{reader.instance}"), wanted:
                    await tell(reader.instance, fact)
            except ReceiverDown as down:
                seconds = min(max(1.0, down.seconds), LONGEST_WAIT)
                log.info("a receiver is down; its facts wait", plugin=reader.instance, seconds=seconds)
                await self._pause(reader, seconds)
            except PluginError as error:
                return error.detail
            else:
                return None

    async def _pause(self, reader: _Reader, seconds: float) -> None:
        await self._mark(reader)
        await self._clock.sleep(seconds)

    async def _mark(self, reader: _Reader) -> None:
        position = reader.position
        if position != reader.marked:
            await self._db.write(lambda conn: journal.move(conn, reader.instance, position))
            reader.marked = position
        reader.marked_at = self._clock.monotonic()

    async def _park(self, reader: _Reader, entry: Entry, reason: str) -> None:
        now = self._clock.now()

        def work(conn: Connection) -> None:  # with the bookmark: what is parked is not told again
            journal.park(conn, reader.instance, entry, reason, now)
            journal.move(conn, reader.instance, entry.position)

        await self._db.write(work)
        reader.position = reader.marked = entry.position
        self._report(
            Fault(
                where=reader.instance,
                reason=f"fact {entry.position} is set aside: {reason}",
                tenant=entry.tenant,
                connection_id=entry.connection_id,
                at=now,
            )
        )
