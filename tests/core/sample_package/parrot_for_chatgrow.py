"""Somebody else's plugin, in a package of its own: repeats what it is told, to customers and over HTTP."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Access, Plugin, PluginConfig, Route, hook


class Config(PluginConfig):
    """Its keys in chatgrow.yaml."""

    word: str = "!say"  #: what a customer writes first


class Parrot(Plugin):
    """Repeats what it is told."""

    Config = Config

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        """What follows the word."""
        config: Config = self.bot.config
        if not message.text.startswith(f"{config.word} "):
            return None
        return Outbound(to=message.chat, text=message.text.removeprefix(config.word).strip())

    @hook
    def register_routes(self) -> Iterable[Route]:
        """Its word, for whoever asks."""
        return (Route(method="GET", path="/parrot", handler=self._word, access=Access.PUBLIC),)

    async def _word(self, request: web.Request) -> web.StreamResponse:
        config: Config = self.bot.config
        return web.Response(text=config.word)
