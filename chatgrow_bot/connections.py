"""The WhatsApp connections: who owns which, and a keeper for each. What one *does* is in keeper.py."""

import asyncio
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Protocol

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from .addresses import chat_of, phone_of
from .clock import Clock
from .config.connection import ConnectionSettings
from .config.models import Settings
from .engine import Ack, Arrival, Engine, Session
from .errors import (
    BadInput,
    ChatgrowError,
    Conflict,
    ConnectionNotFound,
    ConnectionNotReady,
    EngineError,
    RateLimitExceeded,
)
from .hub import ConnectionView, Identity, QrCode
from .keeper import Keeper
from .messages import ConnectionChange, ConnectionState
from .store import connections as store
from .store import outbox as stored_outbox
from .store.database import Database

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Seconds to unlink an account politely before its connection is deleted.
_GOODBYE = 10.0

log = structlog.get_logger("chatgrow.connections")


class Doors(Protocol):
    """Where messages and acks go, and who is told that a connection is in sync."""

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """Into the way in."""
        ...

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """To the way out."""
        ...

    def online(self, connection_id: str) -> None:
        """Messages may leave."""
        ...

    def engine(self, name: str) -> Engine:
        """The engine of this name. Raises EngineError when no plugin offers it."""
        ...


class Connections:
    """All connections of this process. It is also what their keepers hand things on to."""

    def __init__(
        self, *, db: Database, clock: Clock, settings: Settings, doors: Doors, epoch: int, chance: Random
    ) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._doors = doors
        self._epoch = epoch
        self._chance = chance
        self._views: dict[str, ConnectionView] = {}
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._own: dict[str, ConnectionSettings] = {}  #: each one's settings, worked out once
        self._group: asyncio.TaskGroup | None = None

    async def load(self) -> None:
        """Learn which connections there are, and take them for this process."""

        def work(conn: Connection) -> Sequence[ConnectionView]:
            store.own(conn, self._epoch)
            return store.every(conn)

        self._views = {view.connection_id: view for view in await self._db.write(work)}

    async def run(self) -> None:
        """Keep every connection until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for view in self._views.values():
                self._start(view)
            await asyncio.Event().wait()

    def _start(self, view: ConnectionView) -> None:
        connection_id = view.connection_id
        keeper = Keeper(
            connection_id=connection_id,
            me=view.me,
            folder=self._folder(view),
            engine=lambda: self._doors.engine(self.settings(connection_id).engine),
            patience=lambda: self.settings(connection_id),
            doors=self,
            clock=self._clock,
            chance=self._chance,
        )
        if self._group is None:
            raise ChatgrowError("The connections are not running")
        self._keepers[connection_id] = keeper
        self._tasks[connection_id] = self._group.create_task(keeper.run(), name=f"keeper:{connection_id}")

    def _folder(self, view: ConnectionView) -> Path:
        return self._settings.session_dir / "profiles" / view.connection_id

    # what other parts ask

    def keepers(self) -> Mapping[str, Keeper]:
        """Every keeper, by connection id."""
        return self._keepers

    def view(self, connection_id: str) -> ConnectionView:
        """A connection as it is now, whoever owns it."""
        return self._views[connection_id]

    def ready(self, connection_id: str) -> Session | None:
        """A connection's session while it is online."""
        keeper = self._keepers.get(connection_id)
        return keeper.ready() if keeper else None

    def settings(self, connection_id: str) -> ConnectionSettings:
        """A connection's own settings over the defaults."""
        if connection_id not in self._own:
            view = self._views.get(connection_id)
            self._own[connection_id] = self._settings.for_connection(view.settings if view else {})
        return self._own[connection_id]

    def _check(self, settings: Mapping[str, Any]) -> None:
        try:
            self._settings.for_connection(settings)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"settings.{place}: {first['msg']}") from error

    # what their owners ask (hub.Connections)

    async def create(
        self, who: Identity, connection_id: str, name: str, phone_number: str, settings: Mapping[str, Any]
    ) -> ConnectionView:
        """Make a connection and start it."""
        if not _ID.fullmatch(connection_id):
            raise BadInput(f"connectionId '{connection_id}' is not 1 to 64 of letters, digits, '_' and '-'")
        phone = _phone(phone_number)
        self._check(settings)
        self._admit(who)
        now = self._clock.now()
        view = ConnectionView(
            connection_id=connection_id,
            tenant=who.user_id,
            name=name,
            phone_number=phone,
            settings=dict(settings),
            state=ConnectionState.CREATED,
            reason="",
            paused=False,
            me=None,
            created_at=now,
            state_since=now,
        )

        def work(conn: Connection) -> None:
            store.add(conn, view)
            store.own(conn, self._epoch)

        try:
            await self._db.write(work)
        except IntegrityError as error:
            raise Conflict(f"The connectionId '{connection_id}' is taken") from error
        self._views[connection_id] = view
        self._start(view)
        return self.view(connection_id)

    def _admit(self, who: Identity) -> None:
        most = self._settings.max_connections
        if len(self._keepers) >= most:
            raise RateLimitExceeded(f"This hub keeps {most} connections at most and all are in use")
        mine = sum(view.tenant == who.user_id for view in self._views.values())
        allowed = getattr(self._settings.plans, who.plan).connections
        if allowed is not None and mine >= allowed:
            raise RateLimitExceeded(f"The plan '{who.plan}' allows {allowed} connections and all are in use")

    async def list(self, tenant: str) -> Sequence[ConnectionView]:
        """All of a tenant's, oldest first."""
        return [view for view in self._views.values() if view.tenant == tenant]

    async def get(self, tenant: str, connection_id: str) -> ConnectionView:
        """One of them."""
        view = self._views.get(connection_id)
        if view is None or view.tenant != tenant:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")
        return view

    async def change(self, tenant: str, connection_id: str, patch: Mapping[str, Any]) -> ConnectionView:
        """Merge into what there is."""
        view = await self.get(tenant, connection_id)
        values: dict[str, Any] = {}
        if "name" in patch:
            values["name"] = patch["name"]
        if "phoneNumber" in patch:
            values["phone_number"] = _phone(patch["phoneNumber"])
        if "settings" in patch:
            values["settings"] = {**view.settings, **patch["settings"]}
            self._check(values["settings"])
        if values:
            await self._db.write(lambda conn: store.change(conn, tenant, connection_id, values))
            stored = await self._db.read(lambda conn: store.get(conn, tenant, connection_id))
            if stored:
                self._views[connection_id] = stored
                self._own.pop(connection_id, None)
        return await self.get(tenant, connection_id)

    async def delete(self, tenant: str, connection_id: str) -> None:
        """Stop it, unlink it if that is possible, cancel what waits on it, forget it, remove its session."""
        view = await self.get(tenant, connection_id)
        await self._say_goodbye(connection_id)
        task = self._tasks.pop(connection_id)
        task.cancel()
        await asyncio.wait([task])
        del self._keepers[connection_id], self._views[connection_id]
        self._own.pop(connection_id, None)
        now = self._clock.now()

        def work(conn: Connection) -> None:
            stored_outbox.cancel_all(conn, tenant, connection_id, now, "its connection was deleted")
            store.remove(conn, tenant, connection_id)

        await self._db.write(work)
        await asyncio.to_thread(shutil.rmtree, self._folder(view), ignore_errors=True)

    async def _say_goodbye(self, connection_id: str) -> None:
        session = self.ready(connection_id)
        if session is None:
            return
        try:
            async with asyncio.timeout(_GOODBYE):
                await session.logout()
        except (EngineError, TimeoutError) as error:
            log.warning("could not unlink before deletion", connection=connection_id, error=str(error))

    async def qr(self, tenant: str, connection_id: str) -> QrCode:
        """The code to scan now."""
        await self.get(tenant, connection_id)
        code = await self._keepers[connection_id].qr()
        if code is None:
            view = self.view(connection_id)
            why = f": {view.reason}" if view.reason else ""
            raise ConnectionNotReady(
                f"Connection '{connection_id}' is {view.state} and shows no QR code{why}"
            )
        return code

    async def reconnect(self, tenant: str, connection_id: str) -> None:
        """Start it again now, forgetting earlier failures."""
        await self.get(tenant, connection_id)
        self._keepers[connection_id].reconnect()

    # what their keepers hand on (keeper.Doors)

    async def arrived(self, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page."""
        await self._doors.arrived(self._views[connection_id].tenant, connection_id, arrival)

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of our messages came further."""
        await self._doors.acked(connection_id, ack)

    async def entered(self, connection_id: str, state: ConnectionState, reason: str, me: str | None) -> None:
        """A connection came into another state."""
        view = self._views[connection_id]
        change = ConnectionChange(
            connection_id=connection_id,
            tenant=view.tenant,
            state=state,
            previous=view.state,
            reason=reason,
            at=self._clock.now(),
        )
        self._views[connection_id] = replace(
            view, state=state, reason=reason, state_since=change.at, me=me or view.me
        )
        await self._db.write(lambda conn: store.enter(conn, change, me))

    async def swept_to(self, connection_id: str) -> datetime | None:
        """What came before this is known to be stored."""
        return await self._db.read(lambda conn: store.swept_to(conn, connection_id))

    async def swept(self, connection_id: str, to: datetime) -> None:
        """Everything before `to` is stored."""
        await self._db.write(lambda conn: store.mark_swept(conn, connection_id, to))

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        self._doors.online(connection_id)


def _phone(number: str) -> str:
    """A number in its canonical form; it may be left out, for the scan tells it."""
    if not number:
        return ""
    phone = phone_of(chat_of(number))
    if phone is None:
        raise BadInput(f"phoneNumber '{number}' is not a person's number")
    return phone
