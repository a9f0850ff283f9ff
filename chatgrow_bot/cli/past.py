"""What a connection wrote, for words of plugins. It only reads, so it works beside a hub that runs as well as
without one."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ..config.load import load
from ..errors import ConnectionNotFound, StoreUnavailable
from ..history import History
from ..hub import Wanted, Written
from ..store import connections, engines
from ..store.database import Database, open_database

#: Messages that are read at once.
_PAGE = 5_000


def kept(config: Path, connection_id: str, since: datetime | None) -> tuple[str, Sequence[Written]]:
    """Whose connection it is, and all that is kept of what it wrote and was written since then, newest first.
    Raises ConnectionNotFound, InvalidConfig, StoreUnavailable."""
    address = load(config, os.environ).settings.database_url
    file = engines.sqlite_file(engines.parse(address))
    if file and not file.exists():  # no hub has been here yet; opening it would make one
        raise _unknown(connection_id)
    return asyncio.run(_read(address, connection_id, since))


async def _read(address: str, connection_id: str, since: datetime | None) -> tuple[str, Sequence[Written]]:
    async with open_database(address, migrate=False) as db:
        try:
            tenant = await db.read(lambda conn: connections.owner(conn, connection_id))
            if tenant is None:
                raise _unknown(connection_id)
            return tenant, await _messages(db, tenant, connection_id, since)
        except DBAPIError as error:
            raise StoreUnavailable("The tables are not this version's: start the hub once") from error


async def _messages(
    db: Database, tenant: str, connection_id: str, since: datetime | None
) -> Sequence[Written]:
    history, before, written = History(db), "", list[Written]()
    while True:
        wanted = Wanted(connections=frozenset({connection_id}), since=since, before=before, limit=_PAGE)
        page = await history.messages(tenant, wanted)
        written += page.messages
        if not (before := page.next):
            return written


def _unknown(connection_id: str) -> ConnectionNotFound:
    return ConnectionNotFound(
        f"There is no connection '{connection_id}'; `chatgrow sessions list` names those there are"
    )
