"""The control address: the verbs of the virtual phones over plain HTTP, for other processes on this machine.

It listens on the loopback and asks for no token, for it holds nobody's data. A web page in some browser must
still not reach it, save the phone page, which it serves itself: calls under another host name (DNS rebinding)
and calls that another site's page made the browser send are refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

import msgspec
from aiohttp import web

from .media import MediaStore
from .nouns import SimulatorError
from .verbs import VERBS, Verbs

LOOPBACK = {"127.0.0.1", "localhost"}


def control_app(verbs: Verbs, media: MediaStore) -> web.Application:
    """POST /control/{verb} with a JSON object answers JSON; 400 says why not, 408 that a wait was in vain."""

    shapes = {verb: _shape(getattr(verbs, verb)) for verb in VERBS}

    async def call(request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        if verb not in VERBS:
            raise web.HTTPNotFound(text=f"no verb {verb!r}; there are {', '.join(VERBS)}")
        try:
            arguments = await request.json()
            msgspec.convert(arguments, shapes[verb])
            value = getattr(verbs, verb)(**arguments)
            return web.json_response(await value if inspect.isawaitable(value) else value)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="it did not happen in time") from None
        except (SimulatorError, msgspec.ValidationError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    app = web.Application(middlewares=[_only_this_machine], client_max_size=1024**2)
    app.add_routes([web.post("/control/{verb}", call), *media.routes()])
    return app


def _shape(verb: Callable[..., Any]) -> type[msgspec.Struct]:
    """The arguments that a verb names, for their types; others are checked where used."""
    hints, named = get_type_hints(verb), inspect.signature(verb).parameters.values()
    fields = [(each.name, hints[each.name]) for each in named if each.kind is each.KEYWORD_ONLY]
    optional = {each.name for each in named if each.default is not each.empty}
    return msgspec.defstruct(
        verb.__name__,
        [(name, hint, msgspec.UNSET) if name in optional else (name, hint) for name, hint in fields],
        kw_only=True,
    )


@web.middleware
async def _only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.url.host not in LOOPBACK or _is_foreign(request):
        raise web.HTTPForbidden(text="the simulator is driven from this machine only, and not by web pages")
    return await handler(request)


def _is_foreign(request: web.Request) -> bool:
    """Whether another site's page had the browser ask. Programs name neither origin nor site, and following a
    link to the phone page is nobody's harm: it can be neither framed nor read from outside."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    followed = request.path == "/" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    own = f"http://{request.host}"
    return request.headers.get("Origin", own) != own or not (site in {"none", "same-origin"} or followed)
