"""The core's parts as others see them: the Protocols by which they meet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..clock import Clock
from ..engine import Activity, Group
from ..messages import Delivery, Fact, Inbound, Lane, Outbound, TimelineEntry
from .accounts import Accounts
from .bulk import Bulk
from .conversations import Conversations
from .events import Events
from .figures import Health, Stats
from .history import History
from .insight import Insight
from .nouns import (
    Answer,
    Command,
    ConnectionView,
    Identity,
    PairingCode,
    Picture,
    QrCode,
    QueueStatus,
)
from .outside import Entered, FromOutside, Use, WebhookKeys
from .privacy import Privacy
from .spool import Spool
from .usage import Plans


class Connections(Protocol):
    """The WhatsApp connections. Foreign and missing ids raise the same ConnectionNotFound."""

    async def create(
        self, who: Identity, connection_id: str, name: str, phone_number: str, settings: Mapping[str, Any]
    ) -> ConnectionView:
        """Make a connection and start it. Raises BadInput (also for a number), Conflict,
        RateLimitExceeded."""
        ...

    async def list(self, tenant: str) -> Sequence[ConnectionView]:
        """All of a tenant's, oldest first."""
        ...

    async def get(self, tenant: str, connection_id: str) -> ConnectionView:
        """One of them."""
        ...

    async def change(self, tenant: str, connection_id: str, patch: Mapping[str, Any]) -> ConnectionView:
        """Merge `name`, `phoneNumber` and `settings` into what there is. Raises BadInput."""
        ...

    async def delete(self, tenant: str, connection_id: str) -> None:
        """Stop it, forget it and remove its session."""
        ...

    async def qr(self, tenant: str, connection_id: str) -> QrCode:
        """The code to scan now. Raises ConnectionNotReady, naming the state, when there is none, and
        ConnectionStarting, one of those, while it is still to come."""
        ...

    async def pairing_code(self, tenant: str, connection_id: str, number: str = "") -> PairingCode:
        """A code to type on this number's phone (or the connection's). Raises as `qr`, InvalidPhoneNumber."""
        ...

    async def reconnect(self, tenant: str, connection_id: str) -> None:
        """Start it again now, forgetting earlier failures."""
        ...

    async def pause(self, tenant: str, connection_id: str, reason: str) -> ConnectionView:
        """Let nothing leave from it; what waits goes on waiting. `reason` names who asked."""
        ...

    async def resume(self, tenant: str, connection_id: str, by: str = "its owner") -> ConnectionView:
        """Let messages leave again, first contacts too."""
        ...

    async def picture(self, tenant: str, connection_id: str) -> Picture:
        """The page as it was when a person had to look. Raises NotFound when there is none."""
        ...


class Outbox(Protocol):
    """The way out."""

    async def enqueue(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        key: str | None = None,
        asked: str = "",
        lane: Lane = Lane.SEND,
    ) -> Delivery:
        """Store a message to send; on disk when this returns. A repeated `key` answers the first delivery.
        The lane of replies is for people who talk with the business just now.
        `asked` is a digest of the request (64 characters at most) for `asked_before`.
        Raises ConnectionNotFound, ConnectionNotReady, InvalidPhoneNumber, BadInput, RateLimitExceeded."""
        ...

    async def asked_before(self, tenant: str, key: str, asked: str) -> Delivery | None:
        """What was queued under a key for the same request, whatever has become of the files that it names
        since; else None."""
        ...

    async def get(self, tenant: str, message_id: str) -> Delivery:
        """One message. Raises MessageNotFound."""
        ...

    async def wait(self, tenant: str, message_id: str, seconds: float) -> Delivery:
        """One message, once it has left, has ended or waits for a person; as it is after so many seconds, if
        none of that comes sooner. Raises MessageNotFound."""
        ...

    async def content(self, tenant: str, message_id: str) -> Outbound:
        """What a message says. Raises MessageNotFound."""
        ...

    async def timeline(self, tenant: str, message_id: str) -> Sequence[TimelineEntry]:
        """Every step of its life so far, oldest first."""
        ...

    async def cancel(self, tenant: str, message_id: str) -> Delivery:
        """Take back a message that has not left, or that a person gives up on. Raises Conflict when it has
        left."""
        ...

    async def resend(self, tenant: str, message_id: str) -> Delivery:
        """Send a message that waits for a person's decision (quarantined), under its same id. Raises
        Conflict when it does not wait for one."""
        ...

    async def held(self, tenant: str) -> Sequence[Delivery]:
        """The messages that wait for a person's decision, oldest first."""
        ...

    async def waits_for(self, tenant: str, message_id: str) -> str:
        """What a message waits for now, in a sentence; empty when it waits for nothing. Raises
        MessageNotFound."""
        ...

    async def estimate(self, delivery: Delivery) -> datetime:
        """When it is likely to leave, by the pacing and what stands before it on its connection."""
        ...


