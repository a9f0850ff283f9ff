"""The control address: the verbs of the virtual phones over plain HTTP, for other processes on this machine.

It listens on the loopback and asks for no token, for it holds nobody's data. A web page in some browser must
still not reach it: calls under another host name (DNS rebinding) and calls that name an origin are refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from aiohttp import web

from .media import MediaStore
from .nouns import SimulatorError
from .verbs import VERBS, Verbs

LOOPBACK = {"127.0.0.1", "localhost"}


def control_app(verbs: Verbs, media: MediaStore) -> web.Application:
    """POST /control/{verb} with a JSON object answers JSON; 400 says why not, 408 that a wait was in vain."""

    async def call(request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        if verb not in VERBS:
            raise web.HTTPNotFound(text=f"no verb {verb!r}; there are {', '.join(VERBS)}")
        try:
            value = getattr(verbs, verb)(**await request.json())
            return web.json_response(await value if inspect.isawaitable(value) else value)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="it did not happen in time") from None
        except (SimulatorError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    app = web.Application(middlewares=[_only_this_machine], client_max_size=1024**2)
    app.add_routes([web.post("/control/{verb}", call), *media.routes()])
    return app


@web.middleware
async def _only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.url.host not in LOOPBACK or "Origin" in request.headers:
        raise web.HTTPForbidden(text="the simulator is driven from this machine only, and not by web pages")
    return await handler(request)
