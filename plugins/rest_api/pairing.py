"""Linking by a code that is typed on the phone. A secret like the QR code: answered to its owner only."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Connections, Scope
from chatgrow_bot.plugin import RECHECK, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .connections import PATH
from .models.connections import PairingAsked, PairingShown
from .replies import reply, tenant_of

_DOC = Doc(tag="Linking", body=PairingAsked, optional=True, answer=PairingShown, also=(409, 502))


class PairingRoutes:
    """/api/whatsapp/connections/{connectionId}/pairing-code."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="POST",
            path=f"{PATH}/{{connection_id}}/pairing-code",
            handler=self.show,
            scope=Scope.QR,
            doc=_DOC,
            access=Access.OPERATOR,
        )

    async def show(self, request: web.Request) -> web.Response:
        """A code for the phone of a number, by default the connection's own."""
        body = await read_body(request, PairingAsked) if request.body_exists else PairingAsked()
        pairing = await self._connections.pairing_code(
            tenant_of(request), request.match_info["connection_id"], body.phone_number
        )
        await request[RECHECK]()  # it may have been waited for
        return reply(PairingShown(code=pairing.code, expires_at=pairing.expires_at))