class Queue(Protocol):
    """The way out of all connections together. Who may use it is for the caller to know."""

    async def status(self, tenant: str | None = None) -> QueueStatus:
        """How it stands, for one tenant or for everybody."""
        ...

    async def pause(self, by: str, reason: str) -> None:
        """Nothing leaves until `resume`, restart or not; messages are taken in all the same. Raises Conflict
        while it is stopped: a pause is less."""
        ...

    async def stop(self, by: str, reason: str) -> None:
        """Emergency stop: nothing leaves by any road and nobody is asked to answer until `resume`, restart
        or not. What came in is kept; connections stay linked."""
        ...

    async def resume(self, by: str) -> None:
        """Let everything go again after a pause or a stop."""
        ...


class Inbox(Protocol):
    """What came in."""

    async def get(self, tenant: str, message_id: str) -> Inbound:
        """One message; its file, when it has one, is `media`. Raises MessageNotFound."""
        ...

    async def replies(self, tenant: str, message_id: str) -> Sequence[Inbound]:
        """What came in about a message, sent or received, oldest first: quotes, reactions, votes, ..."""
        ...

    async def bring_in(
        self, tenant: str, connection_id: str, said: FromOutside, use: Use | None = None
    ) -> Entered:
        """Somebody's words come from outside WhatsApp: stored when this returns, and answered as any others.
        A repeated `use` is the message that had it first. Raises ConnectionNotFound, and BadInput for a time
        to come."""
        ...


class Chats(Protocol):
    """What is done in a chat at once, past the queue: nothing of it is stored, and the connection must be
    online. Raises ConnectionNotFound, ConnectionNotReady, InvalidPhoneNumber, EngineError."""

    async def mark_read(self, tenant: str, connection_id: str, chat: str) -> None:
        """The writers of a chat see that all was read."""
        ...

    async def show(
        self, tenant: str, connection_id: str, chat: str, activity: Activity, seconds: float
    ) -> None:
        """Be seen typing or recording for so long, 25 s at most."""
        ...

    async def be_available(self, tenant: str, connection_id: str, available: bool) -> None:
        """Be seen as online, or no longer."""
        ...

    async def check(self, tenant: str, connection_id: str, number: str) -> str | None:
        """The chat id of a number; None when it is not on WhatsApp."""
        ...

    async def groups(self, tenant: str, connection_id: str) -> Sequence[Group]:
        """The groups that the account is in."""
        ...


class Commands(Protocol):
    """The admin commands of all plugins."""

    def all(self) -> Sequence[Command]:
        """Every command, by name."""
        ...

    async def run(self, name: str, args: Sequence[str], who: Identity) -> Answer:
        """Run one. Raises NotFound (with the nearest name), NotAllowed, BadInput."""
        ...


class Sealer(Protocol):
    """Secrets that have to be stored and read again."""

    def seal(self, secret: str) -> str:
        """A secret in a form that may be stored."""
        ...

    def unseal(self, sealed: str) -> str | None:
        """What was sealed; None when it was sealed with the key of another installation."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The core's parts, for plugins with `admin: true`."""

    connections: Connections
    inbox: Inbox
    outbox: Outbox
    bulk: Bulk
    plans: Plans
    queue: Queue
    chats: Chats
    spool: Spool
    history: History
    webhook_keys: WebhookKeys
    accounts: Accounts
    commands: Commands
    health: Health
    stats: Stats
    events: Events
    conversations: Conversations
    insight: Insight
    vault: Sealer
    privacy: Privacy
    report: Callable[[Fact], None]  #: a fault, or other news, for whom it concerns: in the journal soon
    clock: Clock
