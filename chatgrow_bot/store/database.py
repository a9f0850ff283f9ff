"""The database as the rest sees it: `read` and `write`, each in one transaction. Works are plain functions
over a connection, so that the nouns stay free of async and several of them make one transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from ..errors import StoreDamaged, StoreUnavailable
from . import damage, engines
from .dialect import is_unavailable, unavailable
from .folder import make_private, mounts, require_local
from .transactions import Work, open_transactions
from .upgrade import upgrade
from .writer import Item, Many, Writer

T = TypeVar("T")

log = structlog.get_logger("chatgrow.store")


class Database:
    """An open database."""

    def __init__(self, readers: AsyncEngine, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def read(self, work: Work[T]) -> T:
        """Run `work` in a transaction that sees one moment and cannot write.

        StoreUnavailable when the database cannot be read; what the work raises comes through.
        """
        try:
            async with self._readers.connect() as conn:
                return await conn.run_sync(work)
        except Exception as error:
            if not is_unavailable(error):
                raise
            trouble = unavailable(error, "the database cannot be read")
            if isinstance(trouble, StoreDamaged):  # what else keeps a reader out concerns nobody else
                self._writer.alarm(trouble)
            raise trouble from error

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction shared with whatever else waits; answer once it is safe on the disk.

        The work may run more than once, in a thread, and must do nothing but use its connection. If it
        raises, it alone is rolled back and the error comes through (IntegrityError, for one).
        StoreUnavailable when the disk is full, read-only, failing or locked: the next write tries again by
        itself. (A PostgreSQL server lost in mid-commit may have taken it: repeat with the same ids.)
        Cancelled, it is committed whole or not at all.
        """
        return await self._writer.put(_each, work)

    async def write_together(self, many: Many[Item, T], item: Item) -> T:
        """As `write`, for what is cheaper by the dozen.

        `many(conn, items)` takes this item together with those of other callers that wait with it, also where
        other writes stand between them, and gives one answer for each, in order. If it raises, each item is
        tried alone.
        """
        return await self._writer.put(many, item)

    async def clear_remains(self, names: Collection[str] | None = None) -> None:
        """See to it that what was deleted is nowhere in the database's own files any more: what names one of
        these, by digits, or anything at all, which takes longer. On PostgreSQL that is for its autovacuum.
        StoreUnavailable, for one when a full disk has no room for it."""
        await self._writer.clear_remains(names)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Have `callback` called on the loop after each commit; it must be quick."""
        self._writer.listeners.append(callback)

    def on_trouble(self, callback: Callable[[StoreUnavailable], None]) -> None:
        """Have `callback` called on the loop whenever the database could not be written, or is found damaged;
        it must be quick."""
        self._writer.alarms.append(callback)


@asynccontextmanager
async def open_database(
    url: str, *, migrate: bool = True, carried: Mapping[str, Any] | None = None
) -> AsyncIterator[Database]:
    """The database at `url` (`sqlite:///path` or `postgresql://...`), migrated first.

    What is `carried` is in the `info` of the connection that a write is given, and never in the database.
    Leaving commits every write that was accepted. ConfigError for an address that cannot be used,
    StoreUnavailable for a database that cannot.
    """
    address = engines.parse(url)
    if file := engines.sqlite_file(address):
        require_local(file, mounts())
        make_private(file)
    if file and migrate:
        await asyncio.to_thread(damage.refuse, file)
    if migrate:
        await upgrade(url)
    readers, transactions = engines.reading(address), open_transactions(address, carried)
    writer = Writer(transactions)
    database = Database(readers, writer)
    try:
        log.info("database open", version=await database.read(_version))
        async with writer.running():
            yield database
    finally:
        await transactions.close()
        await readers.dispose()


def _each(conn: Connection, works: Sequence[Work[T]]) -> Sequence[T]:
    return [work(conn) for work in works]


def _version(conn: Connection) -> str:
    return f"{conn.dialect.name} {'.'.join(map(str, conn.dialect.server_version_info or ()))}"
