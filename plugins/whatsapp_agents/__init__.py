"""Serves the people of the teams in WhatsApp itself: in his own chat with the business's number an
agent gets the conversations that he has, and answers them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import Field

from chatgrow_bot.messages import NEVER_LEFT, ConversationChange, ConversationState, Delivery, Inbound
from chatgrow_bot.plugin import Bot, Plugin, PluginConfig, hook

from .desk import Desk
from .memory import Memory
from .orders import Orders
from .post import Post
from .replies import Replies
from .serving import Serving
from .texts import TEXTS, Language

#: Seconds after which what could not be queued for an agent is tried again.
AGAIN = 60.0


class Config(PluginConfig):
    """How agents are spoken to."""

    language: Language = Field(
        "en", description="In which language agents are told things: `en` or `he`. They may use both."
    )


class Agents(Plugin):
    """Tells agents of their conversations, and hears them."""

    Config = Config
    needs_hub = True

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        config: Config = bot.config
        texts, memory, post = TEXTS[config.language], Memory(bot.store), Post(bot)
        replies = Replies(bot, post, texts)
        self._serving = Serving(bot, memory, post, texts)
        orders = Orders(bot, replies, self._serving, texts)
        self._desk = Desk(bot, memory, replies, orders, texts)
        #: What is remembered is read, then written: one thing at a time.
        self._turn = asyncio.Lock()

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Try again what could not be queued."""
        self.bot.every(AGAIN, self._catch_up)
        yield

    @hook
    async def on_conversation(self, change: ConversationChange) -> None:
        """A conversation came to an agent, went from him, or waits for his team."""
        async with self._turn:
            await self._serving.changed(change)

    @hook
    async def on_inbound(self, message: Inbound) -> None:
        """A customer wrote to an agent, or an agent wrote."""
        parts = self.bot.hub.conversations
        if message.participant or not parts.teams():
            return
        async with self._turn:
            if agent := parts.agent(message.tenant, chat=message.chat):
                if not message.from_me:
                    await self._desk.hear(agent, message)
                return
            found = await parts.open_in(message.tenant, message.connection_id, message.chat)
            if found and found.state is ConversationState.AGENT:
                await self._serving.pass_on(found, message)

    @hook
    async def on_outbound(self, delivery: Delivery) -> None:
        """What an agent wrote could not be sent."""
        if delivery.state in NEVER_LEFT:
            async with self._turn:
                await self._serving.lost(delivery)

    async def _catch_up(self) -> None:
        async with self._turn:
            await self._serving.catch_up()
