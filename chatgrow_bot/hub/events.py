"""What happens, as programs outside are told of it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class EventType(StrEnum):
    """What an event tells of."""

    RECEIVED = "message.received"  #: a message came in
    STATUS = "message.status"  #: an outgoing message came to another state
    CONNECTION = "connection.state"  #: a connection came to another state
    HEALTH = "connection.health"  #: a connection fares otherwise
    FAULT = "fault"  #: something went wrong that a person may want to know
    NOTICE = "notice"  #: a plugin wants others to know of a message: a rule said `notify`
    # what happens in a conversation that was handed to a team: one for each ConversationEvent
    CONVERSATION_OPENED = "conversation.opened"  #: handed to a team
    CONVERSATION_GIVEN = "conversation.given"  #: to an agent, by the team's way of giving
    CONVERSATION_TAKEN = "conversation.taken"  #: by an agent himself
    CONVERSATION_TRANSFERRED = "conversation.transferred"  #: to another team or agent
    CONVERSATION_RELEASED = "conversation.released"  #: back to its team
    CONVERSATION_ESCALATED = "conversation.escalated"  #: nobody answered in time
    CONVERSATION_ANSWERED = "conversation.answered"  #: an agent wrote for the first time
    CONVERSATION_NOTED = "conversation.noted"  #: an agent wrote something down
    CONVERSATION_CLOSED = "conversation.closed"  #: it is over
    CONVERSATION_RATED = "conversation.rated"  #: the customer said how it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact of the journal, for a program that it concerns."""

    id: str  #: the same whenever it is told; unique also where a copy of the database was restored
    position: int  #: its place in the journal: later ones have greater ones
    type: EventType
    tenant: str  #: empty: of the hub itself
    connection_id: str  #: empty when it is of none
    at: datetime
    data: Mapping[str, Any]  #: in camelCase, as the API shows the same things
    json: str = field(repr=False)  #: what programs are sent: id, type, timestamp and data as one object


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which events somebody wants to be told."""

    tenant: str
    hub_too: bool = False  #: those of the hub itself too: for admins
    types: Collection[EventType] | None = None  #: None for all
    connections: Collection[str] | None = None  #: of these only; None for all, and those of no connection

    def meets(self, event: Event) -> bool:
        """Whether this is one of them."""
        if event.tenant != self.tenant and not (self.hub_too and not event.tenant):
            return False
        if self.types is not None and event.type not in self.types:
            return False
        return self.connections is None or event.connection_id in self.connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Some of the journal."""

    events: Sequence[Event]
    position: int  #: how far was looked: go on from here, whether there were events or not


class Events(Protocol):
    """The journal, for whoever keeps a place in it of his own."""

    def news(self) -> asyncio.Event:
        """An event that is set when there may be more; ask for it before the look that it follows. Another
        process may write without a word, so look after some seconds all the same."""
        ...

    async def after(self, wish: Wish, position: int, most: int = 100) -> Told:
        """The next events behind a position, so many at most; in order, and none is left out."""
        ...

    async def one(self, tenant: str, position: int) -> Event | None:
        """The event at a position; None when it is gone or another's."""
        ...

    async def head(self) -> int:
        """The position of the newest."""
        ...

    async def oldest(self) -> int:
        """From which position on all are kept."""
        ...

    async def before(self, moment: datetime) -> int:
        """The position behind which lie those that happened at that moment or later."""
        ...


def position_of(event_id: str) -> int | None:
    """The position that an event's id names; None when this is no such id."""
    digits, dash, _ = event_id.partition("-")
    is_one = dash and digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if is_one else None
