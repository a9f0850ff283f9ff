"""A plugin and an engine that cannot keep a secret: they log whatever they see, under names that say what it
is, in sentences and in errors, and they fall over what they are handed."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import Field

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.engine import Ack, Inlet, Parcel, Session, SessionSpec
from chatgrow_bot.errors import EngineError, SendFailed, SendRefused
from chatgrow_bot.messages import ConnectionState, Delivery, Inbound, Outbound
from chatgrow_bot.plugin import Access, Bot, Plugin, PluginConfig, Route, hook
from chatgrow_bot.testing import FakeEngine, FakeSession


class Config(PluginConfig):
    """What it knows from its configuration."""

    password: str = Field(repr=False)
    account: str = Field(repr=False)
    session: str = Field(repr=False)
    qr: str = Field(repr=False)
    pairing: str = Field(repr=False)


class LeakySession(FakeSession):
    """Tells the log what it sends, and quotes it in its errors."""

    bot: Bot

    async def send(self, parcel: Parcel) -> Ack:
        """Send, or fail with an error that quotes all of it."""
        words, file = parcel.text or str(parcel.payload), parcel.media and parcel.media.filename
        self.bot.log.info(f"typing {words} to {parcel.chat}", text=words, parcel=repr(parcel), file_name=file)
        for word, error in (
            ("refused", SendRefused(f"{parcel.chat} does not take '{words}' with {file}")),
            ("failing", SendFailed(f"the page could not type {words}")),
            ("exploding", RuntimeError(f"TypeError in page: cannot read {words} of {parcel.chat}")),
        ):
            if word in parcel.text:
                self.bot.log.error("it did not go", reason=str(error), error=error, exc_info=error)
                raise error
        return await super().send(parcel)

    async def pairing_code(self, number: str) -> str:
        """The code of the configuration."""
        await super().pairing_code(number)
        self.pairing = self.bot.config.pairing
        self.bot.log.info("linking", number=number, code=self.pairing, said=f"pairing_code={self.pairing}")
        return self.pairing


class LeakyEngine(FakeEngine):
    """Opens such sessions, with a login on the disk."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(SystemClock().now, "972540001111@c.us")
        self._bot = bot

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Session]:
        """Open one that is to be linked."""
        config = self._bot.config
        spec.folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread((spec.folder / "login").write_text, config.session)
        session = LeakySession(inlet, self._clock, "972540001111@c.us")
        session.bot = self._bot
        session.becomes(ConnectionState.QR, qr=config.qr)
        self.opened[spec.connection_id] = session
        log = self._bot.log
        log.info(f"scan {config.qr}", qr=config.qr, page={"ref": config.qr, "session": config.session})
        log.info("login files", secretKey=config.session, data=config.session.encode())
        try:
            yield session
        finally:
            del self.opened[spec.connection_id]


class Leaky(Plugin):
    """Everything that a plugin can do wrong with what it is told."""

    Config = Config

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._engine = LeakyEngine(bot)

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Log in somewhere, loudly, and start a program that inherits all."""
        config, log = self.bot.config, self.bot.log
        log.info(f"logging in with {config.password}", password=config.password)
        log.warning("refused", url=f"https://{config.account}:{config.password}@crm.example/login")
        basic = base64.b64encode(f"{config.account}:{config.password}".encode()).decode()
        log.warning(
            "sent", headers={"Authorization": f"Basic {basic}"}, header=f"Authorization: Basic {basic}"
        )
        self.bot.spawn(self._crash(), "crash")
        child = await asyncio.create_subprocess_exec("sleep", "600")
        try:
            yield
        finally:
            child.kill()
            await child.wait()

    async def _crash(self) -> None:
        raise ValueError(f"the account {self.bot.config.account} does not take {self.bot.config.password}")

    @hook
    def register_engines(self) -> Mapping[str, Any]:
        """The engine."""
        return {"leaky": lambda: self._engine}

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
        """Look at it, and fall over some."""
        self.bot.log.info(f"going out: {message.text}", message=message.text, said=repr(message))
        if "crashing" in message.text:
            raise ValueError(f"{message.text} is not for {message.to}")

    @hook
    async def answer(self, message: Inbound) -> None:
        """Fall over all."""
        self.bot.log.info(f"{message.name} said {message.text}", sender=message.sender, body=message.text)
        raise RuntimeError(f"no idea what {message.text} from {message.sender} may mean: {message!r}")

    @hook
    def register_routes(self) -> Iterable[Route]:
        """What the story asks of it."""
        for what in ("link", "hear", "crash", "forget", "library"):
            yield Route(
                method="POST", path=f"/leaky/{what}", handler=getattr(self, what), access=Access.ADMIN
            )

    async def link(self, request: web.Request) -> web.Response:
        """The phone scanned the code."""
        self._engine.opened["shop"].becomes(ConnectionState.ONLINE)
        return web.json_response({})

    async def hear(self, request: web.Request) -> web.Response:
        """A customer writes."""
        said = await request.json()
        file = base64.b64decode(said.pop("file", "")) or None
        await self._engine.opened["shop"].hears(file=file, **said)
        return web.json_response({})

    async def crash(self, request: web.Request) -> web.Response:
        """A fault of ours, with everything in its words."""
        token = request.headers["Authorization"]
        try:
            raise EngineError(f"token={token}")
        except EngineError as error:
            raise RuntimeError(f"{await request.text()} {token} Traceback /home/me SELECT sqlite") from error

    async def forget(self, request: web.Request) -> web.Response:
        """A task that fails, and nobody asks."""
        words = await request.text()

        async def fail() -> None:
            raise ValueError(words)

        task = asyncio.get_running_loop().create_task(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        return web.json_response({})

    async def library(self, request: web.Request) -> web.Response:
        """A library that logs by itself what it is given."""
        log, headers = logging.getLogger("somebody.else"), dict(request.headers)
        log.warning("request %s with %s", headers, await request.text())
        log.warning("password=%s", (await request.json())["password"])
        return web.json_response({})
