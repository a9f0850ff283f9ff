"""The page's addresses: its files, what a phone shows, the codes that pages show, and files of messages.

Customers' texts, names and files are hostile input: the policy lets nothing run but the page's own scripts,
and a file is never answered as anything a browser would run.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from ..exchange import Exchange
from ..media import MediaStore
from ..nouns import SimulatorError, number_of
from ..page_session import PageSession
from .codes import shown_codes
from .news import News

_STATIC = Path(__file__).parent / "static"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
#: what a message's file may be answered as; of these, a browser runs none
_SHOWN = frozenset(
    f"{kind}/{form}"
    for kind, forms in {
        "image": ("jpeg", "png", "webp", "gif"),
        "audio": ("ogg", "mpeg", "mp4", "aac", "webm", "wav"),
        "video": ("mp4", "webm", "3gpp"),
    }.items()
    for form in forms
)
_DOWNLOADED = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}


def add_phone_page(
    app: web.Application, exchange: Exchange, media: MediaStore, sessions: list[PageSession]
) -> None:
    """Adds the page to the control address: `/`, and what it needs below `/phone/`."""
    news = News(exchange)

    async def index(request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / "index.html")

    async def codes(request: web.Request) -> web.Response:
        return web.json_response(shown_codes(sessions))

    async def stream(request: web.Request) -> web.StreamResponse:
        try:
            number = number_of(request.query["number"]) if "number" in request.query else None
        except SimulatorError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await news.stream(request, number)

    async def file(request: web.Request) -> web.FileResponse:
        try:
            path = media.path(request.match_info["filehash"])
        except SimulatorError as error:
            raise web.HTTPNotFound(text=str(error)) from None
        wish = request.query.get("type", "").partition(";")[0].strip().lower()
        shown = {"Content-Type": wish} if wish in _SHOWN else _DOWNLOADED
        return web.FileResponse(path, headers=shown)

    app.add_routes(
        [
            web.get("/", index),
            web.get("/phone/codes", codes),
            web.get("/phone/news", stream),
            web.get("/phone/media/{filehash}", file),
        ]
    )
    app.router.add_static("/phone/static", _STATIC)
    app.on_shutdown.append(news.end)
    app.on_response_prepare.append(_harden)


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
