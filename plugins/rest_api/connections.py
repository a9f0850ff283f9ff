"""Connections: made, listed, changed, started again, removed."""

from collections.abc import Iterable
from email.utils import format_datetime

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Connections, ConnectionView
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server.bodies import read_body

from .models.connections import Connection, ConnectionList, ConnectionPatch, NewConnection
from .queue import reason_of
from .replies import reply, tenant_of

PATH = "/api/whatsapp/connections"


class ConnectionRoutes:
    """/api/whatsapp/connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator, viewer = f"{PATH}/{{connection_id}}", Access.OPERATOR, Access.VIEWER
        yield Route(method="POST", path=PATH, handler=self.create, access=operator)
        yield Route(method="GET", path=PATH, handler=self.list, access=viewer)
        yield Route(method="GET", path=one, handler=self.get, access=viewer)
        yield Route(method="PUT", path=one, handler=self.change, access=operator)
        yield Route(method="DELETE", path=one, handler=self.delete, access=operator)
        yield Route(method="POST", path=f"{one}/reconnect", handler=self.reconnect, access=operator)
        yield Route(method="POST", path=f"{one}/pause", handler=self.pause, access=operator)
        yield Route(method="POST", path=f"{one}/resume", handler=self.resume, access=operator)
        yield Route(method="GET", path=f"{one}/picture", handler=self.picture, access=operator)

    async def create(self, request: web.Request) -> web.Response:
        """Make a connection and start it."""
        body = await read_body(request, NewConnection)
        view = await self._connections.create(
            request[IDENTITY], body.connection_id, body.name, body.phone_number, body.settings
        )
        return reply(_shown(view), status=201, location=f"{PATH}/{view.connection_id}")

    async def list(self, request: web.Request) -> web.Response:
        """The caller's connections, oldest first."""
        views = await self._connections.list(tenant_of(request))
        return reply(ConnectionList(connections=[_shown(view) for view in views]))

    async def get(self, request: web.Request) -> web.Response:
        """One connection."""
        view = await self._connections.get(tenant_of(request), request.match_info["connection_id"])
        return reply(_shown(view))

    async def change(self, request: web.Request) -> web.Response:
        """Merge what is given into what there is."""
        body = await read_body(request, ConnectionPatch)
        patch = body.model_dump(by_alias=True, exclude_unset=True)
        if nothing := [key for key, value in patch.items() if value is None]:
            raise BadInput(
                f"{', '.join(nothing)} cannot be null; leave out what is to stay",
                errors=[{"pointer": f"/{key}", "detail": "Cannot be null"} for key in nothing],
            )
        view = await self._connections.change(tenant_of(request), request.match_info["connection_id"], patch)
        return reply(_shown(view))

    async def delete(self, request: web.Request) -> web.Response:
        """Stop a connection, forget it and remove its session."""
        await self._connections.delete(tenant_of(request), request.match_info["connection_id"])
        return web.Response(status=204)

    async def reconnect(self, request: web.Request) -> web.Response:
        """Start a connection again now."""
        tenant, connection_id = tenant_of(request), request.match_info["connection_id"]
        await self._connections.reconnect(tenant, connection_id)
        return reply(_shown(await self._connections.get(tenant, connection_id)), status=202)

    async def pause(self, request: web.Request) -> web.Response:
        """Let nothing leave from a connection; what waits goes on waiting."""
        by, reason = f"by {request[IDENTITY].username}", await reason_of(request)
        because = f"{by}: {reason}" if reason else by
        view = await self._connections.pause(tenant_of(request), request.match_info["connection_id"], because)
        return reply(_shown(view))

    async def resume(self, request: web.Request) -> web.Response:
        """Let messages leave again, first contacts too."""
        view = await self._connections.resume(
            tenant_of(request), request.match_info["connection_id"], request[IDENTITY].username
        )
        return reply(_shown(view))

    async def picture(self, request: web.Request) -> web.Response:
        """The page as it was when a person had to look: it may show chats, so that no cache keeps it."""
        picture = await self._connections.picture(tenant_of(request), request.match_info["connection_id"])
        return web.Response(
            body=picture.png,
            content_type="image/png",
            headers={"Cache-Control": "no-store", "Last-Modified": format_datetime(picture.at, usegmt=True)},
        )


def _shown(view: ConnectionView) -> Connection:
    return Connection(
        connection_id=view.connection_id,
        name=view.name,
        phone_number=view.phone_number,
        settings=dict(view.settings),
        state=view.state,
        reason=view.reason,
        paused=view.paused,
        paused_because=view.paused_because,
        first_contacts_until=view.first_contacts_until,
        picture_at=view.picture_at,
        me=view.me,
        created_at=view.created_at,
        state_since=view.state_since,
    )
