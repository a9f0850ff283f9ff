"""What was written both ways, and with whom, as its owner may ask for it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from .addresses import GROUP, chat_of
from .errors import ConnectionNotFound, NotFound
from .hub import Contact, Page, Wanted
from .store import acquaintances, contacts, listing
from .store import connections as stored_connections
from .store.database import Database


class ContactNotFound(NotFound):
    """GET the connection's contacts for those that it has written with."""

    title = "Contact not found"


class History:
    """Implements `hub.History`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def messages(self, tenant: str, wanted: Wanted) -> Page:
        """A page of a tenant's messages."""
        return await self._db.read(lambda conn: listing.messages(conn, tenant, wanted))

    async def contacts(
        self, tenant: str, connection_id: str, after: str, limit: int
    ) -> tuple[Sequence[Contact], str]:
        """The people of a connection, from behind a chat id on."""

        def look(conn: Connection) -> tuple[Sequence[Contact], str]:
            _require(conn, tenant, connection_id)
            return acquaintances.page(conn, tenant, connection_id, after, limit)

        return await self._db.read(look)

    async def contact(self, tenant: str, connection_id: str, chat: str) -> Contact:
        """One of them. Raises ContactNotFound, InvalidPhoneNumber."""
        asked = chat_of(chat)

        def look(conn: Connection) -> Contact | None:
            _require(conn, tenant, connection_id)
            known = contacts.canonical(conn, connection_id, asked)
            return None if known.endswith(GROUP) else acquaintances.one(conn, tenant, connection_id, known)

        contact = await self._db.read(look)
        if contact is None:
            raise ContactNotFound(f"Connection '{connection_id}' has not written with '{chat}'")
        return contact


def _require(conn: Connection, tenant: str, connection_id: str) -> None:
    if stored_connections.owner(conn, connection_id) != tenant:
        raise ConnectionNotFound(f"There is no connection '{connection_id}'")
