"""Every statement that is made for a request, and whether it names whose rows it means."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

from aiohttp import web
from sqlalchemy import Connection, Engine, event

from chatgrow_bot.hub import Role
from chatgrow_bot.plugin import IDENTITY, Route
from chatgrow_bot.server import create_app
from chatgrow_bot.store import account_tables, tables
from chatgrow_bot.store.database import Database

#: Statements on users' rows that name no user: a part of their words, and why that is right.
CORE_ONLY: Mapping[str, str] = {
    "SELECT connections.tenant FROM connections WHERE connections.id = ?": "asks who the owner is",
    "FROM logins WHERE logins.id = ?": "asks whose login it is, by what only he has",
    "UPDATE connections SET epoch=?": "the hub's own claim on all connections, when a keeper starts",
    'SELECT connections.id, users."plan" FROM connections JOIN users': "the pace of all lanes",
    "count(*) AS count_1 FROM outbox WHERE outbox.connection_id = ? AND outbox.lane = ?":
        "how many stand before, on a connection whose owner was asked for in the same call",
    "FROM webhook_keys WHERE webhook_keys.connection_id = ? AND (webhook_keys.expires_at IS NULL":
        "of a connection whose owner was asked for in the same transaction",
    "AND outbox.connection_id IN (": "figures of the caller's own connections, by their names",
    "SELECT journal.at FROM journal ORDER BY": "whether facts are told in time; a time and nothing else",
    "SELECT max(journal.position)": "how many facts there are",
    "SELECT min(journal.position)": "how many facts are kept",
    "FROM journal WHERE journal.position > ?": "read once for all who listen; each is told what `Wish.meets`",
    "SELECT count(*) AS count_1 FROM (SELECT ? AS": "whether queues stand still; figures for health",
    "FROM counts WHERE counts.tenant = ?": "the whole hub's, kept under no user's name",
    "UPDATE conversations SET": "one that was found as its owner's in the same transaction",
    "FROM conversations WHERE conversations.id = ?;": "the same one, as it is then",
    "DELETE FROM dialogues WHERE dialogues.connection_id = ? AND dialogues.chat = ?":
        "of a connection whose owner was asked for in the same transaction",
    "AND outbox.source != ? AND outbox.chat = ?;": "the same",
    "outbox.id IN (?) AND (EXISTS (SELECT * FROM consent WHERE consent.tenant = outbox.tenant":
        "what was stored for its owner in the same transaction, against his own list",
}  # fmt: skip
#: The same, of an admin alone, who may ask for everybody's.
FOR_ADMINS: Mapping[str, str] = {
    "GROUP BY outbox.connection_id": "how many messages wait, and how",
    "GROUP BY outbox.tenant": "the same",
    "SELECT connections.id, connections.paused, connections.paused_because FROM connections ORDER BY":
        "how many connections are paused",
    "FROM counts WHERE counts.day BETWEEN": "what was counted",
}  # fmt: skip

#: A route, the user who asks, and what statements may leave him out.
_Whose = tuple[str, str, Sequence[str]]
#: The route and the user of the request that is being answered, and of the work that runs for it.
_REQUEST: ContextVar[_Whose | None] = ContextVar("request", default=None)
_WORK: ContextVar[_Whose | None] = ContextVar("work", default=None)
_OWNED = {
    table.name
    for module in (tables, account_tables)
    for table in module.metadata.tables.values()
    if {"tenant", "user_id"} & set(table.columns.keys())
}
_READS = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+\"?(\w+)\"?", re.IGNORECASE)
_NAMES = re.compile(r"\b(?:tenant|user_id)\b")


@dataclass
class Statements:
    """What was seen."""

    seen: int = 0  #: on users' rows
    allowed: int = 0  #: of them, listed above
    loose: dict[tuple[str, str], str] = field(default_factory=dict)  #: by route and table, the statement

    def note(self, statement: str, parameters: Any) -> None:
        """One statement, on its way to the database."""
        if (whose := _WORK.get()) is None or statement.lstrip()[:6].upper() == "INSERT":
            return
        owned = [name for name in dict.fromkeys(_READS.findall(statement)) if name in _OWNED]
        self.seen += bool(owned)
        statement = f"{' '.join(statement.split())};"
        if any(part in statement for part in whose[2]):
            self.allowed += bool(owned)
        elif owned and not (_NAMES.search(statement) and whose[1] in _flat(parameters)):
            self.loose.setdefault((whose[0], owned[0]), statement[:300])

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at all that happens while a hub is opened and used."""

        def note(conn: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
            self.note(statement, parameters)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            with (
                mock.patch("chatgrow_bot.app.create_app", self._served(create_app)),
                mock.patch.object(Database, "read", self._attributed(Database.read)),
                mock.patch.object(Database, "write", self._attributed(Database.write)),
            ):
                yield
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    def _served(self, create: Callable[..., web.Application]) -> Callable[..., web.Application]:
        def created(routes: Iterable[tuple[str, Route]], **more: Any) -> web.Application:
            return create([(by, self._marked(route)) for by, route in routes], **more)

        return created

    def _marked(self, route: Route) -> Route:
        handler = route.handler

        async def marked(request: web.Request) -> web.StreamResponse:
            who = request.get(IDENTITY)
            admin = who is not None and who.role is Role.ADMIN
            listed = [*CORE_ONLY, *(FOR_ADMINS if admin else ())]
            token = _REQUEST.set((f"{route.method} {route.path}", who.user_id if who else "", listed))
            try:
                return await handler(request)
            finally:
                _REQUEST.reset(token)

        marked.__doc__ = handler.__doc__
        return replace(route, handler=marked)

    def _attributed(self, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A read or a write whose statements are those of the request that asks for it, also in the writer's
        thread."""

        async def attributed(database: Database, work: Callable[[Connection], Any]) -> Any:
            whose = _REQUEST.get()

            def known(conn: Connection) -> Any:
                token = _WORK.set(whose)
                try:
                    return work(conn)
                finally:
                    _WORK.reset(token)

            return await run(database, known)

        return attributed


def _flat(parameters: Any) -> Iterator[Any]:
    """All values, whichever way they are given."""
    if isinstance(parameters, Mapping):
        yield from parameters.values()
    elif isinstance(parameters, list | tuple):
        for each in parameters:
            yield from _flat(each) if isinstance(each, list | tuple | Mapping) else (each,)
