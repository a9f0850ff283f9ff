"""One slow host, or a name that nobody looks up, holds up nobody who calls another."""

import asyncio
import socket
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from chatgrow_bot.errors import UrlRefused, UrlUnreachable
from chatgrow_bot.safety.http import SafeHttp
from chatgrow_bot.safety.names import Names

from .network import serving


async def test_a_hundred_hosts_that_do_not_answer_hold_up_no_other_not_even_on_the_same_address() -> None:
    over, many, asked = asyncio.Event(), asyncio.Event(), []

    async def silent(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if len(asked) == 100:
            many.set()
        await over.wait()
        return web.Response()

    async def hello(request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")

    async with (
        serving(silent=silent, hello=hello) as server,
        SafeHttp(["127.0.0.1"]) as http,
        asyncio.TaskGroup() as group,
    ):
        silence = str(server.make_url("/silent"))
        waiting = [group.create_task(http.request("GET", silence)) for _ in range(150)]
        await many.wait()
        answer = await http.request("GET", str(server.make_url("/hello")), seconds=10)
        assert answer.body == b"hello"
        assert not any(each.done() for each in waiting)
        over.set()


@pytest.fixture
def black_hole(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names of which nobody answers anything, until the test ends."""
    over, look_up = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *more: Any, **also: Any) -> Any:
        if host.endswith(".lost.example"):
            over.wait(30)
            raise socket.gaierror("no answer")
        return look_up(host, *more, **also)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    over.set()


async def test_a_hundred_names_that_nobody_answers_hold_up_no_other_and_no_thread_of_the_loop(
    black_hole: None,
) -> None:
    async def hello(request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")

    async with serving(hello=hello) as server, SafeHttp(["localhost"]) as http:
        lost = [http.request("GET", f"https://n{n}.lost.example/", seconds=0.5) for n in range(100)]
        url = f"http://localhost:{server.port}/hello"
        good = http.request("GET", url, seconds=0.4)  # before the first of them gives up
        *failed, answer = await asyncio.gather(*lost, good, return_exceptions=True)
        assert not isinstance(answer, BaseException), answer
        assert answer.body == b"hello"
        assert all(isinstance(each, UrlUnreachable) for each in failed)
        async with asyncio.timeout(5):  # they hang still
            assert await asyncio.to_thread(lambda: "free") == "free"


async def test_names_of_the_machine_itself_are_known_and_unknown_ones_are_an_error() -> None:
    names = Names()
    found = await names.resolve("localhost", 80)
    assert {each["host"] for each in found} <= {"127.0.0.1", "::1"}
    assert {each["port"] for each in found} == {80}
    with pytest.raises(OSError, match=r".+"):
        await names.resolve("no-such-name.invalid", 80)
    await names.close()


async def test_what_cannot_be_a_hosts_name_is_an_unknown_one() -> None:
    for host in ("a..example.com", ".example.com", f"{'a' * 64}.example.com"):
        with pytest.raises(OSError, match="no host's name"):
            await Names().resolve(host, 443)


_LEAVES = """
import asyncio, socket, time
from chatgrow_bot.safety.names import Names

socket.getaddrinfo = lambda *more, **also: time.sleep(60)


async def main():
    try:
        await asyncio.wait_for(Names().resolve("n.lost.example", 443), 0.1)
    except TimeoutError:
        print("left", flush=True)


asyncio.run(main())
"""


async def test_a_name_that_nobody_answers_does_not_hold_up_the_exit_of_the_process() -> None:
    leaves = await asyncio.create_subprocess_exec(sys.executable, "-c", _LEAVES, stdout=PIPE)
    try:
        said, _ = await asyncio.wait_for(leaves.communicate(), 20)
    finally:
        if leaves.returncode is None:
            leaves.kill()
            await leaves.wait()
    assert (said, leaves.returncode) == (b"left\n", 0)


def _looking_up() -> set[threading.Thread]:
    """The look-ups' threads, and no others, which come and go."""
    return {thread for thread in threading.enumerate() if thread.name == "names"}


async def test_look_ups_that_hang_are_so_many_at_most_also_when_nobody_waits_for_them(
    black_hole: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatgrow_bot.safety.names._THREADS", 3)
    names, before = Names(), _looking_up()
    for number in range(9):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names.resolve(f"n{number}.lost.example", 443), 0.05)
    assert len(_looking_up() - before) == 3


async def test_a_long_or_broken_answer_is_cut_where_that_is_asked_for() -> None:
    async def long(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 300_000)

    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"begun")
        assert request.transport
        request.transport.close()
        return response

    async with serving(long=long, broken=broken) as server, SafeHttp(["127.0.0.1"]) as http:
        answer = await http.request("GET", str(server.make_url("/long")), max_bytes=65536, cut=True)
        assert answer.status == 200
        assert 0 < len(answer.body) <= 65536
        answer = await http.request("GET", str(server.make_url("/broken")), cut=True)
        assert (answer.status, answer.body) == (200, b"begun")
        with pytest.raises(UrlUnreachable):
            await http.request("GET", str(server.make_url("/broken")))


async def test_an_answer_says_which_method_it_answers() -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        raise {"302": web.HTTPFound, "307": web.HTTPTemporaryRedirect}[request.query["by"]]("/there")

    async def there(request: web.Request) -> web.StreamResponse:
        return web.Response()

    async with serving(away=away, there=there) as server, SafeHttp(["127.0.0.1"]) as http:
        for by, method in (("302", "GET"), ("307", "POST")):
            answer = await http.request("POST", str(server.make_url(f"/away?by={by}")), data=b"x")
            assert answer.method == method


async def test_a_url_is_looked_at_without_a_call() -> None:
    async with SafeHttp(["nas.lan"]) as http:
        http.check("https://example.com/x")
        http.check("http://nas.lan:8080/")
        for url in ("http://example.com/", "https://10.0.0.1/", "https://a@example.com/", "https://x:22/"):
            with pytest.raises(UrlRefused):
                http.check(url)
