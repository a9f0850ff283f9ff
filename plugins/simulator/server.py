"""The simulated WhatsApp: the page under its true address, its server, and the phones' control address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from .certificate import HOST, server_context
from .control import control_app
from .exchange import Exchange
from .faults import Away, Forget
from .media import MediaStore
from .page_session import PageSession, find_device
from .phone_page import add_phone_page
from .state import State
from .switches import Switches
from .verbs import Verbs

PAGE = Path(__file__).parent / "page"
#: as strict as WhatsApp's: no inline script, no eval, nothing from elsewhere
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        f"connect-src 'self' wss://{HOST}",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-src 'none'",
    )
)


def page_app(exchange: Exchange, media: MediaStore, sessions: list[PageSession]) -> web.Application:
    """The page's files, its WebSocket and its media."""

    async def index(request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def start(request: web.Request) -> web.Response:
        device = find_device(exchange, request.query["device"])
        order = exchange.orders.take(Forget, device) if device else None
        if device is None or order is None:
            return web.json_response(None)
        now = asyncio.get_running_loop().time()
        away = now - exchange.ended[device.id] if device.id in exchange.ended else None
        return web.json_response({"seconds": order.fault.seconds, "away": away})

    async def wire(request: web.Request) -> web.WebSocketResponse:
        known = find_device(exchange, request.query.get("device", ""))
        if exchange.orders.stands(Away, known):
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=30, compress=False)
        await socket.prepare(request)
        await PageSession(socket, exchange, sessions, known).run()
        return socket

    async def hang_up(app: web.Application) -> None:
        for session in [*sessions]:
            await session.close()

    async def headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"

    app = web.Application()
    app.add_routes([web.get("/", index), web.get("/start", start), web.get("/wire", wire), *media.routes()])
    app.router.add_static("/page", PAGE)
    app.on_shutdown.append(hang_up)
    app.on_response_prepare.append(headers)
    return app


@asynccontextmanager
async def running(
    folder: Path, *, port: int, control_port: int, switches: Switches
) -> AsyncIterator[tuple[Verbs, MediaStore, int, int]]:
    """Serves until left; answers what phones use and the two ports. A port of 0 takes any free one."""
    sessions: list[PageSession] = []
    media = MediaStore(folder / "media")
    with State(folder / "simulator.db") as state:
        exchange = Exchange(state, switches)
        verbs = Verbs(exchange, media, sessions)
        pages = web.AppRunner(page_app(exchange, media, sessions), access_log=None)
        phones = control_app(verbs, media)
        add_phone_page(phones, exchange, media, sessions)
        control = web.AppRunner(phones, access_log=None)
        try:
            await pages.setup()
            await control.setup()
            page_site = web.TCPSite(pages, "127.0.0.1", port, ssl_context=server_context(folder))
            control_site = web.TCPSite(control, "127.0.0.1", control_port)
            await page_site.start()
            await control_site.start()
            yield verbs, media, pages.addresses[0][1], control.addresses[0][1]
        finally:
            await pages.cleanup()
            await control.cleanup()
