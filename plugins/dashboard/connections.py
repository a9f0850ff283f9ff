"""The list of connections, live, and what is done with them: made, started again, deleted."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatgrow_bot.clock import Clock
from chatgrow_bot.errors import ChatgrowError
from chatgrow_bot.hub import Connections, ConnectionView
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server.bodies import read_form
from chatgrow_bot.server.events import event_stream
from chatgrow_bot.server.problems import known_as

from .news import News
from .pages import PATH, Frame, is_partial, to
from .session import FORM

ALL = f"{PATH}/connections"
#: Seconds between two looks, for what no fact tells: a QR code's change, a deletion, a login that is over.
LOOK = 1.0

_S = ConnectionState
#: On the way to being linked: the next step is on the page that links.
LINKING = frozenset({_S.CREATED, _S.STARTING, _S.QR, _S.PAIRING_CODE, _S.AUTHENTICATING, _S.SYNCING})
#: How a state looks: what a person should do about it, or not.
_TONES = {
    _S.ONLINE: "good",
    **dict.fromkeys((_S.CREATED, _S.STARTING, _S.AUTHENTICATING, _S.SYNCING, _S.RECONNECTING), "busy"),
    **dict.fromkeys((_S.QR, _S.PAIRING_CODE, _S.PASSKEY_REQUIRED, _S.ACTION_REQUIRED), "asks"),
    **dict.fromkeys((_S.LOGGED_OUT, _S.DISCONNECTED, _S.BANNED, _S.FAILED), "bad"),
}


class NewConnection(BaseModel):
    """The form."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = ""
    id: Annotated[str, Field(max_length=64)]
    phone: Annotated[str, Field(max_length=32)] = ""


class ConnectionRoutes:
    """/console, /console/connections."""

    def __init__(self, connections: Connections, frame: Frame, news: News, clock: Clock) -> None:
        self._connections = connections
        self._frame = frame
        self._news = news
        self._clock = clock

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one = f"{ALL}/{{connection_id}}"
        looked_at = {PATH: self.list, f"{PATH}/live": self.live}
        for path, handler in looked_at.items():
            yield Route(
                method="GET", path=path, handler=handler, access=Access.VIEWER, pages=self._frame.pages
            )
        acts = (
            ("GET", f"{PATH}/new", self.form),
            ("POST", ALL, self.create),
            ("POST", f"{one}/reconnect", self.reconnect),
            ("GET", f"{one}/delete", self.ask),
            ("POST", f"{one}/delete", self.delete),
        )
        for method, path, handler in acts:
            yield Route(
                method=method,
                path=path,
                handler=handler,
                access=Access.OPERATOR,
                pages=self._frame.pages,
                max_body=16 * 1024,
                content_types=FORM,
            )

    async def list(self, request: web.Request) -> web.Response:
        """The caller's connections."""
        return self._frame.page(request, "connections.html", **await self._shown(request))

    async def live(self, request: web.Request) -> web.StreamResponse:
        """The same list, again whenever it looks different."""
        with self._news.followed(request[IDENTITY].user_id) as news:
            async with event_stream(request) as stream:
                shown, goes_on = "", True
                while goes_on:
                    news.clear()
                    cards = self._frame.fragment(request, "cards.html", **await self._shown(request))
                    if cards != shown:
                        await stream.send("connections", cards)
                        shown = cards
                    goes_on = await stream.wait(news, LOOK)
        return stream.response

    async def _shown(self, request: web.Request) -> Mapping[str, Any]:
        """What the list's template is filled in with."""
        return {
            "views": await self._connections.list(request[IDENTITY].user_id),
            "tones": _TONES,
            "linking": LINKING,
            "is_deaf": self._news.is_deaf,
            "age": self._age,
        }

    def _age(self, view: ConnectionView) -> timedelta:
        return self._clock.now() - view.state_since

    async def form(self, request: web.Request) -> web.Response:
        """The page to make one on."""
        return self._frame.page(request, "new.html", said="", detail="", given=NewConnection(id=""))

    async def create(self, request: web.Request) -> web.Response:
        """Make one, and go on to link it."""
        given = await read_form(request, NewConnection)
        try:
            view = await self._connections.create(
                request[IDENTITY], given.id.strip(), given.name.strip(), given.phone.strip(), {}
            )
        except ChatgrowError as error:
            known, status, detail = known_as(error)
            said = self._frame.said(request, known.title)
            return self._frame.page(request, "new.html", status, said=said, detail=detail, given=given)
        return to(f"{ALL}/{view.connection_id}/link")

    async def reconnect(self, request: web.Request) -> web.Response:
        """Start one again now."""
        view = await self._meant(request)
        await self._connections.reconnect(view.tenant, view.connection_id)
        return to(PATH)

    async def ask(self, request: web.Request) -> web.Response:
        """Whether one is to be deleted indeed."""
        template = "delete_dialog.html" if is_partial(request) else "delete.html"
        return self._frame.page(request, template, view=await self._meant(request))

    async def delete(self, request: web.Request) -> web.Response:
        """Stop one, forget it and remove its session."""
        view = await self._meant(request)
        await self._connections.delete(view.tenant, view.connection_id)
        self._news.forget(view.tenant, view.connection_id)
        return to(PATH)

    async def _meant(self, request: web.Request) -> ConnectionView:
        connection_id = request.match_info["connection_id"]
        return await self._connections.get(request[IDENTITY].user_id, connection_id)
