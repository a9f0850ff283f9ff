"""A road to the hub that can be made bad: it swallows answers, answers itself, breaks off."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

#: What to do with a request: pass it on, hand back this answer, or lose what the hub answered.
Fate = str | web.Response


class Relay:
    """Passes everything on, save what `fate` decides otherwise."""

    def __init__(self, hub: str) -> None:
        self.hub = hub
        self.url = ""
        self.seen: list[str] = []  #: "POST /api/..." of each request that came by
        self.keys: list[str] = []  #: the Idempotency-Keys and Last-Event-IDs among them
        self.plan: list[Fate] = []  #: of the next requests; beyond: passed on
        self.meant: Callable[[str], bool] = lambda what: True  #: which requests the plan is for
        self.cut = asyncio.Event()  #: set: whatever goes on now breaks off
        self.begun: list[str] = []  #: the requests whose answers have begun to come
        self._more = asyncio.Event()

    def break_off(self) -> None:
        """Whatever goes on now breaks off."""
        self.cut.set()
        self.cut = asyncio.Event()

    async def has_begun(self, what: str, count: int = 1) -> None:
        """Wait until the hub has begun to answer so many of these."""
        async with asyncio.timeout(20):
            while self.begun.count(what) < count:
                self._more.clear()
                await self._more.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        what = f"{request.method} {request.path}"
        self.seen.append(what)
        for name in ("Idempotency-Key", "Last-Event-ID"):
            if name in request.headers:
                self.keys.append(request.headers[name])
        fate = self.plan.pop(0) if self.plan and self.meant(what) else "pass"
        if isinstance(fate, web.Response):
            return fate
        body, cut = await request.read(), self.cut
        headers = {k: v for k, v in request.headers.items() if k not in ("Host", "Content-Length")}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as http,
            http.request(
                request.method, self.hub + request.path_qs, data=body or None, headers=headers
            ) as answer,
        ):
            if fate == "swallow":
                await answer.read()
                assert request.transport
                request.transport.abort()
                return web.Response()
            passed = web.StreamResponse(status=answer.status)
            passed.headers.update(
                {k: v for k, v in answer.headers.items() if k not in ("Transfer-Encoding", "Content-Length")}
            )
            await passed.prepare(request)
            self.begun.append(what)
            self._more.set()
            await self._pump(request, answer, passed, cut)
            return passed

    async def _pump(
        self,
        request: web.Request,
        answer: aiohttp.ClientResponse,
        passed: web.StreamResponse,
        cut: asyncio.Event,
    ) -> None:
        async def pump() -> None:
            with suppress(ConnectionError):  # who asked has gone
                async for chunk in answer.content.iter_any():
                    await passed.write(chunk)

        async with asyncio.TaskGroup() as group:
            both = [group.create_task(pump()), group.create_task(cut.wait())]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()
        if cut.is_set() and request.transport:
            request.transport.abort()


@asynccontextmanager
async def relay(hub: str) -> AsyncIterator[Relay]:
    """A good road to the hub, for now."""
    road = Relay(hub)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", road.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    road.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield road
    finally:
        await runner.cleanup()
