"""The QR code to link by: as JSON, as a picture, or for a terminal. A secret, answered to its owner only."""

import asyncio
import base64
from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Connections, Scope
from chatgrow_bot.plugin import RECHECK, Access, Doc, Route
from chatgrow_bot.qr import draw_png, draw_svg, draw_text

from .connections import PATH
from .models.connections import Qr
from .negotiation import best
from .replies import reply, tenant_of

JSON, PNG, SVG, TEXT = "application/json", "image/png", "image/svg+xml", "text/plain"
_DRAWN = {JSON: draw_png, PNG: draw_png, SVG: draw_svg, TEXT: draw_text}

_DOC = Doc(
    tag="Linking", headers=("Accept",), answer=Qr, types=(PNG, SVG, TEXT), also=(406, 409), sends=("Vary",)
)


class QrRoutes:
    """/api/whatsapp/connections/{connectionId}/qr."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: who scans the code owns the session, so looking is not enough."""
        yield Route(
            method="GET",
            path=f"{PATH}/{{connection_id}}/qr",
            handler=self.show,
            scope=Scope.QR,
            doc=_DOC,
            access=Access.OPERATOR,
        )

    async def show(self, request: web.Request) -> web.Response:
        """The present code, in the form that the Accept header asks for."""
        kind = best(request.headers.getall("Accept", []), (JSON, PNG, SVG, TEXT))
        qr = await self._connections.qr(tenant_of(request), request.match_info["connection_id"])
        await request[RECHECK]()  # it may have been waited for
        drawn = await asyncio.to_thread(_DRAWN[kind], qr.code)
        if kind == JSON:
            url = f"data:{PNG};base64,{base64.b64encode(drawn).decode()}"
            response = reply(Qr(qr_code=url, code=qr.code, expires_at=qr.expires_at))
        else:
            charset = "utf-8" if kind == TEXT else None
            response = web.Response(body=drawn, content_type=kind, charset=charset)
        response.headers["Vary"] = "Accept"
        return response
