"""Where the document is: for programs, and for people in a browser."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from chatgrow_bot.plugin import ROUTES, Access, Doc, Route

from .document import document, written
from .pages import PATH, Pages

_TOLD = Doc(
    tag="About",
    headers=("If-None-Match",),
    types=("application/json",),
    also=(304,),
    sends=("ETag",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    routes: tuple[Route, ...]
    body: bytes
    etag: str

    @classmethod
    def of(cls, routes: tuple[Route, ...]) -> "_Told":
        body = written(document(routes))
        return cls(routes=routes, body=body, etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"')


class DocumentRoutes:
    """/api/openapi.json and /docs."""

    def __init__(self) -> None:
        self._pages = Pages()
        self._told = _Told(routes=(), body=b"", etag="")
        self._writing = asyncio.Lock()

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: it says nothing of anyone, so everybody may read it."""
        public = Access.PUBLIC
        yield Route(method="GET", path="/api/openapi.json", handler=self.tell, doc=_TOLD, access=public)
        yield Route(method="GET", path=PATH, handler=self._pages.show, access=public)
        yield Route(method="GET", path=f"{PATH}/{{file}}", handler=self._pages.serve, access=public)

    async def tell(self, request: web.Request) -> web.Response:
        """This document: every route of the plugins that are on."""
        served = tuple(route for _, route in request.app[ROUTES]())
        async with self._writing:
            if (
                self._told.routes != served
            ):  # made once for the plugins that are on, and again when others are
                self._told = await asyncio.to_thread(_Told.of, served)
        told = self._told
        headers = {"ETag": told.etag, "Cache-Control": "no-cache"}
        if told.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=told.body, content_type="application/json", headers=headers)
