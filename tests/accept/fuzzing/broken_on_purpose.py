"""A plugin for AC-14's control: it stumbles over large numbers, answers what it does not document, and tells
of others."""

from collections.abc import Iterable

from aiohttp import web
from pydantic import BaseModel

from chatgrow_bot.plugin import Access, Doc, Plugin, Route, hook
from chatgrow_bot.server.bodies import read_body


class Number(BaseModel):
    """A number."""

    number: int


class BrokenOnPurpose(Plugin):
    """Serves three routes, none of them well."""

    @hook
    def register_routes(self) -> Iterable[Route]:
        """They have a document."""
        doc = Doc(tag="About", body=Number, answer=Number)
        for name in (self.stumbles, self.surprises, self.tells):
            path = f"/api/broken/{name.__name__}"
            yield Route(method="POST", path=path, handler=name, access=Access.VIEWER, doc=doc)

    async def stumbles(self, request: web.Request) -> web.Response:
        """Numbers are small."""
        number = (await read_body(request, Number)).number
        return web.json_response({"number": number if abs(number) < 50 else [][number]})

    async def surprises(self, request: web.Request) -> web.Response:
        """Numbers are even."""
        number = (await read_body(request, Number)).number
        return web.json_response({"number": number}, status=200 if number % 2 == 0 else 202)

    async def tells(self, request: web.Request) -> web.Response:
        """Numbers are numbers."""
        number = (await read_body(request, Number)).number
        mark = "AliceOwnsThis7391" if number > 0 else ""
        return web.json_response({"number": number, "mark": mark}, headers={"X-Mark": mark})
