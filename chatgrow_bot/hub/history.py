"""What was written both ways, and with whom: asked for in pages, each of a bounded cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ..messages import Delivery, Inbound, Kind, Outbound, State


class Direction(StrEnum):
    """Which way a message went."""

    INBOUND = "inbound"  #: it came in
    OUTBOUND = "outbound"  #: it was sent, or is to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages are asked for, newest first."""

    connections: frozenset[str] | None = None  #: of these; None: of all that the tenant has or had
    chat: str = ""  #: a chat id
    direction: Direction | None = None
    state: State | None = None  #: of one that was sent
    kind: Kind | None = None
    since: datetime | None = None  #: came, or was accepted, then or later
    until: datetime | None = None  #: and before then
    text: str = ""  #: what its text holds somewhere, in small letters or capitals
    before: str = ""  #: older than this id
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message with what it says; of one that came in the two are the same."""

    message: Delivery | Inbound
    content: Outbound | Inbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the messages asked for."""

    messages: Sequence[Written]
    next: str  #: `before` which the next page is; empty after the last
    searched_back_to: datetime | None  #: the time of the oldest that was looked at; None after the last page


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody with whom a connection has written."""

    chat: str
    name: str  #: that he gave himself lately; empty where it is not known
    last_inbound_at: datetime | None  #: when he last wrote
    last_outbound_at: datetime | None  #: when a message to him was last accepted, however far it came
    opted_out: bool


class History(Protocol):
    """What is kept of what was written. Foreign and missing connections raise the same ConnectionNotFound."""

    async def messages(self, tenant: str, wanted: Wanted) -> Page:
        """A page of a tenant's messages. It may be empty and yet have a next one."""
        ...

    async def contacts(
        self, tenant: str, connection_id: str, after: str, limit: int
    ) -> tuple[Sequence[Contact], str]:
        """The people of a connection by their chat ids, from behind `after` on; and behind what the next
        page begins, empty after the last."""
        ...

    async def contact(self, tenant: str, connection_id: str, chat: str) -> Contact:
        """One of them. Raises NotFound, InvalidPhoneNumber."""
        ...
