"""What a plugin may do about a message besides sending words, and what it may know of who wrote it. All of a
response is carried out in the transaction that ends the message's way in: whole and once, or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .messages import Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What a plugin waits for from a customer in a chat: the answer to something that it asked."""

    state: Mapping[str, Any]  #: JSON, as the plugin gave it
    asked_at: datetime
    until: datetime  #: then it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who wrote a message, as far as its tenant knows him."""

    chat: str  #: the person's chat id, also where he wrote in a group
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False  #: nothing of his came to this connection before
    last_wrote: datetime | None = None  #: in this chat, before this message
    about_ours: bool = False  #: the message quotes, or votes on, one of ours
    dialogue: Dialogue | None = None  #: what the plugin that is asked waits for in this chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """Put words on the customer, or take them off."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """Keep something about the customer."""

    name: str
    value: str  #: empty to forget it


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """The customer wants nothing from the tenant any more, as if he had said STOP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptIn:
    """He wants to hear from the tenant again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRead:
    """The customer sees that his messages were read. Done once the rest is stored; lost in a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the other plugins (`on_notice`)."""

    topic: str
    note: str = ""  #: never the customer's words
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """The customer's next message in this chat answers something that this plugin asks: it is asked first,
    and finds the state again as `customer.dialogue`. It takes the place of whatever was open."""

    state: Mapping[str, Any]  #: JSON, 16,000 characters at most
    seconds: float  #: so long it stays open; 30 days at most
    farewell: str = ""  #: what the customer is told if nothing comes in that time


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Nothing is expected from the customer in this chat any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """A person shall talk with the customer: the chat is handed to a team, and no plugin is asked about it
    until that is over."""

    team: str
    note: str = ""  #: for whoever takes it
    language: str = ""  #: in which the customer is told what happens: `en`, `he`; the hub's if left out
    because: str = ""  #: what made it, such as a rule's place


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Count something, once, among the figures of the day."""

    what: str  #: of which kind it is, in a word: `rule`
    name: str  #: which of them


#: What is done besides sending.
Deed = Tag | SetField | OptOut | OptIn | MarkRead | Notify | Expect | Finish | HandOff | Tally


@dataclass(frozen=True, slots=True)
class Page:
    """Standing lines that many traces share, one for each thing that may be asked. Kept once, by what they
    say; make it once and hand it out again."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How a plugin came to its response, for `chatgrow why`. Never a word of the message."""

    page: Page
    asked: int  #: so many lines of the page were asked, from the first
    marks: Mapping[int, str] = field(default_factory=dict)  #: what to read instead of some of them
    is_dull: bool = True  #: nothing matched and nothing failed: it is kept for a shorter time


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a plugin says and does about a message."""

    messages: tuple[Outbound, ...] = ()
    deeds: tuple[Deed, ...] = ()  #: in this order
    is_done: bool = False  #: nobody else is asked, even if nothing is said or done here
    trace: Trace | None = None

    @property
    def settles(self) -> bool:
        """Whether the message is taken care of."""
        return self.is_done or bool(self.messages or self.deeds)
