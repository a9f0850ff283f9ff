"""The least that could answer: an aiohttp handler that reads a JSON body and says 202, and keeps nothing. A
program of its own, for `rest` to compare with: same framework, loop and codec, no access log.

Takes its port on the command line, and runs until it is told to end.
"""

import sys

import msgspec
import uvloop
from aiohttp import web

#: As large as the hub's answer.
_ACCEPTED = {"messageId": "0" * 32, "status": "queued", "estimatedSendAt": "2026-01-31T09:00:00.000000Z"}


async def accept(request: web.Request) -> web.Response:
    """Read, and answer."""
    msgspec.json.decode(await request.read())
    return web.Response(status=202, body=msgspec.json.encode(_ACCEPTED), content_type="application/json")


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/api/whatsapp/connections/{connection_id}/send", accept)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
