"""The safe client against a canary: a server on this machine's loopback that must never be reached."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from chatgrow_bot.errors import UrlRefused, UrlUnreachable
from chatgrow_bot.safety.gate import PORTS, Gate
from chatgrow_bot.safety.http import SafeHttp, _CheckedResolver

from .network import FakeDns, serving

INTERNAL_TEXT = """
    127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1
    100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1
    240.0.0.1 255.255.255.255 168.63.129.16 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
    64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe::1
    2001:0:4136:e378:8000:63bf:80ff:fffe fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1
    3fff::1 100::1
"""
INTERNAL = INTERNAL_TEXT.split()

ODD_FORMS_TEXT = """
    2130706433 0x7f000001 0X7F000001 017700000001 0177.0.0.1 0x7f.0.0.1 0x7f.1 127.1 127.0.1
    127.000.000.001 127.0.0.1. 0 ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 [::1%25lo] [::ffff:7f00:1]
    [0:0:0:0:0:0:0:1] localhost LOCALHOST localhost. good.example@127.0.0.1 good.example:1@127.0.0.1
    @127.0.0.1 good.example\\@127.0.0.1 127.0.0.1\\.good.example 127.0.0.1%00.good.example ::1
"""
ODD_FORMS = ODD_FORMS_TEXT.split()


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


class Canary:
    """Counts who comes to loopback on a port that web servers use."""

    def __init__(self) -> None:
        self.connects = 0
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Canary"]:
        for port in sorted(PORTS, reverse=True):
            try:
                server = await asyncio.start_server(self._noticed, ["127.0.0.1", "::1"], port)
            except OSError:
                continue
            self.port = port
            async with server:
                yield self
            return
        pytest.fail("no usual web port is free on loopback for the canary")

    async def _noticed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary().listening() as canary:
        yield canary


async def refused(http: SafeHttp, url: str) -> str:
    with pytest.raises(UrlRefused) as caught:
        await http.request("GET", url, seconds=5)
    with pytest.raises(UrlRefused):
        async for _ in http.stream(url, seconds=5):
            pytest.fail("bytes came")
    return str(caught.value)


async def test_no_internal_address_is_called_written_out(canary: Canary) -> None:
    async with SafeHttp(resolver=FakeDns(localhost=[["127.0.0.1"]])) as http:
        for address in INTERNAL:
            await refused(http, f"https://{bracketed(address)}:{canary.port}/")
        for host in ODD_FORMS:
            await refused(http, f"https://{host}:{canary.port}/")
    assert canary.connects == 0


async def test_no_internal_address_is_called_by_name_and_the_message_does_not_tell_it(canary: Canary) -> None:
    dns = FakeDns()
    async with SafeHttp(resolver=dns) as http:
        for address in INTERNAL:
            for answer in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
                dns.names["evil.example"] = [answer]
                message = await refused(http, f"https://evil.example:{canary.port}/")
                assert address not in message
                assert "evil.example" in message
    assert canary.connects == 0


async def test_no_internal_address_is_called_by_a_redirect(canary: Canary) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": request.query["to"]})  # as it is, however odd

    dns = FakeDns(localhost=[["127.0.0.1"]])
    async with serving(away=away) as server, SafeHttp([f"127.0.0.1:{server.port}"], resolver=dns) as http:
        start = str(server.make_url("/away"))
        for address in INTERNAL:
            dns.names["evil.example"] = [[address]]
            for target in (bracketed(address), "evil.example"):
                for scheme in ("https", "http"):
                    await refused(http, f"{start}?to={scheme}://{target}:{canary.port}/")
        for host in ODD_FORMS:
            await refused(http, f"{start}?to=https://{host.replace('%', '%25')}:{canary.port}/")
        await refused(http, f"{start}?to=file:///etc/passwd")
        await refused(http, f"{start}?to=//127.0.0.1:{canary.port}/")
    assert canary.connects == 0


async def test_a_name_that_moves_inside_after_the_first_look_up_is_not_followed(canary: Canary) -> None:
    # 127.0.0.2 is listed and nobody listens there: it plays the public address
    for address in INTERNAL:
        dns = FakeDns(moving_example=[["127.0.0.2"], [address]])
        async with SafeHttp(["127.0.0.2"], resolver=dns) as http:
            with pytest.raises(UrlUnreachable):
                await http.request("GET", f"https://moving.example:{canary.port}/", seconds=5)
            await refused(http, f"https://moving.example:{canary.port}/")
    assert canary.connects == 0


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "::1"], ["::ffff:127.0.0.1"]])
async def test_the_socket_is_checked_even_when_the_look_up_was_not(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    dns = FakeDns(evil_example=[addresses])
    monkeypatch.setattr(
        _CheckedResolver, "resolve", lambda self, *args, **kwargs: dns.resolve(*args, **kwargs)
    )
    async with SafeHttp() as http:
        await refused(http, f"https://evil.example:{canary.port}/")
    assert canary.connects == 0


async def test_the_canary_does_notice_a_visitor(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "resolved", lambda *_: None)
    monkeypatch.setattr(Gate, "connecting", lambda *_: None)
    async with SafeHttp(resolver=FakeDns(evil_example=[["127.0.0.1"]])) as http:
        with pytest.raises(UrlUnreachable):
            await http.request("GET", f"https://evil.example:{canary.port}/", seconds=5)
    assert canary.connects > 0


async def test_neither_the_environments_proxy_nor_a_cookie_is_used(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies: list[str | None] = []

    async def sets(request: web.Request) -> web.StreamResponse:
        cookies.append(request.headers.get("Cookie"))
        response = web.Response()
        response.set_cookie("mark", "1")
        return response

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    async with serving(sets=sets) as server, SafeHttp([f"localhost:{server.port}"]) as http:
        for _ in range(2):
            assert (await http.request("GET", f"http://localhost:{server.port}/sets")).status == 200
    assert cookies == [None, None]
    assert canary.connects == 0
