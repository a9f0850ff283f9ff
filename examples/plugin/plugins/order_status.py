"""Answers `order 17` with what your shop knows about order 17. A plugin is one class; each method marked
`@hook` is called at its moment."""

from collections.abc import Mapping

from pydantic import Field

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, PluginConfig, hook


class Config(PluginConfig):
    """What may stand under the plugin's name in chatgrow.yaml; a wrong key is shown with its line."""

    word: str = Field("order", min_length=1, description="What a customer writes before the number.")
    orders: Mapping[str, str] = Field(default_factory=dict, description="What is known, by number.")


class OrderStatus(Plugin):
    """In life `_look_up` asks your own system, by `self.bot.http`."""

    Config = Config

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        """The answer, or None to let the next plugin answer."""
        config: Config = self.bot.config
        word, _, number = message.text.strip().partition(" ")
        if word.lower() != config.word or not number:
            return None
        known = await self._look_up(number.strip())
        self.bot.log.info("asked for an order", known=known is not None)  # no numbers, no names in logs
        text = f"Order {number}: {known}." if known else f"I know no order {number}. Please check the number."
        return Outbound(to=message.chat, text=text, because=self.bot.name)

    async def _look_up(self, number: str) -> str | None:
        config: Config = self.bot.config
        return config.orders.get(number)
