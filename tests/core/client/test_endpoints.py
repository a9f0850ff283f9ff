"""Webhook endpoints, by the client, where the plugin for them is on."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.client import Client, NotAllowed
from chatgrow_bot.testing import TalkingBot


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, list[str]]]:
    """Where a receiver listens, and the types of the events that it was sent."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((await request.json())["type"])
        return web.Response(text="thanks")

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"127.0.0.1:{runner.addresses[0][1]}", heard
    await runner.cleanup()


async def test_an_endpoint_is_made_tried_and_removed(
    bot: TalkingBot, receiver: tuple[str, list[str]]
) -> None:
    host, heard = receiver
    plugins = {"rest_api": {"admin": True}, "webhooks": {"admin": True}}
    await bot.start(*plugins, settings={"allowedHosts": [host]}, **plugins)
    accounts = bot.running.hub.accounts
    assert isinstance(accounts, Accounts)
    await accounts.set_password("admin", "correct horse battery")
    url = f"http://127.0.0.1:{bot.running.port}"
    async with Client.login(url, "admin", "correct horse battery") as client:
        made = await client.make_webhook(f"http://{host}/hook", events=["fault"], description="a test")
        assert made.secret.startswith("whsec_")
        assert made.secret not in repr(made)
        [listed] = await client.webhooks()
        assert (listed.id, listed.events, listed.state) == (made.id, ["fault"], "ok")
        tested = await client.test_webhook(made.id)
        assert (tested.outcome, tested.status, tested.answer) == ("delivered", 200, "thanks")
        assert heard == ["webhook.test"]
        key = await client.make_key("a program", ["read", "manage"])
        async with Client(url, key) as program:
            with pytest.raises(NotAllowed):
                await program.make_webhook(f"http://{host}/hook")
        await client.delete_webhook(made.id)
        assert list(await client.webhooks()) == []
