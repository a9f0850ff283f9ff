"""An answer that is put off: no longer than its client waits, and not past the server's end."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web

from chatgrow_bot.server import create_app, serve
from chatgrow_bot.server.patience import while_there

from .serving import Doorman, route

PATIENCE = 20.0


class Late:
    """A route that answers after a minute, or when it is cut short."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        answer = "cut short"
        self.begun.set()
        async with while_there(request):
            await asyncio.sleep(60)
            answer = "in time"
        self.ended.set()
        return web.Response(text=answer)

    def app(self) -> web.Application:
        served = [("one", route(handler=self.handle))]
        return create_app(served, accounts=Doorman(), is_enabled=lambda name: True)


async def test_a_client_who_hangs_up_ends_it() -> None:
    late = Late()
    async with serve(late.app(), "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        asking = asyncio.create_task(_ask(session, port))
        await asyncio.wait_for(late.begun.wait(), PATIENCE)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(late.ended.wait(), PATIENCE)


async def test_the_server_s_stop_ends_it_at_once_and_it_is_answered() -> None:
    late = Late()
    began = asyncio.get_running_loop().time()
    async with aiohttp.ClientSession() as session:
        async with serve(late.app(), "127.0.0.1", 0) as port:
            asking = asyncio.create_task(_ask(session, port))
            await asyncio.wait_for(late.begun.wait(), PATIENCE)
        assert await asking == "cut short"
    assert asyncio.get_running_loop().time() - began < PATIENCE


async def test_what_ends_in_time_and_what_fails_comes_through() -> None:
    async def quick(request: web.Request) -> web.Response:
        async with while_there(request):
            if "fail" in request.query:
                raise TimeoutError
            return web.Response(text="in time")
        raise AssertionError

    served = [("one", route(handler=quick))]
    app = create_app(served, accounts=Doorman(), is_enabled=lambda name: True)
    async with serve(app, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        assert await _ask(session, port) == "in time"
        with pytest.raises(aiohttp.ClientResponseError, match="500"):
            await _ask(session, port, "?fail=1")


async def _ask(session: aiohttp.ClientSession, port: int, query: str = "") -> str:
    async with session.get(f"http://127.0.0.1:{port}/hello{query}", raise_for_status=True) as answer:
        return await answer.text()
