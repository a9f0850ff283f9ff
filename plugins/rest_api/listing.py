"""Lists of messages and what is searched in them. A page has a bounded cost, and says where it goes on."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Direction, Hub, Scope, Wanted
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .accepting import PATH
from .connections import PATH as CONNECTIONS
from .found import Found, listed
from .models.listing import MessageList, MessagesAsked
from .replies import reply, tenant_of

_LIST = Doc(tag="Messages", query=MessagesAsked, answer=MessageList)


class ListingRoutes:
    """/messages of a connection, and of all connections."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        for path, handler in (
            (f"{CONNECTIONS}/{{connection_id}}/messages", self.of_connection),
            (PATH, self.of_all),
        ):
            yield Route(
                method="GET", path=path, handler=handler, access=Access.VIEWER, scope=Scope.READ, doc=_LIST
            )

    async def of_connection(self, request: web.Request) -> web.Response:
        """The messages of a connection, both ways, newest first.

        A page looks at 20,000 messages of each direction at most. When it found less than it was asked for by
        then, it ends all the same, and `next` goes on from there: until `next` is null there may be more.
        """
        tenant, connection_id = tenant_of(request), request.match_info["connection_id"]
        asked = read_query(request, MessagesAsked)
        await self._hub.connections.get(tenant, connection_id)
        return await self._listed(tenant, asked, frozenset({connection_id}))

    async def of_all(self, request: web.Request) -> web.Response:
        """The messages of all connections, both ways, newest first: also of those that are no more.

        With an API key that is bound to some connections, those of these.
        """
        asked = read_query(request, MessagesAsked)
        return await self._listed(tenant_of(request), asked, request[IDENTITY].connections)

    async def _listed(
        self, tenant: str, asked: MessagesAsked, connections: frozenset[str] | None
    ) -> web.Response:
        if asked.status and asked.direction is Direction.INBOUND:
            raise BadInput("/status: Only messages that were sent have one")
        wanted = Wanted(
            connections=connections,
            chat=chat_of(asked.chat) if asked.chat else "",
            direction=asked.direction,
            state=asked.status,
            kind=asked.type,
            since=asked.since,
            until=asked.until,
            text=asked.q,
            before=asked.before,
            limit=asked.limit,
        )
        page = await self._hub.history.messages(tenant, wanted)
        return reply(
            MessageList(
                messages=[listed(Found(message=e.message, content=e.content)) for e in page.messages],
                next=page.next or None,
                searched_back_to=page.searched_back_to,
            )
        )
