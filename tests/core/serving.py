"""A server of a few routes on a real socket, and a client of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import BaseModel

from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Identity, Role
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server import create_app, serve
from chatgrow_bot.server.bodies import read_body

JSON = {"Content-Type": "application/json"}
ROLES = {
    role.value: Identity(user_id=role.value, username=role.value, role=role, plan="free") for role in Role
}


class Doorman:
    """Lets in whoever names a role, until it is revoked."""

    def __init__(self) -> None:
        self.revoked = asyncio.Event()
        self._over: set[str] = set()

    async def verify(self, token: str) -> Identity:
        if token not in ROLES or token in self._over:
            raise NotLoggedIn("The token is not valid")
        return ROLES[token]

    def revoke(self, token: str) -> None:
        self._over.add(token)
        self.revoked.set()
        self.revoked = asyncio.Event()


class Note(BaseModel):
    text: str


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"who": request[IDENTITY].username if IDENTITY in request else None})


async def note(request: web.Request) -> web.Response:
    return web.json_response({"length": len((await read_body(request, Note)).text)})


def route(path: str = "/hello", **more: Any) -> Route:
    parts: dict[str, Any] = {"method": "GET", "path": path, "handler": hello, "access": Access.PUBLIC}
    return Route(**(parts | more))


NOTE = route("/note", method="POST", handler=note, max_body=1000)


class Server:
    """A running server and a client of it."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.port = port

    async def ask(self, method: str, path: str, token: str = "", **more: Any) -> tuple[int, Any, Any]:
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            return (
                answer.status,
                (json.loads(text) if text and "json" in answer.content_type else text),
                answer.headers,
            )

    async def raw(self, sent: bytes, seconds: float = 5.0) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            async with asyncio.timeout(seconds):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def running(
    routes: Iterable[Route], off: frozenset[str] = frozenset(), door: Doorman | None = None, **more: Any
) -> AsyncIterator[Server]:
    app = create_app(
        [("one", each) for each in routes],
        accounts=door or Doorman(),
        is_enabled=lambda name: name not in off,
        **more,
    )
    async with serve(app, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        yield Server(session, port)


def is_problem(answer: tuple[int, Any, Any], status: int, title: str) -> bool:
    got, body, headers = answer
    assert headers["Content-Type"].startswith("application/problem+json")
    assert body["status"] == got
    assert body["requestId"] == headers["X-Request-Id"]
    assert {"type", "title", "detail"} <= body.keys()
    assert (got, body["title"]) == (status, title)
    return True
