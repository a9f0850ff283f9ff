"""Conversations that were handed to a team of people, the teams, and figures by day."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from ..ids import new_id
from .messages import MESSAGE_PAGE, Content, messages_of
from .nouns import Accepted, Answer, ReceivedMessage, SentMessage
from .wire import Call, Calls, part

PATH = "/api/whatsapp/conversations"


class HandedOff(Answer, frozen=True, kw_only=True):
    """A conversation, and where it is now."""

    conversation_id: str
    number: int  #: by which people call it
    state: str  #: waiting, agent, closed
    team: str
    agent: str | None = None  #: who has it, or had it last


class Conversation(HandedOff, frozen=True, kw_only=True):
    """A conversation of a customer with a team."""

    connection_id: str
    chat: str
    name: str = ""  #: that the customer gave himself; no proof of who it is
    language: str = ""
    note: str = ""  #: of whoever handed it off
    because: str = ""
    opened_at: datetime
    assigned_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    rating: int | None = None  #: 1 to 5
    escalations: int = 0
    wrote_at: datetime | None = None
    spoke_at: datetime | None = None


class Happening(Answer, frozen=True, kw_only=True):
    """One line of a conversation's story."""

    at: datetime
    event: str  #: opened, given, taken, ..., noted, closed, rated
    by: str = ""
    team: str | None = None
    agent: str | None = None
    note: str = ""


class Line(Answer, frozen=True, kw_only=True):
    """A message, in short."""

    message_id: str
    direction: str  #: inbound, outbound
    type: str
    text: str = ""
    at: datetime


class Summary(Answer, frozen=True, kw_only=True):
    """What an agent should know who takes it."""

    text: str  #: the whole of it in words
    tags: Sequence[str] = ()
    fields: Mapping[str, str] = {}
    messages: Sequence[Line] = ()


class ConversationDetails(Conversation, frozen=True, kw_only=True):
    """A conversation, all that happened in it, and what an agent should know."""

    story: Sequence[Happening] = ()
    summary: Summary


class Agent(Answer, frozen=True, kw_only=True):
    """A person of a team."""

    id: str
    name: str


class Team(Answer, frozen=True, kw_only=True):
    """A team, and how it stands now."""

    id: str
    title: str
    agents: Sequence[Agent] = ()
    is_open: bool = msgspec.field(name="open")
    opens_at: datetime | None = None
    waiting: int | None = None  #: conversations that wait for somebody
    held: int | None = None  #: conversations that agents have


class Teams(Answer, frozen=True, kw_only=True):
    """The caller's teams."""

    teams: Sequence[Team] = ()
    me: str | None = None  #: which agent the caller is


class Figure(Answer, frozen=True, kw_only=True):
    """How often one thing happened on a day."""

    day: date
    what: str  #: received, answered, unanswered, opened, ...
    name: str  #: which connection, plugin, rule, team, agent or outcome
    count: int
    seconds: int = 0
    longest: int = 0
    mean: float = 0.0


class _Figures(Answer, frozen=True, kw_only=True):
    figures: Sequence[Figure]
    next: date | None = None


class _List(Answer, frozen=True, kw_only=True):
    conversations: Sequence[Conversation]
    next: int | None = None


