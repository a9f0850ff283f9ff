"""Requests that are answered late: waiting for as long as anybody waits for the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from ..background import background
from .events import STOPPING

#: Seconds between two looks whether a client is still there: the framework tells nobody that one left.
_LOOK = 1.0


@asynccontextmanager
async def while_there(request: web.Request) -> AsyncIterator[None]:
    """Cut the block short once the client has hung up or the server stops, and go on behind it."""
    try:
        async with asyncio.timeout(None) as limit, background(_watch(request, limit), "is a client there"):
            yield
    except TimeoutError:
        if not limit.expired():
            raise


async def _watch(request: web.Request, limit: asyncio.Timeout) -> None:
    stopping = request.app[STOPPING]
    while request.transport is not None and not stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await stopping.wait()
    limit.reschedule(asyncio.get_running_loop().time())
