"""Conversations that were handed to a team: listed, looked at, and what agents do in them."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.errors import BadInput, ConnectionNotFound
from chatgrow_bot.hub import Conversation, Hub, Scope, Wanted
from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import ConversationState
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body, read_query

from .accepting import accepted, accepts, idempotency_key
from .content import said
from .found import Found, listed
from .handed import details, find, short, shown
from .messages import TEXT_BYTES
from .models.conversations import (
    Acting,
    ChatAsked,
    ConversationDetails,
    ConversationList,
    ConversationsAsked,
    ConversationShort,
    HandOff,
    Note,
    Say,
    Transfer,
)
from .models.listing import MessageList
from .models.messages import SendAsked
from .replies import reply, tenant_of
from .teams import acting, caller

PATH = "/api/whatsapp/conversations"

_TAG = "Conversations"
_OPEN = (ConversationState.WAITING, ConversationState.AGENT)
_LIST = Doc(tag=_TAG, query=ConversationsAsked, answer=ConversationList)
_HANDED = Doc(
    tag=_TAG, body=HandOff, answer=ConversationShort, status=201, also=(404, 409), sends=("Location",)
)
_ONE = Doc(tag=_TAG, answer=ConversationDetails)
_CHAT = Doc(tag=_TAG, query=ChatAsked, answer=MessageList)
_MOVED = Doc(tag=_TAG, body=Acting, optional=True, answer=ConversationShort, also=(409,))
_PASSED = Doc(tag=_TAG, body=Transfer, answer=ConversationShort, also=(409,))
_NOTED = Doc(tag=_TAG, body=Note, status=204)


class ConversationRoutes:
    """/api/whatsapp/conversations."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._all = hub, hub.conversations

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator, viewer = f"{PATH}/{{conversation_id}}", Access.OPERATOR, Access.VIEWER
        served = (
            ("GET", PATH, self.list, viewer, Scope.READ, _LIST),
            ("POST", PATH, self.hand_off, operator, Scope.SEND, _HANDED),
            ("GET", one, self.get, viewer, Scope.READ, _ONE),
            ("GET", f"{one}/messages", self.messages, viewer, Scope.READ, _CHAT),
            ("POST", f"{one}/take", self.take, operator, Scope.SEND, _MOVED),
            ("POST", f"{one}/transfer", self.transfer, operator, Scope.SEND, _PASSED),
            ("POST", f"{one}/release", self.release, operator, Scope.SEND, _MOVED),
            ("POST", f"{one}/close", self.close, operator, Scope.SEND, _MOVED),
            ("POST", f"{one}/note", self.note, operator, Scope.SEND, _NOTED),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)
        yield Route(
            method="POST",
            path=f"{one}/messages",
            handler=self.say,
            access=operator,
            scope=Scope.SEND,
            doc=accepts(_TAG, Say, SendAsked),
            max_body=TEXT_BYTES,
        )

    async def list(self, request: web.Request) -> web.Response:
        """Conversations, newest first; those that are open, if no state is asked for.

        With an API key that is bound to some connections, those of these: a page may then be shorter than it
        was asked to be, and until `next` is null there may be more.
        """
        asked, who = read_query(request, ConversationsAsked), request[IDENTITY]
        found = await self._all.list(
            who.user_id,
            states=(asked.state,) if asked.state else _OPEN,
            team=asked.team,
            agent=asked.agent,
            before=asked.before,
            limit=asked.limit,
        )
        return reply(
            ConversationList(
                conversations=[shown(each) for each in found if who.may_use(each.connection_id)],
                next=found[-1].number if len(found) == asked.limit else None,
            )
        )

    async def hand_off(self, request: web.Request) -> web.Response:
        """Hand a chat to a team, as a rule does: the bot is silent there until it is closed."""
        body = await read_body(request, HandOff)
        if not request[IDENTITY].may_use(body.connection_id):
            raise ConnectionNotFound(f"There is no connection '{body.connection_id}'")
        made = await self._all.hand_off(
            tenant_of(request),
            body.connection_id,
            chat_of(body.chat),
            body.team,
            by=self._by(request),
            note=body.note,
        )
        return reply(short(made), status=201, location=f"{PATH}/{made.id}")

    async def get(self, request: web.Request) -> web.Response:
        """A conversation, all that happened in it, and what an agent should know who takes it."""
        found = await find(self._hub, request)
        story = await self._all.story(found.tenant, found.id)
        return reply(details(found, story, await self._all.summary(found.tenant, found.id)))

    async def messages(self, request: web.Request) -> web.Response:
        """What was written in its chat, both ways, newest first: also before it was opened and after it was
        closed, unless `since` and `until` say otherwise.

        A page looks at 20,000 messages of each direction at most; until `next` is null there may be more.
        """
        asked, found = read_query(request, ChatAsked), await find(self._hub, request)
        wanted = Wanted(
            connections=frozenset({found.connection_id}),
            chat=found.chat,
            since=asked.since,
            until=asked.until,
            before=asked.before,
            limit=asked.limit,
        )
        page = await self._hub.history.messages(found.tenant, wanted)
        return reply(
            MessageList(
                messages=[listed(Found(message=e.message, content=e.content)) for e in page.messages],
                next=page.next or None,
                searched_back_to=page.searched_back_to,
            )
        )

    async def take(self, request: web.Request) -> web.Response:
        """An agent talks with the customer from now on: the caller, or whom the body names.

        While a colleague has it the answer is 409: that takes a transfer.
        """
        found, agent = await self._asked(request)
        taken = await self._all.take(found.tenant, found.id, _somebody(agent), by=self._by(request))
        return reply(short(taken))

    async def transfer(self, request: web.Request) -> web.Response:
        """Pass it on: to a team, whose turn it then is, or to an agent."""
        body, found = await read_body(request, Transfer), await find(self._hub, request)
        by = self._by(request, body.by)
        passed = await self._all.transfer(
            found.tenant, found.id, by=by, team=body.team or "", agent=body.agent or ""
        )
        return reply(short(passed))

    async def release(self, request: web.Request) -> web.Response:
        """Give it back to its team, to wait for somebody else."""
        found, agent = await self._asked(request)
        by = agent or self._by(request)
        return reply(short(await self._all.release(found.tenant, found.id, by=by)))

    async def close(self, request: web.Request) -> web.Response:
        """End it: the bot answers again. Closing it again does nothing."""
        found, agent = await self._asked(request)
        by = agent or self._by(request)
        return reply(short(await self._all.close(found.tenant, found.id, by=by)))

    async def note(self, request: web.Request) -> web.Response:
        """Write something down for colleagues; the customer does not see it."""
        body, found = await read_body(request, Note), await find(self._hub, request)
        await self._all.note(found.tenant, found.id, body.text, by=self._by(request, body.agent))
        return web.Response(status=204)

    async def say(self, request: web.Request) -> web.Response:
        """Write to the customer as an agent: the caller, or whom the body names. It is on disk when this
        answers.

        Who has not got the conversation takes it, if nobody has; while a colleague has it, or once it is
        closed, the answer is 409. Without an Idempotency-Key each request is a message of its own.
        """
        asked = read_query(request, SendAsked)
        body, found = await read_body(request, Say), await find(self._hub, request)
        agent = acting(self._all, request, body.agent)
        key = idempotency_key(request) or new_id()
        message = await said(self._hub, found.tenant, body.message, about=body.reply_to)
        delivery = await self._all.say(
            found.tenant, found.id, message, agent=_somebody(agent.id if agent else ""), key=key
        )
        return await accepted(request, self._hub.outbox, delivery, asked.wait)

    async def _asked(self, request: web.Request) -> tuple[Conversation, str]:
        """Which one is meant, and the id of the agent who acts; empty when that is nobody of the teams."""
        body = await read_body(request, Acting) if request.body_exists else Acting()
        found = await find(self._hub, request)
        agent = acting(self._all, request, body.agent)
        return found, agent.id if agent else ""

    def _by(self, request: web.Request, named: str | None = None) -> str:
        """Who does it, for the story: the agent who is named, or who the caller is; else the caller."""
        agent = acting(self._all, request, named) if named else caller(self._all, request)
        return agent.id if agent else request[IDENTITY].username


def _somebody(agent: str) -> str:
    if not agent:
        raise BadInput("/agent: Name the agent who does it, for you are none of the teams' yourself")
    return agent
