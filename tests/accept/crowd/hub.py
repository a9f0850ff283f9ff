"""A program: a hub among the crowd, in a process of its own so that its memory and its sockets can be looked
at. `hub.py FOLDER [BOUNDS]` says in a line of JSON how to call it, and ends when its input is closed."""

import asyncio
import json
import sys
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from unittest import mock

import structlog
import uvloop

from chatgrow_bot import app
from chatgrow_bot.server import bodies
from tests.accept.hostile.house import CONNECTIONS, PASSWORD, House, house

#: One user may have so many live pages open.
_STREAMS_EACH = 50
_TEXT = "x" * 60_000
#: Bytes that no buffer on the way takes.
_MUCH = 500_000
_COOKIE = "chatgrow_session"


async def main(folder: Path, given: dict[str, Any]) -> None:
    """Make it, say where it is, and wait."""
    streams, body_seconds = given.pop("streams", 0), given.pop("body", None)
    if body_seconds:
        bodies._JSON_SECONDS = body_seconds
    bounds_of = app._bounds
    with mock.patch.object(app, "_bounds", lambda at: replace(bounds_of(at), **given)):
        settings = {"plugins": {"rest_api": {"admin": True}, "dashboard": {"admin": True}}}
        async with house(folder, **settings) as here:
            sys.stdout.write(json.dumps(await _told(here, -(-streams // _STREAMS_EACH))) + "\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


async def _told(here: House, users: int) -> dict[str, Any]:
    """How to call it; so many users look at pages."""
    await here.person("anna")
    await here.connect("anna", "shop")
    send = {"to": "+14155550123", "message": _TEXT}
    sent = await here.ask("POST", f"{CONNECTIONS}/shop/send", "anna", json=send)
    large, document = f"/api/whatsapp/messages/{sent.body['messageId']}", "/api/openapi.json"
    if (await here.ask("GET", document, None)).status == 200:
        large = document  # which is as long, and costs the hub less to make
    size, cookies = len((await here.ask("GET", large, "anna")).raw), []
    for number in range(users):
        await here.person(f"looker{number}")
        cookies.append(await _cookie(here, f"looker{number}"))
    return {
        "port": here.running.port,
        "token": here.tokens["anna"],
        "large": large,
        "times": 1 + _MUCH // size,
        "cookies": cookies,
    }


async def _cookie(here: House, name: str) -> str:
    """The session of a browser in which somebody has logged in."""
    form, headers = {"username": name, "password": PASSWORD}, {"Sec-Fetch-Site": "same-origin"}
    answer = await here.ask("POST", "/console/login", None, data=form, headers=headers, allow_redirects=False)
    found: SimpleCookie = SimpleCookie(answer.headers["Set-Cookie"])
    return f"{_COOKIE}={found[_COOKIE].value}"


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(main(Path(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}))
