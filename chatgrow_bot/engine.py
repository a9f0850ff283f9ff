"""What a way to reach WhatsApp must offer. The core drives these Protocols; a plugin implements them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from .errors import EngineError
from .messages import Attachment, ConnectionState, Kind, Media
from .payloads import Payload

T = TypeVar("T")


async def answer_of(work: Awaitable[T]) -> T:
    """What an engine answers. It may wait for something of its own that was cancelled: nobody asked for that
    here, and whoever takes it for his own end is gone without a word. Raises EngineError instead."""
    try:
        return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise EngineError("The engine gave up in the middle of its work") from error


class Activity(StrEnum):
    """What a chat partner sees us do."""

    TYPING = "typing"  #: writing words
    RECORDING = "recording"  #: speaking a voice message
    PAUSED = "paused"  #: neither any more


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpec:
    """What an engine needs to know of a connection to open it."""

    connection_id: str
    #: This session's own folder, mode 0700; what lies in it is the login. The core knows two files by name:
    #: `lock`, under flock while the session is open, and `linked`, there for as long as an account is.
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The truth about a session, as polled. `state` is one of the states an engine can see by itself:
    starting, qr, pairing_code, authenticating, syncing, online, reconnecting (the network is away),
    logged_out, passkey_required, action_required, banned."""

    state: ConnectionState
    reason: str = ""
    qr: str | None = None  #: the text of the QR code to scan, while state is qr
    pairing_code: str | None = None  #: the code to type on the phone, while state is pairing_code
    me: str | None = None  #: the chat id of the linked account, once known
    can_receive: bool = True  #: False: online, and what comes in is not told (the reason says why)
    listening: int = 0  #: how often the page's ear was set up; when it grows, something may have been missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a session takes of the machine."""

    memory: int  #: bytes, what it shares with others counted in parts
    cpu: float  #: seconds of processor time since it was opened
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A message as WhatsApp names it."""

    chat: str
    wa_id: str  #: the bare id, without chat and direction
    from_me: bool
    participant: str = ""  #: who wrote it, in a group


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message the page shows, ours or somebody's. The engine never hands in one that is not decrypted.

    Votes, reactions, edits and deletions are messages too. Where WhatsApp gives one no id of its own, the
    engine makes `wa_id` from what it is about, who did it and when, so that a repeat has the same.
    """

    chat: str
    participant: str = ""
    from_me: bool = False
    wa_id: str  #: the bare id, without chat and direction
    kind: Kind
    text: str = ""
    attachment: Attachment | None = None  #: of a file; `Session.download` brings its bytes
    payload: Payload | None = None
    about: str = ""  #: the bare id of the earlier message that it answers, or remarks on
    mentions: tuple[str, ...] = ()
    forwarded: bool = False
    name: str = ""
    chat_name: str = ""  #: the group's name, where it is known
    lid: str = ""  #: the writer's linked id, where it and his number are both known
    sent_at: datetime

    @property
    def reference(self) -> Reference:
        """The message's name."""
        return Reference(chat=self.chat, wa_id=self.wa_id, from_me=self.from_me, participant=self.participant)


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
    payload: Payload | None = None
    about: Reference | None = None  #: the message that it quotes or remarks on
    mentions: tuple[str, ...] = ()  #: chat ids
    forwarded: bool = False
    typing: float = 0.0  #: seconds to show as typing (or recording) first


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a group."""

    chat: str  #: his chat id
    name: str = ""
    admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that the account is in."""

    chat: str
    name: str
    members: tuple[Member, ...]


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

    def troubled(self, reason: str) -> None:
        """Something a person should know, in a sentence without names, numbers or texts: a message that was
        not decrypted within a minute, say."""
        ...


class Session(Protocol):
    """One linked account, open. Every call is bounded in time by the engine and raises EngineError."""

    async def snapshot(self) -> Snapshot:
        """The truth now. Raises EngineError when the page does not answer (the session is then dead)."""
        ...

    async def send(self, parcel: Parcel) -> Ack:
        """Send, and return once WhatsApp's server has it (ack >= 1).

        Raises SendRefused (certain, for good), SendFailed (certain, passing) or SendUnknown (ambiguous).
        Reactions, edits and deletions (messages.REMARKS) go the same way; WhatsApp gives them ids of its own.
        """
        ...

    def download(self, message: Reference) -> AsyncIterator[bytes]:
        """The bytes of a file that came in, in pieces of 1 MB at most. Raises MediaGone when WhatsApp has it
        no more, EngineError when it cannot be fetched now."""
        ...

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """One of our messages by its id, as the page knows it; None when the page has no such message."""
        ...

    def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """Messages the page holds that were sent at or after `since`, oldest first, and every unread one."""
        ...

    def progress(self, since: datetime) -> AsyncIterator[Ack]:
        """How far our own messages that were sent at or after `since` have come, as the page knows: what was
        acknowledged while nobody looked."""
        ...

    async def usage(self) -> Usage | None:
        """What the session takes of the machine; None when that cannot be told."""
        ...

    async def resolve(self, chat: str) -> str | None:
        """The chat id WhatsApp uses for this one; None when WhatsApp has no such account."""
        ...

    async def groups(self) -> Sequence[Group]:
        """The groups that the account is in."""
        ...

    async def mark_read(self, chat: str) -> None:
        """The writers of a chat see that all was read."""
        ...

    async def show(self, chat: str, activity: Activity, seconds: float) -> None:
        """Be seen doing something for so long, 25 s at most; returns at once."""
        ...

    async def be_available(self, available: bool) -> None:
        """Be seen as online, or no longer."""
        ...

    async def pairing_code(self, number: str) -> str:
        """A code of eight characters that links when it is typed on the phone of this number (digits only),
        for about three minutes; the state is then pairing_code."""
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

    def login_files(self, folder: Path) -> Sequence[Path]:
        """The files and folders in a session's folder that are the login, relative to it: what a backup must
        hold. The session is closed meanwhile."""
        ...


#: What `register_engines` hands over: called once when the first connection of that engine starts.
EngineFactory = Callable[[], Engine]
