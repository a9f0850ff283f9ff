"""How the demo asks the hub."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

load_plugin_module(built_in_folder() / "simulator")
API: Any = sys.modules["chatgrow_plugins.simulator.demo.api"]


@asynccontextmanager
async def hub(statuses: list[int]) -> AsyncIterator[Any]:
    """A caller of one that answers so when it is asked for a QR code."""

    async def login(request: web.Request) -> web.Response:
        return web.json_response({"accessToken": "token"})

    async def qr(request: web.Request) -> web.Response:
        status = statuses.pop(0)
        headers = {"Retry-After": "0"} if status == 503 else {}
        return web.json_response({"detail": "no"}, status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/api/auth/login", login)
    app.router.add_get("/api/whatsapp/connections/shop/qr", qr)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with API.Api(f"http://127.0.0.1:{runner.addresses[0][1]}", "dana", "secret") as api:
            yield api
    finally:
        await runner.cleanup()


async def test_a_code_that_comes_in_a_moment_is_asked_for_again_and_one_that_does_not_is_not() -> None:
    statuses = [503, 503, 200]
    async with hub(statuses) as api:
        assert b"no" in await api.qr_png("shop")
    assert statuses == []
    statuses = [503, 409, 200]
    async with hub(statuses) as api:
        with pytest.raises(API.DemoFailed, match="409"):
            await api.qr_png("shop")
    assert statuses == [200]
