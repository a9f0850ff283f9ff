"""A plugin with a stream that has nothing to tell, and the ways in which a login or a key ends while somebody
listens to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from chatgrow_bot.hub import Scope
from chatgrow_bot.plugin import Access, Plugin, Route, hook
from chatgrow_bot.server.events import event_stream

from .world import PASSWORD, World

PATH = "/idle"
#: Seconds after which a stream that goes on is taken to go on for ever.
PATIENCE = 10.0


class Idle(Plugin):
    """Serves the stream."""

    @hook
    def register_routes(self) -> Iterable[Route]:
        """/idle."""
        yield Route(method="GET", path=PATH, handler=_listen, access=Access.VIEWER, scope=Scope.READ)


async def _listen(request: web.Request) -> web.StreamResponse:
    async with event_stream(request) as stream:
        await stream.send("open", "")
        while await stream.wait(asyncio.Event(), 3600.0):
            pass
    return stream.response


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A way in which what somebody holds ends."""

    what: str
    hold: Callable[[World], Awaitable[Mapping[str, str]]]  #: what he shows, as headers
    end: Callable[[World, Mapping[str, str]], Awaitable[object]]


async def seconds_until_out(here: World, ending: Ending, patience: float = PATIENCE) -> float | None:
    """How long somebody who listens, and asks besides, is still served after the end; None: for too long."""
    headers = await ending.hold(here)
    async with _listening(here, headers) as heard:
        assert (await here.ask("GET", "/api/whatsapp/connections", headers)).status == 200
        began = time.perf_counter()
        await ending.end(here, headers)
        try:
            async with asyncio.timeout(patience):
                await heard.read()
                while (await here.ask("GET", "/api/whatsapp/connections", headers)).status != 401:
                    pass
        except TimeoutError:
            return None
        return time.perf_counter() - began


@asynccontextmanager
async def _listening(here: World, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.StreamReader]:
    async with here.http.get(here.url + PATH, headers=headers) as answer:
        assert answer.status == 200
        await answer.content.readuntil(b"\n\n")
        yield answer.content


async def _login(here: World) -> Mapping[str, str]:
    return _bearer(await here.token("dana"))


async def _key(here: World) -> Mapping[str, str]:
    _, key = await here.accounts.keys.make(here.people["dana"], "ends soon")
    return _bearer(key)


async def _refreshed(here: World) -> Mapping[str, str]:
    here.clock.advance(60)
    login = {"username": "dana", "password": PASSWORD}
    first = (await here.ask("POST", "/api/auth/login", json=login)).body
    second = await here.ask("POST", "/api/auth/refresh", json={"refreshToken": first["refreshToken"]})
    return {**_bearer(second.body["accessToken"]), "X-Used": first["refreshToken"]}


async def _log_out(here: World, headers: Mapping[str, str]) -> object:
    return await here.ask("POST", "/api/auth/logout", headers)


async def _use_again(here: World, headers: Mapping[str, str]) -> object:
    return await here.ask("POST", "/api/auth/refresh", json={"refreshToken": headers["X-Used"]})


async def _revoke_key(here: World, headers: Mapping[str, str]) -> object:
    [key] = (await here.ask("GET", "/api/keys", _bearer(await here.token("dana")))).body["keys"]
    path = f"/api/keys/{key['keyId']}"
    return await here.ask("DELETE", path, _bearer(await here.token("dana")))


async def _by_an_admin(here: World, path: str, method: str = "POST", **more: object) -> object:
    boss = _bearer(await here.good("boss"))
    return await here.ask(method, f"/api/users/{here.people['dana'].user_id}{path}", boss, **more)


async def _disable(here: World, headers: Mapping[str, str]) -> object:
    return await _by_an_admin(here, "", "PUT", json={"disabled": True})


async def _end_logins(here: World, headers: Mapping[str, str]) -> object:
    return await _by_an_admin(here, "/logout")


async def _set_password(here: World, headers: Mapping[str, str]) -> object:
    return await _by_an_admin(here, "/password", json={"password": PASSWORD})


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


#: The last one leaves nobody who could go on.
ENDINGS = (
    Ending(what="logged out", hold=_login, end=_log_out),
    Ending(what="a refresh token used twice", hold=_refreshed, end=_use_again),
    Ending(what="logins ended by an admin", hold=_login, end=_end_logins),
    Ending(what="another password", hold=_login, end=_set_password),
    Ending(what="a key revoked", hold=_key, end=_revoke_key),
    Ending(what="a user disabled, by his key", hold=_key, end=_disable),
)
