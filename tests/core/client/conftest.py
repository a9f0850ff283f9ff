"""The client against the real hub and its REST API, over a road that can be made bad."""

from collections.abc import AsyncIterator

import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.client import Client
from chatgrow_bot.hub import Scope
from chatgrow_bot.testing import TalkingBot

from .relay import Relay, relay

PASSWORD = "correct horse battery"
ALL = frozenset(Scope)


@pytest.fixture
async def hub(bot: TalkingBot) -> TalkingBot:
    """A hub that serves its API."""
    await bot.start("rest_api", rest_api={"admin": True})
    accounts = bot.running.hub.accounts
    assert isinstance(accounts, Accounts)
    await accounts.set_password("admin", PASSWORD)
    return bot


@pytest.fixture
async def road(hub: TalkingBot) -> AsyncIterator[Relay]:
    async with relay(f"http://127.0.0.1:{hub.running.port}") as made:
        yield made


@pytest.fixture
async def key(hub: TalkingBot) -> str:
    """An API key of the admin's, good for everything."""
    _, text = await hub.running.hub.accounts.keys.make(hub.admin, "a test", scopes=ALL)
    return text


@pytest.fixture
async def client(road: Relay, key: str) -> AsyncIterator[Client]:
    async with Client(road.url, key, patience=20) as made:
        yield made
