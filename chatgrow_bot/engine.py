"""What a way to reach WhatsApp must offer. The core drives these Protocols; a plugin implements them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .messages import ConnectionState, Kind, Media


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """What an engine needs to know of a connection to open it."""

    connection_id: str
    folder: Path  #: this session's own folder, mode 0700; what lies in it is the login


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The truth about a session, as polled. `state` is one of the states an engine can see by itself:
    starting, qr, pairing_code, authenticating, syncing, online, reconnecting (the network is away),
    logged_out, passkey_required, action_required, banned."""

    state: ConnectionState
    reason: str = ""
    qr: str | None = None  #: the text of the QR code to scan, while state is qr
    me: str | None = None  #: the chat id of the linked account, once known


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message the page shows, ours or somebody's. The engine never hands in one that is not decrypted."""

    chat: str
    participant: str = ""
    from_me: bool = False
    wa_id: str  #: the bare id, without chat and direction
    kind: Kind
    text: str = ""
    name: str = ""
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """How far one of our own messages has come."""

    chat: str
    wa_id: str
    ack: int  #: -1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message ready to leave, under an id that stays the same at every try."""

    chat: str
    wa_id: str
    text: str = ""
    media: Media | None = None
    typing: float = 0.0  #: seconds to show as typing first


class Inlet(Protocol):
    """Where a session hands in what it notices. Calls return when the fact is stored."""

    async def arrived(self, arrival: Arrival) -> None:
        """A message is on the page. Repeats do no harm."""
        ...

    async def acked(self, ack: Ack) -> None:
        """One of our messages came further."""
        ...

    def changed(self) -> None:
        """Something happened to the session: look at its snapshot now rather than at the next poll."""
        ...


class Session(Protocol):
    """One linked account, open. Every call is bounded in time by the engine and raises EngineError."""

    async def snapshot(self) -> Snapshot:
        """The truth now. Raises EngineError when the page does not answer (the session is then dead)."""
        ...

    async def send(self, parcel: Parcel) -> Ack:
        """Send, and return once WhatsApp's server has it (ack >= 1).

        Raises SendRefused (certain, for good), SendFailed (certain, passing) or SendUnknown (ambiguous).
        """
        ...

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """One of our messages by its id, as the page knows it; None when the page has no such message."""
        ...

    def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """Messages the page holds that were sent at or after `since`, oldest first, and every unread one."""
        ...

    async def resolve(self, chat: str) -> str | None:
        """The chat id WhatsApp uses for this one; None when WhatsApp has no such account."""
        ...

    async def refresh_qr(self) -> None:
        """Show a new QR code when the present one has gone idle."""
        ...

    async def screenshot(self) -> bytes:
        """A PNG of the page, for the operator."""
        ...

    async def logout(self) -> None:
        """Unlink the account from the phone's side too."""
        ...


class Engine(Protocol):
    """A way to reach WhatsApp, able to open many sessions."""

    def open(self, spec: SessionSpec, inlet: Inlet) -> AbstractAsyncContextManager[Session]:
        """Open one session for the time of the `async with`. Raises EngineError when it cannot."""
        ...


#: What `register_engines` hands over: called once when the first connection of that engine starts.
EngineFactory = Callable[[], Engine]
