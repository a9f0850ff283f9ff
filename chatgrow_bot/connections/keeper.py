"""One connection's life: open, watch, come back, give up. The truth is the session's snapshot, polled; what
the engine calls in only makes the next look come sooner.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

import structlog

from ..clock import Clock
from ..engine import Ack, Arrival, Engine, Session, SessionSpec, Snapshot
from ..errors import EngineError, StoreUnavailable
from ..hub import Picture
from ..limits import reconnect_delay
from ..messages import ConnectionState
from .linking import SHOWN, Linking

#: Seconds between two looks at a session.
_LOOK = 1.0
#: How far back a sweep looks beyond what is known to be stored.
_OVERLAP = timedelta(minutes=10)
#: How often a page that is online is swept, for one that is linked and deaf looks just like a quiet one.
_SWEEP_EVERY = timedelta(minutes=10)
#: How soon it is swept again when a message could not be stored.
_SWEEP_AGAIN = timedelta(seconds=5)
#: Nothing more happens in these until somebody asks for it.
_ENDS = (
    ConnectionState.LOGGED_OUT,
    ConnectionState.DISCONNECTED,
    ConnectionState.BANNED,
    ConnectionState.PASSKEY_REQUIRED,
)

log = structlog.get_logger("chatgrow.connection")


class Listener(Protocol):
    """Who hears what a keeper learns."""

    async def arrived(self, connection_id: str, arrival: Arrival) -> None:
        """Into the way in."""
        ...

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """To the way out."""
        ...

    async def entered(self, connection_id: str, state: ConnectionState, reason: str, me: str | None) -> None:
        """The connection came into another state."""
        ...

    async def swept_to(self, connection_id: str) -> datetime | None:
        """What came before this is known to be stored."""
        ...

    async def swept(self, connection_id: str, to: datetime) -> None:
        """Everything before `to` is stored."""
        ...

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        ...

    def troubled(self, connection_id: str, reason: str) -> None:
        """Something a person should know."""
        ...


class Patience(Protocol):
    """How a connection wants to be kept: its settings."""

    auto_reconnect: bool
    max_reconnect_attempts: int
    reconnect_interval: float  #: seconds


class Keeper:
    """Keeps one connection. It is also the inlet that its session hands things in by."""

    def __init__(
        self,
        *,
        connection_id: str,
        me: str | None,
        folder: Path,
        engine: Callable[[], Engine],
        patience: Callable[[], Patience],
        listener: Listener,
        clock: Clock,
        chance: Random,
    ) -> None:
        self.connection_id = connection_id
        self.me = me  #: the linked account; None until it is linked, and again when it links anew
        self.state = ConnectionState.CREATED
        self.reason = ""
        self.last_seen: datetime | None = None
        self.picture: Picture | None = None  #: of the page, when a person must look
        self._folder = folder
        self._engine = engine
        self._patience = patience
        self._listener = listener
        self._clock = clock
        self._chance = chance
        self.linking = Linking(clock, lambda: self.state, self.changed)
        self._session: Session | None = None
        self._look = asyncio.Event()
        self._again = asyncio.Event()
        self._may_send = False  #: once the way out has been told that it is online, and while it is
        self._missed = False
        self._swept_at = clock.now()
        self._told = (self.state, self.reason, me)
        self._failures = 0

    # what others ask

    def online(self) -> Session | None:
        """The session while it is online."""
        return self._session if self.state is ConnectionState.ONLINE else None

    def ready(self) -> Session | None:
        """The session while it is online and the way out knows."""
        return self._session if self._may_send else None

    async def log_out(self) -> None:
        """Unlink the account, if it is online. Raises EngineError."""
        if session := self.online():
            await session.logout()

    def reconnect(self) -> None:
        """Start again now, and forget earlier failures; an unlinked account may link anew."""
        if self.state is ConnectionState.LOGGED_OUT:
            self.me = None
        self._failures = 0
        self._again.set()
        self._look.set()

    # what the session hands in

    async def arrived(self, arrival: Arrival) -> None:
        """A message is on the page."""
        try:
            await self._listener.arrived(self.connection_id, arrival)
        except StoreUnavailable:  # the browser shows it to us once; the sweep finds it again
            self._missed = True
            log.exception("a message could not be stored yet", connection=self.connection_id)
        except Exception as error:  # what cannot be stored at all must not keep the others out
            log.exception("a message could not be stored", connection=self.connection_id)
            self.troubled(f"a message that came in could not be stored: {type(error).__name__}")

    async def acked(self, ack: Ack) -> None:
        """One of our messages came further."""
        await self._listener.acked(self.connection_id, ack)

    def changed(self) -> None:
        """Look now."""
        self._look.set()

    def troubled(self, reason: str) -> None:
        """Something a person should know."""
        self._listener.troubled(self.connection_id, reason)

    # its life

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        while True:
            self._again.clear()
            reason = await self._open_once()
            if self._again.is_set():  # asked for: at once, and no failure
                continue
            if self.state in _ENDS:
                await self._again.wait()
                continue
            self._failures += 1
            await self._pause(reason)

    async def _open_once(self) -> str:
        """Open a session and watch it until it ends; why it ended."""
        await self._enter(ConnectionState.STARTING)
        spec = SessionSpec(connection_id=self.connection_id, folder=self._folder)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            async with self._engine().open(spec, self) as session:
                self._session = session
                return await self._watch(session)
        except EngineError as error:
            return f"{error.detail.rstrip('.')}."
        except (
            Exception
        ) as error:  # an engine's own fault must not end the keeper; its words may quote anything
            log.exception("the engine failed", connection=self.connection_id)
            return f"the engine failed with a {type(error).__name__}; logs/error.log says more."
        finally:
            self._session = None
            self._may_send = False
            self.linking.close()

    async def _pause(self, reason: str) -> None:
        """Wait before the next try, or for somebody to ask for one."""
        patience = self._patience()
        if not patience.auto_reconnect or self._failures > patience.max_reconnect_attempts:
            await self._enter(ConnectionState.DISCONNECTED, f"{reason} It was tried {self._failures} times.")
            await self._again.wait()
            return
        delay = reconnect_delay(self._failures, patience.reconnect_interval, self._chance)
        await self._enter(ConnectionState.RECONNECTING, f"{reason} Next try in {delay:.0f} s.")
        await self._clock.wait(self._again, delay)

    async def _watch(self, session: Session) -> str:
        """Look at the session again and again; returns why there is nothing more to see."""
        while not self._again.is_set():
            self._look.clear()
            snapshot = await session.snapshot()
            now = self.last_seen = self._clock.now()
            if snapshot.state in SHOWN and self.me is not None:
                await self._enter(ConnectionState.LOGGED_OUT, "it was unlinked on the phone")
                return self.reason
            self.linking.see(session, snapshot, now)
            if reason := self.linking.given_up(now):
                await self._enter(ConnectionState.DISCONNECTED, reason)
                return self.reason
            await self._take(session, snapshot, now)
            if self.state in _ENDS:
                return self.reason
            await self._clock.wait(self._look, _LOOK)
        return "it was asked to start again"

    async def _take(self, session: Session, snapshot: Snapshot, now: datetime) -> None:
        self.me = snapshot.me or self.me
        comes_online = snapshot.state is ConnectionState.ONLINE and self.state is not ConnectionState.ONLINE
        if comes_online:
            await self._catch_up(session, now)
            self._failures = 0
        await self._enter(snapshot.state, snapshot.reason)
        if comes_online:
            self._may_send = True
            self._listener.online(self.connection_id)
        elif self.state is ConnectionState.ONLINE and now >= self._swept_at + self._sweep_pause():
            await self._catch_up(session, now)

    def _sweep_pause(self) -> timedelta:
        return _SWEEP_AGAIN if self._missed else _SWEEP_EVERY

    async def _catch_up(self, session: Session, now: datetime) -> None:
        """Bring in what came while nobody looked: nothing else will bring it back."""
        self._missed, self._swept_at = False, now
        try:
            known = await self._listener.swept_to(self.connection_id)
            async for arrival in session.sweep((known or now) - _OVERLAP):
                await self.arrived(arrival)
            if not self._missed:
                await self._listener.swept(self.connection_id, now)
        except (EngineError, StoreUnavailable) as error:
            if isinstance(error, EngineError) and self.state is not ConnectionState.ONLINE:
                raise  # such a page is not fit to go online; one that is, is not closed for it
            self._missed = True
            log.exception("what came meanwhile is not known to be stored", connection=self.connection_id)

    async def _enter(self, state: ConnectionState, reason: str = "") -> None:
        if self._told == (state, reason, self.me):
            return
        self._told = (state, reason, self.me)
        self.state, self.reason = state, reason
        self._may_send = self._may_send and state is ConnectionState.ONLINE
        self.linking.moved()
        why = {"reason": reason} if reason else {}
        log.info("connection", connection=self.connection_id, state=state, **why)
        await self._listener.entered(self.connection_id, state, reason, self.me)
