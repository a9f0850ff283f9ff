"""What the core's parts say to each other, and to plugins with `admin: true`. Frozen data."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ..messages import ConnectionState, State
from .figures import Backlog, Workers


class Role(StrEnum):
    """What a user may do; each includes those after it."""

    ADMIN = "admin"  #: everything, for every tenant where it says so
    OPERATOR = "operator"  #: connections and messages of his own
    VIEWER = "viewer"  #: looks, changes nothing

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


class Scope(StrEnum):
    """What an API key may be good for. Whoever logs in has them all, as far as his role goes."""

    READ = "read"  #: look at connections, messages, figures
    SEND = "send"  #: send and take back messages, upload files, do things in chats
    MANAGE = "manage"  #: make, change, pause and start connections; webhook keys
    DELETE = "delete"  #: remove connections; take messages back from everyone
    QR = "qr"  #: link: whoever sees a code owns the account
    INBOUND = "inbound"  #: bring in messages from outside
    METRICS = "metrics"  #: figures of the whole hub, for an admin's key
    ADMIN = "admin"  #: what takes the role admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking."""

    user_id: str  #: also the tenant
    username: str
    role: Role
    plan: str
    login_id: str = ""  #: of the login by which he asks; empty for a key
    key_id: str = ""  #: of the API key by which he asks; empty for a login
    scopes: frozenset[Scope] | None = None  #: what that key is good for; None for a login
    connections: frozenset[str] | None = None  #: to which connections it is bound; None for all of his

    @property
    def sees_all(self) -> bool:
        """Whether what is everybody's is shown to him: an admin who has logged in, or his key for it."""
        return self.role is Role.ADMIN and (self.scopes is None or Scope.ADMIN in self.scopes)

    def may_use(self, connection_id: str) -> bool:
        """Whether what he asks by reaches this connection. That it is his own is for others to see."""
        return self.connections is None or connection_id in self.connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command says."""

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One admin command; every front (REST, CLI, chat) runs the same."""

    name: str
    help: str
    role: Role
    run: Callable[[Sequence[str], Identity], Awaitable[Answer]]
    confirm: bool = False  #: asks again before it logs out, deletes, broadcasts or stops


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as its owner sees it."""

    connection_id: str
    tenant: str
    name: str
    phone_number: str
    settings: Mapping[str, Any]
    state: ConnectionState
    reason: str
    paused: bool
    me: str | None  #: the linked account's chat id
    created_at: datetime
    state_since: datetime
    paused_because: str = ""  #: who or what paused it, and why, in a sentence
    first_contacts_until: datetime | None = None  #: until then nobody is written to for the first time
    picture_at: datetime | None = None  #: when the last picture of the page was taken, if a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the page of a connection showed when a person had to look. May show chats: for the owner only."""

    png: bytes = field(repr=False)
    at: datetime


class Halting(StrEnum):
    """How much stands still."""

    PAUSE = "pause"  #: nothing leaves the queue; what comes in is answered into it
    STOP = "stop"  #: nothing leaves by any road, and nobody is asked to answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """The whole queue stands still, until somebody lets it go; a restart does not."""

    how: Halting
    by: str  #: who asked for it
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """How the queue of a tenant, or of everybody, stands."""

    halt: Halt | None
    by_state: Mapping[State, int]  #: messages under way or held, not those that have ended
    oldest_waiting: datetime | None  #: since when the longest waiting message could have left
    backlogs: Sequence[Backlog] = ()  #: of each connection
    workers: Workers | None = None  #: who sends, for everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """A QR code to link by. A secret: never logged, never stored."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A fresh login. Secrets."""

    access_token: str = field(repr=False)
    expires_in: timedelta
    refresh_token: str = field(default="", repr=False)  #: empty for a login that is renewed without one
    refresh_expires_in: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """A code that links when it is typed on the phone. A secret: never logged, never stored."""

    code: str = field(repr=False)
    expires_at: datetime
