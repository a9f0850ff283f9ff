"""One connection's life: open, watch, come back, give up. The truth is the session's snapshot, polled; what
the engine calls in only makes the next look come sooner. What a look leads to is in watch.py.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from .. import lineage
from ..engine import Ack, Arrival, Engine, Session, SessionSpec
from ..errors import CannotStart, EngineError, StoreUnavailable
from ..hub import ConnectionView, Picture
from ..limits import reconnect_delay
from ..messages import ConnectionState
from .camera import Camera
from .catch_up import CatchUp
from .ends import ALERTS, ENDS, LASTING, PASSING, UNLINKED
from .hearing import Hearing
from .ledger import Ledger
from .linking import Linking
from .listener import Patience
from .relapses import Relapses
from .room import Lack, Seat
from .session_life import Opened, heed_the_end
from .told import Told
from .watch import Watch
from .world import World

log = structlog.get_logger("chatgrow.connection")


class Keeper:
    """Keeps one connection. Implements engine.Inlet."""

    def __init__(
        self,
        *,
        view: ConnectionView,
        folder: Path,
        engine: Callable[[], Engine],
        patience: Callable[[], Patience],
        world: World,
    ) -> None:
        self.connection_id = connection_id = view.connection_id
        lasts = view.state in LASTING
        self.state = view.state if lasts else ConnectionState.CREATED
        self.reason = view.reason if lasts else ""
        self.me = view.me
        self.since = world.clock.monotonic()  #: when it came into its state
        self.last_seen: float | None = None  #: when its session was last seen, by the steady clock too
        self.deaf = ""  #: why nothing comes in, while it is online
        self._folder = folder
        self._engine = engine
        self._patience = patience
        self._listener, self._clock, self._world = world.listener, world.clock, world
        self.bounds = world.bounds
        self.linking = Linking(self._clock, lambda: self.state, self.changed)
        self.hearing = Hearing()
        self.ledger = Ledger(world.chance)
        self.catch_up = CatchUp(connection_id, self._listener, self._clock, self.arrived, self.changed)
        self.camera = Camera(connection_id, self._clock, self.bounds.picture, self._listener.pictured)
        self._session: Session | None = None
        self._look = asyncio.Event()
        self._again = asyncio.Event()
        self._may_send = False  #: once the way out has been told that it is online, and while it is
        self.leaving = ""  #: why the session is being closed between two messages, to be opened anew
        self._entered = (self.state, self.reason, self.me)  #: as the listener knows it
        self._failures = 0
        self._relapses, self._told = Relapses(), Told()

    # what others ask

    def online(self) -> Session | None:
        """The session while it is online."""
        return self._session if self.state is ConnectionState.ONLINE else None

    def ready(self) -> Session | None:
        """The session while it is online, the way out knows, and it is not about to be closed."""
        return self._session if self._may_send and not self.leaving else None

    @property
    def picture(self) -> Picture | None:
        """The page as it was when a person had to look."""
        return self.camera.picture

    @property
    def is_open(self) -> bool:
        """Whether it has a session now."""
        return self._session is not None

    async def log_out(self) -> None:
        """Unlink the account, if it is online. Raises EngineError."""
        if session := self.online():
            await session.logout()

    def reconnect(self) -> None:
        """Start again now, and forget earlier failures; an unlinked account may link anew."""
        if self.state in UNLINKED:
            self.me = None
        self._failures = 0
        self._told.forget()
        self._again.set()
        self._look.set()

    def renew(self, reason: str) -> None:
        """Open the session anew as soon as nothing is being sent on it; what waits is held until then."""
        if self._session and not self.leaving:
            self.leaving = reason
            self.changed()

    async def weigh(self) -> None:
        """Ask what the session takes of the machine."""
        session, usage = self._session, None
        if session is None:
            return
        try:
            async with asyncio.timeout(self.bounds.weighing):
                usage = await session.usage()
        except Exception as error:
            log.warning("a session cannot be weighed", connection=self.connection_id, error=repr(error))
        if session is self._session:
            self.ledger.note(usage, self._clock.monotonic())

    # what the session hands in

    async def arrived(self, arrival: Arrival) -> None:
        """A message is on the page."""
        try:
            await self._listener.arrived(self.connection_id, arrival)
        except StoreUnavailable:  # the browser shows it to us once; the sweep finds it again
            self.catch_up.missed()
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

    def tell_once(self, cause: str, reason: str) -> None:
        """Something a person should know, unless he was told of this cause already."""
        if self._told.is_news(cause, self._clock.monotonic()):
            self.troubled(reason)

    # its life

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        while True:
            if self.state in ENDS:
                await self.enter(self.state, self.reason)  # for the case that it could not be told
                await self._again.wait()
            async with self._world.room.seat(self._waits) as seat:
                lost = await self._seated(seat)
            if self.state not in ENDS:
                await self._pause(lost)

    async def _waits(self, lack: Lack) -> None:
        await self.enter(ConnectionState.STARTING, lack.reason)
        if not lack.passing:
            self.tell_once("room", f"{lack.reason}; it starts by itself when there is room")

    async def _seated(self, seat: Seat) -> str:
        """Keep a session open, and open it anew at once where that is meant; why it was lost, or ended."""
        while True:
            self._again.clear()
            lost = await self._open_once(seat)
            heed_the_end()
            if not self._again.is_set() and (lost or self.state in ENDS):
                return lost

    async def _open_once(self, seat: Seat) -> str:
        """Open a session and watch it until it ends; why it did, nothing when it was closed on purpose."""
        await self.enter(ConnectionState.STARTING)
        spec = SessionSpec(connection_id=self.connection_id, folder=self._folder)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lineage.opened(self._folder)
            async with Opened(self.connection_id, self._engine().open(spec, self), self.bounds) as session:
                self._session = session
                self.ledger.opened(self._clock.monotonic())
                self.hearing.opened()
                try:
                    async with self.catch_up.over(session):
                        return await Watch(
                            self, session, self._listener, self._clock, seat.settled
                        ).until_it_ends()
                finally:
                    self._may_send = False  # it may take long to close; what were sent now would fail
                    seat.starts()
        except CannotStart as error:
            await self.enter(ConnectionState.FAILED, error.detail)
            return self.reason
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
            self.deaf = ""
            self.ledger.closed()
            self.linking.close()
            self.leaving = ""

    async def _pause(self, reason: str) -> None:
        """It was lost: wait before the next try, or give up."""
        patience = self._patience()
        if self._failures == 0 and (said := self._relapses.note(self._clock.monotonic())):
            self.tell_once("relapses", f"{said}, the last time so: {reason}")
        self._failures += 1
        if not patience.auto_reconnect:
            await self.enter(ConnectionState.DISCONNECTED, f"{reason} It is not to be opened by itself.")
            return
        if self._failures > patience.max_reconnect_attempts:
            tries = self._failures - 1
            await self.enter(ConnectionState.DISCONNECTED, f"{reason} It was tried again {tries} times.")
            return
        delay = reconnect_delay(self._failures, patience.reconnect_interval, self._world.chance)
        await self.enter(ConnectionState.RECONNECTING, f"{reason} Next try in {delay:.0f} s.")
        await self._clock.wait(self._again, delay)

    # what the watch tells

    async def next_look(self, seconds: float) -> bool:
        """Wait for the time of the next look; False when the session is to be opened anew instead."""
        await self._clock.wait(self._look, seconds)
        self._look.clear()
        return not self._again.is_set()

    def may_send(self) -> None:
        """It is online and in sync: what waits may leave, and earlier failures are forgotten."""
        self._may_send, self._failures = True, 0
        self._listener.online(self.connection_id)

    async def enter(self, state: ConnectionState, reason: str = "") -> None:
        """Come into a state, and tell of it if it is another."""
        entering = (state, reason, self.me)
        if self._entered == entering:
            return
        is_new, is_on_its_way = state is not self._entered[0], {self.state, state} <= PASSING
        self.state, self.reason = state, reason
        self._may_send = self._may_send and state is ConnectionState.ONLINE
        if is_new:
            self.since = self._clock.monotonic()
            self._told.fares(self.since, well=state is ConnectionState.ONLINE)
            if state is not ConnectionState.ACTION_REQUIRED and not is_on_its_way:
                self.camera.forget()
        self.linking.moved()
        if self._patience().enable_logging:
            why = {"reason": reason} if reason else {}
            log.info("connection", connection=self.connection_id, state=state, **why)
        await self._listener.entered(self.connection_id, state, reason, self.me)
        self._entered = entering
        if is_new and state in ALERTS:
            said = f"{reason.rstrip('.')}. " if reason else ""
            self.tell_once(f"{state}: {reason}", f"{said}{ALERTS[state]}")
