"""Shows agents the conversations that they have: a summary, each message of the customer, and what becomes of
the conversation. All of it may be done again: each message has a key of its own."""

from datetime import timedelta

from chatgrow_bot.errors import ChatgrowError, ConversationNotFound, MessageNotFound, StoreUnavailable
from chatgrow_bot.hub import Agent, Conversation
from chatgrow_bot.messages import (
    ConversationChange,
    ConversationEvent,
    ConversationState,
    Delivery,
    Inbound,
    Outbound,
)
from chatgrow_bot.plugin import Bot

from .memory import Memory, turn
from .post import Post
from .relaying import mark, name_of, relayed, said_in, summary_of
from .texts import Texts

#: So long before its end it is looked at anew what was written in a conversation.
_LATE = timedelta(minutes=10)
#: The source of what people say in conversations.
_PERSON = "agent"


class Serving:
    """Writes to agents about their conversations."""

    def __init__(self, bot: Bot, memory: Memory, post: Post, texts: Texts) -> None:
        self._bot, self._memory, self._post, self._texts = bot, memory, post, texts

    async def changed(self, change: ConversationChange) -> None:
        """Something happened in a conversation. What is told is how it is now: what happened since is told
        by facts that are still to come."""
        try:
            conversation = await self._bot.hub.conversations.get(change.tenant, change.conversation_id)
        except ConversationNotFound:
            return
        await self._tell_who_had_it(change, conversation)
        match conversation.state:
            case ConversationState.AGENT:
                await self.show(conversation)
            case ConversationState.WAITING if change.event is not ConversationEvent.NOTED:
                await self._call_the_team(change, conversation)
            case ConversationState.CLOSED:
                await self._memory.forget(conversation.tenant, conversation.id)

    async def pass_on(self, conversation: Conversation, message: Inbound) -> None:
        """The customer wrote, or somebody did on the linked phone, in a conversation that an agent has."""
        agent = self._agent(conversation.tenant, conversation.agent)
        if agent and await self.show(conversation):
            await self._try(conversation, agent, message)

    async def show(self, conversation: Conversation, *, is_current: bool = False) -> bool:
        """Show whoever has a conversation what it is about, and what he is owed of it, unless he was. Whether
        he is up to date now. It becomes his current one if he asked for that, or has none."""
        agent = self._agent(conversation.tenant, conversation.agent)
        is_shown = await self._memory.is_shown(conversation)
        if agent is None or (is_shown and not await self._memory.owes(conversation)):
            return True
        try:
            await self._show(conversation, agent, is_current=is_current)
        except StoreUnavailable:
            raise
        except ChatgrowError as error:
            await self._owe(conversation, agent, error)
            return False
        return True

    async def lost(self, delivery: Delivery) -> None:
        """What was sent to a customer never left: whoever has his conversation is told."""
        number = said_in(delivery.because)
        if number is None or delivery.source != _PERSON:
            return
        try:
            conversation = await self._bot.hub.conversations.by_number(delivery.tenant, number)
        except ConversationNotFound:
            return
        if agent := self._agent(delivery.tenant, conversation.agent):
            values = {"number": number, "name": name_of(conversation), "reason": delivery.reason}
            key = f"agents/{conversation.id}/lost/{delivery.id}"
            await self._line(conversation, agent, self._texts.lost.format(**values), key)

    async def catch_up(self) -> None:
        """Queue what could not be queued when it was due."""
        for conversation_id, tenant in (await self._memory.owed()).items():
            try:
                conversation = await self._bot.hub.conversations.get(tenant, conversation_id)
                agent = self._agent(tenant, conversation.agent)
                if conversation.state is ConversationState.AGENT and agent:
                    await self._show(conversation, agent)
            except ConversationNotFound:
                pass
            except ChatgrowError as error:
                self._bot.log.debug("an agent is still owed messages", reason=error.title)
                continue
            await self._memory.settle(conversation_id)

    async def _show(self, conversation: Conversation, agent: Agent, *, is_current: bool = False) -> None:
        tenant, hub = conversation.tenant, self._bot.hub
        messages = await self._heard(conversation)
        summary = await hub.conversations.summary(tenant, conversation.id)
        place = await self._memory.place(tenant, agent.id)
        goes = self._texts.goes_here
        if not is_current and place.current not in ("", conversation.id):
            other = (await hub.conversations.get(tenant, place.current)).number
            goes = self._texts.goes_there.format(number=other, mine=conversation.number)
        text = summary_of(self._texts, summary, {each.id for each in messages}, goes)
        first = Outbound(to="", text=text, because=mark(conversation.number))
        key = f"agents/{conversation.id}/{turn(conversation)}"
        told = await self._post.send(tenant, conversation.connection_id, agent, first, key)
        for message in messages:
            await self._relay(conversation, agent, message)
        if not place.current:
            place = place.at(conversation.id, told.id if told else "")
            await self._memory.put_place(tenant, agent.id, place)
        await self._memory.put_shown(conversation)
        await self._memory.settle(conversation.id)

    async def _heard(self, conversation: Conversation) -> list[Inbound]:
        """All that the customer wrote in it. What has a file still to come is told once that has come."""
        heard: list[Inbound] = []
        while page := await self._bot.hub.conversations.heard(
            conversation.tenant, conversation.id, heard[-1].id if heard else ""
        ):
            heard += page
        return [each for each in heard if not each.attachment or each.media or each.media_trouble]

    async def _relay(self, conversation: Conversation, agent: Agent, message: Inbound) -> None:
        tenant, key = conversation.tenant, f"agents/{conversation.id}/{message.id}/{agent.id}"
        quoted = await self._words(tenant, message.about) if message.about else ""
        for at, part in enumerate(relayed(self._texts, conversation, message, quoted)):
            await self._post.send(tenant, conversation.connection_id, agent, part, f"{key}/{at}")

    async def _words(self, tenant: str, message_id: str) -> str:
        """What an earlier message says, whichever way it went; nothing if it is gone."""
        try:
            return (await self._bot.hub.inbox.get(tenant, message_id)).text
        except MessageNotFound:
            pass
        try:
            return (await self._bot.hub.outbox.content(tenant, message_id)).text
        except MessageNotFound:
            return ""

    async def _owe(self, conversation: Conversation, agent: Agent, error: ChatgrowError) -> None:
        if not await self._memory.owes(conversation):
            self._post.fault(conversation.tenant, conversation.connection_id, agent, error)
            await self._memory.put_owed(conversation)

    async def _tell_who_had_it(self, change: ConversationChange, conversation: Conversation) -> None:
        """It was taken away from somebody, or has ended, or was rated: he is told, unless he did it."""
        is_rated = change.event is ConversationEvent.RATED
        had = conversation.agent if is_rated else change.previous_agent
        agent = self._agent(change.tenant, had)
        if agent is None:
            return
        place = await self._memory.place(change.tenant, had)
        has_it = conversation.state is ConversationState.AGENT and conversation.agent == had
        if place.current == conversation.id and not has_it:
            await self._memory.put_place(change.tenant, had, place.at(""))
        if change.event is ConversationEvent.CLOSED:
            await self._last_words(conversation, agent)
        if change.by != had:
            key = f"agents/{conversation.id}/{change.event}/{change.at.isoformat()}/{had}"
            await self._line(conversation, agent, self._ended(change, conversation), key)

    async def _last_words(self, conversation: Conversation, agent: Agent) -> None:
        """What the customer wrote while it was being closed: the bot was silent, so the agent has to know."""
        if conversation.closed_at is None or not await self._memory.is_shown(conversation):
            return
        late = conversation.closed_at - _LATE
        for message in await self._heard(conversation):
            if message.received_at >= late:
                await self._try(conversation, agent, message)

    async def _try(self, conversation: Conversation, agent: Agent, message: Inbound) -> None:
        """Pass a message on; what cannot be queued is a fault, and owed."""
        try:
            await self._relay(conversation, agent, message)
        except StoreUnavailable:
            raise
        except ChatgrowError as error:
            await self._owe(conversation, agent, error)

    def _ended(self, change: ConversationChange, conversation: Conversation) -> str:
        values = {
            "number": change.number,
            "name": name_of(conversation),
            "team": change.team,
            "by": self._texts.who.get(change.by, change.by),
            "to": change.agent or change.team,
            "rating": conversation.rating,
        }
        match change.event:
            case ConversationEvent.CLOSED:
                return self._texts.closed.format(**values)
            case ConversationEvent.RATED:
                return self._texts.rated.format(**values)
            case ConversationEvent.RELEASED:
                return self._texts.released.format(**values)
        return self._texts.transferred.format(**values)

    async def _call_the_team(self, change: ConversationChange, conversation: Conversation) -> None:
        """It waits for a team that is at work: whoever is served here is told."""
        teams = await self._bot.hub.conversations.standing(change.tenant)
        values = {"number": change.number, "name": name_of(conversation), "team": conversation.team}
        for team in teams:
            if team.id != conversation.team or not team.is_open:
                continue
            for agent in team.agents:
                if agent.chat and agent.id not in (change.by, change.previous_agent):
                    key = f"agents/{conversation.id}/waits/{change.at.isoformat()}/{agent.id}"
                    await self._line(conversation, agent, self._texts.waits.format(**values), key)

    async def _line(self, conversation: Conversation, agent: Agent, text: str, key: str) -> None:
        line = Outbound(to="", text=text, because=mark(conversation.number))
        await self._post.tell(conversation.tenant, conversation.connection_id, agent, line, key)

    def _agent(self, tenant: str, agent_id: str) -> Agent | None:
        """Who is served here."""
        agent = self._bot.hub.conversations.agent(tenant, id=agent_id) if agent_id else None
        return agent if agent and agent.chat else None
