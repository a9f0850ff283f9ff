"""The WhatsApp connections: who owns which, and a keeper for each. What one *does* is in keeper.py."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..clock import Clock
from ..config.models import Settings
from ..engine import Session
from ..errors import (
    Conflict,
    ConnectionNotReady,
    ConnectionStarting,
    InvalidPhoneNumber,
    NotFound,
    RateLimitExceeded,
)
from ..hub import ConnectionView, Identity, PairingCode, Picture, QrCode
from ..messages import ConnectionState, Fault
from ..store import bulk_feeding, happenings, steps
from ..store import connections as store
from ..store.database import Database
from .fleet import Fleet
from .handover import Handover, Roads
from .keeper import Keeper
from .linking import COMING
from .requests import check_id, check_settings, phone
from .roster import Roster

#: Seconds after which a refused connection may be asked for again: its limit renews with no time of day, but
#: somebody may have made room.
_RETRY_AFTER = 3600
#: Seconds to unlink an account politely before its connection is deleted.
_GOODBYE = 10.0

log = structlog.get_logger("chatgrow.connections")


class Connections(Roster):
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
        super().__init__(db, clock, settings, epoch, roads.freed)
        self._report = report
        self._fleet = Fleet(
            clock=clock,
            chance=chance,
            folder=settings.session_dir / "profiles",
            most=settings.max_connections,
            reserve=settings.memory_reserve,
            listener=Handover(db, clock, self._views, roads, report, self._notifies),
            engine=roads.engine,
            settings=self.settings,
        )

    def _notifies(self, connection_id: str) -> bool:
        leaves = connection_id in self._leaving  # what becomes of it is meant
        return not leaves and self.settings(connection_id).enable_notifications

    async def run(self) -> None:
        """Keep every connection until cancelled."""
        async with asyncio.TaskGroup() as self._asks:
            await self._fleet.run(list(self._views.values()))

    # what other parts ask

    def keepers(self) -> Mapping[str, Keeper]:
        """Every keeper, by connection id."""
        return self._fleet.keepers

    def online_since(self) -> Mapping[tuple[str, str], float]:
        """Those that are online, by tenant and name, and since when by the steady clock."""
        online = {name: keeper.since for name, keeper in self._fleet.keepers.items() if keeper.online()}
        return {(self._views[name].tenant, name): at for name, at in online.items() if name in self._views}

    def ready(self, connection_id: str) -> Session | None:
        """A connection's session while it is online."""
        keeper = self._fleet.keepers.get(connection_id)
        return keeper.ready() if keeper else None

    def folder(self, connection_id: str) -> Path:
        """A connection's own folder: its login."""
        return self._fleet.folder(connection_id)

    async def weigh(self) -> None:
        """Ask every session what it takes; one that takes too much is opened anew between two messages."""
        await self._fleet.weigh()

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

        return await self._whole(lambda: self._make(who, view), connection_id)

    async def _make(self, who: Identity, view: ConnectionView) -> ConnectionView:
        def work(conn: Connection) -> None:
            store.add(conn, view)
            store.own(conn, self._epoch)

        async with self._changing:
            self._admit(who)
            try:
                await self._db.write(work)
            except IntegrityError as error:
                raise Conflict(f"The connectionId '{view.connection_id}' is taken") from error
            self._views[view.connection_id] = view
            self._fleet.start(view)
            return view

    def _admit(self, who: Identity) -> None:
        most = self._settings.max_connections
        if len(self._fleet.keepers) >= most:
            raise _full(f"This hub keeps {most} connections at most and all are in use")
        mine = sum(view.tenant == who.user_id for view in self._views.values())
        allowed = getattr(self._settings.plans, who.plan).connections
        if allowed is not None and mine >= allowed:
            raise _full(f"The plan '{who.plan}' allows {allowed} connections and all are in use")
        if lack := self._fleet.room.lacking_memory():
            raise _full(lack[0].upper() + lack[1:])

    async def delete(self, tenant: str, connection_id: str) -> None:
        """Unlink it if that is possible, stop it, end what waits on it, forget it, remove its session. If it
        cannot be forgotten it is kept on, as far as it was not unlinked, and can be deleted again."""
        await self.get(tenant, connection_id)
        self._leaving.add(connection_id)
        await self._whole(lambda: self._delete(tenant, connection_id), connection_id)

    async def _delete(self, tenant: str, connection_id: str) -> None:
        folder, aside = self.folder(connection_id), None
        try:
            await self._say_goodbye(connection_id)
            await self._fleet.stop(connection_id)
            # Before its id is free again: whoever takes the id must not find this login.
            aside = await asyncio.to_thread(_set_aside, folder, self._clock.now())
            await self._forget(tenant, connection_id)
        except Exception:
            if aside:
                await asyncio.to_thread(aside.rename, folder)
            self._fleet.start(self._views[connection_id])
            raise
        finally:
            self._leaving.discard(connection_id)
        if aside:
            await self._remove(aside, tenant)

    async def _forget(self, tenant: str, connection_id: str) -> None:
        now = self._clock.now()

        def work(conn: Connection) -> None:
            steps.end_all(conn, tenant, connection_id, now, "its connection was deleted")
            bulk_feeding.end_all(conn, tenant, connection_id, now, "its connection was deleted")
            happenings.close_on(conn, tenant, connection_id, now)
            store.remove(conn, tenant, connection_id)

        linking = self._fleet.keepers[connection_id].linking
        async with self._changing:
            await self._db.write(work)
            self._fleet.forget(connection_id)
            self._views.pop(connection_id, None)
            self._own.pop(connection_id, None)
            linking.end()

    async def _remove(self, folder: Path, tenant: str) -> None:
        try:
            await asyncio.to_thread(shutil.rmtree, folder)
        except OSError as error:
            why = error.strerror or type(error).__name__
            reason = f"what a deleted connection left in {folder} cannot be removed: {why}; remove it by hand"
            self._report(Fault(where="connections", reason=reason, tenant=tenant, at=self._clock.now()))

    async def _say_goodbye(self, connection_id: str) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await self._fleet.keepers[connection_id].log_out()
        except Exception as error:  # an engine's fault must not make it undeletable
            log.warning("could not unlink before deletion", connection=connection_id, error=str(error))

    async def qr(self, tenant: str, connection_id: str) -> QrCode:
        """The code to scan now."""
        await self.get(tenant, connection_id)
        code = await self._fleet.keepers[connection_id].linking.qr()
        return code or await self._no_code(tenant, connection_id, "QR code")

    async def pairing_code(self, tenant: str, connection_id: str, number: str = "") -> PairingCode:
        """A code to type on the phone of this number, or of the connection's own."""
        view = await self.get(tenant, connection_id)
        known = phone(number or view.phone_number)
        if not known:
            raise InvalidPhoneNumber("The number of the phone to link is not known")
        code = await self._fleet.keepers[connection_id].linking.pairing_code(known.removeprefix("+"))
        return code or await self._no_code(tenant, connection_id, "pairing code")

    async def _no_code(self, tenant: str, connection_id: str, what: str) -> NoReturn:
        view = await self.get(tenant, connection_id)  # it may have been deleted meanwhile
        if view.state in COMING and self._fleet.keepers[connection_id].me is None:
            raise ConnectionStarting(view.reason, state=view.state)
        why = "it is linked already" if view.state is ConnectionState.ONLINE else view.reason
        said = f"Connection '{connection_id}' is {view.state} and shows no {what}"
        raise ConnectionNotReady(f"{said}: {why}" if why else said, state=view.state)

    async def reconnect(self, tenant: str, connection_id: str) -> None:
        """Start it again now, forgetting earlier failures."""
        await self.get(tenant, connection_id)
        self._fleet.keepers[connection_id].reconnect()

    async def picture(self, tenant: str, connection_id: str) -> Picture:
        """The page as it was when a person had to look."""
        await self.get(tenant, connection_id)
        picture = self._fleet.keepers[connection_id].picture
        if picture is None:
            raise NotFound(f"There is no picture of connection '{connection_id}': nobody has to look at it")
        return picture


def _full(said: str) -> RateLimitExceeded:
    return RateLimitExceeded(said, retry_after=_RETRY_AFTER)


def _set_aside(folder: Path, now: datetime) -> Path | None:
    """Out of the way, in one step and on the same disk; None when there is no such folder."""
    aside = folder.with_name(f"{folder.name}.deleted-{now:%Y%m%dT%H%M%S.%fZ}")
    try:
        return folder.rename(aside)
    except FileNotFoundError:
        return None
