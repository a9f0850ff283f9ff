"""An engine without WhatsApp: tests say what its sessions see, and read what was sent."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from ..engine import Ack, Arrival, Inlet, Parcel, Session, SessionSpec, Snapshot
from ..errors import EngineError, SendUnknown
from ..messages import ConnectionState, Kind


class FakeSession:
    """A session without a page: tests say what it sees, and read what was sent."""

    def __init__(self, inlet: Inlet, clock: Callable[[], datetime], me: str) -> None:
        self.state = ConnectionState.ONLINE
        self.sent: list[Parcel] = []
        self.page: dict[str, Ack] = {}  #: what the page knows, by WhatsApp id
        self.waiting: list[Arrival] = []  #: what a sweep finds
        self.swept: list[datetime] = []  #: since when it was swept, each time
        self.outcomes: list[Exception | None] = []  #: what the next sends come to; None and beyond: sent
        self.arrives_anyway = False  #: a send that ends in an error is on the page all the same
        self.sending = asyncio.Event()  #: set once a send has begun
        self.gate = asyncio.Event()  #: a send ends only while it is set
        self.gate.set()
        self.reason = ""
        self.qr: str | None = None
        self.dead = False
        self.inlet = inlet
        self._clock = clock
        self._me = me
        self._numbers = itertools.count(1)

    def show(self, state: ConnectionState, qr: str | None = None) -> None:
        """Let the page show another state."""
        self.state, self.qr = state, qr
        self.inlet.changed()

    def arrival(
        self, text: str, sender: str, at: datetime | None = None, wa_id: str = "", *, from_me: bool = False
    ) -> Arrival:
        """A message as the page would show it."""
        return Arrival(
            chat=sender,
            from_me=from_me,
            wa_id=wa_id or f"FAKE{next(self._numbers):08d}{id(self):x}",
            kind=Kind.TEXT,
            text=text,
            sent_at=at or self._clock(),
        )

    async def hears(self, text: str, sender: str = "15551230001@c.us") -> Arrival:
        """A customer writes."""
        arrival = self.arrival(text, sender)
        await self.inlet.arrived(arrival)
        return arrival

    async def acks(self, wa_id: str, ack: int, chat: str = "") -> None:
        """One of our messages comes further."""
        await self.inlet.acked(Ack(chat=chat, wa_id=wa_id, ack=ack))

    async def snapshot(self) -> Snapshot:
        """What the page shows."""
        if self.dead:
            raise EngineError("The page is gone")
        linked = self.state is ConnectionState.ONLINE
        return Snapshot(state=self.state, reason=self.reason, qr=self.qr, me=self._me if linked else None)

    async def send(self, parcel: Parcel) -> Ack:
        """Send, or come to what the test decided."""
        self.sent.append(parcel)
        self.sending.set()
        await self.gate.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if self.dead and outcome is None:
            outcome = SendUnknown("The page is gone")
        ack = Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=1)
        if outcome is None or self.arrives_anyway:
            self.page[parcel.wa_id] = ack
        if outcome:
            raise outcome
        return ack

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """What the page knows of a message."""
        return self.page.get(wa_id)

    async def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """What came while nobody looked."""
        self.swept.append(since)
        for arrival in self.waiting:
            if arrival.sent_at >= since:
                yield arrival

    async def resolve(self, chat: str) -> str | None:
        """Every number exists."""
        return chat

    async def refresh_qr(self) -> None:
        """There is nothing to refresh."""

    async def screenshot(self) -> bytes:
        """There is nothing to see."""
        return b""

    async def logout(self) -> None:
        """Unlink."""
        self.show(ConnectionState.LOGGED_OUT)


class FakeEngine:
    """An engine whose sessions are in memory; `opened` says which, by connection."""

    def __init__(self, clock: Callable[[], datetime], me: str = "15559990000@c.us") -> None:
        self.opened: dict[str, FakeSession] = {}
        self.refusal: EngineError | None = None  #: raised at the next opening, and after
        self.on_open: Callable[[FakeSession], None] = lambda session: None
        self.times = 0  #: how often a session was asked for
        self.tried_again = asyncio.Event()  #: set once that was more than once
        self._clock = clock
        self._me = me

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Session]:
        """Open a session."""
        self.times += 1
        if self.times > 1:
            self.tried_again.set()
        if self.refusal:
            raise self.refusal
        session = FakeSession(inlet, self._clock, self._me)
        self.opened[spec.connection_id] = session
        self.on_open(session)
        try:
            yield session
        finally:
            del self.opened[spec.connection_id]
