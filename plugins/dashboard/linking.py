"""The page that links a phone: its QR code, renewed as WhatsApp renews it and gone once it was scanned."""

import asyncio
import base64
from collections.abc import Iterable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatgrow_bot.errors import ConnectionNotFound, ConnectionNotReady, EngineError
from chatgrow_bot.hub import Connections, ConnectionView
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.qr import draw_png
from chatgrow_bot.server.bodies import read_form
from chatgrow_bot.server.events import EventStream, event_stream

from .connections import ALL, LINKING, LOOK
from .news import News
from .pages import Frame, is_partial, to
from .session import FORM


class Number(BaseModel):
    """The phone that a pairing code is for; the connection's own when left out."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(default="", max_length=32)


class LinkRoutes:
    """/console/connections/{id}/link. Who scans the code is linked: looking on is not enough of a role."""

    def __init__(self, connections: Connections, frame: Frame, news: News) -> None:
        self._connections = connections
        self._frame = frame
        self._news = news

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one = f"{ALL}/{{connection_id}}/link"
        for method, path, handler in (
            ("GET", one, self.show),
            ("POST", one, self.again),
            ("GET", f"{one}/live", self.live),
            ("POST", f"{one}/code", self.pair),
        ):
            yield Route(
                method=method,
                path=path,
                handler=handler,
                access=Access.OPERATOR,
                pages=self._frame.pages,
                max_body=4 * 1024,
                content_types=FORM,
            )

    async def show(self, request: web.Request) -> web.Response:
        """The page. The code comes by the stream, so that nobody waits for a page."""
        view = await self._meant(request)
        return self._page(request, view)

    async def again(self, request: web.Request) -> web.Response:
        """Start again, for a code that nobody scanned in time or an account that was unlinked."""
        view = await self._meant(request)
        await self._connections.reconnect(view.tenant, view.connection_id)
        return to(request.path)

    async def pair(self, request: web.Request) -> web.Response:
        """A code to type on the phone instead."""
        form = await read_form(request, Number)
        view = await self._meant(request)
        pairing = await self._connections.pairing_code(view.tenant, view.connection_id, form.phone.strip())
        if is_partial(request):
            return self._frame.page(request, "pairing_answer.html", pairing=pairing.code)
        return self._page(request, view, pairing.code)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """What the page shows now, and again whenever that is something else."""
        with self._news.followed(request[IDENTITY].user_id) as news:
            async with event_stream(request) as stream:
                shown: tuple[object, ...] = ()
                goes_on = True
                while goes_on:
                    news.clear()
                    try:
                        view = await self._meant(request)
                        code = await self._code(view)
                    except ConnectionNotFound:
                        await stream.send("done", self._frame.fragment(request, "link_gone.html"))
                        break
                    now = (view.state, view.reason, code)
                    if now != shown:
                        await self._send(request, stream, view, code)
                        shown = now
                    goes_on = await stream.wait(news, LOOK)
        return stream.response

    def _page(self, request: web.Request, view: ConnectionView, pairing: str = "") -> web.Response:
        return self._frame.page(request, "link.html", view=view, code="", pairing=pairing, linking=LINKING)

    async def _send(self, request: web.Request, stream: EventStream, view: ConnectionView, code: str) -> None:
        picture = ""
        if code:
            png = await asyncio.to_thread(draw_png, code)
            picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        # What is linked takes the place of everything that was for linking it.
        event = "done" if view.state is ConnectionState.ONLINE else "step"
        html = self._frame.fragment(request, f"link_{event}.html", view=view, code=picture, linking=LINKING)
        await stream.send(event, html)

    async def _code(self, view: ConnectionView) -> str:
        if view.state is not ConnectionState.QR:
            return ""
        try:
            return (await self._connections.qr(view.tenant, view.connection_id)).code
        except (ConnectionNotReady, EngineError):  # the next look may bring one
            return ""

    async def _meant(self, request: web.Request) -> ConnectionView:
        connection_id = request.match_info["connection_id"]
        return await self._connections.get(request[IDENTITY].user_id, connection_id)
