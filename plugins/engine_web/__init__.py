"""WhatsApp Web through a real browser: the default way to reach WhatsApp. Playwright drives the browser, the
genuine wa-js speaks to WhatsApp's own code in the page, and `bridge/` alone knows how."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from chatgrow_bot.engine import EngineFactory
from chatgrow_bot.plugin import Bot, Examination, Plugin, hook

from .engine import WebEngine
from .examination import BrowserExamination
from .settings import WebSettings


class EngineWeb(Plugin):
    """Offers the engine `web`."""

    Config = WebSettings

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._engine = WebEngine(bot.config, bot.log)

    @hook
    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Ends what the engine started."""
        return self._run()

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[None]:
        async with self._engine.running():
            yield

    @hook
    def register_engines(self) -> Mapping[str, EngineFactory]:
        """One engine for all connections, so that they share one driver."""
        return {"web": lambda: self._engine}

    @hook
    def register_examinations(self) -> Iterable[Examination]:
        """Whether there is a browser and it starts."""
        return [BrowserExamination(self.bot.config).look]
