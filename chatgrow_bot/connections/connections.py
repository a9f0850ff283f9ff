"""The WhatsApp connections: who owns which, and a keeper for each. What one *does* is in keeper.py."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..clock import Clock
from ..config.connection import ConnectionSettings
from ..config.models import Settings
from ..engine import Session
from ..errors import (
    ChatgrowError,
    Conflict,
    ConnectionNotFound,
    ConnectionNotReady,
    InvalidPhoneNumber,
    NotFound,
    RateLimitExceeded,
)
from ..hub import ConnectionView, Identity, PairingCode, Picture, QrCode
from ..messages import ConnectionState, Fault
from ..store import connections as store
from ..store import steps
from ..store.database import Database
from .handover import Handover, Roads
from .keeper import Keeper
from .requests import check_id, check_settings, phone

#: Seconds to unlink an account politely before its connection is deleted.
_GOODBYE = 10.0

log = structlog.get_logger("chatgrow.connections")


class Connections:
    """All connections of this process."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        settings: Settings,
        roads: Roads,
        report: Callable[[Fault], None],
        epoch: int,
        chance: Random,
    ) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings
        self._roads = roads
        self._epoch = epoch
        self._chance = chance
        self._views: dict[str, ConnectionView] = {}
        self._handover = Handover(db, clock, self._views, roads, report)
        self._keepers: dict[str, Keeper] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._own: dict[str, ConnectionSettings] = {}  #: each one's settings, worked out once
        self._group: asyncio.TaskGroup | None = None
        self._changing = asyncio.Lock()  #: two at once would both fit under a limit, or undo each other
        self._leaving: set[str] = set()  #: being deleted: nobody's any more

    async def load(self) -> None:
        """Learn which connections there are, and take them for this process."""

        def work(conn: Connection) -> Sequence[ConnectionView]:
            store.own(conn, self._epoch)
            return store.every(conn)

        self._views.update((view.connection_id, view) for view in await self._db.write(work))

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
            engine=lambda: self._roads.engine(self.settings(connection_id).engine),
            patience=lambda: self.settings(connection_id),
            listener=self._handover,
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
        view = self._views.get(connection_id)
        if view is None:  # deleted, with messages that somebody still asks about
            return self._settings.for_connection({})
        if connection_id not in self._own:
            self._own[connection_id] = self._settings.for_connection(view.settings)
        return self._own[connection_id]

    # what their owners ask (hub.Connections)

    async def create(
        self, who: Identity, connection_id: str, name: str, phone_number: str, settings: Mapping[str, Any]
    ) -> ConnectionView:
        """Make a connection and start it."""
        check_id(connection_id)
        number = phone(phone_number)
        check_settings(self._settings, settings)
        now = self._clock.now()
        view = ConnectionView(
            connection_id=connection_id,
            tenant=who.user_id,
            name=name,
            phone_number=number,
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

        async with self._changing:
            self._admit(who)
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
        if view is None or view.tenant != tenant or connection_id in self._leaving:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")
        return view

    async def change(self, tenant: str, connection_id: str, patch: Mapping[str, Any]) -> ConnectionView:
        """Merge into what there is."""
        async with self._changing:
            view = await self.get(tenant, connection_id)
            values: dict[str, Any] = {}
            if "name" in patch:
                values["name"] = patch["name"]
            if "phoneNumber" in patch:
                values["phone_number"] = phone(patch["phoneNumber"])
            if "settings" in patch:
                values["settings"] = {**view.settings, **patch["settings"]}
                check_settings(self._settings, values["settings"])
            if values:
                await self._db.write(lambda conn: store.change(conn, tenant, connection_id, values))
                view = await self.get(tenant, connection_id)  # its state may have changed meanwhile
                self._views[connection_id] = replace(view, **values)
                self._own.pop(connection_id, None)
        return await self.get(tenant, connection_id)

    async def delete(self, tenant: str, connection_id: str) -> None:
        """Stop it, unlink it if that is possible, remove its session, end what waits on it, forget it."""
        view = await self.get(tenant, connection_id)
        self._leaving.add(connection_id)
        try:
            await self._say_goodbye(connection_id)
            task = self._tasks[connection_id]
            task.cancel()
            await asyncio.wait([task])
            # Before its id is free again: whoever takes the id must not find this login.
            await asyncio.to_thread(shutil.rmtree, self._folder(view), ignore_errors=True)
            now = self._clock.now()

            def work(conn: Connection) -> None:
                steps.end_all(conn, tenant, connection_id, now, "its connection was deleted")
                store.remove(conn, tenant, connection_id)

            await self._db.write(work)
            for each in (self._tasks, self._keepers, self._views, self._own):
                each.pop(connection_id, None)
        finally:
            self._leaving.discard(connection_id)

    async def _say_goodbye(self, connection_id: str) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await self._keepers[connection_id].log_out()
        except Exception as error:  # an engine's fault must not make it undeletable
            log.warning("could not unlink before deletion", connection=connection_id, error=str(error))

    async def qr(self, tenant: str, connection_id: str) -> QrCode:
        """The code to scan now."""
        await self.get(tenant, connection_id)
        code = await self._keepers[connection_id].linking.qr()
        return code or await self._no_code(tenant, connection_id, "QR code")

    async def pairing_code(self, tenant: str, connection_id: str, number: str = "") -> PairingCode:
        """A code to type on the phone of this number, or of the connection's own."""
        view = await self.get(tenant, connection_id)
        known = phone(number or view.phone_number)
        if not known:
            raise InvalidPhoneNumber("The number of the phone to link is not known")
        code = await self._keepers[connection_id].linking.pairing_code(known.removeprefix("+"))
        return code or await self._no_code(tenant, connection_id, "pairing code")

    async def _no_code(self, tenant: str, connection_id: str, what: str) -> NoReturn:
        view = await self.get(tenant, connection_id)  # it may have been deleted meanwhile
        why = "it is linked already" if view.state is ConnectionState.ONLINE else view.reason
        said = f"Connection '{connection_id}' is {view.state} and shows no {what}"
        raise ConnectionNotReady(f"{said}: {why}" if why else said, state=view.state)

    async def reconnect(self, tenant: str, connection_id: str) -> None:
        """Start it again now, forgetting earlier failures."""
        await self.get(tenant, connection_id)
        self._keepers[connection_id].reconnect()

    async def pause(self, tenant: str, connection_id: str, reason: str) -> ConnectionView:
        """Let nothing leave from it."""
        return await self._let(tenant, connection_id, {"paused": True, "paused_because": reason})

    async def resume(self, tenant: str, connection_id: str) -> ConnectionView:
        """Let messages leave again, first contacts too."""
        free = {"paused": False, "paused_because": "", "first_contacts_until": None}
        view = await self._let(tenant, connection_id, free)
        self._roads.freed(connection_id)
        return view

    async def _let(self, tenant: str, connection_id: str, values: Mapping[str, Any]) -> ConnectionView:
        async with self._changing:
            await self.get(tenant, connection_id)
            await self._db.write(lambda conn: store.change(conn, tenant, connection_id, values))
            view = replace(await self.get(tenant, connection_id), **values)
            self._views[connection_id] = view
            return view

    async def picture(self, tenant: str, connection_id: str) -> Picture:
        """The page as it was when a person had to look."""
        await self.get(tenant, connection_id)
        picture = self._keepers[connection_id].picture
        if picture is None:
            raise NotFound(f"There is no picture of connection '{connection_id}': nobody has to look at it")
        return picture
