"""The people with whom a connection has written."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.hub import Contact, History, Scope
from chatgrow_bot.plugin import Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .connections import PATH
from .models.contacts import ContactList, ContactsAsked, ContactShown
from .replies import reply, tenant_of

_LIST = Doc(tag="Contacts", query=ContactsAsked, answer=ContactList)
_ONE = Doc(tag="Contacts", answer=ContactShown)


class ContactRoutes:
    """/contacts of a connection."""

    def __init__(self, history: History) -> None:
        self._history = history

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        all_, viewer, read = f"{PATH}/{{connection_id}}/contacts", Access.VIEWER, Scope.READ
        yield Route(method="GET", path=all_, handler=self.list, access=viewer, scope=read, doc=_LIST)
        yield Route(
            method="GET", path=f"{all_}/{{chat}}", handler=self.get, access=viewer, scope=read, doc=_ONE
        )

    async def list(self, request: web.Request) -> web.Response:
        """The people with whom a connection has written, by their chat ids. Groups are none.

        A page looks at 1,000 chats at most, and may be shorter than it was asked to be: until `next` is null
        there may be more.
        """
        asked = read_query(request, ContactsAsked)
        connection_id = request.match_info["connection_id"]
        found, further = await self._history.contacts(
            tenant_of(request), connection_id, asked.after, asked.limit
        )
        return reply(ContactList(contacts=[_shown(each) for each in found], next=further or None))

    async def get(self, request: web.Request) -> web.Response:
        """One of them, by his number or chat id."""
        connection_id, chat = request.match_info["connection_id"], request.match_info["chat"]
        return reply(_shown(await self._history.contact(tenant_of(request), connection_id, chat)))


def _shown(contact: Contact) -> ContactShown:
    return ContactShown(
        chat=contact.chat,
        number=phone_of(contact.chat),
        name=contact.name,
        last_inbound_at=contact.last_inbound_at,
        last_outbound_at=contact.last_outbound_at,
        opted_out=contact.opted_out,
    )
