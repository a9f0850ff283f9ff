"""Conversations that were handed to a team, and the people of the teams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..addresses import phone_of
from ..messages import ConversationEvent, ConversationState, Delivery, Inbound, Kind, Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person of a team, as `agents:` in chatgrow.yaml names him."""

    id: str
    name: str  #: what customers and colleagues see
    chat: str = ""  #: his own chat id, if he is served over WhatsApp
    user: str = ""  #: his name as a user of the hub
    fronts: Mapping[str, str] = field(default_factory=dict)  #: who he is elsewhere, by the front's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team, and how it stands now."""

    id: str
    title: str
    agents: Sequence[Agent]
    is_open: bool
    opens_at: datetime | None  #: when it opens next; None while it is open, or when that is not known
    waiting: int  #: conversations that wait for somebody
    held: int  #: conversations that agents have


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of a customer with a team."""

    id: str
    number: int  #: by which people call it: counts within its tenant
    tenant: str
    connection_id: str
    chat: str
    name: str = ""  #: the customer's, as he gave it
    state: ConversationState
    team: str
    agent: str = ""  #: the id of who has it, or had it last; empty while nobody did
    language: str = ""
    note: str = ""  #: of whoever handed it off
    because: str = ""
    opened_at: datetime
    assigned_at: datetime | None = None  #: to who has it now
    answered_at: datetime | None = None  #: when a person first wrote to the customer
    closed_at: datetime | None = None
    closed_by: str = ""
    rating: int | None = None  #: 1 to 5
    escalations: int = 0
    wrote_at: datetime | None = None  #: when the customer last wrote in it
    spoke_at: datetime | None = None  #: when a person last wrote to him


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of a conversation's story."""

    at: datetime
    event: ConversationEvent
    by: str
    team: str = ""
    agent: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an agent should know who takes a conversation."""

    conversation: Conversation
    tags: Sequence[str]
    fields: Mapping[str, str]
    notes: Sequence[Happening]  #: what colleagues wrote down
    messages: Sequence[Inbound | Delivery]  #: the last ones of the chat, oldest first, both ways
    texts: Mapping[str, str]  #: what they say, by message id

    def __str__(self) -> str:
        """The whole of it, for a front that has no form of its own."""
        talk = self.conversation
        who = " ".join(filter(None, (talk.name, f"({phone})" if (phone := phone_of(talk.chat)) else "")))
        lines = [f"#{talk.number}, {talk.team}: {who or talk.chat}", f"Since {talk.opened_at:%F %H:%M} UTC."]
        if talk.note:
            lines.append(f"Handed over with: {talk.note}")
        if self.tags:
            lines.append(f"Tags: {', '.join(self.tags)}")
        lines += [f"{name}: {value}" for name, value in self.fields.items()]
        lines += [f"Note of {each.by}: {each.note}" for each in self.notes]
        if self.messages:
            lines += ["", *(f"{_side(each)} {self._said(each)}" for each in self.messages)]
        return "\n".join(lines)

    def _said(self, message: Inbound | Delivery) -> str:
        text = self.texts.get(message.id, "")
        return text if message.kind is Kind.TEXT else f"[{message.kind}] {text}".rstrip()


def _side(message: Inbound | Delivery) -> str:
    ours = isinstance(message, Delivery) or message.from_me
    return "<" if ours else ">"


class Conversations(Protocol):
    """The conversations of a tenant. Foreign and missing ids raise the same ConversationNotFound; what a
    conversation's state does not allow raises Conflict; a team or an agent that there is not, BadInput."""

    def teams(self) -> Sequence[str]:
        """The names of all teams."""
        ...

    async def standing(self, tenant: str) -> Sequence[Team]:
        """A tenant's teams, and how each stands."""
        ...

    def agent(
        self, tenant: str, *, id: str = "", chat: str = "", user: str = "", front: tuple[str, str] = ("", "")
    ) -> Agent | None:
        """Who this is, by one of his names; None when he is in none of the tenant's teams."""
        ...

    async def list(
        self,
        tenant: str,
        *,
        states: Sequence[ConversationState] = (ConversationState.WAITING, ConversationState.AGENT),
        team: str = "",
        agent: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[Conversation]:
        """Those in these states, newest first; `before` is the number that an earlier page ended with."""
        ...

    async def get(self, tenant: str, conversation_id: str) -> Conversation:
        """One of them."""
        ...

    async def by_number(self, tenant: str, number: int) -> Conversation:
        """One of them, as people call it."""
        ...

    async def open_in(self, tenant: str, connection_id: str, chat: str) -> Conversation | None:
        """The one that is open in a chat."""
        ...

    async def story(self, tenant: str, conversation_id: str) -> Sequence[Happening]:
        """All that happened in it, oldest first."""
        ...

    async def heard(self, tenant: str, conversation_id: str, after: str = "") -> Sequence[Inbound]:
        """What the customer wrote since it was opened, the message that opened it included, oldest first;
        only what came after the message `after`. 200 at most."""
        ...

    async def summary(self, tenant: str, conversation_id: str) -> Summary:
        """What an agent should know."""
        ...

    async def hand_off(
        self, tenant: str, connection_id: str, chat: str, team: str, *, by: str, note: str = ""
    ) -> Conversation:
        """Hand a chat to a team, as a rule does. Raises Conflict, with its number, when one is open there."""
        ...

    async def take(self, tenant: str, conversation_id: str, agent: str, *, by: str = "") -> Conversation:
        """An agent talks with the customer from now on. Raises Conflict while a colleague has it: that takes
        a transfer."""
        ...

    async def transfer(
        self, tenant: str, conversation_id: str, *, by: str, team: str = "", agent: str = ""
    ) -> Conversation:
        """To a team, whose turn it then is, or to an agent."""
        ...

    async def release(self, tenant: str, conversation_id: str, *, by: str) -> Conversation:
        """Back to its team, to wait for somebody else."""
        ...

    async def close(self, tenant: str, conversation_id: str, *, by: str) -> Conversation:
        """It is over: the bot answers again. Closing it again does nothing."""
        ...

    async def note(self, tenant: str, conversation_id: str, text: str, *, by: str) -> None:
        """Write something down for colleagues."""
        ...

    async def say(
        self, tenant: str, conversation_id: str, message: Outbound, *, agent: str, key: str
    ) -> Delivery:
        """An agent writes to the customer; `message.to` is left empty. Who has not got the conversation takes
        it, if nobody has. A repeated `key` answers the first delivery. Raises Conflict when a colleague has
        it, or it is closed, and as `Outbox.enqueue` does."""
        ...
