"""News of a phone as server-sent events: first all that it shows, then whatever differs, as it comes.

What was sent is compared with what is there, so a page misses nothing and no verb has to tell of its changes.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from ..exchange import Exchange
from .screen import screen

#: seconds without news after which a sign of life is sent, by which a page that has gone is noticed
_QUIET = 15.0


class News:
    """The streams to all open pages."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._streams: set[asyncio.Task[Any]] = set()

    async def stream(self, request: web.Request, number: str | None) -> web.StreamResponse:
        """What the phone of the number shows (None: only who there is), until the page goes."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._streams.add(task)
        try:
            await self._tell(response, number)
        except ConnectionResetError:
            pass  # the page has gone
        finally:
            self._streams.discard(task)
        return response

    async def end(self, app: web.Application) -> None:
        """Ends all streams, else the server would wait for pages that stay open."""
        for task in self._streams:
            task.cancel()

    async def _tell(self, response: web.StreamResponse, number: str | None) -> None:
        told: dict[str, str] = {}

        def news() -> dict[str, str]:
            now = {name: json.dumps(part) for name, part in screen(self._exchange, number).items()}
            return {name: text for name, text in now.items() if told.get(name) != text}

        while True:
            try:
                async with asyncio.timeout(_QUIET):
                    changed = await self._exchange.changes.until(news)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            told.update(changed)
            parts = ", ".join(f"{json.dumps(name)}: {text}" for name, text in changed.items())
            await response.write(f"data: {{{parts}}}\n\n".encode())
