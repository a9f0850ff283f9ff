"""A whole hub with the bundled plugins that serve anything, on a clock turned by hand, and a caller who shows
whatever he likes at its doors. Only WhatsApp is a fake engine."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Identity, Role, Scope
from chatgrow_bot.plugin import Plugin, Route
from chatgrow_bot.testing import FakeClock, TalkingBot

PASSWORD = "correct horse battery"
#: The bundled plugins that serve routes.
SERVING = ("rest_api", "dashboard", "metrics", "webhooks")
COOKIE_LOGIN = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def body(self) -> Any:
        """What its JSON says."""
        return json.loads(self.text)


@dataclass(kw_only=True)
class World:
    """The hub, while it runs."""

    bot: TalkingBot
    clock: FakeClock
    http: aiohttp.ClientSession
    people: dict[str, Identity] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    keys: dict[tuple[str, frozenset[Scope]], str] = field(default_factory=dict)

    @property
    def accounts(self) -> Accounts:
        """Its users."""
        accounts = self.bot.running.hub.accounts
        assert isinstance(accounts, Accounts)
        return accounts

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.bot.running.port}"

    def routes(self) -> Sequence[Route]:
        """Every route of every plugin."""
        return [route for _, route in self.bot.running.ground.hooks.register_routes()]

    async def person(self, name: str, role: Role = Role.OPERATOR) -> Identity:
        """Somebody who may log in."""
        self.people[name] = (await self.accounts.add_user(name, PASSWORD, role, "enterprise"))[0]
        return self.people[name]

    async def token(self, name: str) -> str:
        """A token of a new login of somebody's, which is good at every door."""
        self.clock.advance(60)  # logins are slowed down
        return (await self.accounts.login(name, PASSWORD, "", renewable=COOKIE_LOGIN)).access_token

    async def good(self, name: str) -> str:
        """A token of somebody's that is good now, the same as before if it still is."""
        try:
            await self.accounts.verify(self.tokens.get(name, ""))
        except NotLoggedIn:
            self.tokens[name] = await self.token(name)
        return self.tokens[name]

    async def key(self, name: str, scopes: frozenset[Scope]) -> str:
        """A key of somebody's for these scopes."""
        if (name, scopes) not in self.keys:
            made = await self.accounts.keys.make(self.people[name], "a key", scopes=scopes)
            self.keys[name, scopes] = made[1]
        return self.keys[name, scopes]

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Reply:
        """One request, as a program makes it."""
        url = self.url + path
        async with self.http.request(method, url, headers=headers, allow_redirects=False, **more) as answer:
            return Reply(status=answer.status, text=await answer.text(), headers=answer.headers)


@asynccontextmanager
async def world(
    folder: Path, *plugins: type[Plugin] | str, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[World]:
    """The hub, for the time of the block, with these plugins."""
    clock = FakeClock()
    bot = TalkingBot(folder, clock)
    names = [each if isinstance(each, str) else each.__name__.lower() for each in plugins]
    listed: dict[str, Mapping[str, Any]] = {name: {"admin": True, "tenants": "all"} for name in names}
    try:
        await bot.start(*plugins, settings=settings, **listed)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield World(bot=bot, clock=clock, http=http)
    finally:
        await bot.stop()
