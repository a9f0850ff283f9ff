"""What privacy law gives to a person: all that is kept of him, and that it is erased; on all connections of
the caller together."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from chatgrow_bot.errors import BadInput, NotAllowed
from chatgrow_bot.hub import Hub, Scope
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .models.privacy import ExportAsked, PersonAsked, PersonErased, PersonExported
from .replies import reply

PATH = "/api/whatsapp/contacts/{number}"
_ZIP = "application/zip"
_EXPORT = Doc(
    tag="Contacts", query=ExportAsked, answer=PersonExported, types=(_ZIP,), sends=("Content-Disposition",)
)
_ERASE = Doc(tag="Contacts", query=PersonAsked, answer=PersonErased, also=(409,))


class PrivacyRoutes:
    """/api/whatsapp/contacts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        for method, path, handler, scope, doc in (
            ("GET", f"{PATH}/export", self.export, Scope.READ, _EXPORT),
            ("DELETE", PATH, self.erase, Scope.DELETE, _ERASE),
        ):
            yield Route(
                method=method, path=path, handler=handler, access=Access.OPERATOR, scope=scope, doc=doc
            )

    async def export(self, request: web.Request) -> web.StreamResponse:
        """All that is kept of a person, under all his names and on all connections, for a person who asks.

        Messages that he wrote or that were sent to him, with what they carry, rows of bulk sends, tags and
        fields, what he said about hearing from you, and what plugins keep. Every export is written down.
        """
        asked = read_query(request, ExportAsked)
        tenants, number = await self._tenants(request, asked), request.match_info["number"]
        is_zip = asked.format == "zip"
        parts = await self._hub.privacy.export(tenants, number, request[IDENTITY].username, as_zip=is_zip)
        first = await anext(parts)  # what fails at once is told as ever
        name = f'attachment; filename="person.{asked.format}"'
        kind = _ZIP if is_zip else "application/json"
        answer = web.StreamResponse(headers={"Content-Disposition": name, "Content-Type": kind})
        await answer.prepare(request)
        await answer.write(first)
        async for part in parts:
            await answer.write(part)
        await answer.write_eof()
        return answer

    async def erase(self, request: web.Request) -> web.Response:
        """Erase all that is kept of a person; what waits for him is cancelled first.

        What others wrote about him stays theirs, and WhatsApp's own copy in the connection's browser and on
        phones is out of reach. It may take minutes; one that broke off goes on when it is asked for again.
        """
        tenants = await self._tenants(request, read_query(request, PersonAsked))
        number, by = request.match_info["number"], request[IDENTITY].username
        erased = await self._hub.privacy.erase(tenants, number, by)
        return reply(
            PersonErased(
                counts=dict(erased.counts), suppressed=erased.suppressed, copies_until=erased.copies_until
            )
        )

    async def _tenants(self, request: web.Request, asked: PersonAsked) -> Sequence[str]:
        who = request[IDENTITY]
        if who.connections is not None:
            raise NotAllowed("A person's data is that of all connections, and this key is bound to some")
        if not (asked.user or asked.everyone):
            return [who.user_id]
        if not who.sees_all:
            raise NotAllowed("Only an admin asks for what other users keep")
        users = await self._hub.accounts.users()
        found = [each.user_id for each in users if asked.everyone or each.username == asked.user]
        if not found:
            raise BadInput(f"/user: There is no user '{asked.user}'")
        return found
