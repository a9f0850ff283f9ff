"""What an agent writes: words for a customer, or a command."""

from collections.abc import Sequence

from chatgrow_bot.consent import Vocabulary
from chatgrow_bot.errors import (
    ChatgrowError,
    Conflict,
    ConversationNotFound,
    IdempotencyMismatch,
    MessageNotFound,
    OptedOut,
    StoreUnavailable,
)
from chatgrow_bot.hub import Agent, Conversation
from chatgrow_bot.messages import FILES, UNSENT, ConversationState, Inbound, Kind, Outbound
from chatgrow_bot.payloads import Contacts, Location, Poll, Reaction
from chatgrow_bot.plugin import Bot

from .commands import command_of, words_of
from .memory import Memory, Place
from .orders import Orders
from .replies import Asked, Replies
from .texts import Texts


class Desk:
    """Hears agents."""

    def __init__(self, bot: Bot, memory: Memory, replies: Replies, orders: Orders, texts: Texts) -> None:
        self._bot, self._memory, self._replies = bot, memory, replies
        self._orders, self._texts = orders, texts
        self._vocabulary = Vocabulary()

    async def hear(self, agent: Agent, message: Inbound) -> None:
        """Do what a message asks for, once: a message that was done is not done again."""
        place = await self._memory.place(message.tenant, agent.id)
        if message.id in place.done:
            return
        asked = Asked(agent=agent, message=message, quoted=await self._replies.quoted(message))
        command = command_of(message.text) if message.kind is Kind.TEXT else None
        if wish := self._vocabulary.heard(message.text):
            if not wish.out:  # else he wants nothing, and no answer either
                await self._replies.tell(asked, self._texts.wish)
        elif command is None:
            place = await self._pass_on(asked, place)
        else:
            place, rest = await self._orders.run(asked, command, place)
            if rest:
                place = await self._say_to(asked, place, place.current, Outbound(to="", text=rest))
        await self._memory.put_place(message.tenant, agent.id, place.after(message.id))

    async def _pass_on(self, asked: Asked, place: Place) -> Place:
        message, about = asked.message, asked.quoted[1] if asked.quoted else ""
        match message:
            case Inbound(kind=Kind.EDIT | Kind.DELETION):
                await self._replies.tell(asked, self._texts.no_change)
                return place
            case Inbound(payload=Reaction() as reaction):
                return await self._react(asked, place, Outbound(to="", payload=reaction, about=about))
            case Inbound(payload=Location() | Contacts() | Poll() as payload):
                words = Outbound(to="", payload=payload, about=about)
            case Inbound(kind=kind, media=None) if kind in FILES:
                await self._replies.tell(asked, self._texts.not_sent.format(reason=message.media_trouble))
                return place
            case Inbound(kind=kind) if kind is Kind.TEXT or kind in FILES:
                text = words_of(message.text)
                words = Outbound(to="", text=text, media=message.media, about=about)
            case _:
                await self._replies.tell(asked, self._texts.unfit)
                return place
        return await self._say(asked, place, words)

    async def _react(self, asked: Asked, place: Place, reaction: Outbound) -> Place:
        """A reaction to what a customer wrote is shown to him; any other is the agent's own affair."""
        conversation = await self._replies.found(asked, asked.quoted[0]) if asked.quoted else None
        if conversation and reaction.about and conversation.agent == asked.agent.id:
            try:
                await self._bot.hub.conversations.say(
                    asked.tenant, conversation.id, reaction, agent=asked.agent.id, key=asked.key
                )
            except StoreUnavailable:
                raise
            except ChatgrowError as error:
                self._bot.log.info("a reaction was not passed on", reason=error.title)
        return place

    async def _say(self, asked: Asked, place: Place, words: Outbound) -> Place:
        """To the conversation that is quoted, else to the current one; never to one that is guessed."""
        message = asked.message
        if message.about or message.about_wa_id:
            conversation = await self._replies.found(asked, asked.quoted[0]) if asked.quoted else None
            if conversation is None:
                await self._replies.tell(asked, self._texts.unknown_quote)
                return place
            return await self._say_to(asked, place, conversation.id, words)
        if not place.current:
            await self._replies.tell(asked, self._nobodys(await self._replies.held_by(asked)))
            return place
        if not await self._has_seen(asked.tenant, place.summary):
            conversation = await self._bot.hub.conversations.get(asked.tenant, place.current)
            await self._replies.tell(asked, self._texts.not_seen.format(number=conversation.number))
            return place
        return await self._say_to(asked, place, place.current, words)

    def _nobodys(self, held: Sequence[Conversation]) -> str:
        if not held:
            return self._texts.help
        numbers = ", ".join(f"/{each.number}" for each in held)
        return self._texts.nobodys_words.format(numbers=numbers)

    async def _has_seen(self, tenant: str, summary_id: str) -> bool:
        """Whether a summary has left, if there is one: before that, no words are meant for its customer."""
        if not summary_id:
            return True
        try:
            return (await self._bot.hub.outbox.get(tenant, summary_id)).state not in UNSENT
        except MessageNotFound:
            return True

    async def _say_to(self, asked: Asked, place: Place, conversation_id: str, words: Outbound) -> Place:
        say, agent = self._bot.hub.conversations.say, asked.agent.id
        try:
            try:
                await say(asked.tenant, conversation_id, words, agent=agent, key=asked.key)
            except MessageNotFound:  # what he quotes is kept no more
                bare = Outbound(to="", text=words.text, media=words.media, payload=words.payload)
                await say(asked.tenant, conversation_id, bare, agent=agent, key=asked.key)
        except IdempotencyMismatch:
            return place  # they were said before, to another one
        except StoreUnavailable:
            raise
        except ChatgrowError as error:
            await self._replies.tell(asked, await self._refused(asked, conversation_id, error))
            return place
        return place.at(conversation_id)

    async def _refused(self, asked: Asked, conversation_id: str, error: ChatgrowError) -> str:
        """Why words were not sent, for the agent."""
        if isinstance(error, OptedOut):
            return self._texts.opted_out
        try:
            now = await self._bot.hub.conversations.get(asked.tenant, conversation_id)
        except ConversationNotFound:
            return self._texts.not_sent.format(reason=error)
        is_his = now.state is ConversationState.AGENT and now.agent == asked.agent.id
        if isinstance(error, Conflict) and not is_his:
            return self._replies.standing(now)
        return self._texts.not_sent.format(reason=error)
