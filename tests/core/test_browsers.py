"""Routes for people: what a page's errors tell, by which scheme one came, and how streams end."""

import asyncio
from contextlib import AsyncExitStack
from ipaddress import ip_network

import aiohttp
import pytest
from aiohttp import web

from chatgrow_bot.errors import BadInput, NotLoggedIn, RateLimitExceeded, StoreUnavailable
from chatgrow_bot.plugin import Access, Pages
from chatgrow_bot.server.events import event_stream

from .serving import Doorman, route, running


def tell(request: web.Request, status: int, title: str, detail: str) -> web.Response:
    return web.Response(status=status, text=f"<p>{title}: {detail}")


PAGES = Pages(cookie="door", login="/login", tell=tell)


async def test_a_page_is_entered_by_its_cookie_and_nothing_else() -> None:
    async with running([route(access=Access.VIEWER, pages=PAGES)]) as server:
        got = await server.ask("GET", "/hello", headers={"Cookie": "door=viewer"})
        assert got[1] == {"who": "viewer"}
        for headers in (
            {},
            {"Authorization": "Bearer viewer"},
            {"Cookie": "token=viewer"},
            {"Cookie": "door=x"},
        ):
            status, _, said = await server.ask("GET", "/hello", headers=headers, allow_redirects=False)
            assert (status, said["Location"]) == (303, "/login")
    async with running(
        [route(access=Access.VIEWER)]
    ) as server:  # and a cookie opens nothing that has no pages
        assert (await server.ask("GET", "/hello", headers={"Cookie": "door=viewer"}))[0] == 401


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (BadInput("It is <b>wrong</b>"), 422, "It is <b>wrong</b>"),
        (RateLimitExceeded("Slowly", retry_after=7), 429, "Slowly"),
        (StoreUnavailable("SELECT at /home"), 503, "Nothing accepted before is lost"),
        (RuntimeError("SELECT at /home"), 500, "Something went wrong inside"),
    ],
)
async def test_an_error_is_told_as_a_page(error: Exception, status: int, words: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        raise error

    async with running([route(handler=handler, pages=PAGES)]) as server:
        got, text, headers = await server.ask("GET", "/hello")
    assert got == status
    assert words in text
    assert "SELECT" not in text
    assert headers.get("Retry-After") == ("7" if status == 429 else None)


@pytest.mark.parametrize(("proxies", "scheme"), [([], "http"), (["127.0.0.0/8"], "https")])
async def test_only_a_trusted_proxy_is_believed_about_https(proxies: list[str], scheme: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"scheme": request.scheme, "secure": request.secure})

    async with running([route(handler=handler)], proxies=[ip_network(each) for each in proxies]) as server:
        _, body, _ = await server.ask("GET", "/hello", headers={"X-Forwarded-Proto": "https"})
        assert body == {"scheme": scheme, "secure": scheme == "https"}
        assert (await server.ask("GET", "/hello", headers={"X-Forwarded-Proto": "ftp"}))[1][
            "scheme"
        ] == "http"


async def quiet(request: web.Request) -> web.StreamResponse:
    """Tells one thing, and then nothing."""
    never = asyncio.Event()
    async with event_stream(request) as stream:
        await stream.send("first", "two\nlines")
        while await stream.wait(never, 0.01):
            pass
    return stream.response


async def test_a_stream_ends_when_the_server_stops() -> None:
    async with (
        asyncio.timeout(9),  # less than the 10 s that a stop leaves to what does not end by itself
        aiohttp.ClientSession() as listener,
        AsyncExitStack() as listening,
    ):
        async with running([route(handler=quiet, access=Access.VIEWER)]) as server:
            url, bearer = f"http://127.0.0.1:{server.port}/hello", {"Authorization": "Bearer viewer"}
            heard = await listening.enter_async_context(listener.get(url, headers=bearer))
            assert await heard.content.readuntil(b"\n\n") == b"event: first\ndata: two\ndata: lines\n\n"
        assert await heard.content.read() == b""


async def test_a_stream_ends_with_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running([route(handler=quiet, access=Access.VIEWER)]) as server:
        url, bearer = f"http://127.0.0.1:{server.port}/hello", {"Authorization": "Bearer viewer"}
        async with asyncio.timeout(9), server.session.get(url, headers=bearer) as heard:
            await heard.content.readuntil(b"\n\n")

            async def refuse(self: object, token: str) -> None:
                raise NotLoggedIn

            monkeypatch.setattr("tests.core.serving.Doorman.verify", refuse)
            assert await heard.content.read() == b"event: ended\ndata:\n\n"


async def idle(request: web.Request) -> web.StreamResponse:
    """Tells one thing, and waits for news that never come."""
    async with event_stream(request) as stream:
        await stream.send("first", "")
        while await stream.wait(asyncio.Event(), 3600.0):
            pass
    return stream.response


async def test_an_idle_stream_ends_the_moment_its_login_does_and_the_others_go_on() -> None:
    door = Doorman()
    async with (
        running([route(handler=idle, access=Access.VIEWER)], door=door) as server,
        AsyncExitStack() as listening,
        asyncio.timeout(9),
    ):
        url = f"http://127.0.0.1:{server.port}/hello"
        heard = {}
        for who in ("viewer", "operator"):
            asked = server.session.get(url, headers={"Authorization": f"Bearer {who}"})
            heard[who] = await listening.enter_async_context(asked)
            await heard[who].content.readuntil(b"\n\n")
        door.revoke("admin")  # which is no business of either
        door.revoke("viewer")
        assert await heard["viewer"].content.read() == b"event: ended\ndata:\n\n"
        assert not heard["operator"].content.at_eof()
        door.revoke("operator")
        assert await heard["operator"].content.read() == b"event: ended\ndata:\n\n"
