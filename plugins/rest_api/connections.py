"""Connections: made, listed, changed, started again, removed."""

from collections.abc import Iterable
from email.utils import format_datetime

from aiohttp import web

from chatgrow_bot.errors import BadInput, KeyNotAllowed
from chatgrow_bot.hub import Connections, ConnectionView, Scope
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .models.connections import Connection, ConnectionList, ConnectionPatch, NewConnection
from .models.queue import Shut
from .queue import reason_of
from .replies import reply, tenant_of

PATH = "/api/whatsapp/connections"

_TAG = "Connections"
_MADE = Doc(tag=_TAG, body=NewConnection, answer=Connection, status=201, also=(409, 429), sends=("Location",))
_ALL = Doc(tag=_TAG, answer=ConnectionList)
_ONE = Doc(tag=_TAG, answer=Connection)
_CHANGED = Doc(tag=_TAG, body=ConnectionPatch, answer=Connection)
_GONE = Doc(tag=_TAG, status=204)
_STARTED = Doc(tag=_TAG, answer=Connection, status=202)
_PAUSED = Doc(tag=_TAG, body=Shut, optional=True, answer=Connection)
_PICTURE = Doc(tag=_TAG, types=("image/png",), sends=("Last-Modified",))


class ConnectionRoutes:
    """/api/whatsapp/connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator, viewer = f"{PATH}/{{connection_id}}", Access.OPERATOR, Access.VIEWER
        served = (
            ("POST", PATH, self.create, operator, Scope.MANAGE, _MADE),
            ("GET", PATH, self.list, viewer, Scope.READ, _ALL),
            ("GET", one, self.get, viewer, Scope.READ, _ONE),
            ("PUT", one, self.change, operator, Scope.MANAGE, _CHANGED),
            ("DELETE", one, self.delete, operator, Scope.DELETE, _GONE),
            ("POST", f"{one}/reconnect", self.reconnect, operator, Scope.MANAGE, _STARTED),
            ("POST", f"{one}/pause", self.pause, operator, Scope.MANAGE, _PAUSED),
            ("POST", f"{one}/resume", self.resume, operator, Scope.MANAGE, _ONE),
            ("GET", f"{one}/picture", self.picture, operator, Scope.MANAGE, _PICTURE),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def create(self, request: web.Request) -> web.Response:
        """Make a connection and start it."""
        body = await read_body(request, NewConnection)
        if not request[IDENTITY].may_use(body.connection_id):
            raise KeyNotAllowed("This key is bound to other connections")
        view = await self._connections.create(
            request[IDENTITY], body.connection_id, body.name, body.phone_number, body.settings
        )
        return reply(_shown(view), status=201, location=f"{PATH}/{view.connection_id}")

    async def list(self, request: web.Request) -> web.Response:
        """The caller's connections, oldest first."""
        views, who = await self._connections.list(tenant_of(request)), request[IDENTITY]
        mine = [_shown(view) for view in views if who.may_use(view.connection_id)]
        return reply(ConnectionList(connections=mine))

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