class ConversationCalls(Calls):
    """Conversations. `agent` is who does it, by his id; without one, who the caller himself is."""

    async def conversations(
        self, *, state: str = "", team: str = "", agent: str = "", limit: int | None = None
    ) -> AsyncIterator[Conversation]:
        """Those in a state, or that are open, newest first, page by page as they are asked for; at most
        `limit` in all."""
        before: int | None = None
        while limit is None or limit > 0:
            size = MESSAGE_PAGE if limit is None else min(MESSAGE_PAGE, limit)
            page = await self._wire.get(
                _List, PATH, state=state, team=team, agent=agent, before=before, limit=size
            )
            for each in page.conversations:
                yield each
            before, limit = page.next, None if limit is None else limit - len(page.conversations)
            if before is None:
                return

    async def conversation(self, conversation_id: str) -> ConversationDetails:
        """One of them, what happened in it, and what an agent should know. Raises NotFound."""
        return await self._wire.get(ConversationDetails, _path(conversation_id))

    async def conversation_messages(
        self,
        conversation_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[SentMessage | ReceivedMessage]:
        """What was written in its chat, both ways, newest first; at most `limit` in all."""
        path = _path(conversation_id, "messages")
        async for message in messages_of(self._wire, path, limit, since=since, until=until):
            yield message

    async def hand_off(self, connection_id: str, chat: str, team: str, *, note: str = "") -> HandedOff:
        """Hand a chat to a team: the bot is silent there until it is closed. Raises Conflict when one is
        open there."""
        body = {"connectionId": connection_id, "chat": chat, "team": team, "note": note}
        return await self._wire.post(HandedOff, PATH, body)

    async def take_conversation(self, conversation_id: str, *, agent: str = "") -> HandedOff:
        """An agent talks with the customer from now on. Raises Conflict while a colleague has it."""
        return await self._wire.post(HandedOff, _path(conversation_id, "take"), _by(agent))

    async def transfer_conversation(
        self, conversation_id: str, *, team: str = "", agent: str = "", by: str = ""
    ) -> HandedOff:
        """Pass it on, to a team or to an agent; `by` whom, by his id."""
        given = {"team": team, "agent": agent, "by": by}
        body = {name: value for name, value in given.items() if value}
        return await self._wire.post(HandedOff, _path(conversation_id, "transfer"), body)

    async def release_conversation(self, conversation_id: str, *, agent: str = "") -> HandedOff:
        """Give it back to its team, to wait for somebody else."""
        return await self._wire.post(HandedOff, _path(conversation_id, "release"), _by(agent))

    async def close_conversation(self, conversation_id: str, *, agent: str = "") -> HandedOff:
        """End it: the bot answers again. Closing it again does nothing."""
        call = Call(method="POST", path=_path(conversation_id, "close"), body=_by(agent), again=True)
        return self._wire.read(HandedOff, await self._wire.raw(call))

    async def note_in_conversation(self, conversation_id: str, text: str, *, agent: str = "") -> None:
        """Write something down for colleagues."""
        body = {"text": text, **_by(agent)}
        await self._wire.raw(Call(method="POST", path=_path(conversation_id, "note"), body=body))

    async def say_in_conversation(
        self,
        conversation_id: str,
        message: Content,
        *,
        agent: str = "",
        reply_to: str = "",
        wait: float = 0,
        key: str = "",
    ) -> Accepted:
        """Write to the customer as an agent, who takes it if nobody has it. `key` and `wait` are as for
        `send_message`. Raises Conflict while a colleague has it, and once it is closed."""
        body = {"message": message, **_by(agent), **({"replyTo": reply_to} if reply_to else {})}
        call = Call(
            method="POST",
            path=_path(conversation_id, "messages"),
            query={"wait": str(wait)} if wait else {},
            body=body,
            key=key or new_id(),
        )
        return self._wire.read(Accepted, await self._wire.raw(call))

    async def teams(self) -> Teams:
        """The caller's teams, and how each stands now."""
        return await self._wire.get(Teams, "/api/whatsapp/teams")

    async def insight(
        self, since: date | None = None, until: date | None = None, *, what: str = ""
    ) -> AsyncIterator[Figure]:
        """What became of customers' messages day by day, oldest first, both days included, 100 at most; of
        the last seven if nothing is said."""
        asked: dict[str, Any] = {"from": since, "to": until, "what": what}
        while True:
            page = await self._wire.get(_Figures, "/api/whatsapp/insight", **asked)
            for each in page.figures:
                yield each
            if page.next is None:
                return
            asked["from"] = page.next


def _path(conversation_id: str, what: str = "") -> str:
    return f"{PATH}/{part(conversation_id)}" + (f"/{what}" if what else "")


def _by(agent: str) -> dict[str, str]:
    return {"agent": agent} if agent else {}
