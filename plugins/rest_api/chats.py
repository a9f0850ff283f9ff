"""What is done in a chat at once, past the queue: read marks, typing, presence; and who is there."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.engine import Activity
from chatgrow_bot.hub import Chats, Scope
from chatgrow_bot.plugin import Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .connections import PATH
from .content import international
from .models.chats import GroupList, GroupShown, MemberShown, NumberChecked, Presence, Typing
from .replies import reply, tenant_of

_TAG = "Chats"
_AWAY = (409, 502)  # the connection is not online, or fails
_READ = Doc(tag=_TAG, status=204, also=_AWAY)
_TYPED = Doc(tag=_TAG, body=Typing, optional=True, status=204, also=_AWAY)
_SEEN = Doc(tag=_TAG, body=Presence, status=204, also=_AWAY)
_CHECKED = Doc(tag=_TAG, answer=NumberChecked, also=_AWAY)
_GROUPS = Doc(tag=_TAG, answer=GroupList, also=_AWAY)


class ChatRoutes:
    """/chats, /presence, /numbers and /groups of a connection."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom. Looking up a number is for operators: WhatsApp counts such questions
        against the account."""
        one = f"{PATH}/{{connection_id}}"
        acts = (
            ("POST", f"{one}/chats/{{chat}}/read", self.read, _READ),
            ("POST", f"{one}/chats/{{chat}}/typing", self.type, _TYPED),
            ("POST", f"{one}/presence", self.appear, _SEEN),
            ("GET", f"{one}/numbers/{{number}}", self.check, _CHECKED),
        )
        for method, path, handler, doc in acts:
            yield Route(
                method=method,
                path=path,
                handler=handler,
                scope=Scope.SEND,
                doc=doc,
                access=Access.OPERATOR,
            )
        yield Route(
            method="GET",
            path=f"{one}/groups",
            handler=self.groups,
            scope=Scope.READ,
            doc=_GROUPS,
            access=Access.VIEWER,
        )

    async def read(self, request: web.Request) -> web.Response:
        """Let the writers of a chat see that all was read."""
        await self._chats.mark_read(*_connection(request), request.match_info["chat"])
        return web.Response(status=204)

    async def type(self, request: web.Request) -> web.Response:
        """Be seen typing or recording, for a while."""
        body = await read_body(request, Typing) if request.body_exists else Typing()
        chat, activity = request.match_info["chat"], Activity(body.activity)
        await self._chats.show(*_connection(request), chat, activity, body.seconds)
        return web.Response(status=204)

    async def appear(self, request: web.Request) -> web.Response:
        """Be seen as online, or no longer."""
        body = await read_body(request, Presence)
        await self._chats.be_available(*_connection(request), body.available)
        return web.Response(status=204)

    async def check(self, request: web.Request) -> web.Response:
        """Whether a number is on WhatsApp."""
        number = international(request.match_info["number"])
        chat = await self._chats.check(*_connection(request), number)
        return reply(NumberChecked(number=number, exists=chat is not None, chat=chat))

    async def groups(self, request: web.Request) -> web.Response:
        """The groups that the account is in, and who is in them."""
        found = await self._chats.groups(*_connection(request))
        return reply(
            GroupList(
                groups=[
                    GroupShown(
                        chat=group.chat,
                        name=group.name,
                        members=[
                            MemberShown(chat=member.chat, name=member.name, admin=member.admin)
                            for member in group.members
                        ],
                    )
                    for group in found
                ]
            )
        )


def _connection(request: web.Request) -> tuple[str, str]:
    return tenant_of(request), request.match_info["connection_id"]
