"""`python -m tests.bench.receives PORT`: a receiver of webhooks that answers at once, or never under /silent.
GET /got tells how many came to each path, and how many seconds each event of /good was on its way."""

import asyncio
import sys
import time
from collections import Counter

import msgspec
from aiohttp import web


def app() -> web.Application:
    """The receiver."""
    counts: Counter[str] = Counter()
    delays: list[float] = []

    async def receive(request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read())
        counts[request.path] += 1
        if request.path == "/good":  # what it tells is when it happened, by the clock of the machine
            delays.append(time.monotonic() - float(body["data"]["reason"]))
        return web.Response()

    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async def got(request: web.Request) -> web.Response:
        return web.json_response({"counts": counts, "delays": delays})

    made = web.Application()
    made.router.add_get("/got", got)
    made.router.add_post("/silent", silent)
    made.router.add_post("/{path}", receive)
    return made


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
