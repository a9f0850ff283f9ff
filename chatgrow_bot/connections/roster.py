"""The connections that there are, and what their owners say of them: memory and database, no sessions."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from ..background import to_the_end
from ..clock import Clock
from ..config.connection import ConnectionSettings
from ..config.models import Settings
from ..errors import ChatgrowError, ConnectionNotFound
from ..hub import ConnectionView
from ..store import connections as store
from ..store import halts, places
from ..store.database import Database
from .requests import check_settings, phone

T = TypeVar("T")


class Roster:
    """What Connections knows of each without asking its keeper."""

    def __init__(
        self, db: Database, clock: Clock, settings: Settings, epoch: int, freed: Callable[[str], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._epoch = epoch
        self._freed = freed  #: a connection is no longer paused
        self._views: dict[str, ConnectionView] = {}
        self._own: dict[str, ConnectionSettings] = {}  #: each one's settings, worked out once
        self._changing = asyncio.Lock()  #: two at once would both fit under a limit, or undo each other
        self._leaving: set[str] = set()  #: being deleted: nobody's any more
        self._asks: asyncio.TaskGroup | None = None  #: what was asked for and is done whole

    async def load(self) -> None:
        """Learn which connections there are, and take them for this process."""

        def work(conn: Connection) -> Sequence[ConnectionView]:
            store.own(conn, self._epoch)
            return store.every(conn)

        self._views.update((view.connection_id, view) for view in await self._db.write(work))

    def view(self, connection_id: str) -> ConnectionView:
        """A connection as it is now, whoever owns it."""
        return self._views[connection_id]

    def settings(self, connection_id: str) -> ConnectionSettings:
        """A connection's own settings over the defaults."""
        view = self._views.get(connection_id)
        if view is None:  # deleted, with messages that somebody still asks about
            return self._settings.for_connection({})
        if connection_id not in self._own:
            self._own[connection_id] = self._settings.for_connection(view.settings)
        return self._own[connection_id]

    # what their owners ask (hub.Connections)

    async def list(self, tenant: str) -> Sequence[ConnectionView]:
        """All of a tenant's, oldest first."""
        return [view for view in self._views.values() if view.tenant == tenant]

    async def get(self, tenant: str, connection_id: str) -> ConnectionView:
        """One of them."""
        view = self._views.get(connection_id)
        if view is None or view.tenant != tenant or connection_id in self._leaving:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")
        return view

    async def change(self, tenant: str, connection_id: str, patch: Mapping[str, Any]) -> ConnectionView:
        """Merge into what there is."""
        return await self._whole(lambda: self._merge(tenant, connection_id, patch), connection_id)

    async def _merge(self, tenant: str, connection_id: str, patch: Mapping[str, Any]) -> ConnectionView:
        async with self._changing:
            view = await self.get(tenant, connection_id)
            values: dict[str, Any] = {key: patch[key] for key in ("name",) if key in patch}
            if "phoneNumber" in patch:
                values["phone_number"] = phone(patch["phoneNumber"])
            if "settings" in patch:
                values["settings"] = {**view.settings, **patch["settings"]}
                check_settings(self._settings, values["settings"])
            if values:
                await self._db.write(lambda conn: store.change(conn, tenant, connection_id, values))
                self._views[connection_id] = replace(self._views[connection_id], **values)
                self._own.pop(connection_id, None)
            return self._views[connection_id]

    async def pause(self, tenant: str, connection_id: str, reason: str) -> ConnectionView:
        """Let nothing leave from it."""
        shut = {"paused": True, "paused_because": reason}
        return await self._let(
            tenant, connection_id, shut, f"connection '{connection_id}' is paused: {reason}"
        )

    async def resume(self, tenant: str, connection_id: str, by: str = "its owner") -> ConnectionView:
        """Let messages leave again, first contacts too."""
        free = {"paused": False, "paused_because": "", "first_contacts_until": None}
        return await self._let(
            tenant, connection_id, free, f"connection '{connection_id}' was let go by {by}"
        )

    def first_contacts_until(self, connection_id: str) -> datetime | None:
        """Until then nobody is written to for the first time."""
        view = self._views.get(connection_id)
        return view.first_contacts_until if view else None

    async def pause_first_contacts(self, connection_id: str, until: datetime) -> None:
        """Let nobody be written to for the first time until then. Raises ConnectionNotFound."""
        view = self._views.get(connection_id)
        await self._let(view.tenant if view else "", connection_id, {"first_contacts_until": until})

    async def _let(
        self, tenant: str, connection_id: str, values: Mapping[str, Any], said: str = ""
    ) -> ConnectionView:
        now = self._clock.now()

        def work(conn: Connection) -> None:
            store.change(conn, tenant, connection_id, values)
            if said:
                halts.tell(conn, said, now, tenant, connection_id)
            if values.get("first_contacts_until", now) is None:
                places.release(conn, connection_id, now)

        async def let() -> ConnectionView:
            async with self._changing:
                await self.get(tenant, connection_id)
                await self._db.write(work)
                view = replace(self._views[connection_id], **values)
                self._views[connection_id] = view
            if not values.get("paused", True):
                self._freed(connection_id)
            return view

        return await self._whole(let, connection_id)

    async def _whole(self, work: Callable[[], Awaitable[T]], connection_id: str) -> T:
        """Do what was asked for to its end, also when who asked goes away: what is on disk and what is known
        here would say different things until the next start."""
        if self._asks is None:
            raise ChatgrowError("The connections are not running")
        return await to_the_end(self._asks, work, f"asked:{connection_id}")
