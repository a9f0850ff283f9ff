"""Talks to the numbers you name and to nobody else: for pilots on a real account.

Also the example of a filter plugin: one class, its settings, and a filter on the way in and on the way out;
and of a plugin that gives another one something: a condition to the rules.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from chatgrow_bot.addresses import chat_of, masked
from chatgrow_bot.errors import InvalidPhoneNumber
from chatgrow_bot.messages import Delivery, Drop, Inbound, Outbound
from chatgrow_bot.plugin import Plugin, PluginConfig, hook
from chatgrow_bot.responses import Customer


def _chat(number: str) -> str:
    try:
        return chat_of(number)
    except InvalidPhoneNumber as error:
        raise ValueError(str(error)) from error


#: A phone number or chat id in any form; canonical once checked.
Chat = Annotated[str, AfterValidator(_chat)]


class Config(PluginConfig):
    """Who may talk with us."""

    allow: frozenset[Chat] = Field(
        frozenset(), description="Phone numbers or chat ids; if any is named, all others are strangers."
    )
    block: frozenset[Chat] = Field(
        frozenset(), description="Phone numbers or chat ids never talked with, even if allowed."
    )


class GuestList(Plugin):
    """Drops what comes from, and what would go to, anyone who is not a guest."""

    Config = Config

    @hook
    async def filter_inbound(self, message: Inbound) -> Drop | None:
        """Stop a stranger's message before anything answers it. A guest is heard in any group."""
        return self._verdict(message.chat, message.sender)

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Drop | None:
        """Stop a message to a stranger, whoever asked for it."""
        return self._verdict(delivery.chat)

    @hook
    def register_rule_conditions(self) -> Mapping[str, Callable[..., Awaitable[bool]]]:
        """For the rules of auto_reply: `when: {run: {guest: true}}`."""
        return {"guest": self._is_guest}

    async def _is_guest(self, message: Inbound, customer: Customer, value: bool) -> bool:
        """Whether the writer is on the `allow` list; with `guest: false`, whether he is not."""
        config: Config = self.bot.config
        return (message.sender in config.allow - config.block) is value

    def _verdict(self, *chats: str) -> Drop | None:
        config: Config = self.bot.config
        for chat in chats:
            if chat in config.block:
                return Drop(f"{masked(chat)} is on the `block` list of '{self.bot.name}' in chatgrow.yaml")
        if config.allow and config.allow.isdisjoint(chats):
            return Drop(
                f"{masked(chats[-1])} is not on the `allow` list of '{self.bot.name}' in chatgrow.yaml"
            )
        return None
