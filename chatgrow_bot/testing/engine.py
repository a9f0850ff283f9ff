"""An engine without WhatsApp: tests say what its sessions see, and read what was asked of them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ..engine import (
    Ack,
    Activity,
    Arrival,
    Group,
    Inlet,
    Parcel,
    Reference,
    Session,
    SessionSpec,
    Snapshot,
    Usage,
)
from ..errors import EngineError, MediaGone, SendUnknown
from ..messages import PAYLOADS, Attachment, ConnectionState, Kind
from ..payloads import Payload

#: Who writes when a test does not say.
CUSTOMER = "15551230001@c.us"

_ATTACHMENT = {field.name for field in fields(Attachment)}
_PIECE = 1 << 20


def _open() -> asyncio.Event:
    """A gate that is open until a test closes it."""
    gate = asyncio.Event()
    gate.set()
    return gate


class FakeSession:
    """A session without a page: tests say what it sees, and read what was asked of it."""

    def __init__(self, inlet: Inlet, clock: Callable[[], datetime], me: str) -> None:
        self.state = ConnectionState.ONLINE
        self.sent: list[Parcel] = []
        self.page: dict[str, Ack] = {}  #: what the page knows, by WhatsApp id
        self.waiting: list[Arrival] = []  #: what a sweep finds
        self.swept: list[datetime] = []  #: since when it was swept, each time
        self.sweep_failures: list[Exception] = []  #: what the next sweeps come to; beyond: what waits
        self.sweeping = _open()  #: a sweep goes on only while it is set
        self.asked_acks: list[datetime] = []  #: since when `progress` was asked for, each time
        self.outcomes: list[Exception | None] = []  #: what the next sends come to; None and beyond: sent
        self.arrives_anyway = False  #: a send that ends in an error is on the page all the same
        self.sending = asyncio.Event()  #: set once a send has begun
        self.gate = _open()  #: a send or a download ends only while it is set
        self.files: dict[str, bytes] = {}  #: what can be downloaded, by WhatsApp id
        self.downloaded: list[Reference] = []  #: what was asked for, each time
        self.downloading = asyncio.Event()  #: set once a download has begun
        self.download_failures: list[Exception] = []  #: what the next downloads come to; beyond: the file
        self.known_groups: list[Group] = []
        self.strangers: set[str] = set()  #: numbers that are not on WhatsApp
        self.read: list[str] = []  #: chats that were marked as read
        self.shown: list[tuple[str, Activity, float]] = []  #: chat, what was to be seen, for how many seconds
        self.available: bool | None = None  #: as it was last asked to be seen
        self.paired: list[str] = []  #: numbers that a pairing code was asked for
        self.qr_refreshed = 0  #: how often a new QR code was asked for
        self.looked = asyncio.Event()  #: set each time its snapshot is asked for
        self.answering = _open()  #: a snapshot is answered only while it is set
        self.reason = ""
        self.qr: str | None = None
        self.pairing: str | None = None  #: the pairing code on the page
        self.dead = False
        self.deaf = False  #: it is online, and what comes in is not told
        self.listening = 1  #: how often the page's ear was set up
        self.used: Usage | None = None  #: what it takes of the machine
        self.picture = b""  #: what a screenshot shows
        self.inlet = inlet
        self._clock = clock
        self._me = me
        self._numbers = itertools.count(1)

    def becomes(self, state: ConnectionState, qr: str | None = None) -> None:
        """Let the page show another state."""
        self.state, self.qr, self.pairing = state, qr, None
        self.inlet.changed()

    def arrival(
        self,
        text: str = "",
        sender: str = CUSTOMER,
        at: datetime | None = None,
        wa_id: str = "",
        *,
        file: bytes | None = None,
        payload: Payload | None = None,
        **more: Any,
    ) -> Arrival:
        """A message as the page would show it. `more` is any other field of an Arrival (`kind`, `from_me`,
        `about`, `lid`, ...) and, with a `file`, its `mimetype`, `filename` and `size`."""
        wa_id = wa_id or f"FAKE{next(self._numbers):08d}{id(self):x}"
        told = {name: more.pop(name) for name in _ATTACHMENT & more.keys()}
        if file is not None:
            self.files[wa_id] = file
            more.setdefault("kind", Kind.DOCUMENT)
            more["attachment"] = Attachment(**{"size": len(file), **told})
        if payload is not None:
            more["kind"] = next(kind for kind, made in PAYLOADS.items() if isinstance(payload, made))
        more = {"chat": sender, "kind": Kind.TEXT, "sent_at": at or self._clock(), **more}
        return Arrival(wa_id=wa_id, text=text, payload=payload, **more)

    async def hears(self, text: str = "", sender: str = CUSTOMER, **more: Any) -> Arrival:
        """A customer writes, or sends a file, a place, a vote, ...: what `arrival` takes."""
        arrival = self.arrival(text, sender, **more)
        await self.inlet.arrived(arrival)
        return arrival

    async def acks(self, wa_id: str, ack: int, chat: str = "") -> None:
        """One of our messages comes further."""
        await self.inlet.acked(Ack(chat=chat, wa_id=wa_id, ack=ack))

    async def snapshot(self) -> Snapshot:
        """What the page shows."""
        self.looked.set()
        await self.answering.wait()
        if self.dead:
            raise EngineError("The page is gone")
        linked = self.state is ConnectionState.ONLINE
        return Snapshot(
            state=self.state,
            reason=self.reason,
            qr=self.qr,
            pairing_code=self.pairing,
            me=self._me if linked else None,
            can_receive=not self.deaf,
            listening=self.listening,
        )

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
        await self.sweeping.wait()
        if self.sweep_failures:
            raise self.sweep_failures.pop(0)
        for arrival in self.waiting:
            if arrival.sent_at >= since:
                yield arrival

    async def progress(self, since: datetime) -> AsyncIterator[Ack]:
        """How far our messages have come, whenever they were sent."""
        self.asked_acks.append(since)
        for ack in list(self.page.values()):
            yield ack

    async def usage(self) -> Usage | None:
        """What a test gave."""
        return self.used

    async def download(self, message: Reference) -> AsyncIterator[bytes]:
        """The file that a test gave with the message."""
        self.downloaded.append(message)
        self.downloading.set()
        await self.gate.wait()
        if self.dead:
            raise EngineError("The page is gone")
        if self.download_failures:
            raise self.download_failures.pop(0)
        if message.wa_id not in self.files:
            raise MediaGone("WhatsApp has this file no more")
        file = self.files[message.wa_id]
        for at in range(0, len(file), _PIECE):
            yield file[at : at + _PIECE]

    async def resolve(self, chat: str) -> str | None:
        """Every number exists, save the strangers."""
        return None if chat in self.strangers else chat

    async def groups(self) -> Sequence[Group]:
        """The groups that a test gave."""
        return self.known_groups

    async def mark_read(self, chat: str) -> None:
        """Note it."""
        self.read.append(chat)

    async def show(self, chat: str, activity: Activity, seconds: float) -> None:
        """Note it."""
        self.shown.append((chat, activity, seconds))

    async def be_available(self, available: bool) -> None:
        """Note it."""
        self.available = available

    async def pairing_code(self, number: str) -> str:
        """A code, on the page from now on."""
        self.paired.append(number)
        await asyncio.sleep(0)  # as a page takes its time, and others come in between
        self.becomes(ConnectionState.PAIRING_CODE)
        self.pairing = f"CODE{len(self.paired):04d}"
        return self.pairing

    async def refresh_qr(self) -> None:
        """Note it; a test shows the new code by `becomes`."""
        self.qr_refreshed += 1

    async def screenshot(self) -> bytes:
        """What a test gave."""
        return self.picture

    async def logout(self) -> None:
        """Unlink."""
        self.becomes(ConnectionState.LOGGED_OUT)


class FakeEngine:
    """An engine whose sessions are in memory; `opened` says which, by connection."""

    def __init__(self, clock: Callable[[], datetime], me: str = "15559990000@c.us") -> None:
        self.opened: dict[str, FakeSession] = {}
        self.refusal: EngineError | None = None  #: raised at the next opening, and after
        self.on_open: Callable[[FakeSession], None] = lambda session: None
        self.times = 0  #: how often a session was asked for
        self.tried_again = asyncio.Event()  #: set once that was more than once
        self.opening = _open()  #: a session opens only while it is set
        self.closing = _open()  #: and closes
        self.accounts: dict[str, str] = {}  #: the account that each connection's next session is linked to
        self._clock = clock
        self._me = me  #: the account of the first connection; each one after it has a number of its own

    def login_files(self, folder: Path) -> Sequence[Path]:
        """One file, if a test has made it."""
        return [Path("login")]

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Session]:
        """Open a session."""
        self.times += 1
        if self.times > 1:
            self.tried_again.set()
        await self.opening.wait()
        if self.refusal:
            raise self.refusal
        session = FakeSession(inlet, self._clock, self._account(spec.connection_id))
        self.opened[spec.connection_id] = session
        self.on_open(session)
        try:
            yield session
        finally:
            del self.opened[spec.connection_id]
            await self.closing.wait()

    def _account(self, connection_id: str) -> str:
        number, _, kind = self._me.partition("@")
        return self.accounts.setdefault(connection_id, f"{int(number) + len(self.accounts)}@{kind}")
