"""Webhook endpoints over HTTP: made, looked at, changed, rotated, removed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Scope
from chatgrow_bot.plugin import IDENTITY, Access, Bot, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .dispatch import Dispatch
from .models import EndpointChange, EndpointList, EndpointMade, EndpointShown, KeepOldSecret, NewEndpoint
from .replies import reply, shown, told

PATH = "/api/whatsapp/webhooks"
ONE = f"{PATH}/{{endpoint_id}}"
TAG = "Webhooks"

_MADE = Doc(tag=TAG, body=NewEndpoint, answer=EndpointMade, status=201, also=(404, 409), sends=("Location",))
_ALL = Doc(tag=TAG, answer=EndpointList)
_ONE = Doc(tag=TAG, answer=EndpointShown)
_CHANGED = Doc(tag=TAG, body=EndpointChange, answer=EndpointShown, also=(409,))
_ROTATED = Doc(tag=TAG, body=KeepOldSecret, optional=True, answer=EndpointMade, status=201, also=(409,))
_GONE = Doc(tag=TAG, status=204, also=(409,))


class EndpointRoutes:
    """/api/whatsapp/webhooks."""

    def __init__(self, dispatch: Callable[[], Dispatch], bot: Bot) -> None:
        self._dispatch = dispatch
        self._bot = bot

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        viewer, operator = Access.VIEWER, Access.OPERATOR
        served = (
            # For logins: what is made here, or sent elsewhere, would be so still when the API key is not.
            ("POST", PATH, self.create, operator, None, _MADE),
            ("GET", PATH, self.list, viewer, Scope.READ, _ALL),
            ("GET", ONE, self.show, viewer, Scope.READ, _ONE),
            ("PUT", ONE, self.change, operator, None, _CHANGED),
            ("DELETE", ONE, self.remove, operator, Scope.MANAGE, _GONE),
            ("POST", f"{ONE}/rotate", self.rotate, operator, None, _ROTATED),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def create(self, request: web.Request) -> web.Response:
        """Make an endpoint: it hears what happens from now on. Its secret is shown this once."""
        body, dispatch = await read_body(request, NewEndpoint), self._dispatch()
        tenant = request[IDENTITY].user_id
        self._check_url(body.url)
        await self._check_connections(tenant, body.connections)
        endpoint, secret = await dispatch.make(
            tenant, body.url, body.description, body.events, body.connections
        )
        made = EndpointMade(**told(dispatch, endpoint), secret=secret)
        return reply(made, status=201, location=f"{PATH}/{endpoint.id}")

    async def list(self, request: web.Request) -> web.Response:
        """The caller's webhook endpoints, those of chatgrow.yaml first, and how each fares."""
        dispatch = self._dispatch()
        mine = dispatch.endpoints.of(request[IDENTITY])
        return reply(EndpointList(endpoints=[shown(dispatch, each) for each in mine]))

    async def show(self, request: web.Request) -> web.Response:
        """A webhook endpoint, and how it fares."""
        dispatch = self._dispatch()
        return reply(shown(dispatch, dispatch.endpoints.one(request[IDENTITY], _id(request))))

    async def change(self, request: web.Request) -> web.Response:
        """Change a webhook endpoint: what is given, and nothing else. It keeps its place."""
        body, dispatch, who = await read_body(request, EndpointChange), self._dispatch(), request[IDENTITY]
        dispatch.endpoints.own(who, _id(request))
        given = {name: getattr(body, name) for name in body.model_fields_set}
        if empty := sorted({"url", "description"} & {name for name, value in given.items() if value is None}):
            raise BadInput(f"/{empty[0]}: Input should be a text")
        if body.url is not None:
            self._check_url(body.url)
        await self._check_connections(who.user_id, body.connections)
        for name in {"events", "connections"} & given.keys():
            given[name] = None if given[name] is None else frozenset(given[name])
        endpoint = await dispatch.endpoints.change(who, _id(request), **given)
        dispatch.changed(endpoint)
        return reply(shown(dispatch, endpoint))

    async def rotate(self, request: web.Request) -> web.Response:
        """Make another secret, and let the older ones sign too for a while. It is shown this once."""
        body = await read_body(request, KeepOldSecret) if request.body_exists else KeepOldSecret()
        dispatch, keep = self._dispatch(), timedelta(seconds=body.keep_old_for)
        endpoint, secret = await dispatch.endpoints.rotate(
            request[IDENTITY], _id(request), keep, dispatch.now()
        )
        dispatch.changed(endpoint)
        return reply(EndpointMade(**told(dispatch, endpoint), secret=secret), status=201)

    async def remove(self, request: web.Request) -> web.Response:
        """Remove a webhook endpoint: nothing is sent to it any more."""
        dispatch = self._dispatch()
        await dispatch.remove(dispatch.endpoints.own(request[IDENTITY], _id(request)))
        return web.Response(status=204)

    def _check_url(self, url: str) -> None:
        self._bot.http.check(url)

    async def _check_connections(self, tenant: str, named: Sequence[str] | None) -> None:
        for each in named or ():
            await self._bot.hub.connections.get(tenant, each)


def _id(request: web.Request) -> str:
    return request.match_info["endpoint_id"]
