"""Conversations that were handed to a team, and the teams."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from chatgrow_bot.messages import ConversationEvent, ConversationState

from .base import Answer, Moment, Query, Request
from .content import Message
from .listing import MOST

#: Characters of a note.
NOTE_LIMIT = 2000

_ConversationId = Annotated[str, Field(examples=["01a2055e703a77db82d215f3e6280656"])]
_Number = Annotated[int, Field(description="by which people call it", examples=[12])]
_State = Annotated[
    ConversationState, Field(description="waiting for somebody, with an agent, or closed", examples=["agent"])
]
_TeamShown = Annotated[str, Field(examples=["sales"])]
_AgentShown = Annotated[
    str | None, Field(description="who has it, or had it last; null while nobody did", examples=["dana"])
]
_Team = Annotated[str, Field(min_length=1, max_length=64, description="a team's name", examples=["sales"])]
_Agent = Annotated[str, Field(min_length=1, max_length=64, examples=["dana"])]
_Note = Annotated[str, Field(max_length=NOTE_LIMIT, description="for colleagues, not for the customer")]
_ACTING = "the agent who does it; by default the caller, if he is one"


class ConversationsAsked(Query):
    """Which conversations, newest first."""

    state: ConversationState | None = Field(
        default=None, description="those in this state; by default those that are open: waiting, agent"
    )
    team: str = Field(default="", max_length=64, description="of this team", examples=["sales"])
    agent: str = Field(default="", max_length=64, description="that this agent has", examples=["dana"])
    before: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="`next` of the page before; else the newest"
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="at most so many")


class ChatAsked(Query):
    """Which messages of its chat, newest first."""

    since: Moment | None = Field(default=None, description="those that came, or were accepted, then or later")
    until: Moment | None = Field(default=None, description="and those before then")
    before: str = Field(
        default="", pattern="^([0-9a-f]{32})?$", description="`next` of the page before; else the newest"
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="at most so many")


class HandOff(Request):
    """A chat to hand to a team."""

    connection_id: str = Field(min_length=1, max_length=64, examples=["shop"])
    chat: str = Field(
        min_length=1,
        max_length=64,
        description="a person's number in international form, or his chat id",
        examples=["+14155550123"],
    )
    team: _Team
    note: _Note = ""


class Acting(Request):
    """Who does it."""

    agent: _Agent | None = Field(default=None, description=_ACTING)


class Transfer(Request):
    """To whom: a team, whose turn it then is, or an agent."""

    team: _Team | None = Field(default=None, examples=["sales"])
    agent: _Agent | None = None
    by: _Agent | None = Field(default=None, description=_ACTING)

    @model_validator(mode="after")
    def _to_somebody(self) -> "Transfer":
        if (self.team is None) == (self.agent is None):
            raise ValueError("Give either 'team' or 'agent'")
        return self


class Note(Request):
    """Something for colleagues to know."""

    text: Annotated[_Note, Field(min_length=1, examples=["He wants the blue one"])]
    agent: _Agent | None = Field(default=None, description=_ACTING)


class Say(Request):
    """A message of an agent's to the customer."""

    message: Annotated[Message, Field(examples=["Hello, this is Dana"])]
    agent: _Agent | None = Field(default=None, description=_ACTING)
    reply_to: str = Field(default="", max_length=64, description="messageId of the message to quote")


class ConversationShort(Answer):
    """A conversation, and where it is now."""

    conversation_id: _ConversationId
    number: _Number
    state: _State
    team: _TeamShown
    agent: _AgentShown


class ConversationShown(ConversationShort):
    """A conversation of a customer with a team."""

    connection_id: str = Field(examples=["shop"])
    chat: str = Field(description="a chat id", examples=["14155550123@c.us"])
    name: str = Field(
        description="that the customer gave himself; no proof of who it is", examples=["A customer"]
    )
    language: str = Field(description="in which he is written to", examples=["en"])
    note: str = Field(description="of whoever handed it off")
    because: str = Field(description="what handed it off: a rule's place, a caller")
    opened_at: datetime
    assigned_at: datetime | None = Field(description="when who has it got it")
    answered_at: datetime | None = Field(description="when a person first wrote to the customer")
    closed_at: datetime | None
    closed_by: str
    rating: int | None = Field(description="1 to 5, by the customer; null while he gave none")
    escalations: int = Field(description="how often nobody answered in time")
    wrote_at: datetime | None = Field(description="when the customer last wrote in it")
    spoke_at: datetime | None = Field(description="when a person last wrote to him")


class ConversationList(Answer):
    """A page of conversations, newest first."""

    conversations: list[ConversationShown]
    next: int | None = Field(description="give it as `before` for the next page; null after the last")


class HappeningShown(Answer):
    """One line of a conversation's story."""

    at: datetime
    event: ConversationEvent
    by: str = Field(description="an agent, a rule, a caller, `the customer`, `the clock`", examples=["dana"])
    team: str | None = None
    agent: str | None = None
    note: str


class LineShown(Answer):
    """A message, in short."""

    message_id: str = Field(examples=["01a2055e703a77db82d215f3e6280656"])
    direction: str = Field(description="inbound or outbound", examples=["inbound"])
    type: str = Field(examples=["text"])
    text: str
    at: datetime


class SummaryShown(Answer):
    """What an agent should know who takes it."""

    text: str = Field(description="the whole of it in words")
    tags: list[str] = Field(description="of the customer")
    fields: dict[str, str] = Field(description="what is known of him", examples=[{"city": "Haifa"}])
    messages: list[LineShown] = Field(description="the last ones of the chat, oldest first, both ways")


class ConversationDetails(ConversationShown):
    """A conversation, all that happened in it, and what an agent should know."""

    story: list[HappeningShown] = Field(description="oldest first")
    summary: SummaryShown


class AgentShown(Answer):
    """A person of a team."""

    id: str = Field(examples=["dana"])
    name: str = Field(examples=["Dana"])


class TeamShown(Answer):
    """A team, and how it stands now."""

    id: str = Field(examples=["sales"])
    title: str = Field(examples=["Sales"])
    agents: list[AgentShown]
    open: bool
    opens_at: datetime | None = Field(
        description="when it opens next; null while it is open, or when that is not known"
    )
    waiting: int | None = Field(
        description="conversations that wait for somebody; null for a key that is bound to some connections"
    )
    held: int | None = Field(description="conversations that agents have; null for such a key")


class TeamList(Answer):
    """The caller's teams."""

    teams: list[TeamShown]
    me: str | None = Field(description="which agent the caller is; null when he is none", examples=["dana"])
